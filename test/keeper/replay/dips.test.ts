import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { describeReplay } from "../../../keeper/commands/describeReplay.ts";
import { runReplay } from "../../../keeper/commands/replay.ts";
import { readConfig } from "../../../keeper/config.ts";
import type { ReplayReport } from "../../../keeper/replay/replayReport.ts";
import type { AccountId } from "../../../sdk/accountId.ts";
import { etherFor } from "../support/etherFor.ts";
import { startKeeper } from "../support/keeperProcess.ts";
import { startViewBench, type ViewBench } from "../support/viewBench.ts";

const DEBT = 10_000n * 10n ** 6n;
const LOW = 1_700;
const HIGH = 2_000;

/** Twice the price falls for some blocks; only in the second dip is there somebody who acts. */
describe("a replay of two dips", function () {
  this.timeout(120_000);
  let bench: ViewBench;
  let accounts: Readonly<Record<"callable" | "critical", AccountId>>;
  let first: { readonly from: number; readonly to: number };
  let second: number;
  let end: number;

  const priceAt = async (price: number) => {
    await bench.world.setPrice(0, price);
    return Number(await bench.chain.send<string>("eth_blockNumber"));
  };
  const mine = async (blocks: number) => {
    for (let i = 0; i < blocks; ++i) await bench.chain.mine();
  };
  const replayed = (to: number): Promise<ReplayReport> =>
    runReplay({
      config: readConfig(bench.written({ mode: "dry-run", key: undefined })),
      wish: { from: first.from - 1, to },
      environment: {},
      progress: { write: () => true },
      signal: new AbortController().signal,
    });
  const deedsAbout = ({ deeds }: ReplayReport, account: AccountId) =>
    deeds
      .filter((deed) => deed.account === account)
      .map(({ duty, outcome, wouldBlock, dueUntil, leadBlocks }) => [
        duty,
        outcome,
        wouldBlock,
        dueUntil,
        leadBlocks,
      ]);

  before(async () => {
    bench = await startViewBench();
    const callable = await bench.world.open(2n, 0, etherFor(1.12), DEBT);
    const critical = await bench.world.open(3n, 0, etherFor(1.06), DEBT);
    accounts = { callable, critical };
    await mine(2);
    const from = await priceAt(LOW);
    await mine(2);
    first = { from, to: await priceAt(HIGH) };
    await mine(10);
    second = await priceAt(LOW);
    await mine(3);
    const keeper = startKeeper(bench.written({ storeFile: "other.sqlite" }), "once");
    expect(await keeper.ended(), keeper.stderr()).to.equal(0);
    end = Number(await bench.chain.send<string>("eth_blockNumber"));
  });
  after(() => bench.close());

  it("says until when each was due, calls and takes alike, and not that it still is", async () => {
    const report = await replayed(second - 1);
    const once = (duty: string) => [[duty, "nobody", first.from + 1, first.to, undefined]];
    expect(deedsAbout(report, accounts.callable)).to.deep.equal(once("openCall"));
    expect(deedsAbout(report, accounts.critical)).to.deep.equal(once("liquidateCritical"));
    const text = describeReplay(report, readConfig(bench.written()));
    expect(text).to.contain(`by nobody, due until ${first.to}`).and.not.to.contain("still due");
  });

  it("holds what is done in the second dip against the second alone, and counts the earnings once", async () => {
    const [short, whole] = [await replayed(second - 1), await replayed(end)];
    for (const [account, duty] of [
      [accounts.callable, "openCall"],
      [accounts.critical, "liquidateCritical"],
    ] as const) {
      const [before, again] = deedsAbout(whole, account);
      expect(before).to.deep.equal(deedsAbout(short, account)[0]);
      expect(again!.slice(0, 4)).to.deep.equal([duty, "later", second + 1, undefined]);
      const done = whole.deeds.find((deed) => deed.account === account && deed.done !== undefined)!.done!;
      expect(again![4]).to.equal(done.block - second - 1);
    }
    const [earlier, later] = [short, whole].map(({ totals }) => totals.at(-1)!);
    expect(later).to.deep.include({ would: 4, later: 2, nobody: 2, leftAlone: 0 });
    expect(later!.net).to.equal(earlier!.net);
    expect(earlier!.net > 0n).to.be.true;
  });
});
