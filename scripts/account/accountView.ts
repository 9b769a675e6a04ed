import type { Provider } from "ethers";
import type { AccountId } from "../../sdk/accountId.ts";
import type { Deployment, DeployedAsset } from "../../sdk/deployment.ts";
import { pastTimeOf, timeOf, type ClockState, type PastTime } from "../../sdk/clockState.ts";
import { readClockState } from "../../sdk/readClock.ts";
import { connectVault } from "../../sdk/vault.ts";
import type { Status } from "../../sdk/vaultTypes.ts";

/** A collateral of an account and what depositing it would take. */
export interface HeldCollateral {
  readonly token: DeployedAsset;
  readonly amount: bigint;
  /** Base units that cure when deposited; the largest uint256 where no amount does. */
  readonly cureDeposit: bigint;
}

/** An open margin call, in block time. */
export interface CallView {
  readonly calledAt: PastTime;
  /** Seconds of uptime to the deadline; zero once it has passed. */
  readonly secondsLeft: bigint;
  /** When it passes or passed; undefined while nobody knows, in an outage. */
  readonly deadline: PastTime | undefined;
}

/** What a trader wants to know of an account, all at one block. */
export interface AccountView {
  readonly account: AccountId;
  readonly block: number;
  readonly clock: ClockState;
  readonly status: Status;
  readonly value: bigint;
  readonly debt: bigint;
  readonly healthWad: bigint;
  readonly floorHealthWad: bigint;
  readonly call: CallView | undefined;
  readonly cureRepay: bigint;
  readonly collaterals: readonly HeldCollateral[];
}

/** Reads an account at the newest block; rejects with the vault's error when its oracle gives no answer. */
export async function readAccount(
  provider: Provider,
  deployment: Deployment,
  account: AccountId,
): Promise<AccountView> {
  const block = await provider.getBlock("latest");
  if (block === null) throw new Error("the endpoint does not have its newest block");
  const { vault, clock: contract } = connectVault(deployment, provider);
  const at = { blockTag: block.number };
  const [margin, cure, clock] = await Promise.all([
    vault.marginOf(account, at),
    vault.previewCure(account, at),
    readClockState(contract, block),
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
    block: block.number,
    clock,
    status: Number(margin.status) as Status,
    value: margin.value,
    debt: margin.debt,
    healthWad: margin.healthWad,
    floorHealthWad: margin.floorHealthWad,
    call: margin.deadline === 0n ? undefined : callOf(margin.calledAt, margin.deadline, clock),
    cureRepay: cure.repay,
    collaterals,
  };
}

function callOf(calledAt: bigint, deadline: bigint, clock: ClockState): CallView {
  const secondsLeft = deadline > clock.moment.uptime ? deadline - clock.moment.uptime : 0n;
  const passes = timeOf(clock, deadline);
  const ahead = passes === undefined ? undefined : { timestamp: passes, isExact: true };
  return {
    calledAt: pastTimeOf(clock, calledAt),
    secondsLeft,
    deadline: secondsLeft === 0n ? pastTimeOf(clock, deadline) : ahead,
  };
}
