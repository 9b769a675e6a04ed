/*
 * `npm run account -- status|cure ACCOUNT --rpc URL`: a trader's margin call, and one command to answer it; and
 * `subscribe`, `confirm`, `unsubscribe`, to be told of the next.
 */
import { Command } from "commander";
import { JsonRpcProvider, type Signer } from "ethers";
import { parseAccountId, type AccountId } from "../sdk/accountId.ts";
import type { Deployment } from "../sdk/deployment.ts";
import { formatAmount } from "../sdk/format.ts";
import { InputError } from "../sdk/inputError.ts";
import { addAlertsCommands } from "./account/alertsCommands.ts";
import { readAccount, type AccountView } from "./account/accountView.ts";
import { cureAccount, planCure } from "./account/cureAccount.ts";
import { describeAccount } from "./account/describeAccount.ts";
import { explain } from "./account/explain.ts";
import { confirm } from "./confirm.ts";
import { readDeployment, type DeploymentOptions } from "./readDeployment.ts";
import { openSigner, type SignerOptions } from "./signer.ts";

interface ReadOptions extends DeploymentOptions {
  json?: boolean;
}

interface CureOptions extends ReadOptions, SignerOptions {
  by: string;
  act?: boolean;
  yes?: boolean;
}

interface Opened {
  provider: JsonRpcProvider;
  deployment: Deployment;
  account: AccountId;
  view: AccountView;
}

const program = new Command("account").description(
  "A trader's account: its margin call, and how to answer it.",
);
const reading = (command: Command): Command =>
  command
    .argument("<account>", "an owner's address, address/number for a sub-account, or the 32-byte id")
    .requiredOption("--rpc <url>", "a JSON-RPC endpoint of the chain")
    .option("--deployment <file>", "the deployment; else deployments/<chain id>.json");

reading(program.command("status").description("shows status, call, deadline and the amounts that cure"))
  .option("--json", "print it as JSON, integers as strings")
  .action((account: string, options: ReadOptions) => guarded(() => status(account, options)));

reading(program.command("cure").description("shows how the call would be met; with --act meets it"))
  .option("--by <form>", "repay, or deposit:SYMBOL", "repay")
  .option("--act", "send it, after asking")
  .option("--yes", "with --act: do not ask")
  .option("--keystore <file>", "the payer's encrypted key")
  .option("--password-file <file>", "its password; else it is asked for")
  .option("--unlocked [address]", "pay from an account that the node has unlocked (local chains)")
  .action((account: string, options: CureOptions) => guarded(() => cure(account, options)));

addAlertsCommands(program, guarded);

/** Set once it is read, so that errors can name tokens. */
let known: Deployment | undefined;

await program.parseAsync();

async function status(text: string, options: ReadOptions): Promise<void> {
  await withAccount(text, options, ({ deployment, view }) => {
    console.log(options.json === true ? asJson(view) : describeAccount(view, deployment));
  });
}

async function cure(text: string, options: CureOptions): Promise<void> {
  await withAccount(text, options, async ({ provider, deployment, account, view }) => {
    const plan = planCure(view, deployment, options.by);
    const verb = plan.by === "repay" ? "Repays" : "Deposits";
    console.log(
      `${verb} ${formatAmount(plan.amount, plan.token)}, at most ${formatAmount(plan.allowance, plan.token)}.`,
    );
    if (options.act !== true) {
      console.log("Nothing was sent. Add --act to send it.");
      return;
    }
    const signer: Signer = await openSigner(provider, options);
    if (options.yes !== true && !(await confirm(`Pay as ${await signer.getAddress()}?`))) return;
    await cureAccount(signer, deployment, view, plan, console.log);
    const after = await readAccount(provider, deployment, account);
    console.log(`\n${describeAccount(after, deployment)}`);
  });
}

/** Opens the chain, reads the account, acts, and lets go of the connection. */
async function withAccount(
  text: string,
  options: ReadOptions,
  act: (opened: Opened) => void | Promise<void>,
): Promise<void> {
  const account = parseAccountId(text);
  const provider = new JsonRpcProvider(options.rpc, undefined, {
    batchMaxCount: 1,
    staticNetwork: true,
    cacheTimeout: -1,
    polling: true,
    pollingInterval: 500,
  });
  try {
    const deployment = await readDeployment(provider, options);
    known = deployment;
    const view = await readAccount(provider, deployment, account);
    await act({ provider, deployment, account, view });
  } finally {
    provider.destroy();
  }
}

function asJson(view: AccountView): string {
  return JSON.stringify(
    view,
    (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value),
    2,
  );
}

async function guarded(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    console.error(`account: ${explain(error, known)}`);
    process.exitCode = error instanceof InputError ? 2 : 1;
  }
}
