import type { CourseTerms } from "./weightCourse.ts";

/** What docs/decisions/0019-volatility.md recommends for ETH, on the weights of a volatile collateral. */
export const CHOSEN_TERMS: CourseTerms = {
  halfLifeSeconds: 21_600n,
  referenceWad: 400_000_000_000_000_000n,
  slopeBps: 2_500n,
  capBps: 1_000n,
  own: { initialBps: 7_600n, maintenanceBps: 8_020n },
};

export const LIQUIDATION_BPS = 8_740n;
