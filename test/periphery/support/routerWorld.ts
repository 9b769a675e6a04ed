import type { BaseContract } from "ethers";
import type { MockERC20, PermitRouter } from "../../../types/index.ts";
import {
  deploy,
  deployFeed,
  deployOracle,
  deployVault,
  FEED_DECIMALS,
  MAX_UINT,
  STRONG,
  type ListedCollateral,
  type World,
  loadWorld,
  listingsOf,
} from "../../vault/support/world.ts";

/** The test doubles that may stand for a vault's tokens; each takes its decimals. */
export type TokenName =
  | "PermitToken"
  | "WalletPermitToken"
  | "DaiLikeToken"
  | "PhantomPermitToken"
  | "StubbornToken"
  | "FeeOnTransferToken"
  | "HookToken";

export interface RouterWorldOptions {
  quote?: TokenName;
  collateral?: TokenName;
  quoteDecimals?: number;
  collateralDecimals?: number;
  /** As in `WorldOptions`. */
  ratesPercent?: readonly [bigint, bigint, bigint];
}

/** A world whose vault has tokens of the test's choice, with permits unless told otherwise, and a router beside it. */
export interface RouterWorld extends World {
  router: PermitRouter;
  routerAddress: string;
}

/**
 * Everybody holds a milliard of each token. The lender has lent and the trader may deposit; nobody has approved the
 * router, and nobody but the lender has approved the vault for quote tokens.
 */
export async function loadRouterWorld(options: RouterWorldOptions = {}): Promise<RouterWorld> {
  const { quoteDecimals = 6, collateralDecimals = 18, ratesPercent = [0n, 0n, 0n] } = options;
  const w = await loadWorld({ quoteDecimals, collateralDecimals, ratesPercent, lent: 0n });
  const { ethers } = w;
  // Whatever they do, they are called like plain tokens.
  const quote = await deploy<MockERC20>(ethers, options.quote ?? "PermitToken", [quoteDecimals]);
  const token = await deploy<MockERC20>(ethers, options.collateral ?? "PermitToken", [collateralDecimals]);
  const address = await token.getAddress();
  const listed: ListedCollateral = {
    token,
    address,
    feed: await deployFeed(ethers, FEED_DECIMALS, "2000"),
    number: 0,
    decimals: collateralDecimals,
    unit: 10n ** BigInt(collateralDecimals),
    terms: STRONG,
  };
  const vault = await deployVault(ethers, { ...w, quote });
  const oracle = await deployOracle(ethers, quote, w.quoteFeed, [listed]);
  await w.configurator.setRiskTerms(vault, w.risk);
  await w.configurator.listCollaterals(vault, await listingsOf(oracle, [listed]), oracle);

  for (const holder of [w.lender, w.trader, w.keeper, w.stranger]) {
    await quote.mint(holder, w.usd(1_000_000_000n));
    await token.mint(holder, 1_000_000_000n * listed.unit);
  }
  await quote.connect(w.lender).approve(vault, MAX_UINT);
  await vault.connect(w.lender).deposit(w.usd(1_000_000n), w.lender);
  await token.connect(w.trader).approve(vault, MAX_UINT);
  const router = await deploy<PermitRouter>(ethers, "PermitRouter");
  return {
    ...w,
    vault,
    vaultAddress: await vault.getAddress(),
    quote,
    quoteAddress: await quote.getAddress(),
    collaterals: [listed],
    oracle,
    router,
    routerAddress: await router.getAddress(),
  };
}

/** What the router holds of a token and has allowed the vault: nothing, whenever no call is running. */
export async function leftovers(w: RouterWorld, token: BaseContract = w.quote): Promise<bigint[]> {
  const at = token as MockERC20;
  return [await at.balanceOf(w.router), await at.allowance(w.router, w.vault)];
}
