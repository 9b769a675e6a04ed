import { isIPv6 } from "node:net";

/** Clients remembered at most; the ones that have not come for longest are forgotten. */
const MOST_CLIENTS = 10_000;
const MINUTE_MS = 60_000;

/** So many requests a minute from one client, and as many at once: a bucket each that fills evenly. */
export class RateLimit {
  readonly #perMinute: number;
  readonly #nowMs: () => number;
  readonly #buckets = new Map<string, { left: number; atMs: number }>();

  /** @param nowMs Runs only forward. */
  constructor(perMinute: number, nowMs: () => number) {
    this.#perMinute = perMinute;
    this.#nowMs = nowMs;
  }

  /** Whether a request of a client at `address` is taken. */
  take(address: string): boolean {
    const client = clientOf(address);
    const now = this.#nowMs();
    const before = this.#buckets.get(client) ?? { left: this.#perMinute, atMs: now };
    const filled = before.left + ((now - before.atMs) * this.#perMinute) / MINUTE_MS;
    const left = Math.min(this.#perMinute, filled);
    const isTaken = left >= 1;
    // Anew, so that the order is that of the last request.
    this.#buckets.delete(client);
    this.#buckets.set(client, { left: isTaken ? left - 1 : left, atMs: now });
    if (this.#buckets.size > MOST_CLIENTS) this.#buckets.delete(this.#buckets.keys().next().value ?? "");
    return isTaken;
  }
}

/** Whoever has an address of IPv6 has 2^64 of them. */
function clientOf(address: string): string {
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!isIPv6(bare)) return bare;
  const [head = "", tail = ""] = bare.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === "" ? [] : tail.split(":");
  const zeros = bare.includes("::") ? 8 - groups.length - rest.length : 0;
  return [...groups, ...new Array<string>(Math.max(0, zeros)).fill("0"), ...rest].slice(0, 4).join(":");
}
