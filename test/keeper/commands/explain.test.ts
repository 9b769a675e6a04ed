import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { existsSync } from "node:fs";
import { explainAccount } from "../../../keeper/commands/explain.ts";
import { describeExplanation } from "../../../keeper/commands/describeExplanation.ts";
import { snapshotOf } from "../../../keeper/commands/openView.ts";
import { UserError } from "../../../keeper/errors.ts";
import { momentOf } from "../../../keeper/policy/assess.ts";
import { accountIdOf, type AccountId } from "../../../sdk/accountId.ts";
import { WARNING_LEVEL_WAD } from "../../../sdk/healthMath.ts";
import { marginOf } from "../../../sdk/margin.ts";
import { Status } from "../../../sdk/vaultTypes.ts";
import { etherFor } from "../support/etherFor.ts";
import { startViewBench, type ViewBench } from "../support/viewBench.ts";

const DEBT = 10_000n * 10n ** 6n;
const WAD = 10n ** 18n;

describe("explain", function () {
  this.timeout(60_000);
  let bench: ViewBench;
  let calm: AccountId;
  let callable: AccountId;
  let critical: AccountId;
  let mixed: AccountId;

  before(async () => {
    bench = await startViewBench();
    const { world } = bench;
    calm = await world.open(1n, 0, etherFor(2), DEBT);
    callable = await world.open(2n, 0, etherFor(1.12), DEBT);
    critical = await world.open(3n, 0, etherFor(1.06), DEBT);
    mixed = await world.open(4n, 0, etherFor(1.3), DEBT);
    const wbtc = await world.tokens[1]!.getAddress();
    await world.act(world.vault, "depositCollateral", mixed, wbtc, 10n ** 7n);
    await world.setPrice(0, 1_700);
  });
  after(() => bench.close());

  const explained = (account: AccountId, changes?: Readonly<Record<string, unknown>>) =>
    bench.look((view) => explainAccount(view, account), changes);

  it("says what is due, what is left alone and why, and writes nothing", async () => {
    expect(await explained(calm)).to.deep.include({ due: [], skipped: [] });
    expect(await explained(callable)).to.deep.include({ due: ["openCall"], skipped: [] });
    expect(await explained(critical)).to.deep.include({ due: ["liquidateCritical"], skipped: [] });
    const small = await explained(callable, { minimumCallDebt: "20000" });
    expect(small.due).to.deep.equal([]);
    expect(small.skipped).to.deep.equal([{ account: callable, duty: "openCall", reason: "belowMinimum" }]);
    const lossy = { criticalAtAnyProfit: false, profitMargin: "100000" };
    expect((await explained(critical, lossy)).skipped.map(({ reason }) => reason)).to.deep.equal([
      "notProfitable",
    ]);
    expect(existsSync(`${bench.folder}/keeper.sqlite`)).to.be.false;
  });

  it("works the take out as the policy does", async () => {
    const { take } = await explained(critical);
    expect(take!.payment > 0n && take!.gain > 0n && take!.gasCost! > 0n).to.be.true;
    expect(take!.leastProfit).to.equal(-10n * 10n ** 6n);
    expect((await explained(callable)).take).to.equal(undefined);
  });

  it("gives for each collateral the very price at which each threshold is crossed", async () => {
    for (const account of [calm, callable, mixed]) {
      await bench.look((view) => {
        const moment = momentOf(snapshotOf(view));
        const { triggers, state } = explainAccount(view, account);
        expect(triggers.length).to.equal(account === mixed ? 6 : 3);
        for (const { number, trigger, price36 } of triggers) {
          const at = (price: bigint) => {
            const prices = { ...moment.prices, price36: moment.prices.price36.with(number, price) };
            const { healthWad, floorHealthWad } = marginOf(state, { ...moment, prices })!;
            if (trigger === "floor") return floorHealthWad >= WAD;
            return healthWad >= (trigger === "call" ? WAD : WARNING_LEVEL_WAD);
          };
          if (price36 === undefined) {
            expect(at(0n), "the others alone are enough").to.be.true;
            continue;
          }
          // A ten-millionth to either side: values are whole base units.
          expect(at(price36 + price36 / 10n ** 7n), `${trigger} above`).to.be.true;
          expect(at(price36 - price36 / 10n ** 7n), `${trigger} below`).to.be.false;
        }
      });
    }
  });

  it("says when a call's time is over", async () => {
    const { world } = bench;
    await world.act(world.vault, "openCalls", [callable]);
    const { deadlineAt, profitableAt, margin, due } = await explained(callable);
    expect(margin?.status).to.equal(Status.Called);
    expect(due).to.deep.equal([]);
    expect(deadlineAt! > 0n && profitableAt! >= deadlineAt!).to.be.true;
  });

  it("says all of it in lines of a terminal", async () => {
    for (const account of [calm, callable, critical, mixed]) {
      const text = await bench.look((view) => describeExplanation(explainAccount(view, account), view));
      for (const line of text.split("\n")) expect(line.length, line).to.be.at.most(100);
      expect(text).to.contain("WETH").and.to.contain("health");
    }
  });

  it("refuses an account that is not there", async () => {
    const stranger = accountIdOf(`0x${"22".repeat(20)}`, 0n);
    const error: unknown = await explained(stranger).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(UserError);
  });
});
