import { expect } from "chai";
import fc from "fast-check";
import { accountIdOf } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { atNext, mineAt, now } from "../vault/support/clock.ts";
import { setPrice } from "../vault/support/position.ts";
import { deployOracle, loadWorld, MAX_UINT, STRONG, type World } from "../vault/support/world.ts";

const HOUR = 3_600;
/** The longest grace that risk terms may give. */
const LONGEST_GRACE = 86_400n;
const PRICES = ["2000", "30000"] as const;

/** One act that some role may do, and how long after the one before. */
interface Act {
  readonly kind: (typeof KINDS)[number];
  readonly number: 0 | 1;
  /** Where in the permitted range, from 0 to 1,000. */
  readonly level: number;
  readonly afterSeconds: number;
}

const KINDS = [
  ...["initial", "maintenance", "liquidation", "lowerInitial", "cap", "lowerCap"],
  ...["borrowCap", "brake", "riskTerms", "fee", "oracle", "pokeHours", "pokeDays"],
] as const;

const WEIGHING = ["lowerInitial", "maintenance", "liquidation", "pokeHours", "pokeDays"] as const;

const acts = fc.array(
  fc.record({
    // Mostly those that move weights, for nothing else could hurt anybody.
    kind: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...WEIGHING) },
      { weight: 1, arbitrary: fc.constantFrom(...KINDS) },
    ),
    number: fc.constantFrom(0 as const, 0 as const, 1 as const),
    level: fc.integer({ min: 0, max: 1_000 }),
    afterSeconds: fc.oneof(
      fc.integer({ min: 1, max: 2 * HOUR }),
      fc.integer({ min: 20 * HOUR, max: 40 * HOUR }),
    ),
  }),
  { minLength: 20, maxLength: 40 },
);
/** How much of its initial value each account borrows, and in which collaterals it is. */
const books = fc.array(
  fc.record({ use: fc.integer({ min: 900, max: 1_000 }), second: fc.integer({ min: 0, max: 100 }) }),
  { minLength: 2, maxLength: 4 },
);

describe("any book, under any sequence of acts that roles may do, at unchanged prices", () => {
  it("nobody is liquidatable who was not callable for longer than any grace before (I-12, I-37, C-61)", async () => {
    let moved = 0;
    let fallen = 0;
    await fc.assert(
      fc.asyncProperty(books, acts, async (book, sequence) => {
        const w = await loadWorld({ maxBounty: 0n });
        const ids = await openBook(w, book);
        const healthySince = new Map(ids.map((id) => [id, 0n]));
        for (const id of ids) healthySince.set(id, await now(w));
        for (const act of sequence) {
          await atNext(w, (await now(w)) + BigInt(act.afterSeconds));
          await perform(w, act);
          await refresh(w);
          for (const id of ids) {
            const status = Number(await w.vault.statusOf(id));
            if (status <= Status.Warned) healthySince.set(id, await now(w));
            if (status === Status.Callable) ++moved;
            if (status !== Status.Critical && status !== Status.Insolvent) continue;
            ++fallen;
            const since = (await now(w)) - (healthySince.get(id) ?? 0n);
            expect(since > LONGEST_GRACE, `critical ${since} s after it was last not callable`).to.equal(
              true,
            );
          }
        }
      }),
      { numRuns: 30, seed: 20_300_107 },
    );
    expect(moved, "the acts made nobody callable").to.be.greaterThan(20);
    expect(fallen, "the acts made nobody critical").to.be.greaterThan(5);
  }).timeout(240_000);

  it("one act, whichever, liquidates nobody who is not called (I-12, C-61)", async () => {
    await fc.assert(
      fc.asyncProperty(acts, async (sequence) => {
        const w = await loadWorld({ maxBounty: 0n });
        const [id] = await openBook(w, [{ use: 1_000, second: 50 }]);
        for (const act of sequence) {
          const before = Number(await w.vault.statusOf(id!));
          if (before > Status.Warned) return;
          await atNext(w, (await now(w)) + BigInt(act.afterSeconds));
          await perform(w, act);
          await refresh(w);
          for (const { address } of w.collaterals) {
            const sale = w.vault
              .connect(w.keeper)
              .liquidate.staticCall(id!, address, MAX_UINT, 0n, w.keeper, "0x");
            await expect(sale).to.be.revertedWithCustomError(w.vault, "NotLiquidatable");
          }
        }
      }),
      { numRuns: 20, seed: 20_300_108 },
    );
  }).timeout(240_000);
});

/** Accounts with `use` thousandths of what they may borrow, `second` per cent of their worth in the second asset. */
async function openBook(w: World, book: readonly { use: number; second: number }[]) {
  // Weights as near to each other as they may be: the book is then as tight as there can be one.
  for (const { address } of w.collaterals) {
    await w.configurator.setMaintenanceWeight(w.vault, address, 8_403n);
    await w.configurator.setInitialWeight(w.vault, address, 8_238n);
  }
  const vault = w.vault.connect(w.trader);
  return Promise.all(
    book.map(async ({ use, second }, i) => {
      const id = accountIdOf(w.trader.address, BigInt(i));
      const worth = 30_000n;
      const [eth, btc] = [w.collaterals[0]!, w.collaterals[1]!];
      const inSecond = (worth * BigInt(second)) / 100n;
      if (second < 100)
        await vault.depositCollateral(id, eth.address, ((worth - inSecond) * eth.unit) / 2_000n);
      if (second > 0) await vault.depositCollateral(id, btc.address, (inSecond * btc.unit) / 30_000n);
      const { initialValue } = await w.vault.marginOf(id);
      await vault.borrow(id, (initialValue * BigInt(use)) / 1_000n, w.trader);
      return id;
    }),
  );
}

/** Does what `act` says; what is out of bounds is refused and does nothing. */
async function perform(w: World, { kind, number, level }: Act): Promise<void> {
  const { address, terms } = w.collaterals[number]!;
  const part = (most: bigint) => (most * BigInt(level)) / 1_000n;
  /** From `least` to `most`, more often low than high. */
  const within = (least: bigint, most: bigint) => least + part(part(part(most - least)));
  const { configurator: c, vault } = w;
  const [initial, maintenance, liquidation] = await c.ownWeights(vault, address);
  const changes: Record<(typeof KINDS)[number], () => Promise<unknown>> = {
    initial: () => c.setInitialWeight(vault, address, within(1n, (maintenance * 100n) / 102n)),
    lowerInitial: () => c.lowerInitialWeight(vault, address, within(1n, initial)),
    maintenance: () =>
      c.setMaintenanceWeight(
        vault,
        address,
        within((initial * 102n) / 100n + 1n, (liquidation * 100n) / 104n),
      ),
    liquidation: () =>
      c.setLiquidationWeight(vault, address, within((maintenance * 104n) / 100n + 1n, STRONG.liquidationBps)),
    cap: () => c.setCap(vault, address, part(terms.cap)),
    lowerCap: () => c.lowerCap(vault, address, part(10n ** 20n)),
    borrowCap: () => c.setBorrowCap(vault, part(10n ** 6n)),
    brake: () =>
      c.setBrake(vault, address, { burst: w.usd(1_000n + part(10n ** 6n)), perHour: w.usd(10n ** 6n) }),
    fee: () => c.setFee(vault, part(3_000n), w.feeRecipient),
    riskTerms: () =>
      c.setRiskTerms(vault, {
        ...w.risk,
        minimumDebt: w.usd(100n + part(900_000n)),
        minGraceSeconds: 300n,
        maxGraceSeconds: 300n + part(80_000n),
      }),
    oracle: async () => c.setOracle(vault, await deployOracle(w.ethers, w.quote, w.quoteFeed, w.collaterals)),
    pokeHours: () => pokeAll(w, (level % 24) + 1, HOUR),
    pokeDays: () => pokeAll(w, (level % 16) + 1, 24 * HOUR),
  };
  await changes[kind]().catch((error: unknown) => {
    if (!String(error).includes("reverted with custom error")) throw error;
  });
}

/** Pokes every collateral so many times, as a keeper would; one that is where it goes refuses. */
async function pokeAll(w: World, times: number, seconds: number): Promise<void> {
  for (let i = 0; i < times; ++i) {
    await mineAt(w, (await now(w)) + BigInt(seconds));
    for (const { address } of w.collaterals)
      await w.configurator.poke(w.vault, address).catch(() => undefined);
  }
}

/** The same prices once more, so that they are fresh. */
async function refresh(w: World): Promise<void> {
  await w.quoteFeed.push(10n ** 8n);
  for (const [i, price] of PRICES.entries()) await setPrice(w.collaterals[i]!, price);
}
