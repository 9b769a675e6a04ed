// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title What the flash liquidator asks of a Uniswap v3 factory
interface IUniswapV3Factory {
    /// @notice The pool of two tokens at a fee, in either order; zero when there is none.
    /// @param tokenA One of the tokens.
    /// @param tokenB The other.
    /// @param fee The fee in hundredths of a basis point.
    function getPool(address tokenA, address tokenB, uint24 fee) external view returns (address pool);
}
