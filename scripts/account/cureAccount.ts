import type { ContractTransactionResponse, Signer } from "ethers";
import type { Deployment, DeployedAsset } from "../../sdk/deployment.ts";
import { formatAmount } from "../../sdk/format.ts";
import { MAX_UINT256 } from "../../sdk/fixedPoint.ts";
import { InputError } from "../../sdk/inputError.ts";
import { IMarginVault__factory } from "../../types/factories/interfaces/IMarginVault__factory.ts";

import type { AccountView } from "./accountView.ts";
import { erc20 } from "./erc20.ts";

/** One way to cure: a token, how much of it goes in, and the most the payer lets go of. */
export interface CurePlan {
  readonly by: "repay" | "deposit";
  readonly token: DeployedAsset;
  readonly amount: bigint;
  /** Above `amount` for a repayment, because interest grows until it is mined. */
  readonly allowance: bigint;
}

/** What interest may add to a repayment before it is mined: 0.1 %. */
const HEADROOM = 1_000n;

/**
 * Chooses a way to cure. `by` is `repay`, or `deposit:SYMBOL` for a collateral that the account holds.
 * Throws an `InputError` when the account needs no cure or the way is none.
 */
export function planCure(view: AccountView, deployment: Deployment, by: string): CurePlan {
  if (view.call === undefined)
    throw new InputError("No margin call is open on this account; there is nothing to cure.");
  if (by === "repay") {
    const amount = view.cureRepay;
    return { by, token: deployment.quote, amount, allowance: amount + amount / HEADROOM + 1n };
  }
  const symbol = by.startsWith("deposit:") ? by.slice("deposit:".length) : undefined;
  const held = view.collaterals.find((c) => c.token.symbol === symbol);
  if (held === undefined) {
    const ways = ["repay", ...view.collaterals.map((c) => `deposit:${c.token.symbol}`)];
    throw new InputError(`--by is one of ${ways.join(", ")}, not "${by}".`);
  }
  if (held.cureDeposit === MAX_UINT256) {
    throw new InputError(`No amount of ${held.token.symbol} cures: its price is not known.`);
  }
  return { by: "deposit", token: held.token, amount: held.cureDeposit, allowance: held.cureDeposit };
}

/**
 * Approves exactly what the cure may take, sends it, and takes back what is left of the allowance.
 * Rejects with an `InputError` when the payer has too little, else with the node's or the vault's error.
 */
export async function cureAccount(
  signer: Signer,
  deployment: Deployment,
  view: AccountView,
  plan: CurePlan,
  report: (line: string) => void,
): Promise<void> {
  const token = erc20(plan.token.address, signer);
  const payer = await signer.getAddress();
  const balance = await token.balanceOf(payer);
  if (balance < plan.allowance) {
    throw new InputError(
      `${payer} has ${formatAmount(balance, plan.token)}, and the cure may take ${formatAmount(plan.allowance, plan.token)}.`,
    );
  }
  const vault = IMarginVault__factory.connect(deployment.vault, signer);
  const mined = async (what: string, sent: Promise<ContractTransactionResponse>): Promise<void> => {
    const receipt = await (await sent).wait();
    report(`  ${what}: ${receipt?.hash ?? "mined"}`);
  };

  await mined(
    `approve ${formatAmount(plan.allowance, plan.token)}`,
    token.approve(deployment.vault, plan.allowance),
  );
  if (plan.by === "repay") {
    await mined("cure", vault.cure(view.account, plan.allowance));
  } else {
    await mined("deposit", vault.depositCollateral(view.account, plan.token.address, plan.amount));
  }
  if ((await token.allowance(payer, deployment.vault)) !== 0n) {
    await mined("take back the rest of the allowance", token.approve(deployment.vault, 0n));
  }
}
