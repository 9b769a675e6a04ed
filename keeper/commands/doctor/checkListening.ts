import { once } from "node:events";
import { createServer } from "node:net";
import { messageOf } from "../../errors.ts";
import type { ListenAddress } from "../../metricsConfig.ts";
import { readBounded } from "../../sources/readBounded.ts";
import { failure, ok, type Finding } from "./finding.ts";

const ANSWER_MS = 3_000;
const MOST_BYTES = 65_536;
/** Where to ask a server that listens at every address of this machine. */
const LOOPBACK: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "[::1]" };

/**
 * Whether a keeper can listen at an address. One that is in use is well where `isOwn` knows what answers there: the
 * keeper that runs. Listens for a moment, and asks with a GET.
 * @param key Of the configuration, for what is said.
 */
export async function checkListening(
  key: string,
  address: ListenAddress,
  path: string,
  isOwn: (answer: unknown) => boolean,
): Promise<Finding> {
  const { host, port } = address;
  const place = `${host}:${port}`;
  const code = await whyTaken(address);
  if (code === undefined) return ok(key, `${place} is free`);
  if (code !== "EADDRINUSE")
    return failure(
      key,
      `nothing can listen at ${place}: ${code}`,
      `name an address of this machine in ${key}`,
    );
  const asked = LOOPBACK[host] ?? (host.includes(":") ? `[${host}]` : host);
  const answer = await answerOf(`http://${asked}:${port}${path}`);
  if (isOwn(answer)) return ok(key, `${place} is in use by the keeper that runs`);
  return failure(
    key,
    `${place} is in use by something else`,
    `end what uses it, or name another port in ${key}`,
  );
}

/** What the system says to a try; undefined when it could be done. */
async function whyTaken({ host, port }: ListenAddress): Promise<string | undefined> {
  const server = createServer();
  server.listen({ host, port });
  try {
    await once(server, "listening");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? messageOf(error);
  }
  server.close();
  await once(server, "close");
  return undefined;
}

/** The JSON that a server gives; undefined where it gives none in time, or more than a keeper would. */
async function answerOf(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS), redirect: "error" });
    return JSON.parse(await readBounded(response, MOST_BYTES));
  } catch {
    return undefined;
  }
}
