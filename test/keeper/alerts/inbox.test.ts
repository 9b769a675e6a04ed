import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { randomUUID } from "node:crypto";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { handIn, Inbox } from "../../../keeper/alerts/inbox.ts";
import type { Taken } from "../../../keeper/alerts/subscriptionDesk.ts";
import { UserError } from "../../../keeper/errors.ts";
import { recordingLog, type RecordingLog } from "../support/recordingLog.ts";

const REQUEST = { kind: "stop", id: "ab".repeat(16), code: "ABCD2345".padEnd(26, "A") };
const TAKEN: Taken = { kind: "taken", id: REQUEST.id, state: "ended" };
/** Who is not there, where the test may give files away. */
const IS_ROOT = process.geteuid?.() === 0;
const KEEPER = IS_ROOT ? 61_184 : (process.geteuid?.() ?? 0);

describe("an inbox", () => {
  let home: string;
  let folder: string;
  let log: RecordingLog;
  let seen: unknown[];
  let answer: (json: unknown) => Promise<Taken>;
  let now: number;
  let inbox: Inbox;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "tocsin-inbox-"));
    folder = join(home, "in");
    log = recordingLog();
    seen = [];
    now = 0;
    answer = () => Promise.resolve(TAKEN);
    const take = (json: unknown) => {
      seen.push(json);
      return answer(json);
    };
    inbox = new Inbox({ folder, desk: { take }, nowMs: () => now, log });
  });
  afterEach(() => {
    rmSync(home, { recursive: true });
  });
  const put = (text: string) => {
    mkdirSync(folder, { recursive: true });
    const name = randomUUID();
    writeFileSync(join(folder, `${name}.json`), text);
    return name;
  };
  const answerOf = (name: string) =>
    JSON.parse(readFileSync(join(folder, `${name}.answer`), "utf8")) as Taken;

  it("answers each request once, also what is no JSON", async () => {
    const names = [put(JSON.stringify(REQUEST)), put("{")];
    await inbox.look();
    expect(seen).to.have.deep.members([REQUEST, undefined]);
    expect(readdirSync(folder)).to.have.members(names.map((name) => `${name}.answer`));
    await inbox.look();
    expect(seen.length).to.equal(2);
  });

  it("is looked into once where two ask at a time", async () => {
    const gate = Promise.withResolvers<Taken>();
    answer = () => gate.promise;
    const name = put(JSON.stringify(REQUEST));
    const looks = [inbox.look(), inbox.look()];
    answer = () => Promise.resolve({ kind: "refused", reason: "stale", sentence: "it was taken before" });
    gate.resolve(TAKEN);
    await Promise.all(looks);
    expect(seen.length).to.equal(1);
    expect(answerOf(name)).to.deep.equal(TAKEN);
    expect(log.of("alerts.inboxFailed")).to.be.empty;
    // And again after that.
    put(JSON.stringify(REQUEST));
    await inbox.look();
    expect(seen.length).to.equal(2);
  });

  it("leaves what cannot be read where it is, takes in the rest, and says so now and then", async () => {
    // No user may read a folder as a file, not even root.
    const unreadable = join(folder, `${randomUUID()}.json`);
    mkdirSync(unreadable, { recursive: true });
    const name = put(JSON.stringify(REQUEST));
    for (; now < 600_000; now += 100_000) await inbox.look();
    expect(seen).to.deep.equal([REQUEST]);
    expect(answerOf(name)).to.deep.equal(TAKEN);
    expect(existsSync(unreadable)).to.be.true;
    expect(log.of("alerts.inboxFailed").map(({ path }) => path)).to.deep.equal([unreadable]);
    await inbox.look();
    expect(log.of("alerts.inboxFailed").length).to.equal(2);
    // Gone and back is new.
    rmSync(unreadable, { recursive: true });
    await inbox.look();
    mkdirSync(unreadable);
    await inbox.look();
    expect(log.of("alerts.inboxFailed").length).to.equal(3);
  });

  it("says now and then that it is no folder", async () => {
    writeFileSync(folder, "");
    for (let i = 0; i < 3; ++i) await inbox.look();
    expect(log.of("alerts.inboxFailed").map(({ path }) => path)).to.deep.equal([folder]);
  });

  describe("when something is handed in", () => {
    let file: string;
    let storeFile: string;
    beforeEach(() => {
      file = join(home, "request.json");
      const storeFolder = join(home, "store");
      storeFile = join(storeFolder, "keeper.sqlite");
      writeFileSync(file, JSON.stringify(REQUEST));
      mkdirSync(storeFolder);
      if (IS_ROOT) chownSync(storeFolder, KEEPER, KEEPER);
    });
    const ownerOf = (path: string) => statSync(path).uid;
    const handedIn = () => readdirSync(folder).map((name) => join(folder, name));

    it("belongs to the keeper whose inbox it is, whoever hands it in", async () => {
      expect(await handIn(file, { folder, storeFile }, 0)).to.be.undefined;
      expect(ownerOf(folder)).to.equal(KEEPER);
      const [request = ""] = handedIn();
      expect(request).to.match(/\.json$/);
      expect(ownerOf(request)).to.equal(KEEPER);
      expect(statSync(request).mode & 0o777).to.equal(0o600);
    });

    it("makes a folder the keeper's that root has made before", async () => {
      mkdirSync(folder, { mode: 0o700 });
      await handIn(file, { folder, storeFile }, 0);
      expect([folder, ...handedIn()].map(ownerOf)).to.deep.equal([KEEPER, KEEPER]);
    });

    it("goes by the store's owner where its folder is root's", async () => {
      if (IS_ROOT) chownSync(join(home, "store"), 0, 0);
      writeFileSync(storeFile, "");
      if (IS_ROOT) chownSync(storeFile, KEEPER, KEEPER);
      await handIn(file, { folder, storeFile }, 0);
      expect([folder, ...handedIn()].map(ownerOf)).to.deep.equal([KEEPER, KEEPER]);
    });

    it("waits for the answer and takes it away", async () => {
      const stop = new AbortController();
      const running = inbox.run(stop.signal);
      const given = await handIn(file, { folder, storeFile }, 10_000);
      stop.abort();
      await running;
      expect(JSON.parse(given ?? "")).to.deep.equal(TAKEN);
      expect(readdirSync(folder)).to.be.empty;
    });

    it("says of a file that cannot be read why, and of one that holds no request what is wrong", async () => {
      const why = async (path: string) => {
        const error: unknown = await handIn(path, { folder, storeFile }, 0).catch(
          (thrown: unknown) => thrown,
        );
        expect(error).to.be.instanceOf(UserError);
        return (error as UserError).message;
      };
      expect(await why(home)).to.contain("EISDIR");
      writeFileSync(file, "{");
      expect(await why(file)).to.contain("the request");
      expect(existsSync(folder)).to.be.false;
    });
  });
});
