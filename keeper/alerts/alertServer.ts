import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  ALERT_LEVELS,
  NO_SECRET_HASH,
  subscribeTypedData,
  unsubscribeTypedData,
  type AlertChannel,
} from "../../sdk/alertRequest.ts";
import type { Deployment } from "../../sdk/deployment.ts";
import { UserError, messageOf } from "../errors.ts";
import { listenAt } from "../listenAt.ts";
import type { Log } from "../log.ts";
import type { ListenAddress } from "../metricsConfig.ts";
import { RateLimit } from "./rateLimit.ts";
import type { Refusal, SubscriptionDesk, Taken } from "./subscriptionDesk.ts";

export interface AlertServerOptions {
  /** `host:port`. */
  readonly listen: string;
  /** Where a proxy writes whose request it is; without one, whoever connects. */
  readonly clientHeader: string | undefined;
  readonly requestsPerMinute: number;
  readonly desk: Pick<SubscriptionDesk, "take">;
  readonly deployment: Pick<Deployment, "chainId" | "vault">;
  readonly channels: ReadonlySet<AlertChannel>;
  readonly now: () => bigint | undefined;
  readonly nowMs: () => number;
  readonly log: Log;
}

interface Reply {
  readonly status: number;
  readonly json: unknown;
}

const MOST_BODY_BYTES = 16_384;
const REQUEST_MS = 10_000;
const MOST_CONNECTIONS = 256;

const STATUS: Readonly<Record<Refusal, number>> = {
  malformed: 400,
  channelOff: 400,
  notNow: 400,
  notSigned: 401,
  wrongCode: 403,
  unknown: 404,
  stale: 409,
  tooMany: 429,
  notReady: 503,
};

/**
 * Where traders hand in what they have signed: `POST /alerts`, and `GET /alerts` for what to sign. It holds no session
 * and no cookie, answers any origin, and proves nothing but signatures and codes.
 */
export async function startAlertServer(
  options: AlertServerOptions,
): Promise<{ readonly port: number; close(): void }> {
  const limit = new RateLimit(options.requestsPerMinute, options.nowMs);
  const server = createServer({
    maxHeaderSize: 8_192,
    requestTimeout: REQUEST_MS,
    headersTimeout: REQUEST_MS,
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.keepAliveTimeout = 1_000;
  server.on("request", (request, response) => {
    void answer(request, response, limit, options);
  });
  await listen(server, options.listen);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  options.log.info("alerts.listening", { listen: options.listen, port });
  return {
    port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Of `host:port`, as alerts.listen is written. */
export function listenAddressOf(where: string): ListenAddress {
  const at = where.lastIndexOf(":");
  return { host: where.slice(0, at).replace(/^\[|\]$/g, ""), port: Number(where.slice(at + 1)) };
}

async function listen(server: Server, where: string): Promise<void> {
  try {
    await listenAt(server, listenAddressOf(where));
  } catch (error) {
    throw new UserError(`alerts.listen: ${where} cannot be used: ${messageOf(error)}`, { cause: error });
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  limit: RateLimit,
  options: AlertServerOptions,
): Promise<void> {
  let reply: Reply;
  try {
    reply = await replyTo(request, limit, options);
  } catch (error) {
    // The client has gone, or there is a defect, which is no reason to stop liquidating.
    options.log.warn("alerts.requestFailed", { error: messageOf(error) });
    reply = fault(500, "broken", "the keeper could not answer");
  }
  if (response.destroyed) return;
  const body = JSON.stringify(reply.json);
  response.writeHead(reply.status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "content-type",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    // What is left of a body that was not read would be taken for the next request.
    ...(request.complete ? {} : { connection: "close" }),
  });
  response.end(body);
}

async function replyTo(
  request: IncomingMessage,
  limit: RateLimit,
  options: AlertServerOptions,
): Promise<Reply> {
  if (!limit.take(clientOf(request, options.clientHeader))) {
    return fault(429, "tooMany", "too many requests; wait a minute");
  }
  if (request.url !== "/alerts") return fault(404, "unknown", "there is only /alerts");
  switch (request.method) {
    case "OPTIONS":
      return { status: 200, json: {} };
    case "GET":
      return { status: 200, json: termsOf(options) };
    case "POST":
      return take(request, options.desk);
    default:
      return fault(405, "malformed", "GET tells what to sign, POST takes it in");
  }
}

async function take(request: IncomingMessage, desk: AlertServerOptions["desk"]): Promise<Reply> {
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
    return fault(415, "malformed", "the body has to be application/json");
  }
  const body = await readUpTo(request, MOST_BODY_BYTES);
  if (body === undefined) return fault(413, "malformed", `the body is longer than ${MOST_BODY_BYTES} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return fault(400, "malformed", "the body is no JSON");
  }
  return replyFor(await desk.take(json));
}

function replyFor(taken: Taken): Reply {
  if (taken.kind === "refused") return fault(STATUS[taken.reason], taken.reason, taken.sentence);
  return { status: 200, json: { id: taken.id, state: taken.state } };
}

function fault(status: number, reason: string, sentence: string): Reply {
  return { status, json: { error: { reason, sentence } } };
}

/** What a wallet has to be shown; the message is an example of the form. */
function termsOf({ deployment: { chainId, vault }, channels, now }: AlertServerOptions): unknown {
  const [channel] = channels;
  if (channel === undefined) return { channels: [] };
  const times = { issuedAt: 0, validUntil: 0 };
  const example = { owner: vault, channel, target: "", ...times };
  const subscribe = { ...example, levels: ALERT_LEVELS, quietHours: "", secretHash: NO_SECRET_HASH };
  const { domain, types } = subscribeTypedData(chainId, vault, subscribe);
  return {
    channels: [...channels],
    levels: ALERT_LEVELS,
    time: now()?.toString(),
    domain,
    types: { ...types, ...unsubscribeTypedData(chainId, vault, example).types },
  };
}

/** Undefined when there is more. */
async function readUpTo(request: IncomingMessage, most: number): Promise<string | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > most) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  // Not by iterating, which would close the connection before the answer.
  const isWhole = await new Promise<boolean>((resolve, reject) => {
    request.on("data", (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size <= most) chunks.push(chunk);
      else resolve(false);
    });
    request.on("end", () => {
      resolve(true);
    });
    request.on("error", reject);
    request.on("close", () => {
      resolve(false);
    });
  });
  return isWhole ? Buffer.concat(chunks).toString("utf8") : undefined;
}

/** The last hop is what our own proxy wrote; what is before it anybody may write. */
function clientOf(request: IncomingMessage, header: string | undefined): string {
  const told = header === undefined ? undefined : request.headers[header];
  const last = (Array.isArray(told) ? told.at(-1) : told)?.split(",").at(-1)?.trim();
  return last ?? request.socket.remoteAddress ?? "";
}
