import { expect } from "chai";
import type { MockERC20, MockOracle } from "../../types/index.ts";
import { mineAt, now } from "../vault/support/clock.ts";
import { answerOf } from "../vault/support/position.ts";
import {
  deploy,
  deployFeed,
  deployOracle,
  deployVault,
  listingsOf,
  loadWorld,
  STRONG,
  type World,
} from "../vault/support/world.ts";

/** A token with a feed of `price`, not listed. */
async function newToken(w: World, decimals = 18, price = "10") {
  const token = await deploy<MockERC20>(w.ethers, "MockERC20", ["New", "NEW", decimals]);
  return { address: await token.getAddress(), feed: await deployFeed(w.ethers, 8, price) };
}

async function oracleWith(w: World, ...added: { address: string; feed: World["quoteFeed"] }[]) {
  return deployOracle(w.ethers, w.quote, w.quoteFeed, [...w.collaterals, ...added]);
}

async function list(
  w: World,
  terms: Partial<typeof STRONG>,
  newAsset?: Awaited<ReturnType<typeof newToken>>,
) {
  const token = newAsset ?? (await newToken(w));
  const oracle = await oracleWith(w, token);
  return w.configurator.listCollaterals(w.vault, await listingsFor(oracle, token, terms), oracle);
}

function listingsFor(
  oracle: Awaited<ReturnType<typeof oracleWith>>,
  { address, feed }: Awaited<ReturnType<typeof newToken>>,
  terms: Partial<typeof STRONG> = {},
) {
  return listingsOf(oracle, [{ address, feed, terms: { ...STRONG, ...terms } }]);
}

/** A listing of `asset` that never gets as far as its feed. */
function unchecked(asset: string) {
  const check = { feed: asset, feedDecimals: 8n, description: "", price36: 0n, toleranceBps: 1n };
  return [{ asset, terms: STRONG, check }];
}

/** Another oracle with the present prices, that says what it is told. */
async function withOtherOracle() {
  const w = await loadWorld();
  const assets = w.collaterals.map((c) => c.address);
  const oracle = await deploy<MockOracle>(w.ethers, "MockOracle", [w.quoteAddress, assets]);
  for (const { address, number } of w.collaterals) {
    await oracle.set(number, (await w.oracle.price(address)).price36, true);
  }
  const { price36: present36 } = await w.oracle.price(w.collaterals[0]!.address);
  return { w, oracle, present36 };
}

describe("RiskConfigurator", () => {
  describe("who may (I-37, C-46)", () => {
    it("is a role of the governance, for every function", async () => {
      const w = await loadWorld();
      const stranger = w.configurator.connect(w.stranger);
      const { address } = w.collaterals[0]!;
      for (const refused of [
        () => stranger.listCollaterals(w.vault, [], w.oracle),
        () => stranger.setCap(w.vault, address, 1n),
        () => stranger.setInitialWeight(w.vault, address, 1n),
        () => stranger.setOracle(w.vault, w.oracle),
        () => stranger.setRiskTerms(w.vault, w.risk),
        () => stranger.setFee(w.vault, 1n, w.stranger),
      ]) {
        await expect(refused())
          .to.be.revertedWithCustomError(w.configurator, "AccessManagedUnauthorized")
          .withArgs(w.stranger);
      }
    });

    it("is the configurator alone at the vault, not even its roles (I-37)", async () => {
      const w = await loadWorld();
      const { address } = w.collaterals[0]!;
      for (const actor of [w.owner, w.stranger]) {
        const vault = w.vault.connect(actor);
        for (const refused of [
          () => vault.listCollateral(address, STRONG),
          () => vault.setCollateralTerms(address, STRONG),
          () => vault.setOracle(w.oracle),
          () => vault.setRiskTerms(w.risk),
          () => vault.setFee(0n, actor),
        ]) {
          await expect(refused()).to.be.revertedWithCustomError(w.vault, "NotConfigurator").withArgs(actor);
        }
      }
    });
  });

  describe("weights (I-14)", () => {
    const cases: [string, Partial<typeof STRONG>, string, bigint[]][] = [
      ["initial of zero", { initialBps: 0n }, "WeightsOutOfOrder", [0n, 8020n, 8740n]],
      [
        "initial * 1.02 one over maintenance",
        { initialBps: 7863n },
        "WeightsOutOfOrder",
        [7863n, 8020n, 8740n],
      ],
      [
        "maintenance * 1.04 over liquidation",
        { maintenanceBps: 8404n, initialBps: 7000n },
        "WeightsOutOfOrder",
        [7000n, 8404n, 8740n],
      ],
      [
        "liquidation over (1 - d1) * 95 %",
        { liquidationBps: 8741n },
        "LiquidationWeightTooHigh",
        [8741n, 8740n],
      ],
      ["a discount under 1 %", { maxDiscountBps: 99n }, "DiscountOutOfRange", [99n]],
      ["a discount over 15 %", { maxDiscountBps: 1501n }, "DiscountOutOfRange", [1501n]],
    ];
    for (const [name, terms, error, args] of cases) {
      it(`refuses ${name}`, async () => {
        const w = await loadWorld();
        await expect(list(w, terms))
          .to.be.revertedWithCustomError(w.configurator, error)
          .withArgs(...args);
      });
    }

    it("accepts every bound exactly", async () => {
      const w = await loadWorld();
      await list(w, { initialBps: 7862n, maintenanceBps: 8020n, liquidationBps: 8740n });
      const v = await loadWorld();
      await list(v, { initialBps: 1n, maintenanceBps: 8403n, liquidationBps: 8740n, maxDiscountBps: 800n });
      const u = await loadWorld();
      await list(u, {
        initialBps: 7000n,
        maintenanceBps: 7500n,
        liquidationBps: 8075n,
        maxDiscountBps: 1500n,
      });
      const t = await loadWorld();
      await list(t, {
        initialBps: 8000n,
        maintenanceBps: 8500n,
        liquidationBps: 9405n,
        maxDiscountBps: 100n,
      });
    });

    it("the initial one of a listed collateral changes at once, inside the same bounds", async () => {
      const w = await loadWorld();
      const { address } = w.collaterals[0]!;
      const asTuple = (initial: bigint) => [initial, 8020n, 8740n, 800n, STRONG.cap];
      await expect(w.configurator.setInitialWeight(w.vault, address, 5_000n))
        .to.emit(w.vault, "CollateralTermsSet")
        .withArgs(address, asTuple(7600n), asTuple(5_000n));
      await expect(w.configurator.setInitialWeight(w.vault, address, 7_863n))
        .to.be.revertedWithCustomError(w.configurator, "WeightsOutOfOrder")
        .withArgs(7_863n, 8020n, 8740n);
      await expect(w.configurator.setInitialWeight(w.vault, w.quoteAddress, 5_000n))
        .to.be.revertedWithCustomError(w.configurator, "NotListed")
        .withArgs(w.vault, w.quoteAddress);
    });
  });

  describe("listing", () => {
    it("gives the next number and points the vault at the oracle", async () => {
      const w = await loadWorld();
      const token = await newToken(w);
      const oracle = await oracleWith(w, token);
      const transaction = w.configurator.listCollaterals(w.vault, await listingsFor(oracle, token), oracle);
      await expect(transaction)
        .to.emit(w.vault, "CollateralListed")
        .withArgs(token.address, 2n, Object.values(STRONG));
      await expect(transaction).to.emit(w.vault, "OracleSet").withArgs(w.oracle, oracle);
      expect(await w.vault.collateralCount()).to.equal(3n);
      expect(await w.vault.collateralAt(2n)).to.deep.equal([token.address, Object.values(STRONG), 0n]);
      expect(await w.vault.oracle()).to.equal(oracle);
    });

    it("refuses the quote asset, the share and what is listed", async () => {
      const w = await loadWorld();
      for (const asset of [w.quoteAddress, w.vaultAddress, w.collaterals[0]!.address]) {
        await expect(w.configurator.listCollaterals(w.vault, unchecked(asset), w.oracle))
          .to.be.revertedWithCustomError(w.vault, "NotListable")
          .withArgs(asset);
      }
    });

    it("refuses what is no token (C-43)", async () => {
      const w = await loadWorld();
      const wide = await deploy<MockERC20>(w.ethers, "MockERC20", ["W", "W", 37]);
      for (const asset of [w.stranger.address, await w.model.getAddress(), await wide.getAddress()]) {
        await expect(w.configurator.listCollaterals(w.vault, unchecked(asset), w.oracle))
          .to.be.revertedWithCustomError(w.configurator, "NotAToken")
          .withArgs(asset);
      }
    });

    it("refuses a token whose base unit is worth more than a hundredth of the dust value (C-15)", async () => {
      const w = await loadWorld();
      // A hundredth of 10 dollars: 0.10 for a token without decimals.
      const dear = await newToken(w, 0, "0.1001");
      const maximum36 = 10n ** 5n * 10n ** 36n;
      await expect(
        w.configurator.listCollaterals(w.vault, unchecked(dear.address), await oracleWith(w, dear)),
      )
        .to.be.revertedWithCustomError(w.configurator, "UnitTooValuable")
        .withArgs(dear.address, 100_100n * 10n ** 36n, maximum36);
      const cheap = await newToken(w, 0, "0.1");
      await list(w, {}, cheap);
    });

    it("refuses the seventeenth", async () => {
      const w = await loadWorld({ collateralCount: 16 });
      const token = await newToken(w);
      await expect(w.configurator.listCollaterals(w.vault, unchecked(token.address), w.oracle))
        .to.be.revertedWithCustomError(w.vault, "TooManyListed")
        .withArgs(16n);
    });

    it("refuses before the vault's risk terms are set", async () => {
      const w = await loadWorld();
      const vault = await deployVault(w.ethers, w);
      const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, w.collaterals.slice(0, 1));
      const listing = await listingsOf(oracle, w.collaterals.slice(0, 1));
      await expect(w.configurator.listCollaterals(vault, listing, oracle)).to.be.revertedWithCustomError(
        w.configurator,
        "UnitTooValuable",
      );
      await w.configurator.setRiskTerms(vault, w.risk);
      await w.configurator.listCollaterals(vault, listing, oracle);
    });
  });

  describe("what a feed is expected to be (C-26)", () => {
    /** Lists a token of 10 dollars with a check that differs in `wrong`. */
    async function listed(wrong: Partial<Awaited<ReturnType<typeof listingsFor>>[number]["check"]>) {
      const w = await loadWorld();
      const token = await newToken(w);
      const oracle = await oracleWith(w, token);
      const [listing] = await listingsFor(oracle, token);
      const check = { ...listing!.check, ...wrong };
      const listings = [{ ...listing!, check }];
      const transaction = w.configurator.listCollaterals(w.vault, listings, oracle);
      return { w, token, transaction };
    }
    /** 10 dollars a token of 18 decimals, in a quote of 6: 10^7 / 10^18, times 10^36. */
    const TEN_36 = 10n ** 25n;

    it("refuses an oracle that reads another feed than the listing names", async () => {
      const { w, token, transaction } = await listed({ feed: "0x00000000000000000000000000000000000000f1" });
      await expect(transaction)
        .to.be.revertedWithCustomError(w.configurator, "FeedMismatch")
        .withArgs(token.address, token.feed, "0x00000000000000000000000000000000000000f1");
    });

    it("refuses a feed of other decimals", async () => {
      const { w, token, transaction } = await listed({ feedDecimals: 18n });
      await expect(transaction)
        .to.be.revertedWithCustomError(w.configurator, "FeedDecimalsMismatch")
        .withArgs(token.address, 8n, 18n);
    });

    it("refuses a feed that describes itself otherwise, in a letter even", async () => {
      const { w, token, transaction } = await listed({ description: "Test" });
      await expect(transaction)
        .to.be.revertedWithCustomError(w.configurator, "FeedDescriptionMismatch")
        .withArgs(token.address, "test", "Test");
    });

    for (const [bps, tolerance, isNear] of [
      [100n, 100n, true],
      [101n, 100n, false],
      [-100n, 100n, true],
      [-101n, 100n, false],
      [2_000n, 2_000n, true],
      [1n, 1n, true],
    ] as const) {
      const verb = isNear ? "accepts" : "refuses";
      it(`${verb} a price ${bps} bps from the expected one where ${tolerance} are tolerated`, async () => {
        // What is expected is 10 dollars; the feed says so many bps more or less.
        const w = await loadWorld();
        const token = await newToken(w);
        await token.feed.push(10n ** 9n + (10n ** 9n * bps) / 10_000n);
        const oracle = await oracleWith(w, token);
        const [listing] = await listingsFor(oracle, token);
        const check = { ...listing!.check, price36: TEN_36, toleranceBps: tolerance };
        const transaction = w.configurator.listCollaterals(w.vault, [{ ...listing!, check }], oracle);
        if (isNear) {
          await transaction;
          return;
        }
        await expect(transaction)
          .to.be.revertedWithCustomError(w.configurator, "PriceNotAsExpected")
          .withArgs(token.address, TEN_36 + (TEN_36 * bps) / 10_000n, TEN_36, tolerance);
      });
    }

    it("refuses a ratio where dollars were meant, though decimals and description are right (Moonwell)", async () => {
      // cbETH in ETH, 1.12, of a feed that was taken for cbETH in dollars: 2,464 of them.
      const w = await loadWorld();
      const token = await newToken(w, 18, "1.12");
      const oracle = await oracleWith(w, token);
      const [listing] = await listingsFor(oracle, token);
      const expected36 = 2_464n * 10n ** 24n;
      const check = { ...listing!.check, price36: expected36, toleranceBps: 2_000n };
      await expect(w.configurator.listCollaterals(w.vault, [{ ...listing!, check }], oracle))
        .to.be.revertedWithCustomError(w.configurator, "PriceNotAsExpected")
        .withArgs(token.address, (112n * 10n ** 24n) / 100n, expected36, 2_000n);
      expect(await w.vault.collateralCount()).to.equal(2n);
    });

    it("refuses a tolerance of zero and above a fifth", async () => {
      for (const toleranceBps of [0n, 2_001n]) {
        const { w, transaction } = await listed({ toleranceBps });
        await expect(transaction)
          .to.be.revertedWithCustomError(w.configurator, "ToleranceOutOfRange")
          .withArgs(toleranceBps, 2_000n);
      }
    });

    it("holds each of several listings to its own check", async () => {
      const w = await loadWorld();
      const [first, second] = [await newToken(w), await newToken(w, 8, "20")];
      const oracle = await oracleWith(w, first, second);
      const [one, two] = [await listingsFor(oracle, first), await listingsFor(oracle, second)];
      const swapped = [
        { ...one[0]!, check: two[0]!.check },
        { ...two[0]!, check: one[0]!.check },
      ];
      await expect(w.configurator.listCollaterals(w.vault, swapped, oracle))
        .to.be.revertedWithCustomError(w.configurator, "FeedMismatch")
        .withArgs(first.address, first.feed, second.feed);
      await w.configurator.listCollaterals(w.vault, [...one, ...two], oracle);
    });
  });

  describe("oracle (C-26)", () => {
    it("refuses one in another quote asset", async () => {
      const w = await loadWorld();
      const other = await newToken(w);
      const oracle = await deploy<MockOracle>(w.ethers, "MockOracle", [other.address, []]);
      await expect(w.configurator.setOracle(w.vault, await oracle.getAddress()))
        .to.be.revertedWithCustomError(w.configurator, "OracleQuoteMismatch")
        .withArgs(other.address, w.quoteAddress);
    });

    it("refuses one with too few, too many, or assets in another order, naming the number", async () => {
      const w = await loadWorld();
      const [first, second] = [w.collaterals[0]!, w.collaterals[1]!];
      for (const [listed, number] of [
        [[first], 1n],
        [[first, second, first], 2n],
        [[second, first], 0n],
        [[first, first], 1n],
      ] as const) {
        const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, listed);
        await expect(w.configurator.setOracle(w.vault, oracle))
          .to.be.revertedWithCustomError(w.configurator, "OracleAssetMismatch")
          .withArgs(number);
      }
    });

    it("refuses one whose fresh price is zero", async () => {
      const w = await loadWorld();
      const oracle = await deploy<MockOracle>(w.ethers, "MockOracle", [
        w.quoteAddress,
        w.collaterals.map((c) => c.address),
      ]);
      await oracle.set(0, (await w.oracle.price(w.collaterals[0]!.address)).price36, true);
      await oracle.set(1, 0n, true);
      await expect(w.configurator.setOracle(w.vault, await oracle.getAddress()))
        .to.be.revertedWithCustomError(w.configurator, "OraclePriceMissing")
        .withArgs(w.collaterals[1]!.address);
    });

    it("refuses one without a fresh price for an asset that has one now, or that is new", async () => {
      const w = await loadWorld();
      const oracle = await deploy<MockOracle>(w.ethers, "MockOracle", [
        w.quoteAddress,
        w.collaterals.map((c) => c.address),
      ]);
      await oracle.set(0, 1n, true);
      await oracle.set(1, 1n, false);
      await expect(w.configurator.setOracle(w.vault, await oracle.getAddress()))
        .to.be.revertedWithCustomError(w.configurator, "OraclePriceMissing")
        .withArgs(w.collaterals[1]!.address);

      const token = await newToken(w);
      await token.feed.pushAt(10n * 10n ** 8n, 1n);
      await expect(list(w, {}, token))
        .to.be.revertedWithCustomError(w.configurator, "OraclePriceMissing")
        .withArgs(token.address);
    });

    it("accepts one without a fresh price for an asset that has none now either", async () => {
      const w = await loadWorld();
      await mineAt(w, (await now(w)) + 300_000n);
      await w.quoteFeed.push(10n ** 8n);
      await w.collaterals[1]!.feed.push(answerOf("30000"));
      const oracle = await oracleWith(w);
      await w.configurator.setOracle(w.vault, oracle);
      expect(await w.vault.oracle()).to.equal(oracle);
    });

    for (const [per10k, isNear] of [
      [9_800n, true],
      [9_799n, false],
      [10_200n, true],
      [10_201n, false],
    ] as const) {
      it(`${isNear ? "accepts" : "refuses"} one whose fresh price is ${per10k} of 10,000 of the present one (rule 5)`, async () => {
        const { w, oracle, present36 } = await withOtherOracle();
        const new36 = (present36 * per10k) / 10_000n;
        await oracle.set(0, new36, true);
        const transaction = w.configurator.setOracle(w.vault, oracle);
        if (isNear) {
          await transaction;
          return;
        }
        await expect(transaction)
          .to.be.revertedWithCustomError(w.configurator, "OraclePriceJumps")
          .withArgs(w.collaterals[0]!.address, present36, new36);
      });
    }

    it("is put right by one whose prices are as expected, however far from the present ones", async () => {
      const { w, oracle, present36 } = await withOtherOracle();
      const [other36] = await w.oracle.price(w.collaterals[1]!.address);
      const right36 = present36 / 3n;
      await oracle.set(0, right36, true);
      const correct = (expected36: bigint[], tolerance: bigint) =>
        w.configurator.correctOracle(w.vault, oracle, expected36, tolerance);
      await expect(correct([present36, other36], 2_000n))
        .to.be.revertedWithCustomError(w.configurator, "PriceNotAsExpected")
        .withArgs(w.collaterals[0]!.address, right36, present36, 2_000n);
      await expect(correct([right36], 100n))
        .to.be.revertedWithCustomError(w.configurator, "ExpectationsMismatch")
        .withArgs(1n, 2n);
      await expect(correct([right36, other36], 2_001n))
        .to.be.revertedWithCustomError(w.configurator, "ToleranceOutOfRange")
        .withArgs(2_001n, 2_000n);
      await correct([right36, other36], 100n);
      expect(await w.vault.oracle()).to.equal(await oracle.getAddress());
    });

    it("replaces it and says so", async () => {
      const w = await loadWorld();
      const oracle = await oracleWith(w);
      await expect(w.configurator.setOracle(w.vault, oracle))
        .to.emit(w.vault, "OracleSet")
        .withArgs(w.oracle, oracle);
    });
  });

  describe("cap", () => {
    it("changes at once, in either direction, and says so", async () => {
      const w = await loadWorld();
      const { address } = w.collaterals[0]!;
      await expect(w.configurator.setCap(w.vault, address, 0n))
        .to.emit(w.vault, "CollateralTermsSet")
        .withArgs(address, Object.values(STRONG), Object.values({ ...STRONG, cap: 0n }));
      await w.configurator.setCap(w.vault, address, 7n);
      const [, terms] = await w.vault.collateralAt(0n);
      expect(terms).to.deep.equal(Object.values({ ...STRONG, cap: 7n }));
      await expect(w.configurator.setCap(w.vault, w.quoteAddress, 1n))
        .to.be.revertedWithCustomError(w.configurator, "NotListed")
        .withArgs(w.vault, w.quoteAddress);
    });
  });

  describe("risk terms", () => {
    const cases: [string, Partial<World["risk"]>, string, (r: World["risk"]) => bigint[]][] = [
      [
        "a minimum grace under 5 minutes",
        { minGraceSeconds: 299n },
        "GraceOutOfRange",
        (r) => [r.minGraceSeconds, r.maxGraceSeconds],
      ],
      [
        "a minimum grace over the maximum",
        { minGraceSeconds: 14_401n },
        "GraceOutOfRange",
        (r) => [r.minGraceSeconds, r.maxGraceSeconds],
      ],
      [
        "a maximum grace over 24 h",
        { maxGraceSeconds: 86_401n },
        "GraceOutOfRange",
        (r) => [r.minGraceSeconds, r.maxGraceSeconds],
      ],
      [
        "a ramp under 5 minutes",
        { rampSeconds: 299n },
        "AuctionOutOfRange",
        (r) => [r.auctionSeconds, r.rampSeconds],
      ],
      [
        "an auction under twice its ramp",
        { auctionSeconds: 3_599n },
        "AuctionOutOfRange",
        (r) => [r.auctionSeconds, r.rampSeconds],
      ],
      [
        "an auction over 24 h",
        { auctionSeconds: 86_401n },
        "AuctionOutOfRange",
        (r) => [r.auctionSeconds, r.rampSeconds],
      ],
      [
        "a dust value of zero",
        { dustValue: 0n },
        "AmountsOutOfRange",
        (r) => [r.minimumDebt, r.dustValue, r.maxBounty],
      ],
      [
        "a dust value over the minimum debt",
        { dustValue: 100_000_001n },
        "AmountsOutOfRange",
        (r) => [r.minimumDebt, r.dustValue, r.maxBounty],
      ],
      [
        "a minimum debt over a million whole tokens",
        { minimumDebt: 10n ** 12n + 1n },
        "AmountsOutOfRange",
        (r) => [r.minimumDebt, r.dustValue, r.maxBounty],
      ],
      [
        "a dust value over 10,000 whole tokens",
        { minimumDebt: 10n ** 12n, dustValue: 10n ** 10n + 1n },
        "AmountsOutOfRange",
        (r) => [r.minimumDebt, r.dustValue, r.maxBounty],
      ],
      [
        "a bounty over a tenth of the minimum debt",
        { maxBounty: 10_000_001n },
        "AmountsOutOfRange",
        (r) => [r.minimumDebt, r.dustValue, r.maxBounty],
      ],
    ];
    for (const [name, change, error, args] of cases) {
      it(`refuse ${name}`, async () => {
        const w = await loadWorld();
        const terms = { ...w.risk, ...change };
        await expect(w.configurator.setRiskTerms(w.vault, terms))
          .to.be.revertedWithCustomError(w.configurator, error)
          .withArgs(...args(terms));
      });
    }

    it("accept every bound exactly, and report old and new", async () => {
      const w = await loadWorld();
      const least = {
        minimumDebt: 10n,
        dustValue: 10n,
        maxBounty: 1n,
        minGraceSeconds: 300n,
        maxGraceSeconds: 300n,
        auctionSeconds: 600n,
        rampSeconds: 300n,
      };
      await expect(w.configurator.setRiskTerms(w.vault, least))
        .to.emit(w.vault, "RiskTermsSet")
        .withArgs(Object.values(w.risk), Object.values(least));
      const most = {
        ...least,
        minimumDebt: w.usd(1_000_000n),
        dustValue: w.usd(10_000n),
        maxBounty: w.usd(100_000n),
        minGraceSeconds: 86_400n,
        maxGraceSeconds: 86_400n,
        auctionSeconds: 86_400n,
        rampSeconds: 43_200n,
      };
      await w.configurator.setRiskTerms(w.vault, most);
      expect(await w.vault.riskTerms()).to.deep.equal(Object.values(most));
    });
  });

  describe("fee", () => {
    it("is at most 30 % of interest, and reports old and new", async () => {
      const w = await loadWorld();
      await expect(w.configurator.setFee(w.vault, 3_001n, w.owner))
        .to.be.revertedWithCustomError(w.configurator, "FeeOutOfRange")
        .withArgs(3_001n);
      await expect(w.configurator.setFee(w.vault, 3_000n, w.owner))
        .to.emit(w.vault, "FeeSet")
        .withArgs(0n, 3_000n, w.feeRecipient, w.owner);
      expect(await w.vault.feeTerms()).to.deep.equal([3_000n, w.owner.address]);
    });
  });
});

describe("MarginVault's constructor (C-47)", () => {
  it("refuses a zero address in each place", async () => {
    const w = await loadWorld();
    const places = ["quote", "model", "configurator", "authority", "clock"] as const;
    for (const place of places) {
      await expect(
        deployVault(w.ethers, { ...w, [place]: w.ethers.ZeroAddress }),
        place,
      ).to.be.revertedWithCustomError(w.vault, "ZeroAddress");
    }
  });
});
