import type { BaseContract, ContractTransactionResponse, Result } from "ethers";

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
    .map((parsed) => plain(parsed!.args) as Record<string, unknown>);
}

/** A decoded struct as a plain object, an array as a plain array, so that they can be compared deeply. */
function plain(value: unknown): unknown {
  if (!isResult(value)) return value;
  const named = value.toObject();
  if (value.length > 0 && !("_" in named)) {
    return Object.fromEntries(Object.entries(named).map(([key, field]) => [key, plain(field)]));
  }
  return value.toArray().map(plain);
}

function isResult(value: unknown): value is Result {
  return Array.isArray(value) && "toObject" in value;
}
