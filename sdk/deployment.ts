import { getAddress } from "ethers";
import { InputError } from "./inputError.ts";
import type { KinkedRates } from "./interest.ts";

/** A token of a vault and the feed of its price. */
export interface DeployedAsset {
  readonly address: string;
  readonly symbol: string;
  readonly decimals: number;
  readonly feed: string;
}

/** A collateral; `number` is its place in the vault's listing order. */
export interface DeployedCollateral extends DeployedAsset {
  readonly number: number;
  /** What measures the volatility that its weights follow; not there where they follow none. */
  readonly gauge?: string;
}

/** How a contract came to be where it is. */
export interface DeployedContract {
  readonly address: string;
  /** As they were given, integers as decimal strings. */
  readonly constructorArguments: readonly unknown[];
  readonly codeHash: string;
  readonly transactionHash: string;
  readonly blockNumber: number;
}

/** One vault on one chain, as `deployments/<chainId>.json` describes it. Plain JSON. */
export interface Deployment {
  readonly chainId: number;
  /** The first block that can hold a log of this vault. */
  readonly deployBlock: number;
  readonly vault: string;
  readonly configurator: string;
  /** Who may set what, and when. Not there in deployments from before it was. */
  readonly governance?: string;
  readonly authority: string;
  readonly clock: string;
  readonly oracle: string;
  readonly interestRateModel: string;
  readonly callLogic: string;
  readonly liquidationLogic: string;
  /** Pays by signature; serves any vault. Not there in deployments from before it was. */
  readonly permitRouter?: string;
  readonly quote: DeployedAsset;
  readonly collaterals: readonly DeployedCollateral[];
  /** `KinkedRateModel`'s constants as decimal strings. */
  readonly rates: Readonly<Record<keyof KinkedRates, string>>;
  readonly contracts: Readonly<Record<string, DeployedContract>>;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a deployment from parsed JSON. Addresses come out checksummed. Throws an `InputError` that names the field.
 * Fields it does not know are left out.
 */
export function parseDeployment(json: unknown): Deployment {
  const fields = objectAt(json, "deployment");
  const addressOf = (name: string) => addressAt(fields[name], name);
  return {
    chainId: integerAt(fields.chainId, "chainId"),
    deployBlock: integerAt(fields.deployBlock, "deployBlock"),
    vault: addressOf("vault"),
    configurator: addressOf("configurator"),
    ...(fields.governance === undefined ? {} : { governance: addressOf("governance") }),
    authority: addressOf("authority"),
    clock: addressOf("clock"),
    oracle: addressOf("oracle"),
    interestRateModel: addressOf("interestRateModel"),
    callLogic: addressOf("callLogic"),
    liquidationLogic: addressOf("liquidationLogic"),
    ...(fields.permitRouter === undefined ? {} : { permitRouter: addressOf("permitRouter") }),
    quote: assetAt(fields.quote, "quote"),
    collaterals: collateralsAt(fields.collaterals),
    rates: ratesAt(fields.rates),
    contracts: contractsAt(fields.contracts),
  };
}

/** The constants of a deployment's rate model. */
export function ratesOf(deployment: Deployment): KinkedRates {
  const { kinkWad, baseRateWad, kinkRateWad, fullRateWad } = deployment.rates;
  return {
    kinkWad: BigInt(kinkWad),
    baseRateWad: BigInt(baseRateWad),
    kinkRateWad: BigInt(kinkRateWad),
    fullRateWad: BigInt(fullRateWad),
  };
}

function assetAt(json: unknown, path: string): DeployedAsset {
  const fields = objectAt(json, path);
  return {
    address: addressAt(fields.address, `${path}.address`),
    symbol: textAt(fields.symbol, `${path}.symbol`),
    decimals: integerAt(fields.decimals, `${path}.decimals`, 36),
    feed: addressAt(fields.feed, `${path}.feed`),
  };
}

function collateralsAt(json: unknown): DeployedCollateral[] {
  if (!Array.isArray(json)) throw missing(json, "collaterals", "a list");
  return json.map((item: unknown, index): DeployedCollateral => {
    const path = `collaterals[${index}]`;
    const number = integerAt(objectAt(item, path).number, `${path}.number`, 15);
    if (number !== index) throw new InputError(`${path}.number must be ${index}: collaterals go by number.`);
    const { gauge } = objectAt(item, path);
    const follows = gauge === undefined ? {} : { gauge: addressAt(gauge, `${path}.gauge`) };
    return { number, ...assetAt(item, path), ...follows };
  });
}

function ratesAt(json: unknown): Deployment["rates"] {
  const fields = objectAt(json, "rates");
  const rateOf = (name: keyof KinkedRates) => {
    const value = textAt(fields[name], `rates.${name}`);
    if (!/^\d+$/.test(value)) throw missing(value, `rates.${name}`, "an integer in a string");
    return value;
  };
  return {
    kinkWad: rateOf("kinkWad"),
    baseRateWad: rateOf("baseRateWad"),
    kinkRateWad: rateOf("kinkRateWad"),
    fullRateWad: rateOf("fullRateWad"),
  };
}

function contractsAt(json: unknown): Deployment["contracts"] {
  const entries = Object.entries(objectAt(json, "contracts")).map(([name, item]) => {
    const path = `contracts.${name}`;
    const fields = objectAt(item, path);
    const given = fields.constructorArguments;
    if (!Array.isArray(given)) throw missing(given, `${path}.constructorArguments`, "a list");
    const contract: DeployedContract = {
      address: addressAt(fields.address, `${path}.address`),
      constructorArguments: given as unknown[],
      codeHash: hashAt(fields.codeHash, `${path}.codeHash`),
      transactionHash: hashAt(fields.transactionHash, `${path}.transactionHash`),
      blockNumber: integerAt(fields.blockNumber, `${path}.blockNumber`),
    };
    return [name, contract] as const;
  });
  return Object.fromEntries(entries);
}

function objectAt(json: unknown, path: string): Fields {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw missing(json, path, "an object");
  }
  return json as Fields;
}

function textAt(json: unknown, path: string): string {
  if (typeof json !== "string" || json === "") throw missing(json, path, "a text");
  return json;
}

function integerAt(json: unknown, path: string, maximum = Number.MAX_SAFE_INTEGER): number {
  if (typeof json !== "number" || !Number.isInteger(json) || json < 0 || json > maximum) {
    throw missing(json, path, `an integer from 0 to ${maximum}`);
  }
  return json;
}

function addressAt(json: unknown, path: string): string {
  try {
    return getAddress(textAt(json, path));
  } catch {
    throw missing(json, path, "an address");
  }
}

function hashAt(json: unknown, path: string): string {
  if (typeof json !== "string" || !/^0x[0-9a-f]{64}$/i.test(json)) {
    throw missing(json, path, "0x and 64 hex digits");
  }
  return json;
}

function missing(found: unknown, path: string, wanted: string): InputError {
  const shown = found === undefined ? "missing" : JSON.stringify(found).slice(0, 80);
  return new InputError(`The deployment's ${path} must be ${wanted}; it is ${shown}.`);
}
