// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title The price of an ERC-4626 share: its assets' worth by a feed
/// @notice A feed made of a feed and a vault's rate, for an oracle that reads feeds; in the feed's decimals, rounded
/// down. A rate counts from the block after the one in which somebody has noted it (`note`, anyone may), and only as
/// far as it has grown no faster than the listing allows. So nobody moves it upwards within a block, by a gift or
/// otherwise, and a gift before it raises it by no more than the growth of the time since it was noted last. A rate
/// that has fallen counts at once. Where nobody notes, shares count at the last rate noted: too little, never too much.
/// @dev Under `minimumSupply` shares the rate is anybody's to set, and there is no answer. It reverts then, and where
/// the feed gives no usable answer, which the oracle takes for a feed that fails. What is noted at deployment is taken
/// on trust: whoever lists the share compares the price with another source.
contract ShareFeed is AggregatorV3Interface {
    struct Rate {
        /// Base units of the asset for a whole share, rounded down.
        uint128 assets;
        uint40 notedAt;
    }

    uint256 private constant YEAR_SECONDS = 365.25 days;
    uint256 private constant BPS = 1e4;
    /// @dev A share that may double within a year is not a share of something that earns interest.
    uint256 private constant MAX_GROWTH_BPS = 1e4;
    uint8 private constant MAX_DECIMALS = 36;

    IERC4626 public immutable shares;
    AggregatorV3Interface public immutable assetFeed;
    uint256 public immutable maxGrowthBpsPerYear;
    /// @notice Base units of shares.
    uint256 public immutable minimumSupply;
    /// @inheritdoc AggregatorV3Interface
    uint8 public immutable override decimals;
    uint256 private immutable SHARE_UNIT;
    uint256 private immutable ASSET_UNIT;

    Rate private _latest;
    /// @dev What counts in the block in which `_latest` was noted.
    Rate private _before;
    string private _description;

    /// @notice From the next block on a whole share counts for at most so many base units of its asset.
    event RateNoted(uint256 assets);

    /// @notice There are `supply` shares, fewer than the `minimum` with which the rate is believed.
    error SupplyTooSmall(uint256 supply, uint256 minimum);

    /// @notice The asset's feed gives no usable answer, or the share is worth nothing.
    error ShareUnusable(address shares, address feed);

    /// @notice The growth must be at most 100 % a year, and the minimum supply at least a whole share.
    error ShareTermsOutOfRange(uint256 maxGrowthBpsPerYear, uint256 minimumSupply);

    /// @notice Only the latest answer can be asked for.
    error NoShareRounds();

    constructor(
        IERC4626 newShares,
        AggregatorV3Interface newAssetFeed,
        uint256 newMaxGrowthBpsPerYear,
        uint256 newMinimumSupply,
        string memory newDescription
    ) {
        (uint8 shareDecimals, uint8 assetDecimals) = (
            newShares.decimals(),
            IERC20Metadata(newShares.asset()).decimals()
        );
        bool isInRange =
            newMaxGrowthBpsPerYear <= MAX_GROWTH_BPS &&
                shareDecimals <= MAX_DECIMALS &&
                assetDecimals <= MAX_DECIMALS &&
                newMinimumSupply >= 10 ** uint256(shareDecimals);
        if (!isInRange) revert ShareTermsOutOfRange(newMaxGrowthBpsPerYear, newMinimumSupply);
        shares = newShares;
        assetFeed = newAssetFeed;
        maxGrowthBpsPerYear = newMaxGrowthBpsPerYear;
        minimumSupply = newMinimumSupply;
        decimals = newAssetFeed.decimals();
        SHARE_UNIT = 10 ** uint256(shareDecimals);
        ASSET_UNIT = 10 ** uint256(assetDecimals);
        _description = newDescription;
        uint256 rate = _present();
        if (rate == 0) revert ShareUnusable(address(newShares), address(newAssetFeed));
        (_latest, _before) = (_rateNow(rate), _rateNow(rate));
        emit RateNoted(rate);
    }

    /// @notice Notes the present rate, as far as it has not grown too fast; it counts from the next block. Does nothing
    /// more than once a block. Reverts with `SupplyTooSmall`, and with `ShareUnusable` for shares worth nothing.
    function note() external {
        Rate memory latest = _latest;
        if (latest.notedAt == block.timestamp) return;
        uint256 rate = Math.min(_present(), _grown(latest));
        if (rate == 0) revert ShareUnusable(address(shares), address(assetFeed));
        _before = latest;
        _latest = _rateNow(rate);
        emit RateNoted(rate);
    }

    /// @notice Base units of the asset for which a whole share counts in this block.
    function countedRate() public view returns (uint256) {
        Rate memory latest = _latest;
        uint256 noted = latest.notedAt < block.timestamp ? latest.assets : _before.assets;
        return Math.min(noted, _present());
    }

    /// @inheritdoc AggregatorV3Interface
    function latestRoundData()
        external
        view
        override
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        int256 signed;
        (roundId, signed, startedAt, updatedAt, answeredInRound) = assetFeed.latestRoundData();
        if (signed <= 0 || signed > int256(uint256(type(uint128).max))) {
            revert ShareUnusable(address(shares), address(assetFeed));
        }
        // Both are below 2^128.
        answer = int256((uint256(signed) * countedRate()) / ASSET_UNIT);
        if (answer <= 0) revert ShareUnusable(address(shares), address(assetFeed));
    }

    /// @notice Reverts with `NoShareRounds`.
    function getRoundData(uint80) external pure override returns (uint80, int256, uint256, uint256, uint80) {
        revert NoShareRounds();
    }

    /// @inheritdoc AggregatorV3Interface
    function description() external view override returns (string memory) {
        return _description;
    }

    /// @inheritdoc AggregatorV3Interface
    function version() external pure override returns (uint256) {
        return 1;
    }

    function _present() private view returns (uint256) {
        uint256 supply = shares.totalSupply();
        if (supply < minimumSupply) revert SupplyTooSmall(supply, minimumSupply);
        return Math.min(shares.convertToAssets(SHARE_UNIT), type(uint128).max);
    }

    /// @dev The most that `noted` can have become by now.
    function _grown(Rate memory noted) private view returns (uint256) {
        uint256 room =
            (uint256(noted.assets) * maxGrowthBpsPerYear * (block.timestamp - noted.notedAt)) /
                (BPS * YEAR_SECONDS);
        return Math.min(noted.assets + room, type(uint128).max);
    }

    function _rateNow(uint256 assets) private view returns (Rate memory) {
        return Rate(uint128(assets), uint40(block.timestamp));
    }
}
