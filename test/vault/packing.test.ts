import { expect } from "chai";
import { AbiCoder, keccak256, toBeHex } from "ethers";
import type { AccountId } from "../../sdk/accountId.ts";
import { mineAt, now, passDeadline } from "./support/clock.ts";
import { openCalledPosition, openPosition, setMaintenanceValue } from "./support/position.ts";
import { poolOf, stateOf } from "./support/state.ts";
import { loadWorld, type World } from "./support/world.ts";

/** ERC20 takes slots 0 to 4 (balances, allowances, supply, name, symbol); the rest of the vault is immutable. */
const STATE_SLOT = 5n;
const ACCOUNTS_SLOT = STATE_SLOT + 5n;
const HOLDINGS_SLOT = STATE_SLOT + 6n;
const COLLATERALS_SLOT = STATE_SLOT + 7n;
const BRAKES_SLOT = COLLATERALS_SLOT + 16n;

async function slot(w: World, number: bigint): Promise<bigint> {
  return BigInt(await w.ethers.provider.getStorage(w.vaultAddress, number));
}

function mappingSlot(type: string, key: string, base: bigint): bigint {
  return BigInt(keccak256(AbiCoder.defaultAbiCoder().encode([type, "uint256"], [key, base])));
}

function accountSlot(id: AccountId): bigint {
  return mappingSlot("bytes32", id, ACCOUNTS_SLOT);
}

/** The fields of a word, lowest first, by their widths in bits; they must fill it or leave only zeros. */
function unpack(word: bigint, widths: readonly number[]): bigint[] {
  const fields: bigint[] = [];
  for (const width of widths) {
    fields.push(word & ((1n << BigInt(width)) - 1n));
    word >>= BigInt(width);
  }
  expect(word, "bits beyond the last field").to.equal(0n);
  return fields;
}

describe("storage layout", () => {
  it("keeps an account's hot state in one word, in the order of the struct", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n), {
      amounts: [w.collaterals[0]!.unit],
      subAccount: 3n,
    });
    await passDeadline(w, id);
    await setMaintenanceValue(w, id, w.usd(1_500n));
    await w.vault.closeCall(id);
    await setMaintenanceValue(w, id, w.usd(1_450n));
    await w.vault.openCall(id);
    const state = await stateOf(w, id);
    expect(Object.values(state).every((field) => field > 0n)).to.equal(true);
    const word = await slot(w, accountSlot(id));
    expect(unpack(word, [16, 16, 32, 32, 32, 32, 96])).to.deep.equal([
      state.collateralSet,
      state.callNonce,
      state.calledAt,
      state.deadline,
      state.auctionStart,
      state.closedLateAt,
      state.debtShares,
    ]);
  });

  it("keeps two collateral amounts in a word, in eight words after that", async () => {
    const w = await loadWorld({ collateralCount: 16 });
    const amounts = Array.from({ length: 16 }, (_, i) =>
      [0, 1, 2, 7, 14, 15].includes(i) ? BigInt(1_000 + i) : 0n,
    );
    const id = await openPosition(w, { amounts, debt: 0n });
    for (let i = 0; i < 8; i++) {
      const word = await slot(w, accountSlot(id) + 1n + BigInt(i));
      expect(unpack(word, [128, 128])).to.deep.equal([amounts[2 * i], amounts[2 * i + 1]]);
    }
    expect((await stateOf(w, id)).collateralSet).to.equal(0b1100_0000_1000_0111n);
  });

  it("keeps the debt book in slot 0 and the lenders' cash in slot 1", async () => {
    const w = await loadWorld({ ratesPercent: [10n, 10n, 10n], feeBps: 1_234n });
    await openPosition(w);
    await mineAt(w, (await now(w)) + 1_000_000n);
    await w.configurator.setCap(w.vault, w.collaterals[0]!.address, 1n);
    await w.vault.accrue();
    const pool = await poolOf(w);
    expect(unpack(await slot(w, STATE_SLOT), [112, 112, 32])).to.deep.equal([
      pool.debtIndex,
      pool.totalDebtShares,
      pool.accruedAt,
    ]);
    const overCapSet = 1n;
    const borrowCap = 2n ** 32n - 1n;
    expect(unpack(await slot(w, STATE_SLOT + 1n), [104, 88, 16, 16, 32])).to.deep.equal([
      pool.cash,
      pool.unbookedFee,
      overCapSet,
      1_234n,
      borrowCap,
    ]);
    expect(pool.unbookedFee).to.be.greaterThan(0n);
  });

  it("keeps oracle and minimum debt in slot 2, amounts and times in slot 3, the fee's recipient in slot 4", async () => {
    const w = await loadWorld({ maxBounty: 5n });
    expect(unpack(await slot(w, STATE_SLOT + 2n), [160, 96])).to.deep.equal([
      BigInt(await w.oracle.getAddress()),
      w.risk.minimumDebt,
    ]);
    expect(unpack(await slot(w, STATE_SLOT + 3n), [72, 72, 24, 24, 24, 24, 8])).to.deep.equal([
      w.risk.dustValue,
      w.risk.maxBounty,
      w.risk.minGraceSeconds,
      w.risk.maxGraceSeconds,
      w.risk.auctionSeconds,
      w.risk.rampSeconds,
      BigInt(w.collaterals.length),
    ]);
    expect(toBeHex(await slot(w, STATE_SLOT + 4n), 20)).to.equal(w.feeRecipient.address.toLowerCase());
  });

  it("keeps all that a health factor needs of a collateral in one word, all that moving it needs in another", async () => {
    const w = await loadWorld({ secondIsWeaker: true });
    await openPosition(w, { amounts: [12_345n, 678n], debt: 0n });
    const brake = { burst: w.usd(7_000n), perHour: w.usd(500n) };
    await w.configurator.setBrake(w.vault, w.collaterals[1]!.address, brake);
    for (const [number, total] of [12_345n, 678n].entries()) {
      const { address, terms } = w.collaterals[number]!;
      const isBraked = number === 1 ? 1n : 0n;
      const word = COLLATERALS_SLOT + BigInt(number);
      expect(unpack(await slot(w, word), [160, 16, 16, 16, 16, 8])).to.deep.equal([
        BigInt(address),
        terms.initialBps,
        terms.maintenanceBps,
        terms.liquidationBps,
        terms.maxDiscountBps,
        isBraked,
      ]);
      const holding = mappingSlot("address", address, HOLDINGS_SLOT);
      expect(unpack(await slot(w, holding), [8, 120, 128])).to.deep.equal([
        BigInt(number) + 1n,
        total,
        terms.cap,
      ]);
      expect(unpack(await slot(w, BRAKES_SLOT + BigInt(number)), [96, 96, 64])).to.deep.equal([
        isBraked * w.usd(7_000n),
        isBraked * w.usd(500n),
        0n,
      ]);
    }
  });
});
