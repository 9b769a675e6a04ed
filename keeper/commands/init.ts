import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, parse, relative, resolve } from "node:path";
import type { Command } from "commander";
import { Wallet } from "ethers";
import { parseDeployment, type Deployment } from "../../sdk/deployment.ts";
import { InputError } from "../../sdk/inputError.ts";
import { UserError, messageOf } from "../errors.ts";
import { MODES, type Mode } from "../mode.ts";
import { readConfig } from "../config.ts";
import { askHidden, askLine } from "./askOperator.ts";
import { configTemplate } from "./configTemplate.ts";
import { guarded } from "./guarded.ts";

interface InitOptions {
  readonly deployment?: string;
  readonly rpc?: readonly string[];
  readonly mode?: string;
  readonly out: string;
  readonly keystore?: string;
  readonly importKey?: true;
  readonly passwordFile?: string;
}

const OWNER_ONLY = 0o600;
const LEAST_PASSWORD = 8;

export function addInit(program: Command): void {
  program
    .command("init")
    .description("writes a commented configuration, and with --keystore an encrypted key; overwrites nothing")
    .option(
      "--deployment <file>",
      "the vault's deployment, as npm run deploy writes it; else it is asked for",
    )
    .option("--rpc <url...>", "JSON-RPC endpoints; else one is asked for")
    .option("--mode <mode>", MODES.join(", "))
    .option("--out <file>", "the configuration", "keeper.yaml")
    .option("--keystore <file>", "makes a key and writes it there, encrypted")
    .option(
      "--import-key",
      "with --keystore: takes the private key that is typed in, or comes on standard input",
    )
    .option("--password-file <file>", "the keystore's password; else it is asked for")
    .action((options: InitOptions) => guarded(() => init(options)));
}

async function init(options: InitOptions): Promise<void> {
  const out = resolve(options.out);
  const mode = modeIn(options.mode);
  refuseExisting(out);
  if (options.keystore !== undefined) refuseExisting(resolve(options.keystore));
  const deploymentFile = resolve(options.deployment ?? (await askLine("Deployment file: ")));
  const deployment = readDeployment(deploymentFile);
  const urls = options.rpc ?? [await askLine("JSON-RPC URL: ")];
  const key =
    options.keystore === undefined ? undefined : await makeKeystore(resolve(options.keystore), options);
  const pathOf = (file: string) => relative(dirname(out), file) || file;
  const text = configTemplate({
    deployment,
    deploymentFile: pathOf(deploymentFile),
    storeFile: `${parse(out).name}.sqlite`,
    urls,
    mode,
    key: key && {
      keystoreFile: pathOf(key.file),
      passwordFile: key.passwordFile && pathOf(key.passwordFile),
    },
  });
  writeNew(out, text);
  // What cannot be read again must not look as if it could.
  readConfig(out);
  console.log(`${out} is written: mode ${mode}.`);
  if (key !== undefined) console.log(`${key.file} holds the key of ${key.address}, encrypted.`);
  console.log(`Next: npm run keeper -- doctor --config ${out}`);
}

function modeIn(text: string | undefined): Mode {
  const mode = MODES.find((one) => one === (text ?? "observe"));
  if (mode === undefined) throw new UserError(`--mode must be one of ${MODES.join(", ")}`);
  return mode;
}

function readDeployment(file: string): Deployment {
  try {
    return parseDeployment(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    const cause = error instanceof InputError ? error.message : `it cannot be read: ${messageOf(error)}`;
    throw new UserError(`${file} is no deployment: ${cause}`, { cause: error });
  }
}

interface Keystore {
  readonly file: string;
  readonly address: string;
  readonly passwordFile: string | undefined;
}

async function makeKeystore(file: string, { importKey, passwordFile }: InitOptions): Promise<Keystore> {
  const wallet = importKey === true ? walletFrom(await askHidden("Private key: ")) : Wallet.createRandom();
  const password = passwordFile === undefined ? await askPassword() : readPassword(passwordFile);
  writeNew(file, await wallet.encrypt(password));
  return { file, address: wallet.address, passwordFile: passwordFile && resolve(passwordFile) };
}

function walletFrom(secret: string): Wallet {
  try {
    return new Wallet(secret.trim());
  } catch {
    // The error's text shows the value.
    throw new UserError("that is no private key");
  }
}

async function askPassword(): Promise<string> {
  const password = await askHidden("New password for the keystore: ");
  if (password.length < LEAST_PASSWORD)
    throw new UserError(`a password has at least ${LEAST_PASSWORD} characters`);
  if (process.stdin.isTTY && (await askHidden("Again: ")) !== password)
    throw new UserError("these were two passwords");
  return password;
}

function readPassword(file: string): string {
  try {
    const password = readFileSync(file, "utf8").replace(/\r?\n$/, "");
    if (password.length < LEAST_PASSWORD)
      throw new UserError(`${file}: a password has at least ${LEAST_PASSWORD} characters`);
    // The keeper would refuse it otherwise.
    chmodSync(file, OWNER_ONLY);
    return password;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function refuseExisting(file: string): void {
  if (existsSync(file)) throw new UserError(`${file} is there already; name another, or move it away`);
}

/** Fails where a file has come to be there in the meantime. */
function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: OWNER_ONLY, flag: "wx" });
  } catch (error) {
    throw new UserError(`${file} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
