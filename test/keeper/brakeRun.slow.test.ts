import { expect } from "chai";
import { before, describe, it } from "mocha";
import { setTimeout as sleep } from "node:timers/promises";
import type { AccountId } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { useKeeperBench } from "./support/keeperBench.ts";
import type { KeeperProcess } from "./support/keeperProcess.ts";
import type { World } from "./support/world.ts";
import { etherFor } from "./support/etherFor.ts";

const DEBT = 10_000n * 10n ** 6n;

describe("the brake of a running keeper", function () {
  this.timeout(60_000);
  const bench = useKeeperBench("brake");
  let secondFeed: Awaited<ReturnType<World["mock"]>>;
  let slipping: AccountId[];
  let sunk: AccountId;
  let keeper: KeeperProcess | undefined;

  before(async () => {
    secondFeed = await bench.world.mock("MockFeed", 8, "ETH / USD", 2_000n * 10n ** 8n);
    slipping = [
      await bench.world.open(1n, 0, etherFor(1.058), DEBT),
      await bench.world.open(2n, 0, etherFor(1.06), DEBT),
      await bench.world.open(3n, 0, etherFor(1.062), DEBT),
    ];
    // 0.44 bitcoin.
    sunk = await bench.world.open(4n, 1, 44_000_000n, DEBT);
    await bench.world.open(5n, 0, etherFor(3), DEBT);
  });

  const configure = (brake: object) =>
    bench.written({
      brake: { minAccounts: 3, confirmSeconds: 240, ...brake },
    });
  const said = (event: string) => keeper?.lines.filter((line) => line.event === event) ?? [];
  const statusOf = async (account: AccountId) =>
    Number(await bench.world.vault.getFunction("statusOf").staticCall(account)) as Status;
  const statuses = () => Promise.all(slipping.map(statusOf));

  async function mineUntil(isDone: () => Promise<boolean> | boolean, most = 60): Promise<void> {
    for (let i = 0; i < most; ++i) {
      if (await isDone()) return;
      await bench.chain.mine(12);
      await sleep(60);
    }
    throw new Error(
      keeper?.lines
        .slice(-8)
        .map((line) => JSON.stringify(line))
        .join("\n"),
    );
  }
  const isCalled = async () => (await statuses()).every((status) => status === Status.Called);

  it("takes what is below its floor, calls nobody until the operator says so, and then everybody", async () => {
    const config = configure({});
    keeper = bench.start(config);
    await mineUntil(() => said("block.seen").length > 0);
    expect(said("brake.withoutSource")[0]?.collaterals).to.deep.equal(["WETH", "WBTC"]);

    await bench.world.setPrice(0, 1_870);
    await bench.world.setPrice(1, 25_000);
    await mineUntil(
      async () => (await statusOf(sunk)) !== Status.Critical && said("brake.engaged").length > 0,
    );
    for (let i = 0; i < 5; ++i) {
      await bench.chain.mine(12);
      await sleep(60);
    }
    expect(await statuses()).to.deep.equal(slipping.map(() => Status.Callable));
    const [engaged] = said("brake.engaged");
    expect(engaged).to.include({ accounts: 4, held: 3, shareBps: "8001" });
    expect(engaged?.prices).to.deep.equal([`0 none: ${1_870n * 10n ** 24n}`, `1 none: ${25n * 10n ** 37n}`]);
    expect(said("brake.engaged")).to.have.length(1);
    expect(said("block.seen").at(-1)?.skipped).to.deep.include({ brake: 3 });

    const confirm = bench.start(config, "confirm");
    expect(await confirm.ended()).to.equal(0);
    await mineUntil(isCalled);
    expect(said("brake.confirmed")).to.have.length(1);
    expect(said("brake.released")[0]).to.include({ by: "operator" });
    await mineUntil(() => said("brake.confirmationOver").length > 0);
  });

  it("calls at once when a second source sees the same, and nobody when it does not", async () => {
    const sources = [
      { asset: bench.world.deployment.collaterals[0]!.address, feed: await secondFeed.getAddress() },
      { asset: bench.world.deployment.quote.address, feed: { fixed: "1" } },
    ];
    keeper = bench.start(configure({ sources }));
    await mineUntil(() => said("block.seen").length > 0);
    await bench.world.setPrice(0, 1_870);
    await mineUntil(() => said("brake.engaged").length > 0);
    expect(await statuses()).to.deep.equal(slipping.map(() => Status.Callable));
    expect(said("brake.engaged")[0]?.prices).to.deep.include(
      `0 contradicts: ${1_870n * 10n ** 24n} against ${2_000n * 10n ** 24n}`,
    );

    await bench.world.act(secondFeed, "push", 1_885n * 10n ** 8n);
    await mineUntil(isCalled);
    expect(said("brake.released")[0]).to.include({ by: "secondSource" });
    expect(said("brake.confirmed")).to.be.empty;
  });
});
