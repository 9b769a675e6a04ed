import { expect } from "chai";
import { after, afterEach, before, beforeEach, describe, it } from "mocha";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AbiCoder, dataLength, type Contract } from "ethers";
import type { AccountId } from "../../sdk/accountId.ts";
import type { VaultEventName } from "../../sdk/vaultEvent.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { startChain, type Chain } from "./support/chain.ts";
import { addFlashScene, type FlashScene } from "./support/flash.ts";
import { startKeeper, writeConfig, type KeeperProcess, type LogLine } from "./support/keeperProcess.ts";
import { buildWorld, type World } from "./support/world.ts";
import { etherFor } from "./support/etherFor.ts";
import { readEventsNamed } from "./support/readEvents.ts";

const USDC = 10n ** 6n;
const DEBT = 10_000n * USDC;

describe("npm run keeper with a flash liquidator", function () {
  this.timeout(60_000);
  let chain: Chain;
  let world: World;
  let scene: FlashScene;
  let folder: string;
  let keepers: KeeperProcess[];
  let baseSnapshot: string;

  before(async () => {
    chain = await startChain();
    world = await buildWorld(chain);
    scene = await addFlashScene(world);
    baseSnapshot = await chain.send("evm_snapshot");
  });
  after(async () => {
    world.close();
    await chain.close();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-flash-"));
    keepers = [];
  });
  afterEach(async () => {
    for (const keeper of keepers) if (keeper.process.exitCode === null) await keeper.stop("SIGKILL");
    rmSync(folder, { recursive: true });
    await chain.send("evm_revert", baseSnapshot);
    baseSnapshot = await chain.send("evm_snapshot");
    await chain.send("evm_setAutomine", true);
    await world.resetNonce();
  });

  /** From here on blocks come only when they are mined. */
  const start = async (changes: Readonly<Record<string, unknown>> = {}) => {
    await chain.send("evm_setAutomine", false);
    const keeper = startKeeper(
      writeConfig(folder, chain.url, world.deployment, { ...scene.config(), ...changes }),
    );
    keepers.push(keeper);
    await mineUntil(() => Promise.resolve(keeper.lines.some(({ event }) => event === "block.seen")));
    return keeper;
  };

  async function mineUntil(isDone: () => Promise<boolean>, seconds = 12, most = 60): Promise<void> {
    for (let i = 0; i < most; ++i) {
      if (await isDone()) return;
      await chain.mine(seconds);
      await sleep(80);
    }
    const tail =
      keepers
        .at(-1)
        ?.lines.slice(-15)
        .map((line) => JSON.stringify(line)) ?? [];
    throw new Error(`not within ${most} blocks; ${keepers.at(-1)?.stderr() ?? ""}\n${tail.join("\n")}`);
  }

  const events = <Name extends VaultEventName>(name: Name) => readEventsNamed(chain, world, name);

  const opened = (n: bigint, health: number, number = 0) =>
    number === 0
      ? world.open(n, 0, etherFor(health), DEBT)
      : world.open(n, 1, BigInt(Math.round((10_000 / 0.802 / 30_000) * health * 1e8)), DEBT);
  const takesOf = async (account: AccountId) =>
    (await events("Liquidated")).filter((event) => event.account === account);
  const balanceOf = async (token: Contract, holder: string) =>
    (await token.getFunction("balanceOf").staticCall(holder)) as bigint;
  const linesOf = (keeper: KeeperProcess, event: string): LogLine[] =>
    keeper.lines.filter((line) => line.event === event);

  it("K-20 without a single quote token takes what is critical and what is expired, and ends with the profit in quote tokens", async () => {
    await scene.addPool(0, 2_000, 50_000n);
    const [doomed, sinking] = [await opened(1n, 1.2), await opened(2n, 1.62)];
    expect(await balanceOf(world.quote, world.keeper.address)).to.equal(0n);
    const keeper = await start({ allowance: "exact" });
    for (let i = 0; i < 5; ++i) {
      await chain.mine();
      await sleep(60);
    }
    // A calm block asks nothing.
    expect(linesOf(keeper, "quotes.read")).to.be.empty;

    // The first is below its floor, the second only called; the market is where the oracle is.
    await chain.send("evm_setAutomine", true);
    await scene.movePool(0, 1_450);
    await world.setPrice(0, 1_450);
    await chain.send("evm_setAutomine", false);
    await mineUntil(async () => (await takesOf(doomed)).length > 0);
    const [take] = await takesOf(doomed);
    expect(take!.actor).to.equal(scene.address);
    expect(take!.notice.status).to.be.at.least(Status.Critical);
    const profit = await balanceOf(world.quote, world.keeper.address);
    expect(profit > 0n).to.be.true;
    expect(await takesOf(sinking)).to.be.empty;

    await chain.send("evm_setAutomine", true);
    await scene.movePool(0, 1_225);
    await world.setPrice(0, 1_225);
    await chain.send("evm_setAutomine", false);
    await mineUntil(async () => (await events("MarginCallOpened")).some((e) => e.account === sinking));
    const { deadline } = (await events("MarginCallOpened")).find((e) => e.account === sinking)!.notice;
    await mineUntil(async () => {
      const { timestamp } = await chain.send<{ timestamp: string }>("eth_getBlockByNumber", "latest", false);
      return BigInt(timestamp) > deadline;
    }, 600);
    // The first seconds of the auction pay for no swap; the discount grows until it does.
    expect(await takesOf(sinking)).to.be.empty;
    await mineUntil(async () => (await takesOf(sinking)).length > 0, 60);
    const [later] = await takesOf(sinking);
    expect(later).to.deep.include({ actor: scene.address });
    expect(later!.notice.status).to.equal(Status.Expired);

    expect((await balanceOf(world.quote, world.keeper.address)) > profit).to.be.true;
    expect(await balanceOf(world.tokens[0]!, world.keeper.address)).to.equal(0n);
    expect(await balanceOf(world.quote, scene.address)).to.equal(0n);
    const allowance = world.quote.getFunction("allowance");
    expect(await allowance.staticCall(world.keeper.address, world.deployment.vault)).to.equal(0n);
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
    await world.setPrice(0, 1_450);
    await world.setPrice(1, 28_000);
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
    await chain.send("evm_setAutomine", true);
    await scene.movePool(0, 1_450);
    await scene.addPool(0, 1_450, 10_000n);
    await chain.send("evm_setAutomine", false);
    await mineUntil(async () => (await takesOf(doomed)).length > 0);
    expect((await takesOf(doomed))[0]!.actor).to.equal(scene.address);
    await keeper.stop("SIGTERM");
  });

  it("takes several in one transaction, each sold after those before it", async () => {
    await scene.addPool(0, 1_450, 50_000n);
    const doomed = [await opened(1n, 1.2), await opened(2n, 1.19), await opened(3n, 1.21)];
    const keeper = await start();
    await world.setPrice(0, 1_450);
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
    expect((await balanceOf(world.quote, world.keeper.address)) > 0n).to.be.true;
    await keeper.stop("SIGTERM");
  });

  it("C-66 ends with code 2 and one sentence given a flash liquidator that would not serve it", async () => {
    await scene.addPool(0, 2_000, 50_000n);
    const profitRecipient = world.trader.address;
    const file = writeConfig(folder, chain.url, world.deployment, scene.config({ profitRecipient }));
    const keeper = startKeeper(file);
    keepers.push(keeper);
    expect(await keeper.ended()).to.equal(2);
    expect(keeper.stderr().trim().split("\n")).to.have.length(1);
    expect(keeper.stderr()).to.contain(`its profit goes to ${world.keeper.address}`);
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
      await world.act(world.quote, "transfer", world.keeper.address, 10n ** 12n);
      const doomed = await opened(1n, 1.2);
      const keeper = await start();
      await chain.send("hardhat_setCode", scene.uniswap.quoterAddress, code);
      await world.setPrice(0, 1_450);
      const from = Number(await chain.send<string>("eth_blockNumber"));
      await mineUntil(async () => (await takesOf(doomed)).length > 0);
      expect(Number(await chain.send<string>("eth_blockNumber")) - from).to.be.at.most(8);
      expect((await takesOf(doomed))[0]!.actor).to.equal(world.keeper.address);
      // A promise is found out in the simulation, and costs nothing but a block.
      const refused = linesOf(keeper, "account.refused").map(({ way, reason }) => [way, reason]);
      const isPromise = name.includes("promises");
      expect(refused).to.deep.equal(isPromise ? [["flash", "NotProfitable"]] : []);
      expect(linesOf(keeper, "transaction.reverted")).to.be.empty;
      expect(await keeper.stop("SIGTERM")).to.equal(0);
    });
  }
});
