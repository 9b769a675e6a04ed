import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { Refusal, Status } from "../../sdk/vaultTypes.ts";
import type { HostileParty } from "../../types/index.ts";
import { mineAt, now, passDeadline } from "./support/clock.ts";
import { moveOf, vaultMove } from "./support/deferrer.ts";
import { withMockOracle } from "./support/listing.ts";
import { openCalledPosition, openPosition } from "./support/position.ts";
import { stateOf } from "./support/state.ts";
import { deploy, loadWorld, MAX_UINT, type World } from "./support/world.ts";

/** Numbers of `HostileParty.Conduct`. */
const Conduct = { Silent: 0, Reverts: 1, RevertsLoudly: 2, BurnsAllGas: 3, AnswersAtLength: 4 } as const;
const NOISE = 100_000n;
const MEMORY_WORDS = NOISE / 32n;
/** What it takes to make or to copy the noise: memory for it. */
const NOISE_GAS = 3n * MEMORY_WORDS + MEMORY_WORDS ** 2n / 512n;
const GAS = { gasLimit: 3_000_000n };

async function gasOf(sent: Promise<ContractTransactionResponse>): Promise<bigint> {
  return (await (await sent).wait())!.gasUsed;
}

/** A hostile contract that holds quote tokens and has approved the vault. */
async function deployParty(w: World): Promise<HostileParty> {
  const party = await deploy<HostileParty>(w.ethers, "HostileParty");
  await w.quote.mint(party, w.usd(100_000n));
  await party.act([moveOf(w.quote, w.quoteAddress, "approve", w.vaultAddress, MAX_UINT)]);
  return party;
}

async function expiredWorld() {
  const w = await loadWorld();
  const id = await openCalledPosition(w, w.usd(1_450n));
  await passDeadline(w, id, 2_000n);
  const party = await deployParty(w);
  const asset = w.collaterals[0]!.address;
  const take = () => {
    const data = w.vault.interface.encodeFunctionData("liquidate", [
      id,
      asset,
      MAX_UINT,
      0n,
      party.target,
      "0x01",
    ]);
    return party.act([{ target: w.vaultAddress, data }], GAS);
  };
  return { w, id, party, take };
}

describe("a taker that answers its callback at length", () => {
  it("pays for its noise alone: the vault does not read it (C-59)", async () => {
    const { w, party, take } = await expiredWorld();
    const snapshot = await w.helpers.takeSnapshot();
    const quiet = await gasOf(take());
    await snapshot.restore();
    await party.setConduct(Conduct.AnswersAtLength, NOISE);
    const loud = await gasOf(take());
    // Making the noise costs its memory once and a little; reading it would cost that once more.
    expect(loud - quiet).to.be.within(NOISE_GAS, (NOISE_GAS * 3n) / 2n);
  });

  for (const conduct of ["Reverts", "RevertsLoudly", "BurnsAllGas"] as const) {
    it(`or ${conduct}: fails alone, and the next taker takes (C-59, C-60)`, async () => {
      const { w, id, party, take } = await expiredWorld();
      const before = await stateOf(w, id);
      await party.setConduct(Conduct[conduct], NOISE);
      await expect(take()).to.be.revert(w.ethers);
      expect(await stateOf(w, id)).to.deep.equal(before);
      await w.vault.connect(w.keeper).liquidate(id, w.collaterals[0]!.address, MAX_UINT, 0n, w.keeper, "0x");
    });
  }

  it("or pays in another token: has not paid (C-60)", async () => {
    const { w, party, take } = await expiredWorld();
    const other = w.collaterals[1]!;
    await other.token.mint(party, 10n ** 12n);
    await party.act([
      moveOf(w.quote, w.quoteAddress, "approve", w.vaultAddress, 0n),
      moveOf(other.token, other.address, "approve", w.vaultAddress, MAX_UINT),
      moveOf(other.token, other.address, "transfer", w.vaultAddress, 10n ** 11n),
    ]);
    await expect(take()).to.be.revertedWithCustomError(w.quote, "ERC20InsufficientAllowance");
  });
});

describe("a deferrer that answers at length", () => {
  it("pays for its noise alone; one that fails undoes its deferral and nothing else (C-59)", async () => {
    const w = await loadWorld();
    const party = await deployParty(w);
    const deferral = () => party.act([vaultMove(w, "defer", "0x")], GAS);
    // What is written the first time costs more.
    await deferral();
    const quiet = await gasOf(deferral());
    await party.setConduct(Conduct.AnswersAtLength, NOISE);
    expect((await gasOf(deferral())) - quiet).to.be.within(NOISE_GAS, (NOISE_GAS * 3n) / 2n);
    for (const conduct of [Conduct.Reverts, Conduct.RevertsLoudly, Conduct.BurnsAllGas]) {
      await party.setConduct(conduct, NOISE);
      await expect(deferral()).to.be.revert(w.ethers);
    }
    // Nothing is left pending.
    await openPosition(w);
  });
});

describe("an account's owner that answers for a signature at length", () => {
  for (const conduct of ["RevertsLoudly", "AnswersAtLength"] as const) {
    it(`(${conduct}) has not signed, and whoever brings it pays for the noise once (C-59, C-45)`, async () => {
      const w = await loadWorld();
      const party = await deployParty(w);
      const bring = () =>
        w.authority.setOperatorWithSig.staticCall(party, w.stranger, 2, MAX_UINT, "0x", {
          gasLimit: 200_000n,
        });
      await party.setConduct(Conduct[conduct], NOISE);
      await expect(bring()).to.be.revertedWithCustomError(w.authority, "InvalidSignature").withArgs(party);
    });
  }
});

describe("an oracle that answers at length", () => {
  /** A called account, and an oracle whose code has been replaced. */
  async function replaced() {
    const w = await loadWorld();
    const mock = await withMockOracle(w);
    const id = await openPosition(w);
    const asset = w.collaterals[0]!.address;
    await mock.set(0, ((await w.oracle.price(asset)).price36 * 92n) / 100n, true);
    await w.vault.openCall(id);
    const party = await deploy<HostileParty>(w.ethers, "HostileParty");
    const address = await mock.getAddress();
    await w.helpers.setCode(address, await w.ethers.provider.getCode(party));
    const oracle = party.attach(address) as HostileParty;
    return { w, id, asset, oracle };
  }

  for (const conduct of ["RevertsLoudly", "AnswersAtLength"] as const) {
    it(`(${conduct}) keeps nobody from depositing, repaying and leaving (C-59, rule 3)`, async () => {
      const { w, id, asset, oracle } = await replaced();
      await oracle.setConduct(Conduct[conduct], NOISE);
      const vault = w.vault.connect(w.trader);
      await vault.depositCollateral(id, asset, 1n, GAS);
      await vault.repay(id, w.usd(1_000n), GAS);
      expect(await w.vault.openCalls.staticCall([id], GAS)).to.deep.equal([
        BigInt(Refusal.OracleUnavailable),
      ]);
      await expect(vault.borrow(id, 1n, w.trader)).to.be.revertedWithCustomError(w.vault, "CallOpen");
      await vault.repay(id, MAX_UINT, GAS);
      await vault.withdrawCollateral(id, asset, MAX_UINT, w.trader);
      await w.vault.connect(w.lender).withdraw(w.usd(1_000n), w.lender, w.lender);
    });
  }
});

describe("a curve that answers at length, or fails", () => {
  for (const conduct of ["Reverts", "RevertsLoudly", "BurnsAllGas", "AnswersAtLength"] as const) {
    it(`(${conduct}) charges nothing meanwhile and stops nobody (C-59, design: interest cannot revert)`, async () => {
      // Where the curve burns all it gets, the 64th part that is left has to do.
      const whole = { gasLimit: 16_000_000n };
      const w = await loadWorld({ ratesPercent: [5n, 20n, 50n] });
      const id = await openPosition(w);
      const party = await deploy<HostileParty>(w.ethers, "HostileParty");
      const address = await w.model.getAddress();
      await w.vault.accrue();
      const debt = await w.vault.debtOf(id);
      await w.helpers.setCode(address, await w.ethers.provider.getCode(party));
      await (party.attach(address) as HostileParty).setConduct(Conduct[conduct], NOISE);
      await mineAt(w, (await now(w)) + 1_000n);
      await w.vault.connect(w.trader).repay(id, w.usd(10n), whole);
      await w.vault.connect(w.lender).withdraw(w.usd(10n), w.lender, w.lender, whole);
      await w.vault.accrue(whole);
      expect(await w.vault.debtOf(id, whole)).to.equal(debt - w.usd(10n));
      expect(await w.vault.statusOf(id, whole)).to.equal(BigInt(Status.Warned));
    });
  }
});

describe("a batch of sales", () => {
  it("calls nobody back, neither its taker nor whose account is in it (C-59, C-52)", async () => {
    const { w, id, party } = await expiredWorld();
    const own: AccountId = accountIdOf(await party.getAddress());
    await party.setConduct(Conduct.BurnsAllGas, 0n);
    const asset = w.collaterals[0]!.address;
    const requests = [own, id].map((account) => ({ account, asset, maxRepay: MAX_UINT, minSeized: 0n }));
    const data = w.vault.interface.encodeFunctionData("liquidateMany", [requests, party.target]);
    await party.act([{ target: w.vaultAddress, data }], GAS);
    expect(await w.collaterals[0]!.token.balanceOf(party)).to.be.greaterThan(0n);
  });
});
