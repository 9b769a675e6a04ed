// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title What a contract implements to swap in a Uniswap v3 pool
interface IUniswapV3SwapCallback {
    /// @notice Called by a pool in the middle of a swap: the positive amount is owed to it when the call returns.
    /// @dev Anyone can call this; check that `msg.sender` is the pool.
    /// @param amount0Delta What the pool receives of token 0, or sends if negative.
    /// @param amount1Delta What the pool receives of token 1, or sends if negative.
    /// @param data What was passed to `swap`.
    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external;
}
