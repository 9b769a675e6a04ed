import { Contract, ContractFactory, type Signer } from "ethers";
import { network } from "hardhat";
import { accountIdOf } from "../../sdk/accountId.ts";
import type { Deployment } from "../../sdk/deployment.ts";
import { artifactsOf } from "../deploy/artifacts.ts";
import { deployVault } from "../deploy/deployVault.ts";
import { parsePlan, type VaultPlan } from "../deploy/plan.ts";

/** The day the worked example plays; every block has a time of its own, so that the page comes out the same. */
const DAY = Date.UTC(2030, 0, 7) / 1_000;
const HOUR = 3_600;
const USDC = 10n ** 6n;
const WETH = 10n ** 18n;
const FEED = 10n ** 8n;

/** A development chain: accounts it signs for, and its cheat codes. */
export interface Stage {
  signers: readonly Signer[];
  request: (method: string, params: unknown[]) => Promise<unknown>;
}

/** A vault on a chain of its own, a trader with a position, a liquidator with money, and a clock to set. */
export interface Scene {
  vault: Contract;
  feed: Contract;
  clock: Contract;
  /** The sequencer's: 0 is up, 1 is down. */
  uptimeFeed: Contract;
  weth: Contract;
  usdc: Contract;
  trader: Signer;
  liquidator: Signer;
  account: string;
  plan: VaultPlan;
  deployment: Deployment;
  /** The time of the next transaction's block, seconds after the day began. */
  at: (seconds: number) => Promise<void>;
  /** Mines one block at that time, for views. */
  mineAt: (seconds: number) => Promise<void>;
  /** Runs `act` and then puts the chain back. */
  aside: <T>(act: () => Promise<T>) => Promise<T>;
}

/** Sets the scene: 10 WETH at 1,900 USDC, 14,000 USDC borrowed, at 09:00. */
export async function setMarginCallScene(stage?: Stage): Promise<Scene> {
  const { signers, request } = stage ?? (await ownStage());
  const [deployer, lender, trader, liquidator] = signers;
  if (!deployer || !lender || !trader || !liquidator) throw new Error("the chain has too few accounts");
  const load = artifactsOf("default");
  const mock = async (name: string, ...args: unknown[]): Promise<Contract> => {
    const { abi, bytecode } = load(`mocks/${name}.sol`, name);
    const deployed = await new ContractFactory(abi, bytecode, deployer).deploy(...args);
    await deployed.waitForDeployment();
    return new Contract(await deployed.getAddress(), abi, deployer);
  };
  const usdc = await mock("MockERC20", "USD Coin", "USDC", 6);
  const weth = await mock("MockERC20", "Wrapped Ether", "WETH", 18);
  const quoteFeed = await mock("MockFeed", 8, "USDC / USD", FEED);
  const feed = await mock("MockFeed", 8, "ETH / USD", 1_900n * FEED);
  const uptimeFeed = await mock("MockFeed", 0, "sequencer", 0n);
  const plan = await planOf(deployer, usdc, weth, { quote: quoteFeed, weth: feed, uptime: uptimeFeed });
  const deployment = await deployVault(deployer, plan, load);
  const vault = new Contract(deployment.vault, load("MarginVault.sol", "MarginVault").abi, deployer);

  const clock = new Contract(deployment.clock, load("UptimeClock.sol", "UptimeClock").abi, deployer);

  const at = async (seconds: number): Promise<void> => {
    await request("evm_setNextBlockTimestamp", [DAY + seconds]);
  };
  const mineAt = async (seconds: number): Promise<void> => {
    await at(seconds);
    await request("evm_mine", []);
  };
  const aside = async <T>(act: () => Promise<T>): Promise<T> => {
    const snapshot: unknown = await request("evm_snapshot", []);
    const result = await act();
    await request("evm_revert", [snapshot]);
    return result;
  };

  const account = accountIdOf(await trader.getAddress(), 0n);
  for (const [who, token, amount] of [
    [lender, usdc, 1_000_000n * USDC],
    [trader, weth, 20n * WETH],
    [trader, usdc, 10_000n * USDC],
    [liquidator, usdc, 100_000n * USDC],
  ] as const) {
    await send(token, "mint", await who.getAddress(), amount);
    await send(actingAs(token, who), "approve", deployment.vault, 2n ** 256n - 1n);
  }
  await at(8 * HOUR);
  await send(actingAs(vault, lender), "deposit", 1_000_000n * USDC, await lender.getAddress());
  const own = actingAs(vault, trader);
  await at(9 * HOUR - 12);
  await send(own, "depositCollateral", account, await weth.getAddress(), 10n * WETH);
  await at(9 * HOUR);
  await send(own, "borrow", account, 14_000n * USDC, await trader.getAddress());
  return {
    vault,
    feed,
    clock,
    uptimeFeed,
    weth,
    usdc,
    trader,
    liquidator,
    account,
    plan,
    deployment,
    at,
    mineAt,
    aside,
  };
}

/** A chain in this process whose clock starts with the day. */
async function ownStage(): Promise<Stage> {
  const { ethers, provider } = await network.create({ override: { initialDate: new Date(DAY * 1_000) } });
  return {
    signers: await ethers.getSigners(),
    request: (method, params) => provider.request({ method, params }),
  };
}

/** The same contract for another sender. */
export function actingAs(contract: Contract, signer: Signer): Contract {
  return new Contract(contract.target, contract.interface, signer);
}

/** Sends a transaction and waits for it; rejects when it reverts. */
export async function send(contract: Contract, name: string, ...args: unknown[]) {
  const transaction = await contract.getFunction(name).send(...args);
  const receipt = await transaction.wait();
  if (receipt === null) throw new Error(`${name} was not mined`);
  return receipt;
}

async function planOf(
  owner: Signer,
  usdc: Contract,
  weth: Contract,
  feeds: Readonly<Record<"quote" | "weth" | "uptime", Contract>>,
): Promise<VaultPlan> {
  return parsePlan(
    {
      shareName: "Tocsin USDC",
      shareSymbol: "tUSDC",
      owner: await owner.getAddress(),
      guardian: await owner.getAddress(),
      sequencerFeed: await feeds.uptime.getAddress(),
      quote: { asset: await usdc.getAddress(), feed: await feeds.quote.getAddress(), maxAgeSeconds: 87_000 },
      rates: {
        kinkWad: "900000000000000000",
        baseRateWad: "0",
        kinkRateWad: "60000000000000000",
        fullRateWad: "600000000000000000",
      },
      fee: { feeBps: 1_000, recipient: await owner.getAddress() },
      riskTerms: {
        minimumDebt: (100n * USDC).toString(),
        dustValue: (10n * USDC).toString(),
        maxBounty: (5n * USDC).toString(),
        minGraceSeconds: 900,
        maxGraceSeconds: 14_400,
        auctionSeconds: 3_600,
        rampSeconds: 1_800,
      },
      collaterals: [
        {
          asset: await weth.getAddress(),
          feed: await feeds.weth.getAddress(),
          expected: { feedDecimals: 8, description: "ETH / USD", price: "1900", toleranceBps: 1 },
          maxAgeSeconds: 86_700,
          deadAgeSeconds: 259_200,
          initialBps: 7_600,
          maintenanceBps: 8_020,
          liquidationBps: 8_740,
          maxDiscountBps: 800,
          cap: (100_000n * WETH).toString(),
        },
      ],
    },
    "the worked example",
  );
}
