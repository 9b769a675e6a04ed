import { Interface, type Result } from "ethers";
import { encodeSwapPath, reversedRoute, type SwapRoute } from "../../sdk/flashLiquidator.ts";
import { RetryableError } from "../errors.ts";
import { toHex } from "./blockHeader.ts";
import { decoded } from "./contractCall.ts";
import type { Probe } from "./probe.ts";
import type { RpcAnswer, RpcCall } from "./rpcClient.ts";

/** A swap to ask about: base units of the route's first token to sell, or of its last to buy. */
export interface SwapQuestion {
  readonly route: SwapRoute;
  readonly amount: bigint;
}

/** What a swap comes to at a block, pool fees and its own effect on the price included. */
export interface SwapQuote {
  /** Base units that selling the amount brings, or that buying it costs. */
  readonly amount: bigint;
  /** Gas that the pools take, without the transfers and what is around them. */
  readonly gas: bigint;
}

/** Uniswap's QuoterV2; it tries a swap and reverts it, so that it is asked by a call and never by a transaction. */
const quoterAbi = new Interface([
  "function quoteExactInput(bytes path, uint256 amountIn) returns (uint256 amountOut, uint160[] sqrtPricesX96, uint32[] ticks, uint256 gas)",
  "function quoteExactOutput(bytes path, uint256 amountOut) returns (uint256 amountIn, uint160[] sqrtPricesX96, uint32[] ticks, uint256 gas)",
]);

/** Where a pool's price stops when its liquidity has run out: the quoter then answers for the part that was swapped. */
const LOWEST_SQRT_PRICE = 4295128740n;
const HIGHEST_SQRT_PRICE = 1461446703485210103287273052203988822378723970341n;

/** A swap across hundreds of ticks; a quoter that takes more would keep the endpoint from its other work. */
const QUOTE_GAS = toHex(5_000_000);

/** The block whose state is asked for. */
type StateAt = NonNullable<RpcCall["at"]>;

/**
 * What selling each amount brings at a block. Each answer is for itself: of sales that go through the same pools, ask
 * for the running sums. Undefined for one that its pools do not take whole, and where there is no such pool.
 */
export function saleQuotesProbe(
  quoter: string,
  sales: readonly SwapQuestion[],
  at: StateAt,
): Probe<readonly (SwapQuote | undefined)[]> {
  return quotesProbe("quoteExactInput", quoter, sales, at);
}

/** What buying each amount costs at a block; otherwise as `saleQuotesProbe`. */
export function purchaseQuotesProbe(
  quoter: string,
  purchases: readonly SwapQuestion[],
  at: StateAt,
): Probe<readonly (SwapQuote | undefined)[]> {
  // For an amount to buy the quoter wants the pools from the other end.
  const questions = purchases.map(({ route, amount }) => ({ route: reversedRoute(route), amount }));
  return quotesProbe("quoteExactOutput", quoter, questions, at);
}

function quotesProbe(
  name: string,
  quoter: string,
  questions: readonly SwapQuestion[],
  at: StateAt,
): Probe<readonly (SwapQuote | undefined)[]> {
  // A swap of nothing reverts, and is worth nothing.
  const asked = questions.filter(({ amount }) => amount > 0n);
  return {
    calls: asked.map(({ route, amount }) => {
      const data = quoterAbi.encodeFunctionData(name, [encodeSwapPath(route), amount]);
      return { method: "eth_call", params: [{ to: quoter, data, gas: QUOTE_GAS }], at };
    }),
    read: (answers) => {
      const quotes = new Map(asked.map((question, i) => [question, quoteIn(name, question, answers[i])]));
      return questions.map((question) =>
        question.amount > 0n ? quotes.get(question) : { amount: 0n, gas: 0n },
      );
    },
  };
}

/** What an endpoint would not work out is unknown, like what makes no sense: the other quotes stand. */
function quoteIn(
  name: string,
  { route }: SwapQuestion,
  answer: RpcAnswer | undefined,
): SwapQuote | undefined {
  const result = quietly(name, answer);
  if (result === undefined) return undefined;
  const [amount, prices, , gas] = result as unknown as [bigint, Result, Result, bigint];
  if (prices.length !== route.hops.length) return undefined;
  const ranOut = [...(prices as unknown as bigint[])].some(
    (price) => price === LOWEST_SQRT_PRICE || price === HIGHEST_SQRT_PRICE,
  );
  return ranOut ? undefined : { amount, gas };
}

function quietly(name: string, answer: RpcAnswer | undefined): Result | undefined {
  try {
    return decoded(quoterAbi, name, answer);
  } catch (error) {
    if (error instanceof RetryableError) return undefined;
    throw error;
  }
}
