import type { Deployment } from "../../sdk/deployment.ts";
import type { EndpointUrls } from "../config.ts";
import { RetryableError, UserError } from "../errors.ts";
import type { Log } from "../log.ts";
import { resultOf } from "./chainReader.ts";
import { Endpoint } from "./endpoint.ts";
import { Endpoints } from "./endpoints.ts";
import { RpcClient, type Rpc } from "./rpcClient.ts";

/** An endpoint by its name, URL and time-out: opened once, however many ask for it. */
export type EndpointPool = (name: string, url: string, timeoutMs: number) => Endpoint;

export interface OpenEndpointsOptions {
  readonly endpoints: readonly EndpointUrls[];
  readonly chainId: number;
  readonly timeoutMs: number;
  readonly hedgeAfterMs: number;
  readonly pool: EndpointPool;
  readonly log: Log;
}

/** Endpoints for several vaults, so that what one finds out about them spares the others the same. */
export function endpointPool(log: Log, signal: AbortSignal): EndpointPool {
  const opened = new Map<string, Endpoint>();
  return (name, url, timeoutMs) => {
    const key = JSON.stringify([name, url, timeoutMs]);
    const endpoint =
      opened.get(key) ?? new Endpoint({ name, rpc: new RpcClient({ url, timeoutMs, signal }), log });
    opened.set(key, endpoint);
    return endpoint;
  };
}

/**
 * Opens the configured endpoints, without asking them anything. Their names in the log are their numbers and hosts, for
 * the rest of a URL may hold a secret. Which is followed is this group's own affair.
 */
export function openEndpoints(options: OpenEndpointsOptions): Endpoints {
  const { endpoints, chainId, timeoutMs, hedgeAfterMs, pool, log } = options;
  const opened = endpoints.map(({ http }, i) => pool(`${i + 1} ${new URL(http).host}`, http, timeoutMs));
  return new Endpoints({ endpoints: opened, chainId, hedgeAfterMs, log });
}

/**
 * Checks that the endpoints serve the chain and that the vault is there. One that fails is set aside as long as another
 * does not. Throws a `UserError` when one serves another chain, and a `RetryableError` when none answers.
 */
export async function checkEndpoints(
  { all }: Endpoints,
  { chainId, vault }: Pick<Deployment, "chainId" | "vault">,
): Promise<void> {
  const failures = await Promise.all(
    all.map((endpoint) => failureOf(endpoint, endpoint.name, chainId, vault)),
  );
  const [first] = failures;
  if (first !== undefined && failures.every((failure) => failure !== undefined)) throw first;
  for (const [i, failure] of failures.entries()) {
    if (failure !== undefined) all[i]?.setAside(failure.message);
  }
}

async function failureOf(
  rpc: Rpc,
  name: string,
  chainId: number,
  vault: string,
): Promise<RetryableError | undefined> {
  try {
    const [chain, code] = await rpc.batch([
      { method: "eth_chainId", params: [] },
      { method: "eth_getCode", params: [vault, "latest"] },
    ]);
    const found = Number(resultOf(chain));
    if (found !== chainId) {
      throw new UserError(`endpoint ${name} serves chain ${found}, the deployment is on chain ${chainId}`);
    }
    if (resultOf(code) === "0x") throw new UserError(`there is no contract at ${vault} on this chain`);
    return undefined;
  } catch (error) {
    if (error instanceof RetryableError) return error;
    throw error;
  }
}
