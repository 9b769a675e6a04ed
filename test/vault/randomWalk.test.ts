import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { now, refreshFeeds } from "./support/clock.ts";
import { eventsOf } from "./support/events.ts";
import { answerOf } from "./support/position.ts";
import { poolOf, stateOf } from "./support/state.ts";
import { loadWorld, MAX_UINT, WAD, type World } from "./support/world.ts";

/** A small generator with a seed of its own, so that a walk can be repeated. */
function generator(seed: bigint) {
  let state = seed;
  return (limit: bigint): bigint => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % 2n ** 64n;
    return (state >> 20n) % limit;
  };
}

interface Walk {
  w: World;
  ids: AccountId[];
  random: (limit: bigint) => bigint;
}

type Move = (walk: Walk) => Promise<ContractTransactionResponse>;

const pick = <T>(walk: Walk, list: readonly T[]): T => list[Number(walk.random(BigInt(list.length)))]!;

const moves: Record<string, Move> = {
  deposit: ({ w, random, ...walk }) =>
    w.vault
      .connect(w.trader)
      .depositCollateral(
        pick({ w, random, ...walk }, walk.ids),
        w.collaterals[Number(random(2n))]!.address,
        1n + random(2n * 10n ** 6n),
      ),
  withdraw: (walk) =>
    walk.w.vault
      .connect(walk.w.trader)
      .withdrawCollateral(
        pick(walk, walk.ids),
        walk.w.collaterals[Number(walk.random(2n))]!.address,
        1n + walk.random(5n * 10n ** 7n),
        walk.w.trader,
      ),
  borrow: (walk) =>
    walk.w.vault
      .connect(walk.w.trader)
      .borrow(pick(walk, walk.ids), walk.w.usd(1n + walk.random(150n)), walk.w.trader),
  repay: (walk) =>
    walk.w.vault.connect(walk.w.stranger).repay(pick(walk, walk.ids), 1n + walk.random(walk.w.usd(120n))),
  cure: (walk) => walk.w.vault.connect(walk.w.trader).cure(pick(walk, walk.ids), MAX_UINT),
  openCalls: (walk) => walk.w.vault.connect(walk.w.keeper).openCalls(walk.ids),
  closeCalls: (walk) => walk.w.vault.connect(walk.w.keeper).closeCalls(walk.ids),
  bookLoss: (walk) => walk.w.vault.bookLoss(walk.ids),
  bookFee: (walk) => walk.w.vault.bookFee(),
  liquidate: (walk) =>
    walk.w.vault
      .connect(walk.w.keeper)
      .liquidate(
        pick(walk, walk.ids),
        walk.w.collaterals[Number(walk.random(2n))]!.address,
        walk.random(3n) > 0n ? MAX_UINT : walk.random(walk.w.usd(600n)),
        0n,
        walk.w.keeper,
        "0x",
      ),
  liquidateMany: (walk) =>
    walk.w.vault.connect(walk.w.keeper).liquidateMany(
      walk.ids.map((account) => ({
        account,
        asset: walk.w.collaterals[Number(walk.random(2n))]!.address,
        maxRepay: MAX_UINT,
        minSeized: 0n,
      })),
      walk.w.keeper,
    ),
  lend: (walk) => walk.w.vault.connect(walk.w.lender).deposit(walk.random(walk.w.usd(900n)), walk.w.lender),
  leave: (walk) =>
    walk.w.vault.connect(walk.w.lender).withdraw(walk.random(walk.w.usd(900n)), walk.w.lender, walk.w.lender),
  donate: (walk) => walk.w.quote.connect(walk.w.stranger).transfer(walk.w.vault, walk.random(1_000n)),
};

/** What is not under test: what may worsen an account, or lower a share price, on its own; and fresh starts. */
const fates: Record<string, (walk: Walk) => Promise<void>> = {
  /** An account without a debt, or with a broken one's rest, starts again near its initial margin. */
  start: async (walk) => {
    const { w, random } = walk;
    const id = pick(walk, walk.ids);
    const vault = w.vault.connect(w.trader);
    if ((await w.vault.debtOf(id)) > 0n) return;
    await vault.depositCollateral(id, w.collaterals[0]!.address, 10n ** 8n);
    if (random(2n) === 0n)
      await vault.depositCollateral(id, w.collaterals[1]!.address, random(10n ** 6n) + 1n);
    const { initialValue } = await w.vault.marginOf(id);
    const debt = (initialValue * (85n + random(15n))) / 100n;
    if (debt > w.usd(101n) && debt < (await poolOf(w)).cash) await vault.borrow(id, debt, w.trader);
  },
  /** The first price goes where it brings one account to a health factor between 0.92 and 1.06, or far below. */
  price: async (walk) => {
    const { w, random } = walk;
    const id = pick(walk, walk.ids);
    const eth = w.collaterals[0]!;
    const amount = await w.vault.collateralOf(id, eth.address);
    const { maintenanceValue, debt } = await w.vault.marginOf(id);
    if (debt === 0n || amount < eth.unit / 100n) return;
    const { price36 } = await w.oracle.price(eth.address);
    const own = (amount * price36 * eth.terms.maintenanceBps) / (10n ** 36n * 10_000n);
    const others = maintenanceValue - own;
    const levelBps = random(30n) === 0n ? 7_000n : 9_200n + random(1_400n);
    const goal = (debt * levelBps) / 10_000n;
    if (goal <= others) return;
    const price = ((goal - others) * 10_000n * eth.unit) / (eth.terms.maintenanceBps * amount);
    const [low, high] = [w.usd(200n), w.usd(9_000n)];
    if (price > low && price < high) await eth.feed.push(answerOf(w.ethers.formatUnits(price, 6)));
  },
  wait: async (walk) => {
    const seconds = pick(walk, [60n, 900n, 900n, 1_500n, 3_000n, 16_000n]);
    await walk.w.helpers.time.setNextBlockTimestamp((await now(walk.w)) + seconds);
    await walk.w.vault.accrue();
    await refreshFeeds(walk.w);
  },
};

interface Sight {
  sharePrice: bigint;
  health: bigint[];
  status: bigint[];
  collateral: bigint[];
  deadline: bigint[];
}

async function look({ w, ids }: Walk): Promise<Sight> {
  const margins = await Promise.all(ids.map((id) => w.vault.marginOf(id)));
  const held = await Promise.all(
    ids.flatMap((id) => w.collaterals.map((c) => w.vault.collateralOf(id, c.address))),
  );
  return {
    sharePrice: await w.vault.convertToAssets(10n ** 12n * WAD),
    health: margins.map((m) => m.healthWad),
    status: margins.map((m) => m.status),
    collateral: held,
    deadline: margins.map((m) => m.deadline),
  };
}

async function checkLedger({ w, ids }: Walk): Promise<void> {
  const pool = await poolOf(w);
  const insurance = accountIdOf(w.vaultAddress);
  const states = await Promise.all(ids.map((id) => stateOf(w, id)));
  const shares = states.reduce((sum, s) => sum + s.debtShares, 0n);
  expect(shares, "I-03: debt shares").to.equal(pool.totalDebtShares);
  for (const [j, c] of w.collaterals.entries()) {
    const each = await Promise.all([...ids, insurance].map((id) => w.vault.collateralOf(id, c.address)));
    const sum = each.reduce((x, y) => x + y, 0n);
    expect((await w.vault.collateralAt(BigInt(j)))[2], "I-02: total of a collateral").to.equal(sum);
    expect(await c.token.balanceOf(w.vault), "I-01: collateral held").to.equal(sum);
    for (const [i, id] of ids.entries()) {
      const bit = (states[i]!.collateralSet >> BigInt(j)) & 1n;
      expect(bit === 1n, "the set names what is held").to.equal(
        (await w.vault.collateralOf(id, c.address)) > 0n,
      );
    }
  }
  expect(await w.quote.balanceOf(w.vault), "I-01: cash held").to.be.greaterThanOrEqual(pool.cash);
  for (const state of states) {
    expect(state.deadline === 0n, "auction and deadline are open together").to.equal(
      state.auctionStart === 0n,
    );
    if (state.debtShares === 0n) expect(state.deadline, "no call without a debt").to.equal(0n);
  }
}

async function walkFrom(seed: bigint, steps: number): Promise<Map<string, number>> {
  const w = await loadWorld({
    collateralDecimals: 8,
    lent: 40_000n,
    maxBounty: 5n,
    ratesPercent: [5n, 20n, 80n],
    feeBps: 1_000n,
    secondIsWeaker: true,
  });
  const ids = Array.from({ length: 6 }, (_, i) => accountIdOf(w.trader.address, BigInt(i)));
  const walk: Walk = { w, ids, random: generator(seed) };
  const done = new Map<string, number>();
  for (const id of ids) {
    await w.vault
      .connect(w.trader)
      .depositCollateral(id, w.collaterals[0]!.address, 10n ** 8n + walk.random(10n ** 8n));
    await w.vault.connect(w.trader).borrow(id, w.usd(1_200n + walk.random(300n)), w.trader);
  }
  for (let step = 0; step < steps; step++) {
    const isFate = walk.random(5n) < 2n;
    const name = pick(walk, Object.keys(isFate ? fates : moves));
    const before = await look(walk);
    if (isFate) {
      await fates[name]!(walk);
      count(done, name);
      continue;
    }
    const transaction = await moves[name]!(walk).catch(() => undefined);
    if (transaction === undefined) continue;
    count(done, name);
    for (const event of ["MarginCallOpened", "MarginCallClosed", "Liquidated", "BadDebtRealized"]) {
      const found = await eventsOf(transaction, w.vault, event);
      count(done, event, found.length);
    }
    const after = await look(walk);
    const at = `seed ${seed}, step ${step}, ${name}`;
    const losses = await eventsOf(transaction, w.vault, "BadDebtRealized");
    if (losses.length === 0) {
      expect(after.sharePrice, `${at}: I-06`).to.be.greaterThanOrEqual(before.sharePrice);
    }
    const opened = (await eventsOf(transaction, w.vault, "MarginCallOpened")).map((event) => event.account);
    const time = await now(w);
    for (const [i, id] of ids.entries()) {
      const deadline = before.deadline[i]!;
      // Interest of the second of the block is the only thing that may bring one that stood on the edge below it.
      if (opened.length === 0 && before.health[i]! > WAD + WAD / 10n ** 6n) {
        expect(after.health[i]! >= WAD, `${at}: I-12`).to.equal(true);
      }
      if (deadline > time && after.deadline[i] !== 0n) {
        expect(after.deadline[i], `${at}: I-21`).to.equal(deadline);
      }
      if (deadline !== 0n && after.deadline[i] !== deadline && after.deadline[i] !== 0n) {
        expect(opened, `${at}: only a call moves a deadline`).to.include(id);
        expect(time, `${at}: only a lapsed call is opened again`).to.be.greaterThanOrEqual(
          deadline + w.risk.auctionSeconds,
        );
      }
      const isExpired = deadline !== 0n && deadline <= time;
      const isCritical = before.status[i]! >= BigInt(Status.Critical);
      if (!isExpired && !isCritical && name !== "withdraw") {
        for (const k of [2 * i, 2 * i + 1]) {
          expect(after.collateral[k]! >= before.collateral[k]!, `${at}: I-20`).to.equal(true);
        }
      }
    }
    if (step % 5 === 0) await checkLedger(walk);
  }
  await checkLedger(walk);
  await drain(walk);
  return done;
}

function count(done: Map<string, number>, name: string, times = 1): void {
  done.set(name, (done.get(name) ?? 0) + times);
}

/** I-42: all debts can be repaid and all funds withdrawn. */
async function drain({ w, ids }: Walk): Promise<void> {
  await w.quote.mint(w.trader, 10n ** 15n);
  for (const id of ids) {
    if ((await w.vault.debtOf(id)) > 0n) await w.vault.connect(w.trader).repay(id, MAX_UINT);
    for (const c of w.collaterals) {
      if ((await w.vault.collateralOf(id, c.address)) > 0n) {
        await w.vault.connect(w.trader).withdrawCollateral(id, c.address, MAX_UINT, w.trader);
      }
    }
  }
  await w.vault.bookFee();
  for (const holder of [w.lender, w.keeper, w.feeRecipient]) {
    const held = await w.vault.balanceOf(holder);
    expect(await w.vault.maxRedeem(holder), "I-42: everyone can leave").to.equal(held);
    await w.vault.connect(holder).redeem(held, holder, holder);
  }
  const { totalDebtShares, cash } = await poolOf(w);
  expect(totalDebtShares).to.equal(0n);
  const insured = await w.vault.convertToAssets(await w.vault.insuranceShares());
  // What is left beside the insurance's is dust and the virtual shares' part.
  expect(cash - insured).to.be.lessThan(w.usd(1n));
}

describe("a random walk through every entrance", () => {
  for (const seed of [1n, 2n, 3n]) {
    it(`keeps I-01 to I-06, I-12, I-20, I-21 and I-42 (seed ${seed})`, async () => {
      const done = await walkFrom(seed, 150);
      for (const name of ["deposit", "MarginCallOpened", "MarginCallClosed", "Liquidated"]) {
        expect(done.get(name) ?? 0, `${name} was done`).to.be.greaterThan(0);
      }
    });
  }
});
