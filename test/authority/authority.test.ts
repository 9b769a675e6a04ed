import { expect } from "chai";
import { AbiCoder, concat, Signature, toBeHex, toBigInt, TypedDataEncoder, ZeroAddress } from "ethers";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import type { ContractOwner } from "../../types/index.ts";
import { Permission } from "../vault/support/authority.ts";
import { mineAt, now } from "../vault/support/clock.ts";
import { deployDeferrer, depositMove, repayMove, withdrawMove } from "../vault/support/deferrer.ts";
import { eventOf } from "../vault/support/events.ts";
import { openPosition } from "../vault/support/position.ts";
import { deploy, loadWorld, MAX_UINT, type World } from "../vault/support/world.ts";

const OWNER_TYPES = {
  SetOperator: [
    { name: "owner", type: "address" },
    { name: "operator", type: "address" },
    { name: "permission", type: "uint8" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};
const ACCOUNT_TYPES = {
  SetAccountOperator: [
    { name: "account", type: "bytes32" },
    { name: "operator", type: "address" },
    { name: "permission", type: "uint8" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};
/** The order of the group of secp256k1: `order - s` is the other root that recovers the same signer. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

type Signer = World["trader"];
interface Domain {
  name: string;
  version: string;
  chainId: bigint;
  verifyingContract: string;
}

async function domainOf(w: World, changes: Partial<Domain> = {}): Promise<Domain> {
  const verifyingContract = await w.authority.getAddress();
  const { chainId } = await w.ethers.provider.getNetwork();
  return { name: "Tocsin Authority", version: "1", chainId, verifyingContract, ...changes };
}

interface Wish {
  permission?: number;
  nonce?: bigint;
  deadline?: bigint;
  by?: Signer;
  domain?: Partial<Domain>;
}

async function messageOf(w: World, owner: string, wish: Wish) {
  return {
    operator: w.keeper.address,
    permission: wish.permission ?? Permission.Everything,
    nonce: wish.nonce ?? (await w.authority.nonces(owner)),
    deadline: wish.deadline ?? MAX_UINT,
  };
}

/** The owner's signature over `SetOperator` for the keeper. */
async function signForOwner(w: World, wish: Wish = {}): Promise<string> {
  const owner = w.trader.address;
  const message = { owner, ...(await messageOf(w, owner, wish)) };
  return (wish.by ?? w.trader).signTypedData(await domainOf(w, wish.domain), OWNER_TYPES, message);
}

/** The owner's signature over `SetAccountOperator` for the keeper. */
async function signForAccount(w: World, account: AccountId, wish: Wish = {}): Promise<string> {
  const message = { account, ...(await messageOf(w, w.trader.address, wish)) };
  return (wish.by ?? w.trader).signTypedData(await domainOf(w, wish.domain), ACCOUNT_TYPES, message);
}

/** Brings a signature over `SetOperator`, as the stranger. */
function bring(w: World, signature: string, permission: number = Permission.Everything, deadline = MAX_UINT) {
  return w.authority
    .connect(w.stranger)
    .setOperatorWithSig(w.trader, w.keeper, permission, deadline, signature);
}

function accounts(w: World): [AccountId, AccountId] {
  return [accountIdOf(w.trader.address), accountIdOf(w.trader.address, 1n)];
}

async function permissionsOf(w: World): Promise<bigint[]> {
  return Promise.all(accounts(w).map((id) => w.authority.permissionOf(id, w.keeper)));
}

const permissions = Object.values(Permission);

describe("permissionOf", () => {
  it("gives the owner everything and anybody else nothing", async () => {
    const w = await loadWorld();
    const [id] = accounts(w);
    expect(await w.authority.permissionOf(id, w.trader)).to.equal(Permission.Everything);
    for (const other of [w.keeper.address, w.vaultAddress, ZeroAddress]) {
      expect(await w.authority.permissionOf(id, other)).to.equal(Permission.None);
    }
  });

  it("gives the greater of what holds for all accounts and for one", async () => {
    for (const all of permissions) {
      for (const one of permissions) {
        const w = await loadWorld();
        await w.authority.connect(w.trader).setOperator(w.keeper, all);
        await w.authority.connect(w.trader).setAccountOperator(accounts(w)[0], w.keeper, one);
        expect(await permissionsOf(w)).to.deep.equal([BigInt(Math.max(all, one)), BigInt(all)]);
      }
    }
  });
});

describe("setOperator and setAccountOperator", () => {
  it("report who allowed whom what, and take it back", async () => {
    const w = await loadWorld();
    const authority = w.authority.connect(w.trader);
    const [id] = accounts(w);
    const [owner, operator] = [w.trader.address, w.keeper.address];
    for (const permission of [Permission.Everything, Permission.None]) {
      const set = await eventOf(authority.setOperator(operator, permission), w.authority, "OperatorSet");
      expect(set).to.deep.equal({ owner, operator, permission: BigInt(permission) });
      const one = authority.setAccountOperator(id, operator, permission);
      expect(await eventOf(one, w.authority, "AccountOperatorSet")).to.deep.equal({
        account: id,
        owner,
        operator,
        permission: BigInt(permission),
      });
    }
    expect(await permissionsOf(w)).to.deep.equal([0n, 0n]);
  });

  it("let nobody speak for another's account, the operator with everything included (C-46)", async () => {
    const w = await loadWorld();
    const [id] = accounts(w);
    await w.authority.connect(w.trader).setOperator(w.keeper, Permission.Everything);
    for (const caller of [w.keeper, w.stranger, w.owner, w.guardian]) {
      await expect(w.authority.connect(caller).setAccountOperator(id, caller, Permission.Improve))
        .to.be.revertedWithCustomError(w.authority, "NotOwner")
        .withArgs(id, caller);
      await w.authority.connect(caller).setOperator(w.stranger, Permission.Everything);
    }
    expect(await w.authority.permissionOf(id, w.stranger)).to.equal(Permission.None);
  });

  it("know no fourth permission", async () => {
    const w = await loadWorld();
    await expect(w.authority.setOperator(w.keeper, 3)).to.be.revertedWithoutReason(w.ethers);
  });
});

describe("setOperatorWithSig", () => {
  it("does what the owner signed, whoever brings it, and counts the nonce", async () => {
    for (const permission of permissions) {
      const w = await loadWorld();
      const transaction = bring(w, await signForOwner(w, { permission }), permission);
      expect(await eventOf(transaction, w.authority, "OperatorSet")).to.deep.equal({
        owner: w.trader.address,
        operator: w.keeper.address,
        permission: BigInt(permission),
      });
      expect(await permissionsOf(w)).to.deep.equal([BigInt(permission), BigInt(permission)]);
      expect(await w.authority.nonces(w.trader)).to.equal(1n);
    }
  });

  describe("given a signature that was used (C-44, C-45)", () => {
    it("does nothing a second time, not even what was taken back since", async () => {
      const w = await loadWorld();
      const signature = await signForOwner(w);
      await bring(w, signature);
      await w.authority.connect(w.trader).setOperator(w.keeper, Permission.None);
      await expect(bring(w, signature))
        .to.be.revertedWithCustomError(w.authority, "InvalidSignature")
        .withArgs(w.trader);
      expect(await permissionsOf(w)).to.deep.equal([0n, 0n]);
    });
  });

  describe("given a deadline", () => {
    it("is good in its second and not in the next (C-06, C-09)", async () => {
      for (const late of [0n, 1n]) {
        const w = await loadWorld();
        const deadline = (await now(w)) + 100n;
        const signature = await signForOwner(w, { deadline });
        await mineAt(w, deadline + late - 1n);
        await w.helpers.time.setNextBlockTimestamp(deadline + late);
        const transaction = bring(w, signature, Permission.Everything, deadline);
        if (late === 0n) await transaction;
        else {
          await expect(transaction)
            .to.be.revertedWithCustomError(w.authority, "SignatureExpired")
            .withArgs(deadline);
        }
        expect(await w.authority.nonces(w.trader)).to.equal(1n - late);
      }
    });
  });

  describe("given a signature over anything else (C-45)", () => {
    const wishes: Record<string, Wish> = {
      "another permission": { permission: Permission.Improve },
      "another deadline": { deadline: MAX_UINT - 1n },
      "the next nonce": { nonce: 1n },
      "another chain": { domain: { chainId: 1n } },
      "another contract": { domain: { verifyingContract: ZeroAddress } },
      "another name": { domain: { name: "Tocsin" } },
      "another version": { domain: { version: "2" } },
    };
    for (const [what, wish] of Object.entries(wishes)) {
      it(`refuses it: ${what}`, async () => {
        const w = await loadWorld();
        await expect(bring(w, await signForOwner(w, wish)))
          .to.be.revertedWithCustomError(w.authority, "InvalidSignature")
          .withArgs(w.trader);
        expect(await w.authority.nonces(w.trader)).to.equal(0n);
      });
    }

    it("refuses another signer's, another operator's, and one for a single account", async () => {
      const w = await loadWorld();
      const forAccount = await signForAccount(w, accounts(w)[0]);
      for (const signature of [await signForOwner(w, { by: w.keeper }), forAccount]) {
        await expect(bring(w, signature)).to.be.revertedWithCustomError(w.authority, "InvalidSignature");
      }
      const signed = await signForOwner(w);
      await expect(
        w.authority.setOperatorWithSig(w.trader, w.stranger, Permission.Everything, MAX_UINT, signed),
      ).to.be.revertedWithCustomError(w.authority, "InvalidSignature");
    });
  });

  describe("given a malformed signature (C-45)", () => {
    it("refuses the other root of s, v = 0, a cut one, an empty one, and zeros for the zero address", async () => {
      const w = await loadWorld();
      const { r, s, v } = Signature.from(await signForOwner(w));
      const other = concat([r, toBeHex(ORDER - toBigInt(s), 32), toBeHex(v === 27 ? 28 : 27)]);
      const compact = concat([r, toBeHex(toBigInt(s) | (BigInt(v - 27) << 255n), 32)]);
      const zeros = `0x${"00".repeat(65)}`;
      for (const bad of [other, concat([r, s, "0x00"]), concat([r, s]), compact, "0x", zeros]) {
        await expect(bring(w, bad)).to.be.revertedWithCustomError(w.authority, "InvalidSignature");
      }
      await expect(
        w.authority.setOperatorWithSig(ZeroAddress, w.keeper, Permission.Everything, MAX_UINT, zeros),
      ).to.be.revertedWithCustomError(w.authority, "InvalidSignature");
      await bring(w, concat([r, s, toBeHex(v)]));
    });
  });

  describe("given an owner that is a contract (ERC-1271)", () => {
    async function contractOwner() {
      const w = await loadWorld();
      const owner = await deploy<ContractOwner>(w.ethers, "ContractOwner");
      const address = await owner.getAddress();
      const message = { owner: address, ...(await messageOf(w, address, {})) };
      const digest = TypedDataEncoder.hash(await domainOf(w), OWNER_TYPES, message);
      const set = () =>
        w.authority.setOperatorWithSig(address, w.keeper, Permission.Everything, MAX_UINT, "0x1234");
      return { w, owner, address, digest, set };
    }

    it("asks it about exactly what the types say", async () => {
      const { w, owner, address, digest, set } = await contractOwner();
      await expect(set()).to.be.revertedWithCustomError(w.authority, "InvalidSignature").withArgs(address);
      await owner.approve(digest);
      await set();
      expect(await w.authority.permissionOf(accountIdOf(address, 5n), w.keeper)).to.equal(
        Permission.Everything,
      );
    });

    it("takes no approval twice, though the contract would give it", async () => {
      const { w, owner, digest, set } = await contractOwner();
      await owner.approve(digest);
      await set();
      await expect(set()).to.be.revertedWithCustomError(w.authority, "InvalidSignature");
    });

    it("takes a contract that reverts, returns nothing, returns true, or burns all gas for a refusal (C-45)", async () => {
      for (const conduct of [2, 3, 4, 5]) {
        const { w, owner, digest, set } = await contractOwner();
        await owner.approve(digest);
        await owner.setConduct(conduct);
        await expect(set()).to.be.revertedWithCustomError(w.authority, "InvalidSignature");
      }
    });

    it("gives nobody the vault's own account: the vault answers for no signature", async () => {
      const { w } = await contractOwner();
      await expect(
        w.authority.setOperatorWithSig(w.vaultAddress, w.keeper, Permission.Everything, MAX_UINT, "0x"),
      ).to.be.revertedWithCustomError(w.authority, "InvalidSignature");
      await expect(
        w.authority.setAccountOperatorWithSig(
          accountIdOf(w.vaultAddress),
          w.keeper,
          Permission.Everything,
          MAX_UINT,
          "0x",
        ),
      ).to.be.revertedWithCustomError(w.authority, "InvalidSignature");
    });
  });
});

describe("setAccountOperatorWithSig", () => {
  const bringFor = (w: World, id: AccountId, signature: string) =>
    w.authority
      .connect(w.stranger)
      .setAccountOperatorWithSig(id, w.keeper, Permission.Everything, MAX_UINT, signature);

  it("does it for the one account that was signed for", async () => {
    const w = await loadWorld();
    const [id, other] = accounts(w);
    const signature = await signForAccount(w, id);
    await expect(bringFor(w, other, signature)).to.be.revertedWithCustomError(
      w.authority,
      "InvalidSignature",
    );
    await bringFor(w, id, signature);
    expect(await permissionsOf(w)).to.deep.equal([2n, 0n]);
  });

  it("shares the owner's nonce with setOperatorWithSig, so that either outdates the other", async () => {
    const w = await loadWorld();
    const [id] = accounts(w);
    const [first, second] = [await signForOwner(w), await signForAccount(w, id)];
    await bring(w, first);
    await expect(bringFor(w, id, second)).to.be.revertedWithCustomError(w.authority, "InvalidSignature");
    await bringFor(w, id, await signForAccount(w, id));
    expect(await w.authority.nonces(w.trader)).to.equal(2n);
  });

  it("is refused after its deadline, on another chain, and by another signer (C-45)", async () => {
    const w = await loadWorld();
    const [id] = accounts(w);
    for (const wish of [{ by: w.stranger }, { domain: { chainId: 1n } }]) {
      await expect(bringFor(w, id, await signForAccount(w, id, wish)))
        .to.be.revertedWithCustomError(w.authority, "InvalidSignature")
        .withArgs(w.trader);
    }
    const deadline = (await now(w)) - 1n;
    const signature = await signForAccount(w, id, { deadline });
    await expect(
      w.authority.setAccountOperatorWithSig(id, w.keeper, Permission.Everything, deadline, signature),
    )
      .to.be.revertedWithCustomError(w.authority, "SignatureExpired")
      .withArgs(deadline);
  });
});

describe("invalidateNonce", () => {
  it("makes what was signed worthless, for the caller alone", async () => {
    const w = await loadWorld();
    const signature = await signForOwner(w);
    await w.authority.connect(w.stranger).invalidateNonce();
    expect(await w.authority.nonces(w.trader)).to.equal(0n);
    await w.authority.connect(w.trader).invalidateNonce();
    await expect(bring(w, signature)).to.be.revertedWithCustomError(w.authority, "InvalidSignature");
  });
});

describe("given a permission that was set by a transaction (I-37, C-45)", () => {
  it("what was signed before and not brought yet does not restore what was taken back since", async () => {
    for (const permission of permissions) {
      const w = await loadWorld();
      const [id] = accounts(w);
      const forOwner = await signForOwner(w);
      const forAccount = await signForAccount(w, id);
      // The page was slow: the owner set the operator by a transaction meanwhile.
      await w.authority.connect(w.trader).setOperator(w.keeper, permission);
      expect(await w.authority.nonces(w.trader)).to.equal(1n);
      await expect(bring(w, forOwner))
        .to.be.revertedWithCustomError(w.authority, "InvalidSignature")
        .withArgs(w.trader);
      await expect(
        w.authority.setAccountOperatorWithSig(id, w.keeper, Permission.Everything, MAX_UINT, forAccount),
      )
        .to.be.revertedWithCustomError(w.authority, "InvalidSignature")
        .withArgs(w.trader);
      expect(await permissionsOf(w)).to.deep.equal([BigInt(permission), BigInt(permission)]);
    }
  });

  it("holds for one account's permission too, and for the caller's signatures alone", async () => {
    const w = await loadWorld();
    const [id] = accounts(w);
    const [forOwner, forAccount] = [await signForOwner(w), await signForAccount(w, id)];
    // Neither another's setting nor a refused attempt uses up the trader's nonce.
    await w.authority.connect(w.stranger).setOperator(w.keeper, Permission.None);
    await expect(
      w.authority.connect(w.stranger).setAccountOperator(id, w.keeper, Permission.None),
    ).to.be.revertedWithCustomError(w.authority, "NotOwner");
    expect(await w.authority.nonces(w.trader)).to.equal(0n);
    await w.authority.connect(w.trader).setAccountOperator(id, w.keeper, Permission.None);
    expect(await w.authority.nonces(w.trader)).to.equal(1n);
    await expect(bring(w, forOwner)).to.be.revertedWithCustomError(w.authority, "InvalidSignature");
    await expect(
      w.authority.setAccountOperatorWithSig(id, w.keeper, Permission.Everything, MAX_UINT, forAccount),
    ).to.be.revertedWithCustomError(w.authority, "InvalidSignature");
    expect(await permissionsOf(w)).to.deep.equal([0n, 0n]);
  });
});

describe("eip712Domain (ERC-5267)", () => {
  it("says by which domain it reads signatures", async () => {
    const w = await loadWorld();
    const [fields, name, version, chainId, verifyingContract, salt, extensions] =
      await w.authority.eip712Domain();
    const domain = await domainOf(w);
    expect({ name, version, chainId, verifyingContract }).to.deep.equal(domain);
    expect([fields, salt, extensions]).to.deep.equal(["0x0f", `0x${"00".repeat(32)}`, []]);
  });
});

describe("what an operator may do in the vault (rule 10, C-46)", () => {
  const risky = (w: World, id: AccountId, as: Signer) => {
    const vault = w.vault.connect(as);
    const { address } = w.collaterals[0]!;
    return [() => vault.withdrawCollateral(id, address, 1n, as), () => vault.borrow(id, 1n, as)];
  };
  const addAsset = (w: World, id: AccountId, as: Signer) =>
    w.vault.connect(as).depositCollateral(id, w.collaterals[1]!.address, 1n);

  it("Everything: what the owner may, on every account of the owner's or on the one", async () => {
    for (const wide of [true, false]) {
      const w = await loadWorld();
      const id = await openPosition(w);
      const authority = w.authority.connect(w.trader);
      if (wide) await authority.setOperator(w.keeper, Permission.Everything);
      else await authority.setAccountOperator(id, w.keeper, Permission.Everything);
      for (const move of risky(w, id, w.keeper)) await move();
      await addAsset(w, id, w.keeper);
      const other = await openPosition(w, { subAccount: 1n });
      for (const move of risky(w, other, w.keeper)) {
        if (wide) await move();
        else {
          await expect(move())
            .to.be.revertedWithCustomError(w.vault, "NotAuthorized")
            .withArgs(other, w.keeper);
        }
      }
    }
  });

  it("Improve: nothing risky by itself; nobody: nothing risky and no new asset", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await w.authority.connect(w.trader).setOperator(w.keeper, Permission.Improve);
    for (const as of [w.keeper, w.stranger]) {
      for (const move of risky(w, id, as)) {
        await expect(move()).to.be.revertedWithCustomError(w.vault, "NotAuthorized").withArgs(id, as);
      }
    }
    await expect(addAsset(w, id, w.stranger))
      .to.be.revertedWithCustomError(w.vault, "NotAuthorized")
      .withArgs(id, w.stranger);
  });

  it("anyone: tops up what is held, repays and cures", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    const vault = w.vault.connect(w.stranger);
    await vault.depositCollateral(id, w.collaterals[0]!.address, 1n);
    await vault.repay(id, 1n);
  });

  it("stops with the permission", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    const authority = w.authority.connect(w.trader);
    await authority.setOperator(w.keeper, Permission.Everything);
    await w.vault.connect(w.keeper).borrow(id, 1n, w.keeper);
    await authority.setOperator(w.keeper, Permission.None);
    await expect(w.vault.connect(w.keeper).borrow(id, 1n, w.keeper)).to.be.revertedWithCustomError(
      w.vault,
      "NotAuthorized",
    );
  });

  it("reports owner and actor apart", async () => {
    const w = await loadWorld();
    const id = await openPosition(w);
    await w.authority.connect(w.trader).setOperator(w.keeper, Permission.Everything);
    const transaction = w.vault.connect(w.keeper).borrow(id, 1n, w.keeper);
    expect(await eventOf(transaction, w.vault, "Borrowed")).to.include({
      account: id,
      owner: w.trader.address,
      actor: w.keeper.address,
    });
  });

  it("Improve for one account is not for the other in the same deferral", async () => {
    const w = await loadWorld();
    const [id, other] = [await openPosition(w), await openPosition(w, { subAccount: 1n })];
    const bot = await deployDeferrer(w, 10_000n);
    await w.authority.connect(w.trader).setAccountOperator(id, bot.address, Permission.Improve);
    const tenth = w.collaterals[0]!.unit / 10n;
    const sell = (account: AccountId) => [
      withdrawMove(w, account, 0, tenth, bot.address),
      repayMove(w, account, w.usd(200n)),
    ];
    await bot.defer(...sell(id));
    await expect(bot.defer(...sell(id), ...sell(other)))
      .to.be.revertedWithCustomError(w.vault, "NotAuthorized")
      .withArgs(other, bot.address);
    await bot.defer(depositMove(w, other, 0, 1n));
  });

  it("no signature of one's own makes one the operator of an account in another's name", async () => {
    const w = await loadWorld();
    const id = accountIdOf(w.trader.address);
    const encoded = AbiCoder.defaultAbiCoder().encode(["bytes32"], [id]);
    expect(encoded).to.equal(id);
    const signature = await signForAccount(w, id, { by: w.keeper });
    await expect(
      w.authority.setAccountOperatorWithSig(id, w.keeper, Permission.Everything, MAX_UINT, signature),
    ).to.be.revertedWithCustomError(w.authority, "InvalidSignature");
  });
});
