import type { Config } from "../../config.ts";
import { messageOf, RetryableError, UserError } from "../../errors.ts";
import { openSigners, type Signers } from "../../openLanes.ts";
import { headerProbe } from "../../sources/chainReader.ts";
import { ask } from "../../sources/probe.ts";
import { checkAlerts } from "./checkAlerts.ts";
import { checkContracts } from "./checkContracts.ts";
import { checkEndpoint, type EndpointSeen } from "./checkEndpoint.ts";
import { checkFeeds } from "./checkFeeds.ts";
import { checkFlash } from "./checkFlash.ts";
import { checkPurse } from "./checkPurse.ts";
import { checkStore } from "./checkStore.ts";
import { failure, ok, warning, type Finding } from "./finding.ts";

export interface ExamineOptions {
  readonly config: Config;
  readonly environment: NodeJS.ProcessEnv;
  /** This machine's clock, seconds since 1970. */
  readonly now: number;
}

/** What came of one vault's configuration, and the addresses of its keys where they were opened. */
export interface Examined {
  readonly findings: readonly Finding[];
  readonly keys: readonly string[];
}

/** Checks everything that one vault's keeper needs, and sends nothing. */
export async function examine({ config, environment, now }: ExamineOptions): Promise<Examined> {
  const key = await checkKey(config, environment);
  const endpoints = await Promise.all(
    config.endpoints.map((urls, i) => checkEndpoint(urls, i + 1, config, now)),
  );
  const store = checkStore(config);
  const findings = [
    ok(
      "mode",
      `${config.mode}${config.mode === "live" ? ": it sends" : ": nothing is sent, and no key is opened"}`,
    ),
    ...key.findings,
    ...endpoints.flatMap((endpoint) => endpoint.findings),
    ...(await checkAgreement(endpoints, config)),
  ];
  const usable = endpoints.find(({ head }) => head !== undefined);
  if (usable?.head !== undefined) {
    const { rpc, head } = usable;
    findings.push(...(await attempted("contracts", () => checkContracts(rpc, config.deployment, head))));
    findings.push(...(await attempted("feeds", () => checkFeeds(rpc, config, head))));
    const { signers } = key;
    findings.push(...(await attempted("flash liquidator", () => checkFlash(rpc, config, signers))));
    if (signers !== undefined) {
      findings.push(
        ...(await attempted("purse", () => checkPurse(rpc, config, signers, head, store.gasSpent))),
      );
    }
  }
  const keys = key.signers === undefined ? [] : Object.values(key.signers).map(({ address }) => address);
  findings.push(...store.findings, ...(await checkAlerts(config, environment)));
  return { findings, keys: [...new Set(keys)] };
}

/** The same key for two vaults is refused by the keeper when it starts. */
export function checkSharedKeys(examined: readonly Examined[]): readonly Finding[] {
  const all = examined.flatMap(({ keys }) => keys);
  const twice = [...new Set(all.filter((address, i) => all.indexOf(address) !== i))];
  return twice.map((address) =>
    failure("keys", `${address} is the key of several vaults`, "give each vault keys of its own"),
  );
}

interface KeyChecked {
  readonly findings: readonly Finding[];
  readonly signers: Signers | undefined;
}

async function checkKey(config: Config, environment: NodeJS.ProcessEnv): Promise<KeyChecked> {
  if (config.mode !== "live") return { findings: [], signers: undefined };
  try {
    // A copy, for what opens a key removes it.
    const signers = await openSigners(config, { ...environment });
    const lanes = Object.entries(signers).map(([lane, { address }]) => `${lane} ${address}`);
    return { findings: [ok("key", lanes.join(", "))], signers };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return {
      findings: [failure("key", error.message, "the keeper will not start without it")],
      signers: undefined,
    };
  }
}

/** Two blocks behind the slowest, so that no endpoint is blamed for a block that is on its way to it. */
async function checkAgreement(
  endpoints: readonly EndpointSeen[],
  { endpoints: urls, mode }: Config,
): Promise<readonly Finding[]> {
  const subject = "endpoints";
  if (urls.length === 1) {
    const remedy = "name a second one, run by somebody else: with one, everything it says is believed";
    return mode === "live"
      ? [warning(subject, "there is one only", remedy)]
      : [ok(subject, "there is one only; live deserves two")];
  }
  const seen = endpoints.filter(({ head }) => head !== undefined);
  if (seen.length < 2)
    return [
      warning(subject, "fewer than two can be used", "repair the others: nobody confirms what the one says"),
    ];
  const numbers = seen.map(({ head }) => head?.number ?? 0);
  const number = Math.max(0, Math.min(...numbers) - 2);
  const hashes = await Promise.all(
    seen.map(async ({ rpc }) => {
      const [header] = await ask(rpc, headerProbe(number));
      return header?.hash;
    }),
  ).catch(() => undefined);
  if (hashes === undefined) return [warning(subject, "one of them stopped answering", "try again")];
  if (new Set(hashes).size > 1)
    return [
      failure(
        subject,
        `they do not agree on block ${number}`,
        "one of them is on another chain or fork; find out which",
      ),
    ];
  const apart = Math.max(...numbers) - Math.min(...numbers);
  return apart > 3
    ? [
        warning(
          subject,
          `they agree on block ${number}, one is ${apart} blocks behind`,
          "prefer one that keeps up",
        ),
      ]
    : [ok(subject, `${seen.length} agree on block ${number}`)];
}

async function attempted(
  subject: string,
  check: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof RetryableError || error instanceof UserError)) throw error;
    return [
      failure(subject, messageOf(error), "see that the endpoint serves the newest state, and try again"),
    ];
  }
}
