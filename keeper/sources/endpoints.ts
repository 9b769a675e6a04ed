import { RetryableError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Endpoint } from "./endpoint.ts";
import { hedge } from "./hedge.ts";
import type { Broadcaster, Hedging, Rpc, RpcAnswer, RpcCall, RpcGroup } from "./rpcClient.ts";

export interface EndpointsOptions {
  readonly endpoints: readonly Endpoint[];
  readonly chainId: number;
  /** An endpoint that has not answered a read for so long gets company by the next. */
  readonly hedgeAfterMs: number;
  readonly log: Log;
}

/**
 * All endpoints as one. Reads go to the first that is well thought of and over to the next when it fails, is slow, or
 * answers nonsense; transactions go to all. None is ever so bad that there would be nobody left to ask.
 */
export class Endpoints implements RpcGroup, Broadcaster {
  readonly #options: EndpointsOptions;
  #order: readonly Endpoint[];
  #isAlone = false;

  constructor(options: EndpointsOptions) {
    this.#options = options;
    this.#order = options.endpoints;
  }

  get all(): readonly Endpoint[] {
    return this.#options.endpoints;
  }

  /** Those in use, the first in turn first; when all are set aside, those that come back soonest first. */
  get inUse(): readonly Endpoint[] {
    const good = this.#order.filter(({ isAside }) => !isAside);
    return good.length > 0 ? good : this.#order.toSorted((a, b) => a.asideForMs - b.asideForMs);
  }

  /** The endpoint whose chain is followed. */
  get primary(): Endpoint {
    const [first] = this.inUse;
    if (first === undefined) throw new Error("no endpoint is configured");
    return first;
  }

  batch(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]> {
    return this.first((endpoint) => endpoint.batch(calls));
  }

  /**
   * What `use` makes of the first endpoint with which it succeeds. An endpoint with which it throws a `RetryableError`
   * is blamed when another does better: until then the question may be at fault.
   */
  async first<T>(use: (rpc: Rpc) => Promise<T>, hedging: Hedging = "hedged"): Promise<T> {
    const failures: [Endpoint, RetryableError][] = [];
    const attempts = this.inUse.map((endpoint) => async () => {
      try {
        return await use(endpoint);
      } catch (error) {
        if (error instanceof RetryableError) failures.push([endpoint, error]);
        throw error;
      }
    });
    const result = await hedge(attempts, hedging === "hedged" ? this.#options.hedgeAfterMs : undefined);
    for (const [endpoint, error] of failures) endpoint.failed(error);
    return result;
  }

  others(than: Rpc): readonly Rpc[] {
    return this.inUse.filter((endpoint) => endpoint !== than);
  }

  /**
   * Sends signed transactions to every endpoint in use. The answer to each is the first acceptance, or a refusal when
   * all refuse; nobody waits for the slow once all are accepted. Throws `RetryableError` when no endpoint answers.
   */
  broadcast(raws: readonly string[]): Promise<readonly RpcAnswer[]> {
    if (raws.length === 0) return Promise.resolve([]);
    const calls = raws.map((raw) => ({ method: "eth_sendRawTransaction", params: [raw] }));
    const best = raws.map((): RpcAnswer | undefined => undefined);
    return new Promise((resolve, reject) => {
      const takeIn = (answers: readonly RpcAnswer[]) => {
        for (const [i, answer] of answers.entries()) if (best[i] === undefined || answer.ok) best[i] = answer;
        if (best.every((answer) => answer?.ok === true)) resolve(best.map(answered));
      };
      const sendings = this.inUse.map(async (endpoint) => {
        takeIn(await endpoint.batch(calls));
      });
      void Promise.allSettled(sendings).then((ends) => {
        const failure = ends.find((end) => end.status === "rejected");
        if (best.some((answer) => answer === undefined)) reject(asError(failure?.reason));
        else resolve(best.map(answered));
      });
    });
  }

  /** Puts the primary last, so that another one's chain is followed. */
  rotate(): void {
    const { primary } = this;
    this.#order = [...this.#order.filter((endpoint) => endpoint !== primary), primary];
  }

  /** Tries those again whose time is up, and says when only one is left of several. Call it now and then. */
  async tend(): Promise<void> {
    const { chainId, log } = this.#options;
    const due = this.all.filter((endpoint) => endpoint.isAside && endpoint.asideForMs <= 0);
    await Promise.all(due.map((endpoint) => endpoint.tryAgain(chainId)));
    const good = this.all.filter(({ isAside }) => !isAside).length;
    const isAlone = this.all.length > 1 && good < 2;
    if (isAlone && !this.#isAlone) log.error("endpoint.alone", { inUse: good, configured: this.all.length });
    this.#isAlone = isAlone;
  }
}

function answered(answer: RpcAnswer | undefined): RpcAnswer {
  if (answer === undefined) throw new Error("a transaction has no answer");
  return answer;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new RetryableError("no endpoint took the transactions");
}
