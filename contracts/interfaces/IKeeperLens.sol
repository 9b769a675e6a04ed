// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccountId} from "./AccountId.sol";
import {IMarginVault} from "./IMarginVault.sol";
import {Margin, Moment} from "./VaultTypes.sol";

/// @notice What a keeper wants to know at one block.
struct KeeperQuestion {
    IMarginVault vault;
    /// The vault's quote asset.
    address quote;
    /// Whose money is asked for: one address a key.
    address[] keepers;
    /// Chainlink-style feeds whose latest rounds are wanted beside the vault's prices.
    address[] feeds;
    /// Accounts to be shown as the vault has them, for comparison with what the keeper believes.
    AccountId[] accounts;
}

/// @notice The vault's prices; see `IOracle.prices`.
struct PricesSeen {
    /// False when there is no oracle or it gave no answer; the rest is then empty.
    bool known;
    uint256[] prices36;
    uint256 freshSet;
}

/// @notice The protocol's clock; see `IUptimeClock.read`.
struct ClockSeen {
    bool known;
    Moment moment;
    /// When a pause of each kind ends or ended.
    uint256 callingPausedUntil;
    uint256 liquidationPausedUntil;
}

/// @notice A feed's latest round.
struct RoundSeen {
    /// False for a feed that gave no answer; the rest is then zero.
    bool known;
    uint80 roundId;
    int256 answer;
    uint256 startedAt;
    uint256 updatedAt;
}

/// @notice What a key can pay with.
struct WalletSeen {
    /// False when the quote token gave no answer; the rest is then zero.
    bool known;
    /// Wei.
    uint256 native;
    /// Quote base units.
    uint256 quote;
    /// Quote base units the vault may take.
    uint256 allowance;
}

/// @notice The vault's books as stored; see `IMarginVault.pool`.
struct BooksSeen {
    bool known;
    uint256 cash;
    uint256 debtIndex;
    uint256 totalDebtShares;
    uint256 unbookedFee;
    uint256 accruedAt;
    /// Base units of each collateral that all accounts hold, by number.
    uint256[] collateralTotals;
}

/// @notice An account as the vault has it.
struct AccountSeen {
    /// False when the vault gave no answer; the rest is then empty.
    bool known;
    uint256 collateralSet;
    uint256 callNonce;
    uint256 calledAt;
    uint256 deadline;
    uint256 auctionStart;
    uint256 closedLateAt;
    uint256 debtShares;
    /// Base units of each collateral held, in the order of the bits of `collateralSet`.
    uint256[] amounts;
    /// False when the vault cannot value it: it has debt and there are no prices.
    bool valued;
    Margin margin;
}

/// @notice Everything in the question, at the block of the call.
struct KeeperSight {
    uint256 blockNumber;
    uint256 timestamp;
    PricesSeen prices;
    ClockSeen clock;
    /// One a keeper.
    WalletSeen[] wallets;
    BooksSeen books;
    /// One a feed.
    RoundSeen[] rounds;
    AccountSeen[] accounts;
}

/// @title What a keeper needs of a block, in one call
/// @notice Each part that cannot be read says so; what fails or lies in one contract never hides the rest. It holds
/// nothing and computes nothing: all numbers are the vault's, the oracle's, the clock's and the feeds' own.
/// @dev Need not be deployed: a node that knows state overrides runs it at any address.
interface IKeeperLens {
    /// @notice Never reverts while there is gas.
    function look(KeeperQuestion calldata question) external view returns (KeeperSight memory sight);
}
