import type { JsonRpcProvider } from "ethers";
import { AccountIndex } from "../../../keeper/index/accountIndex.ts";
import type { RawLog } from "../../../sdk/logReader.ts";
import { LogApplier } from "./applyLogs.ts";

/** A log as a node answers it, with its place. */
export type PlacedLog = RawLog & { readonly blockNumber: string; readonly transactionHash: string };

/** An index that follows a vault by its logs. */
export class ChainFollower {
  readonly index = new AccountIndex();
  readonly #provider: JsonRpcProvider;
  readonly #vault: string;
  readonly #applier: LogApplier;
  #next: number;

  constructor(provider: JsonRpcProvider, vault: string, deployBlock: number) {
    this.#provider = provider;
    this.#vault = vault;
    this.#next = deployBlock;
    this.#applier = new LogApplier(this.index, vault);
  }

  /** Reads on to the newest block and returns its number. */
  async readOn(): Promise<number> {
    const newest = await this.#provider.getBlockNumber();
    await this.readTo(newest);
    return newest;
  }

  /** Reads on to block `to` and returns the logs it found. */
  async readTo(to: number): Promise<readonly PlacedLog[]> {
    const block = await this.#provider.getBlock(to);
    const filter = {
      address: this.#vault,
      fromBlock: `0x${this.#next.toString(16)}`,
      toBlock: `0x${to.toString(16)}`,
    };
    const logs = (await this.#provider.send("eth_getLogs", [filter])) as PlacedLog[];
    this.#applier.apply(logs, BigInt(block?.timestamp ?? 0));
    this.#next = to + 1;
    return logs;
  }
}
