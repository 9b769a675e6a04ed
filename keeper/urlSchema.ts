import { isIP } from "node:net";
import { z } from "zod";

/** Addresses that are nobody's but this machine's or this network's, in dotted decimals. */
const OWN_NETWORK = /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)/;

/**
 * A URL of an endpoint. Without a user or password: it could not be fetched, and whoever prints it would show them.
 * Encrypted unless its host is this machine or in a network of one's own: who can change what an endpoint says decides
 * what the keeper does.
 */
export function urlSchema(plain: "http" | "ws") {
  return z
    .url({
      protocol: new RegExp(`^${plain}s?$`),
      error: `must be a URL that begins with ${plain}s:// or ${plain}://`,
    })
    .refine(hasNoPassword, "must not contain a user or password")
    .refine(
      (url) => isEncrypted(url) || isOwnNetwork(url),
      `must begin with ${plain}s:// unless the host is this machine or in your own network`,
    );
}

function hasNoPassword(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password } = new URL(url);
  return username === "" && password === "";
}

function isEncrypted(url: string): boolean {
  return !URL.canParse(url) || /^(https|wss):$/.test(new URL(url).protocol);
}

/** This machine, a private address, or a name that only a network of one's own knows, as services in a compose file have. */
function isOwnNetwork(url: string): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isIP(host) === 6) return /^(::1$|f[cd]|fe[89ab])/i.test(host);
  if (isIP(host) === 4) return OWN_NETWORK.test(host);
  return !host.includes(".") || /\.(localhost|local|internal|lan|home\.arpa)$/i.test(host);
}
