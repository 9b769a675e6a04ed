import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { setTimeout as sleep } from "node:timers/promises";
import { readStatus } from "../../../keeper/commands/readStatus.ts";
import { describeStatus } from "../../../keeper/commands/status.ts";
import { explainTransaction } from "../../../keeper/commands/tx.ts";
import { UserError } from "../../../keeper/errors.ts";
import { etherFor } from "../support/etherFor.ts";
import { startKeeper, type KeeperProcess } from "../support/keeperProcess.ts";
import { runCommand } from "../support/runCommand.ts";
import { startViewBench, type ViewBench } from "../support/viewBench.ts";

const DEBT = 10_000n * 10n ** 6n;

describe("status and tx beside a keeper that runs", function () {
  this.timeout(120_000);
  let bench: ViewBench;
  let keeper: KeeperProcess;

  before(async () => {
    bench = await startViewBench();
    const { world, chain } = bench;
    await world.open(1n, 0, etherFor(1.12), DEBT);
    await world.open(2n, 0, etherFor(1.06), DEBT);
    await world.setPrice(0, 1_700);
    await chain.send("evm_setAutomine", false);
    keeper = startKeeper(bench.written());
    const isMined = (duty: string) =>
      keeper.lines.some((line) => line.event === "transaction.mined" && line.duty === duty);
    for (let i = 0; i < 200 && !(isMined("openCall") && isMined("liquidateCritical")); ++i) {
      await sleep(100);
      await chain.mine(1);
    }
  });
  after(async () => {
    await keeper.stop("SIGKILL");
    await bench.close();
  });

  it("shows what was done, by the journal, and what stands open, by the chain", async () => {
    const [status, text] = await bench.look(async (view) => {
      const found = await readStatus(view);
      return [found, describeStatus(found, view)] as const;
    });
    expect(status.mode).to.equal("live");
    expect(status.calls).to.have.length(1);
    expect(status.calls[0]?.deadlineAt).to.equal(status.nextMoment);
    const mined = status.last.filter(({ outcome }) => outcome === "mined");
    expect(mined.map(({ duty }) => duty)).to.include.members(["approve", "openCall", "liquidateCritical"]);
    const take = mined.find(({ duty }) => duty === "liquidateCritical");
    expect(take!.gain! > 0n && take!.feeWei! > 0n).to.be.true;
    expect(status.endpoints[0]?.block).to.be.at.least(status.head.number);
    for (const line of text.split("\n")) expect(line.length, line).to.be.at.most(100);
    const { stdout, code } = await runCommand(["status", "--config", bench.written(), "--json"]);
    expect(code).to.equal(0);
    expect(JSON.parse(stdout)).to.have.nested.property("wallets[0].address");
  });

  it("tells of a nonce by number or hash what it was for, what was signed and what came of it", async () => {
    await bench.look(async (view) => {
      const { last } = await readStatus(view);
      const take = last.find(({ duty }) => duty === "liquidateCritical")!;
      for (const name of [take.hash, take.hash.slice(0, 12), String(take.nonce)]) {
        const [seen] = await explainTransaction(view, name);
        expect(seen).to.include({ nonce: take.nonce, duty: "liquidateCritical", feeWei: take.feeWei });
        expect(seen?.accounts).to.have.length(1);
        const mined = seen?.signatures.find(({ hash }) => hash === take.hash);
        expect(mined).to.include({ outcome: "mined" });
        expect(mined?.receipt).to.include({ status: "mined" });
      }
      const error: unknown = await explainTransaction(view, "0xffffff").catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(UserError);
    });
  });
});
