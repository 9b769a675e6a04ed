import { expect } from "chai";
import { Wallet } from "ethers";
import { after, before, describe, it } from "mocha";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { VaultEventName } from "../../sdk/vaultEvent.ts";
import { KillSwitch } from "../../keeper/executors/killSwitch.ts";
import { silentLog } from "../../keeper/log.ts";
import { startChain, type Chain } from "./support/chain.ts";
import { startKeeper, writeConfig, type KeeperProcess } from "./support/keeperProcess.ts";
import { buildWorld, type World } from "./support/world.ts";
import { etherFor } from "./support/etherFor.ts";
import { readEventsNamed } from "./support/readEvents.ts";

/** Well-known accounts of a Hardhat node, with coins and nothing else. */
const NORMAL_KEY = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";
const HOUSEKEEPING_KEY = "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6";
const DEBT = 10_000n * 10n ** 6n;

describe("npm run keeper with a key for each lane", function () {
  this.timeout(60_000);
  let chain: Chain;
  let world: World;
  let folder: string;
  let keeper: KeeperProcess;

  before(async () => {
    chain = await startChain();
    world = await buildWorld(chain);
    await chain.send("evm_setAutomine", false);
    folder = mkdtempSync(join(tmpdir(), "tocsin-lanes-"));
    process.env.TOCSIN_NORMAL_KEY = NORMAL_KEY;
    process.env.TOCSIN_HOUSEKEEPING_KEY = HOUSEKEEPING_KEY;
    const keys = {
      urgent: { privateKeyEnv: "TOCSIN_KEEPER_KEY" },
      normal: { privateKeyEnv: "TOCSIN_NORMAL_KEY" },
      housekeeping: { privateKeyEnv: "TOCSIN_HOUSEKEEPING_KEY" },
    };
    const changes = { key: undefined, keys, stopFile: "stop", recordEverySeconds: 60 };
    keeper = startKeeper(writeConfig(folder, chain.url, world.deployment, changes));
  });
  after(async () => {
    await keeper.stop("SIGKILL");
    Reflect.deleteProperty(process.env, "TOCSIN_NORMAL_KEY");
    Reflect.deleteProperty(process.env, "TOCSIN_HOUSEKEEPING_KEY");
    world.close();
    await chain.close();
    rmSync(folder, { recursive: true });
  });

  async function mineUntil(isDone: () => Promise<boolean> | boolean, most = 120): Promise<void> {
    for (let i = 0; i < most; ++i) {
      if (await isDone()) return;
      await chain.mine();
      await sleep(60);
    }
    const tail = keeper.lines.slice(-10).map((line) => JSON.stringify(line));
    throw new Error(`not within ${most} blocks; ${keeper.stderr()}\n${tail.join("\n")}`);
  }

  const events = <Name extends VaultEventName>(name: Name) => readEventsNamed(chain, world, name);

  const nonceOf = async (key: string) =>
    Number(await chain.send<string>("eth_getTransactionCount", new Wallet(key).address, "latest"));
  const isLogged = (name: string) => keeper.lines.some(({ event }) => event === name);

  it("calls with one key, liquidates with the one that has the money, and keeps house with the third", async () => {
    await world.open(1n, 0, etherFor(1.06), DEBT);
    await world.open(2n, 0, etherFor(1.3), DEBT);
    await chain.mine();
    await mineUntil(async () => (await nonceOf(HOUSEKEEPING_KEY)) > 0);
    await world.setPrice(0, 1_870);
    await mineUntil(async () => (await events("MarginCallOpened")).length === 1);
    await world.setPrice(0, 1_380);
    await mineUntil(async () => (await events("Liquidated")).length >= 2);
    const callers = (await events("MarginCallOpened")).map(({ actor }) => actor);
    expect(new Set(callers)).to.deep.equal(new Set([new Wallet(NORMAL_KEY).address]));
    const takers = (await events("Liquidated")).map(({ actor }) => actor);
    expect(new Set(takers)).to.deep.equal(new Set([world.keeper.address]));
    expect(await world.tokens[0]!.getFunction("balanceOf").staticCall(world.keeper.address)).to.not.equal(0n);
    expect(keeper.lines.some(({ event, own }) => event === "call.opened" && own === true)).to.be.true;
  });

  it("stops sending while the stop file is there, goes on reading, and catches up when it is gone", async () => {
    const killSwitch = new KillSwitch(join(folder, "stop"), silentLog);
    keeper.process.kill("SIGUSR2");
    await mineUntil(() => isLogged("sending.stopped"));
    expect(killSwitch.isOn).to.be.true;
    const before = (await events("MarginCallOpened")).length;
    await world.open(3n, 0, etherFor(1.5), DEBT);
    await chain.mine();
    await world.setPrice(0, 1_320);
    const seen = keeper.lines.length;
    for (let i = 0; i < 10; ++i) {
      await chain.mine();
      await sleep(60);
    }
    expect(keeper.lines.slice(seen).some(({ event }) => event === "block.seen")).to.be.true;
    expect(keeper.lines.slice(seen).some(({ event }) => event.startsWith("transaction.sent"))).to.be.false;
    expect(await events("MarginCallOpened")).to.have.length(before);
    killSwitch.turnOff();
    await mineUntil(async () => (await events("MarginCallOpened")).length > before);
    expect(isLogged("sending.resumed")).to.be.true;
    expect(await keeper.stop("SIGTERM")).to.equal(0);
  });

  it("K-19 writes no lane's key", () => {
    const said = JSON.stringify(keeper.lines) + keeper.stderr();
    for (const key of [NORMAL_KEY, HOUSEKEEPING_KEY]) expect(said).to.not.contain(key.slice(2, 40));
  });
});
