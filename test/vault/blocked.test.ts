import { expect } from "chai";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import type { HostileParty, MockERC20, NotifyingToken, PickyToken } from "../../types/index.ts";
import { mineAt, now, passDeadline } from "./support/clock.ts";
import { borrowMove, depositMove, moveOf, vaultMove } from "./support/deferrer.ts";
import { withCollateral } from "./support/listing.ts";
import { openPosition, setPrice } from "./support/position.ts";
import { withQuote } from "./support/quote.ts";
import { deploy, loadWorld, MAX_UINT, STRONG, type World } from "./support/world.ts";

type Action = () => Promise<unknown>;

/** Accounts of every kind in the middle of an auction, in a vault whose quote and third collateral can refuse. */
interface Scene {
  w: World;
  quote: PickyToken;
  picky: PickyToken;
  /** What everybody may do now, by name. */
  actions: Record<string, Action>;
}

const PICKY = 2;

async function build(): Promise<Scene> {
  const base = await loadWorld({ ratesPercent: [5n, 20n, 50n], lent: 0n });
  const quote = await deploy<PickyToken>(base.ethers, "PickyToken", [6]);
  const picky = await deploy<PickyToken>(base.ethers, "PickyToken", [18]);
  const lending = await withQuote(base, quote);
  const token = picky as unknown as MockERC20;
  const w = await withCollateral(lending, { token, terms: STRONG, price: "2000" });
  await w.configurator.setFee(w.vault, 1_000n, w.feeRecipient);
  await w.vault.connect(w.stranger).deposit(w.usd(50_000n), w.stranger);
  await w.vault.connect(w.lender).transfer(w.feeRecipient, 10n ** 12n);
  const accounts = await openAccounts(w);
  await w.vault.accrue();
  return { w, quote, picky, actions: actionsOf(w, accounts) };
}

/** What the accounts of a scene are for. */
interface Accounts {
  /** The trader's, with the picky collateral: its auction runs. */
  sold: AccountId;
  /** The trader's, with the picky collateral: its call may be closed. */
  recovered: AccountId;
  /** The trader's, with the picky collateral and no debt. */
  free: AccountId;
  /** The trader's, with another collateral. */
  other: AccountId;
  /** The stranger's, with another collateral: its auction runs. */
  bystander: AccountId;
  /** The stranger's, with another collateral: it may be called. */
  callable: AccountId;
  /** The stranger's, with another collateral: it may borrow. */
  sound: AccountId;
}

async function openAccounts(w: World): Promise<Accounts> {
  const { unit } = w.collaterals[PICKY]!;
  const eth = w.collaterals[0]!.unit;
  const inPicky = (subAccount: bigint, amount: bigint, debt: bigint) =>
    openPosition(w, { subAccount, amounts: [0n, 0n, amount * unit], debt: w.usd(debt) });
  const inEth = (subAccount: bigint, owner: World["trader"], amount: bigint, debt: bigint) =>
    openPosition(w, { owner, subAccount, amounts: [amount * eth], debt: w.usd(debt) });
  const sold = await inPicky(1n, 10n, 15_000n);
  const recovered = await inPicky(2n, 10n, 14_600n);
  const free = await inPicky(3n, 10n, 0n);
  const other = await inEth(4n, w.trader, 100n, 1_000n);
  const bystander = await inEth(5n, w.stranger, 10n, 15_000n);
  const callable = await inEth(6n, w.stranger, 10n, 14_600n);
  const sound = await inEth(7n, w.stranger, 100n, 1_000n);
  // Both auctions begin in the same second.
  await setPrice(w.collaterals[0]!, "1800");
  await setPrice(w.collaterals[PICKY]!, "1800");
  await w.vault.openCalls([sold, recovered, bystander]);
  await passDeadline(w, bystander, 100n);
  await setPrice(w.collaterals[PICKY]!, "1850");
  await setPrice(w.collaterals[0]!, "1815");
  return { sold, recovered, free, other, bystander, callable, sound };
}

function actionsOf(w: World, a: Accounts): Record<string, Action> {
  const { vault, trader, keeper, stranger, lender, feeRecipient, owner } = w;
  const [eth, picky] = [w.collaterals[0]!.address, w.collaterals[PICKY]!.address];
  const one = 10n ** 18n;
  const shares = 10n ** 12n;
  const [asTrader, asKeeper, asStranger] = [trader, keeper, stranger].map((actor) => vault.connect(actor));
  const take = (of: AccountId, asset: string) => ({ account: of, asset, maxRepay: MAX_UINT, minSeized: 0n });
  const sale = (by: typeof keeper, of: AccountId, asset: string, to = by) =>
    vault.connect(by).liquidate.staticCall(of, asset, MAX_UINT, 0n, to, "0x");
  return {
    "trader tops up the picky": () => asTrader!.depositCollateral.staticCall(a.sold, picky, one),
    "stranger tops up the picky": () => asStranger!.depositCollateral.staticCall(a.sold, picky, one),
    "trader withdraws the picky": () => asTrader!.withdrawCollateral.staticCall(a.free, picky, one, trader),
    "trader withdraws the picky to another": () =>
      asTrader!.withdrawCollateral.staticCall(a.free, picky, one, owner),
    "trader tops up ether": () => asTrader!.depositCollateral.staticCall(a.other, eth, one),
    "trader withdraws ether": () => asTrader!.withdrawCollateral.staticCall(a.other, eth, one, trader),
    "trader repays": () => asTrader!.repay.staticCall(a.sold, MAX_UINT),
    "stranger repays for the trader": () => asStranger!.repay.staticCall(a.sold, MAX_UINT),
    "trader cures": () => asTrader!.cure.staticCall(a.sold, MAX_UINT),
    "stranger cures for the trader": () => asStranger!.cure.staticCall(a.sold, MAX_UINT),
    "trader borrows": () => asTrader!.borrow.staticCall(a.other, w.usd(100n), trader),
    "trader borrows to another": () => asTrader!.borrow.staticCall(a.other, w.usd(100n), owner),
    "stranger borrows": () => asStranger!.borrow.staticCall(a.sound, w.usd(100n), stranger),
    "keeper takes the picky": () => sale(keeper, a.sold, picky),
    "keeper takes the picky to another": () => sale(keeper, a.sold, picky, owner),
    "stranger takes the picky": () => sale(stranger, a.sold, picky),
    "keeper takes ether": () => sale(keeper, a.bystander, eth),
    "stranger takes ether": () => sale(stranger, a.bystander, eth),
    "keeper takes both in a batch": () =>
      asKeeper!.liquidateMany.staticCall([take(a.sold, picky), take(a.bystander, eth)], keeper),
    "keeper takes ether in a batch": () =>
      asKeeper!.liquidateMany.staticCall([take(a.bystander, eth)], keeper),
    "keeper opens a call": () => asKeeper!.openCall.staticCall(a.callable),
    "keeper closes the trader's call": () => asKeeper!.closeCall.staticCall(a.recovered),
    "keeper asks for a loss": () => asKeeper!.bookLoss.staticCall([a.sold]),
    "keeper books the fee": () => asKeeper!.bookFee.staticCall(),
    "lender lends": () => vault.connect(lender).deposit.staticCall(w.usd(1n), lender),
    "lender leaves": () => vault.connect(lender).redeem.staticCall(shares, lender, lender),
    "lender leaves to another": () => vault.connect(lender).redeem.staticCall(shares, owner, lender),
    "another lender leaves": () => asStranger!.redeem.staticCall(shares, stranger, stranger),
    "fee's recipient leaves": () =>
      vault.connect(feeRecipient).redeem.staticCall(shares, feeRecipient, feeRecipient),
    "fee's recipient leaves to another": () =>
      vault.connect(feeRecipient).redeem.staticCall(shares, owner, feeRecipient),
    "lender gives shares away": () => vault.connect(lender).transfer.staticCall(owner, shares),
  };
}

const ALL_OF_THE_PICKY = [
  "trader tops up the picky",
  "stranger tops up the picky",
  "trader withdraws the picky",
  "trader withdraws the picky to another",
  "keeper takes the picky",
  "keeper takes the picky to another",
  "stranger takes the picky",
  "keeper takes both in a batch",
];
const ALL_OF_THE_QUOTE = [
  "trader repays",
  "stranger repays for the trader",
  "trader cures",
  "stranger cures for the trader",
  "trader borrows",
  "trader borrows to another",
  "stranger borrows",
  "keeper takes the picky",
  "keeper takes the picky to another",
  "stranger takes the picky",
  "keeper takes ether",
  "stranger takes ether",
  "keeper takes both in a batch",
  "keeper takes ether in a batch",
  "lender lends",
  "lender leaves",
  "lender leaves to another",
  "another lender leaves",
  "fee's recipient leaves",
  "fee's recipient leaves to another",
];

interface Refusal {
  what: string;
  refuse: (s: Scene) => Promise<unknown>;
  /** What fails then; everything else goes on. */
  fails: readonly string[];
}

const blocking: Refusal[] = [
  {
    what: "the collateral blocks the borrower",
    refuse: ({ w, picky }) => picky.setBlocked(w.trader, true),
    fails: ["trader tops up the picky", "trader withdraws the picky"],
  },
  {
    what: "the collateral blocks the vault",
    refuse: ({ w, picky }) => picky.setBlocked(w.vault, true),
    fails: ALL_OF_THE_PICKY,
  },
  {
    what: "the collateral blocks the liquidator",
    refuse: ({ w, picky }) => picky.setBlocked(w.keeper, true),
    fails: ["keeper takes the picky", "keeper takes both in a batch"],
  },
  {
    what: "the quote token blocks the borrower",
    refuse: ({ w, quote }) => quote.setBlocked(w.trader, true),
    fails: ["trader repays", "trader cures", "trader borrows"],
  },
  {
    what: "the quote token blocks the vault",
    refuse: ({ w, quote }) => quote.setBlocked(w.vault, true),
    fails: ALL_OF_THE_QUOTE,
  },
  {
    what: "the quote token blocks the liquidator",
    refuse: ({ w, quote }) => quote.setBlocked(w.keeper, true),
    fails: ALL_OF_THE_QUOTE.filter((name) => name.startsWith("keeper")),
  },
  {
    what: "the quote token blocks the fund that receives the fee",
    refuse: ({ w, quote }) => quote.setBlocked(w.feeRecipient, true),
    fails: ["fee's recipient leaves"],
  },
  {
    what: "the quote token blocks a lender",
    refuse: ({ w, quote }) => quote.setBlocked(w.lender, true),
    fails: ["lender lends", "lender leaves"],
  },
];
const pausing: Refusal[] = [
  {
    what: "the collateral is paused",
    refuse: ({ picky }) => picky.setPaused(true),
    fails: ALL_OF_THE_PICKY,
  },
  {
    what: "the quote token is paused",
    refuse: ({ quote }) => quote.setPaused(true),
    fails: ALL_OF_THE_QUOTE,
  },
];

async function failing(actions: Record<string, Action>): Promise<string[]> {
  const failed: string[] = [];
  for (const [name, action] of Object.entries(actions)) {
    await action().catch(() => failed.push(name));
  }
  return failed;
}

describe("a token that refuses a party in the middle of an auction (I-45)", () => {
  let scene: Scene;
  let snapshot: Awaited<ReturnType<World["helpers"]["takeSnapshot"]>>;
  before(async () => {
    scene = await build();
    snapshot = await scene.w.helpers.takeSnapshot();
  });
  afterEach(() => snapshot.restore());

  it("refuses nothing yet: all of it works", async () => {
    expect(await failing(scene.actions)).to.deep.equal([]);
  });

  for (const [number, refusals] of [
    ["C-36", blocking],
    ["C-37", pausing],
  ] as const) {
    for (const { what, refuse, fails } of refusals) {
      it(`${what}: these fail and nothing else does (${number})`, async () => {
        await refuse(scene);
        expect(await failing(scene.actions)).to.deep.equal(fails);
      });
    }
  }
});

describe("a paused token", () => {
  it("does not stop the clock: what expired meanwhile is sold when it moves again (C-37)", async () => {
    const w = await withPickyCollateral();
    const token = w.collaterals[PICKY]!.token as unknown as PickyToken;
    const id = await openPosition(w, { amounts: [0n, 0n, 10n ** 18n] });
    await setPrice(w.collaterals[PICKY]!, "1800");
    await w.vault.openCall(id);
    await token.setPaused(true);
    await passDeadline(w, id, 10n);
    expect(await w.vault.statusOf(id)).to.equal(Status.Expired);
    const vault = w.vault.connect(w.keeper);
    const { address } = w.collaterals[PICKY]!;
    await expect(vault.liquidate(id, address, MAX_UINT, 0n, w.keeper, "0x")).to.be.revertedWithCustomError(
      token,
      "Paused",
    );
    // The trader can still pay.
    await w.vault.connect(w.trader).cure.staticCall(id, MAX_UINT);
    await token.setPaused(false);
    await vault.liquidate(id, address, MAX_UINT, 0n, w.keeper, "0x");
  });

  it("holds up no loss: what it is worth nothing of is written off while it is paused (C-37, rule 9)", async () => {
    const w = await withPickyCollateral();
    const token = w.collaterals[PICKY]!.token as unknown as PickyToken;
    const id = await openPosition(w, { amounts: [0n, 0n, 10n ** 18n] });
    await token.setPaused(true);
    await setPrice(w.collaterals[PICKY]!, "0.001");
    await w.vault.connect(w.stranger).bookLoss([id]);
    expect(await w.vault.debtOf(id)).to.equal(0n);
  });
});

async function withPickyCollateral(): Promise<World> {
  const base = await loadWorld();
  const picky = await deploy<PickyToken>(base.ethers, "PickyToken", [18]);
  return withCollateral(base, { token: picky, terms: STRONG, price: "2000" });
}

/** Numbers of `HostileParty.Conduct`. */
const Conduct = { Reverts: 1, RevertsLoudly: 2, BurnsAllGas: 3, AnswersAtLength: 4 } as const;
const NOISE = 50_000n;

/** A hostile contract that owes 1,500 of a token that tells its parties of every transfer. */
async function hostileBorrower() {
  const base = await loadWorld({ lent: 0n });
  const quote = await deploy<NotifyingToken>(base.ethers, "NotifyingToken", [6]);
  const collateral = await deploy<NotifyingToken>(base.ethers, "NotifyingToken", [18]);
  const lending = await withQuote(base, quote);
  const token = collateral as unknown as MockERC20;
  const w = await withCollateral(lending, { token, terms: STRONG, price: "2000" });
  const party = await deploy<HostileParty>(w.ethers, "HostileParty");
  const address = await party.getAddress();
  const id = accountIdOf(address);
  const { address: asset, unit } = w.collaterals[PICKY]!;
  await collateral.mint(party, unit);
  await party.act([
    moveOf(collateral, asset, "approve", w.vaultAddress, MAX_UINT),
    depositMove(w, id, PICKY, unit),
    borrowMove(w, id, w.usd(1_500n), address),
  ]);
  for (const each of [quote, collateral]) await each.ask(party);
  return { w, party, id, asset, quote };
}

describe("a borrower that refuses what it is told (I-45)", () => {
  for (const [name, conduct] of Object.entries(Conduct)) {
    const refuses = conduct !== Conduct.AnswersAtLength;
    it(`${name}: is called, cured, topped up, sold and written off like any other (C-52)`, async () => {
      const { w, party, id, asset, quote } = await hostileBorrower();
      await party.setConduct(conduct, NOISE);
      const own = party.act([borrowMove(w, id, w.usd(1n), await party.getAddress())], {
        gasLimit: 1_000_000n,
      });
      if (refuses) await expect(own).to.be.revert(w.ethers);
      else await own;

      await setPrice(w.collaterals[PICKY]!, "1800");
      await w.vault.connect(w.keeper).openCall(id);
      await w.vault.connect(w.stranger).depositCollateral(id, asset, 10n ** 15n);
      await w.vault.connect(w.stranger).repay(id, w.usd(1n));
      await w.vault.connect(w.stranger).cure.staticCall(id, MAX_UINT);
      await passDeadline(w, id);
      const sold = w.vault.connect(w.keeper).liquidate(id, asset, MAX_UINT, 0n, w.keeper, "0x");
      await expect(sold).not.to.emit(quote, "Told");
      await w.vault.connect(w.keeper).closeCalls([id]);
      await setPrice(w.collaterals[PICKY]!, "0.001");
      await w.vault.connect(w.keeper).bookLoss([id]);
      expect(await w.vault.debtOf(id)).to.equal(0n);
    });
  }

  it("is no more in the way as lender, as recipient of the fee, or as one who called (C-52)", async () => {
    const { w, party, id } = await hostileBorrower();
    const address = await party.getAddress();
    await w.vault.connect(w.lender).transfer(party, 10n ** 12n);
    await w.configurator.setFee(w.vault, 1_000n, party);
    await party.setConduct(Conduct.BurnsAllGas, 0n);
    await mineAt(w, (await now(w)) + 1_000n);
    await w.vault.bookFee();
    await w.vault.connect(w.stranger).deposit(w.usd(10n), party);
    await w.vault.connect(w.lender).redeem(10n ** 12n, w.lender, w.lender);
    await setPrice(w.collaterals[PICKY]!, "1800");
    await party.act([vaultMove(w, "openCall", id)]);
    expect(await w.vault.statusOf(id)).to.equal(Status.Called);
    await expect(
      party.act([vaultMove(w, "redeem", 10n ** 9n, address, address)], { gasLimit: 1_000_000n }),
    ).to.be.revert(w.ethers);
  });
});
