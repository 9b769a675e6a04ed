import type { Deployment } from "../../sdk/deployment.ts";
import type { Mode } from "../mode.ts";
import { plainText } from "./layout.ts";

export interface TemplateOptions {
  readonly deployment: Deployment;
  /** Paths as they are to stand in the configuration. */
  readonly deploymentFile: string;
  readonly storeFile: string;
  readonly urls: readonly string[];
  readonly mode: Mode;
  readonly key: { readonly keystoreFile: string; readonly passwordFile: string | undefined } | undefined;
}

/** A configuration with what an operator has to know at first; docs/keeper.md lists every other key. */
export function configTemplate({
  deployment,
  deploymentFile,
  storeFile,
  urls,
  mode,
  key,
}: TemplateOptions): string {
  const [first] = deployment.collaterals;
  const symbol = plainText(deployment.quote.symbol, 24);
  // A JSON string is a YAML string, whatever is in it.
  const text = (value: string) => JSON.stringify(value);
  return [
    `# A keeper of vault ${deployment.vault} on chain ${deployment.chainId}. docs/keeper.md lists every key.`,
    "",
    "# observe: says what is due. dry-run: also works out what doing it would have earned. live: does it.",
    `mode: ${mode}`,
    "",
    '# Two of different people are the least that deserves a key with money. A "ws" URL beside "http" pushes blocks.',
    "# Write ${NAME} in place of a secret part of a URL: it is taken from the environment.",
    "endpoints:",
    ...urls.map((url) => `  - http: ${text(url)}`),
    `deploymentFile: ${text(deploymentFile)}`,
    "# The keeper's memory; never of two keepers.",
    `storeFile: ${text(storeFile)}`,
    "",
    "# Needed by live alone, and opened by it alone.",
    ...keyLines(key, text),
    "",
    '# What gas is paid in: the address of a Chainlink feed, or { fixed: "1800" }. This is the feed of the first',
    `# collateral, ${plainText(first?.symbol ?? "which there is none of", 24)}: right where that is the chain's coin, wrapped.`,
    first === undefined ? 'nativePriceFeed: { fixed: "1" }' : `nativePriceFeed: ${text(first.feed)}`,
    "",
    `# In whole ${symbol}, in quotes: what a liquidation has to earn on top of its gas; what may be lost on a critical`,
    "# account in a day; the most that one account's call may cost.",
    'profitMargin: "1"',
    'criticalLossPerAccountPerDay: "10"',
    'callMaxCost: "20"',
    '# What the vault may take of the key\'s tokens: exactly what the next liquidations need, or { ceiling: "100000" }.',
    "allowance: exact",
    "# The most offered for a unit of gas, and spent on gas in a day, in coins.",
    'maxFeeGwei: "300"',
    'dailyGasBudget: "1"',
    "",
    "logLevel: info",
    "",
  ].join("\n");
}

function keyLines(key: TemplateOptions["key"], text: (value: string) => string): readonly string[] {
  if (key === undefined) return ["key:", "  privateKeyEnv: TOCSIN_KEEPER_KEY"];
  const { keystoreFile, passwordFile } = key;
  const password =
    passwordFile === undefined
      ? "passwordEnv: TOCSIN_KEEPER_PASSWORD"
      : `passwordFile: ${text(passwordFile)}`;
  return ["key:", `  keystoreFile: ${text(keystoreFile)}`, `  ${password}`];
}
