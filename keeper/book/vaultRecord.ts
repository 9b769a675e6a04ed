import { INITIAL_INDEX } from "../../sdk/debtMath.ts";
import type { Brake } from "../../sdk/brake.ts";
import type { AccountState, CollateralTerms, PoolState, RiskTerms } from "../../sdk/vaultTypes.ts";

/** A vault's own state as its logs tell it. */
export interface VaultRecord {
  readonly pool: PoolState;
  readonly risk: RiskTerms;
  /** By number. */
  readonly collaterals: readonly CollateralTerms[];
  /** By number; a collateral that is not here has none. */
  readonly brakes: readonly Brake[];
  /** Where the vault reads its prices; the zero address before the first `OracleSet`. */
  readonly oracle: string;
}

/** A vault as its constructor leaves it, but for the time of its deployment, which matters to no debt. */
export const NEW_VAULT: VaultRecord = {
  pool: {
    cash: 0n,
    debtIndex: INITIAL_INDEX,
    totalDebtShares: 0n,
    unbookedFee: 0n,
    accruedAt: 0n,
    feeBps: 0n,
  },
  risk: {
    minimumDebt: 0n,
    dustValue: 0n,
    maxBounty: 0n,
    minGraceSeconds: 0n,
    maxGraceSeconds: 0n,
    auctionSeconds: 0n,
    rampSeconds: 0n,
  },
  collaterals: [],
  brakes: [],
  oracle: "0x0000000000000000000000000000000000000000",
};

/** An account that no log has mentioned. */
export const NEW_ACCOUNT: AccountState = {
  collateralSet: 0,
  callNonce: 0,
  calledAt: 0n,
  deadline: 0n,
  auctionStart: 0n,
  closedLateAt: 0n,
  debtShares: 0n,
  collateral: new Array<bigint>(16).fill(0n),
};
