// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What a Chainlink feed says about itself.
interface IPriceFeed {
    /// @notice How many decimals its answers have.
    function decimals() external view returns (uint8);

    /// @notice The pair, as in "ETH / USD".
    function description() external view returns (string memory);
}

/// @notice An oracle that tells which feed it reads for which collateral.
interface IFeedOracle {
    /// @notice The feed of collateral `number`. What follows it in an oracle's answer is not looked at.
    function feedOf(uint256 number) external view returns (address feed);
}
