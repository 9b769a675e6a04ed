// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FeedReader} from "./FeedReader.sol";
import {Guard, GuardTerms, SourceGuard} from "./SourceGuard.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {HealthMath} from "../libraries/HealthMath.sol";

/// @notice A collateral and the feed of its price.
struct FeedTerms {
    address asset;
    AggregatorV3Interface feed;
    /// An answer older than this is stale.
    uint24 maxAgeSeconds;
    /// An answer older than this is dead.
    uint24 deadAgeSeconds;
    Guard guard;
}

/// @title The prices of one vault from Chainlink feeds
/// @notice One immutable contract a vault: feeds, ages and scales are in the code, which makes the prices of all
/// collaterals cost one external account, one read of the quote feed and one feed a collateral. Both feeds of a pair
/// are quoted in the same currency, say USD. A new collateral means a new oracle, which the vault is then pointed at.
/// @dev An answer of zero or less, of 2^128 or more, from the future, or without a time is no answer; neither is a feed
/// that reverts, burns its gas, has no code or returns too little. Such a feed fails, and the last answer that `record`
/// has seen stands in, never as a fresh one. A collateral counts as zero once its feed is dead: its last answer older
/// than the dead age, or its failure witnessed by `record` at least daily for as long. One bad reading therefore never
/// makes a collateral worthless. The quote feed is stale beyond its age but never dead, for a price of nothing would
/// make every collateral worthless because the unit of account has gone silent; see docs/decisions.
/// An answer in time that its second source contradicts, or at its bounds, counts but is in dispute: nobody borrows or
/// withdraws against it, and only what is below its floor is sold at it. A second source that is silent, old or
/// unusable contradicts nothing. An asset without a guard costs nothing for it.
contract ChainlinkOracle is IOracle {
    using SourceGuard for GuardTerms;

    /// @notice What `record` has seen of a feed.
    struct Record {
        /// The last usable answer and its time.
        uint128 answer;
        uint40 updatedAt;
        /// Since when the feed has been seen failing, at least once a day; zero when it last answered.
        uint40 failingSince;
        /// When it was last seen failing.
        uint40 failedAt;
    }

    /// @dev One feed in one word: address (160), maximum age (24), dead age (24), decimal exponent (8, signed), whether
    /// there is a guard (1).
    type Leg is uint256;

    uint256 private constant MAX_LEGS = 16;
    uint256 private constant QUOTE = 255;
    /// @dev Where in `freshSet` the set of assets in dispute begins.
    uint256 private constant DISPUTED_SHIFT = 16;
    uint256 private constant GUARDED = 1 << 216;
    int256 private constant MAX_EXPONENT = 76;
    int256 private constant MAX_PLAIN_EXPONENT = 38;
    /// @dev A failure that nobody has witnessed for longer than this begins anew.
    uint256 private constant WITNESS_SECONDS = 1 days;

    /// @inheritdoc IOracle
    address public immutable override quoteAsset;
    uint256 private immutable LEG_COUNT;
    Leg private immutable QUOTE_LEG;
    Leg private immutable LEG_0;
    Leg private immutable LEG_1;
    Leg private immutable LEG_2;
    Leg private immutable LEG_3;
    Leg private immutable LEG_4;
    Leg private immutable LEG_5;
    Leg private immutable LEG_6;
    Leg private immutable LEG_7;
    Leg private immutable LEG_8;
    Leg private immutable LEG_9;
    Leg private immutable LEG_10;
    Leg private immutable LEG_11;
    Leg private immutable LEG_12;
    Leg private immutable LEG_13;
    Leg private immutable LEG_14;
    Leg private immutable LEG_15;

    address[] private _assets;
    mapping(uint256 number => Record) private _records;
    mapping(uint256 number => GuardTerms) private _guards;

    /// @notice A later answer of collateral `number`'s feed (255: the quote feed) is kept for when the feed fails.
    event AnswerRecorded(uint256 indexed number, uint256 answer, uint256 updatedAt);

    /// @notice Collateral `number`'s feed (255: the quote feed) gives no usable answer, as it has since `failingSince`.
    event FeedFailing(uint256 indexed number, uint256 failingSince);

    /// @notice Collateral `number`'s feed (255: the quote feed), which was failing, gives usable answers again.
    event FeedAnswering(uint256 indexed number);

    /// @notice More collaterals than the 16 a vault can list.
    error TooManyFeeds(uint256 count);

    /// @notice The feed of `asset` gives no usable answer now, so it cannot be relied on from the start.
    error FeedUnusable(address asset, address feed);

    /// @notice The decimals of tokens and feeds of `asset` and the quote asset do not fit 10^76.
    error DecimalsOutOfRange(address asset, int256 exponent);

    /// @notice Ages must rise: `0 < maxAge < deadAge`.
    error AgesOutOfOrder(address asset, uint256 maxAgeSeconds, uint256 deadAgeSeconds);

    /// @param newQuoteAsset The asset in which prices are given.
    /// @param quoteFeed Its feed.
    /// @param quoteMaxAgeSeconds An answer of it older than this makes every price stale.
    /// @param feeds The collaterals in the vault's order.
    constructor(
        address newQuoteAsset,
        AggregatorV3Interface quoteFeed,
        uint24 quoteMaxAgeSeconds,
        FeedTerms[] memory feeds
    ) {
        if (feeds.length > MAX_LEGS) revert TooManyFeeds(feeds.length);
        quoteAsset = newQuoteAsset;
        LEG_COUNT = feeds.length;
        FeedTerms memory quoteTerms;
        (quoteTerms.asset, quoteTerms.feed) = (newQuoteAsset, quoteFeed);
        (quoteTerms.maxAgeSeconds, quoteTerms.deadAgeSeconds) = (quoteMaxAgeSeconds, type(uint24).max);
        _requireUsable(quoteTerms);
        QUOTE_LEG = _leg(quoteTerms, 0);
        _record(QUOTE, QUOTE_LEG);

        int256 quoteDecimals = int256(_decimals(newQuoteAsset)) + int256(uint256(quoteFeed.decimals()));
        Leg[MAX_LEGS] memory legs;
        for (uint256 j; j < feeds.length; ++j) {
            FeedTerms memory terms = feeds[j];
            _requireUsable(terms);
            int256 decimals = int256(_decimals(terms.asset)) + int256(uint256(terms.feed.decimals()));
            legs[j] = _leg(terms, 36 + quoteDecimals - decimals);
            if (_guards[j].set(terms.asset, terms.feed, terms.guard))
                legs[j] = Leg.wrap(Leg.unwrap(legs[j]) | GUARDED);
            _record(j, legs[j]);
            _assets.push(terms.asset);
        }
        LEG_0 = legs[0];
        LEG_1 = legs[1];
        LEG_2 = legs[2];
        LEG_3 = legs[3];
        LEG_4 = legs[4];
        LEG_5 = legs[5];
        LEG_6 = legs[6];
        LEG_7 = legs[7];
        LEG_8 = legs[8];
        LEG_9 = legs[9];
        LEG_10 = legs[10];
        LEG_11 = legs[11];
        LEG_12 = legs[12];
        LEG_13 = legs[13];
        LEG_14 = legs[14];
        LEG_15 = legs[15];
    }

    /// @inheritdoc IOracle
    function prices(uint256 assetSet) external view returns (uint256[] memory prices36, uint256 freshSet) {
        (uint256 quoteAnswer, bool quoteFresh) = _quote();
        uint256 count;
        for (uint256 rest = assetSet; rest != 0; rest &= rest - 1) ++count;
        prices36 = new uint256[](count);
        uint256 next;
        for (uint256 j; j < LEG_COUNT; ++j) {
            if ((assetSet >> j) & 1 == 0) continue;
            bool fresh;
            bool disputed;
            (prices36[next++], fresh, disputed) = _price36(j, quoteAnswer);
            if (fresh && quoteFresh) freshSet |= 1 << (disputed ? j + DISPUTED_SHIFT : j);
        }
    }

    /// @inheritdoc IOracle
    function price(address asset) external view returns (uint256 price36, bool fresh) {
        (uint256 quoteAnswer, bool quoteFresh) = _quote();
        for (uint256 j; j < LEG_COUNT; ++j) {
            if (_assets[j] != asset) continue;
            bool disputed;
            (price36, fresh, disputed) = _price36(j, quoteAnswer);
            return (price36, fresh && quoteFresh && !disputed);
        }
    }

    /// @inheritdoc IOracle
    function assets() external view returns (address[] memory) {
        return _assets;
    }

    /// @notice Keeps the present answers of all feeds, to stand in should a feed fail, and witnesses those that do.
    /// Anyone may; a keeper does it several times a day.
    function record() external {
        _record(QUOTE, QUOTE_LEG);
        for (uint256 j; j < LEG_COUNT; ++j) _record(j, _legAt(j));
    }

    /// @notice The feed, ages and record of collateral `number`, or of the quote asset for 255.
    function feedOf(
        uint256 number
    )
        external
        view
        returns (address feed, uint256 maxAgeSeconds, uint256 deadAgeSeconds, Record memory seen)
    {
        Leg leg = number == QUOTE ? QUOTE_LEG : _legAt(number);
        return (_feedOf(leg), _maxAgeOf(leg), _deadAgeOf(leg), _records[number]);
    }

    /// @notice What makes answers of collateral `number` doubtful; all zero without a guard.
    function guardOf(uint256 number) external view returns (Guard memory) {
        return _guards[number].get();
    }

    function _quote() private view returns (uint256 answer, bool fresh) {
        uint256 updatedAt;
        (answer, updatedAt) = FeedReader.read(_feedOf(QUOTE_LEG));
        if (answer == 0) return (_records[QUOTE].answer, false);
        fresh = block.timestamp - updatedAt <= _maxAgeOf(QUOTE_LEG);
    }

    function _price36(
        uint256 number,
        uint256 quoteAnswer
    ) private view returns (uint256 price36, bool fresh, bool disputed) {
        Leg leg = _legAt(number);
        (uint256 answer, uint256 updatedAt) = FeedReader.read(_feedOf(leg));
        if (answer == 0) {
            answer = _standIn(number, leg);
        } else {
            uint256 age = block.timestamp - updatedAt;
            if (age > _deadAgeOf(leg)) return (0, false, false);
            fresh = age <= _maxAgeOf(leg);
            if (fresh && Leg.unwrap(leg) & GUARDED != 0) disputed = _guards[number].isDoubtful(answer);
        }
        price36 = _scaled(answer, quoteAnswer, _exponentOf(leg));
        if (price36 == 0) fresh = false;
    }

    /// @dev The recorded answer of a feed that fails; zero once it has been seen failing for the dead age.
    function _standIn(uint256 number, Leg leg) private view returns (uint256) {
        Record storage seen = _records[number];
        return _isSeenDead(seen, leg) ? 0 : seen.answer;
    }

    /// @dev Stands until `record` sees the feed answer again.
    function _isSeenDead(Record storage seen, Leg leg) private view returns (bool) {
        return seen.failingSince != 0 && seen.failedAt - seen.failingSince > _deadAgeOf(leg);
    }

    /// @dev `answer * 10^exponent / quoteAnswer`, rounded down; zero when it does not fit a price.
    function _scaled(uint256 answer, uint256 quoteAnswer, int256 exponent) private pure returns (uint256) {
        if (exponent < 0) return answer / 10 ** uint256(-exponent) / quoteAnswer;
        uint256 scale = 10 ** uint256(exponent);
        // An answer is below 2^128: up to here the product fits a word, and no feed in use goes further.
        if (exponent <= MAX_PLAIN_EXPONENT) return _limited((answer * scale) / quoteAnswer);
        (uint256 high, ) = Math.mul512(answer, scale);
        if (high >= quoteAnswer) return 0;
        return _limited(Math.mulDiv(answer, scale, quoteAnswer));
    }

    function _limited(uint256 price36) private pure returns (uint256) {
        return price36 < HealthMath.PRICE_LIMIT36 ? price36 : 0;
    }

    function _record(uint256 number, Leg leg) private {
        Record storage seen = _records[number];
        (uint256 answer, uint256 updatedAt) = FeedReader.read(_feedOf(leg));
        if (answer == 0) {
            bool lapsed = block.timestamp - seen.failedAt > WITNESS_SECONDS && !_isSeenDead(seen, leg);
            if (seen.failingSince == 0 || lapsed) seen.failingSince = uint40(block.timestamp);
            seen.failedAt = uint40(block.timestamp);
            emit FeedFailing(number, seen.failingSince);
            return;
        }
        if (seen.failingSince != 0) {
            (seen.failingSince, seen.failedAt) = (0, 0);
            emit FeedAnswering(number);
        }
        if (updatedAt > seen.updatedAt) {
            (seen.answer, seen.updatedAt) = (uint128(answer), uint40(updatedAt));
            emit AnswerRecorded(number, answer, updatedAt);
        }
    }

    function _requireUsable(FeedTerms memory terms) private view {
        (uint256 answer, ) = FeedReader.read(address(terms.feed));
        if (answer == 0) revert FeedUnusable(terms.asset, address(terms.feed));
    }

    function _leg(FeedTerms memory terms, int256 exponent) private pure returns (Leg) {
        if (exponent > MAX_EXPONENT || exponent < -MAX_EXPONENT) {
            revert DecimalsOutOfRange(terms.asset, exponent);
        }
        if (terms.maxAgeSeconds == 0 || terms.maxAgeSeconds >= terms.deadAgeSeconds) {
            revert AgesOutOfOrder(terms.asset, terms.maxAgeSeconds, terms.deadAgeSeconds);
        }
        uint256 exponentByte = uint256(exponent + 128);
        return
            Leg.wrap(
                uint256(uint160(address(terms.feed))) |
                    (uint256(terms.maxAgeSeconds) << 160) |
                    (uint256(terms.deadAgeSeconds) << 184) |
                    (exponentByte << 208)
            );
    }

    function _feedOf(Leg leg) private pure returns (address) {
        return address(uint160(Leg.unwrap(leg)));
    }

    function _maxAgeOf(Leg leg) private pure returns (uint256) {
        return uint24(Leg.unwrap(leg) >> 160);
    }

    function _deadAgeOf(Leg leg) private pure returns (uint256) {
        return uint24(Leg.unwrap(leg) >> 184);
    }

    function _exponentOf(Leg leg) private pure returns (int256) {
        return int256(uint256(uint8(Leg.unwrap(leg) >> 208))) - 128;
    }

    /// @dev A word in code instead of a read of storage: 2,100 gas a collateral.
    function _legAt(uint256 number) private view returns (Leg) {
        if (number < 8) {
            if (number < 4) {
                if (number < 2) return number == 0 ? LEG_0 : LEG_1;
                return number == 2 ? LEG_2 : LEG_3;
            }
            if (number < 6) return number == 4 ? LEG_4 : LEG_5;
            return number == 6 ? LEG_6 : LEG_7;
        }
        if (number < 12) {
            if (number < 10) return number == 8 ? LEG_8 : LEG_9;
            return number == 10 ? LEG_10 : LEG_11;
        }
        if (number < 14) return number == 12 ? LEG_12 : LEG_13;
        return number == 14 ? LEG_14 : LEG_15;
    }

    function _decimals(address token) private view returns (uint256) {
        return IERC20Metadata(token).decimals();
    }
}
