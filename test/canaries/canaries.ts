/** A planted bug: one passage of one contract, replaced. */
export interface Canary {
  readonly name: string;
  /** What it stands for: an incident, or what an ancestor of the margin call got wrong. */
  readonly after: string;
  /** Below contracts/. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** Each must be found by the campaign; where one no longer fits, the contract has changed and it must be planted anew. */
export const CANARIES: readonly Canary[] = [
  {
    name: "withdrawal without a check",
    after: "Euler v1, 2023: a way to take collateral out without a health check",
    file: "MarginVault.sol",
    find: "_requireSound(id, account);\n        IERC20(token).safeTransfer(to, amount);",
    replace: "IERC20(token).safeTransfer(to, amount);",
  },
  {
    name: "liquidation in a deferral",
    after: "Euler v1, 2023: self-liquidation of an account whose check is put off",
    file: "libraries/Deferral.sol",
    find: "return isActive() && _entryOf(id).asUint256().tload() != 0;",
    replace: "return isActive() && _entryOf(id).asUint256().tload() == 1;",
  },
  {
    name: "deferral that checks nothing",
    after: "Euler v1, 2023: a check that is put off and forgotten",
    file: "libraries/DeferralLogic.sol",
    find: "if (v.initialValue < v.debt) revert",
    replace: "if (v.maintenanceValue * 2 < v.debt) revert",
  },
  {
    name: "cash from the balance",
    after: "Hundred, Onyx, Sonne: a donation moves the share price",
    file: "MarginVault.sol",
    find: "return _state.cash + DebtMath.toDebtDown(_state.totalDebtShares, index) - _state.unbookedFee - fee;",
    replace:
      "return IERC20(asset()).balanceOf(address(this)) + DebtMath.toDebtDown(_state.totalDebtShares, index) - _state.unbookedFee - fee;",
  },
  {
    name: "nothing passes for something",
    after: "Resupply, 2025: a value of zero read as safe",
    file: "libraries/CallClock.sol",
    find: "if (v.debt > v.value) return Status.Insolvent;",
    replace: "if (v.value != 0 && v.debt > v.value) return Status.Insolvent;",
  },
  {
    name: "cap not looked at",
    after: "Venus, 2025 and 2026: a way around the supply cap",
    file: "libraries/DeferralLogic.sol",
    find: "uint256 aboveSet = account.collateralSet & s.overCapSet;",
    replace: "uint256 aboveSet = account.collateralSet & s.overCapSet & 0;",
  },
  {
    name: "sale at a stale price",
    after: "Venus and Blizz, 2022: an old price still traded against",
    file: "libraries/LiquidationLogic.sol",
    find: "bool isSaleable = p.isFresh(t.number) || (belowFloor && p.isDisputed(t.number));",
    replace: "bool isSaleable = p.isFresh(t.number) || t.price36 != 0;",
  },
  {
    name: "dust left behind",
    after: "Aave CRV, 2022: positions too small to be worth finishing",
    file: "libraries/LiquidationLogic.sol",
    find: "if (remaining != 0 && remaining < s.minimumDebt && !t.empties) {",
    replace: "if (remaining == 1 && remaining < s.minimumDebt && !t.empties) {",
  },
  {
    name: "auction without an end to its discount",
    after: "Maker, Black Thursday 2020: collateral sold for nothing",
    file: "libraries/AuctionMath.sol",
    find: "if (maxDiscountWad <= START_DISCOUNT_WAD || elapsed >= rampSeconds) return maxDiscountWad;",
    replace: "if (maxDiscountWad <= START_DISCOUNT_WAD) return maxDiscountWad;",
  },
  {
    name: "taken and still counted",
    after: "Abracadabra, 2025: books cleared while the asset still counted",
    file: "libraries/LiquidationLogic.sol",
    find: "s.moveOut(s.collaterals[t.number].asset, t.seized);",
    replace: "s.moveOut(s.collaterals[t.number].asset, t.seized / 2);",
  },
  {
    name: "deposit without the lock",
    after: "Lendf.Me, Cream: a token that calls back",
    file: "MarginVault.sol",
    find: "function deposit(uint256 assets, address receiver) public override nonReentrant returns (uint256) {",
    replace: "function deposit(uint256 assets, address receiver) public override returns (uint256) {",
  },
  {
    name: "lenders before the insurance",
    after: "the order of losses: insurance first",
    file: "libraries/PoolLogic.sol",
    find: "if (burned > shares.insurance) {\n            burned = shares.insurance;",
    replace: "if (burned > shares.insurance / 2) {\n            burned = shares.insurance / 2;",
  },
  {
    name: "part of a repayment clears the call",
    after: "Aloe II: a partial self-liquidation cleared the warning",
    file: "libraries/CallClock.sol",
    find: "return uptime < deadline ? HealthMath.CLOSE_LEVEL_WAD : WAD;",
    replace: "return uptime < deadline ? WAD : WAD;",
  },
  {
    name: "second call moves the deadline",
    after: "Cap, Aloe II: a second flag changed the first one's notice",
    file: "libraries/CallLogic.sol",
    find: "if (status != Status.Callable && status != Status.Lapsed) return",
    replace: "if (status != Status.Callable && status != Status.Called && status != Status.Lapsed) return",
  },
  {
    name: "liquidation before the deadline",
    after: "Aloe II: a second entrance skipped the warning",
    file: "libraries/CallClock.sol",
    find: "if (uptime < deadline) return Status.Called;",
    replace: "if (uptime + 300 < deadline) return Status.Called;",
  },
  {
    name: "clock runs through an outage",
    after: "Arcadia: the clock ran while nobody could act",
    file: "UptimeClock.sol",
    find: "stops.foldedSeconds += uint40(_uncovered(stops, stops.outageFrom, endedAt));",
    replace: "stops.foldedSeconds += uint40(_uncovered(stops, stops.outageFrom, endedAt) / 2);",
  },
  {
    name: "repayment waits for a pause",
    after: "Sentiment: repaying depended on something else that worked",
    file: "MarginVault.sol",
    find: "if (amount == 0) revert ZeroAmount();\n        _accrue();\n        repaid = _repay(id, amount);",
    replace:
      "if (amount == 0 || clock.read().isLiquidationPaused) revert ZeroAmount();\n        _accrue();\n        repaid = _repay(id, amount);",
  },
  {
    name: "bounty at every call",
    after: "rewards drained by opening and curing in a loop",
    file: "libraries/CallLogic.sol",
    find: "CallClock.elapsedSince(account.calledAt, moment.uptime) < CallClock.BOUNTY_COOLDOWN_SECONDS",
    replace:
      "CallClock.elapsedSince(account.calledAt, moment.uptime) < CallClock.BOUNTY_COOLDOWN_SECONDS / 24",
  },
  {
    name: "debt rounded down",
    after: "rounding in the trader's favour",
    file: "libraries/DebtMath.sol",
    find: "return shares.mulDivUp(index, INDEX_SCALE);",
    replace: "return shares.mulDivDown(index, INDEX_SCALE);",
  },
  {
    name: "anybody is an operator",
    after: "missing authority on one entrance",
    file: "MarginVault.sol",
    find: "if (permission == Permission.None) revert NotAuthorized(id, msg.sender);",
    replace:
      "if (permission == Permission.None && msg.sender == address(0)) revert NotAuthorized(id, msg.sender);",
  },
  {
    name: "insurance paid twice",
    after: "shares minted for more than came in",
    file: "libraries/PoolLogic.sol",
    find: "shares.insurance += minted;\n        shares.supply += minted;",
    replace: "shares.insurance += minted * 2;\n        shares.supply += minted * 2;",
  },
  {
    name: "a brake that waits for half",
    after: "sales faster than the market takes them",
    file: "libraries/LiquidationLogic.sol",
    find: "if (capacity < needed) _refusal(t, Refusal.Braked, needed, capacity);",
    replace: "if (capacity < needed / 2) _refusal(t, Refusal.Braked, needed, capacity);",
  },
  {
    name: "a floor that falls without days",
    after: "a parameter liquidates without a call",
    file: "RiskConfigurator.sol",
    find: "uint256 private constant FLOOR_STEP_SECONDS = 1 days;",
    replace: "uint256 private constant FLOOR_STEP_SECONDS = 1;",
  },
  {
    name: "half a grace after a stop",
    after: "L2 outages: users cannot act, and are sold when they can",
    file: "UptimeClock.sol",
    find: "stops.protectedUntil = uint40(uptime + graceSeconds);",
    replace: "stops.protectedUntil = uint40(uptime + graceSeconds / 2);",
  },
  {
    name: "ramp without steps",
    after: "Aave CAPO, 2026: a parameter that moves at once and takes accounts with it",
    file: "libraries/VolatilityMath.sol",
    find: "isFar ? next.maintenanceBps - MAX_STEP_BPS : target.maintenanceBps",
    replace: "isFar ? next.maintenanceBps - 2 * MAX_STEP_BPS : target.maintenanceBps",
  },
  {
    name: "ramp without hours",
    after: "the same, by poking again and again",
    file: "RiskConfigurator.sol",
    find: "mayLower: block.timestamp >= t.loweredAt + VolatilityMath.STEP_SECONDS,",
    replace: "mayLower: true,",
  },
];
