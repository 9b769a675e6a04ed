import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { getAddress, parseUnits } from "ethers";
import { z } from "zod";
import { parseDeployment, type Deployment } from "../sdk/deployment.ts";
import { UserError, messageOf } from "./errors.ts";

const address = z.string().transform((text, context) => {
  try {
    return getAddress(text);
  } catch {
    context.addIssue({ code: "custom", message: `"${text}" is not an address` });
    return z.NEVER;
  }
});
/** Decimal strings: a JSON number would be rounded, and 0.1 is none. */
const decimal = z.string().regex(/^\d+(\.\d+)?$/, "must be a decimal number in a string");
const gwei = decimal.transform((text) => parseUnits(text, "gwei"));
const count = z.int().min(1);
const milliseconds = z.int().min(1).max(3_600_000);
const seconds = z.int().min(60);

/** EIP-7825: no transaction may use more. */
const TRANSACTION_GAS_LIMIT = 16_777_216;

const keySchema = z.union([
  z.strictObject({ keystoreFile: z.string().min(1), passwordFile: z.string().min(1) }),
  z.strictObject({ keystoreFile: z.string().min(1), passwordEnv: z.string().min(1) }),
  z.strictObject({ privateKeyEnv: z.string().min(1) }),
]);

const configSchema = z.strictObject({
  rpcUrl: z.url({ protocol: /^https?$/ }),
  deploymentFile: z.string().min(1),
  storeFile: z.string().min(1),
  key: keySchema,
  pollMs: milliseconds.default(250),
  rpcTimeoutMs: milliseconds.default(10_000),
  logRangeBlocks: count.default(2_000),
  nativePriceFeed: z.union([address, z.strictObject({ fixed: decimal })]),
  profitMargin: decimal.default("1"),
  criticalAtAnyProfit: z.boolean().default(true),
  criticalLossPerAccountPerDay: decimal.default("10"),
  allowance: z.union([z.literal("exact"), z.strictObject({ ceiling: decimal })]).default("exact"),
  tipGwei: gwei.default(parseUnits("0.1", "gwei")),
  maxFeeGwei: gwei.default(parseUnits("300", "gwei")),
  replaceAfterBlocks: count.default(3),
  giveUpAfterBlocks: count.default(50),
  maxGasPerTransaction: z.int().min(1_000_000).max(TRANSACTION_GAS_LIMIT).default(16_000_000),
  callsPerTransaction: count.max(250).default(150),
  takesPerTransaction: count.max(50).default(20),
  recordEverySeconds: seconds.default(14_400),
  bookFeeEverySeconds: seconds.default(604_800),
  housekeepingMaxCost: decimal.default("2"),
  logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});

type ParsedConfig = z.infer<typeof configSchema>;
type QuoteAmounts = "profitMargin" | "criticalLossPerAccountPerDay" | "housekeepingMaxCost";

/** Everything the keeper is told, read once and frozen. Amounts are quote base units, fees wei, paths absolute. */
export interface Config extends Readonly<
  Omit<ParsedConfig, QuoteAmounts | "allowance" | "deploymentFile" | "nativePriceFeed">
> {
  readonly deployment: Deployment;
  readonly profitMargin: bigint;
  readonly criticalLossPerAccountPerDay: bigint;
  readonly housekeepingMaxCost: bigint;
  /** The allowance the vault is given; undefined: exactly what the next liquidations need. */
  readonly allowanceCeiling: bigint | undefined;
  readonly nativePrice: NativePrice;
}

/** What a whole native coin costs: a Chainlink feed's answer, or quote base units. */
export type NativePrice = { readonly feed: string } | { readonly fixed: bigint };

/** Reads and checks a configuration; throws a `UserError` that names file and key. Paths in it start at its folder. */
export function readConfig(file: string): Config {
  const parsed = configSchema.safeParse(readJson(file), { reportInput: false });
  if (!parsed.success) throw new UserError(`${file}: ${describe(parsed.error)}`);
  const { profitMargin, criticalLossPerAccountPerDay, housekeepingMaxCost, ...rest } = parsed.data;
  const { allowance, deploymentFile, nativePriceFeed, ...plain } = rest;
  const pathOf = (path: string) => resolve(dirname(file), path);
  const deployment = readDeployment(pathOf(deploymentFile));
  const amountOf = (name: string, text: string) => quoteAmount(file, name, text, deployment);
  return Object.freeze({
    ...plain,
    storeFile: pathOf(plain.storeFile),
    key: withPaths(plain.key, pathOf),
    deployment,
    profitMargin: amountOf("profitMargin", profitMargin),
    criticalLossPerAccountPerDay: amountOf("criticalLossPerAccountPerDay", criticalLossPerAccountPerDay),
    housekeepingMaxCost: amountOf("housekeepingMaxCost", housekeepingMaxCost),
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

function withPaths(key: ParsedConfig["key"], pathOf: (path: string) => string): ParsedConfig["key"] {
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
    if (name === "key") {
      return "key: must be { keystoreFile, passwordFile }, { keystoreFile, passwordEnv } or { privateKeyEnv }";
    }
    if (unknown !== undefined) return describeIssue(unknown, path);
  }
  return `${name === "" ? "the configuration" : name}: ${issue.message}`;
}
