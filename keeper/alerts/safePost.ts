import { lookup, Resolver } from "node:dns/promises";
import { request as requestHttp, type IncomingMessage, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { networkInterfaces } from "node:os";
import { messageOf } from "../errors.ts";
import { isPublicAddress } from "./addressRanges.ts";

/** What came of a request. `refused`: it was not made, for the address is none that may be reached. */
export type Posted =
  | {
      readonly kind: "answered";
      readonly status: number;
      /** As much of it as was read. */
      readonly body: string;
      /** What the other side asked to wait, milliseconds. */
      readonly retryAfterMs: number | undefined;
    }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string };

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SafePostOptions {
  /** For the whole of it: the name, the connection, the answer. */
  readonly timeoutMs: number;
  /** The body is not read any further. */
  readonly maxAnswerBytes: number;
  /** `host:port` that the operator has allowed, whatever their address; there http is allowed as well. */
  readonly allowed: ReadonlySet<string>;
  /** All addresses of a name. */
  readonly resolve: (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;
}

const MAX_HEADER_BYTES = 8_192;
const LEAST_FREE_PORT = 1_024;
const HTTPS_PORT = 443;
const LONGEST_WAIT_SECONDS = 3_600;

/**
 * Posts to an address that somebody else has chosen. The name is resolved once, every address of it has to be public,
 * and the connection goes to the address that was looked at, so that a name which changes its mind gains nothing.
 * Redirects are not followed, nothing is unpacked, an answer is cut. Never throws; messages do not contain the URL,
 * which may be a secret.
 */
export async function safePost(request: PostRequest, options: SafePostOptions): Promise<Posted> {
  const signal = AbortSignal.timeout(options.timeoutMs);
  try {
    const url = new URL(request.url);
    const isAllowed = options.allowed.has(hostAndPort(url));
    const fault = isAllowed ? undefined : faultOf(url);
    if (fault !== undefined) return { kind: "refused", reason: fault };
    const address = await addressOf(url, isAllowed, options, signal);
    if (address.kind !== "found") return address;
    return await post(url, address.address, request, options.maxAnswerBytes, signal);
  } catch (error) {
    const reason = signal.aborted ? `no answer within ${options.timeoutMs} ms` : reasonOf(error);
    return { kind: "failed", reason };
  }
}

/** Why a URL is none that strangers may have posted to, whatever its address; undefined for one that may be tried. */
export function faultOf(url: URL): string | undefined {
  if (url.protocol !== "https:") return "it is not https";
  if (url.username !== "" || url.password !== "") return "it contains a user or a password";
  const port = url.port === "" ? HTTPS_PORT : Number(url.port);
  if (port !== HTTPS_PORT && port < LEAST_FREE_PORT) return `port ${port} is not for webhooks`;
  const host = bareHost(url);
  if (isIP(host) !== 0 && !isPublicAddress(host)) return "its address is not public";
  return undefined;
}

/** `host:port` as the operator lists it; brackets stay around IPv6. */
export function hostAndPort(url: URL): string {
  const port = url.port === "" ? (url.protocol === "http:" ? "80" : "443") : url.port;
  return `${url.hostname}:${port}`;
}

/** Asks name servers, and not the machine's own list of hosts; one that is slow takes no thread from others. */
export async function resolveName(hostname: string, signal: AbortSignal): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const cancel = () => {
    resolver.cancel();
  };
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

/** As this machine knows names: for those that the operator has chosen. */
export async function lookupName(hostname: string): Promise<readonly string[]> {
  const found = await lookup(hostname, { all: true, order: "ipv4first" });
  return found.map(({ address }) => address);
}

type Address = Exclude<Posted, { kind: "answered" }> | { readonly kind: "found"; readonly address: string };

async function addressOf(
  url: URL,
  isAllowed: boolean,
  { resolve }: SafePostOptions,
  signal: AbortSignal,
): Promise<Address> {
  const host = bareHost(url);
  const addresses = isIP(host) === 0 ? await orAbort(resolve(host, signal), signal) : [host];
  const [first] = addresses;
  if (first === undefined) return { kind: "failed", reason: "its name has no address" };
  // One private address among public ones is a name made to be tried again.
  if (!isAllowed && !addresses.every((each) => isPublicAddress(each) && !isOwn(each))) {
    return { kind: "refused", reason: "its name leads to an address that is not public" };
  }
  return { kind: "found", address: first };
}

/** This machine has services that listen on its public address as well. */
function isOwn(address: string): boolean {
  return Object.values(networkInterfaces()).some((all) => all?.some((own) => own.address === address));
}

function post(
  url: URL,
  address: string,
  { headers, body }: PostRequest,
  maxAnswerBytes: number,
  signal: AbortSignal,
): Promise<Posted> {
  const options: RequestOptions & { readonly servername?: string } = {
    method: "POST",
    headers: { ...headers, "content-length": String(Buffer.byteLength(body)), connection: "close" },
    agent: false,
    lookup: pinnedTo(address),
    maxHeaderSize: MAX_HEADER_BYTES,
    signal,
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, options, (response) => {
      readUpTo(response, maxAnswerBytes).then((text) => {
        resolve({
          kind: "answered",
          status: response.statusCode ?? 0,
          body: text,
          retryAfterMs: retryAfterMs(response),
        });
      }, reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Whatever is looked up, this is found. Both forms of the question are asked by Node. */
function pinnedTo(address: string): LookupFunction {
  const family = isIP(address);
  return (_hostname, { all }, found) => {
    if (all === true) found(null, [{ address, family }]);
    else found(null, address, family);
  };
}

async function readUpTo(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let left = maxBytes;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, left));
    left -= chunk.byteLength;
    // Leaving the loop closes the connection.
    if (left <= 0) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function retryAfterMs({ headers }: IncomingMessage): number | undefined {
  const seconds = Number(headers["retry-after"]);
  return Number.isFinite(seconds) && seconds > 0
    ? Math.min(seconds, LONGEST_WAIT_SECONDS) * 1_000
    : undefined;
}

function bareHost({ hostname }: URL): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener(
      "abort",
      () => {
        reject(new Error("aborted"));
      },
      { once: true },
    );
    work.then(resolve, reject);
  });
}

/** Codes, not messages: those name the address. */
function reasonOf(error: unknown): string {
  if (error instanceof TypeError && "code" in error && error.code === "ERR_INVALID_URL")
    return "it is no URL";
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? `the connection failed: ${error.code}`
    : messageOf(error);
}
