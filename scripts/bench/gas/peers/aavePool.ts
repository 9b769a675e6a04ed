import { AbiCoder, ZeroAddress, type Contract } from "ethers";
import { artifactsOf, type Artifact } from "../../../deploy/artifacts.ts";
import { answerAt, FEED_DECIMALS, PRICES } from "../market.ts";
import type { GasChain } from "../gasChain.ts";
import { compilePeer, type LoadPeer } from "./compilePeer.ts";

/** Aave's pool with our quote asset and our five collaterals as reserves, in that order. */
export interface AavePool {
  readonly pool: Contract;
  readonly quote: Contract;
  readonly tokens: readonly Contract[];
  /** Of the collaterals. */
  readonly feeds: readonly Contract[];
}

const PACKAGE = "node_modules/@aave-dao/aave-v3-origin";
const SOURCES = "aave/src/contracts";
/** Usual terms: what may be borrowed, when it is liquidated, and what a liquidator is paid; in bps. */
const TERMS = [7_600, 8_020, 10_800] as const;
const RESERVE_FACTOR_BPS = 1_000;
/** One of what prices are in. */
const BASE_UNIT = 10n ** BigInt(FEED_DECIMALS);
/** The kink and the rates at none, at the kink and on top of that when full; in bps. */
const RATES = [9_000, 100, 500, 5_400] as const;

function compileAave(): LoadPeer {
  return compilePeer({
    name: "aave",
    compiler: "solc-0.8.27",
    settings: {
      optimizer: { enabled: true, runs: 200 },
      evmVersion: "shanghai",
      metadata: { bytecodeHash: "none" },
    },
    entries: [
      "protocol/configuration/PoolAddressesProvider.sol",
      "protocol/configuration/ACLManager.sol",
      "instances/PoolInstance.sol",
      "instances/PoolConfiguratorInstance.sol",
      "instances/ATokenInstance.sol",
      "instances/VariableDebtTokenInstance.sol",
      "misc/AaveOracle.sol",
      "misc/DefaultReserveInterestRateStrategyV2.sol",
    ].map((file) => `${SOURCES}/${file}`),
    folders: {
      "aave/": PACKAGE,
      "openzeppelin-contracts/contracts/": "node_modules/@openzeppelin/contracts-5.1",
      "solidity-utils/": "node_modules/@bgd-labs/solidity-utils/src",
    },
  });
}

/** Deploys it as Aave's own procedures do, without rewards and without a sequencer's sentinel. */
export async function deployAave(chain: GasChain): Promise<AavePool> {
  const load = compileAave();
  const ours = artifactsOf("production");
  const mock = (name: string, ...args: unknown[]): Promise<Contract> =>
    chain.deploy(ours(`mocks/${name}.sol`, name), args);
  const quote = await mock("MockERC20", "Quote", "QUOTE", 18);
  const quoteFeed = await mock("OneSlotFeed", FEED_DECIMALS, BASE_UNIT);
  const feeds: Contract[] = [];
  const tokens: Contract[] = [];
  for (const number of PRICES.keys()) {
    tokens.push(await mock("MockERC20", `Token ${number}`, `T${number}`, 18));
    feeds.push(await mock("OneSlotFeed", FEED_DECIMALS, answerAt(number, 100)));
  }
  const pool = await deployPool(chain, load, [quote, ...tokens], [quoteFeed, ...feeds]);
  return { pool, quote, tokens, feeds };
}

async function deployPool(
  chain: GasChain,
  load: LoadPeer,
  reserves: readonly Contract[],
  feeds: readonly Contract[],
): Promise<Contract> {
  const owner = chain.signer(0);
  const deploy = linkerOf(chain, load);
  const provider = await deploy("PoolAddressesProvider", "bench", owner.address);
  const set = (what: string, value: unknown) => chain.act(owner, [provider, `set${what}`, value]);
  const strategy = await deploy("DefaultReserveInterestRateStrategyV2", provider.target);
  const prices = [targets(reserves), targets(feeds), ZeroAddress, ZeroAddress, BASE_UNIT] as const;
  const oracle = await deploy("AaveOracle", provider.target, ...prices);
  await set("PriceOracle", oracle.target);
  await set("PoolImpl", (await deploy("PoolInstance", provider.target, strategy.target)).target);
  await set("PoolConfiguratorImpl", (await deploy("PoolConfiguratorInstance")).target);
  await set("ACLAdmin", owner.address);
  const roles = await deploy("ACLManager", provider.target);
  await set("ACLManager", roles.target);
  await chain.act(owner, [roles, "addPoolAdmin", owner.address]);
  const proxy = async (method: string, code: string): Promise<Contract> =>
    chain.contractAt((await provider.getFunction(method).staticCall()) as string, load(code).abi);
  const pool = await proxy("getPool", "PoolInstance");
  const configurator = await proxy("getPoolConfigurator", "PoolConfiguratorInstance");
  const aToken = await deploy("ATokenInstance", pool.target, ZeroAddress, owner.address);
  const debtToken = await deploy("VariableDebtTokenInstance", pool.target, ZeroAddress);
  for (const { target } of reserves) {
    await list(chain, configurator, [aToken.target, debtToken.target, target]);
  }
  return pool;
}

/** Makes a token a reserve that is lent, borrowed and counted as collateral. */
async function list(chain: GasChain, configurator: Contract, addresses: readonly unknown[]): Promise<void> {
  const owner = chain.signer(0);
  const names = ["Bench a", "a", "Bench d", "d"];
  const rates = AbiCoder.defaultAbiCoder().encode(["uint256", "uint256", "uint256", "uint256"], RATES);
  const asset = addresses.at(-1);
  await chain.act(owner, [configurator, "initReserves", [[...addresses, ...names, "0x", rates]]]);
  await chain.act(owner, [configurator, "configureReserveAsCollateral", asset, ...TERMS]);
  await chain.act(owner, [configurator, "setReserveBorrowing", asset, true]);
  await chain.act(owner, [configurator, "setReserveFactor", asset, RESERVE_FACTOR_BPS]);
}

/** Deploys a contract with the libraries it is linked to, each of them once. */
function linkerOf(chain: GasChain, load: LoadPeer) {
  const libraries: Record<string, string> = {};
  const deploy = async (name: string, ...args: unknown[]): Promise<Contract> => {
    const artifact = load(name);
    for (const library of librariesOf(artifact)) {
      libraries[library] ??= (await deploy(library)).target as string;
    }
    return chain.deploy(artifact, args, libraries);
  };
  return deploy;
}

function librariesOf({ linkReferences }: Artifact): string[] {
  return Object.values(linkReferences).flatMap((file) => Object.keys(file));
}

function targets(contracts: readonly Contract[]) {
  return contracts.map(({ target }) => target);
}
