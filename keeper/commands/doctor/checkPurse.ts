import { formatAmount, formatUnits } from "../../../sdk/format.ts";
import type { Config } from "../../config.ts";
import { prudentBaseFee } from "../../executors/fees.ts";
import { LANES } from "../../executors/lane.ts";
import type { Signers } from "../../openLanes.ts";
import type { BlockHeader } from "../../sources/blockHeader.ts";
import { ask } from "../../sources/probe.ts";
import type { Rpc } from "../../sources/rpcClient.ts";
import { walletProbe } from "../../sources/walletProbe.ts";
import { plainText } from "../layout.ts";
import { failure, ok, warning, type Finding } from "./finding.ts";

/** What the keys spent on gas lately: wei, in so many days of block time. */
export interface GasSpent {
  readonly wei: bigint;
  readonly days: number;
}

/** As many large transactions a key should be able to pay, so that there is time to send coins. */
const EARLY_TRANSACTIONS = 10n;
const SHORT_RUNWAY_DAYS = 3;

/** Balances and allowance of each key, and how long its coins last at the present price of gas and the recent spending. */
export async function checkPurse(
  rpc: Rpc,
  config: Config,
  signers: Signers,
  head: BlockHeader,
  spent: GasSpent | undefined,
): Promise<readonly Finding[]> {
  const { deployment, flashLiquidator, maxGasPerTransaction, tipGwei } = config;
  const addresses = [...new Set(LANES.map((lane) => signers[lane].address))];
  const { vault } = deployment;
  const quote = { ...deployment.quote, symbol: plainText(deployment.quote.symbol, 24) };
  const wallets = await ask(
    rpc,
    ...addresses.map((address) => walletProbe(address, quote.address, vault, head)),
  );
  const largest = (prudentBaseFee(head) + tipGwei) * BigInt(maxGasPerTransaction);
  const findings = addresses.map((address, i): Finding => {
    const lanes = LANES.filter((lane) => signers[lane].address === address).join(", ");
    return checkCoins(
      `key ${address}`,
      lanes,
      wallets[i]?.native ?? 0n,
      largest,
      share(spent, addresses.length),
    );
  });
  const urgent = wallets[addresses.indexOf(signers.urgent.address)];
  const balance = urgent?.quote ?? 0n;
  const says = `${formatAmount(balance, quote, 2)} to liquidate with, ${formatAmount(urgent?.allowance ?? 0n, quote, 2)} of it approved`;
  if (balance > 0n) findings.push(ok("purse", says));
  else if (flashLiquidator !== undefined)
    findings.push(ok("purse", "empty; the flash liquidator pays out of what it sells"));
  else
    findings.push(
      warning(
        "purse",
        `no ${quote.symbol}: it can call and close, not liquidate`,
        `send ${quote.symbol} to ${signers.urgent.address}, or configure a flashLiquidator`,
      ),
    );
  return findings;
}

/** @param largest Wei that the largest transaction may cost now. */
export function checkCoins(
  address: string,
  lanes: string,
  native: bigint,
  largest: bigint,
  spent: GasSpent | undefined,
): Finding {
  const subject = `key ${lanes}`;
  const count = largest === 0n ? undefined : native / largest;
  const pays =
    count === undefined
      ? "gas costs nothing"
      : `pays ${count} of the largest transactions at the present price`;
  const days = runwayDays(native, spent);
  const lasts =
    days === undefined
      ? "no spending yet to tell a runway by"
      : `lasts ${formatDays(days)} at the recent spending`;
  const says = `${address} has ${formatUnits(native, 18, 4)} coins: ${pays}, ${lasts}`;
  if (native === 0n || count === 0n) return failure(subject, says, "send it coins for gas");
  if (
    (count !== undefined && count < EARLY_TRANSACTIONS) ||
    (days !== undefined && days < SHORT_RUNWAY_DAYS)
  ) {
    return warning(subject, says, "send it coins soon");
  }
  return ok(subject, says);
}

/** Undefined while nothing was spent. */
export function runwayDays(native: bigint, spent: GasSpent | undefined): number | undefined {
  if (spent === undefined || spent.wei === 0n || spent.days <= 0) return undefined;
  return Number((native * BigInt(Math.round(spent.days * 100))) / spent.wei) / 100;
}

function formatDays(days: number): string {
  return days > 1_000 ? "years" : `${days < 10 ? days.toFixed(1) : Math.floor(days)} days`;
}

/** The store knows what all keys spent together; each counts as an equal part of it. */
function share(spent: GasSpent | undefined, keys: number): GasSpent | undefined {
  return spent && { ...spent, wei: spent.wei / BigInt(keys) };
}
