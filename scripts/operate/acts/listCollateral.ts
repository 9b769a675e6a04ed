import { ZeroAddress } from "ethers";
import { InputError } from "../../../sdk/inputError.ts";
import { tokenAt } from "../../../sdk/token.ts";
import { IOracle__factory } from "../../../types/factories/interfaces/IOracle__factory.ts";
import { IFeedOracle__factory } from "../../../types/factories/interfaces/IPriceFeed.sol/IFeedOracle__factory.ts";
import { readFeed } from "../../deploy/feedAsItIs.ts";
import { feedCheckOf } from "../../deploy/feedCheckOf.ts";
import { readCollateralPlan, type CollateralPlan } from "../../deploy/plan.ts";
import { addressIn, type Act, type ActContext } from "../act.ts";
import { isRefusal } from "../isRefusal.ts";
import { pricedBy } from "../pricedBy.ts";

const BPS = 10_000n;

export const listCollateral: Act = {
  name: "listCollateral",
  words: "another collateral, from a file with what a plan says of one, and an oracle that knows it too",
  on: "configurator",
  signature:
    "listCollaterals(address,(address,(uint16,uint16,uint16,uint16,uint128),(address,uint8,string,uint256,uint16))[],address)",
  parameters: ["file", "oracle"],
  async argumentsOf([file, oracleText], context) {
    const [plan, oracle] = [planIn(file), addressIn(oracleText)];
    const { deployment } = context;
    if (deployment.collaterals.some(({ address }) => address === plan.asset)) {
      throw new InputError(`${plan.asset} is listed already`);
    }
    const { initialBps, maintenanceBps, liquidationBps, maxDiscountBps, cap } = plan;
    const terms = [initialBps, maintenanceBps, liquidationBps, maxDiscountBps, cap];
    const check = feedCheckOf(plan, await decimalsOf(plan.asset, context), deployment.quote.decimals);
    await requireOracle(plan, check.price36, oracle, context);
    return [deployment.vault, [[plan.asset, terms, Object.values(check)]], oracle];
  },
  after(moment, [, oracle], context) {
    return pricedBy(moment, oracle, context);
  },
  notes([file]) {
    const { volatility } = planIn(file);
    const gauge =
      volatility === undefined
        ? []
        : ["Its volatility is not followed by that: deploy a gauge, then setVolatility"];
    return Promise.resolve(["Once it is done, add the collateral to the deployment's file", ...gauge]);
  },
};

function planIn(file: string | undefined): CollateralPlan {
  try {
    return readCollateralPlan(file ?? "");
  } catch (error) {
    throw new InputError((error as Error).message);
  }
}

async function decimalsOf(asset: string, { runner }: ActContext): Promise<number> {
  try {
    return Number(await tokenAt(asset, runner).decimals());
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new InputError(`${asset} is no token`);
  }
}

/** What the configurator will look at in days is looked at now: the wait is not for nothing. */
async function requireOracle(
  { asset, feed, expected }: CollateralPlan,
  wanted36: bigint,
  oracle: string,
  { deployment, runner }: ActContext,
): Promise<void> {
  const number = deployment.collaterals.length;
  const [read, price36, self] = await Promise.all([
    IFeedOracle__factory.connect(oracle, runner).feedOf(number),
    IOracle__factory.connect(oracle, runner).price(asset),
    readFeed(runner, feed),
  ]).then(
    ([found, price, answer]) => [found, price.price36, answer] as const,
    (error: unknown) => {
      if (!isRefusal(error)) throw error;
      throw new InputError(
        `the oracle ${oracle} or the feed ${feed} does not know ${asset} as number ${number}`,
      );
    },
  );
  if (read === ZeroAddress)
    throw new InputError(`the oracle ${oracle} does not know ${asset} as number ${number}`);
  if (read !== feed) throw new InputError(`the oracle reads ${read} for ${asset}, the file names ${feed}`);
  if (self.decimals !== expected.feedDecimals) {
    throw new InputError(`feed ${feed} has ${self.decimals} decimals, expected ${expected.feedDecimals}`);
  }
  if (self.description !== expected.description) {
    throw new InputError(`feed ${feed} is "${self.description}", expected "${expected.description}"`);
  }
  const difference = price36 > wanted36 ? price36 - wanted36 : wanted36 - price36;
  if (difference > (wanted36 / BPS) * BigInt(expected.toleranceBps)) {
    throw new InputError(
      `the oracle's price of ${asset} is further than ${expected.toleranceBps} bps from ${expected.price}`,
    );
  }
}
