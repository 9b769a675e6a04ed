import { Interface, getAddress } from "ethers";
import type { FlashConfig } from "../flashConfig.ts";
import { RetryableError, UserError } from "../errors.ts";
import { contractCall, decoded, type StateAt } from "./contractCall.ts";
import { ask, type Probe } from "./probe.ts";
import type { Rpc, RpcAnswer } from "./rpcClient.ts";

/** What the keeper reads of the flash liquidator; a test compares it with the compiled interface. */
export const FLASH_VIEWS_ABI = new Interface([
  "function vault() view returns (address)",
  "function quote() view returns (address)",
  "function factory() view returns (address)",
  "function isKeeper(address keeper) view returns (bool)",
  "function profitRecipient() view returns (address)",
  "function maxSlippageBps() view returns (uint256)",
]);
/** Of Uniswap's quoter, which tells its factory by the same name, and of that. */
const FACTORY_ABI = new Interface([
  "function getPool(address tokenA, address tokenB, uint24 fee) view returns (address pool)",
]);

/** What the contract's owner may change at any time. */
export interface FlashTerms {
  readonly isKeeper: boolean;
  readonly profitRecipient: string;
  readonly maxSlippageBps: bigint;
}

/** Whom the keeper works for and with. */
export interface FlashParties {
  readonly vault: string;
  readonly quote: string;
  readonly keeper: string;
}

const NOBODY = /^0x0{40}$/;

/** The owner's terms at a block; undefined when the contract does not say. */
export function flashTermsProbe(
  liquidator: string,
  keeper: string,
  at: StateAt | "latest",
): Probe<FlashTerms | undefined> {
  const calls = [
    ["isKeeper", [keeper]],
    ["profitRecipient", []],
    ["maxSlippageBps", []],
  ] as const;
  return {
    calls: calls.map(([name, args]) => contractCall(liquidator, FLASH_VIEWS_ABI, name, args, at)),
    read: (answers) => {
      const [isKeeper, profitRecipient, maxSlippageBps] = calls.map(
        ([name], i) => decoded(FLASH_VIEWS_ABI, name, answers[i])?.[0] as unknown,
      );
      if (isKeeper === undefined || profitRecipient === undefined || maxSlippageBps === undefined)
        return undefined;
      return { isKeeper, profitRecipient, maxSlippageBps } as FlashTerms;
    },
  };
}

/** Why the contract would not serve the keeper as configured; undefined when it would. */
export function whyNotServed(
  { profitRecipient: wanted }: Pick<FlashConfig, "profitRecipient">,
  keeper: string,
  terms: FlashTerms | undefined,
): string | undefined {
  if (terms === undefined) return "it does not answer";
  if (!terms.isKeeper) return `its owner has not allowed ${keeper}`;
  const { profitRecipient } = terms;
  if (profitRecipient !== getAddress(wanted ?? keeper)) return `its profit goes to ${profitRecipient}`;
  return undefined;
}

/**
 * Checks that the configured contracts are there, belong to this vault, would serve this keeper, and know the routes.
 * Throws a `UserError` that says what is wrong, and a `RetryableError` when the endpoints give no answer.
 */
export async function checkFlashLiquidator(
  rpc: Rpc,
  config: FlashConfig,
  { vault, quote, keeper }: FlashParties,
): Promise<FlashTerms> {
  const { address, quoter, routes } = config;
  const [own, codes] = await ask(
    rpc,
    addressesProbe([
      [address, "vault"],
      [address, "quote"],
      [address, "factory"],
      [quoter, "factory"],
    ]),
    codesProbe([address, quoter]),
  );
  const fail = (key: string, what: string) => new UserError(`flashLiquidator.${key}: ${what}`);
  if (!codes[0]) throw fail("address", `there is no contract at ${address} on this chain`);
  if (!codes[1]) throw fail("quoter", `there is no contract at ${quoter} on this chain`);
  const [ownVault, ownQuote, factory, quoterFactory] = own;
  if (ownVault === undefined || ownQuote === undefined || factory === undefined)
    throw fail("address", `${address} is no flash liquidator`);
  if (ownVault !== getAddress(vault)) throw fail("address", `${address} is for the vault ${ownVault}`);
  if (ownQuote !== getAddress(quote)) throw fail("address", `${address} pays in ${ownQuote}`);
  if (quoterFactory !== factory)
    throw fail("quoter", `${quoter} does not quote the pools of ${factory}, in which ${address} sells`);
  const [terms, pools] = await ask(
    rpc,
    flashTermsProbe(address, keeper, "latest"),
    poolsProbe(factory, routes),
  );
  const refusal = whyNotServed(config, keeper, terms);
  if (terms === undefined || refusal !== undefined)
    throw fail("address", `${address} is of no use: ${refusal ?? "it does not answer"}`);
  const missing = pools.indexOf(false);
  if (missing >= 0) throw fail(`routes.${missing}`, `${factory} has not all of its pools`);
  return terms;
}

function addressesProbe(
  asked: readonly (readonly [to: string, name: string])[],
): Probe<(string | undefined)[]> {
  return {
    calls: asked.map(([to, name]) => contractCall(to, FLASH_VIEWS_ABI, name, [], "latest")),
    read: (answers) =>
      asked.map(([, name], i) => decoded(FLASH_VIEWS_ABI, name, answers[i])?.[0] as string | undefined),
  };
}

function codesProbe(addresses: readonly string[]): Probe<readonly boolean[]> {
  return {
    calls: addresses.map((address) => ({ method: "eth_getCode", params: [address, "latest"] })),
    read: (answers) => answers.map(hasCode),
  };
}

function hasCode(answer: RpcAnswer): boolean {
  if (answer.ok) return answer.result !== "0x";
  throw new RetryableError(`the endpoint could not say what code is there: ${answer.message}`);
}

/** Whether the factory has every pool of each route. */
function poolsProbe(factory: string, routes: FlashConfig["routes"]): Probe<readonly boolean[]> {
  const hops = routes.map(({ from, hops: each }) =>
    each.map(({ fee, to }, i) => [i === 0 ? from : (each[i - 1]?.to ?? from), to, fee] as const),
  );
  const flat = hops.flat();
  return {
    calls: flat.map((hop) => contractCall(factory, FACTORY_ABI, "getPool", hop, "latest")),
    read: (answers) => {
      const exists = answers.map((answer) => {
        const pool = decoded(FACTORY_ABI, "getPool", answer)?.[0] as string | undefined;
        return pool !== undefined && !NOBODY.test(pool);
      });
      let from = 0;
      return hops.map(({ length }) => exists.slice(from, (from += length)).every(Boolean));
    },
  };
}
