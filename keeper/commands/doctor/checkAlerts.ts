import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { listenAddressOf } from "../../alerts/alertServer.ts";
import type { AlertsConfig } from "../../alerts/alertsConfig.ts";
import { openChannels } from "../../alerts/openChannels.ts";
import type { Config } from "../../config.ts";
import { UserError } from "../../errors.ts";
import { checkListening } from "./checkListening.ts";
import { isInUse } from "./checkStore.ts";
import { failure, ok, warning, type Finding } from "./finding.ts";
import { whyClosed } from "./whyClosed.ts";

const SUBJECT = "alerts";
const REMEDIES: Readonly<Record<string, string>> = {
  telegram:
    "see that alerts.telegram names the variable with the bot's token; until then traders are not told by it",
  email: "see that host, port, security, user and password are right; until then traders are not told by it",
};

/** Whether alerts could be sent and subscriptions taken in. Tells no trader anything, and writes nothing. */
export async function checkAlerts(
  { alerts, storeFile, deployment }: Pick<Config, "alerts" | "storeFile" | "deployment">,
  environment: NodeJS.ProcessEnv,
): Promise<readonly Finding[]> {
  if (alerts === undefined) return [];
  const { listen } = alerts;
  const isOwn = (answer: unknown) => vaultOf(answer) === deployment.vault && isInUse(storeFile);
  return [
    ...(await checkChannels(alerts, environment)),
    ...(listen === undefined
      ? []
      : [await checkListening("alerts.listen", listenAddressOf(listen), "/alerts", isOwn)]),
    checkInbox(alerts, storeFile),
  ];
}

async function checkChannels(
  config: AlertsConfig,
  environment: NodeJS.ProcessEnv,
): Promise<readonly Finding[]> {
  let channels: ReturnType<typeof openChannels>;
  try {
    // A copy, for what opens a secret removes it.
    channels = openChannels(config, { ...environment });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [failure(SUBJECT, error.message, "the keeper will not start without it")];
  }
  if (channels.size === 0)
    return [warning(SUBJECT, "no channel is offered", 'name one in "alerts", or leave "alerts" out')];
  return Promise.all(
    [...channels].map(async ([name, { probe }]) => {
      const subject = `${SUBJECT} ${name}`;
      if (probe === undefined)
        return ok(subject, "offered; whether it works only a trader's target can tell");
      const fault = await probe();
      if (fault === undefined) return ok(subject, "answers, and takes the login");
      return failure(subject, `cannot be used: ${fault}`, REMEDIES[name] ?? "correct it, or leave it out");
    }),
  );
}

/** The vault for which an alert server takes subscriptions in. */
function vaultOf(answer: unknown): unknown {
  const { domain } = (answer ?? {}) as { domain?: { verifyingContract?: unknown } };
  return domain?.verifyingContract;
}

function checkInbox({ inboxFolder }: AlertsConfig, storeFile: string): Finding {
  const subject = `${SUBJECT} inbox`;
  const place = existsSync(inboxFolder) ? inboxFolder : dirname(inboxFolder);
  const isFolder = statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
  const closed = isFolder ? whyClosed([place], storeFile) : `${place} is no folder`;
  if (closed === undefined)
    return ok(subject, place === inboxFolder ? place : `${inboxFolder}, made when something is handed in`);
  const remedy = "make it readable and writable for the keeper's user, or name another alerts.inboxFolder";
  return failure(subject, `${inboxFolder} cannot be used: ${closed}`, remedy);
}
