/*
 * `tsx examples/lookAtVault.ts RPC_URL DEPLOYMENT_FILE OWNER`: a vault, an owner's part in it, and the owner's accounts
 * with the prices at which they are called, in one call of a lens that nobody has deployed.
 */
import { JsonRpcProvider } from "ethers";
import { readFileSync } from "node:fs";
import {
  findAccounts,
  formatAccountId,
  formatAmount,
  formatWad,
  lendVaultLens,
  lookAtAll,
  parseDeployment,
  runtimeOf,
  statusName,
  type AccountSeen,
  type Deployment,
  type HoldingSeen,
} from "../sdk/index.ts";
import { VaultLens__factory } from "../types/factories/periphery/VaultLens__factory.ts";

const [url, file, owner] = process.argv.slice(2);
if (url === undefined || file === undefined || owner === undefined) {
  throw new Error("usage: tsx examples/lookAtVault.ts RPC_URL DEPLOYMENT_FILE OWNER");
}

const deployment = parseDeployment(JSON.parse(readFileSync(file, "utf8")));
const provider = new JsonRpcProvider(url, deployment.chainId, { staticNetwork: true });
try {
  const lens = lendVaultLens(runtimeOf(VaultLens__factory.bytecode), provider, deployment);
  const accounts = await findAccounts(provider, deployment, owner);
  const {
    pool,
    lender,
    accounts: seen,
  } = await lookAtAll(lens, {
    vault: deployment.vault,
    accounts,
    lender: owner,
  });
  const { quote } = deployment;
  console.log(`lent out   ${formatAmount(pool.debt, quote, 2)} of ${formatAmount(pool.assets, quote, 2)}`);
  console.log(
    `owner      ${formatAmount(lender.assets, quote, 2)}, ${formatAmount(lender.withdrawable, quote, 2)} now`,
  );
  for (const account of seen) console.log(linesOf(account, deployment).join("\n"));
} finally {
  provider.destroy();
}

function linesOf(account: AccountSeen, { quote }: Deployment): string[] {
  const name = formatAccountId(account.account);
  // What could not be read says why; the accounts beside it are as good as ever.
  if (!("valuation" in account)) return [`${name}: ${account.reading.sentence}`];
  if (!account.valuation.known) return [`${name}: ${account.valuation.sentence}`];
  const { status, debt, healthWad } = account.margin;
  return [
    `${name}: ${statusName(status)}, debt ${formatAmount(debt, quote, 2, "up")}, health ${formatWad(healthWad)}`,
    ...account.holdings.map(lineOf),
  ];
}

function lineOf({ number, amount, triggers }: HoldingSeen): string {
  const collateral = deployment.collaterals[number];
  if (collateral === undefined)
    throw new Error(`collateral ${number} has been listed since the deployment was written`);
  const held = formatAmount(amount, collateral);
  if (triggers.callPrice36 === 0n) return `  ${held}: called at no price of it`;
  const wholeToken = (triggers.callPrice36 * 10n ** BigInt(collateral.decimals)) / 10n ** 36n;
  return `  ${held}: called at ${formatAmount(wholeToken, deployment.quote, 2)} for one`;
}
