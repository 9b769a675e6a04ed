import { existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "../../config.ts";
import { UserError } from "../../errors.ts";
import { Store } from "../../store/store.ts";
import { lockStore } from "../../store/storeLock.ts";
import { failure, ok, warning, type Finding } from "./finding.ts";
import type { GasSpent } from "./checkPurse.ts";
import { doubtOfRoot, whyClosed } from "./whyClosed.ts";

/** What the store says beside its findings. */
export interface StoreSeen {
  readonly findings: readonly Finding[];
  readonly gasSpent: GasSpent | undefined;
}

const SUBJECT = "store";
const LEAST_BYTES = 100_000_000;
const FEW_BYTES = 1_000_000_000;
/** Whose gas is known: see the store's pruning. */
const SPENDING_DAYS = 3;
/** The store, its lock, and what SQLite lays beside it. */
const FILES = ["", "-lock", "-wal", "-shm"] as const;

/** The store, the disk it is on, and the files that stop and confirm. Writes nothing. */
export function checkStore(config: Config): StoreSeen {
  const { storeFile, stopFile, mode, deployment } = config;
  const folder = dirname(storeFile);
  const findings: Finding[] = [];
  const closed = existsSync(folder)
    ? whyClosed([folder, ...FILES.map((end) => `${storeFile}${end}`)], storeFile)
    : `there is no folder ${folder}`;
  if (closed !== undefined) {
    return {
      findings: [
        failure(
          SUBJECT,
          `${storeFile} cannot be written: ${closed}`,
          "make it, its folder and what lies beside it writable for the keeper's user",
        ),
      ],
      gasSpent: undefined,
    };
  }
  findings.push(...checkDisk(folder));
  if (existsSync(stopFile)) {
    const remedy = "run resume-sending, or delete the file, when it may send again";
    findings.push(
      warning(
        "stop file",
        `${stopFile} is there: nothing is sent`,
        mode === "live" ? remedy : `${remedy}; this mode sends nothing anyway`,
      ),
    );
  }
  if (!existsSync(storeFile)) {
    const says = `${storeFile} is not there yet; the book will be built from block ${deployment.deployBlock}${doubtOfRoot(storeFile)}`;
    return { findings: [ok(SUBJECT, says), ...findings], gasSpent: undefined };
  }
  try {
    const { chainId, vault } = deployment;
    const store = new Store(storeFile, { chainId, vault }, "read");
    try {
      return { findings: [...describeStore(store, storeFile), ...findings], gasSpent: gasSpentIn(store) };
    } finally {
      store.close();
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return {
      findings: [failure(SUBJECT, error.message, "do as it says, or name another storeFile"), ...findings],
      gasSpent: undefined,
    };
  }
}

function describeStore(store: Store, file: string): readonly Finding[] {
  const head = store.headBlock();
  const at = head === undefined ? "empty" : `at block ${head.number}`;
  const findings = [
    ok(
      SUBJECT,
      `${file}, ${at}, ${isInUse(file) ? "in use by a keeper that runs" : "not in use"}${doubtOfRoot(file)}`,
    ),
  ];
  const letters = store.deadLetters().length;
  if (letters > 0) {
    findings.push(
      warning(
        "quarantine",
        `${letters} accounts that fail again and again`,
        "see them with dead-letters, and each with explain",
      ),
    );
  }
  if ((store.note("brakeEngagedAt") ?? "") !== "") {
    findings.push(
      warning(
        "brake",
        `engaged since block ${store.note("brakeEngagedAt") ?? ""}`,
        "compare the prices with another source; run confirm if they are right",
      ),
    );
  }
  return findings;
}

function gasSpentIn(store: Store): GasSpent | undefined {
  const head = store.headBlock();
  if (head === undefined) return undefined;
  const today = Number(head.timestamp / 86_400n);
  const days = Array.from({ length: SPENDING_DAYS }, (_, i) => store.gasPaidOn(today - i));
  const seen = days.findLastIndex((wei) => wei > 0n) + 1;
  // Of today only a part is over.
  const part = Number(head.timestamp % 86_400n) / 86_400;
  return { wei: days.reduce((sum, wei) => sum + wei, 0n), days: Math.max(part, seen - 1 + part) };
}

/** Whether a keeper runs with this store. A lock that is not there is not made: it would belong to whoever looks. */
export function isInUse(file: string): boolean {
  if (!existsSync(`${file}-lock`)) return false;
  try {
    lockStore(file, 0).release();
    return false;
  } catch {
    return true;
  }
}

function checkDisk(folder: string): readonly Finding[] {
  const { bavail, bsize } = statfsSync(folder);
  const bytes = bavail * bsize;
  const says = `${(bytes / 1e9).toFixed(1)} GB free where the store is`;
  const remedy = "make room: what cannot be written to the disk is not sent";
  if (bytes < LEAST_BYTES) return [failure("disk", says, remedy)];
  return [bytes < FEW_BYTES ? warning("disk", says, remedy) : ok("disk", says)];
}
