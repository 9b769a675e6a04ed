import type { ChainlinkOracle, HookToken, MockERC20, MockOracle } from "../../../types/index.ts";
import {
  deploy,
  deployFeed,
  deployOracle,
  FEED_DECIMALS,
  MAX_UINT,
  type ListedCollateral,
  type Terms,
  type World,
  listingsOf,
} from "./world.ts";

export interface ListingPlan {
  terms: Terms;
  /** Quote tokens for one whole token. */
  price: string;
  /** A plain token of 18 decimals unless given. */
  token?: MockERC20 | HookToken;
}

/** The world with one more collateral, the last of its list; everybody holds some and has approved the vault. */
export async function withCollateral(w: World, plan: ListingPlan): Promise<World> {
  // A hooked token is a plain one with more; its factory's type alone says otherwise.
  const given = plan.token as MockERC20 | undefined;
  const token = given ?? (await deploy<MockERC20>(w.ethers, "MockERC20", ["Third", "THIRD", 18]));
  const feed = await deployFeed(w.ethers, FEED_DECIMALS, plan.price);
  const decimals = Number(await token.decimals());
  const unit = 10n ** BigInt(decimals);
  const address = await token.getAddress();
  const { terms } = plan;
  const added: ListedCollateral = {
    token,
    address,
    feed,
    number: w.collaterals.length,
    decimals,
    unit,
    terms,
  };
  const collaterals = [...w.collaterals, added];
  const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, collaterals);
  await w.configurator.listCollaterals(w.vault, await listingsOf(oracle, [added]), oracle);
  for (const actor of [w.lender, w.trader, w.keeper, w.stranger]) {
    await token.mint(actor, 1_000_000_000n * unit);
    await token.connect(actor).approve(w.vault, MAX_UINT);
  }
  return { ...w, collaterals, oracle };
}

/** Points the vault at an oracle whatever its prices are: they are what is expected of it. */
export async function replaceOracle(
  { configurator, vault, collaterals }: World,
  oracle: Pick<ChainlinkOracle | MockOracle, "getAddress"> & {
    price: (asset: string) => Promise<{ price36: bigint }>;
  },
): Promise<void> {
  const expected36: bigint[] = [];
  for (const { address } of collaterals) expected36.push((await oracle.price(address)).price36);
  await configurator.correctOracle(vault, await oracle.getAddress(), expected36, 1n);
}

/** Puts the vault on an oracle that fails on demand, with the present prices, all fresh. */
export async function withMockOracle(w: World): Promise<MockOracle> {
  const assets = w.collaterals.map((c) => c.address);
  const oracle = await deploy<MockOracle>(w.ethers, "MockOracle", [w.quoteAddress, assets]);
  for (const c of w.collaterals) {
    const [price36] = await w.oracle.price(c.address);
    await oracle.set(c.number, price36, true);
  }
  await w.configurator.setOracle(w.vault, oracle);
  return oracle;
}

/** What a feed answers when one base unit of a collateral is worth `percent` per cent of a base unit of the quote. */
export function unitAnswer(w: World, number: number, percent = 100n): bigint {
  const scale = 10n ** BigInt(FEED_DECIMALS - w.quoteDecimals);
  return (w.collaterals[number]!.unit * scale * percent) / 100n;
}
