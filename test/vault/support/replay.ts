import { accountIdOf, type AccountId } from "../../../sdk/accountId.ts";
import type { TimedEvent } from "./events.ts";
import type { RiskTerms, Terms } from "./world.ts";

/** An account as the vault stores it. */
export interface ReplayedAccount {
  callNonce: bigint;
  calledAt: bigint;
  deadline: bigint;
  auctionStart: bigint;
  closedLateAt: bigint;
  debtShares: bigint;
  collateral: bigint[];
}

/** A collateral's bucket as the vault stores it. */
export interface ReplayedBrake {
  readonly burst: bigint;
  readonly perHour: bigint;
  readonly fullAtMicros: bigint;
}

export const NO_BRAKE: ReplayedBrake = { burst: 0n, perHour: 0n, fullAtMicros: 0n };

/** A vault as it is stored, rebuilt from its events and nothing else. */
export interface Replayed {
  debtIndex: bigint;
  accruedAt: bigint;
  cash: bigint;
  unbookedFee: bigint;
  feeBps: bigint;
  feeRecipient: string;
  borrowCap: bigint;
  oracle: string;
  risk: RiskTerms;
  collaterals: { asset: string; terms: Terms; total: bigint; brake: ReplayedBrake }[];
  accounts: Map<AccountId, ReplayedAccount>;
  balances: Map<string, bigint>;
  supply: bigint;
}

const NOBODY = `0x${"0".repeat(40)}`;

/** Rebuilds `vaultAddress` from its whole history. */
export function replay(vaultAddress: string, history: readonly TimedEvent[]): Replayed {
  const vault: Replayed = {
    debtIndex: 10n ** 24n,
    accruedAt: 0n,
    cash: 0n,
    unbookedFee: 0n,
    feeBps: 0n,
    feeRecipient: NOBODY,
    borrowCap: 2n ** 32n - 1n,
    oracle: NOBODY,
    risk: {
      minimumDebt: 0n,
      dustValue: 0n,
      maxBounty: 0n,
      minGraceSeconds: 0n,
      maxGraceSeconds: 0n,
      auctionSeconds: 0n,
      rampSeconds: 0n,
    },
    collaterals: [],
    accounts: new Map(),
    balances: new Map(),
    supply: 0n,
  };
  for (const event of history) {
    const handler = handlers[event.name];
    if (handler === undefined) throw new Error(`nobody has said what ${event.name} means`);
    handler(vault, event.args, event.timestamp, vaultAddress);
  }
  return vault;
}

type Args = Record<string, unknown>;
type Handler = (vault: Replayed, args: Args, timestamp: bigint, vaultAddress: string) => void;

function accountOf(vault: Replayed, id: AccountId): ReplayedAccount {
  let account = vault.accounts.get(id);
  if (account === undefined) {
    account = {
      callNonce: 0n,
      calledAt: 0n,
      deadline: 0n,
      auctionStart: 0n,
      closedLateAt: 0n,
      debtShares: 0n,
      collateral: Array<bigint>(16).fill(0n),
    };
    vault.accounts.set(id, account);
  }
  return account;
}

function numberOf(vault: Replayed, asset: unknown): number {
  return vault.collaterals.findIndex((each) => each.asset === asset);
}

const idOf = (args: Args) => args.account as AccountId;
const numeric = (args: Args, name: string) => args[name] as bigint;

/** Collateral that came in (or, negative, left), and what the account then holds. */
function moveCollateral(vault: Replayed, args: Args, change: bigint): void {
  const number = numberOf(vault, args.asset);
  vault.collaterals[number]!.total += change;
  accountOf(vault, idOf(args)).collateral[number] = numeric(args, "balance");
}

const handlers: Record<string, Handler> = {
  CollateralDeposited: (vault, args) => {
    moveCollateral(vault, args, numeric(args, "amount"));
  },
  CollateralWithdrawn: (vault, args) => {
    moveCollateral(vault, args, -numeric(args, "amount"));
  },
  Borrowed: (vault, args, timestamp) => {
    accountOf(vault, idOf(args)).debtShares = numeric(args, "debtShares");
    vault.cash -= numeric(args, "amount");
    vault.accruedAt = timestamp;
  },
  Repaid: (vault, args, timestamp) => {
    accountOf(vault, idOf(args)).debtShares = numeric(args, "debtShares");
    vault.cash += numeric(args, "amount");
    vault.accruedAt = timestamp;
  },
  MarginCallOpened: (vault, args) => {
    const { nonce, calledAt, deadline, debtShares } = args.notice as Record<string, bigint>;
    Object.assign(accountOf(vault, idOf(args)), {
      callNonce: nonce,
      calledAt,
      deadline,
      auctionStart: deadline,
      debtShares,
    });
  },
  MarginCallClosed: (vault, args) => {
    const account = accountOf(vault, idOf(args));
    [account.deadline, account.auctionStart] = [0n, 0n];
    if (args.late === true) account.closedLateAt = numeric(args, "closedAt");
  },
  Liquidated: (vault, args) => {
    const notice = args.notice as Record<string, bigint>;
    const number = numberOf(vault, notice.asset);
    vault.cash += notice.repaid! + notice.insured!;
    vault.collaterals[number]!.total -= notice.seized!;
    const account = accountOf(vault, idOf(args));
    account.collateral[number] = notice.balance!;
    account.debtShares = notice.debtShares!;
    account.auctionStart = notice.auctionStart!;
  },
  BadDebtRealized: (vault, args) => {
    accountOf(vault, idOf(args)).debtShares = 0n;
  },
  CollateralForfeited: (vault, args, _, vaultAddress) => {
    const number = numberOf(vault, args.asset);
    accountOf(vault, idOf(args)).collateral[number] = 0n;
    const insurance = accountOf(vault, accountIdOf(vaultAddress, BigInt(number)));
    insurance.collateral[number] = numeric(args, "insuranceBalance");
  },
  InterestAccrued: (vault, args, timestamp) => {
    vault.debtIndex = numeric(args, "debtIndex");
    vault.unbookedFee += numeric(args, "fee");
    vault.accruedAt = timestamp;
  },
  FeeBooked: (vault) => {
    vault.unbookedFee = 0n;
  },
  Deposit: (vault, args, timestamp) => {
    vault.cash += numeric(args, "assets");
    vault.accruedAt = timestamp;
  },
  Withdraw: (vault, args, timestamp) => {
    vault.cash -= numeric(args, "assets");
    vault.accruedAt = timestamp;
  },
  Transfer: (vault, args) => {
    const [from, to, value] = [args.from as string, args.to as string, numeric(args, "value")];
    if (from === NOBODY) vault.supply += value;
    else vault.balances.set(from, vault.balances.get(from)! - value);
    if (to === NOBODY) vault.supply -= value;
    else vault.balances.set(to, (vault.balances.get(to) ?? 0n) + value);
  },
  // ERC-20 says nothing when an allowance is used up, so that allowances cannot be followed.
  Approval: () => undefined,
  CollateralListed: (vault, args) => {
    const number = Number(args.index);
    const [asset, terms] = [args.asset as string, args.terms as Terms];
    vault.collaterals[number] = { asset, terms, total: 0n, brake: NO_BRAKE };
  },
  CollateralTermsSet: (vault, args) => {
    vault.collaterals[numberOf(vault, args.asset)]!.terms = args.newTerms as Terms;
  },
  BrakeSet: (vault, args) => {
    const [burst, perHour] = [numeric(args, "burst"), numeric(args, "perHour")];
    vault.collaterals[numberOf(vault, args.asset)]!.brake = { burst, perHour, fullAtMicros: 0n };
  },
  BrakeDrawn: (vault, args) => {
    const collateral = vault.collaterals[numberOf(vault, args.asset)]!;
    collateral.brake = { ...collateral.brake, fullAtMicros: numeric(args, "fullAtMicros") };
  },
  OracleSet: (vault, args) => {
    vault.oracle = args.newOracle as string;
  },
  RiskTermsSet: (vault, args) => {
    vault.risk = args.newTerms as RiskTerms;
  },
  BorrowCapSet: (vault, args) => {
    vault.borrowCap = numeric(args, "newCap");
  },
  FeeSet: (vault, args) => {
    vault.feeBps = numeric(args, "newFeeBps");
    vault.feeRecipient = args.newRecipient as string;
  },
};
