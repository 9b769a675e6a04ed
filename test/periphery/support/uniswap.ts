import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import {
  ContractFactory,
  type AddressLike,
  type BaseContract,
  type BigNumberish,
  type BytesLike,
  type InterfaceAbi,
} from "ethers";
import { createRequire } from "node:module";
import type { TypedContractMethod } from "../../../types/common.ts";

interface Factory extends BaseContract {
  createPool: TypedContractMethod<
    [a: AddressLike, b: AddressLike, fee: BigNumberish],
    [string],
    "nonpayable"
  >;
  getPool: TypedContractMethod<[a: AddressLike, b: AddressLike, fee: BigNumberish], [string], "view">;
}

interface PositionManager extends BaseContract {
  createAndInitializePoolIfNecessary: TypedContractMethod<
    [token0: AddressLike, token1: AddressLike, fee: BigNumberish, sqrtPriceX96: BigNumberish],
    [string],
    "nonpayable"
  >;
  mint: TypedContractMethod<[params: Record<string, unknown>], [bigint], "nonpayable">;
}

interface Router extends BaseContract {
  exactInputSingle: TypedContractMethod<[params: Record<string, unknown>], [bigint], "nonpayable">;
}

interface Quoter extends BaseContract {
  quoteExactInput: TypedContractMethod<
    [path: BytesLike, amountIn: BigNumberish],
    [[bigint, bigint[], bigint[], bigint]],
    "nonpayable"
  >;
}

/** Uniswap v3 as its makers compiled it. */
export interface Uniswap {
  ethers: HardhatEthers;
  factory: Factory;
  positions: PositionManager;
  router: Router;
  quoter: Quoter;
  quoterAddress: string;
}

/** A token and how much of it, base units. */
export type Side = readonly [token: string, amount: bigint];

/** Pool fees, hundredths of a basis point. */
export const FEE = { low: 500, medium: 3_000, high: 10_000 } as const;
const TICK_SPACING: Readonly<Record<number, number>> = { 500: 10, 3_000: 60, 10_000: 200 };
const MAX_TICK = 887_272;
const MAX_UINT = 2n ** 256n - 1n;

const readJson = createRequire(import.meta.url);

export async function deployUniswap(ethers: HardhatEthers): Promise<Uniswap> {
  const [deployer] = await ethers.getSigners();
  const at = (file: string) => readJson(`@uniswap/${file}`) as { abi: InterfaceAbi; bytecode: string };
  const deploy = async <T>(file: string, ...args: unknown[]): Promise<T> => {
    const { abi, bytecode } = at(file);
    return (await new ContractFactory(abi, bytecode, deployer).deploy(...args)) as unknown as T;
  };
  const periphery = "v3-periphery/artifacts/contracts";
  const factory = await deploy<Factory>(
    "v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json",
  );
  // Nobody pays in the chain's coin here, and nobody looks at a position's picture.
  const none = ethers.ZeroAddress;
  const quoter = await deploy<Quoter>(`${periphery}/lens/QuoterV2.sol/QuoterV2.json`, factory, none);
  return {
    ethers,
    factory,
    positions: await deploy(
      `${periphery}/NonfungiblePositionManager.sol/NonfungiblePositionManager.json`,
      factory,
      none,
      none,
    ),
    router: await deploy(`${periphery}/SwapRouter.sol/SwapRouter.json`, factory, none),
    quoter,
    quoterAddress: await quoter.getAddress(),
  };
}

/**
 * A pool at the price of `a` against `b`, with that much of both over `range` ticks to either side; over all prices
 * unless one is given. `provider` has the tokens.
 */
export async function createPool(
  u: Uniswap,
  provider: HardhatEthersSigner,
  fee: number,
  a: Side,
  b: Side,
  range = MAX_TICK,
): Promise<void> {
  const [[token0, amount0], [token1, amount1]] = inOrder(a, b);
  await approve(u, provider, u.positions, token0, token1);
  const positions = u.positions.connect(provider) as PositionManager;
  const price = sqrtPriceX96(amount0, amount1);
  await positions.createAndInitializePoolIfNecessary(token0, token1, fee, price);
  const spacing = TICK_SPACING[fee]!;
  // 1.0001 ^ tick is the price.
  const tick =
    range === MAX_TICK ? 0 : Math.round((2 * Math.log(Number(price) / 2 ** 96)) / Math.log(1.0001));
  await positions.mint({
    token0,
    token1,
    fee,
    tickLower: Math.ceil((tick - range) / spacing) * spacing,
    tickUpper: Math.floor((tick + range) / spacing) * spacing,
    amount0Desired: amount0,
    amount1Desired: amount1,
    amount0Min: 0n,
    amount1Min: 0n,
    recipient: provider.address,
    deadline: MAX_UINT,
  });
}

/** Trades in a pool until its price is that of `a` against `b`. */
export async function pushPrice(
  u: Uniswap,
  trader: HardhatEthersSigner,
  fee: number,
  a: Side,
  b: Side,
): Promise<void> {
  const [[token0, amount0], [token1, amount1]] = inOrder(a, b);
  const pool = await poolAt(u, token0, token1, fee);
  const wanted = sqrtPriceX96(amount0, amount1);
  const { sqrtPriceX96: present } = await pool.slot0();
  if (present === wanted) return;
  await approve(u, trader, u.router, token0, token1);
  const [tokenIn, tokenOut] = wanted < present ? [token0, token1] : [token1, token0];
  await (u.router.connect(trader) as Router).exactInputSingle({
    tokenIn,
    tokenOut,
    fee,
    recipient: trader.address,
    deadline: MAX_UINT,
    amountIn: 2n ** 200n,
    amountOutMinimum: 0n,
    sqrtPriceLimitX96: wanted,
  });
}

/** Sells `amount` of a token for another at any price. */
export async function sell(
  u: Uniswap,
  trader: HardhatEthersSigner,
  fee: number,
  [tokenIn, amountIn]: Side,
  tokenOut: string,
): Promise<void> {
  await approve(u, trader, u.router, tokenIn);
  await (u.router.connect(trader) as Router).exactInputSingle({
    tokenIn,
    tokenOut,
    fee,
    recipient: trader.address,
    deadline: MAX_UINT,
    amountIn,
    amountOutMinimum: 0n,
    sqrtPriceLimitX96: 0n,
  });
}

interface Pool extends BaseContract {
  slot0: TypedContractMethod<[], [{ sqrtPriceX96: bigint }], "view">;
}

async function poolAt(u: Uniswap, token0: string, token1: string, fee: number): Promise<Pool> {
  const { abi } = readJson("@uniswap/v3-core/artifacts/contracts/UniswapV3Pool.sol/UniswapV3Pool.json") as {
    abi: InterfaceAbi;
  };
  const contract = await u.ethers.getContractAt(
    abi as unknown[],
    await u.factory.getPool(token0, token1, fee),
  );
  return contract as unknown as Pool;
}

async function approve(
  u: Uniswap,
  owner: HardhatEthersSigner,
  spender: BaseContract,
  ...tokens: string[]
): Promise<void> {
  for (const address of tokens) {
    const token = await u.ethers.getContractAt("MockERC20", address, owner);
    await token.approve(spender, MAX_UINT);
  }
}

function inOrder(a: Side, b: Side): readonly [Side, Side] {
  return BigInt(a[0]) < BigInt(b[0]) ? [a, b] : [b, a];
}

/** The square root of `amount1 / amount0`, times 2^96. */
function sqrtPriceX96(amount0: bigint, amount1: bigint): bigint {
  return sqrt((amount1 << 192n) / amount0);
}

function sqrt(value: bigint): bigint {
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (root + value / root) / 2n;
    if (next >= root) return root;
    root = next;
  }
}
