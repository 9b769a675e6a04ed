import type { AccountId } from "../../../sdk/accountId.ts";
import { CloseReason } from "../../../sdk/vaultTypes.ts";
import { debtIndexAt, pricesOf, standingOf } from "../check/arithmetic.ts";
import type { CheckedBlock } from "../check/checker.ts";
import { inForce } from "../check/clock.ts";
import type { Round } from "../prices/priceSeries.ts";
import type { Misreport } from "../replay/feeds.ts";
import { timeText } from "../screen/wording.ts";
import type { OutageWords } from "./outageWatch.ts";

/** What an accident did. Times are unix seconds of the chain; accounts are those that were well at the true price. */
export interface AccidentRecord {
  readonly from: number;
  readonly until: number;
  readonly lowBps: number;
  /** Called within it. */
  readonly called: number;
  /** Of these calls, how many ended because the price came back, and how many because the trader acted. */
  readonly recovered: number;
  readonly cured: number;
  /** Liquidated while the call was open. */
  readonly liquidated: readonly AccountId[];
  /** Whose call was still open at the end of the replay. */
  readonly open: readonly AccountId[];
}

type Fate = "open" | "recovered" | "cured" | "liquidated";

/** Follows the accounts that an accident calls: well at the true price, and callable at the feed's. */
export class AccidentWatch {
  readonly #ids: readonly AccountId[];
  readonly #symbol: string;
  readonly #rounds: readonly Round[];
  readonly #plan: Misreport;
  readonly #fates = new Map<AccountId, Fate>();
  #told: "nothing" | "begun" | "over" | "ended" = "nothing";

  /** @param rounds The first collateral's as they are. */
  constructor(ids: readonly AccountId[], symbol: string, rounds: readonly Round[], plan: Misreport) {
    this.#ids = ids;
    this.#symbol = symbol;
    this.#rounds = rounds;
    this.#plan = plan;
  }

  /** Adds a block; they must come in order. */
  add(checked: CheckedBlock): OutageWords {
    const at = Number(checked.vault.at);
    for (const { event } of checked.logs.events) {
      if (event.name === "MarginCallOpened" && at >= this.#plan.from && at < this.#plan.until) {
        if (!this.#fates.has(event.account) && this.#isWell(event.account, checked)) {
          this.#fates.set(event.account, "open");
        }
      }
      if (event.name === "Liquidated" || event.name === "BadDebtRealized") {
        this.#end(event.account, "liquidated");
      }
      if (event.name === "MarginCallClosed") this.#end(event.account, fateOf(event.reason));
    }
    return this.#words(at);
  }

  get record(): AccidentRecord {
    const { from, until, lowBps } = this.#plan;
    const those = (fate: Fate) => [...this.#fates].filter(([, own]) => own === fate).map(([id]) => id);
    return {
      from,
      until,
      lowBps: Number(lowBps),
      called: this.#fates.size,
      recovered: those("recovered").length,
      cured: those("cured").length,
      liquidated: those("liquidated"),
      open: those("open"),
    };
  }

  /** What is wrong with that, one sentence each; the protocol promises that nobody is sold for a mistake of minutes. */
  get problems(): string[] {
    const { called, liquidated, open } = this.record;
    return [
      ...(called === 0 ? ["The accident called nobody who was well at the true price."] : []),
      ...liquidated.map(
        (id) => `Account ${id} was well at the true price, called in the accident and liquidated.`,
      ),
      ...open.map((id) => `Account ${id} was called in the accident, and its call has not ended.`),
    ];
  }

  #end(account: AccountId, fate: Fate): void {
    if (this.#fates.get(account) === "open") this.#fates.set(account, fate);
  }

  /** At the weights in force and the true price, which is that of the last round whose time had come. */
  #isWell(account: AccountId, { vault, facts, clock, terms }: CheckedBlock): boolean {
    const own = facts[this.#ids.indexOf(account)];
    const answer = this.#rounds.findLast(({ at }) => at <= Number(vault.at))?.answer;
    if (own === undefined || answer === undefined) return false;
    const tokens = vault.tokens.map((token, i) => (i === 1 ? { ...token, answer } : token));
    const prices = pricesOf({ ...vault, tokens }, terms);
    const index = debtIndexAt(vault, terms.rates);
    const { maintenanceValue, debt } = standingOf(inForce(own, clock), prices, index, clock.uptime, terms);
    return maintenanceValue >= debt;
  }

  #words(at: number): OutageWords {
    const { from, until, lowBps } = this.#plan;
    const { called, recovered, cured, open } = this.record;
    if (this.#told === "nothing" && at >= from) {
      this.#told = "begun";
      const words = `${this.#symbol}'s feed answers ${Number(lowBps) / 100} % too low until ${timeText(until)}`;
      return { ends: [], begins: [words] };
    }
    if (this.#told === "begun" && at >= until) {
      this.#told = "over";
      const words = `${this.#symbol}'s feed is right again: ${called} called who were well, ${open.length} of their calls open`;
      return { ends: [words], begins: [] };
    }
    if (this.#told === "over" && called > 0 && open.length === 0) {
      this.#told = "ended";
      return { ends: [], begins: [`all these calls have ended: ${recovered} recovered, ${cured} cured`] };
    }
    return { ends: [], begins: [] };
  }
}

function fateOf(reason: CloseReason): Fate {
  switch (reason) {
    case CloseReason.Recovered:
      return "recovered";
    case CloseReason.Repaid:
    case CloseReason.Deposited:
    case CloseReason.DebtFree:
      return "cured";
    case CloseReason.Liquidated:
    case CloseReason.WrittenOff:
      return "liquidated";
  }
}
