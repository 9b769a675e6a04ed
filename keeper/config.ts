import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseUnits } from "ethers";
import { z } from "zod";
import { parseDeployment, type Deployment } from "../sdk/deployment.ts";
import { POKED_ROUNDS } from "../sdk/volatility.ts";
import { alertsConfigFrom, alertsSchema, type AlertsConfig } from "./alerts/alertsConfig.ts";
import { brakeConfigFrom, brakeSchema, type BrakeConfig } from "./brakeConfig.ts";
import { addressSchema, decimalSchema } from "./configTerms.ts";
import { describeConfigError } from "./describeConfigError.ts";
import { UserError, messageOf } from "./errors.ts";
import { LANES, type Lane } from "./executors/lane.ts";
import { flashConfigFrom, flashSchema, type FlashConfig } from "./flashConfig.ts";
import { metricsSchema, type MetricsConfig } from "./metricsConfig.ts";
import { MODES, type Mode } from "./mode.ts";
import { readConfigText, type ConfigPath, type ConfigText } from "./readConfigText.ts";
import { standbySchema } from "./standbyConfig.ts";
import { urlSchema } from "./urlSchema.ts";

const gwei = decimalSchema.transform((text) => parseUnits(text, "gwei"));
const count = z.int().min(1);
const milliseconds = z.int().min(1).max(3_600_000);
const seconds = z.int().min(60);

/** EIP-7825: no transaction may use more. */
const TRANSACTION_GAS_LIMIT = 16_777_216;

/** Wei in decimals of the native coin. */
const coins = decimalSchema.transform((text) => parseUnits(text, 18));

/** A variable's name is shown when it is not set, and so would be a key in its place. */
const variableSchema = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of an environment variable")
  .refine((name) => !/^[0-9a-f]{40,}$/i.test(name), "must be the name of an environment variable");
const keySchema = z.union([
  z.strictObject({ keystoreFile: z.string().min(1), passwordFile: z.string().min(1) }),
  z.strictObject({ keystoreFile: z.string().min(1), passwordEnv: variableSchema }),
  z.strictObject({ privateKeyEnv: variableSchema }),
]);

const httpUrl = urlSchema("http");
const endpointSchema = z.strictObject({ http: httpUrl, ws: urlSchema("ws").optional() });

export const configSchema = z.strictObject({
  mode: z.enum(MODES).default("observe"),
  dryRunBalance: decimalSchema.default("1000000"),
  rpcUrl: httpUrl.optional(),
  endpoints: z.array(endpointSchema).min(1).max(8).optional(),
  deploymentFile: z.string().min(1),
  storeFile: z.string().min(1),
  key: keySchema.optional(),
  keys: z.strictObject({ urgent: keySchema, normal: keySchema, housekeeping: keySchema }).optional(),
  stopFile: z.string().min(1).optional(),
  pollMs: milliseconds.default(250),
  rpcTimeoutMs: milliseconds.default(10_000),
  hedgeAfterMs: milliseconds.default(1_000),
  agreeWithinMs: milliseconds.default(1_000),
  logRangeBlocks: count.default(2_000),
  nativePriceFeed: z.union([addressSchema, z.strictObject({ fixed: decimalSchema })]),
  profitMargin: decimalSchema.default("1"),
  criticalAtAnyProfit: z.boolean().default(true),
  criticalLossPerAccountPerDay: decimalSchema.default("10"),
  allowance: z.union([z.literal("exact"), z.strictObject({ ceiling: decimalSchema })]).default("exact"),
  tipGwei: gwei.default(parseUnits("0.1", "gwei")),
  maxFeeGwei: gwei.default(parseUnits("300", "gwei")),
  dailyGasBudget: coins.optional(),
  callMaxCost: decimalSchema.default("20"),
  minimumCallDebt: decimalSchema.default("0"),
  relayUrl: httpUrl.optional(),
  relayMethod: z
    .enum(["eth_sendRawTransaction", "eth_sendPrivateTransaction"])
    .default("eth_sendRawTransaction"),
  relayBlocks: count.default(2),
  replaceAfterBlocks: count.default(3),
  giveUpAfterBlocks: count.default(50),
  maxGasPerTransaction: z.int().min(1_000_000).max(TRANSACTION_GAS_LIMIT).default(16_000_000),
  callsPerTransaction: count.max(250).default(150),
  takesPerTransaction: count.max(50).default(20),
  recordEverySeconds: seconds.default(14_400),
  bookFeeEverySeconds: seconds.default(604_800),
  housekeepingMaxCost: decimalSchema.default("2"),
  pokeMaxCost: decimalSchema.default("20"),
  pokeAfterRounds: count.max(POKED_ROUNDS).default(POKED_ROUNDS / 2),
  flashLiquidator: flashSchema.nullish(),
  brake: brakeSchema.prefault({}),
  standby: standbySchema.prefault({}),
  metrics: metricsSchema.nullish(),
  alerts: alertsSchema.nullish(),
  logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});

type ParsedConfig = z.infer<typeof configSchema>;
type QuoteAmounts =
  | "profitMargin"
  | "criticalLossPerAccountPerDay"
  | "dryRunBalance"
  | "housekeepingMaxCost"
  | "pokeMaxCost"
  | "callMaxCost"
  | "minimumCallDebt";

/** Where an endpoint is; without `ws` it is polled. */
export interface EndpointUrls {
  readonly http: string;
  readonly ws: string | undefined;
}

/** Where a key is. */
export type KeySource = z.infer<typeof keySchema>;

/** Everything the keeper is told, read once and frozen. Amounts are quote base units, fees wei, paths absolute. */
export interface Config extends Readonly<
  Omit<
    ParsedConfig,
    | QuoteAmounts
    | "allowance"
    | "deploymentFile"
    | "nativePriceFeed"
    | "key"
    | "keys"
    | "stopFile"
    | "rpcUrl"
    | "endpoints"
    | "flashLiquidator"
    | "alerts"
    | "brake"
    | "metrics"
  >
> {
  /** The first is the one whose chain is followed while it does its work. */
  readonly endpoints: readonly EndpointUrls[];
  readonly deployment: Deployment;
  readonly profitMargin: bigint;
  readonly criticalLossPerAccountPerDay: bigint;
  readonly housekeepingMaxCost: bigint;
  /** The most that the gas for a poke may cost that tightens a weight. */
  readonly pokeMaxCost: bigint;
  /** The most that the gas for one account's call may cost. */
  readonly callMaxCost: bigint;
  /** Accounts that owe less are not called. */
  readonly minimumCallDebt: bigint;
  /** Quote tokens that a dry run pretends to have. */
  readonly dryRunBalance: bigint;
  /** One key for each lane; lanes may share one. Always there in mode live, and never opened in another. */
  readonly keys: Readonly<Record<Lane, KeySource>> | undefined;
  /** Sending stops while this file exists. */
  readonly stopFile: string;
  /** The allowance the vault is given; undefined: exactly what the next liquidations need. */
  readonly allowanceCeiling: bigint | undefined;
  readonly nativePrice: NativePrice;
  /** Undefined: all takes are paid for by hand. */
  readonly flashLiquidator: FlashConfig | undefined;
  readonly brake: BrakeConfig;
  /** Undefined: nothing is served. */
  readonly metrics: MetricsConfig | undefined;
  /** Undefined: traders are told nothing. */
  readonly alerts: AlertsConfig | undefined;
}

/** What a whole native coin costs: a Chainlink feed's answer, or quote base units. */
export type NativePrice = { readonly feed: string } | { readonly fixed: bigint };

/** One vault's part of a configuration; `name` is what it is called in what is wrong with it, if it is one of several. */
export interface ConfigPart extends ConfigText {
  readonly name: string | undefined;
}

/** Reads and checks a configuration; throws a `UserError` that names file, line and key. Paths in it start at its folder. */
export function readConfig(file: string): Config {
  return configFrom({ ...readConfigText(file), name: undefined });
}

/** As `readConfig`, of what has been read already. */
export function configFrom({ value, file, name, placeOf }: ConfigPart): Config {
  const at = (path: ConfigPath) => (name === undefined ? placeOf(path) : `${placeOf(path)}: ${name}`);
  const parsed = configSchema.safeParse(value, { reportInput: false });
  if (!parsed.success) {
    const placed = (path: ConfigPath, words: string) => `${at(path)}: ${words}`;
    throw new UserError(describeConfigError(parsed.error, configSchema, placed));
  }
  const { profitMargin, criticalLossPerAccountPerDay, housekeepingMaxCost, ...rest } = parsed.data;
  const {
    callMaxCost,
    pokeMaxCost,
    minimumCallDebt,
    allowance,
    deploymentFile,
    nativePriceFeed,
    dryRunBalance,
    ...others
  } = rest;
  const { key, keys, stopFile, rpcUrl, endpoints, flashLiquidator, brake, metrics, alerts, ...plain } =
    others;
  const pathOf = (path: string) => resolve(dirname(file), path);
  const deployment = readDeployment(pathOf(deploymentFile));
  const storeFile = pathOf(plain.storeFile);
  const amountOf = (key: string, text: string) => quoteAmount(at(key.split(".")), key, text, deployment);
  return Object.freeze({
    ...plain,
    endpoints: endpointsFrom(at(["endpoints"]), rpcUrl, endpoints),
    storeFile,
    stopFile: pathOf(stopFile ?? `${plain.storeFile}.stop`),
    keys: keysFrom(at(["keys"]), plain.mode, key, keys, pathOf),
    deployment,
    metrics: metrics ?? undefined,
    flashLiquidator: flashLiquidator
      ? flashConfigFrom(at(["flashLiquidator"]), flashLiquidator, deployment)
      : undefined,
    brake: brakeConfigFrom(at(["brake"]), brake, deployment, storeFile, pathOf),
    alerts: alerts ? alertsConfigFrom(at(["alerts"]), alerts, storeFile, pathOf) : undefined,
    profitMargin: amountOf("profitMargin", profitMargin),
    criticalLossPerAccountPerDay: amountOf("criticalLossPerAccountPerDay", criticalLossPerAccountPerDay),
    housekeepingMaxCost: amountOf("housekeepingMaxCost", housekeepingMaxCost),
    pokeMaxCost: amountOf("pokeMaxCost", pokeMaxCost),
    dryRunBalance: amountOf("dryRunBalance", dryRunBalance),
    callMaxCost: amountOf("callMaxCost", callMaxCost),
    minimumCallDebt: amountOf("minimumCallDebt", minimumCallDebt),
    allowanceCeiling: allowance === "exact" ? undefined : amountOf("allowance.ceiling", allowance.ceiling),
    nativePrice:
      typeof nativePriceFeed === "string"
        ? { feed: nativePriceFeed }
        : { fixed: amountOf("nativePriceFeed.fixed", nativePriceFeed.fixed) },
  });
}

function readDeployment(file: string): Deployment {
  const json = readJson(file);
  try {
    return parseDeployment(json);
  } catch (error) {
    throw new UserError(`${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** The JSON in a file; throws a `UserError` that names it. */
function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${file} is no JSON: ${messageOf(error)}`, { cause: error });
  }
}

function endpointsFrom(
  file: string,
  rpcUrl: string | undefined,
  endpoints: ParsedConfig["endpoints"],
): readonly EndpointUrls[] {
  if ((rpcUrl === undefined) === (endpoints === undefined)) {
    throw new UserError(`${file}: must have either "rpcUrl", one endpoint, or "endpoints", a list of them`);
  }
  const list = endpoints ?? [{ http: rpcUrl ?? "" }];
  // One that is named twice would agree with itself.
  if (new Set(list.map(({ http }) => new URL(http).href)).size < list.length) {
    throw new UserError(`${file}: endpoints: the same endpoint is named twice`);
  }
  return list.map(({ http, ws }) => ({ http, ws }));
}

function keysFrom(
  file: string,
  mode: Mode,
  key: KeySource | undefined,
  keys: ParsedConfig["keys"],
  pathOf: (path: string) => string,
): Config["keys"] {
  const isNone = key === undefined && keys === undefined;
  if (isNone && mode !== "live") return undefined;
  if ((key === undefined) === (keys === undefined)) {
    throw new UserError(
      `${file}: to be live it must have either "key", one for everything, or "keys", one for each lane`,
    );
  }
  const sourceOf = (lane: Lane) => keys?.[lane] ?? key;
  const sources = LANES.map((lane) => {
    const source = sourceOf(lane);
    if (source === undefined) throw new UserError(`${file}: keys.${lane} is missing`);
    return [lane, withPaths(source, pathOf)] as const;
  });
  return Object.fromEntries(sources) as Record<Lane, KeySource>;
}

function withPaths(key: KeySource, pathOf: (path: string) => string): KeySource {
  if ("privateKeyEnv" in key) return key;
  const keystoreFile = pathOf(key.keystoreFile);
  return "passwordFile" in key
    ? { keystoreFile, passwordFile: pathOf(key.passwordFile) }
    : { keystoreFile, passwordEnv: key.passwordEnv };
}

function quoteAmount(file: string, name: string, text: string, { quote }: Deployment): bigint {
  try {
    return parseUnits(text, quote.decimals);
  } catch (error) {
    throw new UserError(
      `${file}: ${name}: ${quote.symbol} has ${quote.decimals} decimals, and this number more`,
      { cause: error },
    );
  }
}
