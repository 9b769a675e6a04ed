/* `npm run operate -- ACT ... --rpc URL`: what a role may change, looked at first; with --send it is done or scheduled. */
import { Command } from "commander";
import { JsonRpcProvider } from "ethers";
import { InputError } from "../sdk/inputError.ts";
import { explain } from "./account/explain.ts";
import { confirm } from "./confirm.ts";
import type { Act } from "./operate/act.ts";
import { ACTS } from "./operate/acts.ts";
import { describeAct, planAct } from "./operate/planAct.ts";
import { sendAct } from "./operate/sendAct.ts";
import { readDeployment, type DeploymentOptions } from "./readDeployment.ts";
import { openSigner, type SignerOptions } from "./signer.ts";

interface Options extends DeploymentOptions, SignerOptions {
  as?: string;
  send?: boolean;
  yes?: boolean;
}

const program = new Command("operate").description(
  "Changes what a role of the governance may change. Without --send it only shows what that would do.",
);
for (const act of ACTS) {
  const command = program.command(act.name).description(act.words);
  for (const name of act.parameters) command.argument(`<${name}>`);
  command
    .requiredOption("--rpc <url>", "a JSON-RPC endpoint of the chain")
    .option("--deployment <file>", "the deployment; else deployments/<chain id>.json")
    .option("--as <address>", "show what this account may do")
    .option("--send", "do it, schedule it or execute it, after asking")
    .option("--yes", "with --send: do not ask")
    .option("--keystore <file>", "the role's encrypted key")
    .option("--password-file <file>", "its password; else it is asked for")
    .option("--unlocked [address]", "an account that the node has unlocked (local chains)")
    .action(() => guarded(act, command.args, command.opts<Options>()));
}
await program.parseAsync();

async function operate(act: Act, values: readonly string[], options: Options): Promise<void> {
  const provider = new JsonRpcProvider(options.rpc, undefined, { batchMaxCount: 1, staticNetwork: true });
  try {
    const deployment = await readDeployment(provider, options);
    const signer = options.send === true ? await openSigner(provider, options) : undefined;
    const caller = (await signer?.getAddress()) ?? options.as;
    const plan = await planAct(provider, deployment, act, values, caller);
    console.log(describeAct(plan, deployment).join("\n"));
    if (signer === undefined) {
      console.log("Nothing was sent. Add --send to do or schedule it.");
      return;
    }
    if (options.yes !== true && !(await confirm(`Act as ${await signer.getAddress()}?`))) return;
    await sendAct(signer, plan.governance, plan.call, plan.now, console.log);
  } finally {
    provider.destroy();
  }
}

async function guarded(act: Act, values: readonly string[], options: Options): Promise<void> {
  try {
    await operate(act, values, options);
  } catch (error) {
    console.error(`operate: ${explain(error)}`);
    process.exitCode = error instanceof InputError ? 2 : 1;
  }
}
