import type { Config } from "../../config.ts";
import { UserError } from "../../errors.ts";
import { targetsOf, type Signers } from "../../openLanes.ts";
import { checkFlashLiquidator } from "../../sources/flashProbes.ts";
import type { Rpc } from "../../sources/rpcClient.ts";
import { failure, ok, type Finding } from "./finding.ts";

const SUBJECT = "flash liquidator";

/** What `run` checks of it before it starts; without a key nobody can be served, and no other mode uses it. */
export async function checkFlash(
  rpc: Rpc,
  config: Config,
  signers: Signers | undefined,
): Promise<readonly Finding[]> {
  const { flashLiquidator, mode } = config;
  if (flashLiquidator === undefined) return [];
  if (mode !== "live") return [ok(SUBJECT, "not looked at: it is used in mode live alone")];
  if (signers === undefined) return [];
  try {
    const { maxSlippageBps } = await checkFlashLiquidator(rpc, flashLiquidator, targetsOf(config, signers));
    const says = `${flashLiquidator.address} serves the urgent key and knows the routes; sales may end ${maxSlippageBps} bps below the oracle's price`;
    return [ok(SUBJECT, says)];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const remedy =
      "correct flashLiquidator, or have the contract's owner change its terms (setKeeper, setProfitRecipient); run does not start without it";
    return [failure(SUBJECT, error.message, remedy)];
  }
}
