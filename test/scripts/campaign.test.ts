import { expect } from "chai";
import { Interface } from "ethers";
import { describe, it } from "mocha";
import { handlerNames, type Tally } from "../../scripts/campaign/tally.ts";
import { shortfallsOf } from "../../scripts/campaign/shortfalls.ts";
import { artifactsOf } from "../../scripts/deploy/artifacts.ts";

/** Entry points that a handler of another name reaches. */
const REACHED_BY: Readonly<Record<string, string>> = {
  "MarginVault.listCollateral": "listCollaterals",
  "MarginVault.setCollateralTerms": "setCap",
};

/** OpenZeppelin's change of authority, which only the governance could call and never does. */
const LEFT_OUT = new Set(["setAuthority"]);

const CONTRACTS = [
  ["MarginVault.sol", "MarginVault"],
  ["RiskConfigurator.sol", "RiskConfigurator"],
  ["Authority.sol", "Authority"],
  ["UptimeClock.sol", "UptimeClock"],
  ["oracles/ChainlinkOracle.sol", "ChainlinkOracle"],
  ["oracles/VolatilityGauge.sol", "VolatilityGauge"],
] as const;

describe("The campaign's handlers", () => {
  const handlers = new Set(handlerNames());

  for (const [source, name] of CONTRACTS) {
    it(`cover every entry point of ${name} that changes something (I-12)`, () => {
      const missing: string[] = [];
      new Interface(artifactsOf("default")(source, name).abi).forEachFunction((f) => {
        const isRead = f.stateMutability === "view" || f.stateMutability === "pure";
        if (isRead || LEFT_OUT.has(f.name)) return;
        if (!handlers.has(REACHED_BY[`${name}.${f.name}`] ?? f.name)) missing.push(f.name);
      });
      expect(missing, "without a handler in test/sol/support").to.deep.equal([]);
    });
  }
});

describe("shortfallsOf", () => {
  const full: Tally = {
    runs: 1,
    calls: 100,
    handlers: [{ name: "borrow", calls: 100, successes: 30 }],
    refusals: new Map(),
    checks: [],
    statuses: [1, 1, 1, 1, 1, 1, 1, 1, 1],
    closings: [1, 1, 1, 1, 1, 1],
  };

  it("finds nothing where handlers succeed in 30 % and everything was reached", () => {
    expect(shortfallsOf(full)).to.deep.equal([]);
  });

  it("names a handler that succeeds too seldom or was hardly called", () => {
    const handlers = [
      { name: "borrow", calls: 100, successes: 29 },
      { name: "repay", calls: 19, successes: 19 },
    ];
    expect(shortfallsOf({ ...full, handlers })).to.deep.equal([
      "borrow succeeded in 29 of 100 calls, under 30 %",
      "repay was called 19 times",
    ]);
  });

  it("names a status and a closing that were never seen, and a panic", () => {
    const tally = { ...full, statuses: [1, 1, 1, 1, 1, 1, 1, 1, 0], closings: [1, 1, 1, 1, 1, 0] };
    expect(shortfallsOf({ ...tally, refusals: new Map([["Panic", 1]]) })).to.deep.equal([
      "no account was ever Insolvent",
      "no call was ever closed as WrittenOff",
      "a call ended in a panic",
    ]);
  });
});
