import { AbiCoder, concat, getCreateAddress } from "ethers";
import type { Deployment } from "../../../sdk/deployment.ts";
import { artifactsOf } from "../../deploy/artifacts.ts";
import { CHOSEN_TERMS } from "../../docs/volatility/chosenTerms.ts";
import type { Rpc } from "../chain/rpc.ts";
import { DemoError } from "../demoError.ts";
import * as calls from "./calls.ts";
import { COLLATERALS } from "./terms.ts";
import { send, type Wallet } from "./wallet.ts";

const GAUGE_GAS = 3_000_000;
const SET_GAS = 500_000;
const ADMIN_DELAY_SECONDS = 432_000;
const RISK_DELAY_SECONDS = 172_800;

/**
 * Has the weights of volatile collaterals follow their feeds. The transactions wait for the next block, in which the
 * feeds' first rounds come before them: loans were opened at other prices, and a gauge that had seen those would begin
 * with a jump that never was. Then nothing is left to set up, and the governance is sealed. Returns the deployment with
 * its gauges.
 */
export async function addGauges(rpc: Rpc, banker: Wallet, deployment: Deployment): Promise<Deployment> {
  const { chainId, vault, configurator } = deployment;
  const { halfLifeSeconds, referenceWad, slopeBps, capBps } = CHOSEN_TERMS;
  const { bytecode } = artifactsOf("default")("oracles/VolatilityGauge.sol", "VolatilityGauge");
  const collaterals: Deployment["collaterals"][number][] = [];
  for (const collateral of deployment.collaterals) {
    if (COLLATERALS[collateral.number]?.isVolatile !== true) {
      collaterals.push(collateral);
      continue;
    }
    const gauge = getCreateAddress({ from: banker.address, nonce: banker.nonce });
    const terms = AbiCoder.defaultAbiCoder().encode(
      ["address", "uint256", "uint256", "uint80"],
      [collateral.feed, halfLifeSeconds, referenceWad, 0],
    );
    await send(rpc, banker, chainId, { to: null, data: concat([bytecode, terms]), gasLimit: GAUGE_GAS });
    const follow = [vault, collateral.address, gauge, slopeBps, capBps];
    await send(rpc, banker, chainId, {
      to: configurator,
      data: calls.configurator.encodeFunctionData("setVolatility", follow),
      gasLimit: SET_GAS,
    });
    collaterals.push({ ...collateral, gauge });
  }
  const owner = banker.address;
  await send(rpc, banker, chainId, {
    to: deployment.governance ?? "",
    data: calls.governance.encodeFunctionData("seal", [
      owner,
      ADMIN_DELAY_SECONDS,
      owner,
      RISK_DELAY_SECONDS,
    ]),
    gasLimit: SET_GAS,
  });
  return { ...deployment, collaterals };
}

/** Throws where the weights of a collateral do not follow the gauge that the deployment says. */
export async function requireGauges(
  rpc: Rpc,
  { vault, configurator, collaterals }: Deployment,
): Promise<void> {
  for (const { address, gauge, symbol } of collaterals) {
    if (gauge === undefined) continue;
    const data = calls.configurator.encodeFunctionData("targetWeights", [vault, address]);
    await rpc<string>("eth_call", [{ to: configurator, data }, "latest"]).catch((error: unknown) => {
      throw new DemoError(`The weights of ${symbol} follow no volatility.`, { cause: error });
    });
  }
}
