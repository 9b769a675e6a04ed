import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BrakeWatch } from "../../keeper/brakeWatch.ts";
import { Confirmation, confirmWith } from "../../keeper/confirmation.ts";
import { UserError } from "../../keeper/errors.ts";
import type { Brake } from "../../keeper/policy/brake.ts";
import { Store } from "../../keeper/store/store.ts";
import { accountOf } from "./support/state.ts";
import { recordingLog, type RecordingLog } from "./support/recordingLog.ts";
import { VAULT } from "./support/vaultLogs.ts";

const EXTENT = { accounts: 30, debt: 300n, bookDebt: 1_000n, shareBps: 3_000n };
const ENGAGED: Brake = { kind: "engaged", extent: EXTENT, held: new Set([accountOf(1)]), unconfirmed: [0] };
const FREE: Brake = { kind: "free", extent: { ...EXTENT, debt: 10n, shareBps: 100n } };
const BACKED: Brake = { kind: "backed", extent: EXTENT, by: "secondSource" };
const VIEWS = [{ opinion: "contradicts", price36: 5n, second36: 9n }] as const;

const at = (number: number) => ({ number, timestamp: 1_000n + 12n * BigInt(number) });

describe("the brake, from block to block", () => {
  let folder: string;
  let file: string;
  let store: Store;
  let log: RecordingLog;
  const openStore = () => new Store(join(folder, "keeper.sqlite"), { chainId: 1, vault: VAULT });
  const confirmation = () => new Confirmation({ file, seconds: 60, store, log });
  const watch = () => new BrakeWatch({ confirmation: confirmation(), store, log });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-brake-"));
    file = join(folder, "keeper.confirm");
    store = openStore();
    log = recordingLog();
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });

  describe("BrakeWatch", () => {
    it("pages once when it engages and once when it is released, with numbers", () => {
      const brakeWatch = watch();
      brakeWatch.decided(at(1), FREE, VIEWS);
      brakeWatch.decided(at(2), ENGAGED, VIEWS);
      brakeWatch.decided(at(3), ENGAGED, VIEWS);
      brakeWatch.decided(at(5), FREE, VIEWS);
      brakeWatch.decided(at(6), FREE, VIEWS);
      expect(log.lines).to.deep.equal([
        {
          event: "brake.engaged",
          block: 2,
          ...EXTENT,
          held: 1,
          unconfirmed: [0],
          prices: ["0 contradicts: 5 against 9"],
        },
        { event: "brake.released", block: 5, ...FREE.extent, by: "share", forBlocks: 3 },
      ]);
    });

    it("says who has let it go, and once when it never engaged because another source agreed", () => {
      const brakeWatch = watch();
      brakeWatch.decided(at(1), BACKED, VIEWS);
      brakeWatch.decided(at(2), BACKED, VIEWS);
      brakeWatch.decided(at(3), ENGAGED, VIEWS);
      brakeWatch.decided(at(4), { ...BACKED, by: "operator" }, VIEWS);
      expect(log.lines.map(({ event, by }) => `${event} ${String(by)}`)).to.deep.equal([
        "brake.backed secondSource",
        "brake.engaged undefined",
        "brake.released operator",
      ]);
    });

    it("is still engaged after a restart", () => {
      watch().decided(at(2), ENGAGED, VIEWS);
      store.close();
      store = openStore();
      const again = watch();
      expect(again.stateAt(at(3)).wasEngaged).to.be.true;
      again.decided(at(4), FREE, VIEWS);
      expect(watch().stateAt(at(5)).wasEngaged).to.be.false;
    });
  });

  describe("Confirmation", () => {
    it("holds for its time from the block that first saw it, is removed, and says so", () => {
      const confirmed = confirmation();
      expect(confirmed.holdsAt(at(1))).to.be.false;
      writeFileSync(file, "");
      expect([2, 3, 6].map((block) => confirmed.holdsAt(at(block)))).to.deep.equal([true, true, true]);
      expect(confirmed.holdsAt(at(7))).to.be.false;
      expect(existsSync(file)).to.be.false;
      expect(log.lines.map(({ event, block, until }) => [event, block, until])).to.deep.equal([
        ["brake.confirmed", 2, 1_084n],
        ["brake.confirmationOver", 7, 1_084n],
      ]);
    });

    it("is not prolonged by a restart, and by nothing but a new file", () => {
      confirmWith(file);
      expect(confirmation().holdsAt(at(1))).to.be.true;
      store.close();
      store = openStore();
      expect(confirmation().holdsAt(at(5))).to.be.true;
      expect(confirmation().holdsAt(at(6))).to.be.false;
      confirmWith(file);
      const again = confirmation();
      expect([again.holdsAt(at(7)), again.holdsAt(at(11)), again.holdsAt(at(12))]).to.deep.equal([
        true,
        true,
        false,
      ]);
    });

    it("made anew while it holds, counts from there", () => {
      const confirmed = confirmation();
      confirmWith(file);
      expect(confirmed.holdsAt(at(1))).to.be.true;
      confirmWith(file);
      expect([confirmed.holdsAt(at(5)), confirmed.holdsAt(at(9)), confirmed.holdsAt(at(10))]).to.deep.equal([
        true,
        true,
        false,
      ]);
    });

    it("ends at once when the file is removed", () => {
      const confirmed = confirmation();
      confirmWith(file);
      expect(confirmed.holdsAt(at(1))).to.be.true;
      rmSync(file);
      expect(confirmed.holdsAt(at(2))).to.be.false;
      expect(log.of("brake.confirmationOver")).to.have.length(1);
    });

    it("says what is wrong when it cannot be given", () => {
      expect(() => {
        confirmWith(join(folder, "none", "confirm"));
      }).to.throw(UserError, "cannot be written");
    });
  });
});
