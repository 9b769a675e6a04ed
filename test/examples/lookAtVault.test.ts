import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ownerOf, toAccountId } from "../../sdk/accountId.ts";
import { runExample, serveScene, type ServedScene } from "./support/runExample.ts";

const example = (...args: string[]) => runExample("lookAtVault.ts", ...args);

describe("examples/lookAtVault.ts", () => {
  let served: ServedScene;
  before(async () => {
    served = await serveScene();
  });
  after(() => served.close());

  it("says how it is called", async () => {
    const { code, stderr } = await example(served.url, served.file);
    expect(code).to.equal(1);
    expect(stderr).to.contain("usage: ");
  });

  it("shows the vault, and an owner's accounts with the price that calls them", async () => {
    const { url, file, scene } = served;
    const owner = ownerOf(toAccountId(scene.account));
    const { stdout, stderr } = await example(url, file, owner);
    expect(stderr).to.equal("");
    // 14,000 / 8.02 is 1,745.636 for each of the ten.
    expect(stdout).to.equal(
      [
        "lent out   14,000 USDC of 1,000,000 USDC",
        "owner      0 USDC, 0 USDC now",
        `${owner}: Warned, debt 14,000 USDC, health 1.0884`,
        "  10 WETH: called at 1,745.63 USDC for one\n",
      ].join("\n"),
    );
    const nobody = await example(url, file, ZeroAddress);
    expect(nobody.stdout.trim().split("\n")).to.have.length(2);
  });

  it("says why where prices cannot be read", async () => {
    const { url, file, scene, provider } = served;
    await provider.send("hardhat_setCode", [scene.deployment.oracle, "0x5f5ffd"]);
    const { code, stdout } = await example(url, file, ownerOf(toAccountId(scene.account)));
    expect(code).to.equal(0);
    expect(stdout).to.contain("lent out   14,000 USDC");
    expect(stdout).to.match(/: It gave no answer/);
  });
});
