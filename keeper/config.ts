import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseUnits } from "ethers";
import { z } from "zod";
import { parseDeployment, type Deployment } from "../sdk/deployment.ts";
import { POKED_ROUNDS } from "../sdk/volatility.ts";
import { alertsConfigFrom, alertsSchema, type AlertsConfig } from "./alerts/alertsConfig.ts";
import { brakeConfigFrom, brakeSchema, type BrakeConfig } from "./brakeConfig.ts";
import { addressSchema, decimalSchema } from "./configTerms.ts";
import { UserError, messageOf } from "./errors.ts";
import { LANES, type Lane } from "./executors/lane.ts";
import { flashConfigFrom, flashSchema, type FlashConfig } from "./flashConfig.ts";
import { metricsSchema, type MetricsConfig } from "./metricsConfig.ts";
import { standbySchema } from "./standbyConfig.ts";

const gwei = decimalSchema.transform((text) => parseUnits(text, "gwei"));
const count = z.int().min(1);
const milliseconds = z.int().min(1).max(3_600_000);
const seconds = z.int().min(60);

/** EIP-7825: no transaction may use more. */
const TRANSACTION_GAS_LIMIT = 16_777_216;

/** Wei in decimals of the native coin. */
const coins = decimalSchema.transform((text) => parseUnits(text, 18));

const keySchema = z.union([
  z.strictObject({ keystoreFile: z.string().min(1), passwordFile: z.string().min(1) }),
  z.strictObject({ keystoreFile: z.string().min(1), passwordEnv: z.string().min(1) }),
  z.strictObject({ privateKeyEnv: z.string().min(1) }),
]);

const httpUrl = z.url({ protocol: /^https?$/ }).refine(hasNoPassword, "must not contain a user or password");
const wsUrl = z.url({ protocol: /^wss?$/ }).refine(hasNoPassword, "must not contain a user or password");
const endpointSchema = z.strictObject({ http: httpUrl, ws: wsUrl.optional() });

const configSchema = z.strictObject({
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
  relayUrl: z.url({ protocol: /^https?$/ }).optional(),
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
  /** One key for each lane; lanes may share one. */
  readonly keys: Readonly<Record<Lane, KeySource>>;
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

/** Reads and checks a configuration; throws a `UserError` that names file and key. Paths in it start at its folder. */
export function readConfig(file: string): Config {
  return configFrom(readJson(file), file, file);
}

/** As `readConfig`, of JSON that is part of `file` and called `name` in what is wrong with it. */
export function configFrom(json: unknown, file: string, name: string): Config {
  const parsed = configSchema.safeParse(json, { reportInput: false });
  if (!parsed.success) throw new UserError(`${name}: ${describe(parsed.error)}`);
  const { profitMargin, criticalLossPerAccountPerDay, housekeepingMaxCost, ...rest } = parsed.data;
  const { callMaxCost, pokeMaxCost, minimumCallDebt, allowance, deploymentFile, nativePriceFeed, ...others } =
    rest;
  const { key, keys, stopFile, rpcUrl, endpoints, flashLiquidator, brake, metrics, alerts, ...plain } =
    others;
  const pathOf = (path: string) => resolve(dirname(file), path);
  const deployment = readDeployment(pathOf(deploymentFile));
  const storeFile = pathOf(plain.storeFile);
  const amountOf = (key: string, text: string) => quoteAmount(name, key, text, deployment);
  return Object.freeze({
    ...plain,
    endpoints: endpointsFrom(name, rpcUrl, endpoints),
    storeFile,
    stopFile: pathOf(stopFile ?? `${plain.storeFile}.stop`),
    keys: keysFrom(name, key, keys, pathOf),
    deployment,
    flashLiquidator: flashLiquidator ? flashConfigFrom(name, flashLiquidator, deployment) : undefined,
    metrics: metrics ?? undefined,
    brake: brakeConfigFrom(name, brake, deployment, storeFile, pathOf),
    alerts: alerts ? alertsConfigFrom(name, alerts, storeFile, pathOf) : undefined,
    profitMargin: amountOf("profitMargin", profitMargin),
    criticalLossPerAccountPerDay: amountOf("criticalLossPerAccountPerDay", criticalLossPerAccountPerDay),
    housekeepingMaxCost: amountOf("housekeepingMaxCost", housekeepingMaxCost),
    pokeMaxCost: amountOf("pokeMaxCost", pokeMaxCost),
    callMaxCost: amountOf("callMaxCost", callMaxCost),
    minimumCallDebt: amountOf("minimumCallDebt", minimumCallDebt),
    allowanceCeiling: allowance === "exact" ? undefined : amountOf("allowance.ceiling", allowance.ceiling),
    nativePrice:
      typeof nativePriceFeed === "string"
        ? { feed: nativePriceFeed }
        : { fixed: amountOf("nativePriceFeed.fixed", nativePriceFeed.fixed) },
  });
}

/** A URL with a password cannot be fetched, and would be shown in whole by whoever prints it. */
function hasNoPassword(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password } = new URL(url);
  return username === "" && password === "";
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
export function readJson(file: string): unknown {
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
  key: KeySource | undefined,
  keys: ParsedConfig["keys"],
  pathOf: (path: string) => string,
): Config["keys"] {
  if ((key === undefined) === (keys === undefined)) {
    throw new UserError(`${file}: must have either "key", one for everything, or "keys", one for each lane`);
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
      `${file}: ${name}: ${quote.symbol} has ${quote.decimals} decimals, "${text}" has more`,
      {
        cause: error,
      },
    );
  }
}

/** One line for the first thing that is wrong; values are left out, for one of them may be a secret in the wrong place. */
function describe(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? "the configuration is not valid" : describeIssue(issue, []);
}

function describeIssue(issue: z.core.$ZodIssue, parents: readonly PropertyKey[]): string {
  const path = [...parents, ...issue.path];
  const name = path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const keys = issue.keys.map((key) => `"${[...path, key].map(String).join(".")}"`).join(", ");
    return `unknown key ${keys}`;
  }
  if (issue.code === "invalid_union") {
    const unknown = issue.errors.flat().find((inner) => inner.code === "unrecognized_keys");
    if (name === "key" || name.startsWith("keys.")) {
      return `${name}: must be { keystoreFile, passwordFile }, { keystoreFile, passwordEnv } or { privateKeyEnv }`;
    }
    if (unknown !== undefined) return describeIssue(unknown, path);
  }
  return `${name === "" ? "the configuration" : name}: ${issue.message}`;
}
