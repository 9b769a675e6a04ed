import { expect } from "chai";
import { describe, it } from "mocha";
import type { AccountId } from "../../sdk/accountId.ts";
import { fullAtAfterUp, type Brake } from "../../sdk/brake.ts";
import type { AccountState } from "../../sdk/vaultTypes.ts";
import { isTake } from "../../keeper/policy/action.ts";
import { decide } from "../../keeper/policy/decide.ts";
import { ACT_AT, ETHER, NOW, price36, SETTINGS, snapshotOf, USDC } from "./support/snapshot.ts";
import { accountOf, stateOf } from "./support/state.ts";

const PRICES = { available: true, freshSet: 3, price36: [price36(1_850), price36(1_000)] };
const BLOCK_SECONDS = 12n;
const LARGE = accountOf(1);

/** An account whose auction began so many seconds before block 0. */
const expiredFor = (seconds: bigint, block: number) => {
  const began = NOW - seconds - BLOCK_SECONDS * BigInt(block);
  return stateOf(10n * ETHER, 15_000n * USDC, {
    calledAt: began - 4_000n,
    deadline: began,
    auctionStart: began,
  });
};

interface Story {
  readonly accounts: (block: number, taken: ReadonlySet<AccountId>) => (readonly [AccountId, AccountState])[];
  readonly brakes?: (block: number) => Brake[];
}

/** What comes of a keeper with an exact allowance whose transactions are all mined in the next block. */
function liveThrough({ accounts, brakes = () => [] }: Story, blocks: number) {
  const taken = new Map<AccountId, number>();
  let [allowance, approvals, paid] = [0n, 0, 0n];
  for (let block = 0; block < blocks && !taken.has(LARGE); ++block) {
    const snapshot = snapshotOf(accounts(block, new Set(taken.keys())), { prices: PRICES });
    const vault = { ...snapshot.vault, brakes: brakes(block) };
    const wallet = { ...snapshot.wallet, allowance };
    for (const action of decide({ ...snapshot, vault, wallet }, SETTINGS).actions) {
      if (action.duty === "approve") {
        allowance = action.amount;
        approvals += 1;
      }
      if (!isTake(action)) continue;
      for (const { account, payment } of action.items) {
        taken.set(account, block);
        allowance -= payment;
        paid += payment;
      }
    }
    expect(allowance >= 0n).to.be.true;
  }
  return { taken, approvals, allowance, paid };
}

describe("an exact allowance (K-20)", () => {
  for (const seconds of [600n, 1_200n, 3_000n]) {
    for (const perHour of [1_000n, 3_600n, 10_000n]) {
      it(`keeps up with a bucket that fills by ${perHour} an hour, ${seconds} s into an auction`, () => {
        const burst = 10_000n * USDC;
        const brakes = (block: number) => {
          const filled = (perHour * USDC * BLOCK_SECONDS * BigInt(block)) / 3_600n;
          const room = 1_500n * USDC + filled;
          const empty = { burst, perHour: perHour * USDC, fullAtMicros: 0n };
          return [
            { ...empty, fullAtMicros: fullAtAfterUp(empty, burst - (room < burst ? room : burst), ACT_AT) },
          ];
        };
        const { taken, approvals } = liveThrough(
          { accounts: (block) => [[LARGE, expiredFor(seconds, block)]], brakes },
          20,
        );
        expect(approvals).to.be.at.most(2);
        expect(taken.get(LARGE)).to.be.at.most(2);
      });
    }
  }

  for (const debt of [100n, 200n, 600n, 2_000n]) {
    it(`takes a large account although one that owes ${debt} comes before it in every block`, () => {
      const small = stateOf((debt * ETHER) / 1_700n, debt * USDC);
      const { taken, approvals, allowance, paid } = liveThrough(
        {
          accounts: (block, gone) => [
            [LARGE, expiredFor(600n, block)],
            ...Array.from({ length: block + 1 }, (_, i) => accountOf(10 + i))
              .filter((id) => !gone.has(id))
              .map((id) => [id, small] as const),
          ],
        },
        40,
      );
      expect(taken.get(LARGE)).to.be.at.most(5);
      expect(taken.size).to.be.greaterThan(1);
      expect(approvals).to.be.at.most(5);
      expect(allowance <= 2n * paid).to.be.true;
    });
  }
});
