import type { TransactionResponse } from "ethers";
import { accountIdOf, type AccountId } from "../../../sdk/accountId.ts";
import type { MockERC20 } from "../../../types/index.ts";
import { openCalledPosition } from "../../vault/support/position.ts";
import { type RouterWorld } from "./routerWorld.ts";
import type { Permit } from "./signPermit.ts";

/** One of the router's functions, as called on a called account of the trader's. */
export interface Entry {
  name: string;
  /** What it takes. */
  token: (w: RouterWorld) => MockERC20;
  /** How much of it, at most. */
  amount: (w: RouterWorld) => bigint;
  /** Calls it as `as`; on another vault when one is given. */
  run: (
    w: RouterWorld,
    as: RouterWorld["trader"],
    permit: Permit,
    vault?: string,
  ) => Promise<TransactionResponse>;
  /** The same call as bytes. */
  encode: (w: RouterWorld, permit: Permit, vault?: string) => string;
}

const quoteOf = (w: RouterWorld) => w.quote;
const accountOf = (w: RouterWorld) => accountIdOf(w.trader.address);

/** Opens a position of the trader's, sub-account 0, and calls it: what all entries below act on. */
export async function callTrader(w: RouterWorld): Promise<AccountId> {
  return openCalledPosition(w, w.usd(1_450n));
}

/** Every function of the router that takes tokens. */
export const ENTRIES: readonly Entry[] = [
  entry(
    "cure",
    quoteOf,
    (w) => w.usd(100n),
    (w, vault, permit) => [vault, accountOf(w), w.quoteAddress, w.usd(100n), permit],
  ),
  entry(
    "repay",
    quoteOf,
    (w) => w.usd(90n),
    (w, vault, permit) => [vault, accountOf(w), w.quoteAddress, w.usd(90n), permit],
  ),
  entry(
    "depositCollateral",
    (w) => w.collaterals[0]!.token,
    (w) => w.collaterals[0]!.unit,
    (w, vault, permit) => [vault, accountOf(w), w.collaterals[0]!.address, w.collaterals[0]!.unit, permit],
  ),
  entry(
    "deposit",
    quoteOf,
    (w) => w.usd(80n),
    (w, vault, permit) => [vault, w.quoteAddress, w.usd(80n), w.keeper.address, permit],
  ),
];

function entry(
  name: string,
  token: Entry["token"],
  amount: Entry["amount"],
  argsOf: (w: RouterWorld, vault: string, permit: Permit) => unknown[],
): Entry {
  const encode: Entry["encode"] = (w, permit, vault = w.vaultAddress) =>
    w.router.interface.encodeFunctionData(name as "cure", argsOf(w, vault, permit) as never);
  return {
    name,
    token,
    amount,
    encode,
    run: (w, as, permit, vault) =>
      as.sendTransaction({ to: w.routerAddress, data: encode(w, permit, vault) }),
  };
}
