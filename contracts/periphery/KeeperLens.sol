// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {AccountId} from "../interfaces/AccountId.sol";
import {
    AccountSeen,
    BooksSeen,
    ClockSeen,
    IKeeperLens,
    KeeperQuestion,
    KeeperSight,
    PricesSeen,
    RoundSeen,
    WalletSeen
} from "../interfaces/IKeeperLens.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IUptimeClock, PauseKind} from "../interfaces/IUptimeClock.sol";
import {Margin} from "../interfaces/VaultTypes.sol";

/// @notice See `IKeeperLens`.
/// @dev Each part is read by a call of the lens to itself: an answer that does not decode reverts in whoever decodes
/// it, which `try` does not catch, and so reverts in there.
contract KeeperLens is IKeeperLens {
    /// @dev A feed that burns its gas must leave the others theirs.
    uint256 private constant FEED_GAS = 300_000;

    /// @inheritdoc IKeeperLens
    function look(KeeperQuestion calldata question) external view returns (KeeperSight memory sight) {
        IMarginVault vault = question.vault;
        sight.blockNumber = block.number;
        sight.timestamp = block.timestamp;
        try this.pricesOf(vault) returns (PricesSeen memory prices) {
            sight.prices = prices;
        } catch {}
        try this.clockOf(vault) returns (ClockSeen memory clock) {
            sight.clock = clock;
        } catch {}
        try this.booksOf(vault) returns (BooksSeen memory books) {
            sight.books = books;
        } catch {}
        sight.wallets = _walletsOf(question.keepers, question.quote, vault);
        sight.rounds = _roundsOf(question.feeds);
        sight.accounts = _accountsOf(vault, question.accounts);
    }

    /// @notice The prices of all collaterals. For the lens itself, like everything below.
    function pricesOf(IMarginVault vault) external view returns (PricesSeen memory prices) {
        uint256 all = (1 << vault.collateralCount()) - 1;
        (prices.prices36, prices.freshSet) = vault.oracle().prices(all);
        prices.known = true;
    }

    /// @notice The protocol's clock.
    function clockOf(IMarginVault vault) external view returns (ClockSeen memory clock) {
        IUptimeClock source = vault.clock();
        clock.moment = source.read();
        clock.callingPausedUntil = source.pausedUntil(PauseKind.Calling);
        clock.liquidationPausedUntil = source.pausedUntil(PauseKind.Liquidation);
        clock.known = true;
    }

    /// @notice What `keeper` can pay with.
    function walletOf(
        address keeper,
        address quote,
        IMarginVault vault
    ) external view returns (WalletSeen memory) {
        return
            WalletSeen({
                known: true,
                native: keeper.balance,
                quote: IERC20(quote).balanceOf(keeper),
                allowance: IERC20(quote).allowance(keeper, address(vault))
            });
    }

    /// @notice The vault's books.
    function booksOf(IMarginVault vault) external view returns (BooksSeen memory books) {
        (books.cash, books.debtIndex, books.totalDebtShares, books.unbookedFee, books.accruedAt) = vault
            .pool();
        books.collateralTotals = new uint256[](vault.collateralCount());
        for (uint256 i; i < books.collateralTotals.length; ++i) {
            (, , books.collateralTotals[i]) = vault.collateralAt(i);
        }
        books.known = true;
    }

    /// @notice A feed's latest round.
    function roundOf(AggregatorV3Interface feed) external view returns (RoundSeen memory round) {
        (round.roundId, round.answer, round.startedAt, round.updatedAt, ) = feed.latestRoundData();
        round.known = true;
    }

    /// @notice An account as it is stored.
    function accountOf(IMarginVault vault, AccountId id) external view returns (AccountSeen memory account) {
        (
            account.collateralSet,
            account.callNonce,
            account.calledAt,
            account.deadline,
            account.auctionStart,
            account.closedLateAt,
            account.debtShares
        ) = vault.accountState(id);
        account.amounts = _amountsOf(vault, id, account.collateralSet);
        account.known = true;
    }

    /// @notice An account in numbers.
    function marginOf(IMarginVault vault, AccountId id) external view returns (Margin memory) {
        return vault.marginOf(id);
    }

    function _walletsOf(
        address[] calldata keepers,
        address quote,
        IMarginVault vault
    ) private view returns (WalletSeen[] memory wallets) {
        wallets = new WalletSeen[](keepers.length);
        for (uint256 i; i < keepers.length; ++i) {
            try this.walletOf(keepers[i], quote, vault) returns (WalletSeen memory wallet) {
                wallets[i] = wallet;
            } catch {}
        }
    }

    function _roundsOf(address[] calldata feeds) private view returns (RoundSeen[] memory rounds) {
        rounds = new RoundSeen[](feeds.length);
        for (uint256 i; i < feeds.length; ++i) {
            try this.roundOf{gas: FEED_GAS}(AggregatorV3Interface(feeds[i])) returns (
                RoundSeen memory round
            ) {
                rounds[i] = round;
            } catch {}
        }
    }

    function _accountsOf(
        IMarginVault vault,
        AccountId[] calldata ids
    ) private view returns (AccountSeen[] memory accounts) {
        accounts = new AccountSeen[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            try this.accountOf(vault, ids[i]) returns (AccountSeen memory account) {
                accounts[i] = account;
            } catch {
                continue;
            }
            try this.marginOf(vault, ids[i]) returns (Margin memory margin) {
                accounts[i].valued = true;
                accounts[i].margin = margin;
            } catch {}
        }
    }

    function _amountsOf(
        IMarginVault vault,
        AccountId id,
        uint256 collateralSet
    ) private view returns (uint256[] memory amounts) {
        uint256 held;
        for (uint256 set = collateralSet; set != 0; set &= set - 1) ++held;
        amounts = new uint256[](held);
        uint256 next;
        for (uint256 number; next < held; ++number) {
            if ((collateralSet >> number) & 1 == 0) continue;
            (address asset, , ) = vault.collateralAt(number);
            amounts[next++] = vault.collateralOf(id, asset);
        }
    }
}
