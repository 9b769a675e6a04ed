import { formatDuration } from "../../../sdk/format.ts";
import type { Config, EndpointUrls } from "../../config.ts";
import { messageOf, RetryableError } from "../../errors.ts";
import { silentLog } from "../../log.ts";
import { toHex, type BlockHeader } from "../../sources/blockHeader.ts";
import { headerProbe, resultOf } from "../../sources/chainReader.ts";
import { HeadFeed } from "../../sources/headFeed.ts";
import { lensProbe } from "../../sources/lens.ts";
import { ask } from "../../sources/probe.ts";
import { RpcClient, type Rpc, type RpcCall } from "../../sources/rpcClient.ts";
import { failure, ok, warning, type Finding } from "./finding.ts";

/** An endpoint as it was found, and its newest block, where it has the right chain. */
export interface EndpointSeen {
  readonly name: string;
  readonly rpc: Rpc;
  readonly head: BlockHeader | undefined;
  readonly findings: readonly Finding[];
}

/** A block this much older than this machine's clock is worth a word. */
const OLD_HEAD_SECONDS = 120;
/** Blocks have been seen a few seconds ahead of the clocks of those who make them. */
const EARLY_HEAD_SECONDS = 15;

/** Asks an endpoint for everything that the keeper will ask of it. `now` is this machine's clock, seconds since 1970. */
export async function checkEndpoint(
  { http, ws }: EndpointUrls,
  number: number,
  config: Pick<Config, "deployment" | "rpcTimeoutMs" | "logRangeBlocks">,
  now: number,
): Promise<EndpointSeen> {
  const name = `${number} ${new URL(http).host}`;
  const subject = `endpoint ${name}`;
  const rpc = new RpcClient({ url: http, timeoutMs: config.rpcTimeoutMs });
  try {
    const startedAt = performance.now();
    const { chainId } = config.deployment;
    const found = Number(resultOf(await one(rpc, { method: "eth_chainId", params: [] })));
    const ms = Math.round(performance.now() - startedAt);
    if (found !== chainId) {
      const says = `serves chain ${found}; the deployment is on chain ${chainId}`;
      return {
        name,
        rpc,
        head: undefined,
        findings: [failure(subject, says, "name an endpoint of that chain")],
      };
    }
    const [head] = await ask(rpc, headerProbe("latest"));
    if (head === undefined) throw new RetryableError("it has no newest block");
    const findings = [
      ok(subject, `chain ${chainId}, block ${head.number}, answers in ${ms} ms`),
      ...checkHeadAge(subject, head, now),
      ...(await checkLogs(rpc, subject, head, config)),
      ...(await checkAbilities(rpc, subject, head, config)),
      ...(ws === undefined ? [] : [await checkPush(ws, subject, config.rpcTimeoutMs)]),
    ];
    return { name, rpc, head, findings };
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    const remedy = "see that it runs and that the URL, with its key if it has one, is right";
    return { name, rpc, head: undefined, findings: [failure(subject, messageOf(error), remedy)] };
  }
}

/** The keeper decides by block time alone; a clock that is wrong makes people misread logs, and hides a chain that halts. */
export function checkHeadAge(
  subject: string,
  { timestamp }: Pick<BlockHeader, "timestamp">,
  now: number,
): readonly Finding[] {
  const age = BigInt(Math.floor(now)) - timestamp;
  if (age < -EARLY_HEAD_SECONDS) {
    const says = `its newest block is ${formatDuration(-age)} ahead of this machine's clock`;
    return [warning(subject, says, "set the clock (NTP); a local chain may be ahead by design")];
  }
  if (age <= OLD_HEAD_SECONDS)
    return [ok(subject, `its newest block is ${formatDuration(age < 0n ? 0n : age)} old`)];
  const says = `its newest block is ${formatDuration(age)} old by this machine's clock`;
  return [
    warning(
      subject,
      says,
      "it lags, the chain has halted, or the clock is wrong: compare with another endpoint and with NTP",
    ),
  ];
}

async function checkLogs(
  rpc: Rpc,
  subject: string,
  head: BlockHeader,
  { deployment, logRangeBlocks }: Pick<Config, "deployment" | "logRangeBlocks">,
): Promise<readonly Finding[]> {
  const { vault, deployBlock } = deployment;
  const reads = async (from: number, to: number) => {
    const filter = { address: vault, fromBlock: toHex(from), toBlock: toHex(to) };
    return (await one(rpc, { method: "eth_getLogs", params: [filter] })).ok;
  };
  const end = Math.min(head.number, deployBlock + logRangeBlocks - 1);
  if (await reads(deployBlock, end))
    return [ok(subject, `serves logs from the deploy block on, ${end - deployBlock + 1} blocks at once`)];
  for (let count = Math.floor((end - deployBlock + 1) / 2); count >= 1; count = Math.floor(count / 2)) {
    if (!(await reads(deployBlock, deployBlock + count - 1))) continue;
    const says = `serves logs of ${count} blocks at once, not of ${logRangeBlocks}`;
    return [warning(subject, says, `set logRangeBlocks to ${count}; until then each range is halved anew`)];
  }
  const says = `has no logs at the deploy block ${deployBlock}, from which a book is built`;
  return [failure(subject, says, "name an endpoint that keeps all logs, at least until the book is built")];
}

async function checkAbilities(
  rpc: Rpc,
  subject: string,
  head: BlockHeader,
  { deployment }: Pick<Config, "deployment">,
): Promise<readonly Finding[]> {
  const { vault, quote } = deployment;
  const empty = { vault, quote: quote.address, keepers: [], feeds: [], sequencerFeed: undefined };
  const [byHash, lens] = await rpc.batch([
    { method: "eth_getBalance", params: [vault, { blockHash: head.hash }] },
    ...lensProbe(empty, "latest").calls,
  ]);
  const findings: Finding[] = [];
  if (lens?.ok === true && lens.result !== "0x")
    findings.push(ok(subject, "knows state overrides: one request a block, and the audit"));
  else
    findings.push(
      warning(
        subject,
        "does not know state overrides",
        "it will be asked piece by piece, without audit; prefer one that does",
      ),
    );
  if (byHash?.ok !== true) {
    const says = "cannot name blocks by their hash (EIP-1898)";
    findings.push(warning(subject, says, "it will be asked by number and checked; prefer one that can"));
  }
  return findings;
}

async function checkPush(ws: string, subject: string, timeoutMs: number): Promise<Finding> {
  const stop = new AbortController();
  const words: string[] = [];
  const log = {
    ...silentLog,
    warn: (_: string, fields: { readonly cause?: unknown } = {}) => void words.push(String(fields.cause)),
  };
  const feed = new HeadFeed({
    name: subject,
    url: ws,
    timeoutMs,
    onHead: () => undefined,
    log,
    signal: stop.signal,
  });
  const isOver = () => feed.isLive || words.length > 0;
  try {
    for (let waited = 0; waited < timeoutMs && !isOver(); waited += 20)
      await new Promise((resolve) => setTimeout(resolve, 20));
    if (feed.isLive) return ok(subject, "pushes new heads");
    const says = `does not push heads: ${words[0] ?? `no answer within ${timeoutMs} ms`}`;
    return warning(subject, says, `see that its ws URL is right; until then it is polled`);
  } finally {
    stop.abort();
  }
}

async function one(rpc: Rpc, call: RpcCall) {
  const [answer] = await rpc.batch([call]);
  if (answer === undefined) throw new RetryableError("it gave no answer");
  return answer;
}
