/* `npm run deploy -- --plan FILE --rpc URL [--yes]`: plan, show, confirm, act, verify. */
import { Command } from "commander";
import { JsonRpcProvider, type Signer } from "ethers";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Deployment } from "../sdk/deployment.ts";
import { compileOrExit, root } from "./compile.ts";
import { artifactsOf } from "./deploy/artifacts.ts";
import { checkFeeds } from "./deploy/checkFeeds.ts";
import { deployVault } from "./deploy/deployVault.ts";
import { describePlan } from "./deploy/describePlan.ts";
import { readPlan, type VaultPlan } from "./deploy/plan.ts";
import { verifyDeployment } from "./deploy/verifyDeployment.ts";
import { confirm } from "./confirm.ts";
import { openSigner, type SignerOptions } from "./signer.ts";

interface Options extends SignerOptions {
  plan: string;
  rpc: string;
  act?: boolean;
  yes?: boolean;
}

const program = new Command("deploy")
  .description("Deploys a vault. Without --act it only shows what it would do.")
  .requiredOption("--plan <file>", "the vault's terms, see scripts/deploy/example.plan.json")
  .requiredOption("--rpc <url>", "a JSON-RPC endpoint of the chain")
  .option("--act", "deploy, after showing the plan and asking")
  .option("--yes", "with --act: do not ask")
  .option("--keystore <file>", "the deployer's encrypted key")
  .option("--password-file <file>", "its password; else it is asked for")
  .option("--unlocked [address]", "use an account that the node has unlocked (local chains)");

try {
  await main(program.parse().opts<Options>());
} catch (error) {
  console.error(`deploy: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function main(options: Options): Promise<void> {
  const plan = readPlan(options.plan);
  const provider = new JsonRpcProvider(options.rpc, undefined, { batchMaxCount: 1, staticNetwork: true });
  try {
    const { chainId } = await provider.getNetwork();
    const file = join(root, "deployments", `${chainId}.json`);
    const previous = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Deployment) : undefined;
    show(plan, chainId, file, previous);
    const problems = await checkFeeds(provider, plan);
    for (const problem of problems) console.error(`  NOT AS EXPECTED: ${problem}`);
    if (problems.length !== 0) throw new Error("a feed is not what the plan takes it for; nothing was sent");
    if (options.act !== true) {
      console.log("\nNothing was sent. Add --act to deploy.");
      return;
    }
    const signer = await openSigner(provider, options);
    if (options.yes !== true && !(await confirm(`Deploy as ${await signer.getAddress()}?`))) return;
    await act(signer, plan, file, previous);
  } finally {
    provider.destroy();
  }
}

function show(plan: VaultPlan, chainId: bigint, file: string, previous: Deployment | undefined): void {
  console.log(`Chain ${chainId}: ${describePlan(plan).join("\n")}`);
  console.log(`Writes ${file}`);
  if (previous !== undefined) console.log("It exists: what of it stands as planned is kept.");
}

async function act(
  signer: Signer,
  plan: VaultPlan,
  file: string,
  previous: Partial<Deployment> | undefined,
): Promise<void> {
  await compileOrExit("production");
  const load = artifactsOf("production");
  const deployment = await deployVault(signer, plan, load, {
    ...(previous === undefined ? {} : { previous }),
    onStep: (step, contracts) => {
      console.log(`  ${step}`);
      // Saved after each step: a second run keeps what a first one, cut short, has deployed.
      save(file, { ...previous, contracts });
    },
  });
  save(file, deployment);
  if (signer.provider === null) throw new Error("the deployer's signer has no provider");
  const problems = await verifyDeployment(signer.provider, deployment, plan, load);
  for (const problem of problems) console.error(`  NOT AS PLANNED: ${problem}`);
  if (problems.length !== 0) throw new Error(`${problems.length} differences between the chain and the plan`);
  console.log(`Verified on the chain. The vault is ${deployment.vault}.`);
  console.log(`Its governance is sealed: changes go through ${deployment.governance ?? ""} from here on.`);
}

function save(file: string, content: unknown): void {
  mkdirSync(join(root, "deployments"), { recursive: true });
  writeFileSync(`${file}.part`, `${JSON.stringify(content, null, 2)}\n`);
  renameSync(`${file}.part`, file);
}
