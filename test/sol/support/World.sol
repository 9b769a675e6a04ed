// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Authority} from "../../../contracts/Authority.sol";
import {Governance} from "../../../contracts/Governance.sol";
import {KinkedRateModel} from "../../../contracts/KinkedRateModel.sol";
import {MarginVault} from "../../../contracts/MarginVault.sol";
import {RiskConfigurator} from "../../../contracts/RiskConfigurator.sol";
import {UptimeClock} from "../../../contracts/UptimeClock.sol";
import {AccountId, accountIdOf} from "../../../contracts/interfaces/AccountId.sol";
import {FeedCheck, Listing} from "../../../contracts/interfaces/IRiskConfigurator.sol";
import {CollateralTerms, RiskTerms} from "../../../contracts/interfaces/VaultTypes.sol";
import {MockFeed} from "../../../contracts/mocks/MockFeed.sol";
import {ChainlinkOracle, FeedTerms} from "../../../contracts/oracles/ChainlinkOracle.sol";
import {HookedToken, ITransferHook} from "./HookedToken.sol";
import {TestFeed} from "./TestFeed.sol";
import {vm} from "./Vm.sol";

/// @notice Makes the vault. The runner recognises a target by its code, which must not wait for the addresses of
/// libraries: so the test, which is no target, makes what is linked.
interface IVaultMaker {
    function make(
        IERC20 quoteAsset,
        KinkedRateModel model,
        address configurator,
        Authority authority,
        UptimeClock clock
    ) external returns (MarginVault);
}

/// @title A vault with everything around it, and the people who use it
/// @notice The maker of the world is admin of its governance, which has given no function to another role.
abstract contract World is ITransferHook {
    struct Listed {
        HookedToken token;
        TestFeed feed;
        uint256 firstAnswer;
        uint256 unit;
    }

    uint256 internal constant WAD = 1e18;
    uint256 internal constant BPS = 1e4;
    uint256 internal constant ALL = type(uint256).max;
    uint24 internal constant MAX_AGE_SECONDS = 1 days;
    uint24 internal constant DEAD_AGE_SECONDS = 3 days;
    uint256 internal constant MIN_GRACE_SECONDS = 900;
    uint256 internal constant MAX_LISTED = 4;
    uint256 internal constant ACTOR_COUNT = 5;
    uint256 internal constant ACCOUNT_COUNT = 6;

    MarginVault internal immutable vault;
    HookedToken internal immutable quote;
    TestFeed internal immutable quoteFeed;
    KinkedRateModel internal immutable model;
    RiskConfigurator internal immutable configurator;
    Authority internal immutable authority;
    UptimeClock internal immutable clock;
    MockFeed internal immutable uptimeFeed;
    /// @dev One whole quote token.
    uint256 internal immutable usd;

    ChainlinkOracle internal oracle;
    Listed[] internal listed;
    address[] internal actors;
    mapping(address actor => uint256) internal keyOf;
    AccountId[] internal accounts;

    uint256 private _random;

    constructor(uint8 quoteDecimals, IVaultMaker maker) {
        vm.warp(1_800_000_000);
        usd = 10 ** quoteDecimals;
        quote = new HookedToken(quoteDecimals);
        quoteFeed = new TestFeed(1e8);
        model = new KinkedRateModel(0.9e18, 0.01e18, 0.1e18, 2e18);
        Governance governance = new Governance(address(this));
        configurator = new RiskConfigurator(address(governance));
        authority = new Authority();
        uptimeFeed = new MockFeed(0, "uptime", 0);
        clock = new UptimeClock(address(governance), uptimeFeed, MIN_GRACE_SECONDS);
        vault = maker.make(quote, model, address(configurator), authority, clock);
        configurator.setRiskTerms(vault, _risk(900, 3_600));
        configurator.setFee(vault, 1_000, address(0xFEE));
        _peopleArrive();
        _list(18, 2_000e8, CollateralTerms(7_600, 8_020, 8_740, 800, type(uint128).max));
        _list(8, 30_000e8, CollateralTerms(7_000, 7_500, 8_200, 1_000, type(uint128).max));
        _list(6, 1e8, CollateralTerms(8_500, 8_800, 9_200, 200, type(uint128).max));
    }

    function _risk(uint24 minGraceSeconds, uint24 auctionSeconds) internal view returns (RiskTerms memory) {
        return
            RiskTerms({
                minimumDebt: uint96(100 * usd),
                dustValue: uint72(10 * usd),
                maxBounty: uint72(5 * usd),
                minGraceSeconds: minGraceSeconds,
                maxGraceSeconds: 4 hours,
                auctionSeconds: auctionSeconds,
                rampSeconds: auctionSeconds / 2
            });
    }

    function _peopleArrive() private {
        for (uint256 i; i < ACTOR_COUNT; ++i) {
            address actor = vm.addr(i + 1);
            actors.push(actor);
            keyOf[actor] = i + 1;
            quote.mint(actor, 1e12 * usd);
            vm.prank(actor);
            quote.approve(address(vault), ALL);
        }
        for (uint256 i; i < ACCOUNT_COUNT; ++i) accounts.push(accountIdOf(actors[i % 3], uint96(i / 3)));
    }

    /// @dev Lists one more collateral, and points the vault at an oracle that knows it.
    function _list(uint8 tokenDecimals, uint256 firstAnswer, CollateralTerms memory terms) internal {
        HookedToken token = new HookedToken(tokenDecimals);
        for (uint256 i; i < actors.length; ++i) {
            token.mint(actors[i], 1e9 * 10 ** tokenDecimals);
            vm.prank(actors[i]);
            token.approve(address(vault), ALL);
        }
        listed.push(Listed(token, new TestFeed(firstAnswer), firstAnswer, 10 ** tokenDecimals));
        _refreshFeeds();
        oracle = _newOracle();
        Listing[] memory listings = new Listing[](1);
        (uint256 price36, ) = oracle.price(address(token));
        FeedCheck memory check = FeedCheck(address(listed[listed.length - 1].feed), 8, "test", price36, 1);
        listings[0] = Listing(address(token), terms, check);
        configurator.listCollaterals(vault, listings, oracle);
    }

    function _newOracle() internal returns (ChainlinkOracle) {
        FeedTerms[] memory feeds = new FeedTerms[](listed.length);
        for (uint256 j; j < feeds.length; ++j) {
            (feeds[j].asset, feeds[j].feed) = (address(listed[j].token), listed[j].feed);
            (feeds[j].maxAgeSeconds, feeds[j].deadAgeSeconds) = (MAX_AGE_SECONDS, DEAD_AGE_SECONDS);
        }
        return new ChainlinkOracle(address(quote), quoteFeed, MAX_AGE_SECONDS, feeds);
    }

    /// @dev Every feed works and has just spoken.
    function _refreshFeeds() internal {
        for (uint256 j; j < listed.length; ++j) listed[j].feed.refresh();
        quoteFeed.refresh();
    }

    /// @dev Multiplies the price of each collateral in `set` by `factorWad`, within what a feed may say.
    function _scalePrices(uint256 set, uint256 factorWad) internal {
        for (uint256 j; j < listed.length; ++j) {
            if ((set >> j) & 1 == 0) continue;
            uint256 answer = (uint256(int256(listed[j].feed.answer())) * factorWad) / WAD;
            uint256 most = listed[j].firstAnswer * 20;
            if (answer > most) answer = most;
            listed[j].feed.push(answer == 0 ? 1 : answer);
        }
    }

    function _pass(uint256 duration) internal {
        vm.warp(block.timestamp + duration);
    }

    // ------------------------------------------------------------------ chance

    function _begin(uint256 seed) internal {
        _random = seed;
    }

    /// @dev A number below `limit`; all from the seed of the present call.
    function _rand(uint256 limit) internal returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return limit == 0 ? 0 : _random % limit;
    }

    function _between(uint256 low, uint256 high) internal returns (uint256) {
        return high <= low ? low : low + _rand(high - low + 1);
    }

    /// @dev True once in `n`.
    function _oneIn(uint256 n) internal returns (bool) {
        return _rand(n) == 0;
    }

    function _anyActor() internal returns (address) {
        return actors[_rand(actors.length)];
    }

    function _anyAccount() internal returns (AccountId) {
        return accounts[_rand(accounts.length)];
    }

    // ------------------------------------------------------------------ what is

    /// @dev The insurance's account of what defaults left of one collateral.
    function _lotOf(uint256 number) internal view returns (AccountId) {
        return accountIdOf(address(vault), uint96(number));
    }

    function _isLot(AccountId id) internal view returns (bool) {
        return id.ownerOf() == address(vault);
    }

    function _setOf(AccountId id) internal view returns (uint256 set) {
        (set, , , , , , ) = vault.accountState(id);
    }

    function _cash() internal view returns (uint256 cash) {
        (cash, , , , ) = vault.pool();
    }

    function _one(AccountId id) internal pure returns (AccountId[] memory ids) {
        ids = new AccountId[](1);
        ids[0] = id;
    }
}
