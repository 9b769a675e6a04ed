import { expect } from "chai";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { Refusal, Status } from "../../sdk/vaultTypes.ts";
import { passDeadline } from "./support/clock.ts";
import { borrowMove, depositMove, deployDeferrer } from "./support/deferrer.ts";
import { openPosition, setPrice } from "./support/position.ts";
import { loadWorld, MAX_UINT, type World } from "./support/world.ts";

const CROWD = 1_000;
/** As many as fit a transaction of 16 million gas. */
const BATCH = 50;

/** A thousand accounts of the least debt there is, all of one owner, near their margin. */
async function crowd(w: World): Promise<AccountId[]> {
  const owner = await deployDeferrer(w, 1_000n);
  const amount = w.collaterals[0]!.unit / 15n;
  const ids = Array.from({ length: CROWD }, (_, i) => owner.account(BigInt(i)));
  for (let i = 0; i < CROWD; i += BATCH) {
    const moves = ids
      .slice(i, i + BATCH)
      .flatMap((id) => [depositMove(w, id, 0, amount), borrowMove(w, id, w.usd(100n), owner.address)]);
    await owner.contract.act(moves, { gasLimit: 16_000_000n });
  }
  return ids;
}

describe("a thousand dust accounts under call", () => {
  it("cost the thousand-and-first account nothing, and are called, skipped and sold batch by batch (C-51, I-43)", async () => {
    const w = await loadWorld({ lent: 1_000_000n });
    const gasOf = async (sent: Promise<{ wait: () => Promise<{ gasUsed: bigint } | null> }>) =>
      (await (await sent).wait())!.gasUsed;
    const big = await openPosition(w, { amounts: [100n * w.collaterals[0]!.unit], debt: w.usd(150_000n) });
    const alone = await openPosition(w, { owner: w.stranger });
    const snapshot = await w.helpers.takeSnapshot();
    await setPrice(w.collaterals[0]!, "1800");
    const before = await gasOf(w.vault.openCall(big));
    await snapshot.restore();

    const ids = await crowd(w);
    await setPrice(w.collaterals[0]!, "1800");
    const gas: bigint[] = [];
    for (let i = 0; i < CROWD; i += 2 * BATCH)
      gas.push(await gasOf(w.vault.openCalls(ids.slice(i, i + 2 * BATCH), { gasLimit: 16_000_000n })));
    const called = await Promise.all([0, CROWD / 2, CROWD - 1].map((i) => w.vault.statusOf(ids[i]!)));
    expect(called).to.deep.equal([Status.Called, Status.Called, Status.Called].map(BigInt));
    // The last batch costs what the first after it did; the big account what it did without the crowd.
    expect(gas.at(-1)!).to.be.closeTo(gas[1]!, gas[1]! / 100n);
    expect(await gasOf(w.vault.openCall(big))).to.be.closeTo(before, before / 100n);

    await passDeadline(w, big, 100n);
    const asset = w.collaterals[0]!.address;
    const request = (account: AccountId) => ({ account, asset, maxRepay: MAX_UINT, minSeized: 0n });
    const nobody = accountIdOf(w.keeper.address);
    const batch = [nobody, big, alone, ...ids.slice(0, 20)].map(request);
    const results = await w.vault.connect(w.keeper).liquidateMany.staticCall(batch, w.keeper);
    const refusals = results.map(({ refusal }) => Number(refusal));
    expect(refusals.slice(0, 3)).to.deep.equal([
      Refusal.NotLiquidatable,
      Refusal.None,
      Refusal.NotLiquidatable,
    ]);
    expect(refusals.slice(3)).to.deep.equal(Array<number>(20).fill(Refusal.None));
    const sold = await gasOf(
      w.vault.connect(w.keeper).liquidateMany(batch, w.keeper, { gasLimit: 16_000_000n }),
    );
    expect(sold).to.be.lessThan(8_000_000n);
  });
});
