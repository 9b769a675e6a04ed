// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ShareFeed} from "../oracles/ShareFeed.sol";
import {MockERC20} from "./MockERC20.sol";
import {MockShares} from "./MockShares.sol";

/// @notice Moves a rate and reads a price within one transaction.
contract RateMover {
    /// @notice Gives `gift` to `shares`, has `feed` note the rate if asked, and returns the answer before and after.
    function giveAndRead(
        MockShares shares,
        uint256 gift,
        ShareFeed feed,
        bool notes
    ) external returns (int256 beforehand, int256 afterwards) {
        (, beforehand, , , ) = feed.latestRoundData();
        MockERC20(shares.asset()).mint(address(shares), gift);
        if (notes) feed.note();
        (, afterwards, , , ) = feed.latestRoundData();
    }
}
