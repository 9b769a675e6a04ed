import { expect } from "chai";
import { describe, it } from "mocha";
import {
  debtIndexAt,
  healthWadOf,
  pricesOf,
  standingOf,
  type CheckStatus,
} from "../../scripts/demo/check/arithmetic.ts";
import { ConservationWatch } from "../../scripts/demo/check/conservation.ts";
import { accountFactsOf, vaultFactsOf, type AccountFacts } from "../../scripts/demo/check/facts.ts";
import { MissWatch } from "../../scripts/demo/check/missed.ts";
import { discountWorth, isProfitable } from "../../scripts/demo/check/offer.ts";
import { accountFacts, ETHER, NOW, TERMS, USDC, vaultFacts, WAD } from "./support/facts.ts";

const PRICES = pricesOf(vaultFacts(), TERMS);

function standing(account: AccountFacts, uptime = NOW) {
  return standingOf(account, PRICES, 10n ** 24n, uptime, TERMS);
}

describe("pricesOf", () => {
  it("scales answers to quote base units per base unit, times 1e36", () => {
    expect(PRICES.map(({ price36 }) => price36)).to.deep.equal([2n * 10n ** 27n, 3n * 10n ** 38n]);
  });

  it("divides by the quote asset's own price, rounding down", () => {
    const vault = vaultFacts();
    const [quote, ...others] = vault.tokens;
    const tokens = [{ ...quote!, answer: 3n * 10n ** 8n }, ...others];
    expect(pricesOf({ ...vault, tokens }, TERMS)[0]?.price36).to.equal((2n * 10n ** 27n) / 3n);
  });

  it("given an answer beyond its age: keeps it, not fresh; beyond its dead age: zero (C-22)", () => {
    const vault = vaultFacts({ at: NOW + 3_901n });
    expect(pricesOf(vault, TERMS)[0]).to.deep.equal({ price36: 2n * 10n ** 27n, fresh: false });
    const dead = vaultFacts({ at: NOW + 259_201n });
    expect(pricesOf(dead, TERMS)[0]).to.deep.equal({ price36: 0n, fresh: false });
  });
});

describe("debtIndexAt", () => {
  it("given no time: the index as it is stored", () => {
    expect(debtIndexAt(vaultFacts({ totalDebtShares: 10n ** 12n }), TERMS.rates)).to.equal(10n ** 24n);
  });

  it("given a year at the kink: grows by a little more than six percent", () => {
    const vault = vaultFacts({
      at: NOW + 31_557_600n,
      totalDebtShares: 900n * USDC * 1_000n,
      cash: 100n * USDC,
    });
    const growth = debtIndexAt(vault, TERMS.rates) - 10n ** 24n;
    expect(growth > 61_835n * 10n ** 18n && growth < 61_837n * 10n ** 18n, growth.toString()).to.be.true;
  });
});

describe("standingOf", () => {
  // One ether is worth 2,000, weighs 1,600 for calls and 1,748 for the floor.
  const cases: readonly [string, bigint, Partial<AccountFacts>, CheckStatus][] = [
    ["without debt", 0n, {}, "Healthy"],
    ["at the warning level", (1_600n * USDC * 10n) / 11n, {}, "Healthy"],
    ["a base unit under the warning level", (1_600n * USDC * 10n) / 11n + 1n, {}, "Warned"],
    ["at a health factor of 1", 1_600n * USDC, {}, "Warned"],
    ["a base unit under it (C-08)", 1_600n * USDC + 1n, {}, "Callable"],
    ["at the floor", 1_748n * USDC, {}, "Callable"],
    ["a base unit under the floor", 1_748n * USDC + 1n, {}, "Critical"],
    ["worth what it owes", 2_000n * USDC, {}, "Critical"],
    ["worth a base unit less", 2_000n * USDC + 1n, {}, "Insolvent"],
    ["called, a second before the deadline", 1_700n * USDC, { deadline: NOW + 1n }, "Called"],
    ["called, at the deadline (C-09)", 1_700n * USDC, { deadline: NOW, auctionStart: NOW }, "Expired"],
    ["called, past it and well", 1_600n * USDC, { deadline: NOW, auctionStart: NOW }, "Recovering"],
    [
      "called, in the auction's last second",
      1_700n * USDC,
      { deadline: 1n, auctionStart: NOW - 3_599n },
      "Expired",
    ],
    ["called, after the auction", 1_700n * USDC, { deadline: 1n, auctionStart: NOW - 3_600n }, "Lapsed"],
    ["a sale for the insurance, at its start", 0n, { deadline: NOW, auctionStart: NOW }, "Expired"],
    ["called and under the floor", 1_749n * USDC, { deadline: NOW + 1n }, "Critical"],
  ];
  for (const [what, debt, changes, status] of cases) {
    it(`${what}: ${status}`, () => {
      expect(standing(accountFacts(debt, [ETHER, 0n], changes)).status).to.equal(status);
    });
  }

  it("rounds debt up and values down", () => {
    const account = accountFacts(0n, [1n, 0n], { debtShares: 1n });
    expect(standing(account)).to.deep.include({ debt: 1n, value: 0n, maintenanceValue: 0n });
  });

  it("adds collaterals up with their weights", () => {
    const both = standing(accountFacts(1_000n * USDC, [ETHER, 10n ** 7n]));
    expect(both.value).to.equal(5_000n * USDC);
    expect(both.maintenanceValue).to.equal((1_600n + 2_445n) * USDC);
    expect(healthWadOf(both)).to.equal((4_045n * WAD) / 1_000n);
  });
});

describe("discountWorth", () => {
  const expired = (debt: bigint, amounts: readonly bigint[], seconds: bigint) =>
    accountFacts(debt, amounts, { deadline: NOW - seconds, auctionStart: NOW - seconds });
  const worth = (account: AccountFacts) => discountWorth(account, standing(account), NOW, PRICES, TERMS);

  it("before the deadline: nothing", () => {
    expect(worth(accountFacts(1_700n * USDC, [ETHER, 0n], { deadline: NOW + 1n }))).to.equal(0n);
  });

  it("at the start: the first discount on at most a fifth of the debt", () => {
    // d / (1 - d) of 340 at 0.25 %
    expect(worth(expired(1_700n * USDC, [ETHER, 0n], 0n))).to.equal(852_130n);
  });

  it("from the ramp's end: the deepest discount", () => {
    const tenth = (340n * USDC * 8n) / 92n;
    expect(worth(expired(1_700n * USDC, [ETHER, 0n], 1_800n))).to.equal(tenth);
  });

  it("in the first half only the lowest weight counts, unless it is dust", () => {
    // Two thirds of a hundredth of an ether: 13 dollars beside 15,000 in bitcoin.
    const debt = 12_300n * USDC;
    const small = expired(debt, [ETHER / 150n, ETHER / 2n / 10n ** 10n], 900n);
    expect(worth(small) < USDC).to.be.true;
    const dust = expired(debt, [ETHER / 250n, ETHER / 2n / 10n ** 10n], 900n);
    expect(worth(dust) > 50n * USDC).to.be.true;
    const later = expired(debt, [ETHER / 150n, ETHER / 2n / 10n ** 10n], 1_800n);
    expect(worth(later) > 100n * USDC).to.be.true;
  });

  it("below the floor: at once, without a call, two percent and more", () => {
    const account = accountFacts(1_760n * USDC, [ETHER, 0n]);
    expect(worth(account) > (1_000n * USDC) / 50n).to.be.true;
  });

  it("pays when it exceeds 1.5 times the gas at the block's base fee", () => {
    const account = expired(1_700n * USDC, [ETHER, 0n], 300n);
    const at = (baseFeeWei: bigint) =>
      isProfitable(account, standing(account), vaultFacts({ baseFeeWei }), PRICES, TERMS);
    // 1.54 % of 340 is worth 5.3; 220,000 gas at 8 gwei cost 3.52, at 8.1 gwei 3.56.
    expect(at(8_000_000_000n)).to.be.true;
    expect(at(8_200_000_000n)).to.be.false;
  });
});

describe("MissWatch", () => {
  const account = "0x01";
  const see = (watch: MissWatch, block: number, status: CheckStatus, profitable = false, taken = false) => {
    watch.see(block, { account, status, profitable, taken });
  };

  it("callable for two blocks is in time, for three is not, and counts once", () => {
    const watch = new MissWatch();
    see(watch, 1, "Callable");
    see(watch, 2, "Callable");
    expect(watch.misses).to.be.empty;
    expect(watch.callableSince(account)).to.equal(1);
    see(watch, 3, "Callable");
    see(watch, 4, "Callable");
    expect(watch.misses).to.deep.equal([{ account, duty: "call", since: 1, found: 3 }]);
  });

  it("a status between starts the count again; a lapsed call counts as callable", () => {
    const watch = new MissWatch();
    for (const [block, status] of (
      ["Callable", "Callable", "Warned", "Lapsed", "Lapsed"] as const
    ).entries()) {
      see(watch, block, status);
    }
    expect(watch.misses).to.be.empty;
    see(watch, 5, "Lapsed");
    expect(watch.misses).to.have.length(1);
  });

  it("profitable for five blocks is in time, for six is not; a take starts the count again", () => {
    const watch = new MissWatch();
    for (let block = 1; block <= 5; block += 1) see(watch, block, "Expired", true);
    see(watch, 6, "Expired", true, true);
    for (let block = 7; block <= 10; block += 1) see(watch, block, "Expired", true);
    expect(watch.misses).to.be.empty;
    see(watch, 11, "Expired", true);
    expect(watch.misses).to.deep.equal([{ account, duty: "liquidation", since: 6, found: 11 }]);
  });
});

describe("ConservationWatch", () => {
  const [vault, usdc, weth, ann, nobody] = ["0xv", "0xu", "0xw", "0xa", `0x${"0".repeat(40)}`];
  const watchOf = () =>
    new ConservationWatch({
      vault,
      tokens: [
        { address: usdc, symbol: "USDC" },
        { address: weth, symbol: "WETH" },
      ],
      shareSymbol: "shares",
    });
  const facts = (wethBalance: bigint, recordedTotal: bigint) => {
    const token = { answer: 1n, updatedAt: NOW };
    return vaultFacts({
      tokens: [
        { ...token, vaultBalance: 0n, supply: 0n, recordedTotal: 0n },
        { ...token, vaultBalance: wethBalance, supply: 10n, recordedTotal },
      ],
    });
  };
  const moved = () => {
    const watch = watchOf();
    watch.move({ token: weth, from: nobody, to: ann, amount: 10n });
    watch.move({ token: weth, from: ann, to: vault, amount: 7n });
    watch.move({ token: weth, from: vault, to: ann, amount: 2n });
    return watch;
  };

  it("given books that agree: nothing is off (I-01, I-02)", () => {
    const watch = moved();
    watch.compare(facts(5n, 5n), [accountFacts(0n, [5n])]);
    watch.compareWallets(1, weth, [ann, vault], [5n, 5n]);
    expect(watch.imbalances).to.be.empty;
    expect(watch.deltas).to.deep.equal({ USDC: 0n, WETH: 0n, shares: 0n });
  });

  it("given a base unit less in the vault than came and stayed: it is off by it", () => {
    const watch = moved();
    watch.compare(facts(4n, 5n), [accountFacts(0n, [5n])]);
    expect(watch.deltas).to.deep.include({ WETH: 1n });
    expect(watch.imbalances.map(({ what }) => what)).to.have.length(2);
  });

  it("given accounts that do not add up to the total, or debt shares: it is off", () => {
    const watch = moved();
    watch.compare(facts(5n, 5n), [accountFacts(1n, [4n])]);
    expect(watch.deltas).to.deep.include({ WETH: -1n, "debt shares": 1_000n });
  });

  it("given a wallet that has what never came to it: it is off", () => {
    const watch = moved();
    watch.compareWallets(1, weth, [ann, vault], [6n, 5n]);
    expect(watch.deltas).to.deep.include({ WETH: -1n });
  });
});

describe("facts", () => {
  const encode = (words: readonly bigint[]) =>
    `0x${[32n, BigInt(words.length), ...words].map((w) => w.toString(16).padStart(64, "0")).join("")}`;

  it("of a vault come in the reader's order", () => {
    const books = Array.from({ length: 9 }, (_, i) => BigInt(i + 1));
    const tokens = Array.from({ length: 10 }, (_, i) => BigInt(i + 10));
    const answer = encode([...books, 2n, 0n, 70n, 1n, 80n, ...tokens]);
    const read = vaultFactsOf(7, 99n, answer);
    expect(read).to.deep.include({
      block: 7,
      baseFeeWei: 99n,
      at: 1n,
      uptime: 2n,
      cash: 3n,
      insuranceShares: 9n,
    });
    expect(read.sequencer).to.deep.equal([
      { isDown: false, startedAt: 70n },
      { isDown: true, startedAt: 80n },
    ]);
    expect(read.tokens[1]).to.deep.equal({
      vaultBalance: 15n,
      supply: 16n,
      recordedTotal: 17n,
      answer: 18n,
      updatedAt: 19n,
    });
  });

  it("of accounts come in the reader's order; a status that could not be read is none", () => {
    const answer = encode([255n, 3n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 4n, 1n, 0n, 0n, 0n, 0n, 0n, 9n, 8n, 0n]);
    const [first, second] = accountFactsOf(answer, 2);
    expect(first).to.deep.include({ status: undefined, collateralSet: 3, debtShares: 6n, amounts: [7n, 8n] });
    expect(second).to.deep.include({ status: 4, debtShares: 9n, amounts: [8n, 0n] });
  });
});
