import { ZeroAddress } from "ethers";
import { InputError } from "../../../sdk/inputError.ts";
import { tightenedDown, tighteningWadDown } from "../../../sdk/volatility.ts";
import { IRiskConfigurator__factory } from "../../../types/factories/interfaces/IRiskConfigurator__factory.ts";
import { IVolatilityGauge__factory } from "../../../types/factories/interfaces/IVolatilityGauge__factory.ts";
import { addressIn, collateralIn, integerIn, type Act, type ActContext } from "../act.ts";
import { isRefusal } from "../isRefusal.ts";
import { replaced } from "../weightAct.ts";

const MOST_SLOPE_BPS = 10_000n;
const MOST_TIGHTENING_BPS = 2_500n;

export const setVolatility: Act = {
  name: "setVolatility",
  words: "the gauge that a collateral's weights follow, how steeply, and how far (the zero address: none)",
  on: "configurator",
  signature: "setVolatility(address,address,address,uint16,uint16)",
  parameters: ["collateral", "gauge", "slopeBps", "capBps"],
  argumentsOf(values, context) {
    const { address } = collateralIn(context, values[0]);
    const { gauge, slopeBps, capBps } = termsIn(values);
    return [context.deployment.vault, address, gauge, slopeBps, capBps];
  },
  async after(moment, values, context) {
    const { address, number } = collateralIn(context, values[0]);
    const { gauge, slopeBps, capBps } = termsIn(values);
    const { deployment, runner } = context;
    const configurator = IRiskConfigurator__factory.connect(deployment.configurator, runner);
    const { initialBps, maintenanceBps } = await configurator.ownWeights(deployment.vault, address);
    const own = { initialBps, maintenanceBps };
    if (gauge === ZeroAddress) return { ...moment, collaterals: replaced(moment.collaterals, number, own) };
    const { volatilityWad, referenceWad } = await readGauge(gauge, context);
    const tighteningWad = tighteningWadDown(volatilityWad, { referenceWad, slopeBps, capBps });
    const tightened = tightenedDown(own, tighteningWad);
    return { ...moment, collaterals: replaced(moment.collaterals, number, tightened) };
  },
  async notes(values, context) {
    const { feed, symbol } = collateralIn(context, values[0]);
    const { gauge } = termsIn(values);
    if (gauge === ZeroAddress) return [];
    const measured = await feedOf(gauge, context);
    if (measured === feed) return [];
    return [
      `The gauge measures ${measured ?? "no feed that it names"}; the price of ${symbol} is that of ${feed}`,
    ];
  },
};

function termsIn([, gaugeText, slope, cap]: readonly string[]) {
  const gauge = addressIn(gaugeText);
  const slopeBps = integerIn(slope, "the slope in bps", MOST_SLOPE_BPS);
  const capBps = integerIn(cap, "the cap in bps", MOST_TIGHTENING_BPS);
  if (gauge !== ZeroAddress && (slopeBps === 0n || capBps === 0n)) {
    throw new InputError("slope and cap must be above zero; a gauge is taken away with the zero address");
  }
  return { gauge, slopeBps, capBps };
}

async function readGauge(address: string, { runner }: ActContext) {
  const gauge = IVolatilityGauge__factory.connect(address, runner);
  try {
    const [volatilityWad, referenceWad] = await Promise.all([gauge.volatilityWad(), gauge.referenceWad()]);
    return { volatilityWad, referenceWad };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new InputError(`${address} is no volatility gauge`);
  }
}

async function feedOf(address: string, { runner }: ActContext): Promise<string | undefined> {
  try {
    return await IVolatilityGauge__factory.connect(address, runner).feed();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return undefined;
  }
}
