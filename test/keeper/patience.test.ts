import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listenAt } from "../../keeper/listenAt.ts";
import { lockStore, openStoreLock, PATIENCE_MS } from "../../keeper/store/storeLock.ts";

const HELD_MS = 700;
/** Holds a lock as doctor does, but for longer, and says when it has it. */
const HOLDER = `
  const { DatabaseSync } = require("node:sqlite");
  const database = new DatabaseSync(process.argv[1]);
  database.exec("BEGIN EXCLUSIVE");
  console.log("held");
  setTimeout(() => database.close(), ${HELD_MS});
`;

describe("a keeper that starts while doctor looks", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-patience-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  describe("at its store", () => {
    it("waits until the lock is free", async () => {
      const file = join(folder, "keeper.sqlite");
      const holder = spawn(process.execPath, ["-e", HOLDER, `${file}-lock`], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const ended = once(holder, "exit");
      await once(holder.stdout, "data");
      expect(() => lockStore(file, 0)).to.throw("in use by another keeper");
      openStoreLock(file).release();
      await ended;
    });

    it("gives up after two seconds", () => {
      const file = join(folder, "keeper.sqlite");
      const held = lockStore(file, 0);
      const startedAt = performance.now();
      expect(() => openStoreLock(file)).to.throw("in use by another keeper");
      expect(performance.now() - startedAt).to.be.within(PATIENCE_MS * 0.9, PATIENCE_MS * 3);
      held.release();
    });
  });

  describe("at its port", () => {
    let taken: Server;
    let server: Server;
    let port: number;
    const host = "127.0.0.1";
    beforeEach(async () => {
      [taken, server] = [createServer(), createServer()];
      taken.listen({ host, port: 0 });
      await once(taken, "listening");
      ({ port } = taken.address() as AddressInfo);
    });
    afterEach(() => {
      taken.close();
      server.close();
    });

    it("waits until the port is free", async () => {
      setTimeout(() => taken.close(), HELD_MS);
      await listenAt(server, { host, port });
      expect((server.address() as AddressInfo).port).to.equal(port);
    });

    const codeOf = (where: string) =>
      listenAt(server, { host: where, port }).then(
        () => undefined,
        (error: unknown) => (error as NodeJS.ErrnoException).code,
      );

    it("gives up after two seconds, and at once where nothing can listen", async () => {
      const startedAt = performance.now();
      expect(await codeOf("203.0.113.7")).to.equal("EADDRNOTAVAIL");
      expect(performance.now() - startedAt).to.be.below(PATIENCE_MS / 2);
      expect(await codeOf(host)).to.equal("EADDRINUSE");
      expect(performance.now() - startedAt).to.be.at.least(PATIENCE_MS * 0.9);
    });
  });
});
