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

/** A decoded struct as a plain object, so that it can be compared deeply. */
function named(types: readonly ParamType[], values: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(types.map((type, i) => [type.name, plain(type, values[i])]));
}

function plain(type: ParamType, value: unknown): unknown {
  if (type.isTuple()) return named(type.components, value as unknown[]);
  if (type.isArray()) return (value as unknown[]).map((item) => plain(type.arrayChildren, item));
  return value;
}
