import { z } from "zod";
import type { Deployment } from "../sdk/deployment.ts";
import { encodeSwapPath } from "../sdk/flashLiquidator.ts";
import { addressSchema } from "./configTerms.ts";
import { UserError } from "./errors.ts";
import type { FlashSettings } from "./policy/flash.ts";

/** Uniswap's factory lets no pool take all of a swap. */
const FEE_SCALE = 1_000_000;

const routeSchema = z.strictObject({
  from: addressSchema,
  hops: z
    .array(
      z.strictObject({
        fee: z
          .int()
          .min(1)
          .max(FEE_SCALE - 1),
        to: addressSchema,
      }),
    )
    .min(1)
    .max(4),
});

/** The flash liquidator as an operator configures it. */
export const flashSchema = z.strictObject({
  address: addressSchema,
  quoter: addressSchema,
  routes: z.array(routeSchema).min(1).max(64),
  profitRecipient: addressSchema.optional(),
  keepsCollateral: z.boolean().default(false),
  toleranceBps: z.int().min(0).max(1_000).default(30),
  assumedSaleCostBps: z.int().min(0).max(10_000).default(100),
  quoteWithinMs: z.int().min(1).max(10_000).default(500),
});

/** Everything the keeper is told about selling at once. */
export interface FlashConfig extends FlashSettings {
  /** The operator's `FlashLiquidator`. */
  readonly address: string;
  /** Uniswap's QuoterV2, of the same factory. */
  readonly quoter: string;
  /** Who has to be the profit's recipient; undefined: the key that liquidates. */
  readonly profitRecipient: string | undefined;
  /** How long an answer is waited for; without one the block's takes are paid for by hand. */
  readonly quoteWithinMs: number;
}

/** Throws a `UserError` for what cannot be right whatever is on the chain. */
export function flashConfigFrom(
  file: string,
  parsed: z.infer<typeof flashSchema>,
  { quote, vault, oracle }: Deployment,
): FlashConfig {
  const { routes, assumedSaleCostBps, toleranceBps, profitRecipient, ...rest } = parsed;
  // What the allow-list says of one of these must never hold for another.
  if ([vault, oracle, quote.address, ...routes.map(({ from }) => from)].includes(rest.address)) {
    throw new UserError(`${file}: flashLiquidator.address: ${rest.address} is another contract`);
  }
  return {
    ...rest,
    profitRecipient,
    assumedSaleCostBps: BigInt(assumedSaleCostBps),
    toleranceBps: BigInt(toleranceBps),
    routes: routes.map((route, i) => {
      if (route.from === quote.address || route.hops.at(-1)?.to !== quote.address) {
        throw new UserError(
          `${file}: flashLiquidator.routes.${i}: must lead from a collateral to ${quote.symbol}, ${quote.address}`,
        );
      }
      return { ...route, path: encodeSwapPath(route) };
    }),
  };
}
