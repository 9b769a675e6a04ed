import { expect } from "chai";
import { accountIdOf } from "../../sdk/accountId.ts";
import { Refusal, Status } from "../../sdk/vaultTypes.ts";
import { mineAt, now } from "./support/clock.ts";
import { deployDeferrer, vaultMove } from "./support/deferrer.ts";
import { eventsOf } from "./support/events.ts";
import { withMockOracle } from "./support/listing.ts";
import { openPosition, setPrice } from "./support/position.ts";
import { loadWorld, MAX_UINT } from "./support/world.ts";

/** What a loss does is in badDebt.test.ts; here is who may book what, and when not. */
describe("bookLoss", () => {
  it("is anybody's, for many at once, each by itself", async () => {
    const w = await loadWorld();
    const hopeless = await openPosition(w);
    const sound = await openPosition(w, { owner: w.stranger, amounts: [0n, 10n ** 8n] });
    const second = await openPosition(w, { subAccount: 1n });
    await setPrice(w.collaterals[0]!, "1");
    const sent = w.vault.connect(w.keeper).bookLoss([hopeless, sound, second, hopeless]);
    const events = await eventsOf(sent, w.vault, "BadDebtRealized");
    expect(events.map(({ account }) => account)).to.deep.equal([hopeless, second]);
    expect(await w.vault.debtOf(sound)).to.equal(w.usd(1_500n));
  });

  it("pays nobody and takes nothing from who books it (I-36)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await setPrice(w.collaterals[0]!, "1");
    await expect(w.vault.connect(w.keeper).bookLoss([id])).to.changeTokenBalances(
      w.ethers,
      w.quote,
      [w.keeper, w.vault],
      [0n, 0n],
    );
    expect(await w.vault.balanceOf(w.keeper)).to.equal(0n);
  });

  it("books nothing without prices, and does at once with them (I-18)", async () => {
    const w = await loadWorld();
    const oracle = await withMockOracle(w);
    const id = await openPosition(w);
    await oracle.set(0, 1n, true);
    const [honest, reverts] = [0, 1];
    await oracle.setConduct(reverts);
    expect(await w.vault.bookLoss.staticCall([id])).to.deep.equal([BigInt(Refusal.OracleUnavailable)]);
    await w.vault.bookLoss([id]);
    expect((await w.vault.accountState(id)).debtShares).to.be.greaterThan(0n);
    await oracle.setConduct(honest);
    await w.vault.bookLoss([id]);
    expect(await w.vault.debtOf(id)).to.equal(0n);
  });

  it("is not held up by a pause of calling or liquidation (I-41)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await setPrice(w.collaterals[0]!, "1");
    for (const kind of [0, 1]) await w.clock.connect(w.guardian).pause(kind, 3_600n);
    await w.vault.bookLoss([id]);
    expect(await w.vault.debtOf(id)).to.equal(0n);
  });

  it("refuses an account that a deferral has touched, and books another's within it (rule 4)", async () => {
    const w = await loadWorld();
    const trader = await deployDeferrer(w, 100n);
    const asset = w.collaterals[0]!.address;
    const own = trader.account();
    await trader.act(
      vaultMove(w, "depositCollateral", own, asset, w.collaterals[0]!.unit),
      vaultMove(w, "borrow", own, w.usd(1_500n), trader.address),
    );
    const other = await openPosition(w);
    await setPrice(w.collaterals[0]!, "1");
    await trader.defer(
      vaultMove(w, "depositCollateral", own, asset, 1n),
      vaultMove(w, "bookLoss", [own, other]),
    );
    expect(await w.vault.debtOf(own)).to.equal(w.usd(1_500n));
    expect(await w.vault.debtOf(other)).to.equal(0n);
  });

  it("knows no loss of the insurance's own accounts, of nobody's, and of one that owes nothing", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await setPrice(w.collaterals[0]!, "1");
    await w.vault.bookLoss([id]);
    const lot = accountIdOf(w.vaultAddress);
    const answers = await w.vault.bookLoss.staticCall([id, lot, accountIdOf(w.ethers.ZeroAddress)]);
    expect(answers).to.deep.equal([1, 2, 3].map(() => BigInt(Refusal.NoLossToBook)));
  });

  it("leaves an owner who may begin again, with nothing held against them (rule 1)", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await setPrice(w.collaterals[0]!, "1");
    await w.vault.bookLoss([id]);
    await mineAt(w, (await now(w)) + 10n);
    await setPrice(w.collaterals[0]!, "2000");
    await openPosition(w);
    expect(await w.vault.statusOf(id)).to.equal(Status.Warned);
    await w.vault.connect(w.trader).repay(id, MAX_UINT);
  });
});
