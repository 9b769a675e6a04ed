import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { Contract, ContractFactory, type InterfaceAbi } from "ethers";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import config from "../../../hardhat.config.ts";
import { root } from "../../compile.ts";
import { linkedBytecode, type Artifact } from "../../deploy/artifacts.ts";
import { gasBreakdown, meteredBreakdown, type GasBreakdown, type TraceStep } from "./gasGroups.ts";

/** What an operation costs: `gasUsed` of a whole transaction, or what a contract pays for a view. */
export interface Measurement {
  readonly gas: number;
  /** Traces it; what nobody asks for costs nothing. */
  readonly explain: () => Promise<GasBreakdown>;
}

/** Mined, in a block of its own. */
export interface Receipt {
  readonly hash: string;
  readonly gasUsed: number;
  readonly logs: readonly {
    readonly address: string;
    readonly topics: readonly string[];
    readonly data: string;
  }[];
}

export type Call = readonly [contract: Contract, method: string, ...args: unknown[]];

/** Of every block: what goes by between two on Ethereum. */
const BLOCK_SECONDS = 12n;
/** A transaction that is traced without its stacks. */
const LONG_GAS = 1_000_000;
const BEGINS_AFTER_SECONDS = 3_600n;
const START = new Date(Date.UTC(2030, 0, 7));

/**
 * A chain in this process, the same on every run: a block for each transaction, twelve seconds after the one before, so
 * that interest accrues in each.
 */
export class GasChain {
  readonly signers: readonly HardhatEthersSigner[];
  readonly #connection;
  #time: bigint;

  private constructor(connection: Connection, signers: readonly HardhatEthersSigner[], time: bigint) {
    this.#connection = connection;
    this.signers = signers;
    this.#time = time;
  }

  static async start(): Promise<GasChain> {
    const connection = await connect();
    const time = BigInt(await connection.networkHelpers.time.latest());
    return new GasChain(connection, await connection.ethers.getSigners(), time);
  }

  get time(): bigint {
    return this.#time;
  }

  /** The next transaction comes this much later than it would. */
  wait(seconds: bigint): void {
    this.#time += seconds;
  }

  signer(index: number): HardhatEthersSigner {
    const signer = this.signers[index];
    if (signer === undefined) throw new Error(`the chain has no account ${index}`);
    return signer;
  }

  /** Goes on an hour after the chain's beginning: what others have sent by then came at times of the machine's. */
  begin(): void {
    this.#time = BigInt(START.getTime() / 1_000) + BEGINS_AFTER_SECONDS;
  }

  contractAt(address: string, abi: InterfaceAbi): Contract {
    return new Contract(address, abi, this.signer(0));
  }

  /** Deploys `artifact`, by the first account. */
  async deploy(
    artifact: Artifact,
    args: readonly unknown[],
    libraries: Readonly<Record<string, string>> = {},
  ): Promise<Contract> {
    const signer = this.signer(0);
    const factory = new ContractFactory(artifact.abi, linkedBytecode(artifact, libraries), signer);
    await this.#nextBlock();
    const deployed = await factory.deploy(...args);
    await deployed.waitForDeployment();
    return new Contract(await deployed.getAddress(), artifact.abi, signer);
  }

  /** Sends a call and mines it. Rejects with the decoded error when it reverts. */
  async act(from: HardhatEthersSigner, [contract, method, ...args]: Call): Promise<Receipt> {
    await this.#nextBlock();
    const own = new Contract(contract.target, contract.interface, from);
    const sent = await own.getFunction(method).send(...args);
    const receipt = await sent.wait();
    if (receipt === null) throw new Error(`${method} was not mined`);
    return { hash: receipt.hash, gasUsed: Number(receipt.gasUsed), logs: receipt.logs };
  }

  /** As `act`, and says what it cost. */
  async measure(from: HardhatEthersSigner, call: Call): Promise<Measurement & { readonly receipt: Receipt }> {
    const receipt = await this.act(from, call);
    const to = await call[0].getAddress();
    const { hash, gasUsed } = receipt;
    const explain = async (): Promise<GasBreakdown> => {
      const { steps, gasLimit } = await this.#trace(hash, gasUsed);
      return gasBreakdown(steps, { to, gasUsed, gasLimit });
    };
    return { gas: gasUsed, explain, receipt };
  }

  /** What a view costs a contract: the figure of the one event, `Measured`, of a contract that asks and reports. */
  async measureView([meter, method, ...args]: Call): Promise<Measurement> {
    const { hash, gasUsed, logs } = await this.act(this.signer(0), [meter, method, ...args]);
    const measured = logs.map((log) => meter.interface.parseLog(log)?.args[0] as bigint).at(-1);
    if (measured === undefined) throw new Error("the meter reported nothing");
    const target = await meter.getAddress();
    const explain = async (): Promise<GasBreakdown> =>
      meteredBreakdown((await this.#trace(hash, gasUsed)).steps, target);
    return { gas: Number(measured), explain };
  }

  async #trace(hash: string, gasUsed: number): Promise<{ steps: readonly TraceStep[]; gasLimit: number }> {
    const { provider } = this.#connection;
    // The stack says who is called; in two million steps it would take gigabytes.
    const disableStack = gasUsed > LONG_GAS;
    const params = [hash, { disableMemory: true, disableStorage: true, disableStack }];
    const trace: unknown = await provider.request({ method: "debug_traceTransaction", params });
    const sent: unknown = await provider.request({ method: "eth_getTransactionByHash", params: [hash] });
    const { structLogs } = trace as { readonly structLogs: readonly TraceStep[] };
    return { steps: structLogs, gasLimit: Number((sent as { readonly gas: string }).gas) };
  }

  async #nextBlock(): Promise<void> {
    this.#time += BLOCK_SECONDS;
    await this.#connection.networkHelpers.time.setNextBlockTimestamp(this.#time);
  }
}

type Connection = Awaited<ReturnType<typeof connect>>;

async function connect() {
  // Without artifacts: Hardhat would read all of them, to explain reverts, before the chain begins.
  const paths = { artifacts: "./cache/gas/none", cache: "./cache/gas/none" };
  const hre = await createHardhatRuntimeEnvironment({ ...config, paths }, {}, root);
  return hre.network.create({ network: "default", override: { initialDate: START } });
}
