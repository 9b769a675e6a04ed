import { readFileSync } from "node:fs";
import { getAddress, ZeroAddress } from "ethers";
import { z } from "zod";

const address = z.string().transform((text, context) => {
  try {
    return getAddress(text);
  } catch {
    context.addIssue({ code: "custom", message: `"${text}" is not an address` });
    return z.NEVER;
  }
});
/** Amounts are decimal strings of base units, so that no JSON reader rounds them. */
const amount = z
  .string()
  .regex(/^\d+$/, "must be a string of digits, in base units")
  .transform((text) => BigInt(text));
const bps = z.int().min(0).max(10_000);
const seconds = z.int().min(1);
const DAY_SECONDS = 86_400;

/** What makes an answer doubtful although it is in time; what is left out does not. */
const guard = z.strictObject({
  /** A second source of the same price, how old its answers may be, and how far from the feed's. */
  second: address.default(ZeroAddress),
  secondMaxAgeSeconds: z.int().min(0).default(0),
  maxDeviationBps: bps.default(0),
  /** In the feed's decimals; zero for none. */
  minAnswer: amount.default(0n),
  maxAnswer: amount.default(0n),
});
/** An oracle's guard that doubts nothing. */
export const NO_GUARD = guard.parse({});

const collateral = z.strictObject({
  asset: address,
  feed: address,
  maxAgeSeconds: seconds,
  deadAgeSeconds: seconds,
  guard: guard.optional(),
  /** What the feed is taken for, from elsewhere than the feed: listing it is refused where it is not that. */
  expected: z.strictObject({
    feedDecimals: z.int().min(0).max(36),
    /** As the feed says it, to the letter: "ETH / USD". */
    description: z.string(),
    /** Whole quote tokens for one whole token. */
    price: z.string().regex(/^\d+(\.\d+)?$/, 'must be a decimal number in quotes, as in "1850.25"'),
    toleranceBps: z.int().min(1).max(2_000),
  }),
  initialBps: bps,
  maintenanceBps: bps,
  liquidationBps: bps,
  maxDiscountBps: bps,
  cap: amount,
  /** How the weights follow the price's volatility; left out, they do not. */
  volatility: z
    .strictObject({
      /** Whose rounds are measured: the collateral's feed unless given, as one made of others needs. */
      feed: address.optional(),
      halfLifeSeconds: seconds,
      referenceWad: amount,
      slopeBps: bps.min(1),
      capBps: z.int().min(1).max(2_500),
      /** The round to begin after; zero for the latest. */
      firstRoundId: amount.default(0n),
    })
    .optional(),
});

const planSchema = z.strictObject({
  shareName: z.string().min(1),
  shareSymbol: z.string().min(1),
  /** Who may set parameters, after a delay. */
  owner: address,
  riskDelaySeconds: seconds.default(2 * DAY_SECONDS),
  /** Who names others in these roles, after a longer one: the owner unless given. */
  admin: address.optional(),
  adminDelaySeconds: seconds.default(5 * DAY_SECONDS),
  /** Who may lower caps and initial weights and stop borrowing at once: the guardian unless given. */
  steward: address.optional(),
  /** Who may pause calling and liquidation for a bounded time, and cancel what the owner has scheduled. */
  guardian: address,
  /** The chain's uptime feed; zero on a chain without a sequencer. */
  sequencerFeed: address.default(ZeroAddress),
  quote: z.strictObject({ asset: address, feed: address, maxAgeSeconds: seconds }),
  /** Per year, times 1e18. */
  rates: z.strictObject({ kinkWad: amount, baseRateWad: amount, kinkRateWad: amount, fullRateWad: amount }),
  fee: z.strictObject({ feeBps: bps, recipient: address }),
  riskTerms: z.strictObject({
    minimumDebt: amount,
    dustValue: amount,
    maxBounty: amount,
    minGraceSeconds: seconds,
    maxGraceSeconds: seconds,
    auctionSeconds: seconds,
    rampSeconds: seconds,
  }),
  collaterals: z.array(collateral).min(1).max(16),
});

const planWithRoles = planSchema.transform((plan) => ({
  ...plan,
  admin: plan.admin ?? plan.owner,
  steward: plan.steward ?? plan.guardian,
}));

/** The oracle's terms of a collateral's feed, in the order of `FeedTerms`. */
export function feedTermsOf(plan: CollateralPlan): unknown[] {
  const { asset, feed, maxAgeSeconds, deadAgeSeconds, guard: own = NO_GUARD } = plan;
  const { second, secondMaxAgeSeconds, maxDeviationBps, minAnswer, maxAnswer } = own;
  const guardTerms = [second, secondMaxAgeSeconds, maxDeviationBps, minAnswer, maxAnswer];
  return [asset, feed, maxAgeSeconds, deadAgeSeconds, guardTerms];
}

/** Everything a vault is deployed with. Amounts are base units, weights bps, times seconds. */
export type VaultPlan = z.infer<typeof planWithRoles>;

/** What a plan says of one collateral. */
export type CollateralPlan = VaultPlan["collaterals"][number];

/** Checks a plan read from JSON; throws a sentence that names the field. */
export function parsePlan(json: unknown, source: string): VaultPlan {
  return parse(planWithRoles, json, source);
}

function parse<Parsed>(schema: z.ZodType<Parsed>, json: unknown, source: string): Parsed {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join(".") ?? "";
  throw new Error(`${source}: ${field === "" ? "the plan" : field}: ${issue?.message ?? "is not valid"}`);
}

/** Reads a plan from a file; throws a sentence that names file and field. */
export function readPlan(file: string): VaultPlan {
  return parsePlan(readJson(file), file);
}

/** The same for a file with one collateral of a plan. */
export function readCollateralPlan(file: string): CollateralPlan {
  return parse(collateral, readJson(file), file);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${file}: cannot be read as JSON: ${(error as Error).message}`, { cause: error });
  }
}
