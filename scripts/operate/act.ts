import { getAddress, isAddress, type ContractRunner } from "ethers";
import type { Deployment, DeployedCollateral } from "../../sdk/deployment.ts";
import type { VaultMoment } from "../../sdk/vaultTypes.ts";
import { InputError } from "../../sdk/inputError.ts";

/** What an act is planned against. */
export interface ActContext {
  readonly deployment: Deployment;
  readonly runner: ContractRunner;
}

/** A change that a role may make, as a command. */
export interface Act {
  readonly name: string;
  /** What it does, for the list of acts. */
  readonly words: string;
  readonly on: "configurator" | "clock" | "governance";
  readonly signature: string;
  /** The names of what is given after the act's name, in order. */
  readonly parameters: readonly string[];
  /** The function's arguments; throws an `InputError` that names what is wrong. */
  argumentsOf(
    values: readonly string[],
    context: ActContext,
  ): readonly unknown[] | Promise<readonly unknown[]>;
  /** What else whoever decides should know, a line each. */
  notes?(values: readonly string[], context: ActContext): Promise<readonly string[]>;
  /** The vault when the change is complete, ramps included, at the same prices, amounts and time; else as it is. */
  after?(
    moment: VaultMoment,
    values: readonly string[],
    context: ActContext,
  ): VaultMoment | Promise<VaultMoment>;
}

/** A collateral by symbol, number or address. */
export function collateralIn({ deployment }: ActContext, text: string | undefined): DeployedCollateral {
  const found = deployment.collaterals.find(
    ({ symbol, number, address }) =>
      symbol === text || String(number) === text || address.toLowerCase() === text?.toLowerCase(),
  );
  if (found !== undefined) return found;
  const known = deployment.collaterals.map(({ symbol }) => symbol).join(", ");
  throw new InputError(`"${text ?? ""}" is no collateral of this vault: it has ${known}`);
}

/** An address, checksummed. */
export function addressIn(text: string | undefined): string {
  if (!isAddress(text)) throw new InputError(`"${String(text)}" is not an address`);
  return getAddress(text);
}

/** A whole number from zero up to `most`. */
export function integerIn(text: string | undefined, what: string, most: bigint): bigint {
  const value = /^\d+$/.test(text ?? "") ? BigInt(text ?? "") : undefined;
  if (value === undefined || value > most) {
    throw new InputError(`${what} must be a whole number up to ${most}, not "${text ?? ""}"`);
  }
  return value;
}
