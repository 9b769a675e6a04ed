import type { BaseContract, ContractTransactionResponse } from "ethers";
import { accountIdOf, type AccountId } from "../../../sdk/accountId.ts";
import type { Deferrer } from "../../../types/index.ts";
import { deploy, MAX_UINT, type World } from "./world.ts";

/** One call that a deferring contract makes. */
export interface Move {
  target: string;
  data: string;
}

/** A contract that owns accounts and does what it is told, at once or in a deferral, with its tokens and a market. */
export interface DeferringTrader {
  contract: Deferrer;
  address: string;
  account: (subAccount?: bigint) => AccountId;
  /** Makes the moves one after the other, each checked by itself. */
  act: (...moves: Move[]) => Promise<ContractTransactionResponse>;
  /** Makes the moves in one deferral. */
  defer: (...moves: Move[]) => Promise<ContractTransactionResponse>;
}

/** Deploys a deferring contract that has approved the vault and holds `tokens` whole tokens of everything. */
export async function deployDeferrer(w: World, tokens = 0n): Promise<DeferringTrader> {
  const contract = await deploy<Deferrer>(w.ethers, "Deferrer", [w.vaultAddress]);
  const address = await contract.getAddress();
  const listed = [{ token: w.quote, unit: w.usd(1n) }, ...w.collaterals];
  for (const { token, unit } of listed) {
    if (tokens > 0n) await token.mint(address, tokens * unit);
    await contract.act([moveOf(token, await token.getAddress(), "approve", w.vaultAddress, MAX_UINT)]);
    // The stranger stands for a market that gives anything for anything.
    await token.connect(w.stranger).approve(address, MAX_UINT);
  }
  return {
    contract,
    address,
    account: (subAccount = 0n) => accountIdOf(address, subAccount),
    act: (...moves) => contract.act(moves),
    defer: (...moves) => contract.deferAll(moves),
  };
}

/** A call of `name` on `contract`. */
export function moveOf(contract: BaseContract, target: string, name: string, ...args: unknown[]): Move {
  return { target, data: contract.interface.encodeFunctionData(name, args) };
}

/** A call of the vault. */
export function vaultMove(w: World, name: string, ...args: unknown[]): Move {
  return moveOf(w.vault, w.vaultAddress, name, ...args);
}

export function depositMove(w: World, id: AccountId, number: number, amount: bigint): Move {
  return vaultMove(w, "depositCollateral", id, w.collaterals[number]!.address, amount);
}

export function withdrawMove(w: World, id: AccountId, number: number, amount: bigint, to: string): Move {
  return vaultMove(w, "withdrawCollateral", id, w.collaterals[number]!.address, amount, to);
}

export function borrowMove(w: World, id: AccountId, amount: bigint, to: string): Move {
  return vaultMove(w, "borrow", id, amount, to);
}

export function repayMove(w: World, id: AccountId, amount: bigint): Move {
  return vaultMove(w, "repay", id, amount);
}

export function liquidateMove(w: World, id: AccountId, number: number, to: string): Move {
  return vaultMove(w, "liquidate", id, w.collaterals[number]!.address, MAX_UINT, 0n, to, "0x");
}

/** Gives `sold` of collateral `number` to the market and takes `bought` quote tokens, or the other way round. */
export function sellMoves(
  w: World,
  trader: DeferringTrader,
  number: number,
  sold: bigint,
  bought: bigint,
): Move[] {
  const { token, address } = w.collaterals[number]!;
  return [
    moveOf(token, address, "transfer", w.stranger.address, sold),
    moveOf(w.quote, w.quoteAddress, "transferFrom", w.stranger.address, trader.address, bought),
  ];
}

/** Gives `paid` quote tokens to the market and takes `bought` of collateral `number`. */
export function buyMoves(
  w: World,
  trader: DeferringTrader,
  number: number,
  bought: bigint,
  paid: bigint,
): Move[] {
  const { token, address } = w.collaterals[number]!;
  return [
    moveOf(w.quote, w.quoteAddress, "transfer", w.stranger.address, paid),
    moveOf(token, address, "transferFrom", w.stranger.address, trader.address, bought),
  ];
}
