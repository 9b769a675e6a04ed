import { expect } from "chai";
import { JsonRpcProvider, ZeroAddress } from "ethers";
import { network } from "hardhat";
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

/** Runs the example as its reader would. */
function example(...args: string[]): Promise<Ran> {
  const tsx = join(root, "node_modules", "tsx", "dist", "cli.mjs");
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [tsx, join(root, "examples", "readAccount.ts"), ...args],
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}

describe("examples/readAccount.ts", () => {
  const folder = mkdtempSync(join(tmpdir(), "tocsin-example-"));
  const file = join(folder, "deployment.json");
  let url: string;
  let scene: Scene;
  let provider: JsonRpcProvider;
  let close: () => Promise<void>;

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

  it("says how it is called", async () => {
    const { code, stderr } = await example(url, file);
    expect(code).to.equal(1);
    expect(stderr).to.contain("usage: ");
  });

  it("shows an account without a call, and one that is empty", async () => {
    const { stdout } = await example(url, file, scene.account);
    expect(stdout).to.equal(
      [
        "status    Warned",
        "debt      14,000 USDC",
        "health    1.0884",
        "deadline  none: no margin call is open",
      ]
        .join("\n")
        .concat("\n"),
    );
    const empty = await example(url, file, ZeroAddress);
    expect(empty.stdout).to.contain("status    Healthy").and.to.contain("health    ∞");
  });

  it("shows a call's deadline and each amount that cures, then that the deadline has passed", async () => {
    await scene.at(10 * HOUR);
    await send(scene.feed, "push", 1_700n * 10n ** 8n);
    await scene.at(10 * HOUR + 12);
    await send(actingAs(scene.vault, scene.liquidator), "openCall", scene.account);
    const { stdout } = await example(url, file, scene.account);
    expect(stdout).to.contain("status    Called");
    expect(stdout).to.contain("deadline  2030-01-07 11:50:39 UTC, in 1 h 50 min");
    expect(stdout).to.contain("cure      repay 638.33483 USDC\n");
    expect(stdout).to.contain("       or deposit 0.477557229411764706 WETH\n");
    await scene.mineAt(12 * HOUR);
    const late = await example(url, file, scene.account);
    expect(late.stdout).to.contain("status    Expired").and.to.contain("11:50:39 UTC, passed");
  });

  it("gives the vault's refusal as a sentence", async () => {
    await provider.send("hardhat_setCode", [scene.deployment.oracle, "0x5f5ffd"]);
    const { code, stderr } = await example(url, file, scene.account);
    expect(code).to.equal(1);
    expect(stderr).to.match(/^The oracle [^\n]+\.\n$/);
  });
});
