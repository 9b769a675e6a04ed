/** What a transaction is expected to use, and what it may cost at that. */
export interface Fare {
  readonly expectedGas: bigint;
  /** Wei; undefined when nothing but the operator's limit on the price of gas binds it. */
  readonly budgetWei: bigint | undefined;
}

/**
 * The most that each of a key's transactions may offer for a unit of gas, in the order of their nonces; undefined where
 * no budget binds. A key's transactions go in that order, so one whose budget is used up would hold up all behind it:
 * what those can spare after their own gas at `weiPerGas` is added to its budget, for it buys their way too.
 */
export function feeCaps(fares: readonly Fare[], weiPerGas: bigint): readonly (bigint | undefined)[] {
  const caps = new Array<bigint | undefined>(fares.length);
  let spare: bigint | undefined = 0n;
  for (const [i, { expectedGas, budgetWei }] of [...fares.entries()].reverse()) {
    if (budgetWei === undefined || spare === undefined) {
      spare = undefined;
      continue;
    }
    const available: bigint = budgetWei + spare;
    const needed = expectedGas * weiPerGas;
    caps[i] = expectedGas === 0n ? undefined : available / expectedGas;
    spare = available > needed ? available - needed : 0n;
  }
  return caps;
}
