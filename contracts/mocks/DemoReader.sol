// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {AccountId} from "../interfaces/AccountId.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {Status} from "../interfaces/VaultTypes.sol";
import {MockERC20} from "./MockERC20.sol";

/// @notice What the demo's independent check reads and its population needs, many at a time. It passes on what is
/// stored, in plain words, and computes nothing: the check does its own arithmetic.
contract DemoReader {
    /// @dev In place of a status that could not be read.
    uint256 private constant NO_STATUS = 255;

    /// @notice The vault's books beside what its tokens and feeds say.
    /// @param tokens The quote asset, then the collaterals in listing order.
    /// @param feeds Their feeds.
    /// @param sequencerFeed The chain's uptime feed; its rounds are numbered from 1.
    /// @return words `[time, uptime, cash, debtIndex, totalDebtShares, unbookedFee, accruedAt, shareSupply,
    /// insuranceShares, rounds]`, then for each round of the uptime feed `[answer, startedAt]`, then for each token
    /// `[vaultBalance, supply, recordedTotal, answer, updatedAt]`.
    function readVault(
        IMarginVault vault,
        IERC20[] calldata tokens,
        AggregatorV3Interface[] calldata feeds,
        AggregatorV3Interface sequencerFeed
    ) external view returns (uint256[] memory words) {
        (uint256 rounds, , , , ) = sequencerFeed.latestRoundData();
        uint256 first = 10 + 2 * rounds;
        words = new uint256[](first + 5 * tokens.length);
        words[0] = block.timestamp;
        words[1] = vault.uptime();
        (words[2], words[3], words[4], words[5], words[6]) = vault.pool();
        words[7] = IERC20(address(vault)).totalSupply();
        words[8] = vault.insuranceShares();
        words[9] = rounds;
        _readRounds(sequencerFeed, rounds, words);
        for (uint256 i; i < tokens.length; ++i) {
            uint256 offset = first + 5 * i;
            words[offset] = tokens[i].balanceOf(address(vault));
            words[offset + 1] = tokens[i].totalSupply();
            if (i != 0) (, , words[offset + 2]) = vault.collateralAt(i - 1);
            (, int256 answer, , uint256 updatedAt, ) = feeds[i].latestRoundData();
            words[offset + 3] = uint256(answer);
            words[offset + 4] = updatedAt;
        }
    }

    /// @notice Accounts as they are stored, and the status that the vault gives them.
    /// @param collaterals The vault's collaterals in listing order.
    /// @return words For each account `[status, collateralSet, callNonce, calledAt, deadline, auctionStart,
    /// closedLateAt, debtShares, amount of each collateral...]`; a status of 255 could not be read.
    function readAccounts(
        IMarginVault vault,
        AccountId[] calldata ids,
        address[] calldata collaterals
    ) external view returns (uint256[] memory words) {
        uint256 stride = 8 + collaterals.length;
        words = new uint256[](stride * ids.length);
        for (uint256 i; i < ids.length; ++i) {
            uint256 offset = stride * i;
            words[offset] = _statusOf(vault, ids[i]);
            _readState(vault, ids[i], words, offset);
            for (uint256 j; j < collaterals.length; ++j) {
                if ((words[offset + 1] >> j) & 1 == 0) continue;
                words[offset + 8 + j] = vault.collateralOf(ids[i], collaterals[j]);
            }
        }
    }

    /// @notice Balances of `token`.
    function readBalances(
        IERC20 token,
        address[] calldata holders
    ) external view returns (uint256[] memory balances) {
        balances = new uint256[](holders.length);
        for (uint256 i; i < holders.length; ++i) balances[i] = token.balanceOf(holders[i]);
    }

    /// @notice Mints to many.
    function mintMany(MockERC20 token, address[] calldata holders, uint256[] calldata amounts) external {
        for (uint256 i; i < holders.length; ++i) token.mint(holders[i], amounts[i]);
    }

    function _readRounds(
        AggregatorV3Interface sequencerFeed,
        uint256 rounds,
        uint256[] memory words
    ) private view {
        for (uint256 i; i < rounds; ++i) {
            (, int256 answer, uint256 startedAt, , ) = sequencerFeed.getRoundData(uint80(i + 1));
            (words[10 + 2 * i], words[11 + 2 * i]) = (uint256(answer), startedAt);
        }
    }

    function _readState(
        IMarginVault vault,
        AccountId id,
        uint256[] memory words,
        uint256 offset
    ) private view {
        (
            words[offset + 1],
            words[offset + 2],
            words[offset + 3],
            words[offset + 4],
            words[offset + 5],
            words[offset + 6],
            words[offset + 7]
        ) = vault.accountState(id);
    }

    function _statusOf(IMarginVault vault, AccountId id) private view returns (uint256) {
        try vault.statusOf(id) returns (Status status) {
            return uint256(status);
        } catch {
            return NO_STATUS;
        }
    }
}
