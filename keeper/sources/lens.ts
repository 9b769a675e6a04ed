import { toAccountId, type AccountId } from "../../sdk/accountId.ts";
import { momentFrom, saysDown, type ClockState } from "../../sdk/clockState.ts";
import type { Margin } from "../../sdk/margin.ts";
import { NO_PRICES, numbersIn, pricesFrom } from "../../sdk/valuation.ts";
import { runtimeOf } from "../../sdk/vaultLens.ts";
import type { Status } from "../../sdk/vaultTypes.ts";
import { KeeperLens__factory } from "../../types/factories/periphery/KeeperLens__factory.ts";
import type {
  AccountSeenStructOutput,
  ClockSeenStructOutput,
  KeeperSightStructOutput,
  MarginStructOutput,
  RoundSeenStructOutput,
} from "../../types/interfaces/IKeeperLens.ts";
import { RetryableError } from "../errors.ts";
import { resultOf } from "./chainReader.ts";
import type { StateAt } from "./contractCall.ts";
import type { Probe } from "./probe.ts";
import type { AccountSeen, FeedAnswer, Sight, VaultSeen } from "./sight.ts";

/** What is the same at every block. */
export interface LensSubject {
  readonly vault: string;
  readonly quote: string;
  readonly keepers: readonly string[];
  readonly feeds: readonly string[];
  /** The sequencer's uptime feed, if the clock has one. */
  readonly sequencerFeed: string | undefined;
}

const abi = KeeperLens__factory.createInterface();
/** Nobody's: the code is lent to it for the duration of a call. */
const ADDRESS = "0x70c51470c51470c51470c51470c51470c5147001";
/** The lens as it runs. It has no constructor, immutables or libraries, so that it is the rest of what would deploy it. */
export const LENS_CODE = runtimeOf(KeeperLens__factory.bytecode);

/**
 * A block's state in one call, by a contract that is not deployed: `eth_call` with a state override. `read` throws
 * `RetryableError` when there is no answer, or none of what nothing can be decided without.
 */
export function lensProbe(
  subject: LensSubject,
  at: StateAt | "latest",
  accounts: readonly AccountId[] = [],
): Probe<Sight> {
  const { vault, quote, keepers, feeds, sequencerFeed } = subject;
  const asked = sequencerFeed === undefined ? feeds : [...feeds, sequencerFeed];
  const question = { vault, quote, keepers: [...keepers], feeds: [...asked], accounts: [...accounts] };
  const call = { to: ADDRESS, data: abi.encodeFunctionData("look", [question]) };
  const overrides = { [ADDRESS]: { code: LENS_CODE } };
  return {
    calls: [
      at === "latest"
        ? { method: "eth_call", params: [call, at, overrides] }
        : { method: "eth_call", params: [call], at, overrides },
    ],
    read: ([answer]) => sightFrom(decode(resultOf(answer)), subject, accounts),
  };
}

function decode(result: unknown): KeeperSightStructOutput {
  try {
    return abi.decodeFunctionResult("look", String(result))[0] as KeeperSightStructOutput;
  } catch (error) {
    throw new RetryableError("the endpoint answered with something else than the lens", { cause: error });
  }
}

function sightFrom(
  seen: KeeperSightStructOutput,
  { feeds, sequencerFeed }: LensSubject,
  accounts: readonly AccountId[],
): Sight {
  const { prices, clock, wallets, rounds } = seen;
  if (!clock.known) throw new RetryableError("the clock cannot be read");
  const assetSet = (1 << prices.prices36.length) - 1;
  return {
    prices: prices.known ? pricesFrom(assetSet, [...prices.prices36], prices.freshSet) : NO_PRICES,
    clock: clockFrom(clock, seen.timestamp, sequencerFeed === undefined ? undefined : rounds.at(-1)),
    wallets: wallets.map(({ known, native, quote, allowance }) => {
      if (!known) throw new RetryableError("the quote token gave no answer");
      return { native, quote, allowance };
    }),
    answers: feeds.map((_, i) => answerOf(rounds[i])),
    vault: vaultFrom(seen, accounts),
  };
}

function clockFrom(
  { moment, callingPausedUntil, liquidationPausedUntil }: ClockSeenStructOutput,
  timestamp: bigint,
  round: RoundSeenStructOutput | undefined,
): ClockState {
  const isSequencerDown = round?.known === true && saysDown(round.roundId, round.answer, round.startedAt);
  return {
    timestamp,
    moment: momentFrom(moment),
    callingPausedUntil,
    liquidationPausedUntil,
    isSequencerDown,
  };
}

function answerOf(round: RoundSeenStructOutput | undefined): FeedAnswer | undefined {
  if (round?.known !== true || round.answer <= 0n) return undefined;
  return { answer: round.answer, updatedAt: round.updatedAt };
}

function vaultFrom(
  { books, accounts: seen }: KeeperSightStructOutput,
  ids: readonly AccountId[],
): VaultSeen | undefined {
  if (!books.known) return undefined;
  const { cash, debtIndex, totalDebtShares, unbookedFee, accruedAt, collateralTotals } = books;
  const accounts = new Map<AccountId, AccountSeen>();
  for (const [i, id] of ids.entries()) {
    const account = seen[i];
    if (account?.known === true) accounts.set(toAccountId(id), accountFrom(account));
  }
  const pool = { cash, debtIndex, totalDebtShares, unbookedFee, accruedAt };
  return { ...pool, collateralTotals: [...collateralTotals], accounts };
}

function accountFrom(seen: AccountSeenStructOutput): AccountSeen {
  const { calledAt, deadline, auctionStart, closedLateAt, debtShares, amounts, valued, margin } = seen;
  const collateralSet = Number(seen.collateralSet);
  const collateral = new Array<bigint>(16).fill(0n);
  for (const [i, number] of numbersIn(collateralSet).entries()) collateral[number] = amounts[i] ?? 0n;
  const callNonce = Number(seen.callNonce);
  return {
    state: {
      collateralSet,
      callNonce,
      calledAt,
      deadline,
      auctionStart,
      closedLateAt,
      debtShares,
      collateral,
    },
    margin: valued ? marginFrom(margin) : undefined,
  };
}

function marginFrom(margin: MarginStructOutput): Margin {
  const { value, initialValue, maintenanceValue, liquidationValue, debt } = margin;
  const { healthWad, floorHealthWad, shortfall } = margin;
  const { calledAt, deadline, auctionStart } = margin;
  const status = Number(margin.status) as Status;
  return {
    value,
    initialValue,
    maintenanceValue,
    liquidationValue,
    debt,
    healthWad,
    floorHealthWad,
    shortfall,
    status,
    calledAt,
    deadline,
    auctionStart,
  };
}
