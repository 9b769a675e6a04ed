import { expect } from "chai";
import type { BaseContract } from "ethers";
import { artifacts } from "hardhat";
import type { AccountId } from "../../sdk/accountId.ts";
import { ROLE } from "../../sdk/governance.ts";
import type { StubbornGauge } from "../../types/index.ts";
import { Permission } from "./support/authority.ts";
import { mineAt, now } from "./support/clock.ts";
import { openPosition } from "./support/position.ts";
import { deploy, deployVault, loadWorld, MAX_UINT, STRONG, type World } from "./support/world.ts";
import { NO_GUARD } from "../../scripts/deploy/plan.ts";

/** Whoever could think that they may do something, and an address that nobody holds the key of. */
const ROLES = [
  "deployer",
  "riskAdmin",
  "steward",
  "guardian",
  "admin",
  "governance",
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
  on: "vault" | "configurator" | "clock" | "authority" | "governance";
  name: string;
  args: (s: Scene) => unknown[];
  /** Who may. */
  may: readonly Role[];
  /** How long they wait between scheduling and doing it. */
  delaySeconds?: bigint;
  /** What everybody else gets. */
  error: string;
}

const DAY = 86_400n;
const RISK_DELAY = 2n * DAY;
const ADMIN_DELAY = 5n * DAY;

async function scene(): Promise<Scene> {
  const w = await loadWorld();
  const id = await openPosition(w, { debt: w.usd(1_000n) });
  const signers = await w.ethers.getSigners();
  const [operator, improver, riskAdmin, steward, admin] = signers.slice(10, 15);
  await w.governance.revokeRole(ROLE.riskSteward, w.owner);
  await w.governance.grantRole(ROLE.riskSteward, steward!, 0n);
  await w.governance.seal(admin!, ADMIN_DELAY, riskAdmin!, RISK_DELAY);
  await w.authority.connect(w.trader).setOperator(operator!, Permission.Everything);
  await w.authority.connect(w.trader).setOperator(improver!, Permission.Improve);
  const addresses: Record<Role, string> = {
    deployer: w.owner.address,
    riskAdmin: riskAdmin!.address,
    steward: steward!.address,
    guardian: w.guardian.address,
    admin: admin!.address,
    governance: await w.governance.getAddress(),
    configurator: await w.configurator.getAddress(),
    vault: w.vaultAddress,
    clock: await w.clock.getAddress(),
    trader: w.trader.address,
    operator: operator!.address,
    improver: improver!.address,
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
const governed = { error: "AccessManagedUnauthorized" } as const;
const ofRiskAdmin = {
  ...governed,
  on: "configurator",
  may: ["riskAdmin"],
  delaySeconds: RISK_DELAY,
} as const;
const ofSteward = { ...governed, on: "configurator", may: ["steward"] } as const;
const ofGuardian = { ...governed, on: "clock", may: ["guardian"] } as const;
const ofGovernance = { ...governed, name: "setAuthority", may: ["governance"] } as const;
const ofAdmin = {
  on: "governance",
  may: ["admin"],
  delaySeconds: ADMIN_DELAY,
  error: "AccessManagerUnauthorizedAccount",
} as const;
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
  { ...ofRiskAdmin, name: "listCollaterals", args: (s) => [s.w.vault, [], s.w.oracle] },
  { ...ofRiskAdmin, name: "setCap", args: (s) => [s.w.vault, eth(s), 1n] },
  { ...ofRiskAdmin, name: "setInitialWeight", args: (s) => [s.w.vault, eth(s), 1_000n] },
  { ...ofRiskAdmin, name: "setMaintenanceWeight", args: (s) => [s.w.vault, eth(s), 8_000n] },
  { ...ofRiskAdmin, name: "setLiquidationWeight", args: (s) => [s.w.vault, eth(s), 8_700n] },
  { ...ofRiskAdmin, name: "correctOracle", args: (s) => [s.w.vault, s.w.oracle, [0n, 0n], 1n] },
  { ...ofRiskAdmin, name: "setVolatility", args: (s) => [s.w.vault, eth(s), s.gauge, 1n, 1n] },
  { ...ofRiskAdmin, name: "setBrake", args: (s) => [s.w.vault, eth(s), NO_BRAKE] },
  { ...ofRiskAdmin, name: "setOracle", args: (s) => [s.w.vault, s.w.oracle] },
  { ...ofRiskAdmin, name: "setRiskTerms", args: (s) => [s.w.vault, s.w.risk] },
  { ...ofRiskAdmin, name: "setBorrowCap", args: (s) => [s.w.vault, 1n] },
  { ...ofRiskAdmin, name: "setFee", args: (s) => [s.w.vault, 1n, s.addresses.stranger] },
  { ...ofSteward, name: "lowerCap", args: (s) => [s.w.vault, eth(s), 1n] },
  { ...ofSteward, name: "lowerInitialWeight", args: (s) => [s.w.vault, eth(s), 1_000n] },
  { ...ofSteward, name: "lowerBorrowCap", args: (s) => [s.w.vault, 1n] },
  { ...ofGovernance, on: "configurator", args: (s) => [s.w.vault] },
  { ...ofGovernance, on: "clock", args: (s) => [s.w.vault] },
  { ...ofAdmin, name: "grantRole", args: (s) => [ROLE.guardian, s.addresses.stranger, 0n] },
  { ...ofAdmin, name: "revokeRole", args: (s) => [ROLE.guardian, s.addresses.guardian] },
  { ...ofAdmin, name: "labelRole", args: () => [ROLE.guardian, "guardian"] },
  { ...ofAdmin, name: "setRoleAdmin", args: () => [ROLE.guardian, ROLE.admin] },
  { ...ofAdmin, name: "setRoleGuardian", args: () => [ROLE.guardian, 9n] },
  { ...ofAdmin, name: "setGrantDelay", args: () => [ROLE.guardian, 60n] },
  { ...ofAdmin, name: "setTargetFunctionRole", args: (s) => [s.w.vault, ["0x12345678"], 9n] },
  { ...ofAdmin, name: "setTargetAdminDelay", args: (s) => [s.w.vault, 60n] },
  { ...ofAdmin, name: "setTargetClosed", args: (s) => [s.w.vault, true] },
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
  // Each asks for the role of what is scheduled, executed or cancelled; `seal` works once, for the deployer.
  governance: ["schedule", "cancel", "consumeScheduledOp", "multicall", "renounceRole", "seal"],
  authority: ["setOperator", "setOperatorWithSig", "setAccountOperatorWithSig", "invalidateNonce"],
};

/** Calls `name` as `from`, without their key. */
function callAs(s: Scene, { on, name, args }: Privilege, from: string): Promise<unknown> {
  const contract: BaseContract = s.w[on].connect(s.w.ethers.provider);
  return contract.getFunction(name).staticCall(...args(s), { from });
}

/** Schedules what `may` may, and waits until it can be done. */
async function passDelay(s: Scene, privilege: Privilege): Promise<void> {
  const { on, name, args, may, delaySeconds } = privilege;
  if (delaySeconds === undefined) return;
  const contract: BaseContract = s.w[on];
  const { data } = await contract.getFunction(name).populateTransaction(...args(s));
  const signer = await s.w.ethers.getSigner(s.addresses[may[0]!]);
  await s.w.governance.connect(signer).schedule(contract, data, 0n);
  await mineAt(s.w, (await now(s.w)) + delaySeconds);
}

describe("each privileged function, from each role and from nobody (I-37)", () => {
  for (const privilege of privileges) {
    const { on, name, may, delaySeconds, error } = privilege;
    const wait = delaySeconds === undefined ? "" : `, ${delaySeconds / DAY} days after scheduling it`;
    it(`${on}.${name} is for ${may.join(" and ")}${wait} (C-46)`, async () => {
      const s = await scene();
      if (name === "unpause") await s.w.clock.connect(s.w.guardian).pause(0, 60n);
      if (delaySeconds !== undefined) {
        await expect(callAs(s, privilege, s.addresses[may[0]!])).to.be.revertedWithCustomError(
          s.w.governance,
          "AccessManagerNotScheduled",
        );
      }
      await passDelay(s, privilege);
      for (const role of ROLES) {
        const called = callAs(s, privilege, s.addresses[role]);
        if (may.includes(role)) await called;
        else await expect(called, role).to.be.revertedWithCustomError(s.w[on], error);
      }
    });
  }

  it("is one of these, or open to anybody: the lists are the ABI's (C-46)", async () => {
    const { w } = await scene();
    for (const on of ["vault", "configurator", "clock", "authority", "governance"] as const) {
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
    for (const nobody of [zero, w.stranger.address]) {
      await expect(deploy(w.ethers, "RiskConfigurator", [nobody]))
        .to.be.revertedWithCustomError(w.configurator, "AccessManagedInvalidAuthority")
        .withArgs(nobody);
      await expect(deploy(w.ethers, "UptimeClock", [nobody, zero, 900n]))
        .to.be.revertedWithCustomError(w.clock, "AccessManagedInvalidAuthority")
        .withArgs(nobody);
    }
    await expect(deploy(w.ethers, "Governance", [zero]))
      .to.be.revertedWithCustomError(w.governance, "AccessManagerInvalidInitialAdmin")
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
});

describe("roles that are gone", () => {
  it("having been renounced, leave a vault that nobody can change and everybody can use (C-48)", async () => {
    const s = await scene();
    const { w, id } = s;
    for (const [role, name] of [
      [ROLE.admin, "admin"],
      [ROLE.riskAdmin, "riskAdmin"],
      [ROLE.riskSteward, "steward"],
      [ROLE.guardian, "guardian"],
    ] as const) {
      const member = await w.ethers.getSigner(s.addresses[name]);
      await expect(w.governance.connect(member).renounceRole(role, w.stranger))
        .to.be.revertedWithCustomError(w.governance, "AccessManagerBadConfirmation")
        .withArgs();
      await w.governance.connect(member).renounceRole(role, member);
    }
    for (const privilege of privileges) {
      if (privilege.error !== governed.error && privilege.error !== ofAdmin.error) continue;
      // The governance itself never calls `setAuthority`: it lets nobody through to it.
      for (const role of ROLES.filter((each) => each !== "governance")) {
        const called = callAs(s, privilege, s.addresses[role]);
        await expect(called).to.be.revertedWithCustomError(s.w[privilege.on], privilege.error);
      }
    }
    const vault = w.vault.connect(w.trader);
    await vault.borrow(id, w.usd(10n), w.trader);
    await vault.repay(id, MAX_UINT);
    await vault.withdrawCollateral(id, eth(s), MAX_UINT, w.trader);
    await w.vault.connect(w.lender).redeem(await w.vault.maxRedeem(w.lender), w.lender, w.lender);
  });

  it("can be cut off by closing what they govern, which stops neither vault nor clock (C-48)", async () => {
    const s = await scene();
    const { w, id } = s;
    const close = { ...ofAdmin, name: "setTargetClosed", args: () => [s.addresses.clock, true] };
    await passDelay(s, close);
    const admin = await w.ethers.getSigner(s.addresses.admin);
    await w.governance.connect(admin).setTargetClosed(w.clock, true);
    await expect(w.clock.connect(w.guardian).pause(0, 60n))
      .to.be.revertedWithCustomError(w.clock, "AccessManagedUnauthorized")
      .withArgs(w.guardian);
    await w.clock.sync();
    await w.vault.connect(w.trader).repay(id, MAX_UINT);
  });
});
