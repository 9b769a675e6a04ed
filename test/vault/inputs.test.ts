import { expect } from "chai";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { Refusal, Status } from "../../sdk/vaultTypes.ts";
import type { MarginVault } from "../../types/index.ts";
import { atNext, deadlineOf, mineAt, now, passDeadline } from "./support/clock.ts";
import { openCalledPosition, openPosition, setPrice } from "./support/position.ts";
import { stateOf } from "./support/state.ts";
import { loadWorld, MAX_UINT, type World } from "./support/world.ts";

/** What an entrance does with an amount that it should not be given: the name of an error, or nothing when it passes. */
type Verdict = string | undefined;
/** An entrance, given its amount; simulated. */
type Entrance = (s: Scene, amount: bigint) => Promise<unknown>;

interface Scene {
  w: World;
  /** The trader's: one ETH against 1,000, sound. */
  sound: AccountId;
  /** The trader's: called, its deadline passed, for sale. */
  expired: AccountId;
  /** The trader's: called. */
  called: AccountId;
}

async function scene(): Promise<Scene> {
  const w = await loadWorld();
  const one = [w.collaterals[0]!.unit];
  const sound = await openPosition(w, { amounts: one, debt: w.usd(1_000n) });
  const expired = await openPosition(w, { subAccount: 1n, amounts: one });
  const called = await openPosition(w, { subAccount: 2n, amounts: one });
  await setPrice(w.collaterals[0]!, "1800");
  await w.vault.openCall(expired);
  await passDeadline(w, expired, 100n);
  await w.vault.openCall(called);
  return { w, sound, expired, called };
}

const as = (w: World, actor: World["trader"]): MarginVault => w.vault.connect(actor);
const eth = (w: World) => w.collaterals[0]!.address;

const entrances: Record<string, Entrance> = {
  depositCollateral: ({ w, sound }, x) => as(w, w.trader).depositCollateral.staticCall(sound, eth(w), x),
  withdrawCollateral: ({ w, sound }, x) =>
    as(w, w.trader).withdrawCollateral.staticCall(sound, eth(w), x, w.trader),
  borrow: ({ w, sound }, x) => as(w, w.trader).borrow.staticCall(sound, x, w.trader),
  repay: ({ w, sound }, x) => as(w, w.trader).repay.staticCall(sound, x),
  cure: ({ w, called }, x) => as(w, w.trader).cure.staticCall(called, x),
  liquidate: ({ w, expired }, x) =>
    as(w, w.keeper).liquidate.staticCall(expired, eth(w), x, 0n, w.keeper, "0x"),
  "liquidate, wanting at least": ({ w, expired }, x) =>
    as(w, w.keeper).liquidate.staticCall(expired, eth(w), MAX_UINT, x, w.keeper, "0x"),
  deposit: ({ w }, x) => as(w, w.lender).deposit.staticCall(x, w.lender),
  mint: ({ w }, x) => as(w, w.lender).mint.staticCall(x, w.lender),
  withdraw: ({ w }, x) => as(w, w.lender).withdraw.staticCall(x, w.lender, w.lender),
  redeem: ({ w }, x) => as(w, w.lender).redeem.staticCall(x, w.lender, w.lender),
  transfer: ({ w }, x) => as(w, w.lender).transfer.staticCall(w.stranger, x),
  previewLiquidation: ({ w, expired }, x) => w.vault.previewLiquidation(expired, eth(w), x),
};

const PASSES = undefined;
const OVERFLOW = "SafeCastOverflowedUintDowncast";
/** By entrance: what becomes of nothing, of one base unit, and of everything too large. */
const verdicts: Record<string, { zero: Verdict; one: Verdict; huge: Verdict }> = {
  depositCollateral: { zero: "ZeroAmount", one: PASSES, huge: OVERFLOW },
  withdrawCollateral: { zero: "ZeroAmount", one: PASSES, huge: "InsufficientCollateral" },
  borrow: { zero: "ZeroAmount", one: PASSES, huge: "InsufficientCash" },
  repay: { zero: "ZeroAmount", one: PASSES, huge: PASSES },
  cure: { zero: "CureTooExpensive", one: "CureTooExpensive", huge: PASSES },
  liquidate: { zero: "TakeTooSmall", one: "TakeTooSmall", huge: PASSES },
  "liquidate, wanting at least": { zero: PASSES, one: PASSES, huge: "SeizedTooLittle" },
  deposit: { zero: PASSES, one: PASSES, huge: "ERC4626ExceededMaxDeposit" },
  mint: { zero: PASSES, one: PASSES, huge: "ERC4626ExceededMaxMint" },
  withdraw: { zero: PASSES, one: PASSES, huge: "ERC4626ExceededMaxWithdraw" },
  redeem: { zero: PASSES, one: PASSES, huge: "ERC4626ExceededMaxRedeem" },
  transfer: { zero: PASSES, one: PASSES, huge: "ERC20InsufficientBalance" },
  previewLiquidation: { zero: "TakeTooSmall", one: "TakeTooSmall", huge: PASSES },
};
const HUGE: Record<string, bigint> = {
  "2^128": 2n ** 128n,
  "2^255": 2n ** 255n,
  "2^256 - 2": MAX_UINT - 1n,
  "2^256 - 1": MAX_UINT,
};

async function expectVerdict(s: Scene, name: string, amount: bigint, verdict: Verdict): Promise<void> {
  const made = entrances[name]!(s, amount);
  // The largest of all means everything, where everything can be meant.
  const meansAll = name === "withdrawCollateral" && amount === MAX_UINT;
  if (verdict === PASSES) await made;
  else {
    await expect(made, `${name} of ${amount}`).to.be.revertedWithCustomError(
      s.w.vault,
      meansAll ? "InsufficientMargin" : verdict,
    );
  }
}

describe("an amount, at every entrance that takes one", () => {
  it("of nothing is refused, or does nothing where ERC-4626 and ERC-20 want that (C-01)", async () => {
    const s = await scene();
    for (const [name, { zero }] of Object.entries(verdicts)) await expectVerdict(s, name, 0n, zero);
  });

  it("of one base unit passes or is named too small (C-02)", async () => {
    const s = await scene();
    for (const [name, { one }] of Object.entries(verdicts)) await expectVerdict(s, name, 1n, one);
  });

  for (const [what, amount] of Object.entries(HUGE)) {
    it(`of ${what} is refused with an error that says so, or means all (C-03)`, async () => {
      const s = await scene();
      for (const [name, { huge }] of Object.entries(verdicts)) await expectVerdict(s, name, amount, huge);
    });
  }

  it("has a verdict for every entrance of the ABI that takes one (C-01, C-03)", async () => {
    const { w } = await scene();
    const asked = new Set(Object.keys(entrances).map((name) => name.split(",")[0]));
    const settersOfTheConfigurator = /^(list|set)/;
    // These take no amount of their own, or pass it on to those above.
    const others = ["approve", "transferFrom", "liquidateMany"];
    w.vault.interface.forEachFunction(({ name, stateMutability, inputs }) => {
      if (stateMutability !== "nonpayable" || settersOfTheConfigurator.test(name)) return;
      if (!inputs.some((input) => input.type === "uint256") || others.includes(name)) return;
      expect(asked.has(name), `${name} is asked about`).to.equal(true);
    });
  });

  it("list of none is done at once and changes nothing (C-01)", async () => {
    const { w, called } = await scene();
    const before = [await stateOf(w, called), await w.vault.totalSupply()];
    const vault = w.vault.connect(w.stranger);
    await vault.openCalls([]);
    await vault.closeCalls([]);
    await vault.bookLoss([]);
    await vault.liquidateMany([], w.stranger);
    expect([await stateOf(w, called), await w.vault.totalSupply()]).to.deep.equal(before);
  });

  it("beyond an allowance is refused by the token, whatever the balance (C-04)", async () => {
    const s = await scene();
    const { w } = s;
    const [quote, token] = [w.quote, w.collaterals[0]!.token];
    await quote.connect(w.trader).approve(w.vault, 4n);
    await quote.connect(w.keeper).approve(w.vault, 4n);
    await quote.connect(w.lender).approve(w.vault, 4n);
    await token.connect(w.trader).approve(w.vault, 4n);
    for (const name of ["depositCollateral", "repay", "deposit"]) {
      await entrances[name]!(s, 4n);
      const contract = name === "depositCollateral" ? token : quote;
      await expect(entrances[name]!(s, 5n), name)
        .to.be.revertedWithCustomError(contract, "ERC20InsufficientAllowance")
        .withArgs(w.vault, 4n, 5n);
    }
    for (const name of ["cure", "liquidate"]) {
      await expect(entrances[name]!(s, MAX_UINT), name).to.be.revertedWithCustomError(
        quote,
        "ERC20InsufficientAllowance",
      );
    }
  });
});

describe("an account that is nobody's, the vault's, or the caller's own", () => {
  /** What a stranger gets who names it, by entrance. */
  const wrong: Record<string, [(w: World, id: AccountId) => Promise<unknown>, (owned: boolean) => Verdict]> =
    {
      deposit: [
        (w, id) => w.vault.connect(w.stranger).depositCollateral.staticCall(id, eth(w), 1n),
        (owned) => (owned ? PASSES : "NotAuthorized"),
      ],
      withdraw: [
        (w, id) => w.vault.connect(w.stranger).withdrawCollateral.staticCall(id, eth(w), 1n, w.stranger),
        (owned) => (owned ? "InsufficientCollateral" : "NotAuthorized"),
      ],
      borrow: [
        (w, id) => w.vault.connect(w.stranger).borrow.staticCall(id, w.usd(100n), w.stranger),
        (owned) => (owned ? "InsufficientMargin" : "NotAuthorized"),
      ],
      repay: [(w, id) => w.vault.connect(w.stranger).repay.staticCall(id, 1n), () => "NoDebt"],
      cure: [(w, id) => w.vault.connect(w.stranger).cure.staticCall(id, MAX_UINT), () => "NoCallOpen"],
      openCall: [(w, id) => w.vault.openCall.staticCall(id), () => "NotCallable"],
      closeCall: [(w, id) => w.vault.closeCall.staticCall(id), () => "NotClosable"],
      liquidate: [
        (w, id) => w.vault.liquidate.staticCall(id, eth(w), MAX_UINT, 0n, w.keeper, "0x"),
        () => "NotLiquidatable",
      ],
    };

  for (const [whose, ownerOf] of [
    ["nobody's", (w: World) => w.ethers.ZeroAddress],
    ["the vault's", (w: World) => w.vaultAddress],
    ["the oracle's", async (w: World) => w.oracle.getAddress()],
    ["the caller's", (w: World) => w.stranger.address],
  ] as const) {
    it(`(${whose}) is refused by name, and no batch stumbles over it (C-49)`, async () => {
      const w = await loadWorld();
      const owner = await ownerOf(w);
      for (const subAccount of [0n, 1n, 2n ** 96n - 1n]) {
        const id = accountIdOf(owner, subAccount);
        for (const [name, [enter, verdict]] of Object.entries(wrong)) {
          const expected = verdict(owner === w.stranger.address);
          const made = enter(w, id);
          if (expected === PASSES) await made;
          else await expect(made, name).to.be.revertedWithCustomError(w.vault, expected);
        }
        expect(await w.vault.statusOf(id)).to.equal(Status.Healthy);
        expect(await w.vault.bookLoss.staticCall([id])).to.deep.equal([BigInt(Refusal.NoLossToBook)]);
        expect(await w.vault.openCalls.staticCall([id])).to.deep.equal([BigInt(Refusal.NotCallable)]);
      }
    });
  }
});

describe("time at the edge", () => {
  it("a proposer's fifteen seconds change no deadline, and no status but at one (C-07)", async () => {
    const w = await loadWorld();
    const early = await openPosition(w);
    const late = await openPosition(w, { subAccount: 1n });
    await setPrice(w.collaterals[0]!, "1800");
    const at = (await now(w)) + 100n;
    await atNext(w, at);
    await w.vault.openCall(early);
    await atNext(w, at + 15n);
    await w.vault.openCall(late);
    const [first, second] = [await stateOf(w, early), await stateOf(w, late)];
    expect(second.deadline - second.calledAt).to.equal(first.deadline - first.calledAt);
    for (const skew of [0n, 14n]) {
      await mineAt(w, second.deadline - 15n + skew);
      expect(await w.vault.statusOf(late)).to.equal(Status.Called);
    }
    await mineAt(w, second.deadline);
    expect(await w.vault.statusOf(late)).to.equal(Status.Expired);
  });

  it("the same call again in the same second finds it done (C-07)", async () => {
    const w = await loadWorld();
    const id = await openCalledPosition(w, w.usd(1_450n));
    const deadline = await deadlineOf(w, id);
    const refusals = await w.vault.openCalls.staticCall([id, id]);
    expect(refusals).to.deep.equal([Refusal.NotCallable, Refusal.NotCallable].map(BigInt));
    await w.ethers.provider.send("evm_setAutomine", [false]);
    const gas = { gasLimit: 1_000_000n };
    const cure = () => w.vault.connect(w.trader).cure(id, MAX_UINT, gas);
    const sent = [await cure(), await cure()];
    await w.ethers.provider.send("evm_setAutomine", [true]);
    await w.helpers.mine();
    const receipts = await Promise.all(sent.map(({ hash }) => w.ethers.provider.getTransactionReceipt(hash)));
    expect(receipts.map((receipt) => receipt?.status)).to.deep.equal([1, 0]);
    expect(await deadlineOf(w, id)).to.equal(0n);
    expect(deadline).to.be.greaterThan(0n);
  });

  it("a signature good until the end of time is good, and one until yesterday is not (C-06)", async () => {
    const w = await loadWorld();
    const domain = {
      name: "Tocsin Authority",
      version: "1",
      chainId: (await w.ethers.provider.getNetwork()).chainId,
      verifyingContract: await w.authority.getAddress(),
    };
    const types = {
      SetOperator: [
        "address owner",
        "address operator",
        "uint8 permission",
        "uint256 nonce",
        "uint256 deadline",
      ]
        .map((each) => each.split(" "))
        .map(([type, name]) => ({ type: type!, name: name! })),
    };
    const sign = (deadline: bigint, nonce: bigint) =>
      w.trader.signTypedData(domain, types, {
        owner: w.trader.address,
        operator: w.stranger.address,
        permission: 2,
        nonce,
        deadline,
      });
    const bring = async (deadline: bigint, nonce: bigint) =>
      w.authority.setOperatorWithSig(w.trader, w.stranger, 2, deadline, await sign(deadline, nonce));
    await bring(MAX_UINT, 0n);
    for (const past of [0n, (await now(w)) - 86_400n]) {
      await expect(bring(past, 1n))
        .to.be.revertedWithCustomError(w.authority, "SignatureExpired")
        .withArgs(past);
    }
  });
});
