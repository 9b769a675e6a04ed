import { expect } from "chai";
import { JsonRpcProvider } from "ethers";
import { network } from "hardhat";
import { after, before, describe, it } from "mocha";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/compile.ts";
import { actingAs, send, setMarginCallScene, type Scene } from "../../scripts/docs/marginCallScene.ts";

const HOUR = 3_600;
const DAY = new Date(Date.UTC(2030, 0, 7));

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

describe("npm run account", () => {
  const folder = mkdtempSync(join(tmpdir(), "tocsin-account-"));
  const file = join(folder, "deployment.json");
  let url: string;
  let scene: Scene;
  let provider: JsonRpcProvider;
  let close: () => Promise<void>;

  function account(...args: string[]): Promise<Ran> {
    return new Promise((resolve) => {
      const tsx = join(root, "node_modules", "tsx", "dist", "cli.mjs");
      execFile(
        process.execPath,
        [tsx, join(root, "scripts", "account.ts"), ...args, "--rpc", url],
        (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
        },
      );
    });
  }

  before(async () => {
    const server = await network.createServer({ override: { initialDate: DAY } });
    const { address, port } = await server.listen();
    url = `http://${address}:${port}`;
    provider = new JsonRpcProvider(url, undefined, {
      batchMaxCount: 1,
      cacheTimeout: -1,
      staticNetwork: true,
    });
    close = () => server.close();
    scene = await setMarginCallScene({
      signers: await Promise.all([0, 1, 2, 3].map((i) => provider.getSigner(i))),
      request: (method, params) => provider.send(method, params),
    });
    writeFileSync(file, JSON.stringify(scene.deployment));
  });

  after(async () => {
    provider.destroy();
    await close();
    rmSync(folder, { recursive: true });
  });

  it("refuses what is no account, with code 2 and a sentence", async () => {
    const ran = await account("status", "0x12", "--deployment", file);
    expect(ran.code).to.equal(2);
    expect(ran.stderr).to.match(/^account: .*0x12/);
  });

  it("shows an account without a call", async () => {
    const { code, stdout } = await account("status", scene.account, "--deployment", file);
    expect(code).to.equal(0);
    expect(stdout).to.contain("status        Warned").and.to.contain("near one");
  });

  it("has nothing to cure without a call", async () => {
    const ran = await account("cure", scene.account, "--deployment", file);
    expect(ran).to.include({
      code: 2,
      stderr: "account: No margin call is open on this account; there is nothing to cure.\n",
    });
  });

  describe("given a margin call", () => {
    /** The chain is put back afterwards. */
    async function aside(act: () => Promise<void>): Promise<void> {
      const snapshot: unknown = await provider.send("evm_snapshot", []);
      await act();
      await provider.send("evm_revert", [snapshot]);
    }

    const status = async () => (await account("status", scene.account, "--deployment", file)).stdout;

    before(async () => {
      await scene.at(10 * HOUR);
      await send(scene.feed, "push", 1_700n * 10n ** 8n);
      await scene.at(10 * HOUR + 12);
      await send(actingAs(scene.vault, scene.liquidator), "openCall", scene.account);
    });

    it("shows the deadline and the exact amount in each form", async () => {
      const { stdout } = await account("status", scene.account, "--deployment", file);
      expect(stdout).to.contain("status        Called");
      expect(stdout).to.contain("Deadline 2030-01-07 11:50:39 UTC");
      expect(stdout).to.contain("  repay    638.33483 USDC");
      expect(stdout).to.contain("  deposit  0.477557229411764706 WETH");
    });

    it("shows the deadline in block time and that the clock stands still in a pause (I-22)", () =>
      aside(async () => {
        await scene.at(11 * HOUR);
        await send(scene.clock, "pause", 1, HOUR);
        // The clock stood still for an hour at 11:00, so that what was to pass at 11:50:39 passes at 12:50:39.
        const paused = await status();
        expect(paused).to.contain("Deadline 2030-01-07 12:50:39 UTC, in 1 h 50 min.");
        expect(paused).to.contain(
          "stands still: no deadline passes and no discount grows, until 2030-01-07 12:00:00",
        );
        expect(paused).to.contain("while liquidation is paused");
        await scene.mineAt(12 * HOUR + 60);
        const resumed = await status();
        expect(resumed).to.contain("Deadline 2030-01-07 12:50:39 UTC, in 49 min 39 s.");
        expect(resumed).to.contain("Margin call of 2030-01-07 11:00:12 UTC or earlier.");
        expect(resumed).to.not.contain("stands still");
      }));

    it("gives a deadline the grace that a stop leaves it, and says when it has passed (I-22)", () =>
      aside(async () => {
        await scene.at(11 * HOUR + 45 * 60);
        await send(scene.clock, "pause", 0, HOUR);
        expect(await status()).to.contain("Deadline 2030-01-07 13:00:00 UTC, in 1 h 15 min.");
        await scene.mineAt(13 * HOUR + 60);
        const passed = await status();
        expect(passed).to.contain("status        Expired");
        expect(passed).to.contain(
          "Its deadline, 2030-01-07 13:00:00 UTC, passed 1 min ago. The auction runs",
        );
      }));

    it("names no deadline while the sequencer is down, but what is left to it (C-28)", () =>
      aside(async () => {
        await scene.at(11 * HOUR);
        await send(scene.uptimeFeed, "push", 1n);
        await scene.mineAt(13 * HOUR);
        const shown = await status();
        expect(shown).to.contain("status        Called");
        expect(shown).to.contain("passes when the protocol's clock has run for another 50 min 39 s.");
        expect(shown).to.contain("until the sequencer is back");
        const json = JSON.parse(
          (await account("status", scene.account, "--deployment", file, "--json")).stdout,
        ) as { call: Record<string, unknown>; clock: Record<string, unknown> };
        expect(json.call).to.not.have.property("deadline");
        expect(json.call.secondsLeft).to.equal("3039");
        expect(json.clock.isSequencerDown).to.equal(true);
      }));

    it("tells nobody to sell what a pause keeps from being sold (C-62)", () =>
      aside(async () => {
        await scene.mineAt(12 * HOUR);
        expect(await status()).to.contain("a part may be sold at any moment");
        await send(scene.clock, "pause", 1, HOUR);
        expect(await status()).to.contain("nothing is sold while liquidation is paused");
      }));

    it("shows what it would do and sends nothing", async () => {
      const nonce = await scene.trader.getNonce();
      const { stdout } = await account("cure", scene.account, "--deployment", file, "--by", "deposit:WETH");
      expect(stdout).to.contain("Deposits 0.477557229411764706 WETH").and.to.contain("Nothing was sent");
      expect(await scene.trader.getNonce()).to.equal(nonce);
    });

    it("names the ways there are when asked for another", async () => {
      const ran = await account("cure", scene.account, "--deployment", file, "--by", "prayer");
      expect(ran).to.include({
        code: 2,
        stderr: 'account: --by is one of repay, deposit:WETH, not "prayer".\n',
      });
    });

    it("says who lacks how much, before anything is sent", async () => {
      const address = await (await provider.getSigner(7)).getAddress();
      const ran = await account(
        "cure",
        scene.account,
        "--deployment",
        file,
        "--act",
        "--yes",
        "--unlocked",
        address,
      );
      expect(ran.code).to.equal(2);
      expect(ran.stderr).to.match(/has 0 USDC, and the cure may take 638\.\d+ USDC/);
    });

    for (const [by, word] of [
      ["repay", "cure: 0x"],
      ["deposit:WETH", "deposit: 0x"],
    ] as const) {
      it(`closes the call by ${by} and leaves no allowance`, async () => {
        const snapshot: unknown = await provider.send("evm_snapshot", []);
        const payer = await scene.trader.getAddress();
        const ran = await account(
          ...["cure", scene.account, "--deployment", file, "--by", by, "--act", "--yes", "--unlocked", payer],
        );
        expect(ran.stderr).to.equal("");
        expect(ran.stdout).to.contain(word).and.to.contain("No margin call is open");
        const token = by === "repay" ? scene.usdc : scene.weth;
        const left: unknown = await token.getFunction("allowance").staticCall(payer, scene.deployment.vault);
        expect(left).to.equal(0n);
        await provider.send("evm_revert", [snapshot]);
      });
    }
  });
});
