import { Option, type Command } from "commander";
import { hexlify, JsonRpcProvider, randomBytes, type Signer } from "ethers";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import {
  ALERT_CHANNELS,
  ALERT_LEVELS,
  NO_SECRET_HASH,
  secretHashOf,
  subscribeTypedData,
  unsubscribeTypedData,
  type AlertChannel,
  type AlertLevel,
  type AlertTypedData,
} from "../../sdk/alertRequest.ts";
import type { Deployment } from "../../sdk/deployment.ts";
import { InputError } from "../../sdk/inputError.ts";
import { readDeployment, type DeploymentOptions } from "../readDeployment.ts";
import { openSigner, type SignerOptions } from "../signer.ts";
import { alertsUrl, checkOffer, handIn } from "./handIn.ts";

interface SignOptions extends DeploymentOptions, SignerOptions {
  keeper?: string;
  out?: string;
  channel: AlertChannel;
  target: string;
}

interface SubscribeOptions extends SignOptions {
  levels: string;
  quietHours: string;
  secretFile?: string;
}

interface ConfirmOptions {
  keeper: string;
  stop?: true;
}

/** What is signed, with what is handed in beside it. */
interface Request {
  readonly kind: "subscribe" | "unsubscribe";
  readonly data: AlertTypedData;
  readonly secret?: string;
}

const VALID_SECONDS = 3_600;
const SECRET_BYTES = 32;

/** `subscribe`, `unsubscribe` and `confirm`: a trader's side of docs/alerts.md. */
export function addAlertsCommands(
  program: Command,
  guarded: (act: () => Promise<void>) => Promise<void>,
): void {
  signing(
    program
      .command("subscribe")
      .description("signs for alerts of all your accounts, and hands it to a keeper"),
  )
    .option("--levels <list>", "what to be told of", ALERT_LEVELS.join(","))
    .option("--quiet-hours <hours>", "in which warnings wait, such as '22:00-07:00 Europe/Berlin'", "")
    .option("--secret-file <file>", "for a webhook: its secret; a new one is written there if there is none")
    .action((options: SubscribeOptions) =>
      guarded(() =>
        sign(options, (owner, times, deployment) => subscription(options, owner, times, deployment)),
      ),
    );
  signing(
    program.command("unsubscribe").description("signs that a channel and target are told no more"),
  ).action((options: SignOptions) =>
    guarded(() =>
      sign(options, (owner, times, { chainId, vault }) => {
        const { channel, target } = options;
        const data = unsubscribeTypedData(chainId, vault, { owner, channel, target, ...times });
        return { kind: "unsubscribe", data };
      }),
    ),
  );
  program
    .command("confirm")
    .description("shows that a target wants its alerts, by the code that it was sent")
    .argument("<id>", "the subscription, as subscribe said it")
    .argument("<code>", "the code")
    .requiredOption("--keeper <url>", "where the keeper takes requests")
    .option("--stop", "ends the subscription instead")
    .action((id: string, code: string, { keeper, stop }: ConfirmOptions) =>
      guarded(async () => {
        const { state } = await handIn(alertsUrl(keeper), {
          kind: stop === true ? "stop" : "confirm",
          id,
          code,
        });
        console.log(`Subscription ${id} is ${state}.`);
      }),
    );
}

function signing(command: Command): Command {
  return command
    .requiredOption("--rpc <url>", "a JSON-RPC endpoint of the chain")
    .option("--deployment <file>", "the deployment; else deployments/<chain id>.json")
    .option("--keeper <url>", "where the keeper takes requests")
    .option("--out <file>", "writes the request there instead, for the keeper's operator")
    .addOption(new Option("--channel <channel>").choices(ALERT_CHANNELS).makeOptionMandatory())
    .requiredOption("--target <target>", "a URL, a chat or an address, by the channel")
    .option("--keystore <file>", "the owner's encrypted key")
    .option("--password-file <file>", "its password; else it is asked for")
    .option("--unlocked [address]", "sign with an account that the node has unlocked (local chains)");
}

type Times = Readonly<Record<"issuedAt" | "validUntil", number>>;

/** Signs what `make` makes of the owner, the chain's time and the deployment, and hands it in or writes it down. */
async function sign(
  options: SignOptions,
  make: (owner: string, times: Times, deployment: Deployment) => Request,
): Promise<void> {
  const url = options.keeper === undefined ? undefined : alertsUrl(options.keeper);
  if ((url === undefined) === (options.out === undefined))
    throw new InputError("Give --keeper URL to hand it in, or --out FILE to write it down.");
  if (options.out !== undefined && existsSync(options.out))
    throw new InputError(`${options.out} is there already; name another file.`);
  const provider = new JsonRpcProvider(options.rpc, undefined, { batchMaxCount: 1, staticNetwork: true });
  try {
    const deployment = await readDeployment(provider, options);
    const signer: Signer = await openSigner(provider, options);
    const [owner, block] = await Promise.all([signer.getAddress(), provider.getBlock("latest")]);
    const issuedAt = block?.timestamp ?? 0;
    const { kind, data, secret } = make(
      owner,
      { issuedAt, validUntil: issuedAt + VALID_SECONDS },
      deployment,
    );
    const { domain, types, message } = data;
    if (url !== undefined) await checkOffer(url, domain, options.channel);
    const signature = await signer.signTypedData(domain, types, message);
    const request = { kind, message, signature, ...(secret === undefined ? {} : { secret }) };
    if (url !== undefined) tell(kind, url, await handIn(url, request), options);
    else if (options.out !== undefined) {
      // It may hold a webhook's secret.
      writeFileSync(options.out, `${JSON.stringify(request, undefined, 2)}\n`, { mode: 0o600, flag: "wx" });
      console.log(`${options.out} is what the keeper's operator hands in for you, within an hour.`);
    }
  } finally {
    provider.destroy();
  }
}

function subscription(
  { channel, target, levels, quietHours, secretFile }: SubscribeOptions,
  owner: string,
  times: Times,
  { chainId, vault }: Deployment,
): Request {
  const wanted = levels.split(",").map((level) => level.trim());
  const unknown = wanted.find((level) => !ALERT_LEVELS.includes(level as AlertLevel));
  if (unknown !== undefined)
    throw new InputError(`There is no level "${unknown}"; there are ${ALERT_LEVELS.join(", ")}.`);
  const secret = channel === "webhook" ? secretIn(secretFile) : undefined;
  const data = subscribeTypedData(chainId, vault, {
    owner,
    channel,
    target,
    levels: wanted as AlertLevel[],
    quietHours,
    secretHash: secret === undefined ? NO_SECRET_HASH : secretHashOf(secret),
    ...times,
  });
  return secret === undefined ? { kind: "subscribe", data } : { kind: "subscribe", data, secret };
}

/** Of 32 to 64 bytes, as hex digits. */
function secretIn(file: string | undefined): string {
  if (file === undefined)
    throw new InputError(
      "A webhook has a secret: give --secret-file FILE; a new one is written there if there is none.",
    );
  if (!existsSync(file)) {
    const secret = hexlify(randomBytes(SECRET_BYTES));
    writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: "wx" });
    console.log(`${file} holds a new secret, by which your webhook knows its messages.`);
    return secret;
  }
  const secret = readFileSync(file, "utf8").trim();
  if (!/^0x([0-9a-f]{2}){32,64}$/i.test(secret))
    throw new InputError(`${file} holds no secret: 0x and 32 to 64 bytes in hex digits.`);
  return secret;
}

function tell(
  kind: Request["kind"],
  url: URL,
  { id, state }: { readonly id: string; readonly state: string },
  { channel, target }: SignOptions,
): void {
  console.log(`Subscription ${id} is ${state}.`);
  if (kind === "unsubscribe" || state !== "unconfirmed") return;
  console.log(
    channel === "webhook"
      ? `${target} is asked now; it answers with the code that it is sent (docs/alerts.md).`
      : `${target} is sent a code now. Then: npm run account -- confirm ${id} CODE --keeper ${url.href}`,
  );
}
