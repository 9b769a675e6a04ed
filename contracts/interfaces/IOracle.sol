// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The prices of a vault's collaterals in its quote asset
/// @notice A price is quote base units per collateral base unit, times 1e36, rounded down. It is the last usable
/// answer even when that answer is old; it is zero only when there is none, or when the asset's feed is dead.
/// @dev Assets are numbered in the order in which the vault lists them. No function here reverts for the state of a
/// feed, and none passes on more gas to a feed than a bounded amount.
interface IOracle {
    /// @notice The prices of the assets in `assetSet`.
    /// @param assetSet One bit an asset; bits of assets that the oracle does not know are answered with zero.
    /// @return prices36 One price a bit set in `assetSet`, lowest bit first; quote base units per base unit, times
    /// 1e36, rounded down; zero for an asset that counts for nothing.
    /// @return freshSet The bits of `assetSet` whose price may be borrowed, withdrawn and liquidated against. In its
    /// upper half (bit 16 + j for asset j) those in dispute: an answer in time that another source contradicts. What is
    /// below its floor may be sold at it, and nothing else.
    function prices(uint256 assetSet) external view returns (uint256[] memory prices36, uint256 freshSet);

    /// @notice The price of one asset, for readers outside the vault.
    /// @param asset A collateral of the vault; an unknown one is answered with `(0, false)`. A price in dispute is not
    /// fresh.
    function price(address asset) external view returns (uint256 price36, bool fresh);

    /// @notice The assets with a price, in the order of their bits.
    function assets() external view returns (address[] memory);

    /// @notice The asset in which prices are given.
    function quoteAsset() external view returns (address);
}
