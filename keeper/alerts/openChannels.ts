import type { AlertChannel } from "../../sdk/alertRequest.ts";
import { openAlertSecrets, type AlertsConfig } from "./alertsConfig.ts";
import type { Channel } from "./channels/channel.ts";
import { discordChannel, slackChannel, telegramChannel } from "./channels/chat.ts";
import { emailChannel } from "./channels/email.ts";
import { webhookChannel } from "./channels/webhook.ts";
import { lookupName, resolveName } from "./safePost.ts";

/** Of an answer more is of no use to anybody. */
const MOST_ANSWER_BYTES = 4_096;

/** The channels that the operator offers. Throws a `UserError` for a secret that is missing. */
export function openChannels(
  config: AlertsConfig,
  environment: NodeJS.ProcessEnv,
): ReadonlyMap<AlertChannel, Channel> {
  const { webhook, telegram, discord, slack, email, timeoutMs } = config;
  const { telegramToken, emailPassword: password } = openAlertSecrets(config, environment);
  const address = { timeoutMs, maxAnswerBytes: MOST_ANSWER_BYTES, resolve: lookupName };
  const channels = new Map<AlertChannel, Channel>();
  if (webhook !== undefined) {
    const allowed = new Set(webhook.allowed);
    channels.set("webhook", webhookChannel({ ...address, allowed, resolve: resolveName }));
  }
  if (telegram !== undefined) {
    channels.set("telegram", telegramChannel(telegram.apiUrl, telegramToken ?? "", address));
  }
  if (discord !== undefined) channels.set("discord", discordChannel(discord.apiUrl, address));
  if (slack !== undefined) channels.set("slack", slackChannel(slack.apiUrl, address));
  if (email !== undefined) channels.set("email", emailChannel({ settings: email, password, timeoutMs }));
  return channels;
}
