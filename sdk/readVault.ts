import type { BlockTag } from "ethers";
import type { IMarginVault } from "../types/interfaces/IMarginVault.ts";
import type { AccountId } from "./accountId.ts";
import { momentFrom } from "./clockState.ts";
import { revertDataOf } from "./revertDataOf.ts";
import { NO_PRICES, numbersIn, pricesFrom } from "./valuation.ts";
import type { VaultHandle } from "./vault.ts";
import type { IOracle } from "../types/interfaces/IOracle.ts";
import type {
  AccountState,
  BrakeRoom,
  CollateralTerms,
  PoolState,
  Prices,
  RiskTerms,
  VaultMoment,
} from "./vaultTypes.ts";

/*
 * The vault's state in the shapes that the mirror works on, read by calls. A keeper rebuilds the same from logs; this is
 * for whoever looks at a few accounts. All reads of one picture must name the same block. They reject with the
 * provider's error.
 */

/** The listed collaterals with their terms, by number. */
export async function readCollaterals(vault: IMarginVault, blockTag: BlockTag): Promise<CollateralTerms[]> {
  const count = Number(await vault.collateralCount({ blockTag }));
  const answers = await Promise.all(
    Array.from({ length: count }, (_, number) => vault.collateralAt(number, { blockTag })),
  );
  return answers.map(({ asset, terms }): CollateralTerms => {
    const { initialBps, maintenanceBps, liquidationBps, maxDiscountBps, cap } = terms;
    return { asset, initialBps, maintenanceBps, liquidationBps, maxDiscountBps, cap };
  });
}

/** The vault's amounts and times. */
export async function readRiskTerms(vault: IMarginVault, blockTag: BlockTag): Promise<RiskTerms> {
  const { minimumDebt, dustValue, maxBounty, minGraceSeconds, maxGraceSeconds, auctionSeconds, rampSeconds } =
    await vault.riskTerms({ blockTag });
  return { minimumDebt, dustValue, maxBounty, minGraceSeconds, maxGraceSeconds, auctionSeconds, rampSeconds };
}

/** The lenders' and the debt's books as stored. */
export async function readPool(vault: IMarginVault, blockTag: BlockTag): Promise<PoolState> {
  const [{ cash, debtIndex, totalDebtShares, unbookedFee, accruedAt }, { feeBps }] = await Promise.all([
    vault.pool({ blockTag }),
    vault.feeTerms({ blockTag }),
  ]);
  return { cash, debtIndex, totalDebtShares, unbookedFee, accruedAt, feeBps };
}

/** The stored state of `account`. */
export async function readAccount(
  vault: IMarginVault,
  account: AccountId,
  collaterals: readonly CollateralTerms[],
  blockTag: BlockTag,
): Promise<AccountState> {
  const stored = await vault.accountState(account, { blockTag });
  const collateralSet = Number(stored.collateralSet);
  const collateral = new Array<bigint>(16).fill(0n);
  await Promise.all(
    numbersIn(collateralSet).map(async (number) => {
      const asset = collaterals[number]?.asset;
      if (asset !== undefined) collateral[number] = await vault.collateralOf(account, asset, { blockTag });
    }),
  );
  const { calledAt, deadline, auctionStart, closedLateAt, debtShares } = stored;
  const callNonce = Number(stored.callNonce);
  return { collateralSet, callNonce, calledAt, deadline, auctionStart, closedLateAt, debtShares, collateral };
}

/** The prices of the first `count` collaterals as the vault would have them; unavailable when the oracle reverts. */
export async function readPrices(oracle: IOracle, count: number, blockTag: BlockTag): Promise<Prices> {
  const assetSet = (1 << count) - 1;
  try {
    const { prices36, freshSet } = await oracle.prices(assetSet, { blockTag });
    return pricesFrom(assetSet, prices36, freshSet);
  } catch (error) {
    if (!isRevert(error)) throw error;
    return NO_PRICES;
  }
}

async function readBrake(vault: IMarginVault, asset: string, blockTag: BlockTag): Promise<BrakeRoom> {
  const { room, burst } = await vault.capacity(asset, { blockTag });
  return { room, burst };
}

/** Everything but the account that decides about an account at a block. */
export async function readMoment(
  { vault, oracle, clock }: Pick<VaultHandle, "vault" | "oracle" | "clock">,
  blockTag: BlockTag,
): Promise<VaultMoment> {
  const [collaterals, risk, debtIndex, moment] = await Promise.all([
    readCollaterals(vault, blockTag),
    readRiskTerms(vault, blockTag),
    vault.currentDebtIndex({ blockTag }),
    clock.read({ blockTag }),
  ]);
  const prices = await readPrices(oracle, collaterals.length, blockTag);
  const brakes = await Promise.all(collaterals.map(({ asset }) => readBrake(vault, asset, blockTag)));
  return { collaterals, risk, prices, debtIndex, clock: momentFrom(moment), brakes };
}

function isRevert(error: unknown): boolean {
  const isCallException = error instanceof Error && "code" in error && error.code === "CALL_EXCEPTION";
  return isCallException || revertDataOf(error) !== undefined;
}
