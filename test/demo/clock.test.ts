import { expect } from "chai";
import { describe, it } from "mocha";
import { pricesOf, standingOf } from "../../scripts/demo/check/arithmetic.ts";
import { clockAt, deadlineInForce, inForce, timeOf } from "../../scripts/demo/check/clock.ts";
import type { SequencerRound } from "../../scripts/demo/check/facts.ts";
import { forbiddenTakes } from "../../scripts/demo/check/forbidden.ts";
import { isProfitable } from "../../scripts/demo/check/offer.ts";
import type { AccountId } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { accountFacts, ETHER, NOW, TERMS, USDC, vaultFacts } from "./support/facts.ts";

const GRACE = TERMS.minGraceSeconds;
const HALF_HOUR = 1_800n;

/** An uptime feed whose sequencer is up from the start and changes at these times. */
function rounds(...changes: readonly bigint[]): SequencerRound[] {
  const up = { isDown: false, startedAt: NOW - 1_000_000n };
  return [up, ...changes.map((startedAt, i) => ({ isDown: i % 2 === 0, startedAt }))];
}

function clock(at: bigint, ...changes: readonly bigint[]) {
  return clockAt(at, rounds(...changes), GRACE);
}

describe("clockAt", () => {
  it("without an outage: the time", () => {
    expect(clock(NOW)).to.deep.equal({ uptime: NOW, stops: [], graceSeconds: GRACE });
  });

  it("while the sequencer is down: what it was when it went down (I-22, C-28)", () => {
    expect(clock(NOW, NOW).uptime).to.equal(NOW);
    expect(clock(NOW + 600n, NOW).uptime).to.equal(NOW);
  });

  it("afterwards: the time less the outage, however late it is reported", () => {
    expect(clock(NOW + HALF_HOUR, NOW, NOW + HALF_HOUR).uptime).to.equal(NOW);
    expect(clock(NOW + HALF_HOUR + 60n, NOW, NOW + HALF_HOUR).uptime).to.equal(NOW + 60n);
  });

  it("with several outages: less each of them once", () => {
    const twice = clock(NOW + 5_000n, NOW, NOW + 1_000n, NOW + 3_000n, NOW + 3_500n);
    expect(twice.uptime).to.equal(NOW + 3_500n);
    expect(twice.stops.map(({ uptime }) => uptime)).to.deep.equal([NOW, NOW + 2_000n]);
  });

  it("a feed that repeats itself counts once; what it says of the future does not count", () => {
    const down = { isDown: true, startedAt: NOW };
    const said = [...rounds(), down, { ...down, startedAt: NOW + 100n }, ...rounds(NOW + 900n).slice(1)];
    expect(clockAt(NOW + 500n, said, GRACE).uptime).to.equal(NOW);
    expect(clock(NOW + 500n, NOW + 600n).uptime).to.equal(NOW + 500n);
  });
});

describe("deadlineInForce", () => {
  const after = clock(NOW + HALF_HOUR, NOW, NOW + HALF_HOUR);

  it("before the outage: it had passed, and stays passed", () => {
    expect(deadlineInForce(NOW - 1n, after)).to.equal(NOW - 1n);
    expect(deadlineInForce(NOW, after)).to.equal(NOW);
  });

  it("within the outage: the least grace after it", () => {
    expect(deadlineInForce(NOW + 1n, after)).to.equal(NOW + GRACE);
    expect(deadlineInForce(NOW + GRACE - 1n, after)).to.equal(NOW + GRACE);
  });

  it("later than that: as it was, in uptime", () => {
    expect(deadlineInForce(NOW + GRACE, after)).to.equal(NOW + GRACE);
    expect(deadlineInForce(NOW + 4_000n, after)).to.equal(NOW + 4_000n);
  });

  it("a second outage within the grace of the first puts it off again; a later one does not", () => {
    const within = clock(NOW + 9_000n, NOW, NOW + HALF_HOUR, NOW + HALF_HOUR + 500n, NOW + 5_000n);
    expect(deadlineInForce(NOW + 1n, within)).to.equal(NOW + 500n + GRACE);
    const later = clock(NOW + 9_000n, NOW, NOW + HALF_HOUR, NOW + HALF_HOUR + GRACE, NOW + 5_000n);
    expect(deadlineInForce(NOW + 1n, later)).to.equal(NOW + GRACE);
  });
});

describe("inForce", () => {
  const after = clock(NOW + HALF_HOUR, NOW, NOW + HALF_HOUR);

  it("puts off the auction with its deadline", () => {
    const stored = accountFacts(1n, [ETHER, 0n], { deadline: NOW + 5n, auctionStart: NOW + 5n });
    expect(inForce(stored, after)).to.deep.include({ deadline: NOW + GRACE, auctionStart: NOW + GRACE });
  });

  it("leaves an auction that began again after its deadline, and an account without a call", () => {
    const running = accountFacts(1n, [ETHER, 0n], { deadline: NOW - 99n, auctionStart: NOW - 9n });
    expect(inForce(running, after)).to.deep.equal(running);
    const uncalled = accountFacts(1n, [ETHER, 0n]);
    expect(inForce(uncalled, after)).to.deep.equal(uncalled);
  });
});

describe("timeOf", () => {
  it("is when the clock shows it: past outages are added to what comes after them", () => {
    const after = clock(NOW + 9_000n, NOW, NOW + HALF_HOUR);
    expect([NOW - 1n, NOW, NOW + 1n].map((uptime) => timeOf(uptime, after) - NOW)).to.deep.equal([
      -1n,
      0n,
      1n + HALF_HOUR,
    ]);
  });

  it("while the clock stands: as if it went on now", () => {
    expect(timeOf(NOW + 100n, clock(NOW + 700n, NOW))).to.equal(NOW + 800n);
  });
});

describe("standingOf, with an outage", () => {
  // Called: one ether is worth 2,000, weighs 1,600 for calls and 1,748 for the floor.
  const called = (deadline: bigint, debt = 1_700n) =>
    accountFacts(debt * USDC, [ETHER, 0n], { deadline, auctionStart: deadline });
  const statusAt = (at: bigint, deadline: bigint, changes: readonly bigint[], debt?: bigint) => {
    const now = clock(at, ...changes);
    const vault = vaultFacts({ at });
    const account = inForce(called(deadline, debt), now);
    return standingOf(account, pricesOf(vault, TERMS), vault.debtIndex, now.uptime, TERMS).status;
  };
  const up = NOW + HALF_HOUR;

  it("a deadline that the outage covered: called until the grace after it, then expired (I-22)", () => {
    expect(statusAt(up + GRACE - 1n, NOW + 60n, [NOW, up])).to.equal("Called");
    expect(statusAt(up + GRACE, NOW + 60n, [NOW, up])).to.equal("Expired");
  });

  it("a deadline that passed before it: expired, its auction as old as it was", () => {
    expect(statusAt(up, NOW - 3_599n, [NOW, up])).to.equal("Expired");
    expect(statusAt(up + 1n, NOW - 3_599n, [NOW, up])).to.equal("Lapsed");
  });

  it("a deadline after it: put off by as long as it lasted", () => {
    expect(statusAt(up + 999n, NOW + 1_000n, [NOW, up])).to.equal("Called");
    expect(statusAt(up + 1_000n, NOW + 1_000n, [NOW, up])).to.equal("Expired");
  });

  it("below the floor: critical, whatever the clock does", () => {
    expect(statusAt(NOW + 60n, NOW + 30n, [NOW], 1_749n)).to.equal("Critical");
  });

  it("a price that grew stale while the sequencer was down: its last answer counts (C-22)", () => {
    const at = NOW + 2n * TERMS.maxAgeSeconds;
    expect(statusAt(at, NOW + 60n, [NOW, at])).to.equal("Called");
    expect(statusAt(at + GRACE, NOW + 60n, [NOW, at])).to.equal("Expired");
  });

  describe("profitable", () => {
    const at = NOW + HALF_HOUR + GRACE + 1_500n;
    const isExpiredProfitable = (etherUpdatedAt: bigint) => {
      const fresh = vaultFacts({ at });
      const tokens = fresh.tokens.map((token, i) => ({ ...token, updatedAt: i === 1 ? etherUpdatedAt : at }));
      const now = clock(at, NOW, up);
      const vault = { ...fresh, tokens, uptime: now.uptime };
      const account = inForce(called(NOW + 60n), now);
      const prices = pricesOf(vault, TERMS);
      const standing = standingOf(account, prices, vault.debtIndex, now.uptime, TERMS);
      expect(standing.status).to.equal("Expired");
      return isProfitable(account, standing, vault, prices, TERMS);
    };

    it("by the age of the auction that was put off", () => {
      expect(isExpiredProfitable(at)).to.be.true;
    });

    it("not while its only collateral cannot be taken, the feed being silent (C-22)", () => {
      expect(isExpiredProfitable(at - TERMS.maxAgeSeconds)).to.be.true;
      expect(isExpiredProfitable(at - TERMS.maxAgeSeconds - 1n)).to.be.false;
    });
  });
});

describe("forbiddenTakes", () => {
  const account: AccountId = `0x${"1".repeat(64)}`;
  const asset = `0x${"E".repeat(40)}`;
  const take = (status: Status) => ({
    events: [
      {
        transactionHash: "0x",
        event: { name: "Liquidated", account, owner: "", actor: "", notice: { status, asset } } as never,
      },
    ],
    movements: [],
  });
  const found = (status: Status, deadline: bigint, at: bigint, fresh = true) =>
    forbiddenTakes(take(status), {
      block: 7,
      clock: clock(at, NOW, NOW + HALF_HOUR),
      prices: [{ price36: 1n, fresh }],
      assets: [asset.toLowerCase()],
      before: () => accountFacts(1n, [ETHER], { deadline, auctionStart: deadline }),
    }).map(({ why }) => why);

  it("none: past the deadline at a fresh price", () => {
    expect(found(Status.Expired, NOW - 1n, NOW + HALF_HOUR)).to.be.empty;
    expect(found(Status.Expired, NOW + 60n, NOW + HALF_HOUR + GRACE)).to.be.empty;
  });

  it("a take within the grace after an outage, though the deadline would have passed in it (I-20, I-22)", () => {
    const early = found(Status.Expired, NOW + 60n, NOW + HALF_HOUR + GRACE - 1n);
    expect(early).to.deep.equal(["taken before its deadline, above the floor"]);
  });

  it("a take of an account without a call, above the floor", () => {
    expect(found(Status.Expired, 0n, NOW + HALF_HOUR)).to.have.length(1);
  });

  it("below the floor no deadline counts", () => {
    expect(found(Status.Critical, NOW + 60n, NOW + HALF_HOUR)).to.be.empty;
  });

  it("a take at a stale price, whatever the status (C-22)", () => {
    expect(found(Status.Critical, 0n, NOW + HALF_HOUR, false)).to.deep.equal([
      "taken at a price that was not fresh",
    ]);
  });
});
