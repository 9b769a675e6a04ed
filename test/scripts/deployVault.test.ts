import { expect } from "chai";
import { Contract, ContractFactory, type Signer } from "ethers";
import { network } from "hardhat";
import { describe, it } from "mocha";
import { artifactsOf } from "../../scripts/deploy/artifacts.ts";
import { checkFeeds } from "../../scripts/deploy/checkFeeds.ts";
import { deployVault } from "../../scripts/deploy/deployVault.ts";
import { decodeError, revertDataOf } from "../../sdk/index.ts";
import { parsePlan, type VaultPlan } from "../../scripts/deploy/plan.ts";
import { verifyDeployment } from "../../scripts/deploy/verifyDeployment.ts";

const load = artifactsOf("default");
const HOUR = 3_600;

async function chain(): Promise<{ signer: Signer; plan: VaultPlan }> {
  const { ethers } = await network.create();
  const [signer] = await ethers.getSigners();
  if (signer === undefined) throw new Error("no signer");
  const mock = async (name: string, ...args: unknown[]): Promise<string> => {
    const { abi, bytecode } = load(`mocks/${name}.sol`, name);
    const contract = await new ContractFactory(abi, bytecode, signer).deploy(...args);
    await contract.waitForDeployment();
    return contract.getAddress();
  };
  const collateral = {
    maxAgeSeconds: HOUR + 300,
    deadAgeSeconds: 72 * HOUR,
    initialBps: 7_600,
    maintenanceBps: 8_020,
    liquidationBps: 8_740,
    maxDiscountBps: 800,
    cap: (10n ** 24n).toString(),
  };
  const plan = parsePlan(
    {
      shareName: "Tocsin USDC",
      shareSymbol: "tUSDC",
      owner: "0x00000000000000000000000000000000000000A1",
      guardian: "0x00000000000000000000000000000000000000A2",
      quote: {
        asset: await mock("MockERC20", "USD Coin", "USDC", 6),
        feed: await mock("MockFeed", 8, "USDC / USD", 100_000_000),
        maxAgeSeconds: 24 * HOUR + 300,
      },
      rates: {
        kinkWad: "900000000000000000",
        baseRateWad: "0",
        kinkRateWad: "60000000000000000",
        fullRateWad: "600000000000000000",
      },
      fee: { feeBps: 1_000, recipient: "0x00000000000000000000000000000000000000F1" },
      riskTerms: {
        minimumDebt: "100000000",
        dustValue: "10000000",
        maxBounty: "5000000",
        minGraceSeconds: 900,
        maxGraceSeconds: 14_400,
        auctionSeconds: 3_600,
        rampSeconds: 1_800,
      },
      collaterals: [
        {
          asset: await mock("MockERC20", "Wrapped Ether", "WETH", 18),
          feed: await mock("MockFeed", 8, "ETH / USD", 170_000_000_000n),
          expected: { feedDecimals: 8, description: "ETH / USD", price: "1700.0", toleranceBps: 1 },
          ...collateral,
          volatility: {
            halfLifeSeconds: 6 * HOUR,
            referenceWad: "400000000000000000",
            slopeBps: 2_500,
            capBps: 1_000,
          },
        },
        {
          asset: await mock("MockERC20", "Wrapped BTC", "WBTC", 8),
          feed: await mock("MockFeed", 8, "BTC / USD", 2_700_000_000_000n),
          expected: { feedDecimals: 8, description: "BTC / USD", price: "30000", toleranceBps: 1_000 },
          ...collateral,
        },
      ],
    },
    "test plan",
  );
  return { signer, plan };
}

function providerOf(signer: Signer) {
  if (signer.provider === null) throw new Error("no provider");
  return signer.provider;
}

describe("deployVault", () => {
  it("leaves on the chain what was planned", async () => {
    const { signer, plan } = await chain();
    const deployment = await deployVault(signer, plan, load);
    expect(await verifyDeployment(providerOf(signer), deployment, plan, load)).to.deep.equal([]);
    expect(deployment.collaterals.map((c) => `${c.number} ${c.symbol} ${c.decimals}`)).to.deep.equal([
      "0 WETH 18",
      "1 WBTC 8",
    ]);
    expect(deployment.deployBlock).to.equal(deployment.contracts.CallLogic?.blockNumber);
  });

  it("has the weights follow volatility where the plan says so, and calls tightened ones as planned", async () => {
    const { signer, plan } = await chain();
    const deployment = await deployVault(signer, plan, load);
    const [weth, wbtc] = deployment.collaterals;
    expect(deployment.contracts.VolatilityGauge0?.address).to.equal(weth?.gauge);
    expect(wbtc).not.to.have.property("gauge");
    const at = (address: string, source: string, name: string) =>
      new Contract(address, load(source, name).abi, signer);
    const feed = at(weth!.feed, "mocks/MockFeed.sol", "MockFeed");
    await feed.getFunction("push").send(250_000_000_000n);
    const configurator = at(deployment.configurator, "RiskConfigurator.sol", "RiskConfigurator");
    await configurator.getFunction("poke").send(deployment.vault, weth!.address);
    const vault = at(deployment.vault, "MarginVault.sol", "MarginVault");
    const [, terms] = (await vault.getFunction("collateralAt").staticCall(0)) as [string, bigint[]];
    expect(terms.slice(0, 2)).to.deep.equal([6_909n, 7_995n]);
    expect(await verifyDeployment(providerOf(signer), deployment, plan, load)).to.deep.equal([]);
    const steeper = {
      ...plan,
      collaterals: plan.collaterals.map((c, number) =>
        number === 0 && c.volatility !== undefined
          ? { ...c, volatility: { ...c.volatility, slopeBps: 5_000 } }
          : c,
      ),
    };
    expect(await verifyDeployment(providerOf(signer), deployment, steeper, load)).to.deep.equal([
      "collateral 0: slopeBps is 2500, planned 5000",
    ]);
    const again = await deployVault(signer, steeper, load, { previous: deployment });
    expect(again.collaterals[0]?.gauge).to.equal(weth?.gauge);
    // The governance is sealed: what differs is its roles' to change.
    expect(await verifyDeployment(providerOf(signer), again, steeper, load)).to.have.lengthOf(1);
  });

  it("does nothing a second time", async () => {
    const { signer, plan } = await chain();
    const previous = await deployVault(signer, plan, load);
    const nonce = await signer.getNonce();
    const again = await deployVault(signer, plan, load, { previous });
    expect(await signer.getNonce()).to.equal(nonce);
    expect(again).to.deep.equal(previous);
  });

  it("goes on where an earlier run was cut short", async () => {
    const { signer, plan } = await chain();
    let saved = {};
    const cut = deployVault(signer, plan, load, {
      onStep: (step, contracts) => {
        saved = { contracts: { ...contracts } };
        if (step === "deployed RiskConfigurator") throw new Error("cut short");
      },
    });
    await cut.then(
      () => expect.fail("was not cut short"),
      (error: unknown) => {
        expect((error as Error).message).to.equal("cut short");
      },
    );
    const steps: string[] = [];
    const deployment = await deployVault(signer, plan, load, {
      previous: saved,
      onStep: (step) => steps.push(step),
    });
    expect(steps.slice(0, 8).every((step) => step.startsWith("kept"))).to.equal(true);
    expect(steps[8]).to.equal("deployed Authority");
    expect(await verifyDeployment(providerOf(signer), deployment, plan, load)).to.deep.equal([]);
  });

  it("deploys anew what has other arguments than before", async () => {
    const { signer, plan } = await chain();
    const previous = await deployVault(signer, plan, load);
    const changed = { ...plan, shareName: "Tocsin Dollar" };
    await deployVault(signer, changed, load, { previous }).then(
      () => expect.fail("set a vault up under a sealed governance"),
      (error: unknown) => {
        expect((error as Error).message).to.match(/^the governance of the earlier deployment is sealed/);
      },
    );
    const unsealed = Object.entries(previous.contracts).filter(([name]) => name !== "Governance");
    const contracts = Object.fromEntries(unsealed);
    const deployment = await deployVault(signer, changed, load, { previous: { ...previous, contracts } });
    expect(await verifyDeployment(providerOf(signer), deployment, changed, load)).to.deep.equal([]);
    expect(deployment.vault).to.not.equal(previous.vault);
    expect(deployment.callLogic).to.equal(previous.callLogic);
  });
});

describe("checkFeeds", () => {
  it("finds nothing in a plan whose feeds are what they are taken for, and is what the chain then refuses (C-26)", async () => {
    const { signer, plan } = await chain();
    expect(await checkFeeds(signer, plan)).to.deep.equal([]);
    const [weth, wbtc] = plan.collaterals;
    const swapped = [
      { ...weth!, expected: { ...weth!.expected, description: "WETH / USD", feedDecimals: 18 } },
      { ...wbtc!, expected: { ...wbtc!.expected, toleranceBps: 999 } },
    ];
    const wrong = { ...plan, collaterals: swapped };
    expect(await checkFeeds(signer, wrong)).to.deep.equal([
      `feed ${weth!.feed} has 8 decimals, planned 18`,
      `feed ${weth!.feed} is "ETH / USD", planned "WETH / USD"`,
      `feed ${wbtc!.feed} says 27000, planned 30000 with 999 bps`,
    ]);
    await deployVault(signer, wrong, load).then(
      () => expect.fail("listed a feed that is something else"),
      (error: unknown) => {
        expect(decodeError(revertDataOf(error) ?? "0x").name).to.equal("FeedDecimalsMismatch");
      },
    );
    const nowhere = "0x00000000000000000000000000000000000000F1";
    const silent = { ...plan, collaterals: [{ ...weth!, feed: nowhere }] };
    expect(await checkFeeds(signer, silent)).to.deep.equal([`feed ${nowhere} gives no answer`]);
    const unquoted = { ...plan, quote: { ...plan.quote, feed: nowhere } };
    expect(await checkFeeds(signer, unquoted)).to.deep.equal([`the quote feed ${nowhere} gives no answer`]);
  });
});

describe("verifyDeployment", () => {
  it("names what is not as planned", async () => {
    const { signer, plan } = await chain();
    const deployment = await deployVault(signer, plan, load);
    const other = {
      ...plan,
      riskTerms: { ...plan.riskTerms, minimumDebt: 1n },
      owner: "0x00000000000000000000000000000000000000B2",
    };
    expect(await verifyDeployment(providerOf(signer), deployment, other, load)).to.deep.equal([
      "risk terms: minimumDebt is 100000000, planned 1",
      `role riskAdmin of ${other.owner} is false, planned true`,
    ]);
  });
});

describe("parsePlan", () => {
  it("names the field that is wrong", async () => {
    const { plan } = await chain();
    const text = JSON.stringify(plan, (_key, value: unknown) =>
      typeof value === "bigint" ? value.toString() : value,
    );
    const json = JSON.parse(text) as VaultPlan;
    expect(parsePlan(json, "a.json")).to.deep.equal(plan);
    const fee = { feeBps: 20_000, recipient: plan.owner };
    expect(() => parsePlan({ ...json, fee }, "a.json")).to.throw(/^a\.json: fee\.feeBps: /);
    expect(() => parsePlan({ ...json, extra: 1 }, "a.json")).to.throw(/extra/);
    const rates = { ...json.rates, kinkWad: 5 };
    expect(() => parsePlan({ ...json, rates }, "a.json")).to.throw(/^a\.json: rates\.kinkWad: /);
  });
});
