import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeAct } from "../../scripts/operate/planAct.ts";
import type { MockERC20, MockOracle, StubbornGauge } from "../../types/index.ts";
import { mineAt, now } from "../vault/support/clock.ts";
import { deploy, deployFeed, deployOracle, WAD, type World } from "../vault/support/world.ts";
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

describe("npm run operate: the life of a collateral", () => {
  it("retireCollateral lowers the cap, names the acts that follow, and shows whom all of them move", async () => {
    const { w, plan, send, deployment } = await operated();
    const shown = await plan("retireCollateral", ["ETH"], w.owner.address);
    expect([shown.permission.role, shown.tally.accounts, shown.tally.boundNow]).to.deep.equal([
      "riskSteward",
      2,
      2,
    ]);
    expect([...shown.tally.moves.values()].reduce((sum, { accounts }) => sum + accounts, 0)).to.equal(2);
    const text = describeAct(shown, deployment).join("\n");
    const order = ["lowerCap ETH 0", "lowerInitialWeight ETH 1", "setMaintenanceWeight ETH 192"];
    for (const step of [...order, "setLiquidationWeight ETH 200"]) expect(text).to.include(step);
    expect(await send("retireCollateral", ["ETH"], w.owner)).to.equal("done");
    expect((await w.vault.collateralAt(0n))[1].cap).to.equal(0n);
    await expectRefused(
      plan("retireCollateral", ["ETH"]),
      /the cap of ETH is zero already; left to do: lowerInitialWeight ETH 1/,
    );
  });

  it("retireCollateral's acts are all within the bounds, in their order", async () => {
    const o = await operated();
    const { w, send, plan } = o;
    expect(await send("retireCollateral", ["ETH"], w.owner)).to.equal("done");
    expect(await send("lowerInitialWeight", ["ETH", "1"], w.owner)).to.equal("done");
    await carryOut(o, "setMaintenanceWeight", ["ETH", "192"], w.lender);
    await carryOut(o, "setLiquidationWeight", ["ETH", "200"], w.lender);
    await expectRefused(plan("retireCollateral", ["ETH"]), /left to do: nothing/);
  });

  it("listCollateral lists what a file says, with an oracle that knows it", async () => {
    const o = await operated();
    const { w, plan } = o;
    const { oracle, file, asset, feed } = await newcomer(w);
    const values = [file(), oracle];
    const { tally } = await plan("listCollateral", values, w.lender.address);
    expect([tally.accounts, tally.moves.size]).to.deep.equal([2, 0]);
    expect(await o.send("listCollateral", values, w.lender)).to.equal("scheduled");
    await mineAt(w, (await now(w)) + RISK_DELAY);
    // Its feed and the quote's go on answering meanwhile: an asset without a fresh price is not listed.
    await w.quoteFeed.push(10n ** 8n);
    await feed.push(10n * 10n ** 8n);
    expect(await o.send("listCollateral", values, w.lender)).to.equal("executed");
    const [listed, terms] = await w.vault.collateralAt(2n);
    expect([listed, terms.initialBps, terms.cap]).to.deep.equal([asset, 5_000n, 10n ** 21n]);
    expect(await w.vault.oracle()).to.equal(oracle);
  });

  it("listCollateral says what is wrong with the file or the oracle before the wait", async () => {
    const { w, plan } = await operated();
    const { oracle, file, expected } = await newcomer(w);
    const list = (changed: object, address = oracle) => plan("listCollateral", [file(changed), address]);
    await expectRefused(plan("listCollateral", ["no/such.json", oracle]), /no\/such.json: cannot be read/);
    await expectRefused(list({ initialBps: -1 }), /initialBps: /);
    await expectRefused(list({ asset: w.collaterals[0]!.address }), /is listed already/);
    await expectRefused(list({ asset: w.owner.address }), /is no token/);
    await expectRefused(list({}, await w.oracle.getAddress()), /does not know/);
    const feed = await w.quoteFeed.getAddress();
    await expectRefused(list({ feed }), /the oracle reads 0x.*, the file names 0x/);
    const but = (change: object) => list({ expected: { ...expected, ...change } });
    await expectRefused(but({ feedDecimals: 18 }), /has 8 decimals, expected 18/);
    await expectRefused(but({ description: "X" }), /is "test", expected "X"/);
    await expectRefused(but({ price: "11" }), /is further than 100 bps from 11/);
  });
});

/** A token at 10 that is not listed, an oracle that knows it, and the file that lists it. */
async function newcomer(w: World) {
  const token = await deploy<MockERC20>(w.ethers, "MockERC20", ["New", "NEW", 18]);
  const feed = await deployFeed(w.ethers, 8, "10");
  const asset = await token.getAddress();
  const oracle = await deployOracle(w.ethers, w.quote, w.quoteFeed, [
    ...w.collaterals,
    { address: asset, feed },
  ]);
  const expected = { feedDecimals: 8, description: "test", price: "10", toleranceBps: 100 };
  const own = {
    ...{ asset, feed: await feed.getAddress(), maxAgeSeconds: 86_400, deadAgeSeconds: 259_200, expected },
    ...{ initialBps: 5_000, maintenanceBps: 6_000, liquidationBps: 7_000, maxDiscountBps: 800 },
    cap: (10n ** 21n).toString(),
  };
  const folder = mkdtempSync(join(tmpdir(), "listing-"));
  const file = (changed: object = {}) => {
    const path = join(folder, "collateral.json");
    writeFileSync(path, JSON.stringify({ ...own, ...changed }));
    return path;
  };
  return { oracle: await oracle.getAddress(), asset, feed, expected, file };
}
