import { loadPrices } from "../../../demo/prices/loadPrices.ts";
import type { Round } from "../../../demo/prices/priceSeries.ts";
import { BENCH_COLLATERALS, Market } from "../market.ts";

/** The recorded part: the flash crash of 17 August 2023, from the calm before it to the end of the fall. */
const RECORD_FROM = 1_692_308_531;
const RECORD_BLOCKS = 36;
export const BLOCK_SECONDS = 12;
/** Collaterals that go with bitcoin and with nothing; all others go with ether. */
const WITH_BITCOIN = new Set(["WBTC", "SOL"]);
const WITH_NOTHING = new Set(["EURC"]);

/**
 * Prices in whole quote units, block by block of 12 s: first those that were recorded in a crash, then `crashBlocks` of a
 * market in which all fall, the same for the same seed.
 */
export function crashPrices(seed: number, crashBlocks: number): readonly (readonly number[])[] {
  const recorded = Array.from({ length: RECORD_BLOCKS }, (_, i) =>
    recordedAt(RECORD_FROM + i * BLOCK_SECONDS),
  );
  const last = recorded.at(-1) ?? [];
  const market = new Market(seed);
  const first = [...market.prices];
  const fallen = Array.from({ length: crashBlocks }, () => {
    market.step("crash");
    return market.prices.map((price, i) => (price / (first[i] ?? price)) * (last[i] ?? price));
  });
  return [...recorded, ...fallen];
}

function recordedAt(time: number): number[] {
  const [ether, bitcoin] = loadPrices({ crash: "flash" }).rounds;
  return BENCH_COLLATERALS.map(({ symbol, price }) => {
    if (WITH_NOTHING.has(symbol)) return price;
    const rounds = WITH_BITCOIN.has(symbol) ? bitcoin : ether;
    return (price * answerAt(rounds, time)) / answerAt(rounds, RECORD_FROM);
  });
}

function answerAt(rounds: readonly Round[], time: number): number {
  const round = rounds.findLast(({ at }) => at <= time);
  if (round === undefined) throw new Error(`no price was recorded before ${time}`);
  return Number(round.answer);
}
