import { expect } from "chai";
import { Signature, toBeHex, toBigInt, TypedDataEncoder } from "ethers";
import type { ContractWallet, DaiLikeToken, PermitToken } from "../../types/index.ts";
import { now } from "../vault/support/clock.ts";
import { ceilDiv } from "../vault/support/position.ts";
import { deploy, MAX_UINT } from "../vault/support/world.ts";
import { callTrader, ENTRIES } from "./support/entries.ts";
import { leftovers, loadRouterWorld, type RouterWorld, type TokenName } from "./support/routerWorld.ts";
import { NO_PERMIT, permitDataOf, signPermit, type Permit, type PermitPlan } from "./support/signPermit.ts";

/** The order of the group of secp256k1: `order - s` is the other root that recovers the same signer. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const NOTHING = [0n, 0n];
const [CURE] = ENTRIES;

/** What cures the called position, at most 80 quote tokens. */
const cureOf = (w: RouterWorld) => ceilDiv(w.usd(80n) * 100n, 102n);

async function calledWorld(quote?: TokenName): Promise<RouterWorld> {
  const w = await loadRouterWorld(quote === undefined ? {} : { quote });
  await callTrader(w);
  return w;
}

/** Brings a permit straight to its token, as anybody may. */
function bring(w: RouterWorld, token: unknown, owner: string, { value, deadline, v, r, s }: Permit) {
  return (token as PermitToken).connect(w.keeper).permit(owner, w.router, value, deadline, v, r, s);
}

describe("a permit that a stranger has brought first (C-44)", () => {
  for (const entry of ENTRIES) {
    it(`does not stop ${entry.name}: the allowance it left is enough`, async () => {
      const w = await calledWorld();
      const token = entry.token(w);
      const permit = await signPermit(token, w.stranger, w.routerAddress, { value: entry.amount(w) });
      await bring(w, token, w.stranger.address, permit);
      const before = await token.balanceOf(w.stranger);
      await entry.run(w, w.stranger, permit);
      const paid = before - (await token.balanceOf(w.stranger));
      expect(paid).to.equal(entry.name === "cure" ? cureOf(w) : entry.amount(w));
      expect(await leftovers(w, token)).to.deep.equal(NOTHING);
    });

    it(`serves ${entry.name} once: used up, it is not enough for a second time`, async () => {
      const w = await calledWorld();
      const token = entry.token(w);
      const value = entry.amount(w);
      const permit = await signPermit(token, w.stranger, w.routerAddress, { value });
      await entry.run(w, w.stranger, permit);
      // A cured account has nothing to cure.
      const error = entry.name === "cure" ? "NoCallOpen" : "AllowanceTooSmall";
      const again = expect(entry.run(w, w.stranger, permit));
      await again.to.be.revertedWithCustomError(entry.name === "cure" ? w.vault : w.router, error);
    });
  }
});

describe("a permit that the token refuses (C-45)", () => {
  const other = ({ v, r, s }: Permit): Partial<Permit> => ({
    v: v === 27 ? 28 : 27,
    r,
    s: toBeHex(ORDER - toBigInt(s), 32),
  });
  const wrongs: Record<string, (w: RouterWorld) => Promise<Permit>> = {
    expired: async (w) => sign(w, { deadline: (await now(w)) - 1n }),
    "of another chain": (w) => sign(w, { domain: { chainId: 1n } }),
    "of another token": (w) => sign(w, { domain: { verifyingContract: w.vaultAddress } }),
    "of another signer": (w) => sign(w, { by: w.keeper }),
    "of the next nonce": (w) => sign(w, { nonce: 1n }),
    "with the other root of s": async (w) => {
      const permit = await sign(w);
      return { ...permit, ...other(permit) };
    },
    "with v = 0": async (w) => ({ ...(await sign(w)), v: 0 }),
    "for less than was signed": async (w) => ({ ...(await sign(w)), value: w.usd(100n) - 1n }),
    "for another spender": (w) => signPermit(w.quote, w.stranger, w.vaultAddress, { value: w.usd(100n) }),
    "of nothing at all": () => Promise.resolve(NO_PERMIT),
  };
  function sign(w: RouterWorld, plan: Partial<PermitPlan> = {}): Promise<Permit> {
    return signPermit(w.quote, w.stranger, w.routerAddress, { value: w.usd(100n), ...plan });
  }

  for (const [what, make] of Object.entries(wrongs)) {
    it(`moves nothing without an allowance, and is not needed with one: ${what}`, async () => {
      const w = await calledWorld();
      const permit = await make(w);
      const needed = cureOf(w);
      const before = await w.quote.balanceOf(w.stranger);
      await w.quote.connect(w.stranger).approve(w.router, needed - 1n);
      await expect(CURE!.run(w, w.stranger, permit))
        .to.be.revertedWithCustomError(w.router, "AllowanceTooSmall")
        .withArgs(w.quoteAddress, w.stranger.address, needed - 1n, needed);
      expect(await w.quote.balanceOf(w.stranger)).to.equal(before);

      await w.quote.connect(w.stranger).approve(w.router, needed);
      await CURE!.run(w, w.stranger, permit);
      expect(before - (await w.quote.balanceOf(w.stranger))).to.equal(needed);
      expect(await w.quote.allowance(w.stranger, w.router)).to.equal(0n);
      expect(await (w.quote as unknown as PermitToken).nonces(w.stranger)).to.equal(0n);
    });
  }

  it("is no use when it is good but for too little, though more was allowed before", async () => {
    const w = await calledWorld();
    await w.quote.connect(w.stranger).approve(w.router, MAX_UINT);
    const permit = await sign(w, { value: 1n });
    await expect(CURE!.run(w, w.stranger, permit))
      .to.be.revertedWithCustomError(w.router, "AllowanceTooSmall")
      .withArgs(w.quoteAddress, w.stranger.address, 1n, cureOf(w));
  });

  it("is good in the second of its deadline (C-06, C-09)", async () => {
    const w = await calledWorld();
    const deadline = (await now(w)) + 100n;
    const permit = await sign(w, { deadline });
    await w.helpers.time.setNextBlockTimestamp(deadline);
    await CURE!.run(w, w.stranger, permit);
  });
});

describe("a caller that is a contract (C-45)", () => {
  async function walletWorld(quote: TokenName) {
    const w = await calledWorld(quote);
    const wallet = await deploy<ContractWallet>(w.ethers, "ContractWallet");
    const address = await wallet.getAddress();
    await w.quote.mint(wallet, w.usd(100n));
    const value = w.usd(100n);
    const data = await permitDataOf(w.quote, address, w.routerAddress, { value });
    // The wallet signs by remembering; what is sent along is no signature of anybody's.
    const permit: Permit = { ...NO_PERMIT, value, deadline: MAX_UINT };
    const cure = () => wallet.execute(w.routerAddress, CURE!.encode(w, permit));
    return { w, wallet, address, digest: TypedDataEncoder.hash(...data), cure };
  }

  it("signs by ERC-1271 where the token asks it", async () => {
    const { w, wallet, address, digest, cure } = await walletWorld("WalletPermitToken");
    await expect(cure())
      .to.be.revertedWithCustomError(w.router, "AllowanceTooSmall")
      .withArgs(w.quoteAddress, address, 0n, cureOf(w));
    await wallet.sign(digest);
    await expect(cure()).to.changeTokenBalances(
      w.ethers,
      w.quote,
      [wallet, w.vault],
      [-cureOf(w), cureOf(w)],
    );
  });

  it("may revert when it is asked, or never be asked: an allowance does", async () => {
    for (const token of ["WalletPermitToken", "PermitToken"] as const) {
      const { w, wallet, address, digest, cure } = await walletWorld(token);
      await wallet.sign(digest);
      await wallet.setSilent(true);
      await expect(cure())
        .to.be.revertedWithCustomError(w.router, "AllowanceTooSmall")
        .withArgs(w.quoteAddress, address, 0n, cureOf(w));
      const approve = w.quote.interface.encodeFunctionData("approve", [w.routerAddress, cureOf(w)]);
      await wallet.execute(w.quoteAddress, approve);
      await cure();
      expect(await w.quote.balanceOf(wallet)).to.equal(w.usd(100n) - cureOf(w));
    }
  });
});

describe("a token with DAI's permit (C-45)", () => {
  async function daiPermit(w: RouterWorld): Promise<Permit> {
    const token = w.quote as unknown as DaiLikeToken;
    const [, name, version, chainId, verifyingContract] = await token.eip712Domain();
    const types = {
      Permit: [
        { name: "holder", type: "address" },
        { name: "spender", type: "address" },
        { name: "nonce", type: "uint256" },
        { name: "expiry", type: "uint256" },
        { name: "allowed", type: "bool" },
      ],
    };
    const message = {
      holder: w.stranger.address,
      spender: w.routerAddress,
      nonce: 0n,
      expiry: MAX_UINT,
      allowed: true,
    };
    const domain = { name, version, chainId, verifyingContract };
    const { v, r, s } = Signature.from(await w.stranger.signTypedData(domain, types, message));
    return { value: MAX_UINT, deadline: MAX_UINT, v, r, s };
  }

  it("is refused with what is missing; brought by somebody else, or approved, it works", async () => {
    const w = await calledWorld("DaiLikeToken");
    const permit = await daiPermit(w);
    await expect(CURE!.run(w, w.stranger, permit))
      .to.be.revertedWithCustomError(w.router, "AllowanceTooSmall")
      .withArgs(w.quoteAddress, w.stranger.address, 0n, cureOf(w));
    const token = w.quote as unknown as DaiLikeToken;
    const { deadline, v, r, s } = permit;
    await token.permit(w.stranger, w.router, 0n, deadline, true, v, r, s);
    await CURE!.run(w, w.stranger, permit);
    expect(await leftovers(w)).to.deep.equal(NOTHING);
  });
});

describe("a token without permits", () => {
  for (const quote of ["PhantomPermitToken", "StubbornToken", "HookToken"] as const) {
    it(`works by an allowance, again and again, and not without one: ${quote} (C-34, C-35)`, async () => {
      const w = await calledWorld(quote);
      const repay = ENTRIES[1]!;
      await expect(repay.run(w, w.stranger, NO_PERMIT))
        .to.be.revertedWithCustomError(w.router, "AllowanceTooSmall")
        .withArgs(w.quoteAddress, w.stranger.address, 0n, repay.amount(w));
      await w.quote.connect(w.stranger).approve(w.router, MAX_UINT);
      for (const entry of [CURE!, repay, repay, ENTRIES[3]!]) {
        await entry.run(w, w.stranger, NO_PERMIT);
        expect(await leftovers(w)).to.deep.equal(NOTHING);
      }
    });
  }

  it("and without code is refused (C-43)", async () => {
    const w = await calledWorld();
    const data = w.router.interface.encodeFunctionData("deposit", [
      w.vaultAddress,
      w.keeper.address,
      1n,
      w.stranger.address,
      NO_PERMIT,
    ]);
    await expect(w.stranger.sendTransaction({ to: w.routerAddress, data })).to.be.revertedWithoutReason(
      w.ethers,
    );
  });
});

describe("a token that takes a fee on transfers (C-32)", () => {
  it("is refused, and nothing has moved", async () => {
    const w = await loadRouterWorld({ quote: "FeeOnTransferToken" });
    await callTrader(w);
    const token = w.quote as unknown as { setFee: (on: boolean) => Promise<unknown> };
    await token.setFee(true);
    await w.quote.connect(w.stranger).approve(w.router, MAX_UINT);
    const before = await w.quote.balanceOf(w.stranger);
    for (const entry of ENTRIES.filter(({ name }) => name !== "depositCollateral")) {
      await expect(entry.run(w, w.stranger, NO_PERMIT)).to.be.revertedWithCustomError(
        w.quote,
        "ERC20InsufficientBalance",
      );
    }
    expect(await w.quote.balanceOf(w.stranger)).to.equal(before);
  });
});
