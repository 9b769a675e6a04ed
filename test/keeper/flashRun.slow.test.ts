import { expect } from "chai";
import { before, describe, it } from "mocha";
import { setTimeout as sleep } from "node:timers/promises";
import { AbiCoder, dataLength, type Contract } from "ethers";
import type { AccountId } from "../../sdk/accountId.ts";
import type { VaultEventName } from "../../sdk/vaultEvent.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { useKeeperBench } from "./support/keeperBench.ts";
import { addFlashScene, type FlashScene } from "./support/flash.ts";
import type { KeeperProcess, LogLine } from "./support/keeperProcess.ts";
import { etherFor } from "./support/etherFor.ts";
import { readEventsNamed } from "./support/readEvents.ts";

const USDC = 10n ** 6n;
const DEBT = 10_000n * USDC;

describe("npm run keeper with a flash liquidator", function () {
  this.timeout(60_000);
  const bench = useKeeperBench("flash", { automine: true });
  let scene: FlashScene;

  before(async () => {
    scene = await addFlashScene(bench.world);
  });

  /** From here on blocks come only when they are mined. */
  const start = async (changes: Readonly<Record<string, unknown>> = {}) => {
    await bench.chain.send("evm_setAutomine", false);
    const keeper = bench.start(bench.written({ ...scene.config(), ...changes }));
    await mineUntil(() => Promise.resolve(keeper.lines.some(({ event }) => event === "block.seen")));
    return keeper;
  };

  async function mineUntil(isDone: () => Promise<boolean>, seconds = 12, most = 60): Promise<void> {
    for (let i = 0; i < most; ++i) {
      if (await isDone()) return;
      await bench.chain.mine(seconds);
      await sleep(80);
    }
    const tail =
      bench.keepers
        .at(-1)
        ?.lines.slice(-15)
        .map((line) => JSON.stringify(line)) ?? [];
    throw new Error(`not within ${most} blocks; ${bench.keepers.at(-1)?.stderr() ?? ""}\n${tail.join("\n")}`);
  }

  const events = <Name extends VaultEventName>(name: Name) => readEventsNamed(bench.chain, bench.world, name);

  const opened = (n: bigint, health: number, number = 0) =>
    number === 0
      ? bench.world.open(n, 0, etherFor(health), DEBT)
      : bench.world.open(n, 1, BigInt(Math.round((10_000 / 0.802 / 30_000) * health * 1e8)), DEBT);
  const takesOf = async (account: AccountId) =>
    (await events("Liquidated")).filter((event) => event.account === account);
  const balanceOf = async (token: Contract, holder: string) =>
    (await token.getFunction("balanceOf").staticCall(holder)) as bigint;
  const linesOf = (keeper: KeeperProcess, event: string): LogLine[] =>
    keeper.lines.filter((line) => line.event === event);

  it("K-20 without a single quote token takes what is critical and what is expired, and ends with the profit in quote tokens", async () => {
    await scene.addPool(0, 2_000, 50_000n);
    const [doomed, sinking] = [await opened(1n, 1.2), await opened(2n, 1.62)];
    expect(await balanceOf(bench.world.quote, bench.world.keeper.address)).to.equal(0n);
    const keeper = await start({ allowance: "exact" });
    for (let i = 0; i < 5; ++i) {
      await bench.chain.mine();
      await sleep(60);
    }
    // A calm block asks nothing.
    expect(linesOf(keeper, "quotes.read")).to.be.empty;

    // The first is below its floor, the second only called; the market is where the oracle is.
    await bench.chain.send("evm_setAutomine", true);
    await scene.movePool(0, 1_450);
    await bench.world.setPrice(0, 1_450);
    await bench.chain.send("evm_setAutomine", false);
    await mineUntil(async () => (await takesOf(doomed)).length > 0);
    const [take] = await takesOf(doomed);
    expect(take!.actor).to.equal(scene.address);
    expect(take!.notice.status).to.be.at.least(Status.Critical);
    const profit = await balanceOf(bench.world.quote, bench.world.keeper.address);
    expect(profit > 0n).to.be.true;
    expect(await takesOf(sinking)).to.be.empty;

    await bench.chain.send("evm_setAutomine", true);
    await scene.movePool(0, 1_225);
    await bench.world.setPrice(0, 1_225);
    await bench.chain.send("evm_setAutomine", false);
    await mineUntil(async () => (await events("MarginCallOpened")).some((e) => e.account === sinking));
    const { deadline } = (await events("MarginCallOpened")).find((e) => e.account === sinking)!.notice;
    await mineUntil(async () => {
      const { timestamp } = await bench.chain.send<{ timestamp: string }>(
        "eth_getBlockByNumber",
        "latest",
        false,
      );
      return BigInt(timestamp) > deadline;
    }, 600);
    // The first seconds of the auction pay for no swap; the discount grows until it does.
    expect(await takesOf(sinking)).to.be.empty;
    await mineUntil(async () => (await takesOf(sinking)).length > 0, 60);
    const [later] = await takesOf(sinking);
    expect(later).to.deep.include({ actor: scene.address });
    expect(later!.notice.status).to.equal(Status.Expired);

    expect((await balanceOf(bench.world.quote, bench.world.keeper.address)) > profit).to.be.true;
    expect(await balanceOf(bench.world.tokens[0]!, bench.world.keeper.address)).to.equal(0n);
    expect(await balanceOf(bench.world.quote, scene.address)).to.equal(0n);
    const allowance = bench.world.quote.getFunction("allowance");
    expect(await allowance.staticCall(bench.world.keeper.address, bench.world.deployment.vault)).to.equal(0n);
    const own = linesOf(keeper, "account.liquidated").map((line) => line.own);
    expect(own.length > 1 && own.every((mine) => mine === true)).to.be.true;
    expect(linesOf(keeper, "actions.othersDid")).to.be.empty;
    expect(await keeper.stop("SIGTERM")).to.equal(0);
    expect(keeper.stderr()).to.equal("");
  });

  it("leaves alone what its pool is too shallow for, does everything else, and takes it once there is depth", async () => {
    await scene.addPool(0, 2_000, 1n, 600);
    const [doomed, slipping] = [await opened(1n, 1.2), await opened(2n, 1.06, 1)];
    const keeper = await start();
    await bench.world.setPrice(0, 1_450);
    await bench.world.setPrice(1, 28_000);
    await mineUntil(async () => (await events("MarginCallOpened")).some((e) => e.account === slipping));
    await mineUntil(() =>
      Promise.resolve(
        linesOf(keeper, "account.skipped").filter(
          ({ account, reason }) =>
            account === doomed && (reason === "swapTooDear" || reason === "noSwapQuote"),
        ).length > 3,
      ),
    );
    expect(await takesOf(doomed)).to.be.empty;
    expect(linesOf(keeper, "transaction.reverted")).to.be.empty;
    await bench.chain.send("evm_setAutomine", true);
    await scene.movePool(0, 1_450);
    await scene.addPool(0, 1_450, 10_000n);
    await bench.chain.send("evm_setAutomine", false);
    await mineUntil(async () => (await takesOf(doomed)).length > 0);
    expect((await takesOf(doomed))[0]!.actor).to.equal(scene.address);
    await keeper.stop("SIGTERM");
  });

  it("takes several in one transaction, each sold after those before it", async () => {
    await scene.addPool(0, 1_450, 50_000n);
    const doomed = [await opened(1n, 1.2), await opened(2n, 1.19), await opened(3n, 1.21)];
    const keeper = await start();
    await bench.world.setPrice(0, 1_450);
    await mineUntil(async () => (await events("Liquidated")).length === 3);
    const takes = await events("Liquidated");
    expect(takes.map(({ account }) => account)).to.have.members(doomed);
    expect(takes.every(({ actor }) => actor === scene.address)).to.be.true;
    await mineUntil(() => Promise.resolve(linesOf(keeper, "transaction.mined").length > 0));
    expect(linesOf(keeper, "transaction.mined")[0]).to.deep.include({
      duty: "liquidateCritical",
      accounts: 3,
      skipped: [],
    });
    expect((await balanceOf(bench.world.quote, bench.world.keeper.address)) > 0n).to.be.true;
    await keeper.stop("SIGTERM");
  });

  it("C-66 ends with code 2 and one sentence given a flash liquidator that would not serve it", async () => {
    await scene.addPool(0, 2_000, 50_000n);
    const profitRecipient = bench.world.trader.address;
    const file = bench.written(scene.config({ profitRecipient }));
    const keeper = bench.start(file);
    expect(await keeper.ended()).to.equal(2);
    expect(keeper.stderr().trim().split("\n")).to.have.length(1);
    expect(keeper.stderr()).to.contain(`its profit goes to ${bench.world.keeper.address}`);
  });

  /** Code that answers every call with `data`. */
  function codeThatReturns(data: string): string {
    const length = dataLength(data).toString(16).padStart(4, "0");
    return `0x61${length}61000f60003961${length}6000f3${data.slice(2)}`;
  }
  const quoteAnswer = (amount: bigint, hops: number) =>
    AbiCoder.defaultAbiCoder().encode(
      ["uint256", "uint160[]", "uint32[]", "uint256"],
      [amount, new Array<bigint>(hops).fill(1n << 96n), new Array<bigint>(hops).fill(1n), 1n],
    );
  const hostile: Record<string, string> = {
    "that says nothing": "0x",
    "that runs into an error": "0xfe",
    "that answers nonsense": codeThatReturns(`0x${"ff".repeat(200)}`),
    "that promises the world": codeThatReturns(quoteAnswer(2n ** 255n, 1)),
    "that promises a little too much": codeThatReturns(quoteAnswer(11_000n * USDC, 1)),
    "that says nothing can be sold": codeThatReturns(quoteAnswer(0n, 1)),
    "that answers for pools nobody asked about": codeThatReturns(quoteAnswer(10_500n * USDC, 40)),
  };
  for (const [name, code] of Object.entries(hostile)) {
    it(`K-15 pays by hand beside a quoter ${name}`, async () => {
      await scene.addPool(0, 1_450, 50_000n);
      await bench.world.act(bench.world.quote, "transfer", bench.world.keeper.address, 10n ** 12n);
      const doomed = await opened(1n, 1.2);
      const keeper = await start();
      await bench.chain.send("hardhat_setCode", scene.uniswap.quoterAddress, code);
      await bench.world.setPrice(0, 1_450);
      const from = Number(await bench.chain.send<string>("eth_blockNumber"));
      await mineUntil(async () => (await takesOf(doomed)).length > 0);
      expect(Number(await bench.chain.send<string>("eth_blockNumber")) - from).to.be.at.most(8);
      expect((await takesOf(doomed))[0]!.actor).to.equal(bench.world.keeper.address);
      // A promise is found out in the simulation, and costs nothing but a block.
      const refused = linesOf(keeper, "account.refused").map(({ way, reason }) => [way, reason]);
      const isPromise = name.includes("promises");
      expect(refused).to.deep.equal(isPromise ? [["flash", "NotProfitable"]] : []);
      expect(linesOf(keeper, "transaction.reverted")).to.be.empty;
      expect(await keeper.stop("SIGTERM")).to.equal(0);
    });
  }
});
