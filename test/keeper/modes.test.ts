import { expect } from "chai";
import { describe, it } from "mocha";
import { join } from "node:path";
import { GiveUpError } from "../../keeper/errors.ts";
import { keylessSigner } from "../../keeper/executors/keylessSigner.ts";
import { ShadowLedger, sumShadow, type ShadowEntry } from "../../keeper/store/shadowLedger.ts";
import { valueDown } from "../../sdk/healthMath.ts";
import { useKeeperBench } from "./support/keeperBench.ts";
import { etherFor } from "./support/etherFor.ts";
import type { KeeperProcess } from "./support/keeperProcess.ts";
import { readEventsNamed } from "./support/readEvents.ts";

const USDC = 10n ** 6n;
const DEBT = 10_000n * USDC;

describe("the keeper's modes", function () {
  this.timeout(60_000);
  const bench = useKeeperBench("modes");

  /** Does what is due at the newest block, without a key anywhere. */
  const once = async (changes: Readonly<Record<string, unknown>>): Promise<KeeperProcess> => {
    const file = bench.written({ key: undefined, ...changes });
    const keeper = bench.start(file, "once", { TOCSIN_KEEPER_KEY: "" });
    expect(await keeper.ended(), keeper.stderr()).to.equal(0);
    return keeper;
  };
  const entries = (): readonly ShadowEntry[] => {
    const ledger = new ShadowLedger(join(bench.folder, "keeper.sqlite"));
    const found = ledger.entries();
    ledger.close();
    return found;
  };
  const sentOnChain = () => bench.world.provider.getTransactionCount(bench.world.keeper.address);

  /** One account that is to be called, one that is below its floor. */
  const openTwo = async () => {
    const callable = await bench.world.open(1n, 0, etherFor(1.12), DEBT);
    const critical = await bench.world.open(2n, 0, etherFor(1.06), DEBT);
    await bench.chain.mine();
    await bench.world.setPrice(0, 1_700);
    await bench.chain.mine();
    return { callable, critical };
  };

  it("observes when the configuration says nothing: no key, nothing sent, nothing entered", async () => {
    await openTwo();
    const keeper = await once({ mode: undefined });
    expect(keeper.lines.find(({ event }) => event === "keeper.started")).to.include({ mode: "observe" });
    expect(keeper.lines.findLast(({ event }) => event === "block.seen")).to.include({
      Callable: 1,
      Critical: 1,
      sent: 0,
    });
    expect(await sentOnChain()).to.equal(0);
    expect(entries()).to.deep.equal([]);
  });

  it("enters in a dry run what each action would have earned and cost, once, and sends nothing", async () => {
    const { callable, critical } = await openTwo();
    await once({ mode: "dry-run" });
    const found = entries();
    expect(found.map(({ duty, account }) => [duty, account])).to.deep.equal([
      ["liquidateCritical", critical],
      ["openCall", callable],
    ]);
    const [take, call] = found;
    // The bounty: a thousandth of the debt, at most 5 USDC.
    expect(call?.earned).to.equal(5n * USDC);
    expect(take!.cost > call!.cost && call!.cost > 0n).to.be.true;
    // A second look at the same state adds nothing, in the same process or another.
    await bench.chain.mine();
    await once({ mode: "dry-run" });
    expect(entries()).to.deep.equal(found);
    expect(await sentOnChain()).to.equal(0);
  });

  it("says of a take what the take then earns", async () => {
    const { critical } = await openTwo();
    await once({ mode: "dry-run" });
    const take = entries().find(({ account }) => account === critical);
    const keeper = bench.start(bench.written({ storeFile: "live.sqlite" }), "once");
    for (let i = 0; i < 100 && keeper.process.exitCode === null; ++i) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await bench.chain.mine(1);
    }
    expect(await keeper.ended(), keeper.stderr()).to.equal(0);
    const [liquidated] = await readEventsNamed(bench.chain, bench.world, "Liquidated");
    expect(liquidated?.account).to.equal(critical);
    const { repaid, insured, seized, price36 } = liquidated!.notice;
    const worth = valueDown(seized, price36);
    const difference = worth - repaid - insured - take!.earned;
    // The debt has grown by seconds of interest in between.
    expect(difference < USDC && difference > -USDC, `${difference}`).to.be.true;
  });

  it("has nothing that could sign", async () => {
    const transaction = {
      to: "",
      data: "",
      nonce: 0,
      gasLimit: 0n,
      fees: { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n },
    };
    const error: unknown = await keylessSigner
      .sign(transaction, 1, undefined as never)
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(GiveUpError);
  });

  it("adds up by duty", () => {
    const entry = (duty: string, earned: bigint, cost: bigint): ShadowEntry => ({
      block: 1,
      timestamp: 1n,
      duty,
      account: undefined,
      state: "",
      earned,
      cost,
    });
    expect(sumShadow([entry("a", 3n, 1n), entry("b", 1n, 1n), entry("a", -1n, 1n)])).to.deep.equal([
      { duty: "a", count: 2, earned: 2n, cost: 2n },
      { duty: "b", count: 1, earned: 1n, cost: 1n },
    ]);
  });
});
