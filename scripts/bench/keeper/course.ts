import type { AccountState, VaultMoment } from "../../../sdk/vaultTypes.ts";
import type { AccountId } from "../../../sdk/accountId.ts";
import type { Weather } from "./market.ts";
import { idOf } from "./population.ts";
import { randomOf } from "./random.ts";

/** A block of the bench, and whether everything is compared with the full scan after it. */
export interface Block {
  readonly weather: Weather;
  readonly isChecked: boolean;
}

const CALM_BLOCKS = 200;
const CRASH_BLOCKS = 100;
const CHECK_EVERY = 25;
/** Accounts that one block's logs change. */
const CHANGES = 100;
const GRACE_SECONDS = 900n;

/** 200 calm blocks, then 100 of a crash; compared after the calm and along the crash, or after every block. */
export function course(isThorough: boolean): readonly Block[] {
  const calm = Array.from({ length: CALM_BLOCKS }, (_, i) => ({
    weather: "calm" as const,
    isChecked: isThorough || i === CALM_BLOCKS - 1,
  }));
  const crash = Array.from({ length: CRASH_BLOCKS }, (_, i) => ({
    weather: "crash" as const,
    isChecked: isThorough || (i + 1) % CHECK_EVERY === 0,
  }));
  return [...calm, ...crash];
}

/**
 * What the logs of block `number` make of the accounts that it concerns, the same wherever it is worked out: calls are
 * opened, calls are closed, collateral is added.
 */
export function changesOf(
  number: number,
  { accounts, seed }: { readonly accounts: number; readonly seed: number },
  { clock }: VaultMoment,
  stateOf: (id: AccountId) => AccountState,
): (readonly [AccountId, AccountState])[] {
  const random = randomOf((seed ^ 0x2545f491) + number);
  const concerned = new Set(Array.from({ length: CHANGES }, () => random.below(accounts)));
  return [...concerned].map((i) => {
    const id = idOf(i);
    return [id, changed(stateOf(id), clock.uptime, random.next())] as const;
  });
}

function changed(state: AccountState, uptime: bigint, chance: number): AccountState {
  if (state.deadline !== 0n) return { ...state, deadline: 0n, auctionStart: 0n, closedLateAt: uptime };
  if (chance < 0.4 && state.debtShares !== 0n) {
    const deadline = uptime + GRACE_SECONDS;
    return { ...state, callNonce: state.callNonce + 1, calledAt: uptime, deadline, auctionStart: deadline };
  }
  return { ...state, collateral: state.collateral.map((amount) => amount + amount / 100n) };
}
