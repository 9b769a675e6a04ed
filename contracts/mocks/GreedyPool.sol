// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MockERC20} from "./MockERC20.sol";
import {IUniswapV3Factory} from "../interfaces/uniswap/IUniswapV3Factory.sol";
import {IUniswapV3Pool} from "../interfaces/uniswap/IUniswapV3Pool.sol";
import {IUniswapV3SwapCallback} from "../interfaces/uniswap/IUniswapV3SwapCallback.sol";

/// @notice A factory whose every pool is itself, and which asks for more than is due: what a look-alike of Uniswap
/// could try.
contract GreedyPool is IUniswapV3Factory, IUniswapV3Pool {
    enum Conduct {
        /// Asks for what is to be sold, twice.
        AsksTwice,
        /// Asks for one base unit more than is to be sold.
        AsksForMore,
        /// Asks for amounts below zero.
        AsksForNegative
    }

    MockERC20 public immutable quote;
    Conduct public conduct;

    constructor(MockERC20 newQuote) {
        quote = newQuote;
    }

    function behave(Conduct newConduct) external {
        conduct = newConduct;
    }

    function getPool(address, address, uint24) external view returns (address) {
        return address(this);
    }

    function swap(
        address recipient,
        bool zeroForOne,
        int256 amountSpecified,
        uint160,
        bytes calldata data
    ) external returns (int256 amount0, int256 amount1) {
        // Generous, so that nothing but the callback stands against it.
        quote.mint(recipient, 1e12);
        int256 asked = amountSpecified;
        if (conduct == Conduct.AsksForMore) ++asked;
        if (conduct == Conduct.AsksForNegative) asked = -asked;
        (amount0, amount1) = zeroForOne ? (asked, -int256(1e12)) : (-int256(1e12), asked);
        IUniswapV3SwapCallback(msg.sender).uniswapV3SwapCallback(amount0, amount1, data);
        if (conduct == Conduct.AsksTwice) {
            IUniswapV3SwapCallback(msg.sender).uniswapV3SwapCallback(amount0, amount1, data);
        }
    }
}
