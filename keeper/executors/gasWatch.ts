import type { Log } from "../log.ts";
import type { KeyState } from "./lanes.ts";

/** Said this many large transactions ahead, so that there is time to send coins. */
const EARLY_TRANSACTIONS = 10n;

type Level = "full" | "low" | "out";

/** Says when a key runs out of coins for gas: once on the way down, and again after it was full. */
export class GasWatch {
  readonly #levels = new Map<string, Level>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** `largestGas` is what the largest transaction takes, `weiPerGas` what a unit costs now. */
  seen({ outbox, lanes, nativeWei }: KeyState, weiPerGas: bigint, largestGas: number): void {
    const needed = weiPerGas * BigInt(largestGas);
    const level = nativeWei < needed ? "out" : nativeWei < EARLY_TRANSACTIONS * needed ? "low" : "full";
    const before = this.#levels.get(outbox.address) ?? "full";
    this.#levels.set(outbox.address, level);
    const fields = { keeper: outbox.address, lanes, native: nativeWei, needed };
    if (level === "out" && before !== "out") this.#log.error("wallet.gasOut", fields);
    if (level === "low" && before === "full") this.#log.warn("wallet.gasLow", fields);
  }
}
