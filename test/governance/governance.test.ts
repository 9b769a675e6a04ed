import { expect } from "chai";
import { id } from "ethers";
import { CLOCK_ROLES, CONFIGURATOR_ROLES, MIN_DELAY_SECONDS, ROLE } from "../../sdk/governance.ts";
import { eventOf } from "../vault/support/events.ts";
import { mineAt, now } from "../vault/support/clock.ts";
import { openPosition } from "../vault/support/position.ts";
import { loadWorld, MAX_UINT, STRONG, type World } from "../vault/support/world.ts";

const DAY = 86_400n;
const RISK_DELAY = 2n * DAY;
const ADMIN_DELAY = 5n * DAY;
const WEEK = 7n * DAY;
const NO_CAP = 2n ** 32n - 1n;
const PUBLIC_ROLE = 2n ** 64n - 1n;

const selector = (signature: string) => id(signature).slice(0, 10);
const asset = (w: World) => w.collaterals[0]!.address;

/** A world whose governance is sealed: the keeper is admin, the lender risk admin, the owner steward. */
async function sealedWorld() {
  const w = await loadWorld();
  await w.governance.seal(w.keeper, ADMIN_DELAY, w.lender, RISK_DELAY);
  const target = await w.configurator.getAddress();
  const data = w.configurator.interface.encodeFunctionData("setCap", [w.vaultAddress, asset(w), 7n]);
  return { w, admin: w.keeper, riskAdmin: w.lender, steward: w.owner, target, data };
}

describe("Governance", () => {
  describe("what the risk admin sets (I-37)", () => {
    it("waits its delay to the second, then goes through, by the contract or by the governance", async () => {
      const { w, riskAdmin, target, data } = await sealedWorld();
      const governance = w.governance.connect(riskAdmin);
      await governance.schedule(target, data, 0n);
      const ready = (await now(w)) + RISK_DELAY;
      const operation = await governance.hashOperation(riskAdmin, target, data);
      expect(await governance.getSchedule(operation)).to.equal(ready);
      await w.helpers.time.setNextBlockTimestamp(ready - 1n);
      await expect(w.configurator.connect(riskAdmin).setCap(w.vault, asset(w), 7n))
        .to.be.revertedWithCustomError(governance, "AccessManagerNotReady")
        .withArgs(operation);
      await w.configurator.connect(riskAdmin).setCap(w.vault, asset(w), 7n);
      expect((await w.vault.collateralAt(0n))[1].cap).to.equal(7n);
      await expect(governance.execute(target, data))
        .to.be.revertedWithCustomError(governance, "AccessManagerNotScheduled")
        .withArgs(operation);
      await governance.schedule(target, data, 0n);
      await mineAt(w, (await now(w)) + RISK_DELAY);
      await governance.execute(target, data);
    });

    it("cannot be scheduled for an earlier time, and lapses a week after its own", async () => {
      const { w, riskAdmin, target, data } = await sealedWorld();
      const governance = w.governance.connect(riskAdmin);
      await expect(
        governance.schedule(target, data, (await now(w)) + RISK_DELAY - 10n),
      ).to.be.revertedWithCustomError(governance, "AccessManagerUnauthorizedCall");
      await governance.schedule(target, data, 0n);
      await mineAt(w, (await now(w)) + RISK_DELAY + WEEK);
      await expect(governance.execute(target, data)).to.be.revertedWithCustomError(
        governance,
        "AccessManagerExpired",
      );
    });

    it("the guardian cancels, and somebody without a role does not", async () => {
      const { w, riskAdmin, steward, target, data } = await sealedWorld();
      const deployment = w.governance;
      await deployment.connect(riskAdmin).schedule(target, data, 0n);
      for (const stranger of [w.stranger, steward]) {
        await expect(
          deployment.connect(stranger).cancel(riskAdmin, target, data),
        ).to.be.revertedWithCustomError(deployment, "AccessManagerUnauthorizedCancel");
      }
      await deployment.connect(w.guardian).cancel(riskAdmin, target, data);
      await mineAt(w, (await now(w)) + RISK_DELAY);
      await expect(deployment.connect(riskAdmin).execute(target, data)).to.be.revertedWithCustomError(
        deployment,
        "AccessManagerNotScheduled",
      );
    });

    it("consumes a schedule only while it is called", async () => {
      const { w, riskAdmin, target, data } = await sealedWorld();
      await w.governance.connect(riskAdmin).schedule(target, data, 0n);
      await mineAt(w, (await now(w)) + RISK_DELAY);
      expect(await w.configurator.isConsumingScheduledOp()).to.equal("0x00000000");
      expect(await w.clock.isConsumingScheduledOp()).to.equal("0x00000000");
      await expect(w.governance.consumeScheduledOp(riskAdmin, data)).to.be.revert(w.ethers);
      expect(await w.configurator.authority()).to.equal(await w.governance.getAddress());
    });
  });

  describe("what the steward does at once", () => {
    it("lowers a cap, an initial weight and the borrow cap", async () => {
      const { w, steward } = await sealedWorld();
      const configurator = w.configurator.connect(steward);
      await configurator.lowerCap(w.vault, asset(w), STRONG.cap - 1n);
      await configurator.lowerInitialWeight(w.vault, asset(w), STRONG.initialBps - 1n);
      await configurator.lowerBorrowCap(w.vault, NO_CAP - 1n);
      const [, terms] = await w.vault.collateralAt(0n);
      expect(terms).to.deep.equal(
        Object.values({ ...STRONG, initialBps: STRONG.initialBps - 1n, cap: STRONG.cap - 1n }),
      );
      expect(await w.vault.borrowCap()).to.equal(NO_CAP - 1n);
    });

    it("raises nothing, and sets nothing to what it is", async () => {
      const { w, steward } = await sealedWorld();
      const configurator = w.configurator.connect(steward);
      await configurator.lowerCap(w.vault, asset(w), 7n);
      await configurator.lowerBorrowCap(w.vault, 7n);
      for (const more of [0n, 1n]) {
        for (const [refused, present] of [
          [configurator.lowerCap(w.vault, asset(w), 7n + more), 7n],
          [configurator.lowerInitialWeight(w.vault, asset(w), STRONG.initialBps + more), STRONG.initialBps],
          [configurator.lowerBorrowCap(w.vault, 7n + more), 7n],
        ] as const) {
          await expect(refused)
            .to.be.revertedWithCustomError(configurator, "NotLower")
            .withArgs(present + more, present);
        }
      }
      await expect(configurator.lowerInitialWeight(w.vault, asset(w), 0n))
        .to.be.revertedWithCustomError(configurator, "WeightsOutOfOrder")
        .withArgs(0n, STRONG.maintenanceBps, STRONG.liquidationBps);
      await expect(configurator.lowerCap(w.vault, w.quoteAddress, 0n))
        .to.be.revertedWithCustomError(configurator, "NotListed")
        .withArgs(w.vault, w.quoteAddress);
    });

    it("stops borrowing and leaves every way out", async () => {
      const { w, steward } = await sealedWorld();
      const account = await openPosition(w, { debt: w.usd(1_000n) });
      const configurator = w.configurator.connect(steward);
      await configurator.lowerBorrowCap(w.vault, 0n);
      await configurator.lowerCap(w.vault, asset(w), 0n);
      await configurator.lowerInitialWeight(w.vault, asset(w), 1n);
      const vault = w.vault.connect(w.trader);
      await expect(vault.borrow(account, 1n, w.trader)).to.be.revert(w.ethers);
      await vault.depositCollateral(account, asset(w), 1n);
      await vault.repay(account, MAX_UINT);
      await vault.withdrawCollateral(account, asset(w), MAX_UINT, w.trader);
      const lender = w.vault.connect(w.lender);
      await lender.redeem(await w.vault.maxRedeem(w.lender), w.lender, w.lender);
    });
  });

  describe("bounds that no role moves (I-37)", () => {
    it("a delay is between a day (three for the admin) and thirty", async () => {
      const { w, admin } = await sealedWorld();
      const governance = w.governance.connect(admin);
      const unheardOf = 77n;
      for (const [role, minimum] of [
        [ROLE.admin, BigInt(MIN_DELAY_SECONDS.admin)],
        [ROLE.riskAdmin, BigInt(MIN_DELAY_SECONDS.riskAdmin)],
        [unheardOf, BigInt(MIN_DELAY_SECONDS.riskAdmin)],
        [ROLE.guardian, 0n],
        [ROLE.riskSteward, 0n],
      ] as const) {
        for (const delay of [minimum - 1n, 30n * DAY + 1n]) {
          if (delay < 0n) continue;
          await expect(governance.grantRole(role, w.stranger, delay))
            .to.be.revertedWithCustomError(governance, "DelayOutOfRange")
            .withArgs(role, delay, minimum, 30n * DAY);
        }
        for (const delay of [minimum, 30n * DAY]) {
          const data = governance.interface.encodeFunctionData("grantRole", [
            role,
            w.stranger.address,
            delay,
          ]);
          await governance.schedule(governance, data, 0n);
          await mineAt(w, (await now(w)) + ADMIN_DELAY);
          await governance.execute(governance, data);
          expect(await governance.hasRole(role, w.stranger)).to.deep.equal([true, delay]);
          const back = governance.interface.encodeFunctionData("revokeRole", [role, w.stranger.address]);
          await governance.schedule(governance, back, 0n);
          await mineAt(w, (await now(w)) + ADMIN_DELAY);
          await governance.execute(governance, back);
        }
      }
    });

    it("nothing but what is safe goes without a delay, whoever maps it, in a multicall or not", async () => {
      const { w, admin, target } = await sealedWorld();
      const governance = w.governance.connect(admin);
      const slow = selector("setCap(address,address,uint128)");
      for (const role of [ROLE.riskSteward, ROLE.guardian, PUBLIC_ROLE]) {
        await expect(governance.setTargetFunctionRole(target, [slow], role))
          .to.be.revertedWithCustomError(governance, "FunctionNotForRole")
          .withArgs(slow, role);
        const call = governance.interface.encodeFunctionData("setTargetFunctionRole", [target, [slow], role]);
        await expect(governance.multicall([call]))
          .to.be.revertedWithCustomError(governance, "FunctionNotForRole")
          .withArgs(slow, role);
      }
      const quick = selector("lowerCap(address,address,uint128)");
      await expect(governance.setTargetFunctionRole(target, [quick], PUBLIC_ROLE))
        .to.be.revertedWithCustomError(governance, "FunctionNotForRole")
        .withArgs(quick, PUBLIC_ROLE);
    });

    it("what is governed stays governed", async () => {
      const { w, admin, target } = await sealedWorld();
      await expect(w.governance.connect(admin).updateAuthority(target, w.vault))
        .to.be.revertedWithCustomError(w.governance, "AuthorityFixed")
        .withArgs(target);
    });

    it("what is governed stays governed, also by `schedule` and `execute`, before it is sealed and after", async () => {
      for (const isSealed of [false, true]) {
        const w = await loadWorld();
        if (isSealed) await w.governance.seal(w.keeper, ADMIN_DELAY, w.lender, RISK_DELAY);
        const governance = w.governance.connect(isSealed ? w.keeper : w.owner);
        for (const contract of [w.configurator, w.clock]) {
          const target = await contract.getAddress();
          const data = w.configurator.interface.encodeFunctionData("setAuthority", [w.vaultAddress]);
          for (const attempt of [governance.execute(target, data), governance.schedule(target, data, 0n)]) {
            await expect(attempt).to.be.revertedWithCustomError(governance, "AccessManagerUnauthorizedCall");
          }
          expect(await contract.authority()).to.equal(await w.governance.getAddress());
        }
      }
    });

    it("no role looks after another but the admin, and not everybody cancels", async () => {
      const { governance } = await loadWorld();
      for (const role of [PUBLIC_ROLE, ROLE.guardian, 77n]) {
        await expect(governance.setRoleAdmin(ROLE.riskAdmin, role))
          .to.be.revertedWithCustomError(governance, "RoleNotAllowed")
          .withArgs(role);
      }
      await governance.setRoleAdmin(ROLE.riskAdmin, ROLE.admin);
      await expect(governance.setRoleGuardian(ROLE.riskAdmin, PUBLIC_ROLE))
        .to.be.revertedWithCustomError(governance, "RoleNotAllowed")
        .withArgs(PUBLIC_ROLE);
    });

    it("nobody is made to wait longer than the longest delay by delays of grants and targets", async () => {
      const w = await loadWorld();
      const longest = 30n * DAY;
      for (const tooLong of [longest + 1n, 2n ** 32n - 1n]) {
        for (const attempt of [
          () => w.governance.setGrantDelay(ROLE.admin, tooLong),
          () => w.governance.setTargetAdminDelay(w.configurator, tooLong),
        ]) {
          await expect(attempt()).to.be.revertedWithCustomError(w.governance, "DelayOutOfRange");
        }
      }
      await w.governance.setGrantDelay(ROLE.admin, longest);
      await w.governance.setTargetAdminDelay(w.configurator, longest);
    });

    it("hold for the deployer too, but for risk admin until it is sealed", async () => {
      const w = await loadWorld();
      for (const [role, who] of [
        [ROLE.riskAdmin, w.stranger],
        [ROLE.admin, w.stranger],
        [77n, w.owner],
      ] as const) {
        await expect(w.governance.grantRole(role, who, 0n)).to.be.revertedWithCustomError(
          w.governance,
          "DelayOutOfRange",
        );
      }
    });
  });

  describe("seal", () => {
    it("is no way back for a deployer who has handed over by hand, and leaves somebody to govern", async () => {
      const w = await loadWorld();
      const zero = w.ethers.ZeroAddress;
      for (const [admin, riskAdmin] of [
        [zero, w.lender.address],
        [w.keeper.address, zero],
      ] as const) {
        await expect(
          w.governance.seal(admin, ADMIN_DELAY, riskAdmin, RISK_DELAY),
        ).to.be.revertedWithCustomError(w.governance, "ZeroAddress");
      }
      await w.governance.grantRole(ROLE.admin, w.keeper, ADMIN_DELAY);
      await w.governance.renounceRole(ROLE.admin, w.owner);
      await expect(w.governance.seal(w.stranger, ADMIN_DELAY, w.stranger, RISK_DELAY))
        .to.be.revertedWithCustomError(w.governance, "NotDeployer")
        .withArgs(w.owner.address);
    });

    it("takes the deployer's powers, also where they are who gets them back with a delay", async () => {
      const w = await loadWorld();
      expect([await w.governance.isSealed(), await w.governance.deployer()]).to.deep.equal([
        false,
        w.owner.address,
      ]);
      const sealed = await eventOf(
        w.governance.seal(w.owner, ADMIN_DELAY, w.owner, RISK_DELAY),
        w.governance,
        "Sealed",
      );
      expect(sealed).to.deep.equal({ admin: w.owner.address, riskAdmin: w.owner.address });
      expect(await w.governance.isSealed()).to.equal(true);
      expect(await w.governance.hasRole(ROLE.admin, w.owner)).to.deep.equal([true, ADMIN_DELAY]);
      expect(await w.governance.hasRole(ROLE.riskAdmin, w.owner)).to.deep.equal([true, RISK_DELAY]);
      await expect(w.configurator.setCap(w.vault, asset(w), 7n)).to.be.revertedWithCustomError(
        w.governance,
        "AccessManagerNotScheduled",
      );
      await expect(w.governance.grantRole(ROLE.riskAdmin, w.owner, 0n)).to.be.revertedWithCustomError(
        w.governance,
        "DelayOutOfRange",
      );
    });

    it("is the deployer's, once, and within the bounds", async () => {
      const w = await loadWorld();
      await expect(w.governance.connect(w.stranger).seal(w.owner, ADMIN_DELAY, w.owner, RISK_DELAY))
        .to.be.revertedWithCustomError(w.governance, "NotDeployer")
        .withArgs(w.stranger);
      for (const [adminDelay, riskDelay] of [
        [3n * DAY - 1n, RISK_DELAY],
        [ADMIN_DELAY, DAY - 1n],
        [30n * DAY + 1n, RISK_DELAY],
        [ADMIN_DELAY, 30n * DAY + 1n],
      ] as const) {
        await expect(
          w.governance.seal(w.owner, adminDelay, w.owner, riskDelay),
        ).to.be.revertedWithCustomError(w.governance, "DelayOutOfRange");
      }
      await w.governance.seal(w.owner, 3n * DAY, w.owner, DAY);
      await expect(w.governance.seal(w.owner, 3n * DAY, w.owner, DAY))
        .to.be.revertedWithCustomError(w.governance, "AlreadySealed")
        .withArgs();
    });
  });

  it("has a role for every function of configurator and clock that asks for one: the lists are the ABI's (C-46)", async () => {
    const w = await loadWorld();
    const open = ["poke", "sync", "setAuthority"];
    for (const [contract, roles] of [
      [w.configurator, CONFIGURATOR_ROLES],
      [w.clock, CLOCK_ROLES],
    ] as const) {
      const inAbi: string[] = [];
      contract.interface.forEachFunction(({ name, stateMutability }) => {
        if (stateMutability === "nonpayable" && !open.includes(name)) inAbi.push(name);
      });
      const signatures = Object.keys(roles);
      expect(
        signatures.map((each) => contract.interface.getFunction(each as never).name).sort(),
      ).to.deep.equal(inAbi.sort());
    }
  });
});
