import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { describeAct } from "../../scripts/operate/planAct.ts";
import type { MockOracle, StubbornGauge } from "../../types/index.ts";
import { mineAt, now } from "../vault/support/clock.ts";
import { deploy, WAD, type World } from "../vault/support/world.ts";
import { ADMIN_DELAY, operated, RISK_DELAY } from "./support/operated.ts";

type Operated = Awaited<ReturnType<typeof operated>>;

/** Schedules, waits and executes. */
async function carryOut(
  { w, send }: Operated,
  name: string,
  values: string[],
  as: World["owner"],
  delay = RISK_DELAY,
) {
  expect(await send(name, values, as)).to.equal("scheduled");
  await mineAt(w, (await now(w)) + delay);
  expect(await send(name, values, as)).to.equal("executed");
}

async function expectRefused(planned: Promise<unknown>, message: RegExp) {
  await planned.then(
    () => expect.fail(`planned, though ${message}`),
    (error: unknown) => {
      expect((error as Error).name).to.equal("InputError");
      expect((error as Error).message).to.match(message);
    },
  );
}

describe("npm run operate: volatility, a wrong oracle", () => {
  it("setVolatility shows what the gauge's estimate does, follows it, and lets it go", async () => {
    const o = await operated();
    const { w, plan } = o;
    const gauge = await deploy<StubbornGauge>(w.ethers, "StubbornGauge");
    await gauge.set((120n * WAD) / 100n, 0n);
    const address = await gauge.getAddress();
    const values = ["ETH", address, "2500", "1000"];
    const { tally, permission } = await plan("setVolatility", values, w.lender.address);
    expect(permission.role).to.equal("riskAdmin");
    // 2,000 * 0.802 / 1.1 is under 1,500, and 0.76 / 1.1 under it too.
    expect([...tally.moves]).to.deep.equal([["Warned > Callable", { accounts: 1, debt: w.usd(1_500n) }]]);
    expect(tally.boundNow).to.equal(1);
    expect(describeAct(await plan("setVolatility", values), o.deployment).join("\n")).to.match(
      /The gauge measures no feed that it names; the price of ETH is that of 0x/,
    );
    await carryOut(o, "setVolatility", values, w.lender);
    const asset = w.collaterals[0]!.address;
    const terms = await w.configurator.volatilityTerms(w.vault, asset);
    expect([terms.gauge, terms.slopeBps, terms.capBps]).to.deep.equal([address, 2_500n, 1_000n]);
    await carryOut(o, "setVolatility", ["ETH", ZeroAddress, "0", "0"], w.lender);
    expect((await w.configurator.volatilityTerms(w.vault, asset)).gauge).to.equal(ZeroAddress);
  });

  it("setVolatility says what is wrong with what was given", async () => {
    const { w, plan } = await operated();
    const token = w.quoteAddress;
    await expectRefused(plan("setVolatility", ["ETH", token, "1", "1"]), /is no volatility gauge/);
    await expectRefused(plan("setVolatility", ["ETH", token, "10001", "1"]), /the slope in bps must be/);
    await expectRefused(plan("setVolatility", ["ETH", token, "1", "2501"]), /the cap in bps must be/);
    await expectRefused(plan("setVolatility", ["ETH", token, "0", "1"]), /must be above zero/);
  });

  it("correctOracle shows whom the right prices move, and sets them in the vault's order", async () => {
    const o = await operated();
    const { w, plan, deployment } = o;
    const right = await otherOracle(w);
    const [eth36] = await w.oracle.price(w.collaterals[0]!.address);
    await right.set(0, (eth36 * 9n) / 10n, true);
    const values = [await right.getAddress(), `${w.collaterals[1]!.address}=30000, ETH=1800`, "100"];
    const shown = await plan("correctOracle", values, w.lender.address);
    // 1,800 * 0.802 is under 1,500; 1,800 * 0.874 is not.
    expect([...shown.tally.moves.keys()]).to.deep.equal(["Warned > Callable"]);
    expect(describeAct(shown, deployment).join("\n")).to.match(
      /ETH: the oracle says 1,800 USDC, expected 1,800 USDC/,
    );
    await carryOut(o, "correctOracle", values, w.lender);
    expect(await w.vault.oracle()).to.equal(values[0]);
  });

  it("correctOracle says which price is missing, named twice, none, or far from the oracle's", async () => {
    const { w, plan } = await operated();
    const oracle = await w.oracle.getAddress();
    const correct = (prices: string, tolerance = "100", address = oracle) =>
      plan("correctOracle", [address, prices, tolerance]);
    await expectRefused(correct("ETH=2000"), /the price of BTC is missing/);
    await expectRefused(correct("ETH=2000,ETH=2000,BTC=30000"), /ETH has two prices/);
    await expectRefused(correct("ETH=2000,BTC"), /"BTC" is not a price such as/);
    await expectRefused(correct("ETH=2000,BTC=-1"), /"-1" is not a price/);
    await expectRefused(correct("ETH=2000,DOGE=1"), /"DOGE" is no collateral/);
    await expectRefused(correct("ETH=2000,BTC=30000", "2001"), /the tolerance in bps/);
    await expectRefused(correct("ETH=2000,BTC=30000", "0"), /the tolerance must be/);
    await expectRefused(correct("ETH=2030,BTC=30000"), /ETH: the oracle says 2,000.* further than 100 bps/);
    await expectRefused(correct("ETH=2000,BTC=30000", "1", w.quoteAddress), /is no oracle/);
  });
});

describe("npm run operate: roles", () => {
  it("grantRole names a member after the admin's delay, revokeRole takes the role away", async () => {
    const o = await operated();
    const { w, plan, deployment } = o;
    const values = ["riskSteward", w.stranger.address, "0"];
    expect((await plan("grantRole", values, w.keeper.address)).permission).to.deep.equal({
      role: "admin",
      caller: { may: true, delaySeconds: ADMIN_DELAY },
      readyAt: 0n,
    });
    await carryOut(o, "grantRole", values, w.keeper, ADMIN_DELAY);
    expect((await w.governance.hasRole(2n, w.stranger)).isMember).to.equal(true);
    const again = describeAct(await plan("grantRole", values), deployment).join("\n");
    expect(again).to.match(/They are riskSteward already, with a delay of 0 s/);
    await carryOut(o, "revokeRole", values.slice(0, 2), w.keeper, ADMIN_DELAY);
    expect((await w.governance.hasRole(2n, w.stranger)).isMember).to.equal(false);
  });

  it("says which role, delay or member there is not, and who is not admin", async () => {
    const { w, plan, send } = await operated();
    const who = w.stranger.address;
    await expectRefused(
      plan("grantRole", ["boss", who, "0"]),
      /"boss" is no role: there are admin, riskAdmin/,
    );
    await expectRefused(plan("grantRole", ["riskAdmin", who, "3600"]), /a riskAdmin waits 86400 seconds/);
    await expectRefused(plan("grantRole", ["guardian", who, "2592001"]), /the delay in seconds must be/);
    await expectRefused(plan("grantRole", ["guardian", "0x1", "0"]), /"0x1" is not an address/);
    await expectRefused(plan("revokeRole", ["guardian", who]), /does not have the role guardian/);
    await expectRefused(send("grantRole", ["guardian", who, "0"], w.lender), /not have the role admin/);
  });
});

/** Another oracle with the present prices that says what it is told; the vault does not use it. */
async function otherOracle(w: World) {
  const assets = w.collaterals.map(({ address }) => address);
  const oracle = await deploy<MockOracle>(w.ethers, "MockOracle", [w.quoteAddress, assets]);
  for (const { address, number } of w.collaterals) {
    await oracle.set(number, (await w.oracle.price(address)).price36, true);
  }
  return oracle;
}
