// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccountId} from "./AccountId.sol";
import {RoundSeen} from "./IKeeperLens.sol";
import {IMarginVault} from "./IMarginVault.sol";
import {IOracle} from "./IOracle.sol";
import {VolatilityTerms} from "./IRiskConfigurator.sol";
import {IUptimeClock} from "./IUptimeClock.sol";
import {CollateralTerms, Margin, Moment, RiskTerms} from "./VaultTypes.sol";

/// @notice What a page or a keeper wants to know of a vault at one block.
struct LensQuestion {
    IMarginVault vault;
    /// Accounts to be shown; may be none.
    AccountId[] accounts;
    /// The slippage at which collateral is sold to cure, times 1e18.
    uint256 slippageWad;
    /// The discount whose moment is asked for, times 1e18.
    uint256 discountWad;
    /// Whose shares are asked for; zero: nobody's.
    address lender;
    /// Whether feeds, volatility and what else the vault stands on are wanted.
    bool withDetails;
}

/// @notice What was asked, or why it could not be found out. Everything that has one of these is empty unless `known`.
struct Reading {
    bool known;
    /// The error of whoever refused, at most 512 bytes; empty when what was read ran out of its gas or is no answer.
    bytes reason;
}

/// @notice A listed collateral; its number is its place.
struct CollateralSeen {
    address asset;
    CollateralTerms terms;
    /// Base units that all accounts hold.
    uint256 total;
    /// Quote base units a base unit, times 1e36; zero when it counts for nothing or there are no prices.
    uint256 price36;
    bool fresh;
    /// In time and contradicted by another source: nobody borrows against it, only what is below its floor is sold.
    bool disputed;
}

/// @notice What decides about every account alike.
struct VaultSeen {
    Reading terms;
    RiskTerms riskTerms;
    CollateralSeen[] collaterals;
    /// With interest up to now, times 1e27.
    uint256 debtIndex;
    IOracle oracle;
    IUptimeClock clock;
    /// Whether the oracle has given prices for all collaterals.
    Reading prices;
    Reading time;
    Moment moment;
}

/// @notice The vault's books with interest up to now. Quote base units.
struct PoolSeen {
    Reading reading;
    uint256 cash;
    uint256 debt;
    /// The lenders': cash and debt without the unbooked fee.
    uint256 assets;
    uint256 shares;
    uint256 feeBps;
    address feeRecipient;
    /// Whole quote tokens.
    uint256 borrowCap;
    /// `debt / (cash + debt)`, times 1e18, rounded down.
    uint256 utilisationWad;
    /// What borrowers pay from a touch now on, a second, times 1e18; zero, as the vault has it, when the model fails.
    uint256 borrowRatePerSecondWad;
    /// What lenders earn of it on their assets after the fee, rounded down.
    uint256 supplyRatePerSecondWad;
    uint256 insuranceShares;
    /// What they are worth, rounded down.
    uint256 insuranceAssets;
    /// `insuranceAssets / debt`, times 1e18, rounded down; the largest uint256 without debt.
    uint256 insuranceRatioWad;
}

/// @notice A lender's part.
struct LenderSeen {
    Reading reading;
    uint256 shares;
    /// What they are worth, rounded down.
    uint256 assets;
    /// The most that `withdraw` gives now.
    uint256 withdrawable;
    /// The most that `redeem` takes now, shares.
    uint256 redeemable;
}

/// @notice Where a collateral's price comes from, for oracles that tell (`ChainlinkOracle`).
struct FeedSeen {
    Reading reading;
    address feed;
    uint256 maxAgeSeconds;
    uint256 deadAgeSeconds;
    /// The feed's own latest round, unknown when it gives none.
    RoundSeen round;
}

/// @notice How a collateral's weights follow volatility.
struct VolatilitySeen {
    /// Unknown where they follow none.
    Reading reading;
    VolatilityTerms terms;
    /// By the gauge's last estimate, a year's, times 1e18.
    uint256 volatilityWad;
    /// The weights towards which the vault's go.
    uint256 targetInitialBps;
    uint256 targetMaintenanceBps;
}

/// @notice How much of a collateral may be sold above the floor now; see `IMarginVault.capacity`.
struct BrakeSeen {
    Reading reading;
    uint256 room;
    uint256 burst;
    uint256 perHour;
}

/// @notice The clock's stops beside what a `Moment` has of them.
struct StopsSeen {
    Reading reading;
    uint256 downtime;
    uint256 callingPausedUntil;
    uint256 liquidationPausedUntil;
    /// The sequencer's latest round (answer 1: down); unknown where the clock has no such feed, or it fails.
    RoundSeen sequencer;
}

/// @notice What the vault stands on, when asked for.
struct DetailsSeen {
    StopsSeen stops;
    /// One a collateral.
    FeedSeen[] feeds;
    VolatilitySeen[] volatilities;
    BrakeSeen[] brakes;
}

/// @notice One account's part of a question.
struct AccountQuestion {
    IMarginVault vault;
    AccountId account;
    uint256 slippageWad;
    uint256 discountWad;
}

/// @notice What an account holds of one collateral, and what would become of it.
struct HoldingSeen {
    /// The collateral's number.
    uint256 number;
    /// Base units.
    uint256 amount;
    /// Quote base units at the last price, rounded down.
    uint256 value;
    CureSeen cure;
    TriggersSeen triggers;
    TakeSeen take;
}

/// @notice How one collateral cures. The largest uint256 where it cannot.
struct CureSeen {
    /// Base units to deposit, rounded up.
    uint256 deposit;
    /// Base units to sell at the slippage asked for, rounded up; no more than the account holds.
    uint256 sell;
    /// What they bring at that slippage, rounded down, and at most the debt: all of it is to be repaid.
    uint256 repayFromSale;
}

/// @notice The highest prices of one collateral, all else as it is, at which something holds; a unit more, and it does
/// not. Zero when it does at no price above zero, the largest uint256 when it does at every price.
struct TriggersSeen {
    /// The health factor is below the warning level.
    uint256 warningPrice36;
    /// The health factor is below 1.
    uint256 callPrice36;
    /// The floor health is below 1.
    uint256 floorPrice36;
}

/// @notice What a taker gets of one collateral now.
struct TakeSeen {
    /// Whether `liquidate` takes all that may be taken at once, in this block; otherwise `reason` is its error. A part
    /// may pass where it is `Braked`.
    Reading reading;
    /// The discount on the oracle's price, times 1e18; zero for an account that may not be liquidated.
    uint256 discountWad;
    /// Uptime at which the discount first is what was asked for, if prices and debt stay; now, where it is already; the
    /// largest uint256 where it never will be in this auction.
    uint256 reachedAt;
    /// As `previewLiquidation` for all that may be taken at once.
    uint256 repaid;
    uint256 insured;
    uint256 seized;
}

/// @notice An account's stored state. Times are uptime; see `IMarginVault.accountState`.
struct StateSeen {
    uint256 collateralSet;
    uint256 callNonce;
    uint256 calledAt;
    uint256 deadline;
    uint256 auctionStart;
    uint256 closedLateAt;
    uint256 debtShares;
}

/// @notice An account as the vault has it.
struct AccountView {
    AccountId account;
    StateSeen state;
    /// With interest up to now, rounded up.
    uint256 debt;
    /// In the order of the bits of `collateralSet`.
    HoldingSeen[] holdings;
    /// Of everything below, and of what holdings say beside number and amount: unknown without prices or clock.
    Reading valuation;
    Margin margin;
    /// Repaying this much cures, quote base units, rounded up, at most the debt.
    uint256 cureRepay;
    /// Whether `openCall` opens one in this block, and what it pays then, quote base units.
    bool mayOpenCall;
    uint256 bounty;
    /// Whether `closeCall` closes it in this block.
    bool mayCloseCall;
    /// Of an insolvent account: the debt less the value of what can be sold of it now, quote base units.
    uint256 unbookedLoss;
}

/// @notice An account as `look` returns it: encoded, so that a hundred fit a call.
struct AccountAnswer {
    bool known;
    /// The ABI encoding of an `AccountView`, as `lookAt` returns it; or why there is none, as in a `Reading`.
    bytes data;
}

/// @notice Everything in the question, at the block of the call.
struct LensAnswer {
    uint256 blockNumber;
    uint256 timestamp;
    VaultSeen vault;
    PoolSeen pool;
    LenderSeen lender;
    DetailsSeen details;
    /// One an account asked for.
    AccountAnswer[] accounts;
}

/// @notice Some of an owner's accounts.
struct OwnedAccounts {
    /// Unknown when the vault gave no answer for the sub-account `next`.
    Reading reading;
    /// Those that hold or owe anything.
    AccountId[] accounts;
    /// Where to go on; beyond `last` when nothing is left.
    uint256 next;
}

/// @title A vault for pages and keepers, in one call
/// @notice Stateless; serves any vault. What cannot be read says so by itself and hides nothing else: a feed, an
/// oracle, a clock, an interest rate model that fails, burns its gas or answers with anything, and a vault that is
/// none. What decides about accounts is the vault's own answer or comes from its own libraries.
/// @dev Need not be deployed: a node that knows state overrides runs it at any address. Each contract is asked with
/// bounded gas and for an answer of bounded size.
interface IVaultLens {
    /// @notice `target` answered with nothing: it is no contract, or none of the kind.
    error NoAnswer(address target);

    /// @notice `target` answered with `length` bytes, more than any answer has.
    error AnswerTooLong(address target, uint256 length);

    /// @notice `target` answered with something else than was asked for.
    error AnswerUnfit(address target);

    /// @notice The call's gas went to the items before this one: ask for it again.
    error NotReached();

    /// @notice Never reverts while there is gas for the answer. 100 accounts of three collaterals fit a call of 2^24
    /// gas; accounts that do not fit are unknown, with `NotReached` as the reason. Of more than 300 accounts the rest
    /// is left out.
    function look(LensQuestion calldata question) external view returns (LensAnswer memory answer);

    /// @notice One account, as `look` shows it; for whoever has no use for the rest. Reverts where it is not known.
    function lookAt(
        IMarginVault vault,
        AccountId account,
        uint256 slippageWad,
        uint256 discountWad
    ) external view returns (AccountView memory);

    /// @notice Those of an owner's sub-accounts from `first` to `last` that hold or owe anything, `most` at most; as
    /// many as the gas allows. Never reverts while there is gas for the answer.
    /// @param last At most 2^96 - 1; what is beyond is taken for that.
    function accountsOf(
        IMarginVault vault,
        address owner,
        uint256 first,
        uint256 last,
        uint256 most
    ) external view returns (OwnedAccounts memory);
}
