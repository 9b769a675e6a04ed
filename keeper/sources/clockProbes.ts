import { Interface, ZeroAddress, type Result } from "ethers";
import { momentFrom, saysDown, type ClockState } from "../../sdk/clockState.ts";
import type { Moment } from "../../sdk/vaultTypes.ts";
import { RetryableError } from "../errors.ts";
import { contractCall, decoded, type StateAt } from "./contractCall.ts";
import type { Probe } from "./probe.ts";
import type { RpcAnswer } from "./rpcClient.ts";

/** The functions of the clock and of the sequencer's feed that the keeper reads; a test compares them with the compiled ones. */
export const CLOCK_ABI = new Interface([
  "function read() view returns ((uint256 uptime, uint256 protectedFrom, uint256 protectedUntil, uint256 earlierFrom, uint256 earlierUntil, bool isCallingPaused, bool isLiquidationPaused))",
  "function pausedUntil(uint8 kind) view returns (uint256)",
  "function sequencerFeed() view returns (address)",
]);
const FEED_ABI = new Interface([
  "function latestRoundData() view returns (uint80, int256, uint256, uint256, uint80)",
]);
const CALLING = 0;
const LIQUIDATION = 1;

/** The feed by which a clock learns of outages, for good; undefined for a clock that asks none. */
export function sequencerFeedProbe(clock: string, block: StateAt | number): Probe<string | undefined> {
  return {
    calls: [contractCall(clock, CLOCK_ABI, "sequencerFeed", [], block)],
    read: ([answer]) => {
      const feed = decoded(CLOCK_ABI, "sequencerFeed", answer)?.[0] as string | undefined;
      return feed === ZeroAddress ? undefined : feed;
    },
  };
}

/** The protocol's clock at a block. `read` throws `RetryableError` for a clock that does not answer. */
export function clockProbe(
  clock: string,
  sequencerFeed: string | undefined,
  block: StateAt & { readonly timestamp: bigint },
): Probe<ClockState> {
  const { timestamp } = block;
  return {
    calls: [
      contractCall(clock, CLOCK_ABI, "read", [], block),
      contractCall(clock, CLOCK_ABI, "pausedUntil", [CALLING], block),
      contractCall(clock, CLOCK_ABI, "pausedUntil", [LIQUIDATION], block),
      ...(sequencerFeed === undefined
        ? []
        : [contractCall(sequencerFeed, FEED_ABI, "latestRoundData", [], block)]),
    ],
    read: ([moment, calling, liquidation, round]) => ({
      timestamp,
      moment: momentFrom(resultOf("read", moment)[0] as Moment),
      callingPausedUntil: resultOf("pausedUntil", calling)[0] as bigint,
      liquidationPausedUntil: resultOf("pausedUntil", liquidation)[0] as bigint,
      isSequencerDown: isDown(round),
    }),
  };
}

/** A feed that fails is a sequencer that runs, as it is for the clock. */
function isDown(answer: RpcAnswer | undefined): boolean {
  const round = decoded(FEED_ABI, "latestRoundData", answer);
  if (round === undefined) return false;
  const [roundId, says, startedAt] = round as unknown as readonly [bigint, bigint, bigint];
  return saysDown(roundId, says, startedAt);
}

/** The clock never reverts: what cannot be read is the endpoint's failure. */
function resultOf(name: string, answer: RpcAnswer | undefined): Result {
  const result = decoded(CLOCK_ABI, name, answer);
  if (result === undefined) throw new RetryableError(`the clock's ${name} cannot be read`);
  return result;
}
