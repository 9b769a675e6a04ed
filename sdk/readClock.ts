import { Contract, ZeroAddress, type BlockTag } from "ethers";
import type { IUptimeClock } from "../types/interfaces/IUptimeClock.ts";
import { momentFrom, saysDown, type ClockState } from "./clockState.ts";

const SEQUENCER_ABI = ["function sequencerFeed() view returns (address)"];
const FEED_ABI = ["function latestRoundData() view returns (uint80, int256, uint256, uint256, uint80)"];

/** The clock at a block, with its pauses and the sequencer; rejects with the provider's error. */
export async function readClockState(
  clock: IUptimeClock,
  block: { readonly number: number; readonly timestamp: bigint | number },
): Promise<ClockState> {
  const blockTag = block.number;
  const [moment, callingPausedUntil, liquidationPausedUntil, isSequencerDown] = await Promise.all([
    clock.read({ blockTag }),
    clock.pausedUntil(0, { blockTag }),
    clock.pausedUntil(1, { blockTag }),
    readSequencer(clock, blockTag),
  ]);
  return {
    timestamp: BigInt(block.timestamp),
    moment: momentFrom(moment),
    callingPausedUntil,
    liquidationPausedUntil,
    isSequencerDown,
  };
}

/** Whether the sequencer is down; a feed that fails is one that runs, as it is for the clock. */
async function readSequencer(clock: IUptimeClock, blockTag: BlockTag): Promise<boolean> {
  try {
    const { runner } = clock;
    const source = new Contract(clock.target, SEQUENCER_ABI, runner);
    const feed = (await source.getFunction("sequencerFeed").staticCall({ blockTag })) as string;
    if (feed === ZeroAddress) return false;
    const answers = new Contract(feed, FEED_ABI, runner).getFunction("latestRoundData");
    const [roundId, answer, startedAt] = (await answers.staticCall({ blockTag })) as [bigint, bigint, bigint];
    return saysDown(roundId, answer, startedAt);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "CALL_EXCEPTION" || code === "BAD_DATA") return false;
    throw error;
  }
}
