import { expect } from "chai";
import type { Brake } from "../../sdk/brake.ts";
import { capacityDown, fullAtAfterUp } from "../../sdk/brake.ts";
import { Refusal, Status } from "../../sdk/vaultTypes.ts";
import { applyEvent } from "../../keeper/book/applyEvent.ts";
import { NEW_VAULT } from "../../keeper/book/vaultRecord.ts";
import { isTake } from "../../keeper/policy/action.ts";
import { decide } from "../../keeper/policy/decide.ts";
import { workTake } from "../../sdk/liquidation.ts";
import { momentOf } from "../../keeper/policy/assess.ts";
import { ACT_AT, ETHER, NOW, price36, SETTINGS, snapshotOf, USDC, WETH } from "./support/snapshot.ts";
import { accountOf, stateOf } from "./support/state.ts";
import { VAULT } from "./support/vaultLogs.ts";

/** Ten ether at 1,850 against 15,000: below the call, above the floor; the deadline was twenty minutes ago. */
const EXPIRED = stateOf(10n * ETHER, 15_000n * USDC, {
  calledAt: NOW - 5_000n,
  deadline: NOW - 1_200n,
  auctionStart: NOW - 1_200n,
});
const PRICES = { available: true, freshSet: 3, price36: [price36(1_850), price36(1_000)] };

function brakeOf(room: bigint): Brake {
  const [burst, perHour] = [10_000n * USDC, 3_600n * USDC];
  const empty = { burst, perHour, fullAtMicros: 0n };
  return { ...empty, fullAtMicros: fullAtAfterUp(empty, burst - room, ACT_AT) };
}

function decided(numbers: readonly number[], brake: Brake | undefined) {
  const snapshot = snapshotOf(
    numbers.map((number) => [accountOf(number), EXPIRED] as const),
    { prices: PRICES },
  );
  const vault = { ...snapshot.vault, brakes: brake === undefined ? [] : [brake] };
  const { actions, skips } = decide({ ...snapshot, vault }, SETTINGS);
  const takes = actions.filter(isTake).flatMap(({ items }) => items);
  return { takes, skips, moment: momentOf({ ...snapshot, vault }) };
}

describe("the keeper and the vault's brake", () => {
  it("takes what it took without one while the bucket is full", () => {
    const free = decided([1, 2, 3], undefined);
    expect(free.takes).to.have.length(3);
    expect(decided([1, 2, 3], brakeOf(10_000n * USDC)).takes).to.deep.equal(free.takes);
  });

  it("shares the room among what it takes in a block: a whole tranche, the part that fits, and no more", () => {
    const { takes, skips, moment } = decided([1, 2, 3], brakeOf(5_000n * USDC));
    expect(takes).to.have.length(2);
    expect(skips.map(({ reason }) => reason)).to.deep.equal(["vaultBrake"]);
    // What it offers for both is accepted by the contract's arithmetic, one after the other.
    const { burst } = moment.brakes![0]!;
    let { room } = moment.brakes![0]!;
    for (const { maxRepay } of takes) {
      const wanted = { number: 0, maxRepay };
      const take = workTake(EXPIRED, { ...moment, brakes: [{ room, burst }] }, wanted);
      const fitting = take.refusal === Refusal.Braked ? undefined : take;
      expect(fitting?.status, String(take.refusal)).to.equal(Status.Expired);
      room -= (take.seized * take.price36) / 10n ** 36n;
      expect(room >= 0n).to.equal(true);
    }
  });

  it("leaves alone what not even a quarter of a tranche fits for, and says why", () => {
    const { takes, skips } = decided([1], brakeOf(700n * USDC));
    expect(takes).to.deep.equal([]);
    expect(skips).to.deep.equal([
      { account: accountOf(1), duty: "liquidateProfitable", reason: "vaultBrake" },
    ]);
  });

  it("does not wait with what is below its floor", () => {
    const fallen = { ...PRICES, price36: [price36(1_700), price36(1_000)] };
    const snapshot = snapshotOf([[accountOf(1), EXPIRED]], { prices: fallen });
    const vault = { ...snapshot.vault, brakes: [brakeOf(0n)] };
    const { actions } = decide({ ...snapshot, vault }, SETTINGS);
    expect(actions.filter(isTake).map(({ duty }) => duty)).to.deep.equal(["liquidateCritical"]);
  });

  it("follows the buckets from the vault's logs, and forgets none of another collateral (I-44)", () => {
    const view = (vault: typeof NEW_VAULT) => ({ vaultAddress: VAULT, vault, account: () => undefined });
    const { asset } = WETH;
    const listed = { ...NEW_VAULT, collaterals: [WETH, { ...WETH, asset: VAULT }] };
    const set = applyEvent(view(listed), { name: "BrakeSet", asset, burst: 9n, perHour: 3_600n }, NOW).vault;
    const drawn = applyEvent(
      view(set),
      { name: "BrakeDrawn", asset, value: 4n, fullAtMicros: 7n * 10n ** 6n },
      NOW,
    ).vault;
    expect(drawn.brakes).to.deep.equal([
      { burst: 9n, perHour: 3_600n, fullAtMicros: 7n * 10n ** 6n },
      { burst: 0n, perHour: 0n, fullAtMicros: 0n },
    ]);
    expect(capacityDown(drawn.brakes[0]!, 3n)).to.equal(5n);
    const again = applyEvent(
      view(drawn),
      { name: "BrakeSet", asset: VAULT, burst: 1n, perHour: 1n },
      NOW,
    ).vault;
    expect(again.brakes[0]).to.deep.equal(drawn.brakes[0]);
  });
});
