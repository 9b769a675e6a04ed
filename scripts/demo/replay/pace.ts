/** Milliseconds that a look at so many accounts takes where the usual beats are long enough: two idle cores. */
const USUAL_LOOK_MS = 90;
const LOOKS = 15;
export const ACCOUNTS_A_LOOK = 100;

/**
 * How many times as long as usual this machine takes, at least 1: on a slow or busy one the beat is longer, for what is
 * tested is the keeper and not the machine. Measured once, before anything starts, by what every block needs.
 * @param look Reads `accounts` accounts from the chain.
 */
export async function paceOf(look: () => Promise<unknown>, accounts: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < LOOKS; ++i) {
    const startedAt = performance.now();
    await look();
    times.push(performance.now() - startedAt);
  }
  const typical = times.toSorted((a, b) => a - b)[Math.floor(LOOKS / 2)] ?? 0;
  return Math.max(1, (typical * ACCOUNTS_A_LOOK) / Math.max(accounts, 1) / USUAL_LOOK_MS);
}
