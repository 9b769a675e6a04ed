import { expect } from "chai";
import type { AccountId } from "../../sdk/accountId.ts";
import type { LensAnswer, Reading } from "../../sdk/lensAnswer.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import type { Facade, HostileFeed } from "../../types/index.ts";
import { deadlineOf, mineAt } from "../vault/support/clock.ts";
import { openPosition, answerOf } from "../vault/support/position.ts";
import {
  deploy,
  deployOracle,
  deployVault,
  FEED_DECIMALS,
  type WorldOptions,
} from "../vault/support/world.ts";
import {
  loadLensWorld,
  look,
  onlyView,
  viewsIn,
  price36Of,
  setPrice36,
  type LensWorld,
} from "./support/lens.ts";

/** Numbers of `Facade.Conduct` that are no answers. */
const SILENT = {
  Reverts: 1n,
  RevertsLoudly: 2n,
  BurnsAllGas: 3n,
  ReturnsNothing: 4n,
  ReturnsGarbage: 5n,
  ReturnsTooMuch: 7n,
};
const RETURNS_DIRT = 6n;
const BURNS = "0x5b600056";
/** Code that does the same, for contracts that cannot be replaced. */
const CODES = {
  "is no contract": "0x",
  reverts: "0x5f5ffd",
  "burns its gas": BURNS,
  "returns nothing": "0x00",
  "returns a byte": "0x60015ff3",
  "returns 100 kB": "0x620186a05ff3",
};

/** What the answer knows, by name. */
function knownIn({ vault, pool, lender, details, accounts }: LensAnswer): string[] {
  const [account] = accounts;
  const view = account !== undefined && "valuation" in account ? account : undefined;
  const readings: Record<string, Reading | undefined> = {
    terms: vault.terms,
    prices: vault.prices,
    time: vault.time,
    pool: pool.reading,
    lender: lender.reading,
    account: account?.reading,
    valuation: view?.valuation,
    take: view?.holdings[0]?.take.reading,
    stops: details.stops.reading,
    volatility: details.volatilities[0]?.reading,
    brake: details.brakes[0]?.reading,
  };
  return Object.keys(readings).filter((name) => readings[name]?.known === true);
}

const ALL = [
  "terms",
  "prices",
  "time",
  "pool",
  "lender",
  "account",
  "valuation",
  "take",
  "stops",
  "volatility",
  "brake",
];
const WITHOUT_TERMS = ["pool", "lender"];
const without = (...names: string[]) => ALL.filter((name) => !names.includes(name));
/** The configurator knows nothing of a vault that only looks like one of its own. */
const facadeWithout = (...names: string[]) => without("volatility", ...names);

/** What is still known when one of the vault's functions gives no answer. */
const LEFT: Record<string, string[]> = {
  ...Object.fromEntries(
    ["collateralCount", "collateralAt", "riskTerms", "currentDebtIndex", "oracle", "clock"].map((name) => [
      name,
      WITHOUT_TERMS,
    ]),
  ),
  ...Object.fromEntries(
    ["pool", "totalDebt", "totalAssets", "totalSupply", "feeTerms", "borrowCap", "insuranceShares"].map(
      (name) => [name, facadeWithout("pool")],
    ),
  ),
  convertToAssets: facadeWithout("pool", "lender"),
  balanceOf: facadeWithout("lender"),
  maxWithdraw: facadeWithout("lender"),
  maxRedeem: facadeWithout("lender"),
  interestRateModel: facadeWithout(),
  accountState: facadeWithout("account", "valuation", "take"),
  collateralOf: facadeWithout("account", "valuation", "take"),
  marginOf: facadeWithout("valuation", "take"),
  previewLiquidation: facadeWithout("take"),
  capacity: facadeWithout("brake"),
};

interface FaultWorld extends LensWorld {
  /** Expired, so that everything about it has an answer. */
  id: AccountId;
}

async function loadFaultWorld(options: WorldOptions = {}): Promise<FaultWorld> {
  const w = await loadLensWorld(options);
  const gauge = await w.ethers.deployContract("StubbornGauge");
  await w.configurator.setVolatility(w.vault, w.collaterals[0]!.address, gauge, 2_500n, 1_000n);
  const id = await openPosition(w);
  await setPrice36(w, 0, price36Of(w, 0, 1_800n));
  await w.vault.openCall(id);
  await mineAt(w, await deadlineOf(w, id));
  expect(await w.vault.statusOf(id)).to.equal(Status.Expired);
  return { ...w, id };
}

const succeeds = (call: Promise<unknown>) =>
  call.then(
    () => true,
    () => false,
  );

const lookAtAll = (w: FaultWorld, vault = w.vaultAddress) =>
  look(w, { vault, accounts: [w.id], lender: w.lender.address, withDetails: true });

const facadeOf = (w: LensWorld, real: unknown) => deploy<Facade>(w.ethers, "Facade", [real]);

describe("VaultLens: what fails hides nothing else (C-29, C-59)", () => {
  it("everything is known where nothing fails", async () => {
    const w = await loadFaultWorld();
    const facade = await (await facadeOf(w, w.vaultAddress)).getAddress();
    const seen = await lookAtAll(w);
    expect(knownIn(seen)).to.deep.equal(ALL);
    const alike = await lookAtAll(w, facade);
    expect(knownIn(alike)).to.deep.equal(facadeWithout());
    const { blockNumber, timestamp, details } = alike;
    expect({ ...alike, details: {} }).to.deep.equal({ ...seen, blockNumber, timestamp, details: {} });
    expect(details.feeds).to.deep.equal(seen.details.feeds);
  });

  for (const [name, left] of Object.entries(LEFT)) {
    it(`given a vault whose ${name} fails in any way`, async () => {
      const w = await loadFaultWorld();
      const honest = await lookAtAll(w);
      const facade = await facadeOf(w, w.vaultAddress);
      const address = await facade.getAddress();
      const { selector } = w.vault.interface.getFunction(name as "pool");
      for (const [conduct, number] of Object.entries(SILENT)) {
        await facade.set(selector, number);
        expect(knownIn(await lookAtAll(w, address)), conduct).to.deep.equal(left);
      }
      // An answer that is one by its shape may be believed where it says something; it never fails the rest.
      await facade.set(selector, RETURNS_DIRT);
      const dirty = await lookAtAll(w, address);
      expect(knownIn(dirty)).to.include.members(left);
      if (left.includes("account")) expect(onlyView(dirty).state).to.deep.equal(onlyView(honest).state);
      if (left.includes("terms")) expect(dirty.vault.riskTerms).to.deep.equal(honest.vault.riskTerms);
    });
  }

  it("given an oracle that fails in any way: state, debt and lenders are shown, and what fails by its error", async () => {
    const w = await loadFaultWorld();
    const facade = await facadeOf(w, w.prices);
    await w.configurator.setOracle(w.vault, facade);
    const { selector } = w.oracle.interface.getFunction("prices");
    const honest = await lookAtAll(w);
    expect(knownIn(honest)).to.deep.equal(ALL);
    for (const [conduct, number] of [...Object.entries(SILENT), ["ReturnsDirt", RETURNS_DIRT] as const]) {
      await facade.set(selector, number);
      const seen = await lookAtAll(w);
      expect(knownIn(seen), conduct).to.deep.equal(without("prices", "valuation", "take"));
      const account = onlyView(seen);
      expect(account.state).to.deep.equal(onlyView(honest).state);
      expect(account.debt).to.equal(onlyView(honest).debt);
      expect(account.valuation).to.deep.equal(seen.vault.prices);
      expect(seen.unvalued).to.equal(1);
    }
    await facade.set(selector, SILENT.RevertsLoudly);
    const { prices } = (await lookAtAll(w)).vault;
    expect(prices.known ? "" : prices.sentence).to.match(
      /answers with \d+ bytes, more than any honest answer/,
    );
  });

  it("given an oracle with too few prices, or none at all", async () => {
    const w = await loadFaultWorld();
    const answersTooFew = 3;
    await w.prices.setConduct(answersTooFew);
    expect(knownIn(await lookAtAll(w))).to.deep.equal(without("prices", "valuation", "take"));
    const bare = await deployBareVault(w);
    const seen = await look(w, { vault: bare, accounts: [w.id], withDetails: true });
    expect(knownIn(seen)).to.deep.equal(["terms", "time", "pool", "account", "stops"]);
  });

  /** A vault that nobody has given an oracle or a collateral. */
  async function deployBareVault(w: LensWorld): Promise<string> {
    return (await deployVault(w.ethers, w)).getAddress();
  }

  for (const [how, code] of Object.entries(CODES)) {
    it(`given a clock, an interest rate model or a configurator that ${how}`, async () => {
      const w = await loadFaultWorld({ ratesPercent: [5n, 20n, 50n] });
      await w.helpers.setCode(await w.configurator.getAddress(), code);
      expect(knownIn(await lookAtAll(w))).to.deep.equal(without("volatility"));
      await w.helpers.setCode(await w.model.getAddress(), code);
      // With some of these the vault itself cannot say what is owed, or takes all gas to do so: then nobody can.
      const says = code !== BURNS && (await succeeds(w.vault.currentDebtIndex()));
      const { pool, lender, vault } = await lookAtAll(w);
      expect([pool.reading.known, lender.reading.known]).to.deep.equal([says, says]);
      if (code !== BURNS) expect(vault.terms.known).to.equal(says);
      expect(pool.borrowRatePerSecondWad).to.equal(0n);
      await w.helpers.setCode(await w.clock.getAddress(), code);
      const timeless = knownIn(await lookAtAll(w));
      for (const lost of ["time", "valuation", "take", "stops"]) expect(timeless).to.not.include(lost);
      if (says) expect(timeless).to.include.members(["terms", "prices", "pool", "lender", "account"]);
    });
  }

  it("given a feed that fails in any way: who does not hold its asset is seen as before", async () => {
    const w = await loadFaultWorld();
    const other = await openPosition(w, { subAccount: 1n, amounts: [0n, w.collaterals[1]!.unit / 10n] });
    const feed = await deploy<HostileFeed>(w.ethers, "HostileFeed", [FEED_DECIMALS, answerOf("1800")]);
    const collaterals = w.collaterals.map((c) => (c.number === 0 ? { ...c, feed } : c));
    const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, collaterals);
    await w.configurator.setOracle(w.vault, oracle);
    const question = { accounts: [w.id, other], withDetails: true };
    const honest = await look(w, question);
    expect(honest.details.feeds.map(({ round }) => round.known)).to.deep.equal([true, true]);
    const { ReturnsDirtyRoundIds, ...conducts } = {
      Reverts: 1n,
      RevertsLoudly: 2n,
      ReturnsNothing: 3n,
      ReturnsTooLittle: 4n,
      BurnsAllGas: 7n,
      ReturnsDirtyRoundIds: 8n,
    };
    for (const [conduct, number] of Object.entries(conducts)) {
      await feed.setConduct(number);
      const seen = await look(w, question);
      expect(
        seen.vault.collaterals.map(({ fresh }) => fresh),
        conduct,
      ).to.deep.equal([false, true]);
      const [held, free] = viewsIn(seen);
      expect(free!.holdings).to.deep.equal(viewsIn(honest)[1]!.holdings);
      expect(held!.valuation.known).to.be.true;
      const { reading } = held!.holdings[0]!.take;
      expect(reading.known ? "" : reading.sentence).to.match(/price/);
      expect(seen.details.feeds.map(({ round }) => round.known)).to.deep.equal([false, true]);
    }
    await feed.setConduct(ReturnsDirtyRoundIds);
    expect((await look(w, question)).details.feeds[0]!.round.answer).to.equal(answerOf("1800"));
  });

  it("given something that is no vault, it says so of every part", async () => {
    const w = await loadFaultWorld();
    const feed = await deploy<HostileFeed>(w.ethers, "HostileFeed", [FEED_DECIMALS, 1n]);
    const strange = [
      w.ethers.ZeroAddress,
      w.trader.address,
      w.quoteAddress,
      w.lensAddress,
      `${w.vaultAddress.slice(0, -2).toLowerCase()}00`,
    ];
    for (const vault of strange) {
      const known = knownIn(await lookAtAll(w, vault));
      // A token knows balances, and nothing that is worth anything by them.
      expect(known, vault).to.deep.equal([]);
      const owned = await w.lens.accountsOf({ vault, owner: w.trader.address, last: 9n });
      expect(owned).to.deep.include({ accounts: [], next: 0n });
      expect(owned.reading.known).to.be.false;
    }
    for (let conduct = 0n; conduct <= 8n; ++conduct) {
      await feed.setConduct(conduct);
      const seen = await lookAtAll(w, await feed.getAddress());
      expect(knownIn(seen), conduct.toString()).to.not.include.members(["terms"]);
      expect(knownIn(seen), conduct.toString()).to.not.include.members(["account"]);
    }
  });
});
