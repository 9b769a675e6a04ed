import { accountIdOf, type AccountId } from "../../../sdk/accountId.ts";
import type { Deployment } from "../../../sdk/deployment.ts";
import type { Rpc } from "../chain/rpc.ts";
import * as calls from "./calls.ts";
import { mineAt } from "./miner.ts";
import { mint } from "./mint.ts";
import { holdingsOf, type AccountPlan } from "./population.ts";
import { QUOTE_ANSWER } from "./terms.ts";
import { fund, send, walletOf, type Message, type Wallet } from "./wallet.ts";

/** A trader: an address of their own and one account. */
export interface Trader {
  readonly wallet: Wallet;
  readonly account: AccountId;
}

export interface LoanOptions {
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly reader: string;
  readonly seed: number;
  readonly banker: Wallet;
  readonly plans: readonly AccountPlan[];
  readonly lenders: readonly Wallet[];
  /** Quote base units that each lender owns at first, and the part of it, in bps, that they deposit. */
  readonly lenderFunds: bigint;
  readonly lentBps: bigint;
  /** What the feeds answer while loans are opened, by the collateral's number. */
  readonly openingAnswers: readonly bigint[];
  /** At which the plans' health factors hold, by the collateral's number. */
  readonly prices36: readonly bigint[];
  /** Unix seconds of the first block mined here; the others follow at twelve seconds. */
  readonly startsAt: number;
  readonly onProgress: (done: number, all: number) => void;
}

const MAX = (1n << 256n) - 1n;
const BLOCK_SECONDS = 12;
/** So many transactions of this kind fit a block. */
const BATCH = 150;
const MINT_BATCH = 200;
const APPROVE_GAS = 80_000;
const DEPOSIT_GAS = 220_000;
const BORROW_GAS = 350_000;
const PUSH_GAS = 150_000;
/** Prices come first in their block. */
const PUSH_TIP_WEI = 50n * 10n ** 9n;
/** A trader keeps so much of each collateral, in bps of what they deposit, to top up with. */
const RESERVE_BPS = 4_000n;

/** Opens every loan from an address of its own. Returns the traders in the plans' order and the last block's time. */
export async function openLoans(options: LoanOptions): Promise<{ traders: Trader[]; endsAt: number }> {
  const { rpc, seed, plans, lenders } = options;
  const traders = plans.map((_, i) => {
    const wallet = walletOf(seed, `trader ${i}`);
    return { wallet, account: accountIdOf(wallet.address) };
  });
  await fund(rpc, [...traders.map(({ wallet }) => wallet), ...lenders]);
  const holdings = plans.map((plan) => holdingsOf(plan, options.prices36));

  const work: (() => Promise<unknown>)[][] = [
    mints(options, traders, holdings),
    lenders.flatMap((lender) => [() => lend(options, lender)]),
    plans.map((plan, i) => () => {
      const trader = traders[i];
      return trader === undefined ? Promise.resolve() : open(options, trader, plan, holdings[i] ?? []);
    }),
  ];
  const all = work.flat().length;
  let [at, done] = [options.startsAt, 0];
  for (const stage of work) {
    for (let from = 0; from < stage.length; from += BATCH) {
      const batch = stage.slice(from, from + BATCH);
      await answer(options, at);
      // In order: a wallet's transactions must arrive by their number.
      for (const step of batch) await step();
      at = await mineAll(rpc, at);
      options.onProgress((done += batch.length), all);
    }
  }
  return { traders, endsAt: at };
}

/** Mines until nothing waits. Returns the time for the next block. */
async function mineAll(rpc: Rpc, startsAt: number): Promise<number> {
  for (let at = startsAt; ; at += BLOCK_SECONDS) {
    await mineAt(rpc, at);
    const waiting = await rpc<unknown[]>("eth_pendingTransactions");
    if (waiting.length === 0) return at + BLOCK_SECONDS;
  }
}

function mints(
  options: LoanOptions,
  traders: readonly Trader[],
  holdings: readonly bigint[][],
): (() => Promise<unknown>)[] {
  const { rpc, banker, reader, lenders, lenderFunds } = options;
  const { chainId, collaterals, quote } = options.deployment;
  const giveAll = (asset: string, gifts: readonly (readonly [string, bigint])[]) => () =>
    mint(rpc, banker, { chainId, reader, asset }, gifts);
  const steps = [
    giveAll(
      quote.address,
      lenders.map(({ address }) => [address, lenderFunds]),
    ),
  ];
  for (let from = 0; from < traders.length; from += MINT_BATCH) {
    for (const { number, address } of collaterals) {
      const gifts = traders.slice(from, from + MINT_BATCH).map(({ wallet }, i) => {
        const held = holdings[from + i]?.[number] ?? 0n;
        return [wallet.address, (held * (10_000n + RESERVE_BPS)) / 10_000n] as const;
      });
      steps.push(giveAll(address, gifts));
    }
  }
  return steps;
}

/** Has the feeds answer anew: opening many loans takes longer than an answer stays fresh in a finely grained file. */
async function answer(
  { rpc, banker, deployment, openingAnswers }: LoanOptions,
  updatedAt: number,
): Promise<void> {
  const feeds = [
    { feed: deployment.quote.feed, price: QUOTE_ANSWER },
    ...deployment.collaterals.map(({ feed, number }) => ({ feed, price: openingAnswers[number] ?? 0n })),
  ];
  for (const { feed, price } of feeds) {
    await send(rpc, banker, deployment.chainId, {
      to: feed,
      data: calls.feed.encodeFunctionData("pushAt", [price, updatedAt]),
      gasLimit: PUSH_GAS,
      tipWei: PUSH_TIP_WEI,
    });
  }
}

async function lend(options: LoanOptions, lender: Wallet): Promise<void> {
  const { deployment, rpc } = options;
  const amount = (options.lenderFunds * options.lentBps) / 10_000n;
  const transact = (message: Message) => send(rpc, lender, deployment.chainId, message);
  await transact(approval(deployment.quote.address, deployment.vault));
  await transact({
    to: deployment.vault,
    data: calls.vault.encodeFunctionData("deposit", [amount, lender.address]),
    gasLimit: DEPOSIT_GAS,
  });
}

async function open(
  options: LoanOptions,
  { wallet, account }: Trader,
  plan: AccountPlan,
  held: readonly bigint[],
): Promise<void> {
  const { deployment, rpc } = options;
  const transact = (message: Message) => send(rpc, wallet, deployment.chainId, message);
  for (const { number, address } of deployment.collaterals) {
    const amount = held[number] ?? 0n;
    if (amount === 0n) continue;
    await transact(approval(address, deployment.vault));
    await transact({
      to: deployment.vault,
      data: calls.vault.encodeFunctionData("depositCollateral", [account, address, amount]),
      gasLimit: DEPOSIT_GAS,
    });
  }
  await transact({
    to: deployment.vault,
    data: calls.vault.encodeFunctionData("borrow", [account, plan.debt, wallet.address]),
    gasLimit: BORROW_GAS,
  });
}

/** Lets the vault take what its functions ask for. */
export function approval(asset: string, vault: string): Message {
  return {
    to: asset,
    data: calls.token.encodeFunctionData("approve", [vault, MAX]),
    gasLimit: APPROVE_GAS,
  };
}
