import { expect } from "chai";
import { AbiCoder, keccak256 } from "ethers";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/compile.ts";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { Permission } from "./support/authority.ts";
import { mineAt, now, passDeadline } from "./support/clock.ts";
import { borrowMove, depositMove, deployDeferrer, repayMove, withdrawMove } from "./support/deferrer.ts";
import { historyOf, type TimedEvent } from "./support/events.ts";
import { withCollateral } from "./support/listing.ts";
import { openPosition, setPrice } from "./support/position.ts";
import { NO_BRAKE, replay, type Replayed, type ReplayedAccount } from "./support/replay.ts";
import { loadWorld, MAX_UINT, STRONG, type World } from "./support/world.ts";

const MAX_COLLATERALS = 16;
/** The vault's storage by slot: OpenZeppelin's ERC-20 first, then `VaultState`. */
const SLOT = {
  balances: 0n,
  supply: 2n,
  state: 5n,
  accounts: 10n,
  holdings: 11n,
  collaterals: 12n,
  brakes: 28n,
};
/** Fields that no event tells, and why that is so. */
const UNTOLD = {
  _allowances: "ERC-20 reports none that is used up",
  _name: "set by the constructor, never changed",
  _symbol: "set by the constructor, never changed",
};

/** Every kind of thing that happens to a vault, its accounts, its lenders and its settings. */
async function live(): Promise<World> {
  const first = await loadWorld({ ratesPercent: [5n, 20n, 50n], feeBps: 1_000n, maxBounty: 5n });
  const w = await withCollateral(first, { terms: STRONG, price: "10" });
  const eth = w.collaterals[0]!;
  const vault = w.vault.connect(w.trader);
  await w.configurator.setInitialWeight(w.vault, w.collaterals[1]!.address, 7_000n);
  await w.configurator.setBorrowCap(w.vault, 500_000n);
  await w.configurator.setBrake(w.vault, eth.address, { burst: w.usd(9_000n), perHour: w.usd(1_000n) });
  await w.configurator.setRiskTerms(w.vault, { ...w.risk, dustValue: w.usd(11n) });
  await w.vault.connect(w.lender).approve(w.stranger, 10n ** 12n);
  await w.vault.connect(w.stranger).transferFrom(w.lender, w.stranger, 10n ** 9n);
  await w.vault.connect(w.lender).transfer(w.vault, 10n ** 7n);

  const cured = await openPosition(w, { subAccount: 1n });
  const topped = await openPosition(w, { subAccount: 2n });
  const sold = await openPosition(w, { subAccount: 3n, amounts: [10n * eth.unit], debt: w.usd(15_000n) });
  const lost = await openPosition(w, { subAccount: 4n, amounts: [eth.unit, 0n, eth.unit / 2n] });
  const recovered = await openPosition(w, { subAccount: 5n });
  const holder = await openPosition(w, { subAccount: 6n, amounts: [eth.unit, 10n ** 6n], debt: 0n });
  await deferrals(w);

  await setPrice(eth, "1810");
  await w.vault.connect(w.keeper).openCalls([cured, topped, sold, recovered]);
  await vault.cure(cured, MAX_UINT);
  await vault.depositCollateral(topped, eth.address, eth.unit);
  await passDeadline(w, sold, 300n);
  await w.vault.connect(w.keeper).liquidate(sold, eth.address, MAX_UINT, 0n, w.keeper, "0x");
  await setPrice(eth, "1900");
  await w.vault.closeCalls([recovered, sold]);
  await vault.withdrawCollateral(holder, w.collaterals[1]!.address, MAX_UINT, w.trader);
  await losses(w, lost);
  await w.configurator.setCap(w.vault, eth.address, eth.unit);
  await w.configurator.setFee(w.vault, 2_000n, w.owner);
  await w.vault.connect(w.lender).withdraw(w.usd(7n), w.lender, w.lender);
  await vault.repay(cured, w.usd(3n));
  await w.vault.bookFee();
  return w;
}

/** Two deferrals: one that moves between accounts and closes a call, one that leverages. */
async function deferrals(w: World): Promise<void> {
  const trader = await deployDeferrer(w, 1_000n);
  const { unit } = w.collaterals[0]!;
  const [first, second] = [trader.account(), trader.account(1n)];
  await trader.act(depositMove(w, first, 0, unit), borrowMove(w, first, w.usd(1_500n), trader.address));
  await setPrice(w.collaterals[0]!, "1800");
  await w.vault.connect(w.keeper).openCall(first);
  await trader.defer(
    depositMove(w, second, 0, 2n * unit),
    borrowMove(w, second, w.usd(800n), trader.address),
    repayMove(w, first, w.usd(700n)),
    withdrawMove(w, second, 0, unit / 2n, trader.address),
  );
  await setPrice(w.collaterals[0]!, "2000");
}

/** A loss that burns insurance and leaves a lot, which is sold. */
async function losses(w: World, lost: AccountId): Promise<void> {
  const [eth, other] = [w.collaterals[0]!, w.collaterals[2]!];
  await setPrice(eth, "1000");
  const keeper = w.vault.connect(w.keeper);
  await keeper.liquidateMany(
    [{ account: lost, asset: eth.address, maxRepay: MAX_UINT, minSeized: 0n }],
    w.keeper,
  );
  await setPrice(eth, "1900");
  const lot = accountIdOf(w.vaultAddress, 2n);
  await keeper.openCall(lot);
  await passDeadline(w, lot, 100n);
  await keeper.liquidate(lot, other.address, w.usd(2n), 0n, w.keeper, "0x");
}

/** Fields of one word, lowest first. */
function pack(...fields: (readonly [value: bigint, bits: number])[]): bigint {
  let [word, shift] = [0n, 0n];
  for (const [value, bits] of fields) {
    word |= value << shift;
    shift += BigInt(bits);
  }
  return word;
}

function mappingSlot(type: string, key: string, slot: bigint): bigint {
  return BigInt(keccak256(AbiCoder.defaultAbiCoder().encode([type, "uint256"], [key, slot])));
}

function accountWords(id: AccountId, a: ReplayedAccount): Map<bigint, bigint> {
  const slot = mappingSlot("bytes32", id, SLOT.accounts);
  const collateralSet = a.collateral.reduce(
    (set, held, j) => (held > 0n ? set | (1n << BigInt(j)) : set),
    0n,
  );
  const words = new Map([
    [
      slot,
      pack(
        [collateralSet, 16],
        [a.callNonce, 16],
        [a.calledAt, 32],
        [a.deadline, 32],
        [a.auctionStart, 32],
        [a.closedLateAt, 32],
        [a.debtShares, 96],
      ),
    ],
  ]);
  for (let i = 0; i < MAX_COLLATERALS / 2; i++)
    words.set(slot + 1n + BigInt(i), pack([a.collateral[2 * i]!, 128], [a.collateral[2 * i + 1]!, 128]));
  return words;
}

function stateWords(v: Replayed): Map<bigint, bigint> {
  const { risk } = v;
  const totalDebtShares = [...v.accounts.values()].reduce((sum, a) => sum + a.debtShares, 0n);
  const overCapSet = v.collaterals.reduce(
    (set, { total, terms }, j) => (total > terms.cap ? set | (1n << BigInt(j)) : set),
    0n,
  );
  return new Map([
    [SLOT.supply, v.supply],
    [SLOT.state, pack([v.debtIndex, 112], [totalDebtShares, 112], [v.accruedAt, 32])],
    [
      SLOT.state + 1n,
      pack([v.cash, 104], [v.unbookedFee, 88], [overCapSet, 16], [v.feeBps, 16], [v.borrowCap, 32]),
    ],
    [SLOT.state + 2n, pack([BigInt(v.oracle), 160], [risk.minimumDebt, 96])],
    [
      SLOT.state + 3n,
      pack(
        [risk.dustValue, 72],
        [risk.maxBounty, 72],
        [risk.minGraceSeconds, 24],
        [risk.maxGraceSeconds, 24],
        [risk.auctionSeconds, 24],
        [risk.rampSeconds, 24],
        [BigInt(v.collaterals.length), 8],
      ),
    ],
    [SLOT.state + 4n, BigInt(v.feeRecipient)],
  ]);
}

function collateralWords(v: Replayed): Map<bigint, bigint> {
  const words = new Map<bigint, bigint>();
  for (let j = 0n; j < MAX_COLLATERALS; j++) {
    const c = v.collaterals[Number(j)];
    words.set(SLOT.collaterals + j, c === undefined ? 0n : termsWord(c));
    const { burst, perHour, fullAtMicros } = c?.brake ?? NO_BRAKE;
    words.set(SLOT.brakes + j, pack([burst, 96], [perHour, 96], [fullAtMicros, 64]));
    if (c === undefined) continue;
    words.set(
      mappingSlot("address", c.asset, SLOT.holdings),
      pack([j + 1n, 8], [c.total, 120], [c.terms.cap, 128]),
    );
  }
  return words;
}

function termsWord({ asset, terms, brake }: Replayed["collaterals"][number]): bigint {
  return pack(
    [BigInt(asset), 160],
    [terms.initialBps, 16],
    [terms.maintenanceBps, 16],
    [terms.liquidationBps, 16],
    [terms.maxDiscountBps, 16],
    [brake.perHour === 0n ? 0n : 1n, 8],
  );
}

function allWords(v: Replayed): Map<bigint, bigint> {
  const words = new Map([...stateWords(v), ...collateralWords(v)]);
  for (const [id, account] of v.accounts) for (const word of accountWords(id, account)) words.set(...word);
  for (const [holder, balance] of v.balances)
    words.set(mappingSlot("address", holder, SLOT.balances), balance);
  return words;
}

describe("everything rebuilt from events alone (I-44)", () => {
  let w: World;
  let history: TimedEvent[];
  before(async () => {
    w = await live();
    history = await historyOf(w.ethers, w.vault);
  });

  it("is the vault's storage, word by word: accounts, lots, shares, pool, terms, caps, fee, oracle", async () => {
    const rebuilt = replay(w.vaultAddress, history);
    for (const [slot, word] of allWords(rebuilt)) {
      const stored = BigInt(await w.ethers.provider.getStorage(w.vaultAddress, slot));
      expect(stored, `slot 0x${slot.toString(16)}`).to.equal(word);
    }
    expect(rebuilt.balances.get(w.vaultAddress)).to.equal(await w.vault.insuranceShares());
    expect(rebuilt.accounts.has(accountIdOf(w.vaultAddress, 2n))).to.equal(true);
  });

  it("saw every event of the vault's interface, in deferrals too", () => {
    const seen = new Set(history.map(({ name }) => name));
    const declared: string[] = [];
    w.vault.interface.forEachEvent(({ name }) => declared.push(name));
    expect(declared.filter((name) => !seen.has(name))).to.deep.equal([]);
  });

  it("leaves out no field of the stored layout but those that are named here", () => {
    const page = readFileSync(join(root, "snapshots", "contracts.json"), "utf8");
    const { layout } = JSON.parse(page) as { layout: string[] };
    const labels = layout.map((line) => line.split(":")[0]!);
    const known = [
      ...["_balances", "_totalSupply", "_state", ...Object.keys(UNTOLD)],
      ...fieldsOf("VaultState", [
        ...["debtIndex", "totalDebtShares", "accruedAt", "cash", "unbookedFee", "overCapSet", "feeBps"],
        ...["borrowCap", "oracle", "minimumDebt", "dustValue", "maxBounty", "minGraceSeconds"],
        ...["maxGraceSeconds", "auctionSeconds", "rampSeconds", "collateralCount", "feeRecipient"],
        ...["accounts", "holdings", "collaterals", "brakes"],
      ]),
      ...fieldsOf("Account", [
        ...["collateralSet", "callNonce", "calledAt", "deadline", "auctionStart", "closedLateAt"],
        ...["debtShares", "collateral"],
      ]),
      ...fieldsOf("Collateral", [
        ...["asset", "initialBps", "maintenanceBps", "liquidationBps", "maxDiscountBps", "isBraked"],
      ]),
      ...fieldsOf("Holding", ["numberPlusOne", "total", "cap"]),
      ...fieldsOf("Brake", ["burst", "perHour", "fullAtMicros"]),
    ];
    expect(labels.filter((label) => !known.includes(label))).to.deep.equal([]);
  });

  it("is wrong when one event is missing: no two say the same", async () => {
    const names = new Set(history.map(({ name }) => name));
    const stored = new Map<bigint, bigint>();
    for (const slot of allWords(replay(w.vaultAddress, history)).keys())
      stored.set(slot, BigInt(await w.ethers.provider.getStorage(w.vaultAddress, slot)));
    for (const name of names) {
      if (name === "Approval") continue;
      const last = history.findLastIndex((event) => event.name === name);
      const differs = differsFrom(stored, w.vaultAddress, history.toSpliced(last, 1));
      expect(differs, `without the last ${name}`).to.equal(true);
    }
  });
});

/** Whether a history leads to anything but what is stored, or nowhere. */
function differsFrom(
  stored: ReadonlyMap<bigint, bigint>,
  vaultAddress: string,
  history: readonly TimedEvent[],
): boolean {
  try {
    const words = allWords(replay(vaultAddress, history));
    return [...stored].some(([slot, word]) => (words.get(slot) ?? 0n) !== word);
  } catch {
    return true;
  }
}

function fieldsOf(struct: string, fields: readonly string[]): string[] {
  return fields.map((field) => `struct ${struct}.${field}`);
}

describe("what stands beside the vault, rebuilt from events alone (I-44)", () => {
  it("is the authority's permissions, and which signatures are used up", async () => {
    const w = await loadWorld();
    const id = accountIdOf(w.trader.address, 3n);
    const authority = w.authority.connect(w.trader);
    await authority.setOperator(w.keeper, Permission.Everything);
    await authority.setOperator(w.keeper, Permission.Improve);
    await authority.setOperator(w.stranger, Permission.Improve);
    await authority.setAccountOperator(id, w.stranger, Permission.Everything);
    await authority.setAccountOperator(id, w.lender, Permission.Everything);
    await authority.setAccountOperator(id, w.lender, Permission.None);
    await authority.invalidateNonce();
    const permissions = new Map<string, bigint>();
    const nonces = new Map<string, bigint>();
    for (const { name, args } of await historyOf(w.ethers, w.authority)) {
      if (name === "NonceUsed") {
        nonces.set(args.owner as string, (args.nonce as bigint) + 1n);
        continue;
      }
      const whose = (name === "OperatorSet" ? args.owner : args.account) as string;
      permissions.set(`${whose} ${args.operator as string}`, args.permission as bigint);
    }
    expect(nonces.get(w.trader.address)).to.equal(7n);
    for (const owner of [w.trader, w.keeper]) {
      expect(await w.authority.nonces(owner)).to.equal(nonces.get(owner.address) ?? 0n);
    }
    for (const operator of [w.keeper, w.stranger, w.lender, w.owner]) {
      const [all, one] = [w.trader.address, id].map(
        (whose) => permissions.get(`${whose} ${operator.address}`) ?? 0n,
      );
      const greater = all! > one! ? all! : one!;
      expect(await w.authority.permissionOf(id, operator)).to.equal(greater);
      expect(await w.authority.permissionOf(accountIdOf(w.trader.address), operator)).to.equal(all);
    }
  });

  it("is the clock: time stood still, pauses and protected deadlines", async () => {
    const w = await loadWorld();
    const guardian = w.clock.connect(w.guardian);
    const start = (await now(w)) + 100n;
    const at = async (time: bigint, send: () => Promise<unknown>) => {
      await w.helpers.time.setNextBlockTimestamp(start + time);
      await send();
    };
    await at(0n, () => w.clock.sync());
    await at(100n, () => guardian.pause(0, 1_000n));
    await at(500n, () => guardian.pause(1, 2_000n));
    await at(900n, () => guardian.unpause(1));
    await at(2_000n, () => w.uptimeFeed.pushAt(1n, start + 1_900n));
    await at(2_500n, () => w.clock.sync());
    await at(3_000n, () => w.uptimeFeed.pushAt(0n, start + 2_950n));
    await at(3_100n, () => w.clock.sync());
    await at(9_000n, () => guardian.pause(0, 300n));
    await mineAt(w, start + 20_000n);

    const seconds = new Set<bigint>();
    const until = [0n, 0n];
    let protectedOnes: bigint[][] = [];
    for (const { name, args, timestamp } of await historyOf(w.ethers, w.clock)) {
      if (name === "PauseSet") {
        const kind = Number(args.kind);
        for (let t = timestamp; t < until[kind]!; t++) seconds.delete(t);
        until[kind] = args.until as bigint;
        // The other kind's pause may cover what this one's end gave back.
        for (const end of until) for (let t = timestamp; t < end; t++) seconds.add(t);
      }
      if (name === "OutageRecorded")
        for (let t = args.downAt as bigint; t < (args.upAt as bigint); t++) seconds.add(t);
      if (name === "DeadlinesProtected") {
        const [from, end] = [args.protectedFrom as bigint, args.protectedUntil as bigint];
        const last = protectedOnes.at(-1);
        if (last?.[0] === from) protectedOnes.pop();
        protectedOnes = [...protectedOnes, [from, end]];
      }
    }
    expect(await w.clock.downtime()).to.equal(BigInt(seconds.size));
    const moment = await w.clock.read();
    expect(moment.uptime).to.equal(start + 20_000n - BigInt(seconds.size));
    expect([await w.clock.pausedUntil(0), await w.clock.pausedUntil(1)]).to.deep.equal(until);
    const { protectedFrom, protectedUntil, earlierFrom, earlierUntil } = moment;
    expect([
      [earlierFrom, earlierUntil],
      [protectedFrom, protectedUntil],
    ]).to.deep.equal(protectedOnes.slice(-2));
  });

  it("is since when the sequencer is down, while it is", async () => {
    const w = await loadWorld();
    const start = (await now(w)) + 100n;
    await w.helpers.time.setNextBlockTimestamp(start);
    await w.uptimeFeed.pushAt(1n, start - 40n);
    await mineAt(w, start + 500n);
    await w.clock.sync();
    await mineAt(w, start + 1_000n);
    const history = await historyOf(w.ethers, w.clock);
    const began = history
      .filter(({ name }) => name === "OutageBegan")
      .map(({ args }) => args.downAt as bigint);
    expect(history.map(({ name }) => name)).not.to.include("OutageRecorded");
    expect(began).to.have.length(1);
    expect(await w.clock.downtime()).to.equal(start + 1_000n - began[0]!);
  });

  it("is what the oracle has recorded of its feeds, and which of them fail", async () => {
    const w = await loadWorld();
    await w.collaterals[0]!.feed.push(0n);
    await w.collaterals[1]!.feed.push(0n);
    await w.oracle.record();
    await setPrice(w.collaterals[0]!, "1900");
    await w.oracle.record();
    await setPrice(w.collaterals[1]!, "29000");
    await w.quoteFeed.push(10n ** 8n + 1n);
    await w.collaterals[0]!.feed.push(0n);
    await w.oracle.record();
    const recorded = new Map<bigint, bigint[]>();
    const failing = new Map<bigint, bigint>();
    for (const { name, args } of await historyOf(w.ethers, w.oracle)) {
      if (name === "AnswerRecorded")
        recorded.set(args.number as bigint, [args.answer as bigint, args.updatedAt as bigint]);
      if (name === "FeedFailing") failing.set(args.number as bigint, args.failingSince as bigint);
      if (name === "FeedAnswering") failing.delete(args.number as bigint);
    }
    for (const number of [0n, 1n, 255n]) {
      const { seen } = await w.oracle.feedOf(number);
      expect([seen.answer, seen.updatedAt]).to.deep.equal(recorded.get(number));
      expect(seen.failingSince).to.equal(failing.get(number) ?? 0n);
    }
  });
});
