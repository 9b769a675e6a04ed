import { expect } from "chai";
import { CLOCK_ROLES, CONFIGURATOR_ROLES } from "../../sdk/governance.ts";
import { ACTS } from "../../scripts/operate/acts.ts";
import { describeAct } from "../../scripts/operate/planAct.ts";
import { mineAt, now } from "../vault/support/clock.ts";
import { setPrice } from "../vault/support/position.ts";
import { deployOracle, type World } from "../vault/support/world.ts";
import { operated, RISK_DELAY } from "./support/operated.ts";

const eth = async (w: World) => (await w.vault.collateralAt(0n))[1];

describe("npm run operate", () => {
  it("has acts for functions that the governance knows or has, each with its own name", async () => {
    const { w } = await operated();
    const known = { ...CONFIGURATOR_ROLES, ...CLOCK_ROLES };
    for (const { on, signature } of ACTS) {
      if (on === "governance") expect(w.governance.interface.hasFunction(signature)).to.equal(true);
      else expect(known).to.have.property(signature);
    }
    expect(new Set(ACTS.map(({ name }) => name)).size).to.equal(ACTS.length);
  });

  it("shows what a lower maintenance weight does to every account in the end, and sends nothing", async () => {
    const { w, deployment, plan } = await operated();
    const values = ["ETH", "7450"];
    const { tally, permission } = await plan("setMaintenanceWeight", values, w.lender.address);
    // 2,000 * 0.745 is under 1,500.
    expect([...tally.moves]).to.deep.equal([["Warned > Callable", { accounts: 1, debt: w.usd(1_500n) }]]);
    expect([tally.accounts, tally.debt, tally.boundNow]).to.deep.equal([2, w.usd(2_500n), 0]);
    expect(permission).to.deep.equal({
      role: "riskAdmin",
      caller: { may: true, delaySeconds: RISK_DELAY },
      readyAt: 0n,
    });
    const text = describeAct(await plan("setMaintenanceWeight", values), deployment).join("\n");
    expect(text).to.match(/by: riskAdmin, after 1 d at least/);
    expect(text).to.match(/Warned > Callable: 1 accounts owing 1,500/);
    expect((await eth(w)).maintenanceBps).to.equal(8_020n);
  });

  it("shows whom a lower initial weight binds, whom a new oracle moves, and what a pause leaves alone", async () => {
    const { w, plan } = await operated();
    const bound = await plan("setInitialWeight", ["0", "7000"]);
    expect([bound.tally.boundNow, bound.tally.moves.size]).to.deep.equal([1, 0]);
    await setPrice(w.collaterals[0]!, "1860");
    const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, w.collaterals);
    const same = await plan("setOracle", [await oracle.getAddress()]);
    expect([same.tally.moves.size, same.tally.worstAfterWad]).to.deep.equal([0, same.tally.worstBeforeWad]);
    const pause = await plan("pause", ["calling", "3600"], w.guardian.address);
    expect([pause.permission.role, pause.permission.caller, pause.tally.moves.size]).to.deep.equal([
      "guardian",
      { may: true, delaySeconds: 0n },
      0,
    ]);
  });

  it("schedules, waits, and executes when it is time, with one command", async () => {
    const { w, send, plan } = await operated();
    const values = ["ETH", "7"];
    expect(await send("setCap", values, w.lender)).to.equal("scheduled");
    const readyAt = (await now(w)) + RISK_DELAY;
    expect((await plan("setCap", values, w.lender.address)).permission.readyAt).to.equal(readyAt);
    expect(await send("setCap", values, w.lender)).to.equal("waits");
    await mineAt(w, readyAt);
    expect((await eth(w)).cap).to.not.equal(7n);
    expect(await send("setCap", values, w.lender)).to.equal("executed");
    expect((await eth(w)).cap).to.equal(7n);
  });

  it("does at once what may be done at once", async () => {
    const { w, send } = await operated();
    expect(await send("lowerCap", ["ETH", "0"], w.owner)).to.equal("done");
    expect((await eth(w)).cap).to.equal(0n);
    expect(await send("pause", ["liquidation", "60"], w.guardian)).to.equal("done");
    expect((await w.clock.read()).isLiquidationPaused).to.equal(true);
    expect(await send("resume", ["liquidation"], w.guardian)).to.equal("done");
    expect((await w.clock.read()).isLiquidationPaused).to.equal(false);
    expect(await send("lowerBorrowCap", ["0"], w.owner)).to.equal("done");
    expect(await w.vault.borrowCap()).to.equal(0n);
  });

  it("says who lacks the role, and what is wrong with what was given", async () => {
    const { w, send, plan } = await operated();
    const cases: [string, string[], RegExp][] = [
      ["setCap", ["DOGE", "1"], /"DOGE" is no collateral of this vault: it has ETH, BTC/],
      ["setCap", ["ETH", "1.5"], /must be a whole number up to/],
      ["setCap", ["ETH"], /setCap takes collateral, baseUnits/],
      ["setInitialWeight", ["ETH", "10001"], /the weight in bps must be a whole number up to 10000/],
      ["setOracle", ["0x12"], /"0x12" is not an address/],
      ["setFee", ["3001", w.owner.address], /the fee in bps/],
      ["setRiskTerms", ["1", "1", "1", "1", "1", "1", "x"], /rampSeconds must be/],
      ["pause", ["everything", "1"], /neither calling nor liquidation/],
    ];
    for (const [name, values, message] of cases) {
      await plan(name, values).then(
        () => expect.fail(`${name} ${values.join(" ")} was planned`),
        (error: unknown) => {
          expect((error as Error).message).to.match(message);
        },
      );
    }
    await send("setCap", ["ETH", "1"], w.stranger).then(
      () => expect.fail("sent by somebody without the role"),
      (error: unknown) => {
        expect((error as Error).message).to.match(/does not have the role riskAdmin/);
      },
    );
  });
});
