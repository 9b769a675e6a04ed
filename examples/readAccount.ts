/*
 * `tsx examples/readAccount.ts RPC_URL DEPLOYMENT_FILE ACCOUNT`: how an account stands, until when its call runs, and
 * what cures it. Nothing but the SDK and ethers; the same lines run in a browser, but for the file.
 */
import { JsonRpcProvider } from "ethers";
import { readFileSync } from "node:fs";
import {
  connectVault,
  decodeError,
  formatAmount,
  formatDuration,
  formatTime,
  formatWad,
  parseAccountId,
  parseDeployment,
  revertDataOf,
  statusName,
  type AccountId,
  type VaultHandle,
} from "../sdk/index.ts";

const [url, file, account] = process.argv.slice(2);
if (url === undefined || file === undefined || account === undefined) {
  throw new Error("usage: tsx examples/readAccount.ts RPC_URL DEPLOYMENT_FILE ACCOUNT");
}

const deployment = parseDeployment(JSON.parse(readFileSync(file, "utf8")));
const provider = new JsonRpcProvider(url, deployment.chainId, { staticNetwork: true });
try {
  const lines = await linesOf(connectVault(deployment, provider), parseAccountId(account));
  console.log(lines.join("\n"));
} catch (error) {
  // What the vault says when it refuses, in a sentence; anything else is the connection's.
  const data = revertDataOf(error);
  if (data === undefined) throw error;
  console.error(decodeError(data, deployment).sentence);
  process.exitCode = 1;
} finally {
  provider.destroy();
}

/** All that is said is read at one block: amounts and times that belong together. */
async function linesOf({ vault, deployment }: VaultHandle, account: AccountId): Promise<string[]> {
  const { quote, collaterals } = deployment;
  const at = { blockTag: await provider.getBlockNumber() };
  const [margin, cure, uptime] = await Promise.all([
    vault.marginOf(account, at),
    vault.previewCure(account, at),
    vault.uptime(at),
  ]);
  const lines = [
    `status    ${statusName(margin.status)}`,
    `debt      ${formatAmount(margin.debt, quote, 2, "up")}`,
    `health    ${formatWad(margin.healthWad)}`,
  ];
  // Times are uptime, which stands still while nobody could act; it is the time of day as long as it never has.
  if (margin.deadline === 0n) lines.push("deadline  none: no margin call is open");
  else if (uptime < margin.deadline) {
    const left = formatDuration(margin.deadline - uptime);
    lines.push(`deadline  ${formatTime(margin.deadline)}, in ${left}`);
  } else lines.push(`deadline  ${formatTime(margin.deadline)}, passed`);
  if (cure.shortfall === 0n) return lines;

  lines.push(`cure      repay ${formatAmount(cure.repay, quote)}`);
  for (const [i, asset] of cure.assets.entries()) {
    const token = collaterals.find(({ address }) => address === asset);
    if (token === undefined) throw new Error(`${asset} has been listed since the deployment was written`);
    lines.push(`       or deposit ${formatAmount(cure.deposits[i] ?? 0n, token)}`);
  }
  return lines;
}
