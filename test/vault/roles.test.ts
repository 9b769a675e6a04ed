import { expect } from "chai";
import type { BaseContract } from "ethers";
import { artifacts } from "hardhat";
import type { AccountId } from "../../sdk/accountId.ts";
import type { StubbornGauge, UptimeClock } from "../../types/index.ts";
import { Permission } from "./support/authority.ts";
import { openPosition } from "./support/position.ts";
import { deploy, deployVault, loadWorld, MAX_UINT, STRONG, type World } from "./support/world.ts";
import { NO_GUARD } from "../../scripts/deploy/plan.ts";

/** Whoever could think that they may do something, and an address that nobody holds the key of. */
const ROLES = [
  "owner",
  "guardian",
  "configurator",
  "vault",
  "clock",
  "trader",
  "operator",
  "improver",
  "lender",
  "keeper",
  "feeRecipient",
  "stranger",
  "nobody",
] as const;
type Role = (typeof ROLES)[number];

interface Scene {
  w: World;
  id: AccountId;
  gauge: StubbornGauge;
  addresses: Record<Role, string>;
}

interface Privilege {
  on: "vault" | "configurator" | "clock" | "authority";
  name: string;
  args: (s: Scene) => unknown[];
  /** Who may. */
  may: readonly Role[];
  /** What everybody else gets. */
  error: string;
}

async function scene(): Promise<Scene> {
  const w = await loadWorld();
  const id = await openPosition(w, { debt: w.usd(1_000n) });
  const signers = await w.ethers.getSigners();
  const [operator, improver] = [signers[10]!, signers[11]!];
  await w.authority.connect(w.trader).setOperator(operator, Permission.Everything);
  await w.authority.connect(w.trader).setOperator(improver, Permission.Improve);
  const addresses: Record<Role, string> = {
    owner: w.owner.address,
    guardian: w.guardian.address,
    configurator: await w.configurator.getAddress(),
    vault: w.vaultAddress,
    clock: await w.clock.getAddress(),
    trader: w.trader.address,
    operator: operator.address,
    improver: improver.address,
    lender: w.lender.address,
    keeper: w.keeper.address,
    feeRecipient: w.feeRecipient.address,
    stranger: w.stranger.address,
    nobody: w.ethers.ZeroAddress,
  };
  const gauge = await deploy<StubbornGauge>(w.ethers, "StubbornGauge");
  return { w, id, gauge, addresses };
}

const NO_BRAKE = { burst: 0n, perHour: 0n };
const eth = (s: Scene) => s.w.collaterals[0]!.address;
const ofConfigurator = { on: "vault", may: ["configurator"], error: "NotConfigurator" } as const;
const ofOwner = { on: "configurator", may: ["owner"], error: "OwnableUnauthorizedAccount" } as const;
const ofClockOwner = { ...ofOwner, on: "clock" } as const;
const ofGuardian = { on: "clock", may: ["guardian"], error: "NotGuardian" } as const;
const ofTrader = { on: "vault", may: ["trader", "operator"], error: "NotAuthorized" } as const;

const privileges: Privilege[] = [
  { ...ofConfigurator, name: "listCollateral", args: (s) => [s.addresses.stranger, STRONG] },
  { ...ofConfigurator, name: "setCollateralTerms", args: (s) => [eth(s), STRONG] },
  { ...ofConfigurator, name: "setBrake", args: (s) => [eth(s), NO_BRAKE] },
  { ...ofConfigurator, name: "setOracle", args: (s) => [s.w.oracle] },
  { ...ofConfigurator, name: "setRiskTerms", args: (s) => [s.w.risk] },
  { ...ofConfigurator, name: "setBorrowCap", args: () => [1n] },
  { ...ofConfigurator, name: "setFee", args: (s) => [1n, s.addresses.stranger] },
  { ...ofTrader, name: "borrow", args: (s) => [s.id, s.w.usd(1n), s.addresses.stranger] },
  { ...ofTrader, name: "withdrawCollateral", args: (s) => [s.id, eth(s), 1n, s.addresses.stranger] },
  { ...ofOwner, name: "listCollaterals", args: (s) => [s.w.vault, [], s.w.oracle] },
  { ...ofOwner, name: "setCap", args: (s) => [s.w.vault, eth(s), 1n] },
  { ...ofOwner, name: "setInitialWeight", args: (s) => [s.w.vault, eth(s), 1_000n] },
  { ...ofOwner, name: "setVolatility", args: (s) => [s.w.vault, eth(s), s.gauge, 1n, 1n] },
  { ...ofOwner, name: "setBrake", args: (s) => [s.w.vault, eth(s), NO_BRAKE] },
  { ...ofOwner, name: "setOracle", args: (s) => [s.w.vault, s.w.oracle] },
  { ...ofOwner, name: "setRiskTerms", args: (s) => [s.w.vault, s.w.risk] },
  { ...ofOwner, name: "setBorrowCap", args: (s) => [s.w.vault, 1n] },
  { ...ofOwner, name: "setFee", args: (s) => [s.w.vault, 1n, s.addresses.stranger] },
  { ...ofOwner, name: "transferOwnership", args: (s) => [s.addresses.stranger] },
  { ...ofOwner, name: "renounceOwnership", args: () => [] },
  { ...ofOwner, name: "acceptOwnership", args: () => [], may: ["stranger"] },
  { ...ofClockOwner, name: "setGuardian", args: (s) => [s.addresses.stranger] },
  { ...ofClockOwner, name: "transferOwnership", args: (s) => [s.addresses.stranger] },
  { ...ofClockOwner, name: "renounceOwnership", args: () => [] },
  { ...ofClockOwner, name: "acceptOwnership", args: () => [], may: ["stranger"] },
  { ...ofGuardian, name: "pause", args: () => [0, 60n] },
  { ...ofGuardian, name: "unpause", args: () => [0] },
  {
    on: "authority",
    name: "setAccountOperator",
    args: (s) => [s.id, s.addresses.stranger, Permission.Everything],
    may: ["trader"],
    error: "NotOwner",
  },
];

/** What anybody may do: nothing in it is somebody else's, or it only improves, or it needs their signature. */
const OPEN: Record<Privilege["on"], string[]> = {
  vault: [
    ...["depositCollateral", "repay", "cure", "openCall", "openCalls", "closeCall", "closeCalls"],
    ...["liquidate", "liquidateMany", "bookLoss", "defer", "accrue", "bookFee"],
    ...["deposit", "mint", "withdraw", "redeem", "approve", "transfer", "transferFrom"],
  ],
  configurator: ["poke"],
  clock: ["sync"],
  authority: ["setOperator", "setOperatorWithSig", "setAccountOperatorWithSig", "invalidateNonce"],
};

/** Calls `name` as `from`, without their key. */
function callAs(s: Scene, { on, name, args }: Privilege, from: string): Promise<unknown> {
  const contract: BaseContract = s.w[on].connect(s.w.ethers.provider);
  return contract.getFunction(name).staticCall(...args(s), { from });
}

describe("each privileged function, from each role and from nobody (I-37)", () => {
  for (const privilege of privileges) {
    const { on, name, may, error } = privilege;
    it(`${on}.${name} is for ${may.join(" and ")} (C-46)`, async () => {
      const s = await scene();
      for (const contract of [s.w.configurator, s.w.clock]) await contract.transferOwnership(s.w.stranger);
      if (name === "unpause") await s.w.clock.connect(s.w.guardian).pause(0, 60n);
      for (const role of ROLES) {
        const called = callAs(s, privilege, s.addresses[role]);
        if (may.includes(role)) await called;
        else await expect(called, role).to.be.revertedWithCustomError(s.w[on], error);
      }
    });
  }

  it("is one of these, or open to anybody: the lists are the ABI's (C-46)", async () => {
    const { w } = await scene();
    for (const on of ["vault", "configurator", "clock", "authority"] as const) {
      const named = privileges.filter((each) => each.on === on).map(({ name }) => name);
      const inAbi: string[] = [];
      w[on].interface.forEachFunction(({ name, stateMutability }) => {
        if (stateMutability === "nonpayable") inAbi.push(name);
      });
      expect([...named, ...OPEN[on]].sort(), on).to.deep.equal(inAbi.sort());
    }
  });
});

describe("what is deployed", () => {
  it("has nothing that initialises it, once or twice (C-47)", async () => {
    const { w } = await scene();
    for (const contract of [w.vault, w.configurator, w.clock, w.authority, w.oracle, w.model]) {
      const { fragments } = contract.interface as BaseContract["interface"];
      const names = fragments.filter((each) => each.type === "function").map((each) => each.format());
      expect(names.filter((name) => /initiali[sz]e|upgrade|proxy|implementation/i.test(name))).to.deep.equal(
        [],
      );
    }
  });

  it("has libraries that refuse to be called by themselves (C-47)", async () => {
    for (const name of ["CallLogic", "LiquidationLogic", "DeferralLogic", "SettingsLogic"]) {
      const { deployedBytecode } = await artifacts.readArtifact(name);
      // PUSH20 of its own address, put in at deployment; ADDRESS; EQ: solc's guard of state-changing functions.
      expect(deployedBytecode, name).to.match(/^0x730{40}3014/);
    }
  });

  it("refuses zeros where it needs somebody (C-47)", async () => {
    const { w } = await scene();
    const zero = w.ethers.ZeroAddress;
    for (const place of ["quote", "model", "configurator", "authority", "clock"] as const) {
      const made = deployVault(w.ethers, { ...w, [place]: zero });
      await expect(made, place).to.be.revertedWithCustomError(w.vault, "ZeroAddress");
    }
    await expect(deploy(w.ethers, "RiskConfigurator", [zero]))
      .to.be.revertedWithCustomError(w.configurator, "OwnableInvalidOwner")
      .withArgs(zero);
    await expect(deploy(w.ethers, "UptimeClock", [zero, w.guardian, zero, 900n]))
      .to.be.revertedWithCustomError(w.clock, "OwnableInvalidOwner")
      .withArgs(zero);
    const feed = {
      asset: eth({ w } as Scene),
      feed: zero,
      maxAgeSeconds: 1n,
      deadAgeSeconds: 2n,
      guard: NO_GUARD,
    };
    await expect(deploy(w.ethers, "ChainlinkOracle", [w.quote, zero, 1n, []]))
      .to.be.revertedWithCustomError(w.oracle, "FeedUnusable")
      .withArgs(w.quoteAddress, zero);
    await expect(deploy(w.ethers, "ChainlinkOracle", [w.quote, w.quoteFeed, 1n, [feed]]))
      .to.be.revertedWithCustomError(w.oracle, "FeedUnusable")
      .withArgs(feed.asset, zero);
  });

  it("without a guardian cannot be paused, and with a guardian of zero neither (C-47)", async () => {
    const { w } = await scene();
    const zero = w.ethers.ZeroAddress;
    const clock = await deploy<UptimeClock>(w.ethers, "UptimeClock", [w.owner, zero, zero, 900n]);
    await expect(clock.connect(w.guardian).pause(0, 60n))
      .to.be.revertedWithCustomError(clock, "NotGuardian")
      .withArgs(w.guardian);
  });
});

describe("an owner that is gone", () => {
  it("having renounced, leaves a vault that nobody can change and everybody can use (C-48)", async () => {
    const s = await scene();
    const { w, id } = s;
    await w.configurator.renounceOwnership();
    await w.clock.renounceOwnership();
    for (const privilege of privileges.filter(({ error }) => error === ofOwner.error)) {
      // The owner is now the zero address, whose key nobody has.
      for (const role of ROLES.filter((each) => each !== "nobody")) {
        const called = callAs(s, privilege, s.addresses[role]);
        await expect(called).to.be.revertedWithCustomError(s.w[privilege.on], ofOwner.error);
      }
    }
    await w.clock.connect(w.guardian).pause(0, 60n);
    const vault = w.vault.connect(w.trader);
    await vault.borrow(id, w.usd(10n), w.trader);
    await vault.repay(id, MAX_UINT);
    await vault.withdrawCollateral(id, eth(s), MAX_UINT, w.trader);
    await w.vault.connect(w.lender).redeem(await w.vault.maxRedeem(w.lender), w.lender, w.lender);
  });

  it("stays while the new one has not accepted, and can name another (C-48)", async () => {
    const { w } = await scene();
    for (const contract of [w.configurator, w.clock]) {
      await contract.transferOwnership(w.stranger);
      expect([await contract.owner(), await contract.pendingOwner()]).to.deep.equal([
        w.owner.address,
        w.stranger.address,
      ]);
      await contract.transferOwnership(w.keeper);
      await expect(contract.connect(w.stranger).acceptOwnership())
        .to.be.revertedWithCustomError(contract, "OwnableUnauthorizedAccount")
        .withArgs(w.stranger);
      await contract.connect(w.keeper).acceptOwnership();
      expect(await contract.owner()).to.equal(w.keeper.address);
    }
  });
});
