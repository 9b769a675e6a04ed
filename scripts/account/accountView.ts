import type { Provider } from "ethers";
import type { AccountId } from "../../sdk/accountId.ts";
import type { Deployment, DeployedAsset } from "../../sdk/deployment.ts";
import { formatAmount, formatDuration, formatTime, formatWad } from "../../sdk/format.ts";
import { CLOSE_LEVEL_WAD, CURE_LEVEL_WAD } from "../../sdk/healthMath.ts";
import { Status, statusName } from "../../sdk/vaultTypes.ts";
import { IMarginVault__factory } from "../../types/factories/interfaces/IMarginVault__factory.ts";

/** A collateral of an account and what depositing it would take. */
export interface HeldCollateral {
  readonly token: DeployedAsset;
  readonly amount: bigint;
  /** Base units that cure when deposited; the largest uint256 where no amount does. */
  readonly cureDeposit: bigint;
}

/** What a trader wants to know of an account, all at one block. */
export interface AccountView {
  readonly account: AccountId;
  readonly block: number;
  readonly uptime: bigint;
  readonly status: Status;
  readonly value: bigint;
  readonly debt: bigint;
  readonly healthWad: bigint;
  readonly floorHealthWad: bigint;
  readonly calledAt: bigint;
  /** Zero without an open call. */
  readonly deadline: bigint;
  readonly cureRepay: bigint;
  readonly collaterals: readonly HeldCollateral[];
}

/** Reads an account at the newest block; rejects with the vault's error when its oracle gives no answer. */
export async function readAccount(
  provider: Provider,
  deployment: Deployment,
  account: AccountId,
): Promise<AccountView> {
  const block = await provider.getBlockNumber();
  const vault = IMarginVault__factory.connect(deployment.vault, provider);
  const at = { blockTag: block };
  const [margin, cure, uptime] = await Promise.all([
    vault.marginOf(account, at),
    vault.previewCure(account, at),
    vault.uptime(at),
  ]);
  const collaterals = await Promise.all(
    cure.assets.map(async (address, i): Promise<HeldCollateral> => {
      const token = deployment.collaterals.find((c) => c.address === address);
      if (token === undefined) throw new Error(`${address} is not in the deployment file; it is out of date`);
      const amount = await vault.collateralOf(account, address, at);
      return { token, amount, cureDeposit: cure.deposits[i] ?? 0n };
    }),
  );
  return {
    account,
    block,
    uptime,
    status: Number(margin.status) as Status,
    value: margin.value,
    debt: margin.debt,
    healthWad: margin.healthWad,
    floorHealthWad: margin.floorHealthWad,
    calledAt: margin.calledAt,
    deadline: margin.deadline,
    cureRepay: cure.repay,
    collaterals,
  };
}

/** The account as lines of text, with what to do about it. */
export function describeAccount(view: AccountView, deployment: Deployment): string {
  const { quote } = deployment;
  const held = view.collaterals.map((c) => formatAmount(c.amount, c.token)).join(", ");
  const lines = [
    `status        ${statusName(view.status)}`,
    `collateral    ${held === "" ? "none" : held} (worth ${formatAmount(view.value, quote, 2)})`,
    `debt          ${formatAmount(view.debt, quote, 2, "up")}`,
    `health        ${formatWad(view.healthWad)} (called below 1)`,
    `floor health  ${formatWad(view.floorHealthWad)} (sold at once below 1)`,
    "",
    ...describeCall(view),
  ];
  if (view.deadline !== 0n || view.cureRepay !== 0n) lines.push(...describeCures(view, deployment));
  return lines.join("\n");
}

function describeCall(view: AccountView): string[] {
  if (view.deadline === 0n) {
    return [advice(view.status)];
  }
  const called = `Margin call of ${formatTime(view.calledAt)}.`;
  if (view.uptime < view.deadline) {
    const left = formatDuration(view.deadline - view.uptime);
    return [
      `${called} Deadline ${formatTime(view.deadline)}, in ${left}. Until then nothing is sold above the floor.`,
      `It closes at a health factor of ${formatWad(CLOSE_LEVEL_WAD)}.`,
    ];
  }
  const late = formatDuration(view.uptime - view.deadline);
  return [
    `${called} Its deadline, ${formatTime(view.deadline)}, passed ${late} ago. ${advice(view.status)}`,
    `It closes at a health factor of 1.`,
  ];
}

function advice(status: Status): string {
  switch (status) {
    case Status.Healthy:
      return "No margin call is open.";
    case Status.Warned:
      return "No margin call is open, but the account is near one.";
    case Status.Callable:
      return "No margin call is open yet; anyone may open one now.";
    case Status.Called:
      return "A margin call is open.";
    case Status.Recovering:
      return "Prices have recovered: anyone may close the call.";
    case Status.Expired:
      return "The auction runs: a part may be sold at any moment.";
    case Status.Lapsed:
      return "The auction found no taker: the call may be opened again.";
    case Status.Critical:
      return "The account is below its floor: it may be sold at any moment.";
    case Status.Insolvent:
      return "The collateral is worth less than the debt: all of it may be sold at any moment.";
  }
}

function describeCures(view: AccountView, deployment: Deployment): string[] {
  const forms = [`  repay    ${formatAmount(view.cureRepay, deployment.quote)}`];
  for (const { token, cureDeposit } of view.collaterals) {
    forms.push(`  deposit  ${formatAmount(cureDeposit, token)}`);
  }
  return [
    "",
    `Any one of these lifts the health factor to ${formatWad(CURE_LEVEL_WAD)} at block ${view.block}:`,
    ...forms,
  ];
}
