// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title What the flash liquidator asks of a Uniswap v3 pool
interface IUniswapV3Pool {
    /// @notice Swaps one of the pool's tokens for the other. What is bought is sent first; then the caller's
    /// `IUniswapV3SwapCallback` runs and has to pay.
    /// @param recipient Who receives what is bought.
    /// @param zeroForOne Whether token 0 is sold, the one with the lower address.
    /// @param amountSpecified What to sell if positive, what to buy if negative; base units. Less is swapped when the
    /// price reaches its limit first.
    /// @param sqrtPriceLimitX96 The price not to go beyond, as a square root times 2^96.
    /// @param data Passed to the callback.
    /// @return amount0 The change of the pool's balance of token 0.
    /// @return amount1 The change of the pool's balance of token 1.
    function swap(
        address recipient,
        bool zeroForOne,
        int256 amountSpecified,
        uint160 sqrtPriceLimitX96,
        bytes calldata data
    ) external returns (int256 amount0, int256 amount1);
}
