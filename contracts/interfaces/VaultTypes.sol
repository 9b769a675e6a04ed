// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccountId} from "./AccountId.sol";

/// @notice Where an account stands. The most severe status that holds is the status.
enum Status {
    /// Health factor at or above the warning level, no call open; or no debt.
    Healthy,
    /// Health factor from 1 to below the warning level, no call open.
    Warned,
    /// Health factor below 1, no call open: anyone may open one.
    Callable,
    /// A call is open and its deadline has not passed.
    Called,
    /// A call is open, its deadline has passed, and the health factor is 1 or more: anyone may close it.
    Recovering,
    /// A call is open, its deadline has passed, the health factor is below 1: the auction runs.
    Expired,
    /// As Expired, but the auction's window is over: the call may be opened again with the minimum grace.
    Lapsed,
    /// Floor health below 1: may be liquidated at once, called or not.
    Critical,
    /// Collateral worth less than the debt.
    Insolvent
}

/// @notice Why a margin call ended.
enum CloseReason {
    /// The trader (or anyone for them) added collateral.
    Deposited,
    /// Debt was repaid in part.
    Repaid,
    /// The debt is zero.
    DebtFree,
    /// Prices made the account well again; closed by `closeCall` or `closeCalls`.
    Recovered,
    /// A liquidation restored the account.
    Liquidated,
    /// What was left of the debt was booked as a loss.
    WrittenOff
}

/// @notice Why an entrance did nothing for an account. Batches return it, single entrances revert with its error.
enum Refusal {
    None,
    /// Not callable, nor lapsed.
    NotCallable,
    /// No call open, or the account is not yet well enough to close it.
    NotClosable,
    /// Neither expired nor critical nor insolvent.
    NotLiquidatable,
    /// The oracle gave no answer; nothing is decided without one.
    OracleUnavailable,
    /// The account does not hold the collateral that was asked for.
    CollateralNotHeld,
    /// The collateral's price is not fresh, so it cannot be taken.
    PriceNotFresh,
    /// In the first half of an auction another collateral has to be taken first.
    WrongCollateral,
    /// The take is under a quarter of the tranche and does not empty the collateral.
    TakeTooSmall,
    /// The take would leave a debt below the minimum with collateral still there.
    RemainingDebtTooSmall,
    /// The take would give less collateral than the taker wants.
    SeizedTooLittle,
    /// The take would neither make the account healthier nor empty the collateral.
    NoImprovement,
    /// The account has no debt, or what it holds still counts for something.
    NoLossToBook,
    /// A deferral has touched the account and not checked it yet; or, for closing, a deferral is under way.
    CheckPending,
    /// The guardian has paused it.
    Paused,
    /// Too much of the collateral has been sold lately; what is above its floor waits.
    Braked
}

/// @notice The state of an account that is read with every decision: one storage slot and its collateral amounts.
/// @dev The packing of slot 0 is asserted by a test. Times are uptime in seconds; see `IMarginVault.uptime`.
struct Account {
    // slot 0
    uint16 collateralSet;
    uint16 callNonce;
    uint32 calledAt;
    uint32 deadline;
    uint32 auctionStart;
    uint32 closedLateAt;
    uint96 debtShares;
    // slots 1 to 8: base units by the collateral's number
    uint128[16] collateral;
}

/// @notice A collateral that the vault accepts, by its number. One slot: all that a health factor needs.
struct Collateral {
    address asset;
    uint16 initialBps;
    uint16 maintenanceBps;
    uint16 liquidationBps;
    uint16 maxDiscountBps;
    /// Whether sales of it draw on a bucket; it spares all others a read.
    bool isBraked;
}

/// @notice A collateral by its token. One slot: all that moving some of it needs.
struct Holding {
    /// Zero for a token that is not listed.
    uint8 numberPlusOne;
    /// What all accounts hold, base units.
    uint120 total;
    uint128 cap;
}

/// @notice The three weights of a collateral and the deepest discount at which it is auctioned above the floor.
struct CollateralTerms {
    uint16 initialBps;
    uint16 maintenanceBps;
    uint16 liquidationBps;
    uint16 maxDiscountBps;
    /// Base units of the collateral above which nobody borrows or withdraws while holding it.
    uint128 cap;
}

/// @notice How much of a collateral may be sold above the floor. Zeros: as much as anybody likes.
struct BrakeTerms {
    /// The most that may be sold at once, quote base units.
    uint96 burst;
    /// What may be sold each hour for as long as it lasts, quote base units.
    uint96 perHour;
}

/// @notice A collateral's bucket. One slot; see `BrakeMath`.
struct Brake {
    uint96 burst;
    uint96 perHour;
    /// When it will be full again, microseconds of uptime.
    uint64 fullAtMicros;
}

/// @notice The amounts and times that go with a vault rather than with a collateral.
struct RiskTerms {
    /// The least debt that a borrower may leave, quote base units.
    uint96 minimumDebt;
    /// Collateral worth less than this no longer counts as sellable, quote base units.
    uint72 dustValue;
    /// The most that opening a call pays, quote base units.
    uint72 maxBounty;
    uint24 minGraceSeconds;
    uint24 maxGraceSeconds;
    /// How long an auction lasts.
    uint24 auctionSeconds;
    /// How long its discount takes to reach its end.
    uint24 rampSeconds;
}

/// @notice An account in numbers. Amounts and values in quote base units.
struct Margin {
    /// Collateral value at the last prices, rounded down.
    uint256 value;
    /// Fresh collateral weighted by the initial weights, rounded down: what may be borrowed against.
    uint256 initialValue;
    /// Collateral weighted by the maintenance weights, rounded down.
    uint256 maintenanceValue;
    /// Collateral weighted by the liquidation weights, rounded down.
    uint256 liquidationValue;
    /// Debt with interest up to now, rounded up.
    uint256 debt;
    /// maintenanceValue / debt, times 1e18, rounded down; the largest uint256 without debt.
    uint256 healthWad;
    /// liquidationValue / debt, times 1e18, rounded down; the largest uint256 without debt.
    uint256 floorHealthWad;
    /// The maintenance value missing to the cure level, rounded up; zero at or above it.
    uint256 shortfall;
    Status status;
    /// Uptime at which the last call was opened; zero if there never was one.
    uint256 calledAt;
    /// Uptime at which the open call's deadline passes; zero without an open call.
    uint256 deadline;
    /// Uptime from which the auction's discount counts; zero without an open call.
    uint256 auctionStart;
}

/// @notice What closes a call, in each form that is accepted, at the cure level.
struct CureAmounts {
    /// The maintenance value missing, quote base units, rounded up.
    uint256 shortfall;
    /// Repaying this much cures, quote base units, rounded up, at most the debt.
    uint256 repay;
    /// The collaterals of the account, in the order of the next field.
    address[] assets;
    /// Depositing this many base units of one of `assets` cures, rounded up; the largest uint256 where no amount does.
    uint256[] deposits;
}

/// @notice One account in `liquidateMany`.
struct LiquidationRequest {
    AccountId account;
    address asset;
    /// The most the caller pays, insurance share included, quote base units.
    uint256 maxRepay;
    /// The least collateral the caller accepts, base units.
    uint256 minSeized;
}

/// @notice What became of one account in `liquidateMany`.
struct LiquidationResult {
    Refusal refusal;
    uint256 repaid;
    uint256 insured;
    uint256 seized;
    /// Debt cancelled because nothing sellable stood behind it any more, quote base units.
    uint256 loss;
}

/// @notice A margin call as it was issued. The arrays follow the bits of `collateralSet`, lowest first.
struct CallNotice {
    /// Counts the calls of the account, modulo 65,536.
    uint256 nonce;
    /// True when it follows a call whose auction lapsed.
    bool reopened;
    /// Uptime of the call.
    uint256 calledAt;
    /// Uptime up to which the trader may act undisturbed.
    uint256 deadline;
    /// Quote base units added to the debt and paid to the opener in vault shares.
    uint256 bounty;
    /// The account's debt shares, bounty included.
    uint256 debtShares;
    /// What they are worth, rounded up.
    uint256 debt;
    /// The health factor at which the amounts are quoted, times 1e18.
    uint256 cureLevelWad;
    /// Quote base units that cure when repaid, rounded up.
    uint256 repayAmount;
    uint256 collateralSet;
    /// Base units of each collateral that cure when deposited, rounded up.
    uint256[] depositAmounts;
    /// The prices used.
    uint256[] prices36;
}

/// @notice A take as it was carried out.
struct LiquidationNotice {
    /// The status that allowed it.
    Status status;
    /// The collateral taken.
    address asset;
    /// Quote base units by which the debt fell.
    uint256 repaid;
    /// Quote base units paid to the insurance on top.
    uint256 insured;
    /// Base units of `asset` that went to the taker.
    uint256 seized;
    /// The discount on the oracle's price, times 1e18.
    uint256 discountWad;
    /// The oracle's price used.
    uint256 price36;
    /// Base units of `asset` that the account still holds.
    uint256 balance;
    /// The account's debt shares now.
    uint256 debtShares;
    /// What they are worth now, rounded up.
    uint256 debt;
    /// Uptime from which the discount now counts, before any protection; zero without an open call.
    uint256 auctionStart;
}

/// @notice The protocol's clock as one transaction reads it. Times in seconds of uptime.
struct Moment {
    uint256 uptime;
    /// A deadline that had not passed when the clock last stood still, at `protectedFrom`, passes no earlier than
    /// `protectedUntil`: whoever could not act gets the minimum grace.
    uint256 protectedFrom;
    uint256 protectedUntil;
    /// The stop before that, for deadlines that it put off.
    uint256 earlierFrom;
    uint256 earlierUntil;
    bool isCallingPaused;
    bool isLiquidationPaused;
}
