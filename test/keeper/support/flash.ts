import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { Contract, ContractFactory, ZeroAddress, type ContractRunner, type InterfaceAbi } from "ethers";
import { artifactsOf } from "../../../scripts/deploy/artifacts.ts";
import {
  createPool,
  deployUniswap,
  FEE,
  pushPrice,
  type Side,
  type Uniswap,
} from "../../periphery/support/uniswap.ts";
import type { World } from "./world.ts";

/** Uniswap v3 and the operator's flash liquidator beside a keeper's world; the key of the world's keeper may use it. */
export interface FlashScene {
  readonly uniswap: Uniswap;
  readonly liquidator: Contract;
  readonly address: string;
  /** A pool of collateral `number` at the oracle's price, with so many whole tokens; over `range` ticks, or all prices. */
  addPool(number: number, price: number, units: bigint, range?: number): Promise<void>;
  /** Somebody trades until the pool's price is this. */
  movePool(number: number, price: number): Promise<void>;
  /** The keeper's configuration. */
  config(changes?: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
}

const USDC = 10n ** 6n;
const UNITS = [10n ** 18n, 10n ** 8n] as const;
const MAX_SLIPPAGE_BPS = 400;

/** Deploys both with the trader's key, while the chain mines by itself; takes all quote tokens from the keeper. */
export async function addFlashScene(world: World): Promise<FlashScene> {
  const { trader, deployment, quote } = world;
  const load = artifactsOf("default");
  const uniswap = await deployUniswap(asHardhat(world, load));
  const { abi, bytecode } = load("periphery/FlashLiquidator.sol", "FlashLiquidator");
  const factory = new ContractFactory(abi, bytecode, trader);
  const deployed = await factory.deploy(
    deployment.vault,
    await uniswap.factory.getAddress(),
    trader.address,
    world.keeper.address,
    MAX_SLIPPAGE_BPS,
  );
  await deployed.waitForDeployment();
  const address = await deployed.getAddress();
  const liquidator = new Contract(address, abi, trader);
  await liquidator.getFunction("setKeeper").send(world.keeper.address, true);
  const has = (await quote.getFunction("balanceOf").staticCall(world.keeper.address)) as bigint;
  await new Contract(deployment.quote.address, quote.interface, world.keeper)
    .getFunction("transfer")
    .send(trader.address, has);
  await world.resetNonce();

  const asset = (number: number) => deployment.collaterals[number]?.address ?? ZeroAddress;
  const sidesAt = (number: number, price: number, units: bigint): [Side, Side] => [
    [asset(number), units * UNITS[number === 0 ? 0 : 1]],
    [deployment.quote.address, units * BigInt(Math.round(price * Number(USDC)))],
  ];
  const signer = trader as unknown as HardhatEthersSigner;
  return {
    uniswap,
    liquidator,
    address,
    async addPool(number, price, units, range) {
      await createPool(uniswap, signer, FEE.medium, ...sidesAt(number, price, units), range);
      await world.resetNonce();
    },
    async movePool(number, price) {
      await pushPrice(uniswap, signer, FEE.medium, ...sidesAt(number, price, 1_000n));
      await world.resetNonce();
    },
    config: (changes = {}) => ({
      flashLiquidator: {
        address,
        quoter: uniswap.quoterAddress,
        routes: [{ from: asset(0), hops: [{ fee: FEE.medium, to: deployment.quote.address }] }],
        ...changes,
      },
    }),
  };
}

/** As much of Hardhat's ethers as the support of Uniswap uses, over a wallet. */
function asHardhat({ trader }: World, load: ReturnType<typeof artifactsOf>): HardhatEthers {
  const mocks = load("mocks/MockERC20.sol", "MockERC20");
  return {
    ZeroAddress,
    getSigners: () => Promise.resolve([trader]),
    getContractAt: (name: string | InterfaceAbi, address: string, runner: ContractRunner = trader) =>
      Promise.resolve(new Contract(address, name === "MockERC20" ? mocks.abi : name, runner)),
  } as unknown as HardhatEthers;
}
