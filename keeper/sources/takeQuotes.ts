import type { AccountId } from "../../sdk/accountId.ts";
import {
  routesOf,
  type FlashQuote,
  type FlashRoute,
  type FlashSettings,
  type RoutedAmount,
} from "../policy/flash.ts";
import type { FlashQuestion } from "../policy/flashQuestions.ts";
import { marginalProceeds, runningSums } from "../policy/funding.ts";
import type { StateAt } from "./contractCall.ts";
import type { Probe } from "./probe.ts";
import { purchaseQuotesProbe, saleQuotesProbe, type SwapQuote } from "./swapQuote.ts";

type QuotesProbe = Probe<readonly (SwapQuote | undefined)[]>;

/** Questions about one collateral by one route, in their order; an answer for each. */
interface RouteProbe {
  readonly kind: "sale" | "purchase";
  readonly path: string;
  readonly questions: readonly FlashQuestion[];
  readonly probe: QuotesProbe;
}

/**
 * What the sales of takes come to at a block, each after those before it by the same route, and by the best route for
 * each. Purchases are asked about only where collateral is kept.
 */
export function takeQuotesProbe(
  quoter: string,
  questions: readonly FlashQuestion[],
  settings: FlashSettings,
  at: StateAt,
): Probe<ReadonlyMap<AccountId, FlashQuote>> {
  const byAsset = [...Map.groupBy(questions, ({ asset }) => asset)];
  const probes = byAsset.flatMap(([asset, own]) =>
    routesOf(settings, asset).flatMap((route): RouteProbe[] => {
      const sale = routeProbe("sale", quoter, own, route, at);
      return settings.keepsCollateral ? [sale, routeProbe("purchase", quoter, own, route, at)] : [sale];
    }),
  );
  return {
    calls: probes.flatMap(({ probe }) => probe.calls),
    read: (answers) => {
      // In the order of the questions, which is the order of the sales.
      const quotes = new Map<AccountId, FlashQuote>(
        questions.map(({ account }) => [account, { sale: undefined, purchase: undefined }]),
      );
      let from = 0;
      for (const { kind, path, questions: own, probe } of probes) {
        const sums = probe.read(answers.slice(from, from + probe.calls.length));
        from += probe.calls.length;
        const amounts = marginalProceeds(sums.map((quote) => quote?.amount));
        for (const [i, { account }] of own.entries()) {
          const before = quotes.get(account);
          if (before !== undefined) quotes.set(account, withAmount(before, kind, amounts[i], path));
        }
      }
      return quotes;
    },
  };
}

function routeProbe(
  kind: RouteProbe["kind"],
  quoter: string,
  questions: readonly FlashQuestion[],
  route: FlashRoute,
  at: StateAt,
): RouteProbe {
  const amounts = questions.map(({ seized, payment }) => (kind === "sale" ? seized : payment));
  const swaps = runningSums(amounts).map((amount) => ({ route, amount }));
  const probe = (kind === "sale" ? saleQuotesProbe : purchaseQuotesProbe)(quoter, swaps, at);
  return { kind, path: route.path, questions, probe };
}

/** With an amount where it is better than what another route offers: more for a sale, less for a purchase. */
function withAmount(
  quote: FlashQuote,
  kind: RouteProbe["kind"],
  amount: bigint | undefined,
  path: string,
): FlashQuote {
  const before: RoutedAmount | undefined = quote[kind];
  if (amount === undefined) return quote;
  const isBetter =
    before === undefined || (kind === "sale" ? amount > before.amount : amount < before.amount);
  return isBetter ? { ...quote, [kind]: { amount, path } } : quote;
}
