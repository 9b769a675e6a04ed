import { InputError } from "../../../sdk/inputError.ts";
import { formatPrice } from "../../../sdk/format.ts";
import { IOracle__factory } from "../../../types/factories/interfaces/IOracle__factory.ts";
import { addressIn, collateralIn, integerIn, type Act, type ActContext } from "../act.ts";
import { isRefusal } from "../isRefusal.ts";
import { price36In } from "../../deploy/price36In.ts";
import { pricedBy } from "../pricedBy.ts";

const BPS = 10_000n;
const MOST_TOLERANCE_BPS = 2_000n;

export const correctOracle: Act = {
  name: "correctOracle",
  words: "another oracle, whose prices are near named ones: ETH=1850.25,BTC=30000, and a tolerance in bps",
  on: "configurator",
  signature: "correctOracle(address,address,uint256[],uint16)",
  parameters: ["oracle", "prices", "toleranceBps"],
  argumentsOf([oracle, prices, tolerance], context) {
    const toleranceBps = toleranceIn(tolerance);
    return [context.deployment.vault, addressIn(oracle), pricesIn(prices, context), toleranceBps];
  },
  after(moment, [oracle], context) {
    return pricedBy(moment, oracle, context);
  },
  async notes([oracle, prices, tolerance], context) {
    const { quote, collaterals } = context.deployment;
    const [expected36, toleranceBps] = [pricesIn(prices, context), toleranceIn(tolerance)];
    const contract = IOracle__factory.connect(addressIn(oracle), context.runner);
    const lines: string[] = [];
    for (const collateral of collaterals) {
      const { price36, fresh } = await priceOf(contract, collateral.address);
      const wanted36 = expected36[collateral.number] ?? 0n;
      const said = `${collateral.symbol}: the oracle says ${formatPrice(price36, collateral, quote)}, expected ${formatPrice(wanted36, collateral, quote)}`;
      const difference = price36 > wanted36 ? price36 - wanted36 : wanted36 - price36;
      // As the contract reckons it, with the tolerance rounded down.
      if (fresh && difference > (wanted36 / BPS) * toleranceBps) {
        throw new InputError(`${said}: that is further than ${toleranceBps} bps`);
      }
      lines.push(fresh ? said : `${collateral.symbol}: the oracle has no fresh price`);
    }
    return lines;
  },
};

function toleranceIn(text: string | undefined): bigint {
  const toleranceBps = integerIn(text, "the tolerance in bps", MOST_TOLERANCE_BPS);
  if (toleranceBps === 0n) throw new InputError("the tolerance must be 1 bps at least");
  return toleranceBps;
}

/** One price a collateral, in the vault's order. */
function pricesIn(text: string | undefined, context: ActContext): bigint[] {
  const { collaterals, quote } = context.deployment;
  const byNumber = new Map<number, bigint>();
  for (const pair of (text ?? "").split(",")) {
    const [asset, price, ...rest] = pair.trim().split("=");
    if (price === undefined || rest.length > 0) {
      throw new InputError(`"${pair}" is not a price such as ETH=1850.25`);
    }
    const collateral = collateralIn(context, asset);
    if (byNumber.has(collateral.number)) throw new InputError(`${collateral.symbol} has two prices`);
    byNumber.set(collateral.number, price36In(price, collateral.decimals, quote.decimals));
  }
  return collaterals.map(({ number, symbol }) => {
    const price36 = byNumber.get(number);
    if (price36 === undefined) throw new InputError(`the price of ${symbol} is missing: name one for each`);
    return price36;
  });
}

async function priceOf(oracle: ReturnType<typeof IOracle__factory.connect>, asset: string) {
  try {
    return await oracle.price(asset);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new InputError(`${await oracle.getAddress()} is no oracle that knows ${asset}`);
  }
}
