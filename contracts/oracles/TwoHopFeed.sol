// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {FeedReader} from "./FeedReader.sol";

/// @title The price of an asset over a third one: stETH/ETH times ETH/USD
/// @notice A feed made of two, for an oracle that reads feeds: `first * second`, in `second`'s decimals, rounded down.
/// The two may have different heartbeats. Each has a maximum age of its own, and the time reported is such that the
/// oracle finds the whole fresh exactly while both are: give it the smaller of the two as the maximum age of this feed.
/// @dev Immutable, without memory, so that it cannot be moved by anybody. It reverts where either feed gives no usable
/// answer, which the oracle takes for a feed that fails: its last recorded answer then stands in, never as a fresh one.
contract TwoHopFeed is AggregatorV3Interface {
    /// @dev What the oracle gives a feed; two have to fit, and what is left over here.
    uint256 private constant HOP_GAS = 42_000;
    uint8 private constant MAX_DECIMALS = 36;

    /// @notice The asset's price in the asset between, and that one's price.
    AggregatorV3Interface public immutable first;
    AggregatorV3Interface public immutable second;
    uint256 public immutable firstMaxAgeSeconds;
    uint256 public immutable secondMaxAgeSeconds;
    /// @notice The maximum age to give the oracle: the smaller of the two.
    uint256 public immutable maxAgeSeconds;
    /// @inheritdoc AggregatorV3Interface
    uint8 public immutable override decimals;
    uint256 private immutable FIRST_UNIT;
    string private _description;

    /// @notice `feed` gives no usable answer.
    error HopUnusable(address feed);

    /// @notice A maximum age of zero; or a feed of more than 36 decimals.
    error HopOutOfRange(address feed, uint256 maxAgeSeconds, uint8 decimals);

    /// @notice Only the latest answer can be asked for: the two feeds have no rounds in common.
    error NoRounds();

    constructor(
        AggregatorV3Interface newFirst,
        uint24 newFirstMaxAgeSeconds,
        AggregatorV3Interface newSecond,
        uint24 newSecondMaxAgeSeconds,
        string memory newDescription
    ) {
        first = newFirst;
        second = newSecond;
        firstMaxAgeSeconds = newFirstMaxAgeSeconds;
        secondMaxAgeSeconds = newSecondMaxAgeSeconds;
        maxAgeSeconds =
            newFirstMaxAgeSeconds < newSecondMaxAgeSeconds ? newFirstMaxAgeSeconds : newSecondMaxAgeSeconds;
        FIRST_UNIT = 10 ** uint256(_checked(newFirst, newFirstMaxAgeSeconds));
        decimals = _checked(newSecond, newSecondMaxAgeSeconds);
        _description = newDescription;
        _read(newFirst);
        _read(newSecond);
    }

    /// @inheritdoc AggregatorV3Interface
    function latestRoundData()
        external
        view
        override
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        (uint256 firstAnswer, uint256 firstAt) = _read(first);
        (uint256 secondAnswer, uint256 secondAt) = _read(second);
        // Both are below 2^128. A product beyond an int256 is no price, and one rounded to nothing no answer.
        answer = int256((firstAnswer * secondAnswer) / FIRST_UNIT);
        if (answer <= 0) revert HopUnusable(address(first));
        // The feed with the greater age counts as younger by the difference; the other one's time bounds the result.
        firstAt += firstMaxAgeSeconds - maxAgeSeconds;
        secondAt += secondMaxAgeSeconds - maxAgeSeconds;
        updatedAt = firstAt < secondAt ? firstAt : secondAt;
        return (1, answer, updatedAt, updatedAt, 1);
    }

    /// @notice Reverts with `NoRounds`.
    function getRoundData(uint80) external pure override returns (uint80, int256, uint256, uint256, uint80) {
        revert NoRounds();
    }

    /// @inheritdoc AggregatorV3Interface
    function description() external view override returns (string memory) {
        return _description;
    }

    /// @inheritdoc AggregatorV3Interface
    function version() external pure override returns (uint256) {
        return 1;
    }

    /// @dev Bounded, so that one hop cannot burn what the other needs and pass for a caller's want of gas.
    function _read(AggregatorV3Interface feed) private view returns (uint256, uint256) {
        (, uint256 answer, uint256 updatedAt) = FeedReader.ask(
            address(feed),
            HOP_GAS,
            abi.encodeCall(AggregatorV3Interface.latestRoundData, ())
        );
        if (answer == 0) revert HopUnusable(address(feed));
        return (answer, updatedAt);
    }

    function _checked(
        AggregatorV3Interface feed,
        uint256 newMaxAgeSeconds
    ) private view returns (uint8 feedDecimals) {
        feedDecimals = feed.decimals();
        if (newMaxAgeSeconds == 0 || feedDecimals > MAX_DECIMALS) {
            revert HopOutOfRange(address(feed), newMaxAgeSeconds, feedDecimals);
        }
    }
}
