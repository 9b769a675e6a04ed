import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/compile.ts";
import { loadWorld, type World } from "./support/world.ts";

/** Contracts whose functions each have their tests, by their names in a `World`. */
type Contract = "vault" | "configurator" | "clock" | "authority" | "oracle";

/** Where each external function is tested; a new one cannot be left out. */
const TESTED: Record<Contract, Record<string, readonly string[]>> = {
  vault: {
    "vault/depositCollateral": ["depositCollateral"],
    "vault/withdrawCollateral": ["withdrawCollateral"],
    "vault/borrow": ["borrow"],
    "vault/repay": ["repay"],
    "vault/cure": ["cure"],
    "vault/openCall": ["openCall", "openCalls"],
    "vault/closeCall": ["closeCall", "closeCalls"],
    "vault/liquidate": ["liquidate", "previewLiquidation"],
    "vault/liquidateMany": ["liquidateMany"],
    "vault/bookLoss": ["bookLoss"],
    "vault/bookFee": ["bookFee"],
    "vault/accrue": ["accrue"],
    "vault/defer": ["defer"],
    "vault/lenders": [
      ...["deposit", "mint", "withdraw", "redeem", "maxDeposit", "maxMint", "maxWithdraw", "maxRedeem"],
      ...["previewDeposit", "previewMint", "previewWithdraw", "previewRedeem", "convertToAssets"],
      ...["convertToShares", "decimals", "totalSupply", "balanceOf", "allowance"],
    ],
    "vault/shareTransfers": ["transfer", "transferFrom", "approve"],
    "vault/statusTable": ["statusOf"],
    "vault/borrowCap": ["borrowCap"],
    "vault/brake": ["capacity", "setBrake"],
    "vault/views": [
      ...[
        "marginOf",
        "healthOf",
        "previewCure",
        "debtOf",
        "collateralOf",
        "accountState",
        "uptime",
        "collateralCount",
      ],
      ...["collateralAt", "riskTerms", "pool", "totalDebt", "currentDebtIndex", "totalAssets", "asset"],
      ...["feeTerms", "oracle", "interestRateModel", "authority", "clock", "configurator", "name", "symbol"],
    ],
    "vault/badDebt": ["insuranceShares"],
    "configurator/RiskConfigurator": [
      "listCollateral",
      "setCollateralTerms",
      "setOracle",
      "setRiskTerms",
      "setFee",
    ],
    "vault/roles": ["setBorrowCap"],
  },
  configurator: {
    "configurator/RiskConfigurator": [
      ...[
        "listCollaterals",
        "setCap",
        "setInitialWeight",
        "setOracle",
        "correctOracle",
        "setRiskTerms",
        "setFee",
      ],
    ],
    "configurator/volatility": ["setVolatility", "poke", "volatilityTerms", "targetWeights"],
    "vault/borrowCap": ["setBorrowCap"],
    "vault/brake": ["setBrake"],
    "governance/governance": [
      ...["lowerCap", "lowerInitialWeight", "lowerBorrowCap", "authority", "isConsumingScheduledOp"],
    ],
    "governance/ramps": ["setMaintenanceWeight", "setLiquidationWeight", "ownWeights"],
    "vault/roles": ["setAuthority"],
  },
  clock: {
    "clock/uptimeClock": [...["read", "sync", "pause", "unpause", "downtime", "pausedUntil"]],
    "vault/views": ["authority", "graceSeconds", "sequencerFeed"],
    "governance/governance": ["isConsumingScheduledOp"],
    "vault/roles": ["setAuthority"],
  },
  authority: {
    "authority/authority": [
      ...["permissionOf", "setOperator", "setAccountOperator", "setOperatorWithSig"],
      ...["setAccountOperatorWithSig", "invalidateNonce", "nonces", "eip712Domain"],
    ],
  },
  oracle: {
    "oracles/ChainlinkOracle": ["prices", "price", "assets", "quoteAsset", "record", "feedOf"],
    "oracles/secondSource": ["guardOf"],
  },
};

/** Whether a test calls a function, or names it to have it called. */
function calls(source: string, name: string): boolean {
  return new RegExp(`\\.${name}(\\.staticCall)?\\(|["\`]${name}["\`]|\\b${name}: \\[`).test(source);
}

describe("every external function", () => {
  let w: World;
  before(async () => {
    w = await loadWorld();
  });

  for (const [contract, files] of Object.entries(TESTED) as [Contract, (typeof TESTED)[Contract]][]) {
    it(`of the ${contract} has a place where it is tested: the list is the ABI's`, () => {
      const inAbi = new Set<string>();
      w[contract].interface.forEachFunction(({ name }) => inAbi.add(name));
      expect(Object.values(files).flat().sort()).to.deep.equal([...inAbi].sort());
    });

    for (const [file, names] of Object.entries(files)) {
      it(`of the ${contract} that ${file}.test.ts is named for is called there`, () => {
        const source = readFileSync(join(root, "test", `${file}.test.ts`), "utf8");
        expect(names.filter((name) => !calls(source, name))).to.deep.equal([]);
      });
    }
  }
});
