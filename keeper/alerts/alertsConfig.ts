import { z } from "zod";
import { UserError } from "../errors.ts";
import { takeFrom } from "../executors/signer.ts";

const hostPort = z
  .string()
  .regex(/^(\[[0-9a-f:]+\]|[\w.-]+):\d{1,5}$/i, "must be host:port")
  .refine((text) => Number(text.slice(text.lastIndexOf(":") + 1)) <= 65_535, "must be host:port");
const baseUrl = z.url({ protocol: /^https?$/ });
const variable = z.string().min(1);

export const alertsSchema = z.strictObject({
  listen: hostPort.optional(),
  clientHeader: z
    .string()
    .regex(/^[a-z-]+$/, "must be a header's name in lower case")
    .optional(),
  requestsPerMinute: z.int().min(1).max(10_000).default(20),
  inboxFolder: z.string().min(1).optional(),
  subscriptionsPerOwner: z.int().min(1).max(100).default(10),
  maxSubscriptions: z.int().min(1).max(1_000_000).default(20_000),
  queueLimit: z.int().min(10).max(1_000_000).default(20_000),
  timeoutMs: z.int().min(100).max(60_000).default(10_000),
  forecast: z
    .strictObject({
      minProbabilityBps: z.int().min(100).max(9_900).default(2_500),
      volatilityBps: z.int().min(100).max(100_000).default(8_000),
    })
    .prefault({}),
  webhook: z.strictObject({ allowed: z.array(hostPort).max(32).default([]) }).optional(),
  telegram: z
    .strictObject({ botTokenEnv: variable, apiUrl: baseUrl.default("https://api.telegram.org") })
    .optional(),
  discord: z.strictObject({ apiUrl: baseUrl.default("https://discord.com") }).optional(),
  slack: z.strictObject({ apiUrl: baseUrl.default("https://hooks.slack.com") }).optional(),
  email: z
    .strictObject({
      host: z.string().regex(/^[\w.-]+$/, "must be a host's name"),
      port: z.int().min(1).max(65_535).default(587),
      /** `tls` from the first byte, `starttls` before anything else is said, `none` for a server on this machine. */
      security: z.enum(["tls", "starttls", "none"]).default("starttls"),
      from: z.email(),
      user: z.string().min(1).optional(),
      passwordEnv: variable.optional(),
    })
    .optional(),
});

/** How traders are told; a channel that is left out is not offered. Paths are absolute. */
export interface AlertsConfig extends Readonly<Omit<z.infer<typeof alertsSchema>, "inboxFolder">> {
  /** Where the command line leaves what it has been given. */
  readonly inboxFolder: string;
}

/** What the operator alone knows. */
export interface AlertSecrets {
  readonly telegramToken: string | undefined;
  readonly emailPassword: string | undefined;
}

/** Throws a `UserError` for settings that do not go together. `storeFile` is absolute. */
export function alertsConfigFrom(
  file: string,
  { inboxFolder, ...plain }: z.infer<typeof alertsSchema>,
  storeFile: string,
  pathOf: (path: string) => string,
): AlertsConfig {
  const { email } = plain;
  if (email !== undefined && (email.user === undefined) !== (email.passwordEnv === undefined)) {
    throw new UserError(`${file}: alerts.email: has either both "user" and "passwordEnv" or neither`);
  }
  return {
    ...plain,
    inboxFolder: inboxFolder === undefined ? `${storeFile}.inbox` : pathOf(inboxFolder),
  };
}

/** By variable, for several vaults may name the same and it can be taken from the environment once. */
const taken = new WeakMap<NodeJS.ProcessEnv, Map<string, string>>();

/** Takes them out of the environment. Throws a `UserError` when one is missing or not of its form. */
export function openAlertSecrets(
  { telegram, email }: AlertsConfig,
  environment: NodeJS.ProcessEnv,
): AlertSecrets {
  const telegramToken = telegram === undefined ? undefined : takeOnce(environment, telegram.botTokenEnv);
  // It becomes part of a URL.
  if (telegramToken !== undefined && !/^\d{3,20}:[\w-]{10,100}$/.test(telegramToken)) {
    throw new UserError(`the environment variable ${telegram?.botTokenEnv ?? ""} holds no bot's token`);
  }
  const passwordEnv = email?.passwordEnv;
  const emailPassword = passwordEnv === undefined ? undefined : takeOnce(environment, passwordEnv);
  return { telegramToken, emailPassword };
}

function takeOnce(environment: NodeJS.ProcessEnv, name: string): string {
  const known = taken.get(environment) ?? new Map<string, string>();
  taken.set(environment, known);
  const value = known.get(name) ?? takeFrom(environment, name);
  known.set(name, value);
  return value;
}
