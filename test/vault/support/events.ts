import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import type { BaseContract, ContractTransactionResponse, ParamType } from "ethers";

/** The arguments of the only `name` event of `contract` in a transaction, by name; structs as nested objects. */
export async function eventOf(
  transaction: ContractTransactionResponse | Promise<ContractTransactionResponse>,
  contract: BaseContract,
  name: string,
): Promise<Record<string, unknown>> {
  const found = await eventsOf(transaction, contract, name);
  if (found.length !== 1) throw new Error(`${found.length} events ${name}, expected one`);
  return found[0]!;
}

/** The arguments of every `name` event of `contract` in a transaction, in their order. */
export async function eventsOf(
  transaction: ContractTransactionResponse | Promise<ContractTransactionResponse>,
  contract: BaseContract,
  name: string,
): Promise<Record<string, unknown>[]> {
  const receipt = await (await transaction).wait();
  const address = await contract.getAddress();
  return receipt!.logs
    .filter((log) => log.address === address)
    .map((log) => contract.interface.parseLog(log))
    .filter((parsed) => parsed?.name === name)
    .map((parsed) => named(parsed!.fragment.inputs, parsed!.args));
}

/** An event with its arguments by name, and the time of its block. */
export interface TimedEvent {
  name: string;
  args: Record<string, unknown>;
  timestamp: bigint;
}

/** Every event of `contract` since the chain began, in order. */
export async function historyOf(ethers: HardhatEthers, contract: BaseContract): Promise<TimedEvent[]> {
  const address = await contract.getAddress();
  const logs = await ethers.provider.getLogs({ address, fromBlock: 0, toBlock: "latest" });
  const times = new Map<number, bigint>();
  const history: TimedEvent[] = [];
  for (const log of logs) {
    if (!times.has(log.blockNumber)) {
      const block = await ethers.provider.getBlock(log.blockNumber);
      times.set(log.blockNumber, BigInt(block!.timestamp));
    }
    const parsed = contract.interface.parseLog(log);
    if (parsed === null) throw new Error(`an event of ${address} that its interface does not know`);
    const args = named(parsed.fragment.inputs, parsed.args);
    history.push({ name: parsed.name, args, timestamp: times.get(log.blockNumber)! });
  }
  return history;
}

/** A decoded struct as a plain object, so that it can be compared deeply. */
function named(types: readonly ParamType[], values: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(types.map((type, i) => [type.name, plain(type, values[i])]));
}

function plain(type: ParamType, value: unknown): unknown {
  if (type.isTuple()) return named(type.components, value as unknown[]);
  if (type.isArray()) return (value as unknown[]).map((item) => plain(type.arrayChildren, item));
  return value;
}
