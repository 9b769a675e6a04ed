import { readBounded } from "../../keeper/sources/readBounded.ts";
import type { AlertChannel } from "../../sdk/alertRequest.ts";
import { InputError } from "../../sdk/inputError.ts";

/** What a keeper has made of a request. */
export interface HandedIn {
  readonly id: string;
  readonly state: string;
}

const TIMEOUT_MS = 15_000;
const MOST_BYTES = 65_536;
const HOME = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/** Where a keeper takes requests. Throws an `InputError` for what is no https URL; http is for this machine alone. */
export function alertsUrl(text: string): URL {
  if (!URL.canParse(text)) throw new InputError(`${text} is no URL.`);
  const url = new URL(text);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && HOME.test(url.hostname)))
    throw new InputError(`${text} must begin with https://, for codes and secrets pass through.`);
  if (url.pathname === "/") url.pathname = "/alerts";
  return url;
}

/** Throws an `InputError` when the keeper watches another vault, or does not offer the channel. */
export async function checkOffer(url: URL, domain: object, channel: AlertChannel): Promise<void> {
  const offer = (await ask(url)) as { domain?: unknown; channels?: unknown };
  const own = JSON.stringify(domain).toLowerCase();
  if (JSON.stringify(offer.domain ?? "").toLowerCase() !== own)
    throw new InputError(`The keeper at ${url.href} tells of another vault, or of none.`);
  const channels: readonly unknown[] = Array.isArray(offer.channels) ? offer.channels : [];
  if (!channels.includes(channel))
    throw new InputError(
      `The keeper at ${url.href} does not offer ${channel}; it has ${channels.map(String).join(", ")}.`,
    );
}

/** Posts what an owner has signed, or a code. Throws an `InputError` with the keeper's own sentence when it refuses. */
export async function handIn(url: URL, request: object): Promise<HandedIn> {
  const answer = await ask(url, request);
  const { id, state } = answer as Record<string, unknown>;
  if (typeof id !== "string" || typeof state !== "string")
    throw new Error(`${url.href} answers otherwise than a keeper.`);
  return { id, state };
}

async function ask(url: URL, request?: object): Promise<unknown> {
  const response = await fetch(url, {
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(request === undefined
      ? {}
      : {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(request),
        }),
  }).catch((error: unknown) => {
    throw new Error(`The keeper at ${url.href} does not answer: ${causeOf(error)}`, { cause: error });
  });
  const json = parse(await readBounded(response, MOST_BYTES));
  if (response.ok && json !== undefined) return json;
  const { error } = (json ?? {}) as { error?: { sentence?: unknown } };
  if (typeof error?.sentence === "string")
    throw new InputError(`The keeper refuses it: ${plain(error.sentence)}.`);
  throw new Error(`${url.href} answers with status ${response.status} and nothing that a keeper would say.`);
}

function parse(text: string): unknown {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}

function causeOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string } };
  return cause?.message ?? message ?? String(error);
}

/** Somebody else's words, for a terminal. */
function plain(text: string): string {
  return text
    .replace(/[\p{C}]/gu, " ")
    .slice(0, 300)
    .replace(/\.$/, "");
}
