import { expect } from "chai";
import { readAccount, readMoment } from "../../sdk/readVault.ts";
import { workTake } from "../../sdk/liquidation.ts";
import { Refusal, Status } from "../../sdk/vaultTypes.ts";
import { IMarginVault__factory } from "../../types/factories/interfaces/IMarginVault__factory.ts";
import type { MockFeed } from "../../types/index.ts";
import { passDeadline } from "./support/clock.ts";
import { answerOf, openCalledPosition, openPosition, setPrice } from "./support/position.ts";
import { deploy, deployFeed, FEED_DECIMALS, loadWorld, MAX_UINT, type World } from "./support/world.ts";
import { DEAD_AGE_SECONDS, MAX_AGE_SECONDS } from "./support/world.ts";
import { NO_GUARD } from "../../scripts/deploy/plan.ts";

const ETH = 0;

/** A vault whose first collateral has a second source, within 2 %. */
async function loadGuarded(): Promise<World & { second: MockFeed }> {
  const w = await loadWorld();
  const second = await deployFeed(w.ethers, FEED_DECIMALS, "2000");
  const feeds = w.collaterals.map(({ address, feed }, number) => ({
    asset: address,
    feed,
    maxAgeSeconds: MAX_AGE_SECONDS,
    deadAgeSeconds: DEAD_AGE_SECONDS,
    guard:
      number === ETH
        ? { ...NO_GUARD, second, secondMaxAgeSeconds: MAX_AGE_SECONDS, maxDeviationBps: 200n }
        : NO_GUARD,
  }));
  const oracle = await deploy<World["oracle"]>(w.ethers, "ChainlinkOracle", [
    w.quote,
    w.quoteFeed,
    MAX_AGE_SECONDS,
    feeds,
  ]);
  await w.configurator.setOracle(w.vault, oracle);
  return { ...w, oracle, second };
}

/** The price falls, and the second source says what it says. */
async function fall(w: World & { second: MockFeed }, price: string, second: string): Promise<void> {
  await setPrice(w.collaterals[ETH]!, price);
  await w.second.push(answerOf(second));
}

const takeAt = (w: World, id: string) =>
  w.vault.connect(w.keeper).liquidate(id, w.collaterals[ETH]!.address, MAX_UINT, 0n, w.keeper, "0x");

describe("a price in dispute (rule 7)", () => {
  it("is neither borrowed nor withdrawn against, and takes nothing else away", async () => {
    const w = await loadGuarded();
    const { address, unit } = w.collaterals[ETH]!;
    const id = await openPosition(w, { debt: w.usd(1_000n) });
    await fall(w, "2100", "2000");
    const vault = w.vault.connect(w.trader);
    await expect(vault.borrow(id, 1n, w.trader)).to.be.revertedWithCustomError(w.vault, "InsufficientMargin");
    await expect(vault.withdrawCollateral(id, address, 1n, w.trader)).to.be.revertedWithCustomError(
      w.vault,
      "InsufficientMargin",
    );
    await vault.depositCollateral(id, address, unit);
    await vault.repay(id, w.usd(1n));
    await fall(w, "2100", "2090");
    await vault.borrow(id, w.usd(1n), w.trader);
  });

  it("calls whom it calls, and sells nobody above the floor after the deadline", async () => {
    const w = await loadGuarded();
    const id = await openCalledPosition(w, w.usd(1_490n));
    await passDeadline(w, id);
    const [, answer] = await w.collaterals[ETH]!.feed.latestRoundData();
    await w.second.push((answer * 103n) / 100n);
    expect(await w.vault.statusOf(id)).to.equal(BigInt(Status.Expired));
    await expect(takeAt(w, id))
      .to.be.revertedWithCustomError(w.vault, "PriceNotFresh")
      .withArgs(w.collaterals[ETH]!.address);
    await w.second.push(answer);
    await takeAt(w, id);
  });

  it("sells who is below the floor, at the discount that equity pays for", async () => {
    const w = await loadGuarded();
    const id = await openPosition(w);
    await fall(w, "1700", "2000");
    expect(await w.vault.statusOf(id)).to.equal(BigInt(Status.Critical));
    const { oracle, clock } = w;
    const vault = IMarginVault__factory.connect(w.vaultAddress, w.keeper);
    const moment = await readMoment({ vault, oracle, clock }, "latest");
    expect(moment.prices.freshSet & 1).to.equal(0);
    const request = { number: ETH, maxRepay: MAX_UINT, minSeized: 0n };
    const foreseen = workTake(await readAccount(vault, id, moment.collaterals, "latest"), moment, request);
    expect(foreseen.refusal).to.equal(Refusal.None);
    const [repaid, insured, seized] = await w.vault.previewLiquidation(
      id,
      w.collaterals[ETH]!.address,
      MAX_UINT,
    );
    expect([foreseen.repaid, foreseen.insured, foreseen.seized]).to.deep.equal([repaid, insured, seized]);
    await takeAt(w, id);
    expect(await w.vault.debtOf(id)).to.be.below(w.usd(1_500n));
  });

  it("keeps what defaults left from being sold", async () => {
    const w = await loadGuarded();
    const id = await openPosition(w);
    // Worth less than dust: the loss is booked and the rest is the insurance's.
    await fall(w, "5", "5");
    await w.vault.connect(w.keeper).bookLoss([id]);
    const insurance = `${w.vaultAddress.toLowerCase()}${"0".repeat(24)}`;
    await fall(w, "2000", "2000");
    await w.vault.openCall(insurance);
    await passDeadline(w, insurance as never);
    await fall(w, "2000", "2100");
    await expect(takeAt(w, insurance)).to.be.revertedWithCustomError(w.vault, "PriceNotFresh");
    await fall(w, "2000", "2000");
    await takeAt(w, insurance);
  });
});
