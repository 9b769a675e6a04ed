import { Contract, ContractFactory, keccak256, type Signer } from "ethers";
import type { Deployment, DeployedContract } from "../../sdk/deployment.ts";
import { followVolatility, type GaugeSteps } from "./followVolatility.ts";
import { assignRoles, beginSetup, governedContracts, isSealed, sealGovernance } from "./governVault.ts";
import { linkedBytecode, type Artifact, type LoadArtifact } from "./artifacts.ts";
import { feedCheckOf } from "./feedCheckOf.ts";
import { feedTermsOf, type VaultPlan } from "./plan.ts";

export interface DeployOptions {
  /** A deployment that was begun before: whatever of it stands on the chain as planned is kept. */
  previous?: Partial<Deployment>;
  /** Leaves the governance unsealed, for whoever has more to set and seals it then. */
  leavesOpen?: boolean;
  /** Called after each contract and setting, so that a caller can show and save how far it came. */
  onStep?: (step: string, contracts: Readonly<Record<string, DeployedContract>>) => void;
}

interface Steps extends GaugeSteps {
  contracts: Record<string, DeployedContract>;
}

/**
 * Deploys a vault and all it stands on, sets its terms, and seals its governance.
 *
 * Repeatable: contracts of `previous` are kept when code and arguments are the same, settings when they hold already.
 * Once the governance is sealed nothing is set any more: what differs from the plan then is a matter of its roles.
 * Rejects with the node's error when a transaction fails; `onStep` has then reported everything before it.
 */
export async function deployVault(
  signer: Signer,
  plan: VaultPlan,
  load: LoadArtifact,
  options: DeployOptions = {},
): Promise<Deployment> {
  const provider = signer.provider;
  if (provider === null) throw new Error("the deployer's signer has no provider");
  const { chainId } = await provider.getNetwork();
  const steps = stepsOf(signer, load, options);

  const callLogic = await steps.deploy("CallLogic", "libraries/CallLogic.sol", []);
  const liquidationLogic = await steps.deploy("LiquidationLogic", "libraries/LiquidationLogic.sol", []);
  await steps.deploy("SettingsLogic", "libraries/SettingsLogic.sol", []);
  await steps.deploy("DeferralLogic", "libraries/DeferralLogic.sol", []);
  await steps.deploy("PoolLogic", "libraries/PoolLogic.sol", []);
  const { kinkWad, baseRateWad, kinkRateWad, fullRateWad } = plan.rates;
  const model = await steps.deploy("KinkedRateModel", "KinkedRateModel.sol", [
    kinkWad,
    baseRateWad,
    kinkRateWad,
    fullRateWad,
  ]);
  const governance = await steps.deploy("Governance", "Governance.sol", [await signer.getAddress()]);
  const configurator = await steps.deploy("RiskConfigurator", "RiskConfigurator.sol", [
    await governance.getAddress(),
  ]);
  const authority = await steps.deploy("Authority", "Authority.sol", []);
  const clock = await steps.deploy("UptimeClock", "UptimeClock.sol", [
    await governance.getAddress(),
    plan.sequencerFeed,
    plan.riskTerms.minGraceSeconds,
  ]);
  const vault = await steps.deploy("MarginVault", "MarginVault.sol", [
    plan.quote.asset,
    await model.getAddress(),
    await configurator.getAddress(),
    await authority.getAddress(),
    await clock.getAddress(),
    plan.shareName,
    plan.shareSymbol,
  ]);
  const oracle = await steps.deploy("ChainlinkOracle", "oracles/ChainlinkOracle.sol", [
    plan.quote.asset,
    plan.quote.feed,
    plan.quote.maxAgeSeconds,
    plan.collaterals.map(feedTermsOf),
  ]);
  const permitRouter = await steps.deploy("PermitRouter", "periphery/PermitRouter.sol", []);
  const isOpen = !(await isSealed(governance));
  if (!isOpen && (await read(vault, "collateralCount")) === 0n) {
    throw new Error(
      "the governance of the earlier deployment is sealed and a new vault cannot be set up under it: move the file of that deployment away to deploy one with a governance of its own",
    );
  }
  if (isOpen) {
    await beginSetup(governance, await signer.getAddress(), steps.send);
    await configure(steps, plan, vault, configurator, oracle, signer);
  }
  const gauges = await followVolatility(steps, plan, await vault.getAddress(), configurator, isOpen);
  if (isOpen) {
    const governed = governedContracts(await configurator.getAddress(), await clock.getAddress());
    await assignRoles(governance, plan, governed, steps.send);
    if (options.leavesOpen !== true) await sealGovernance(governance, plan, steps.send);
  }

  const rates = Object.fromEntries(Object.entries(plan.rates).map(([name, rate]) => [name, rate.toString()]));
  return {
    chainId: Number(chainId),
    deployBlock: Math.min(...Object.values(steps.contracts).map((c) => c.blockNumber)),
    vault: await vault.getAddress(),
    configurator: await configurator.getAddress(),
    governance: await governance.getAddress(),
    authority: await authority.getAddress(),
    clock: await clock.getAddress(),
    oracle: await oracle.getAddress(),
    interestRateModel: await model.getAddress(),
    callLogic: await callLogic.getAddress(),
    liquidationLogic: await liquidationLogic.getAddress(),
    permitRouter: await permitRouter.getAddress(),
    quote: { ...(await describeToken(signer, plan.quote.asset)), feed: plan.quote.feed },
    collaterals: await Promise.all(
      plan.collaterals.map(async (c, number) => ({
        number,
        ...(await describeToken(signer, c.asset)),
        feed: c.feed,
        ...gaugeOf(gauges, number),
      })),
    ),
    rates: rates as Deployment["rates"],
    contracts: steps.contracts,
  };
}

async function configure(
  steps: Steps,
  plan: VaultPlan,
  vault: Contract,
  configurator: Contract,
  oracle: Contract,
  signer: Signer,
): Promise<void> {
  const target = await vault.getAddress();
  if (!sameFields(await read(vault, "riskTerms"), plan.riskTerms)) {
    await steps.send("set risk terms", call(configurator, "setRiskTerms", target, plan.riskTerms));
  }
  if (((await read(vault, "collateralCount")) as bigint) === 0n) {
    const { decimals } = await describeToken(signer, plan.quote.asset);
    const listings = await Promise.all(
      plan.collaterals.map(async (c) => ({
        asset: c.asset,
        terms: c,
        check: feedCheckOf(c, (await describeToken(signer, c.asset)).decimals, decimals),
      })),
    );
    const oracleAddress = await oracle.getAddress();
    await steps.send(
      "list collaterals",
      call(configurator, "listCollaterals", target, listings, oracleAddress),
    );
  }
  if (!sameFields(await read(vault, "feeTerms"), plan.fee)) {
    const { feeBps, recipient } = plan.fee;
    await steps.send("set fee", call(configurator, "setFee", target, feeBps, recipient));
  }
}

function gaugeOf(gauges: ReadonlyMap<number, string>, number: number): { gauge?: string } {
  const gauge = gauges.get(number);
  return gauge === undefined ? {} : { gauge };
}

function stepsOf(signer: Signer, load: LoadArtifact, { previous, onStep }: DeployOptions): Steps {
  const contracts: Record<string, DeployedContract> = {};
  const libraries: Record<string, string> = {};
  return {
    contracts,
    async deploy(name, source, args, label = name) {
      const artifact = load(source, name);
      const earlier = previous?.contracts?.[label];
      const kept =
        earlier !== undefined && (await stands(signer, earlier, artifact, args, libraries))
          ? earlier
          : undefined;
      const deployed = kept ?? (await deployOne(signer, artifact, args, libraries));
      contracts[label] = deployed;
      libraries[name] = deployed.address;
      onStep?.(kept === undefined ? `deployed ${label}` : `kept ${label}`, contracts);
      return new Contract(deployed.address, artifact.abi, signer);
    },
    async send(step, transaction) {
      await (await transaction).wait();
      onStep?.(step, contracts);
    },
  };
}

async function deployOne(
  signer: Signer,
  artifact: Artifact,
  args: readonly unknown[],
  libraries: Readonly<Record<string, string>>,
): Promise<DeployedContract> {
  const factory = new ContractFactory(artifact.abi, linkedBytecode(artifact, libraries), signer);
  const contract = await factory.deploy(...args);
  const transaction = contract.deploymentTransaction();
  const receipt = await transaction?.wait();
  if (!receipt || !signer.provider) throw new Error(`${artifact.contractName}: no receipt of its deployment`);
  const address = await contract.getAddress();
  return {
    address,
    constructorArguments: asJson(args),
    codeHash: keccak256(await signer.provider.getCode(address)),
    transactionHash: receipt.hash,
    blockNumber: receipt.blockNumber,
  };
}

/** Whether an earlier deployment is what would be deployed now: same arguments, same code on the chain. */
async function stands(
  signer: Signer,
  earlier: DeployedContract,
  artifact: Artifact,
  args: readonly unknown[],
  libraries: Readonly<Record<string, string>>,
): Promise<boolean> {
  const provider = signer.provider;
  if (!provider) return false;
  const factory = new ContractFactory(artifact.abi, linkedBytecode(artifact, libraries), signer);
  if (JSON.stringify(earlier.constructorArguments) !== JSON.stringify(asJson(args))) return false;
  const transaction = await provider.getTransaction(earlier.transactionHash);
  if (!transaction?.data.startsWith(factory.bytecode)) return false;
  return keccak256(await provider.getCode(earlier.address)) === earlier.codeHash;
}

/** Constructor arguments as they are kept in a deployment: integers as decimal strings. */
function asJson(args: readonly unknown[]): unknown[] {
  return args.map((arg) => (Array.isArray(arg) ? asJson(arg) : String(arg)));
}

async function describeToken(
  signer: Signer,
  asset: string,
): Promise<{ address: string; symbol: string; decimals: number }> {
  const abi = ["function symbol() view returns (string)", "function decimals() view returns (uint8)"];
  const token = new Contract(asset, abi, signer);
  return {
    address: asset,
    symbol: (await read(token, "symbol")) as string,
    decimals: Number(await read(token, "decimals")),
  };
}

function read(contract: Contract, name: string, ...args: unknown[]): Promise<unknown> {
  return contract.getFunction(name).staticCall(...args) as Promise<unknown>;
}

function call(
  contract: Contract,
  name: string,
  ...args: unknown[]
): Promise<{ wait: () => Promise<unknown> }> {
  return contract.getFunction(name).send(...args);
}

/** Whether an answer of named values says what `wanted` says. */
function sameFields(answer: unknown, wanted: Readonly<Record<string, unknown>>): boolean {
  const named = answer as Record<string, unknown>;
  return Object.entries(wanted).every(([name, value]) => String(named[name]) === String(value));
}
