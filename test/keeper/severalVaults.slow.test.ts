import { expect } from "chai";
import { Wallet } from "ethers";
import { after, afterEach, before, beforeEach, describe, it } from "mocha";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { AccountId } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { UserError } from "../../keeper/errors.ts";
import { silentLog } from "../../keeper/log.ts";
import { readConfigs } from "../../keeper/readConfigs.ts";
import { endpointPool, openEndpoints } from "../../keeper/sources/openEndpoints.ts";
import { KEYS, startChain, type Chain } from "./support/chain.ts";
import { startKeeper, type KeeperProcess } from "./support/keeperProcess.ts";
import { buildWorld, type World } from "./support/world.ts";
import { etherFor } from "./support/etherFor.ts";

const DEBT = 10_000n * 10n ** 6n;
/** Another of the node's accounts. */
const OTHER_KEY = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";

describe("a keeper of two vaults", function () {
  this.timeout(90_000);
  let chain: Chain;
  let worlds: readonly [World, World];
  let accounts: readonly [AccountId, AccountId];
  let folder: string;
  let keeper: KeeperProcess | undefined;
  let snapshot: string;

  before(async () => {
    chain = await startChain();
    const first = await buildWorld(chain);
    const second = await buildWorld(chain);
    await second.act(second.quote, "mint", new Wallet(OTHER_KEY).address, 10n ** 13n);
    const inSecond = await second.open(1n, 0, etherFor(1.06), DEBT);
    await first.resetNonce();
    accounts = [await first.open(1n, 0, etherFor(1.06), DEBT), inSecond];
    worlds = [first, second];
    await chain.send("evm_setAutomine", false);
    snapshot = await chain.send("evm_snapshot");
  });
  after(async () => {
    for (const world of worlds) world.close();
    await chain.close();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-vaults-"));
  });
  afterEach(async () => {
    if (keeper?.process.exitCode === null) await keeper.stop("SIGKILL");
    rmSync(folder, { recursive: true });
    await chain.send("evm_revert", snapshot);
    snapshot = await chain.send("evm_snapshot");
  });

  const vaultOf = (number: 0 | 1) => worlds[number].deployment.vault;

  function configure(changes: Readonly<Record<string, unknown>> = {}, second: object = {}): string {
    for (const [i, { deployment }] of worlds.entries()) {
      writeFileSync(join(folder, `${i}.json`), JSON.stringify(deployment));
    }
    const file = join(folder, "config.json");
    const config = {
      mode: "live",
      rpcUrl: chain.url,
      pollMs: 20,
      nativePriceFeed: { fixed: "2000" },
      allowance: { ceiling: "1000000" },
      logLevel: "debug",
      vaults: [
        { deploymentFile: "0.json", storeFile: "0.sqlite", key: { privateKeyEnv: "TOCSIN_KEEPER_KEY" } },
        { deploymentFile: "1.json", storeFile: "1.sqlite", key: { privateKeyEnv: "OTHER_KEY" }, ...second },
      ],
      ...changes,
    };
    writeFileSync(file, JSON.stringify(config));
    return file;
  }
  const start = (file: string, otherKey = OTHER_KEY, command: "run" | "once" = "run") =>
    (keeper = startKeeper(file, command, { OTHER_KEY: otherKey }));
  const said = (event: string, number: 0 | 1) =>
    keeper?.lines.filter((line) => line.event === event && line.vault === vaultOf(number)) ?? [];
  const statusOf = async (number: 0 | 1) =>
    Number(await worlds[number].vault.getFunction("statusOf").staticCall(accounts[number])) as Status;

  async function mineUntil(isDone: () => Promise<boolean> | boolean, most = 100): Promise<void> {
    for (let i = 0; i < most; ++i) {
      if (await isDone()) return;
      await chain.mine(12);
      await sleep(60);
    }
    const last = keeper?.lines.slice(-12).map((line) => JSON.stringify(line)) ?? [];
    throw new Error(`not in time; ${keeper?.stderr() ?? ""}\n${last.join("\n")}`);
  }
  const bothSeen = () => said("block.seen", 0).length > 0 && said("block.seen", 1).length > 0;

  /** Sends with the trader's newest nonce, which both worlds count for themselves. */
  async function setPrice(number: 0 | 1, price: number): Promise<void> {
    await worlds[number].resetNonce();
    await worlds[number].setPrice(0, price);
  }

  it("serves both, each with its own key, and says of every line which vault it is about", async () => {
    start(configure());
    await mineUntil(bothSeen);
    await setPrice(0, 1_870);
    await mineUntil(async () => (await statusOf(0)) === Status.Called);
    expect(await statusOf(1)).not.to.equal(Status.Called);
    await setPrice(1, 1_870);
    await mineUntil(async () => (await statusOf(1)) === Status.Called);
    await mineUntil(() => said("call.opened", 1).length > 0);
    expect(said("call.opened", 0)).to.have.length(1);
    expect(said("call.opened", 1)[0]).to.include({ own: true, account: accounts[1] });
    expect(said("keeper.started", 1)[0]?.keeper).to.equal(new Wallet(OTHER_KEY).address);
    expect(keeper?.lines.filter(({ vault, event }) => vault === undefined && !event.startsWith("endpoint")))
      .to.be.empty;
    expect(await keeper?.stop("SIGTERM")).to.equal(0);
  });

  it("once does what is due in both, and ends", async () => {
    await setPrice(0, 1_870);
    await chain.mine();
    await setPrice(1, 1_870);
    await chain.mine();
    const process = start(configure(), OTHER_KEY, "once");
    let code: number | null | undefined;
    void process.ended().then((ended) => (code = ended));
    await mineUntil(() => code !== undefined);
    expect(code, process.stderr()).to.equal(0);
    expect([await statusOf(0), await statusOf(1)]).to.deep.equal([Status.Called, Status.Called]);
  });

  it("K-08 goes on with one when the other has to stop, says so, and ends with its code", async () => {
    start(configure());
    await mineUntil(bothSeen);
    // Somebody else sends with the second vault's key.
    const stranger = new Wallet(OTHER_KEY, worlds[1].provider);
    const nonce = await stranger.getNonce();
    await stranger.sendTransaction({ to: stranger.address, nonce, gasLimit: 21_000, gasPrice: 10n ** 10n });
    await mineUntil(() => said("vault.failed", 1).length > 0);
    expect(said("vault.failed", 1)[0]?.error).to.include("nonce");
    expect(said("keeper.stopped", 1)).to.have.length(1);

    await setPrice(0, 1_870);
    await mineUntil(async () => (await statusOf(0)) === Status.Called);
    expect(said("vault.failed", 0)).to.be.empty;
    expect(await keeper?.stop("SIGTERM")).to.equal(1);
    expect(keeper?.stderr()).to.include("nonce");
  });

  it("stops sending for all, and confirms the prices of the one that is named", async () => {
    const file = configure();
    const [first, second] = readConfigs(file);
    const run = async (command: "confirm" | "stop-sending", ...more: string[]) => {
      const process = startKeeper(file, command, {}, more);
      return [await process.ended(), process.stderr()] as const;
    };
    expect(await run("confirm")).to.deep.equal([
      2,
      "the configuration has several vaults: say which with --vault\n",
    ]);
    expect((await run("confirm", "--vault", vaultOf(1)))[0]).to.equal(0);
    expect((await run("stop-sending"))[0]).to.equal(0);
    expect([first, second].map((config) => existsSync(config?.brake.confirmFile ?? ""))).to.deep.equal([
      false,
      true,
    ]);
    expect([first, second].map((config) => existsSync(config?.stopFile ?? ""))).to.deep.equal([true, true]);
  });

  it("K-08 refuses one key for two vaults, however it is named", async () => {
    const sameKey = start(configure(), KEYS.keeper);
    expect(await sameKey.ended()).to.equal(2);
    expect(sameKey.stderr()).to.match(
      /^key 0x\w{40} is that of vault 0x\w{40} and of vault 0x\w{40}; each vault needs/,
    );
    expect(sameKey.stderr()).not.to.include(KEYS.keeper.slice(2));
    expect(sameKey.lines).to.be.empty;
  });

  it("shares what is thought of an endpoint, and not which one is followed", () => {
    const end = new AbortController();
    const pool = endpointPool(silentLog, end.signal);
    const urls = [1, 2].map((port) => ({ http: `http://127.0.0.1:${port}`, ws: undefined }));
    const options = { endpoints: urls, chainId: 1, timeoutMs: 100, hedgeAfterMs: 100, pool, log: silentLog };
    const [first, second] = [openEndpoints(options), openEndpoints(options)];
    expect(second.all).to.deep.equal(first.all);
    first.rotate();
    expect(first.primary).to.equal(first.all[1]);
    expect(second.primary).to.equal(first.all[0]);
    first.all[0]?.setAside("a lie");
    expect(second.primary).to.equal(first.all[1]);
    // Another patience is another client.
    expect(openEndpoints({ ...options, timeoutMs: 200 }).all[0]).not.to.equal(first.all[0]);
    end.abort();
  });

  describe("readConfigs", () => {
    it("gives each vault what is shared, unless it says otherwise", () => {
      const file = configure(
        { profitMargin: "3", key: { privateKeyEnv: "NOBODY" } },
        { profitMargin: "5", endpoints: [{ http: "http://127.0.0.1:1" }], stopFile: "two.stop" },
      );
      const [first, second] = readConfigs(file);
      expect([first?.profitMargin, second?.profitMargin]).to.deep.equal([3_000_000n, 5_000_000n]);
      expect(first?.endpoints[0]?.http).to.equal(chain.url);
      expect(second?.endpoints).to.deep.equal([{ http: "http://127.0.0.1:1", ws: undefined }]);
      expect(second?.stopFile).to.equal(join(folder, "two.stop"));
      expect(second?.keys?.urgent).to.deep.equal({ privateKeyEnv: "OTHER_KEY" });
    });

    const refused: [string, Readonly<Record<string, unknown>>, object, string][] = [
      ["one vault twice", {}, { deploymentFile: "0.json" }, "the same vault"],
      ["one store for two", {}, { storeFile: "0.sqlite" }, "the same storeFile"],
      ["one confirmation for two", { brake: { confirmFile: "yes" } }, {}, "the same brake.confirmFile"],
      ["one key for two", {}, { key: { privateKeyEnv: "TOCSIN_KEEPER_KEY" } }, "the same key"],
      ["no vault", { vaults: [] }, {}, "one to eight"],
      ["what is no list", { vaults: { a: 1 } }, {}, "one to eight"],
      ["an unknown key of a vault's", {}, { polMs: 3 }, 'vaults.1: unknown key "polMs"'],
    ];
    for (const [what, changes, second, words] of refused) {
      it(`C-66 refuses ${what}`, () => {
        const file = configure(changes, second);
        expect(() => readConfigs(file)).to.throw(UserError, words);
      });
    }
  });
});
