import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import type { HostileUptimeFeed, UptimeClock } from "../../types/index.ts";
import { mineAt, now } from "../vault/support/clock.ts";
import { eventOf, eventsOf } from "../vault/support/events.ts";
import { ROLE } from "../../sdk/governance.ts";
import { assignRoles } from "../vault/support/governance.ts";
import { deploy, loadWorld, type World } from "../vault/support/world.ts";

const CALLING = 0;
const LIQUIDATION = 1;
const KINDS = [CALLING, LIQUIDATION] as const;
const UP = 0n;
const DOWN = 1n;
const HOUR = 3_600n;
const DAY = 86_400n;
const GRACE = 900n;
const NOBODY = "0x0000000000000000000000000000000000000000";

type Sent = Promise<ContractTransactionResponse>;

/** A clock and its feed, with times counted from a round second `start`. */
interface Bench {
  w: World;
  start: bigint;
  clock: UptimeClock;
  feed: HostileUptimeFeed;
  /** Sends what `send` makes in a block of `start + time`. */
  at: (time: bigint, send: () => Sent) => Sent;
  /** Mines a block of `start + time`. */
  until: (time: bigint) => Promise<void>;
  pause: (kind: number, seconds: bigint) => Sent;
  unpause: (kind: number) => Sent;
  /** A new round, its number one more than the last, as of `start + time`. */
  round: (answer: bigint, time: bigint) => Sent;
  /** The clock's time since `start`, less what had stood still by then; the view's answer. */
  uptime: () => Promise<bigint>;
}

async function bench(): Promise<Bench> {
  const w = await loadWorld();
  const feed = await deploy<HostileUptimeFeed>(w.ethers, "HostileUptimeFeed");
  await feed.push(1n, UP, await now(w));
  const clock = await deploy<UptimeClock>(w.ethers, "UptimeClock", [
    w.governance,
    await feed.getAddress(),
    GRACE,
  ]);
  await assignRoles({ governance: w.governance, clock });
  const start = (await now(w)) + 1_000n;
  const guarded = clock.connect(w.guardian);
  return {
    w,
    start,
    clock,
    feed,
    at: async (time, send) => {
      await w.helpers.time.setNextBlockTimestamp(start + time);
      return send();
    },
    until: (time) => mineAt(w, start + time),
    pause: (kind, seconds) => guarded.pause(kind, seconds),
    unpause: (kind) => guarded.unpause(kind),
    round: async (answer, time) => feed.push((await feed.latest()) + 1n, answer, start + time),
    uptime: async () => (await clock.read()).uptime - start,
  };
}

describe("uptime", () => {
  it("is the time as long as nothing stops it", async () => {
    const b = await bench();
    await b.until(12_345n);
    expect(await b.uptime()).to.equal(12_345n);
    expect(await b.clock.downtime()).to.equal(0n);
  });

  it("is the time on a chain without a sequencer's feed", async () => {
    const { w } = await bench();
    const clock = await deploy<UptimeClock>(w.ethers, "UptimeClock", [w.governance, NOBODY, 1n]);
    await clock.sync();
    expect((await clock.read()).uptime).to.equal(await now(w));
  });

  for (const kind of KINDS) {
    it(`stands still in a pause of ${["calling", "liquidation"][kind]!}, which ends by itself (I-22, I-41)`, async () => {
      const b = await bench();
      const set = await eventOf(
        b.at(100n, () => b.pause(kind, 600n)),
        b.clock,
        "PauseSet",
      );
      expect(set).to.deep.equal({ kind: BigInt(kind), until: b.start + 700n, actor: b.w.guardian.address });
      for (const [time, uptime, paused] of [
        [101n, 100n, true],
        [699n, 100n, true],
        [700n, 100n, false],
        [701n, 101n, false],
        [9_000n, 8_400n, false],
      ] as const) {
        await b.until(time);
        const moment = await b.clock.read();
        expect(moment.uptime - b.start).to.equal(uptime);
        expect(moment.isCallingPaused).to.equal(paused && kind === CALLING);
        expect(moment.isLiquidationPaused).to.equal(paused && kind === LIQUIDATION);
      }
      expect(await b.clock.pausedUntil(kind)).to.equal(b.start + 700n);
      expect(await b.clock.downtime()).to.equal(600n);
    });
  }

  it("stands still in an outage, known or not recorded yet (C-28)", async () => {
    const b = await bench();
    await b.at(150n, () => b.round(DOWN, 100n));
    expect(await b.uptime()).to.equal(100n);
    await b.at(500n, () => b.clock.sync());
    await b.until(800n);
    expect(await b.uptime()).to.equal(100n);
    await b.at(900n, () => b.round(UP, 850n));
    expect(await b.uptime()).to.equal(150n);
    await b.at(1_000n, () => b.clock.sync());
    await b.until(2_000n);
    expect([await b.uptime(), await b.clock.downtime()]).to.deep.equal([1_250n, 750n]);
  });
});

describe("sync", () => {
  it("records each outage once, whoever asks however often", async () => {
    const b = await bench();
    await b.at(110n, () => b.round(DOWN, 100n));
    await b.at(120n, () => b.clock.connect(b.w.stranger).sync());
    await b.at(410n, () => b.round(UP, 400n));
    const transaction = b.at(420n, () => b.clock.connect(b.w.stranger).sync());
    expect(await eventsOf(transaction, b.clock, "OutageRecorded")).to.deep.equal([
      { downAt: b.start + 100n, upAt: b.start + 400n, downtime: 300n },
    ]);
    for (const time of [421n, 422n]) {
      const again = b.at(time, () => b.clock.sync());
      expect(await eventsOf(again, b.clock, "OutageRecorded")).to.deep.equal([]);
    }
    expect(await b.clock.downtime()).to.equal(300n);
  });

  it("records outages that began and ended since the last one, each with its own times (I-44)", async () => {
    const b = await bench();
    for (const [answer, time] of [
      [DOWN, 100n],
      [UP, 400n],
      [DOWN, 500n],
      [UP, 700n],
    ] as const) {
      await b.at(time, () => b.round(answer, time));
    }
    const recorded = await eventsOf(
      b.at(1_000n, () => b.clock.sync()),
      b.clock,
      "OutageRecorded",
    );
    expect(recorded.map(({ downAt, upAt }) => [downAt, upAt])).to.deep.equal([
      [b.start + 100n, b.start + 400n],
      [b.start + 500n, b.start + 700n],
    ]);
    expect(await b.clock.downtime()).to.equal(500n);
  });

  it("reads the newest sixteen of more rounds than anybody synced for", async () => {
    const b = await bench();
    for (let i = 0n; i < 10n; ++i) {
      await b.at(100n + 20n * i, () => b.round(DOWN, 100n + 20n * i));
      await b.at(110n + 20n * i, () => b.round(UP, 110n + 20n * i));
    }
    await b.clock.sync();
    expect(await b.clock.downtime()).to.equal(80n);
    await b.clock.sync();
    await b.until(5_000n);
    expect(await b.clock.downtime()).to.equal(80n);
  });
});

describe("what overlaps", () => {
  it("counts once: two pauses", async () => {
    const b = await bench();
    await b.at(100n, () => b.pause(CALLING, 600n));
    await b.at(400n, () => b.pause(LIQUIDATION, 600n));
    await b.until(5_000n);
    expect(await b.clock.downtime()).to.equal(900n);
  });

  it("counts once: a pause cut short while the other runs, then prolonged", async () => {
    const b = await bench();
    await b.at(100n, () => b.pause(CALLING, 600n));
    await b.at(200n, () => b.pause(LIQUIDATION, 200n));
    await b.at(300n, () => b.unpause(CALLING));
    await b.until(350n);
    const { isCallingPaused, isLiquidationPaused } = await b.clock.read();
    expect([isCallingPaused, isLiquidationPaused]).to.deep.equal([false, true]);
    await b.at(390n, () => b.pause(LIQUIDATION, 110n));
    await b.until(5_000n);
    expect(await b.clock.downtime()).to.equal(400n);
  });

  for (const [what, down, up, total] of [
    ["begins before the pause", 100n, 500n, 800n],
    ["ends after it", 500n, 1_200n, 900n],
    ["lies within it", 400n, 600n, 600n],
    ["contains it", 100n, 1_200n, 1_100n],
    ["begins with it", 300n, 1_000n, 700n],
    ["follows it", 900n, 1_000n, 700n],
  ] as const) {
    it(`counts once: an outage that ${what}`, async () => {
      const b = await bench();
      const steps: [bigint, () => Sent][] = [
        [down, () => b.round(DOWN, down)],
        [300n, () => b.pause(CALLING, 600n)],
        [up, () => b.round(UP, up)],
      ];
      steps.sort(([x], [y]) => Number(x - y));
      let last = 0n;
      for (const [time, send] of steps) {
        last = time > last ? time : last + 1n;
        await b.at(last, send);
      }
      await b.at(2_000n, () => b.clock.sync());
      expect(await b.clock.downtime()).to.be.within(total, total + 1n);
    });
  }

  it("counts once: an outage learned late that reaches over two pauses", async () => {
    const b = await bench();
    await b.at(100n, () => b.pause(CALLING, 100n));
    await b.at(300n, () => b.pause(LIQUIDATION, 100n));
    await b.at(350n, () => b.round(DOWN, 150n));
    await b.at(450n, () => b.round(UP, 450n));
    await b.until(5_000n);
    expect(await b.clock.downtime()).to.equal(350n);
  });

  it("never runs during a stop and counts every second of one, whatever the order (I-22)", async () => {
    for (const seed of [1, 2, 3]) {
      const b = await bench();
      const random = randomOf(seed);
      const stopped = new Set<number>();
      const pausedUntil = [0, 0];
      let isDown = false;
      let time = 0;
      for (let step = 0; step < 40; ++step) {
        const from = time;
        time += 1 + random(400);
        for (let second = from; second < time; ++second) {
          if (isDown || second < pausedUntil[0]! || second < pausedUntil[1]!) stopped.add(second);
        }
        const kind = random(2);
        const choice = random(4);
        const when = BigInt(time);
        if (choice === 0) {
          const length = 1 + random(500);
          await b.at(when, () => b.pause(kind, BigInt(length)));
          pausedUntil[kind] = Math.max(pausedUntil[kind]!, time + length);
        } else if (choice === 1 && pausedUntil[kind]! > time) {
          await b.at(when, () => b.unpause(kind));
          pausedUntil[kind] = time;
        } else if (choice === 2) {
          isDown = !isDown;
          await b.at(when, () => b.round(isDown ? DOWN : UP, when));
        } else await b.at(when, () => b.clock.sync());
        expect(await b.uptime(), `seed ${seed}, step ${step}`).to.equal(BigInt(time - stopped.size));
      }
    }
  });
});

/** Whole numbers below a bound, the same for the same seed. */
function randomOf(seed: number): (bound: number) => number {
  let state = seed * 2_654_435_761;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

describe("pause and unpause (I-41, C-46)", () => {
  it("are the guardian's alone", async () => {
    const { w, clock } = await bench();
    for (const caller of [w.owner, w.stranger]) {
      const as = clock.connect(caller);
      for (const refused of [() => as.pause(CALLING, 1n), () => as.unpause(CALLING)]) {
        await expect(refused())
          .to.be.revertedWithCustomError(clock, "AccessManagedUnauthorized")
          .withArgs(caller);
      }
    }
  });

  it("has a guardian whom the admin names", async () => {
    const { w, clock } = await bench();
    await expect(w.governance.connect(w.guardian).grantRole(ROLE.guardian, w.stranger, 0n))
      .to.be.revertedWithCustomError(w.governance, "AccessManagerUnauthorizedAccount")
      .withArgs(w.guardian, ROLE.admin);
    await w.governance.grantRole(ROLE.guardian, w.stranger, 0n);
    await w.governance.revokeRole(ROLE.guardian, w.guardian);
    await clock.connect(w.stranger).pause(CALLING, 1n);
    await expect(clock.connect(w.guardian).pause(CALLING, 1n))
      .to.be.revertedWithCustomError(clock, "AccessManagedUnauthorized")
      .withArgs(w.guardian);
  });

  it("last from a second to a day (C-01, C-03, C-08)", async () => {
    const b = await bench();
    for (const wanted of [0n, DAY + 1n, 2n ** 256n - 1n]) {
      await expect(b.pause(CALLING, wanted))
        .to.be.revertedWithCustomError(b.clock, "PauseTooLong")
        .withArgs(wanted, DAY);
    }
    await b.pause(CALLING, 1n);
    await b.pause(LIQUIDATION, DAY);
  });

  it("have nothing to end when nothing runs", async () => {
    const b = await bench();
    for (const kind of KINDS) {
      await expect(b.unpause(kind)).to.be.revertedWithCustomError(b.clock, "NotPaused").withArgs(kind);
    }
    await b.at(100n, () => b.pause(CALLING, 10n));
    await b.until(110n);
    await expect(b.unpause(CALLING)).to.be.revertedWithCustomError(b.clock, "NotPaused");
  });

  it("end when the guardian says so, and the clock runs again", async () => {
    const b = await bench();
    await b.at(100n, () => b.pause(CALLING, DAY));
    const set = await eventOf(
      b.at(200n, () => b.unpause(CALLING)),
      b.clock,
      "PauseSet",
    );
    expect(set.until).to.equal(b.start + 200n);
    await b.until(300n);
    expect(await b.uptime()).to.equal(200n);
    expect((await b.clock.read()).isCallingPaused).to.equal(false);
  });

  it("take three days a kind from a period of thirty, prolonging only what it adds", async () => {
    const b = await bench();
    const first = 100n;
    await b.at(first, () => b.pause(CALLING, DAY));
    await b.at(first + DAY / 2n, () => b.pause(CALLING, DAY));
    await b.at(first + DAY, () => b.pause(CALLING, DAY));
    await b.at(first + 2n * DAY, () => b.pause(CALLING, DAY));
    // Three days from 100 are spent to the second.
    await expect(b.at(first + 2n * DAY + 1n, () => b.pause(CALLING, DAY)))
      .to.be.revertedWithCustomError(b.clock, "PauseBudgetExceeded")
      .withArgs(1n, 0n, b.start + first + 30n * DAY);
    // A shorter one than the one that runs changes and costs nothing.
    await b.pause(CALLING, 1n);
    // The other kind has a budget of its own.
    await b.pause(LIQUIDATION, DAY);
    await expect(b.at(first + 30n * DAY - 1n, () => b.pause(CALLING, 1n))).to.be.revertedWithCustomError(
      b.clock,
      "PauseBudgetExceeded",
    );
    await b.at(first + 30n * DAY, () => b.pause(CALLING, 1n));
  });

  it("cost an hour at least when they stop the clock, so that many short ones do not", async () => {
    const b = await bench();
    for (let i = 0n; i < 72n; ++i) await b.at(100n + 2n * i, () => b.pause(LIQUIDATION, 1n));
    await expect(b.at(1_000n, () => b.pause(LIQUIDATION, 1n)))
      .to.be.revertedWithCustomError(b.clock, "PauseBudgetExceeded")
      .withArgs(HOUR, 0n, b.start + 100n + 30n * DAY);
  });

  it("give nothing back when cut short", async () => {
    const b = await bench();
    for (let i = 0n; i < 3n; ++i) {
      await b.at(100n + 10n * i, () => b.pause(CALLING, DAY));
      await b.at(105n + 10n * i, () => b.unpause(CALLING));
    }
    await expect(b.pause(CALLING, 1n)).to.be.revertedWithCustomError(b.clock, "PauseBudgetExceeded");
    expect(await b.clock.downtime()).to.equal(15n);
  });
});

describe("a feed that is no feed (C-28, C-29)", () => {
  const CONDUCTS = [
    "reverts",
    "returns nothing",
    "returns a word too little",
    "returns too much",
    "burns all gas",
  ];

  for (const [i, what] of CONDUCTS.entries()) {
    const conduct = i + 1;
    it(`lets the clock run when it ${what}`, async () => {
      const b = await bench();
      await b.feed.setConduct(conduct);
      await b.at(500n, () => b.clock.sync());
      await b.until(600n);
      expect(await b.uptime()).to.equal(600n);
    });
  }

  it("lets the clock run when the numbers of its rounds are no such numbers", async () => {
    const b = await bench();
    await b.feed.push(2n, DOWN, b.start);
    await b.feed.setConduct(6);
    await b.at(600n, () => b.clock.sync());
    expect(await b.uptime()).to.equal(600n);
  });

  it("does not stop the clock for good when it fails after it said down", async () => {
    const b = await bench();
    await b.at(100n, () => b.round(DOWN, 100n));
    await b.at(200n, () => b.clock.sync());
    await b.at(300n, () => b.feed.setConduct(1));
    const ended = await eventOf(
      b.at(400n, () => b.clock.sync()),
      b.clock,
      "OutageRecorded",
    );
    expect(ended).to.deep.equal({ downAt: b.start + 100n, upAt: b.start + 400n, downtime: 300n });
    await b.until(1_000n);
    expect(await b.uptime()).to.equal(700n);
    // It answers again, and still says down.
    await b.at(1_100n, () => b.feed.setConduct(0));
    await b.at(1_200n, () => b.clock.sync());
    await b.until(2_000n);
    expect(await b.uptime()).to.equal(900n);
    await b.at(2_100n, () => b.round(UP, 2_100n));
    await b.until(3_000n);
    expect(await b.uptime()).to.equal(1_800n);
  });

  it("is not believed for an answer other than 0 and 1, nor for a round without a time", async () => {
    for (const [answer, time] of [
      [2n, 100n],
      [-1n, 100n],
      [2n ** 255n - 1n, 100n],
    ] as const) {
      const b = await bench();
      await b.at(200n, () => b.round(answer, time));
      await b.until(1_000n);
      expect(await b.uptime()).to.equal(1_000n);
    }
    const b = await bench();
    await b.at(200n, () => b.feed.push(2n, DOWN, 0n));
    await b.until(1_000n);
    expect(await b.uptime()).to.equal(1_000n);
  });

  it("may skip and lose rounds: what can be read counts", async () => {
    const b = await bench();
    await b.at(100n, () => b.round(DOWN, 100n));
    await b.at(400n, () => b.round(UP, 400n));
    await b.at(500n, () => b.round(DOWN, 500n));
    await b.feed.hide(3n, true);
    await b.at(700n, () => b.feed.push(9n, UP, b.start + 700n));
    await b.at(1_000n, () => b.clock.sync());
    // Nobody knows that it was up from 400 to 500.
    expect(await b.clock.downtime()).to.equal(600n);
  });

  it("may begin another phase: its latest round counts", async () => {
    const b = await bench();
    const phase = 1n << 64n;
    await b.at(100n, () => b.feed.push(5n * phase + 7n, DOWN, b.start + 100n));
    await b.at(200n, () => b.clock.sync());
    await b.at(300n, () => b.feed.push(6n * phase + 1n, UP, b.start + 300n));
    await b.at(400n, () => b.clock.sync());
    expect(await b.clock.downtime()).to.equal(200n);
  });

  it("may count backwards", async () => {
    const b = await bench();
    await b.at(100n, () => b.feed.push(10n, DOWN, b.start + 100n));
    await b.at(200n, () => b.clock.sync());
    await b.at(300n, () => b.feed.push(5n, UP, b.start + 300n));
    await b.until(1_000n);
    expect(await b.uptime()).to.equal(800n);
  });

  it("may speak of the future: what it says counts from when it is read", async () => {
    const b = await bench();
    await b.at(100n, () => b.round(DOWN, 130n));
    await b.at(110n, () => b.clock.sync());
    await b.at(200n, () => b.round(UP, 230n));
    await b.at(210n, () => b.clock.sync());
    await b.until(1_000n);
    expect(await b.uptime()).to.equal(900n);
  });

  it("counts the first outage too when nobody has looked at the clock before it was over (I-22)", async () => {
    const b = await bench();
    await b.at(100n, () => b.round(DOWN, 100n));
    await b.at(400n, () => b.round(UP, 400n));
    expect(await b.uptime()).to.equal(100n);
    const recorded = await eventOf(b.clock.sync(), b.clock, "OutageRecorded");
    expect(recorded).to.deep.equal({ downAt: b.start + 100n, upAt: b.start + 400n, downtime: 300n });
  });

  it("says nothing about the time before the clock", async () => {
    const { w } = await bench();
    const feed = await deploy<HostileUptimeFeed>(w.ethers, "HostileUptimeFeed");
    await feed.push(1n, DOWN, 1n);
    const clock = await deploy<UptimeClock>(w.ethers, "UptimeClock", [
      w.governance,
      await feed.getAddress(),
      GRACE,
    ]);
    const since = await now(w);
    await clock.sync();
    expect((await clock.read()).uptime).to.equal(since);
  });

  it("counts no second twice, however often it says that it was down then; never more than there were", async () => {
    const b = await bench();
    let id = 1n;
    for (let i = 0n; i < 5n; ++i) {
      await b.at(1_000n + 20n * i, () => b.feed.push(++id, DOWN, 1n));
      await b.at(1_010n + 20n * i, () => b.feed.push(++id, UP, b.start + 1_000n));
    }
    await b.at(2_000n, () => b.clock.sync());
    const { uptime } = await b.clock.read();
    // From the clock's first second to 1,000, once.
    expect(uptime).to.be.greaterThan(b.start - 1_100n);
    expect(await b.clock.downtime()).to.be.lessThanOrEqual(2_010n);
    await b.until(3_000n);
    expect((await b.clock.read()).uptime).to.equal(uptime + 1_000n);
  });
});

describe("what is protected (I-21, I-22)", () => {
  const protectionOf = async (b: Bench) => {
    const { protectedFrom, protectedUntil } = await b.clock.read();
    return [protectedFrom - b.start, protectedUntil - b.start];
  };

  it("are deadlines after the stop, for the grace, reported with the pause (I-44)", async () => {
    const b = await bench();
    const transaction = b.at(100n, () => b.pause(CALLING, 600n));
    expect(await eventOf(transaction, b.clock, "DeadlinesProtected")).to.deep.equal({
      protectedFrom: b.start + 100n,
      protectedUntil: b.start + 1_000n,
    });
    expect(await protectionOf(b)).to.deep.equal([100n, 1_000n]);
    // Prolonged or joined by the other, it is the same stop.
    await b.at(400n, () => b.pause(LIQUIDATION, 3_000n));
    await b.at(500n, () => b.pause(CALLING, 5_000n));
    expect(await protectionOf(b)).to.deep.equal([100n, 1_000n]);
  });

  it("are deadlines after an outage began, when it is learned", async () => {
    const b = await bench();
    await b.at(200n, () => b.round(DOWN, 100n));
    expect(await protectionOf(b)).to.deep.equal([100n, 1_000n]);
    const transaction = b.at(300n, () => b.clock.sync());
    expect(await eventOf(transaction, b.clock, "DeadlinesProtected")).to.deep.equal({
      protectedFrom: b.start + 100n,
      protectedUntil: b.start + 1_000n,
    });
    await b.at(400n, () => b.round(UP, 400n));
    expect(await protectionOf(b)).to.deep.equal([100n, 1_000n]);
  });

  it("by stops in a row, each within the grace of the one before, is what the first protected", async () => {
    const b = await bench();
    // Uptime 100, then 999: within the grace of the first, which ends at 1,000.
    await b.at(100n, () => b.pause(CALLING, 10n));
    await b.at(1_009n, () => b.pause(CALLING, 10n));
    expect(await protectionOf(b)).to.deep.equal([100n, 1_899n]);
  });

  it("begins anew with a stop after the grace, in its very second (C-09)", async () => {
    const b = await bench();
    await b.at(100n, () => b.pause(CALLING, 10n));
    await b.at(1_010n, () => b.pause(CALLING, 10n));
    expect(await protectionOf(b)).to.deep.equal([1_000n, 1_900n]);
    const { earlierFrom, earlierUntil } = await b.clock.read();
    expect([earlierFrom - b.start, earlierUntil - b.start]).to.deep.equal([100n, 1_000n]);
  });
});
