import { expect } from "chai";
import { describe, it } from "mocha";
import type { BrakeConfig, SecondSource } from "../../keeper/brakeConfig.ts";
import { UserError } from "../../keeper/errors.ts";
import type { BlockHeader } from "../../keeper/sources/blockHeader.ts";
import { headerProbe } from "../../keeper/sources/chainReader.ts";
import { lensProbe } from "../../keeper/sources/lens.ts";
import { feedAnswerProbe } from "../../keeper/sources/priceProbes.ts";
import { ask } from "../../keeper/sources/probe.ts";
import { openSecondSources, type SecondView } from "../../keeper/sources/secondSources.ts";
import { useWorld } from "./support/useWorld.ts";

const ONE_USD: SecondSource = { feed: { fixed: 10n ** 18n }, maxDeviationBps: 100, maxAgeSeconds: 3_600 };

describe("openSecondSources", function () {
  this.timeout(60_000);
  const bench = useWorld();

  const source = (feed: string, maxAgeSeconds = 3_600): SecondSource => ({
    feed: { feed },
    maxDeviationBps: 200,
    maxAgeSeconds,
  });
  const headNow = async (): Promise<BlockHeader> => (await ask(bench.chain.rpc, headerProbe("latest")))[0]!;

  /** As the keeper reads them: prices, answers and time in one call of the lens. */
  async function look(config: Pick<BrakeConfig, "collaterals" | "quote">): Promise<readonly SecondView[]> {
    const { vault, quote } = bench.world.deployment;
    const sources = await openSecondSources(config, bench.world.deployment, bench.chain.rpc);
    const subject = {
      vault,
      quote: quote.address,
      keepers: [],
      feeds: sources.feeds,
      sequencerFeed: undefined,
    };
    const [sight] = await ask(bench.chain.rpc, lensProbe(subject, await headNow()));
    return sources.views(sight.prices, sight.answers, sight.clock.timestamp);
  }

  it("compares prices of tokens of 18 and of 8 decimals in the vault's own unit", async () => {
    const [eth, btc] = [
      await bench.world.mock("MockFeed", 18, "ETH / USD", 2_055n * 10n ** 18n),
      bench.world.feeds[1]!,
    ];
    const views = await look({
      // The same feed as the vault's, which a configuration would refuse, has to give exactly the vault's price.
      collaterals: [source(await eth.getAddress()), source(await btc.getAddress())],
      quote: ONE_USD,
    });
    expect(views).to.deep.equal([
      { opinion: "agrees", price36: 2_000n * 10n ** 24n, second36: 2_055n * 10n ** 24n },
      { opinion: "agrees", price36: 30_000n * 10n ** 34n, second36: 30_000n * 10n ** 34n },
    ]);
  });

  it("sees a price that is wrong, whichever of the two feeds it comes from", async () => {
    const eth = await bench.world.mock("MockFeed", 8, "ETH / USD", 1_930n * 10n ** 8n);
    const dear = await bench.world.mock("MockFeed", 8, "USDC / USD", 104n * 10n ** 6n);
    const honest = await bench.world.mock("MockFeed", 8, "ETH / USD", 2_000n * 10n ** 8n);
    const [first] = await look({ collaterals: [source(await eth.getAddress()), undefined], quote: ONE_USD });
    expect(first).to.deep.include({ opinion: "contradicts", second36: 1_930n * 10n ** 24n });
    const quote = source(await dear.getAddress());
    const views = await look({ collaterals: [source(await honest.getAddress()), undefined], quote });
    // 2,000 / 1.04, rounded down.
    expect(views[0]?.second36).to.equal((2_000n * 10n ** 26n) / 104n);
    expect(views.map(({ opinion }) => opinion)).to.deep.equal(["agrees", "none"]);
    await bench.world.act(dear, "push", 105n * 10n ** 6n);
    expect((await look({ collaterals: [source(await honest.getAddress())], quote }))[0]?.opinion).to.equal(
      "contradicts",
    );
  });

  it("is silent when the answer is too old, or none, or from the future", async () => {
    const eth = await bench.world.mock("MockFeed", 8, "ETH / USD", 2_000n * 10n ** 8n);
    const config = { collaterals: [source(await eth.getAddress(), 60)], quote: ONE_USD };
    const opinion = async () => (await look(config))[0]?.opinion;
    const pushedAt = (await headNow()).timestamp;
    expect(await opinion()).to.equal("agrees");
    await bench.chain.mine(60 - Number((await headNow()).timestamp - pushedAt));
    expect(await opinion()).to.equal("agrees");
    await bench.chain.mine(1);
    expect(await opinion()).to.equal("silent");
    await bench.world.act(eth, "push", 0n);
    expect(await opinion()).to.equal("silent");
    await bench.world.act(eth, "pushAt", 2_000n * 10n ** 8n, (await headNow()).timestamp + 1_000n);
    expect(await opinion()).to.equal("silent");
  });

  it("reads answer and time the same way from an endpoint without overrides", async () => {
    const feed = await bench.world.feeds[0]!.getAddress();
    const head = await headNow();
    const { vault, quote } = bench.world.deployment;
    const subject = { vault, quote: quote.address, keepers: [], feeds: [feed], sequencerFeed: undefined };
    const [sight, answer] = await ask(bench.chain.rpc, lensProbe(subject, head), feedAnswerProbe(feed, head));
    expect(answer).to.deep.equal(sight.answers[0]).and.to.have.property("updatedAt");
  });

  it("refuses a feed that is none", async () => {
    const config = { collaterals: [source(bench.world.trader.address)], quote: ONE_USD };
    let thrown: unknown;
    await openSecondSources(config, bench.world.deployment, bench.chain.rpc).catch((error: unknown) => {
      thrown = error;
    });
    expect(thrown).to.be.instanceOf(UserError).with.property("message").that.includes("is no price feed");
  });
});
