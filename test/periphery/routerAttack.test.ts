import { expect } from "chai";
import { accountIdOf } from "../../sdk/accountId.ts";
import type { HookToken, HostileVault, MockERC20 } from "../../types/index.ts";
import { Permission } from "../vault/support/authority.ts";
import { withCollateral } from "../vault/support/listing.ts";
import { openPosition } from "../vault/support/position.ts";
import { deploy, MAX_UINT, STRONG } from "../vault/support/world.ts";
import { callTrader, ENTRIES } from "./support/entries.ts";
import { leftovers, loadRouterWorld, type RouterWorld, type TokenName } from "./support/routerWorld.ts";
import { NO_PERMIT, signPermit } from "./support/signPermit.ts";

const NOTHING = [0n, 0n];
/** Numbers of `HostileVault.Conduct`. */
const Conduct = { Takes: 0, Idles: 1, Calls: 2 } as const;
const [CURE, REPAY] = ENTRIES;

/** A world in which the trader has a called account and has allowed the router everything, for ever. */
async function trustingWorld(quote?: TokenName): Promise<RouterWorld> {
  const w = await loadRouterWorld(quote === undefined ? {} : { quote });
  await callTrader(w);
  for (const token of tokensOf(w)) await token.connect(w.trader).approve(w.router, MAX_UINT);
  return w;
}

function tokensOf(w: RouterWorld): [MockERC20, MockERC20] {
  return [w.quote, w.collaterals[0]!.token];
}

function balancesOf(w: RouterWorld, who: { address: string }): Promise<bigint[]> {
  return Promise.all(tokensOf(w).map((token) => token.balanceOf(who.address)));
}

describe("the router takes from its caller alone", () => {
  it("has no function but the four that are tried here", async () => {
    const w = await loadRouterWorld();
    const names: string[] = [];
    w.router.interface.forEachFunction(({ name }) => names.push(name));
    expect(names.sort()).to.deep.equal(ENTRIES.map(({ name }) => name).sort());
  });

  for (const entry of ENTRIES) {
    it(`gives a stranger no use of another's allowance or permit: ${entry.name} (I-17)`, async () => {
      const w = await trustingWorld();
      const token = entry.token(w);
      const permit = await signPermit(token, w.trader, w.routerAddress, { value: MAX_UINT });
      const before = await balancesOf(w, w.trader);
      // The guardian holds nothing and has allowed nothing.
      for (const loot of [NO_PERMIT, permit]) {
        await expect(entry.run(w, w.guardian, loot))
          .to.be.revertedWithCustomError(w.router, "AllowanceTooSmall")
          .withArgs(token, w.guardian.address, 0n, (needed: bigint) => needed > 0n);
      }
      expect(await balancesOf(w, w.trader)).to.deep.equal(before);
    });
  }
});

describe("what is not a vault but is called like one", () => {
  async function hostileWorld(quote?: TokenName) {
    const w = await trustingWorld(quote);
    const tokens = tokensOf(w);
    const vault = await deploy<HostileVault>(w.ethers, "HostileVault", [tokens, w.trader.address]);
    const address = await vault.getAddress();
    const gained = () => Promise.all(tokens.map((token) => token.balanceOf(vault)));
    const allowed = () => Promise.all(tokens.map((token) => token.allowance(w.router, vault)));
    return { w, vault, address, gained, allowed };
  }

  for (const entry of ENTRIES) {
    it(`gets at most the amount of the token that its caller named: ${entry.name}`, async () => {
      const { w, vault, address, gained, allowed } = await hostileWorld();
      const amount = entry.amount(w);
      await vault.plan(Conduct.Takes, entry.name === "cure" ? amount : MAX_UINT);
      // Not even what lies in the router by mistake: that is the caller's.
      const stray = amount / 10n;
      await entry.token(w).connect(w.keeper).transfer(w.router, stray);
      const before = await balancesOf(w, w.trader);
      await entry.run(w, w.trader, NO_PERMIT, address);
      const inItsToken = (value: bigint) =>
        tokensOf(w).map((token) => (token === entry.token(w) ? value : 0n));
      const after = await balancesOf(w, w.trader);
      expect(before.map((balance, i) => balance - after[i]!)).to.deep.equal(inItsToken(amount - stray));
      expect(await gained()).to.deep.equal(inItsToken(amount));
      expect(await allowed()).to.deep.equal(NOTHING);
      for (const token of tokensOf(w)) expect(await leftovers(w, token)).to.deep.equal(NOTHING);
    });

    it(`cannot come back into the router, which holds the caller's tokens: ${entry.name} (I-35, C-40)`, async () => {
      const { w, vault, address } = await hostileWorld();
      await vault.plan(Conduct.Takes, 1n);
      for (const inner of ENTRIES) {
        for (const target of [address, w.vaultAddress]) {
          await vault.planCall(w.routerAddress, inner.encode(w, NO_PERMIT, target));
          await expect(entry.run(w, w.trader, NO_PERMIT, address), inner.name).to.be.revertedWithCustomError(
            w.router,
            "ReentrancyGuardReentrantCall",
          );
        }
      }
    });
  }

  it("may not ask for more than the caller pays", async () => {
    const { w, vault, address, gained } = await hostileWorld();
    await vault.plan(Conduct.Takes, w.usd(100n) + 1n);
    await expect(CURE!.run(w, w.trader, NO_PERMIT, address))
      .to.be.revertedWithCustomError(w.vault, "CureTooExpensive")
      .withArgs(w.usd(100n) + 1n, w.usd(100n));
    expect(await gained()).to.deep.equal(NOTHING);
  });

  it("keeps no allowance when it takes nothing, and the caller has everything back", async () => {
    for (const quote of ["PermitToken", "StubbornToken"] as const) {
      for (const entry of ENTRIES) {
        const { w, vault, address, allowed } = await hostileWorld(quote);
        await vault.plan(Conduct.Idles, w.usd(50n));
        const before = await balancesOf(w, w.trader);
        await entry.run(w, w.trader, NO_PERMIT, address);
        expect(await balancesOf(w, w.trader), entry.name).to.deep.equal(before);
        expect(await allowed(), entry.name).to.deep.equal(NOTHING);
        for (const token of tokensOf(w)) expect(await token.balanceOf(w.router)).to.equal(0n);
      }
    }
  });

  it("finds nothing left afterwards: neither tokens nor allowances outlive a call", async () => {
    const { w, vault, address, gained } = await hostileWorld();
    await vault.plan(Conduct.Idles, w.usd(50n));
    await REPAY!.run(w, w.trader, NO_PERMIT, address);
    await vault.plan(Conduct.Takes, 0n);
    await expect(vault.repay(`0x${"00".repeat(32)}`, 0n)).to.not.revert(w.ethers);
    expect(await gained()).to.deep.equal(NOTHING);
  });

  it("may be a token, the router itself, or nobody: then nothing happens", async () => {
    const { w } = await hostileWorld();
    const before = await balancesOf(w, w.trader);
    for (const target of [w.quoteAddress, w.routerAddress, w.keeper.address]) {
      for (const entry of ENTRIES) {
        await expect(entry.run(w, w.trader, NO_PERMIT, target)).to.be.revert(w.ethers);
      }
    }
    expect(await balancesOf(w, w.trader)).to.deep.equal(before);
  });
});

describe("a token that calls back in the middle of a transfer (C-40)", () => {
  /** A vault that lends a token with hooks; the token itself can pay, for it has approved the vault. */
  async function hookedWorld() {
    const w = await trustingWorld("HookToken");
    const token = w.quote as unknown as HookToken;
    await w.quote.mint(token, w.usd(10_000n));
    const approve = token.interface.encodeFunctionData("approve", [w.vaultAddress, MAX_UINT]);
    await token.setHook(token, approve);
    await token.mint(w.keeper, 1n);
    return { w, token };
  }

  it("cannot enter the router (I-35)", async () => {
    for (const entry of ENTRIES.filter(({ name }) => name !== "depositCollateral")) {
      const { w, token } = await hookedWorld();
      await token.setHook(w.routerAddress, REPAY!.encode(w, NO_PERMIT));
      await entry.run(w, w.trader, NO_PERMIT);
      const locked = w.router.interface.encodeErrorResult("ReentrancyGuardReentrantCall");
      expect(await token.result(), entry.name).to.equal(locked);
      expect(await leftovers(w)).to.deep.equal(NOTHING);
    }
  });

  it("may repay meanwhile: the caller pays what is still owed and has the rest back", async () => {
    const { w, token } = await hookedWorld();
    const id = await openPosition(w, { subAccount: 1n, amounts: [2n * w.collaterals[0]!.unit] });
    await token.setHook(w.vaultAddress, w.vault.interface.encodeFunctionData("repay", [id, w.usd(600n)]));
    const before = await w.quote.balanceOf(w.trader);
    await w.router.connect(w.trader).repay(w.vault, id, w.quote, MAX_UINT, NO_PERMIT);
    expect(await token.succeeded()).to.equal(true);
    expect(await w.vault.debtOf(id)).to.equal(0n);
    expect(before - (await w.quote.balanceOf(w.trader))).to.equal(w.usd(900n));
    expect(await leftovers(w)).to.deep.equal(NOTHING);
  });

  it("may cure meanwhile: then there is nothing to cure, and nothing is paid", async () => {
    const { w, token } = await hookedWorld();
    const id = accountIdOf(w.trader.address);
    await token.setHook(w.vaultAddress, w.vault.interface.encodeFunctionData("cure", [id, MAX_UINT]));
    const before = await w.quote.balanceOf(w.trader);
    await expect(CURE!.run(w, w.trader, NO_PERMIT))
      .to.be.revertedWithCustomError(w.vault, "NoCallOpen")
      .withArgs(id);
    expect(await w.quote.balanceOf(w.trader)).to.equal(before);
  });
});

describe("a router that somebody has made their operator, against all advice (rule 10)", () => {
  it("adds no asset to their account, nor takes out, nor borrows", async () => {
    const w = await trustingWorld();
    const wider = await withCollateral(w, { terms: STRONG, price: "1" });
    const id = accountIdOf(w.trader.address);
    const { address, token } = wider.collaterals[1]!;
    await w.authority.connect(w.trader).setOperator(w.router, Permission.Everything);
    for (const caller of [w.stranger, w.trader]) {
      await token.connect(caller).approve(w.router, MAX_UINT);
      await expect(w.router.connect(caller).depositCollateral(w.vault, id, address, 1n, NO_PERMIT))
        .to.be.revertedWithCustomError(w.router, "AssetNotHeld")
        .withArgs(id, address);
    }
    expect(await w.vault.collateralOf(id, address)).to.equal(0n);
  });
});

describe("tokens that were sent to the router by mistake", () => {
  it("go to the next caller who names them: it keeps nothing", async () => {
    const w = await trustingWorld();
    await w.quote.connect(w.keeper).transfer(w.router, w.usd(7n));
    const before = await w.quote.balanceOf(w.trader);
    await REPAY!.run(w, w.trader, NO_PERMIT);
    expect(before - (await w.quote.balanceOf(w.trader))).to.equal(REPAY!.amount(w) - w.usd(7n));
    expect(await leftovers(w)).to.deep.equal(NOTHING);
  });
});
