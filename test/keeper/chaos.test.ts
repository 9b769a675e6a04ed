import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { AccountId } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { startChain, type Chain } from "./support/chain.ts";
import { startKeeper, writeConfig, type KeeperProcess, type LogLine } from "./support/keeperProcess.ts";
import { randomOf } from "./support/random.ts";
import { buildWorld, type World } from "./support/world.ts";
import { etherFor } from "./support/etherFor.ts";
import { readEvents, type SeenVaultEvent } from "./support/readEvents.ts";

/** `npm run chaos` sets these: how often to kill, with which dice, and where to write what was counted. */
const KILLS = Number(process.env.TOCSIN_CHAOS_KILLS ?? 20);
const SEED = Number(process.env.TOCSIN_CHAOS_SEED ?? 7);
const REPORT = process.env.TOCSIN_CHAOS_REPORT;

const FIRST_ACCOUNTS = 24;
/** The newest of them are looked at; the older have been through it. */
const CHECKED = 40;
const DEBT = 10_000n * 10n ** 6n;
/** Blocks after which whoever had to be called or taken must have been. */
const LATE_BLOCKS = 12;

interface Tally {
  readonly kills: number;
  readonly blocks: number;
  sends: number;
  resends: number;
  mined: number;
  calls: number;
  takes: number;
  /** Deadlines looked at, and those that had passed with nothing done. */
  checked: number;
  missed: number;
  doubleEffects: string[];
}

describe("npm run chaos", function () {
  this.timeout(60_000 + KILLS * 6_000);
  let chain: Chain;
  let world: World;
  let folder: string;
  let keeper: KeeperProcess | undefined;
  let price = 2_000;
  const accounts: AccountId[] = [];

  before(async () => {
    chain = await startChain();
    world = await buildWorld(chain);
    await chain.send("evm_setAutomine", false);
    folder = mkdtempSync(join(tmpdir(), "tocsin-chaos-"));
  });
  after(async () => {
    if (keeper?.process.exitCode === null) await keeper.stop("SIGKILL");
    world.close();
    await chain.close();
    rmSync(folder, { recursive: true });
  });

  // Most of the book falls due at once here, and nobody else knows the price.
  const configure = () =>
    writeConfig(folder, chain.url, world.deployment, { brake: { maxShareBps: 10_000 } });
  const height = async () => Number(await chain.send<string>("eth_blockNumber"));
  const statusOf = async (account: AccountId) =>
    Number(await world.vault.getFunction("statusOf").staticCall(account)) as Status;
  const isDue = (status: Status) => status === Status.Callable || status >= Status.Critical;

  /** A new account with next to no room at the price. */
  const borrow = async (pick: (below: number) => number) => {
    const health = 1.056 + pick(40) / 1_000;
    accounts.push(await world.open(BigInt(accounts.length + 1), 0, etherFor(health, price), DEBT));
  };
  /** Mostly up or down a little, and one time in six far enough that accounts are critical. */
  const move = async (pick: (below: number) => number) => {
    price =
      pick(6) === 0 ? price * 0.88 : Math.max(1_500, Math.min(2_500, price * (0.95 + pick(100) / 1_000)));
    await world.setPrice(0, price);
  };

  /**
   * One life: it starts, the price moves and somebody borrows at a random moment, and it is killed at another, one time
   * in four while it still starts.
   */
  async function live(pick: (below: number) => number, tally: Tally): Promise<LogLine[]> {
    const process = (keeper = startKeeper(configure()));
    const diesStarting = pick(4) === 0;
    const lifeMs = pick(diesStarting ? 1_000 : 1_400);
    const movesAfterMs = pick(500);
    let begins = Date.now();
    let isUp = false;
    let hasMoved = false;
    let quietFrom: number | undefined;
    while (Date.now() - begins < lifeMs || !(isUp || diesStarting)) {
      if (!isUp && process.lines.some(({ event }) => event === "block.seen")) {
        isUp = true;
        if (!diesStarting) begins = Date.now();
      }
      if (!hasMoved && Date.now() - begins >= movesAfterMs) {
        hasMoved = true;
        quietFrom = undefined;
        await move(pick);
        await borrow(pick);
      }
      await chain.mine();
      await sleep(25);
      if (isUp) quietFrom ??= await height();
    }
    if (quietFrom !== undefined && (await height()) - quietFrom >= LATE_BLOCKS) await check(tally);
    expect(await process.stop("SIGKILL"), process.stderr()).to.equal(null);
    return [...process.lines];
  }

  /** Whether anybody is still to be called or taken who fell due long ago. */
  async function check(tally: Tally): Promise<void> {
    const statuses = await Promise.all(accounts.slice(-CHECKED).map(statusOf));
    tally.checked += statuses.length;
    tally.missed += statuses.filter(isDue).length;
  }

  it(`K-09 K-10 killed ${KILLS} times at random moments: nothing is done twice, no deadline is missed`, async () => {
    const pick = randomOf(SEED);
    for (let n = 1; n <= FIRST_ACCOUNTS; ++n) {
      await borrow(pick);
      if (n % 8 === 0) await chain.mine();
    }
    const from = await height();
    const tally: Tally = {
      kills: KILLS,
      blocks: 0,
      sends: 0,
      resends: 0,
      mined: 0,
      calls: 0,
      takes: 0,
      checked: 0,
      missed: 0,
      doubleEffects: [],
    };
    const lines: LogLine[] = [];
    for (let kill = 0; kill < KILLS; ++kill) lines.push(...(await live(pick, tally)));

    const last = (keeper = startKeeper(configure()));
    await move(pick);
    for (let i = 0; i < 80 && !last.lines.some(({ event }) => event === "block.seen"); ++i) {
      await chain.mine();
      await sleep(60);
    }
    for (let i = 0; i < LATE_BLOCKS; ++i) {
      await chain.mine();
      await sleep(60);
    }
    await check(tally);
    await last.stop("SIGTERM");
    lines.push(...last.lines);

    const seen = await readEvents(chain, world);
    count(tally, lines, seen);
    const report = { seed: SEED, ...tally, blocks: (await height()) - from };
    if (REPORT !== undefined) {
      mkdirSync(dirname(REPORT), { recursive: true });
      writeFileSync(REPORT, `${JSON.stringify(report, undefined, 2)}\n`);
    }
    expect(report.doubleEffects).to.be.empty;
    expect(report.missed).to.equal(0);
    expect(report.checked).to.be.greaterThan(0);
    expect(report.calls).to.be.at.least(KILLS / 4);
  });
});

/** Adds what logs and chain say; a double effect is named. */
function count(tally: Tally, lines: readonly LogLine[], seen: readonly SeenVaultEvent[]): void {
  const used = new Set<number>();
  for (const { event, nonce } of lines) {
    if (event === "transaction.resent") tally.resends += 1;
    if (event === "transaction.mined") tally.mined += 1;
    if (event === "transaction.rejected") used.delete(nonce as number);
    if (event !== "transaction.sent") continue;
    tally.sends += 1;
    // After a kill the same bytes go out again; something new never has an old nonce.
    if (used.has(nonce as number))
      tally.doubleEffects.push(`nonce ${String(nonce)} was used for something else`);
    used.add(nonce as number);
  }
  const called = new Set<AccountId>();
  const taken = new Set<string>();
  for (const event of seen) {
    if (event.name === "MarginCallOpened") {
      tally.calls += 1;
      if (event.notice.reopened) tally.missed += 1;
      else if (called.has(event.account)) tally.doubleEffects.push(`${event.account} was called twice`);
      called.add(event.account);
    }
    if (event.name === "MarginCallClosed") called.delete(event.account);
    if (event.name === "Liquidated") {
      tally.takes += 1;
      const take = `${event.account} at ${event.block}`;
      if (taken.has(take)) tally.doubleEffects.push(`${take} was taken twice`);
      taken.add(take);
    }
  }
}
