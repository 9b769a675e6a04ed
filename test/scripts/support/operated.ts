import type { Deployment } from "../../../sdk/deployment.ts";
import { ACTS } from "../../../scripts/operate/acts.ts";
import { planAct } from "../../../scripts/operate/planAct.ts";
import { sendAct } from "../../../scripts/operate/sendAct.ts";
import { openPosition } from "../../vault/support/position.ts";
import { loadWorld, type World } from "../../vault/support/world.ts";

const DAY = 86_400n;
export const RISK_DELAY = 2n * DAY;
export const ADMIN_DELAY = 5n * DAY;

/** A sealed world as a deployment: the keeper is admin, the lender risk admin, the owner steward, and two accounts owe something. */
export async function operated() {
  const w = await loadWorld();
  await openPosition(w, { debt: w.usd(1_500n) });
  await openPosition(w, { subAccount: 1n, debt: w.usd(1_000n) });
  await w.governance.seal(w.keeper, ADMIN_DELAY, w.lender, RISK_DELAY);
  const deployment: Deployment = {
    chainId: 31_337,
    deployBlock: 0,
    vault: w.vaultAddress,
    configurator: await w.configurator.getAddress(),
    governance: await w.governance.getAddress(),
    authority: await w.authority.getAddress(),
    clock: await w.clock.getAddress(),
    oracle: await w.oracle.getAddress(),
    interestRateModel: await w.model.getAddress(),
    callLogic: w.vaultAddress,
    liquidationLogic: w.vaultAddress,
    quote: { address: w.quoteAddress, symbol: "USDC", decimals: 6, feed: await w.quoteFeed.getAddress() },
    collaterals: await Promise.all(
      w.collaterals.map(async ({ address, number, decimals, feed }) => ({
        ...{ number, address, decimals, feed: await feed.getAddress() },
        symbol: ["ETH", "BTC"][number]!,
      })),
    ),
    rates: { kinkWad: "0", baseRateWad: "0", kinkRateWad: "0", fullRateWad: "0" },
    contracts: {},
  };
  const plan = (name: string, values: readonly string[], caller?: string) =>
    planAct(w.ethers.provider, deployment, actNamed(name), values, caller);
  const send = async (name: string, values: readonly string[], as: World["owner"]) => {
    const { governance, call, now: time } = await plan(name, values, as.address);
    return sendAct(as, governance, call, time, () => undefined);
  };
  return { w, deployment, plan, send };
}

function actNamed(name: string) {
  return ACTS.find((act) => act.name === name)!;
}
