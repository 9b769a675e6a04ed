import { expect } from "chai";
import { ZeroAddress, type JsonRpcProvider } from "ethers";
import { actingAs, send, type Scene } from "../../scripts/docs/marginCallScene.ts";
import { runExample, serveScene } from "./support/runExample.ts";

const HOUR = 3_600;
const example = (...args: string[]) => runExample("readAccount.ts", ...args);

describe("examples/readAccount.ts", () => {
  let url: string;
  let file: string;
  let scene: Scene;
  let provider: JsonRpcProvider;
  let close: () => Promise<void>;

  before(async () => {
    ({ url, file, scene, provider, close } = await serveScene());
  });
  after(() => close());

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
