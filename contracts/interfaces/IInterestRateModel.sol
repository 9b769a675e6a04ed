// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The price of borrowing
interface IInterestRateModel {
    /// @notice The rate at which debt grows while the pool stands as described.
    /// @param cash Quote base units that the vault holds and may lend.
    /// @param debt Quote base units lent out, interest included.
    /// @return ratePerSecondWad The growth of debt in one second, times 1e18, before compounding. The vault bounds it.
    function ratePerSecondWad(uint256 cash, uint256 debt) external view returns (uint256 ratePerSecondWad);
}
