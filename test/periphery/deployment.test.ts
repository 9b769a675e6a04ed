import { expect } from "chai";
import { network } from "hardhat";
import { artifactsOf } from "../../scripts/deploy/artifacts.ts";
import { deployVault } from "../../scripts/deploy/deployVault.ts";
import { parsePlan } from "../../scripts/deploy/plan.ts";
import { verifyDeployment } from "../../scripts/deploy/verifyDeployment.ts";
import { InputError, parseDeployment, type Deployment } from "../../sdk/index.ts";
import type { MockERC20, MockFeed } from "../../types/index.ts";
import { deploy } from "../vault/support/world.ts";

const load = artifactsOf("default");

async function deployed() {
  const { ethers } = await network.create();
  const [signer] = await ethers.getSigners();
  const token = async (decimals: number) =>
    (await deploy<MockERC20>(ethers, "MockERC20", ["Token", "TOK", decimals])).getAddress();
  const feed = async () => (await deploy<MockFeed>(ethers, "MockFeed", [8, "feed", 10n ** 8n])).getAddress();
  const plan = parsePlan(
    {
      shareName: "Tocsin USDC",
      shareSymbol: "tUSDC",
      owner: signer!.address,
      guardian: signer!.address,
      quote: { asset: await token(6), feed: await feed(), maxAgeSeconds: 3_600 },
      rates: { kinkWad: "900000000000000000", baseRateWad: "0", kinkRateWad: "6", fullRateWad: "60" },
      fee: { feeBps: 0, recipient: signer!.address },
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
          asset: await token(18),
          feed: await feed(),
          expected: { feedDecimals: 8, description: "feed", price: "1", toleranceBps: 1 },
          maxAgeSeconds: 3_600,
          deadAgeSeconds: 259_200,
          initialBps: 7_600,
          maintenanceBps: 8_020,
          liquidationBps: 8_740,
          maxDiscountBps: 800,
          cap: "1000000000000000000000",
        },
      ],
    },
    "test plan",
  );
  return { provider: ethers.provider, plan, deployment: await deployVault(signer!, plan, load) };
}

const asJson = (deployment: Deployment) => JSON.parse(JSON.stringify(deployment)) as Record<string, unknown>;

describe("the router in a deployment", () => {
  it("is deployed beside the vault, named, and verified", async () => {
    const { provider, plan, deployment } = await deployed();
    const { permitRouter, contracts } = deployment;
    expect(permitRouter).to.equal(contracts.PermitRouter?.address);
    expect(await provider.getCode(permitRouter!)).to.have.length.above(1_000);
    expect(await verifyDeployment(provider, deployment, plan, load)).to.deep.equal([]);
    const other = { ...contracts.PermitRouter!, codeHash: contracts.Authority!.codeHash };
    const changed = { ...deployment, contracts: { ...contracts, PermitRouter: other } };
    const [problem] = await verifyDeployment(provider, changed, plan, load);
    expect(problem).to.match(/^code of PermitRouter is /);
  });

  it("is read where it is named, may be missing, and is refused when it is no address", async () => {
    const { deployment } = await deployed();
    const json = asJson(deployment);
    expect(parseDeployment(json)).to.deep.equal(json);
    expect(parseDeployment({ ...json, permitRouter: undefined })).to.not.have.property("permitRouter");
    for (const permitRouter of ["0x12", "", null]) {
      expect(() => parseDeployment({ ...json, permitRouter })).to.throw(InputError, "permitRouter");
    }
  });
});
