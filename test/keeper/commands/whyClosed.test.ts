import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkStore } from "../../../keeper/commands/doctor/checkStore.ts";
import { doubtOfRoot, whyClosed } from "../../../keeper/commands/doctor/whyClosed.ts";
import { WATCHED } from "../support/blockView.ts";

const ROOT = 0;
const IS_ROOT = process.geteuid?.() === ROOT;
/** Who is not there, where the test may give files away. */
const KEEPER = IS_ROOT ? 61_184 : (process.geteuid?.() ?? 0);

describe("what doctor says as root of a keeper's files", () => {
  let home: string;
  let folder: string;
  let storeFile: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "tocsin-closed-"));
    folder = join(home, "store");
    mkdirSync(folder, { mode: 0o700 });
    storeFile = join(folder, "keeper.sqlite");
    give(folder);
  });
  afterEach(() => {
    rmSync(home, { recursive: true });
  });
  const give = (path: string) => {
    if (IS_ROOT) chownSync(path, KEEPER, KEEPER);
  };
  const put = (path: string, mode: number) => {
    writeFileSync(path, "");
    chmodSync(path, mode);
    give(path);
  };

  it("goes by the owner of the store's folder and by modes", () => {
    put(storeFile, 0o600);
    expect(whyClosed([folder, storeFile, join(folder, "none")], storeFile, ROOT)).to.be.undefined;
    chmodSync(storeFile, 0o400);
    expect(whyClosed([folder, storeFile], storeFile, ROOT)).to.equal(
      `${storeFile} belongs to uid ${KEEPER} (mode 400), and the store's folder to uid ${KEEPER}`,
    );
    chmodSync(storeFile, 0o600);
    chmodSync(folder, 0o600);
    // A folder has to be entered besides.
    expect(whyClosed([folder], storeFile, ROOT)).to.contain("(mode 600)");
    chmodSync(folder, 0o700);
  });

  it("finds what is root's in a folder of the keeper's", () => {
    // Everywhere root's, and open to others for reading alone.
    expect(statSync("/etc/passwd").uid).to.equal(ROOT);
    const says = whyClosed(["/etc/passwd"], storeFile, ROOT);
    expect(says).to.match(/^\/etc\/passwd belongs to uid 0 /);
    expect(doubtOfRoot(storeFile, ROOT)).to.equal("");
  });

  it("is that it cannot tell, where all is root's", () => {
    const rootsStore = "/etc/keeper.sqlite";
    expect(whyClosed(["/etc"], rootsStore, ROOT)).to.be.undefined;
    expect(doubtOfRoot(rootsStore, ROOT)).to.contain("root cannot tell");
    expect(doubtOfRoot(rootsStore, 1_000)).to.equal("");
  });

  it("says what the system says to anybody else, and to root where there is no folder", () => {
    expect(whyClosed([storeFile], join(home, "none", "keeper.sqlite"), ROOT)).to.contain("ENOENT");
    expect(whyClosed([folder], storeFile, KEEPER)).to.be.undefined;
  });

  it("is a failure where the lock cannot be opened for writing", () => {
    put(storeFile, 0o600);
    put(`${storeFile}-lock`, 0o400);
    const [finding] = checkStore({ ...WATCHED, storeFile, stopFile: join(folder, "stop") }).findings;
    expect(finding).to.include({ severity: "failure", subject: "store" });
    expect(finding?.says).to.contain(`${storeFile}-lock`);
  });
});
