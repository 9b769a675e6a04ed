import { InputError } from "../../../sdk/inputError.ts";
import { IMarginVault__factory } from "../../../types/factories/interfaces/IMarginVault__factory.ts";
import { IRiskConfigurator__factory } from "../../../types/factories/interfaces/IRiskConfigurator__factory.ts";
import { collateralIn, type Act, type ActContext } from "../act.ts";
import { replaced } from "../weightAct.ts";

/** Where a liquidation weight falls no further, and the weights that may stand below it. */
const LOWEST = { initialBps: 1n, maintenanceBps: 192n, liquidationBps: 200n };

/** One call cannot do it all: the first is made, and the others are named with whose they are. */
export const retireCollateral: Act = {
  name: "retireCollateral",
  words: "lowers a collateral's cap to zero at once, and says what then takes it out of the vault",
  on: "configurator",
  signature: "lowerCap(address,address,uint128)",
  parameters: ["collateral"],
  async argumentsOf([collateral], context) {
    const { address, symbol, number } = collateralIn(context, collateral);
    const { cap } = await termsOf(number, context);
    if (cap === 0n) {
      const left = (await stepsOf(collateral, context)).join("; ");
      throw new InputError(`the cap of ${symbol} is zero already; left to do: ${left || "nothing"}`);
    }
    return [context.deployment.vault, address, 0n];
  },
  async notes([collateral], context) {
    const steps = await stepsOf(collateral, context);
    return [
      "Retiring takes these acts in order; this is the first, and the effect shown is that of all:",
      ...steps.map((step, i) => `  ${i + 1}. ${step}`),
    ];
  },
  async after(moment, [collateral], context) {
    const { number } = collateralIn(context, collateral);
    const own = await ownWeightsOf(collateral, context);
    const change = {
      cap: 0n,
      initialBps: least(own.initialBps, LOWEST.initialBps),
      maintenanceBps: least(own.maintenanceBps, LOWEST.maintenanceBps),
      liquidationBps: least(own.liquidationBps, LOWEST.liquidationBps),
    };
    return { ...moment, collaterals: replaced(moment.collaterals, number, change) };
  },
};

/** What is left to do, in the order in which the weights may go. */
async function stepsOf(collateral: string | undefined, context: ActContext): Promise<string[]> {
  const { symbol, number } = collateralIn(context, collateral);
  const { cap } = await termsOf(number, context);
  const own = await ownWeightsOf(collateral, context);
  const { initialBps, maintenanceBps, liquidationBps } = LOWEST;
  const steps: [boolean, string][] = [
    [cap > 0n, `lowerCap ${symbol} 0 (riskSteward, at once): nobody brings in more`],
    [
      own.initialBps > initialBps,
      `lowerInitialWeight ${symbol} ${initialBps} (riskSteward, at once): nobody borrows against it`,
    ],
    [
      own.maintenanceBps > maintenanceBps,
      `setMaintenanceWeight ${symbol} ${maintenanceBps} (riskAdmin, after the delay): by 25 bps an hour, which calls holders`,
    ],
    [
      own.liquidationBps > liquidationBps,
      `setLiquidationWeight ${symbol} ${liquidationBps} (riskAdmin, after the delay): by half a per cent of itself a day`,
    ],
  ];
  return steps.filter(([isLeft]) => isLeft).map(([, step]) => step);
}

async function termsOf(number: number, { deployment, runner }: ActContext) {
  return (await IMarginVault__factory.connect(deployment.vault, runner).collateralAt(number)).terms;
}

/** The weights to which the ramps that are under way go. */
async function ownWeightsOf(collateral: string | undefined, context: ActContext) {
  const { deployment, runner } = context;
  const { address } = collateralIn(context, collateral);
  return IRiskConfigurator__factory.connect(deployment.configurator, runner).ownWeights(
    deployment.vault,
    address,
  );
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
