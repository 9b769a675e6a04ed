import { Wallet, type JsonRpcProvider, type Signer } from "ethers";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";

export interface SignerOptions {
  keystore?: string;
  passwordFile?: string;
  /** An account that the node has unlocked, or true for its first. */
  unlocked?: string | true;
}

/**
 * The account that a script acts for: an encrypted keystore, or on local chains an account the node has unlocked.
 * Keys never come from the command line, where other processes and the shell's history see them.
 */
export async function openSigner(provider: JsonRpcProvider, options: SignerOptions): Promise<Signer> {
  if (options.keystore !== undefined) {
    const json = readFileSync(options.keystore, "utf8");
    const password =
      options.passwordFile === undefined
        ? await askHidden("Password of the keystore: ")
        : readFileSync(options.passwordFile, "utf8").replace(/\r?\n$/, "");
    return (await Wallet.fromEncryptedJson(json, password)).connect(provider);
  }
  if (options.unlocked !== undefined)
    return provider.getSigner(options.unlocked === true ? 0 : options.unlocked);
  throw new Error("no account to act for: give --keystore FILE, or --unlocked on a local chain");
}

function askHidden(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  // Readline echoes what is typed to its output; this one keeps it to itself.
  const silent = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: process.stdin.isTTY });
  return new Promise((resolve) => {
    terminal.question("", (answer) => {
      terminal.close();
      process.stderr.write("\n");
      resolve(answer);
    });
  });
}
