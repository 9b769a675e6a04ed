// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// @title Reading a Chainlink feed that may do anything
library FeedReader {
    /// @dev Several times what a proxied Chainlink aggregator uses. A caller cannot starve a feed to make it look dead:
    /// the 64th part of the gas that would remain does not finish the transaction.
    uint256 internal constant FEED_GAS = 100_000;

    /// @notice The latest answer, in the feed's decimals, and its time; both zero when there is none that can be used.
    /// @dev Written out beside `ask`, for it is in every valuation: 70 gas a feed less.
    function read(address feed) internal view returns (uint256 answer, uint256 updatedAt) {
        (bool success, bytes memory result) = feed.staticcall{gas: FEED_GAS}(
            abi.encodeCall(AggregatorV3Interface.latestRoundData, ())
        );
        if (!success || result.length < 160) return (0, 0);
        int256 signed;
        // As full words: a round id with dirty high bits must not revert here.
        (, signed, , updatedAt, ) = abi.decode(result, (uint256, int256, uint256, uint256, uint256));
        if (signed <= 0 || signed > int256(uint256(type(uint128).max))) return (0, 0);
        if (updatedAt == 0 || updatedAt > block.timestamp) return (0, 0);
        return (uint256(signed), updatedAt);
    }

    /// @notice The round with which `feed` answers `question`: its id, its answer in its decimals, its time. All
    /// zero when it cannot be used: an answer below one, of 2^128 or more, without a time or from the future, or a feed
    /// that fails.
    /// @dev The capped gas also bounds what a hostile feed can return: it pays for its memory out of it, and copying
    /// that costs the reader about as much.
    /// @param gasLimit What the feed may use.
    function ask(
        address feed,
        uint256 gasLimit,
        bytes memory question
    ) internal view returns (uint256 id, uint256 answer, uint256 updatedAt) {
        (bool success, bytes memory result) = feed.staticcall{gas: gasLimit}(question);
        if (!success || result.length < 160) return (0, 0, 0);
        int256 signed;
        // As full words: a round id with dirty high bits must not revert here.
        (id, signed, , updatedAt, ) = abi.decode(result, (uint256, int256, uint256, uint256, uint256));
        if (signed <= 0 || signed > int256(uint256(type(uint128).max))) return (0, 0, 0);
        if (updatedAt == 0 || updatedAt > block.timestamp) return (0, 0, 0);
        return (id, uint256(signed), updatedAt);
    }
}
