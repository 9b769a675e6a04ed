import type { HealthTrace, RecordedBlock, RecordedCall, RecordedTake, Recording } from "./recording.ts";
import { priceOf, ratioOf } from "./wording.ts";

/** A recording with what every chart asks of it, worked out once. */
export interface Story {
  readonly recording: Recording;
  /** Unix seconds shown: quiet hours before the first call do not take more than a fifth of the axis. */
  readonly from: number;
  readonly to: number;
  /** Those of the time shown; the first stands where that begins. */
  readonly blocks: readonly RecordedBlock[];
  /** Sorted by opening. */
  readonly calls: readonly RecordedCall[];
  readonly traces: ReadonlyMap<string, HealthTrace>;
  readonly takesOf: ReadonlyMap<string, readonly RecordedTake[]>;
  /** The health factor of the floor when all moving prices fall alike: maintenance over liquidation weight. */
  readonly floorHealth: number;
  /** Numbers of the collaterals whose price moved. */
  readonly moving: readonly number[];
}

export function storyOf(recording: Recording): Story {
  const times = recording.blocks.map(({ at }) => at);
  const begin = times[0] ?? recording.startedAt;
  const end = Math.max(times.at(-1) ?? begin, begin + 60);
  const events = [...recording.calls.map(({ openedAt }) => openedAt), ...recording.takes.map(({ at }) => at)];
  const firstEvent = events.length === 0 ? begin : Math.min(end, ...events);
  const from = Math.round(Math.max(begin, firstEvent - (end - firstEvent) / 4));
  const takesOf = new Map<string, RecordedTake[]>();
  for (const take of recording.takes) {
    takesOf.set(take.account, [...(takesOf.get(take.account) ?? []), take]);
  }
  const moving = movingOf(recording);
  const floors = moving.flatMap((number) => {
    const terms = recording.collaterals[number];
    return terms === undefined ? [] : [terms.maintenanceBps / terms.liquidationBps];
  });
  return {
    recording,
    from,
    to: end,
    blocks: since(recording.blocks, from),
    calls: [...recording.calls].sort((a, b) => a.openedAt - b.openedAt || a.deadline - b.deadline),
    traces: new Map(recording.traces.map((trace) => [trace.account, trace])),
    takesOf,
    floorHealth: Math.max(0, ...floors),
    moving,
  };
}

/** All of them when none did. */
function movingOf({ blocks, collaterals }: Recording): number[] {
  const all = collaterals.map((_, number) => number);
  const moving = all.filter((number) =>
    blocks.some(({ price36 }) => price36[number] !== blocks[0]?.price36[number]),
  );
  return moving.length > 0 ? moving : all;
}

/** What happened from a time on; what held at that time stands at its beginning. */
export function since<Timed extends { readonly at: number }>(
  items: readonly Timed[],
  from: number,
): readonly Timed[] {
  const held = items.findLast(({ at }) => at <= from);
  const later = items.filter(({ at }) => at > from);
  return held === undefined ? later : [{ ...held, at: from }, ...later];
}

/** When the call ended, or the end of the replay. */
export function endOf(story: Story, call: RecordedCall): number {
  return call.closedAt ?? story.to;
}

/** The account's health factor at a time, from its trace; undefined before its first point. */
export function healthAt(story: Story, account: string, at: number): number | undefined {
  const point = story.traces.get(account)?.points.findLast((candidate) => candidate.at <= at);
  return point === undefined ? undefined : ratioOf(point.healthWad);
}

/** A collateral's price at a time, dollars. */
export function priceAt(story: Story, collateral: number, at: number): number | undefined {
  const { blocks, collaterals, quote } = story.recording;
  const terms = collaterals[collateral];
  const price36 = blocks.findLast((block) => block.at <= at)?.price36[collateral];
  return terms === undefined || price36 === undefined ? undefined : priceOf(price36, terms, quote);
}

/** Prices at which an account is called and falls through the floor, its other collateral moving alike. */
export interface Band {
  readonly call: RecordedCall;
  readonly callPrice: number;
  readonly floorPrice: number;
}

/** The bands of the calls on accounts that hold mostly this collateral, as they stood at the opening. */
export function bandsOf(story: Story, collateral: number): Band[] {
  const terms = story.recording.collaterals[collateral];
  if (terms === undefined) return [];
  return story.calls.flatMap((call) => {
    if (call.mainCollateral !== collateral) return [];
    const price = priceAt(story, collateral, call.openedAt);
    const health = healthAt(story, call.account, call.openedAt);
    if (price === undefined || health === undefined || health <= 0) return [];
    const callPrice = price / health;
    return [{ call, callPrice, floorPrice: (callPrice * terms.maintenanceBps) / terms.liquidationBps }];
  });
}
