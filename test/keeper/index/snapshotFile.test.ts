import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AccountIndex } from "../../../keeper/index/accountIndex.ts";
import { readSnapshot, writeSnapshot } from "../../../keeper/index/snapshotFile.ts";
import { FIRST_MOMENT, hopelessWish, idOf, stateOf } from "./support/walk.ts";

const NOTE = 'block 17, "größer" than before';

describe("a snapshot of the accounts on the disk", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-snapshot-"));
    file = join(folder, "accounts");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function indexOf(count: number): AccountIndex {
    const index = new AccountIndex();
    for (let i = 0; i < count; ++i) {
      const call = i % 3 === 0 ? { deadline: 100 * i, auction: 1 } : undefined;
      index.set(
        idOf(i),
        stateOf({ ...hopelessWish, set: i % 32, levelBps: 9_000 + 100 * i, call }, FIRST_MOMENT),
      );
    }
    return index;
  }

  it("gives back every account and stands as before (K-10)", () => {
    const index = indexOf(60);
    for (const gone of [0, 7, 59]) index.delete(idOf(gone));
    index.advance(FIRST_MOMENT);
    writeSnapshot(file, index.table, NOTE);
    const found = readSnapshot(file);
    if (found.kind !== "read") throw new Error(found.kind);
    expect(found.note).to.equal(NOTE);
    const again = new AccountIndex(found.table);
    expect(again.size).to.equal(57);
    expect(again.debtors).to.equal(index.debtors);
    again.advance(FIRST_MOMENT);
    for (let i = 0; i < 60; ++i) {
      expect(again.state(idOf(i)), String(i)).to.deep.equal(index.state(idOf(i)));
      expect(again.standingOf(idOf(i))).to.deep.equal(index.standingOf(idOf(i)));
    }
    again.set(idOf(0), stateOf(hopelessWish, FIRST_MOMENT));
    expect(again.state(idOf(0))).to.deep.equal(stateOf(hopelessWish, FIRST_MOMENT));
  });

  it("holds no account at all when there is none", () => {
    writeSnapshot(file, new AccountIndex().table, "");
    const found = readSnapshot(file);
    expect(found.kind === "read" && found.table.size).to.equal(0);
  });

  it("is absent when it was never written", () => {
    expect(readSnapshot(file)).to.deep.equal({ kind: "absent" });
  });

  it("replaces the one before at once, leaves nothing beside it and is nobody else's to read", () => {
    writeSnapshot(file, indexOf(5).table, "first");
    writeSnapshot(file, indexOf(9).table, "second");
    const found = readSnapshot(file);
    expect(found.kind === "read" && [found.table.size, found.note]).to.deep.equal([9, "second"]);
    expect(readdirSync(folder)).to.deep.equal(["accounts"]);
    if (process.platform !== "win32") expect(statSync(file).mode & 0o777).to.equal(0o600);
  });

  it("keeps the one before when the process dies while writing (K-09)", () => {
    writeSnapshot(file, indexOf(5).table, "first");
    writeFileSync(`${file}.new`, readFileSync(file).subarray(0, 300));
    const found = readSnapshot(file);
    expect(found.kind === "read" && found.note).to.equal("first");
    writeSnapshot(file, indexOf(6).table, "second");
    expect(readSnapshot(file)).to.include({ kind: "read", note: "second" });
  });

  it("is damaged, never wrong, whichever byte of it is (K-11)", () => {
    writeSnapshot(file, indexOf(4).table, NOTE);
    const whole = readFileSync(file);
    for (let at = 0; at < whole.length; ++at) {
      const changed = Buffer.from(whole);
      changed[at] = changed[at]! ^ (1 << (at % 8));
      writeFileSync(file, changed);
      expect(readSnapshot(file).kind, `byte ${at}`).to.equal("damaged");
    }
  });

  it("is damaged when it is cut anywhere or goes on (K-11)", () => {
    writeSnapshot(file, indexOf(4).table, NOTE);
    const whole = readFileSync(file);
    writeFileSync(file, Buffer.concat([whole, Buffer.of(0)]));
    expect(readSnapshot(file).kind).to.equal("damaged");
    for (let length = whole.length; length > 0; length -= 7) {
      truncateSync(file, length - 1);
      expect(readSnapshot(file).kind, `${length - 1} bytes`).to.equal("damaged");
    }
  });
});
