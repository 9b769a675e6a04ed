import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { id } from "ethers";
import type { Deployment } from "../../../../sdk/deployment.ts";
import { LANES, type Lane } from "../../../../keeper/executors/lane.ts";
import { root } from "../../../compile.ts";

/** A line of the keeper's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly event: string };

export interface KeeperChildOptions {
  /** An empty folder of its own, or one that holds `STORE_FILE`. */
  readonly folder: string;
  readonly deployment: Deployment;
  readonly endpoints: readonly { readonly http: string; readonly ws: string }[];
  /** What goes into the configuration beside that. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export const STORE_FILE = "keeper.sqlite";

/** A key for each lane; good for a chain that ends with the bench. */
export const LANE_KEYS: Readonly<Record<Lane, string>> = {
  urgent: id("the bench's urgent lane"),
  normal: id("the bench's normal lane"),
  housekeeping: id("the bench's housekeeping lane"),
};

const PATIENCE_MS = 120_000;
const LAST_WORDS = 5;

/** The keeper as its operators start it, in a process of its own that ends with this one. */
export class KeeperChild {
  readonly #process: ChildProcess;
  readonly #listeners = new Set<(line: LogLine) => void>();
  readonly #words: string[] = [];
  readonly #gone: Promise<unknown>;
  readonly #endWithParent: () => void;
  #hasEnded = false;

  constructor({ folder, deployment, endpoints, settings = {} }: KeeperChildOptions) {
    const variableOf = (lane: Lane) => `TOCSIN_BENCH_KEY_${lane.toUpperCase()}`;
    writeFileSync(join(folder, "deployment.json"), JSON.stringify(deployment));
    const configFile = join(folder, "config.json");
    const keys = Object.fromEntries(LANES.map((lane) => [lane, { privateKeyEnv: variableOf(lane) }]));
    const config = {
      mode: "live",
      endpoints,
      deploymentFile: "deployment.json",
      storeFile: STORE_FILE,
      keys,
      ...settings,
    };
    writeFileSync(configFile, JSON.stringify(config));
    const environment = Object.fromEntries(LANES.map((lane) => [variableOf(lane), LANE_KEYS[lane]]));
    this.#process = spawn(
      process.execPath,
      [
        "--import",
        import.meta.resolve("tsx"),
        join(root, "keeper", "main.ts"),
        "run",
        "--config",
        configFile,
      ],
      { cwd: root, env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#endWithParent = () => this.#process.kill("SIGKILL");
    process.once("exit", this.#endWithParent);
    this.#gone = once(this.#process, "close").then(() => {
      this.#hasEnded = true;
      for (const listener of this.#listeners) listener({ event: "process.ended" });
    });
    this.#listen();
  }

  /** Told of every line of the log. */
  onLine(listener: (line: LogLine) => void): void {
    this.#listeners.add(listener);
  }

  /** The next line that `isWanted`; rejects with the keeper's last words when it ends instead, or takes too long. */
  line(isWanted: (line: LogLine) => boolean): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#listeners.delete(hear);
        settle();
      };
      const fail = (how: string) => {
        end(() => {
          reject(new Error(`the keeper ${how}:\n${this.#words.join("\n")}`));
        });
      };
      const hear = (line: LogLine) => {
        if (line.event === "process.ended") fail("ended");
        else if (isWanted(line)) {
          end(() => {
            resolve(line);
          });
        }
      };
      const timer = setTimeout(() => {
        fail("did not say what it was to say");
      }, PATIENCE_MS);
      this.#listeners.add(hear);
      if (this.#hasEnded) fail("has ended");
    });
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.#gone;
    process.off("exit", this.#endWithParent);
  }

  #listen(): void {
    const note = (text: string) => {
      this.#words.push(text);
      if (this.#words.length > LAST_WORDS) this.#words.shift();
    };
    const { stdout, stderr } = this.#process;
    if (stdout === null || stderr === null) throw new Error("the keeper's output is not connected");
    createInterface({ input: stderr }).on("line", note);
    createInterface({ input: stdout }).on("line", (text) => {
      note(text);
      if (!text.startsWith("{")) return;
      const line = JSON.parse(text) as LogLine;
      for (const listener of [...this.#listeners]) listener(line);
    });
  }
}
