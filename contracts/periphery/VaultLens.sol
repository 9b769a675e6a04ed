// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {AccountId, accountIdOf} from "../interfaces/AccountId.sol";
import {IInterestRateModel} from "../interfaces/IInterestRateModel.sol";
import {RoundSeen} from "../interfaces/IKeeperLens.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IMarginVaultErrors} from "../interfaces/IMarginVaultErrors.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {IRiskConfigurator, VolatilityTerms} from "../interfaces/IRiskConfigurator.sol";
import {IUptimeClock, PauseKind} from "../interfaces/IUptimeClock.sol";
import {
    AccountAnswer,
    AccountQuestion,
    AccountView,
    BrakeSeen,
    CollateralSeen,
    CureSeen,
    DetailsSeen,
    FeedSeen,
    HoldingSeen,
    IVaultLens,
    LenderSeen,
    LensAnswer,
    LensQuestion,
    OwnedAccounts,
    PoolSeen,
    Reading,
    StateSeen,
    StopsSeen,
    TakeSeen,
    TriggersSeen,
    VaultSeen,
    VolatilitySeen
} from "../interfaces/IVaultLens.sol";
import {IVolatilityGauge} from "../interfaces/IVolatilityGauge.sol";
import {CollateralTerms, Margin, Moment, RiskTerms, Status} from "../interfaces/VaultTypes.sol";
import {AccountHealth, Prices} from "../libraries/AccountHealth.sol";
import {AuctionMath} from "../libraries/AuctionMath.sol";
import {CallClock} from "../libraries/CallClock.sol";
import {CallLogic} from "../libraries/CallLogic.sol";
import {DebtMath} from "../libraries/DebtMath.sol";
import {FixedPoint, BPS, PRICE_SCALE, WAD} from "../libraries/FixedPoint.sol";
import {ForecastMath} from "../libraries/ForecastMath.sol";
import {HealthMath, Valuation} from "../libraries/HealthMath.sol";

/// @notice See `IVaultLens`.
/// @dev Each part is read by a call of the lens to itself with gas of its own: what reverts, burns its gas or does not
/// decode ends in there, and what comes back is bounded by `_ask`. Functions other than the interface's are for the
/// lens itself.
contract VaultLens is IVaultLens {
    using AccountHealth for Prices;
    using FixedPoint for uint256;
    using HealthMath for Valuation;

    uint256 private constant MAX_COLLATERALS = 16;
    /// @dev What memory bears; more accounts would not fit a call.
    uint256 private constant MAX_ACCOUNTS = 300;
    /// @dev Prices of 16 collaterals are 608 bytes; no other answer is longer.
    uint256 private constant MAX_ANSWER_BYTES = 1_024;
    uint256 private constant MAX_REASON_BYTES = 512;

    /// @dev What an oracle of 16 collaterals takes when every feed and every second source burns what it is given.
    uint256 private constant PRICES_GAS = 4_000_000;
    /// @dev What a vault takes to value an account of 8 collaterals then.
    uint256 private constant VALUATION_GAS = 2_500_000;
    uint256 private constant ACCOUNT_GAS = 8_000_000;
    uint256 private constant PART_GAS = 1_000_000;
    uint256 private constant READ_GAS = 300_000;
    /// @dev To put the answer together and to return it.
    uint256 private constant RETURN_GAS = 200_000;
    uint256 private constant RETURN_GAS_PER_ACCOUNT = 4_000;
    /// @dev Where in a call of `accountOf` the account is: behind the selector and the vault.
    uint256 private constant ACCOUNT_OFFSET = 36;
    /// @dev Less than this does for no account.
    uint256 private constant LEAST_GAS = 80_000;

    // ------------------------------------------------------------------ the interface

    /// @inheritdoc IVaultLens
    function look(LensQuestion calldata question) external view returns (LensAnswer memory answer) {
        IMarginVault vault = question.vault;
        answer.blockNumber = block.number;
        answer.timestamp = block.timestamp;
        answer.vault = _vaultOf(vault);
        try this.poolOf{gas: PART_GAS}(vault) returns (PoolSeen memory pool) {
            answer.pool = pool;
        } catch (bytes memory reason) {
            answer.pool.reading.reason = reason;
        }
        if (question.lender != address(0)) {
            try this.lenderOf{gas: PART_GAS}(vault, question.lender) returns (LenderSeen memory lender) {
                answer.lender = lender;
            } catch (bytes memory reason) {
                answer.lender.reading.reason = reason;
            }
        }
        if (question.withDetails) answer.details = _detailsOf(vault, answer.vault);
        _addAccounts(question, answer);
    }

    /// @inheritdoc IVaultLens
    function lookAt(
        IMarginVault vault,
        AccountId account,
        uint256 slippageWad,
        uint256 discountWad
    ) external view returns (AccountView memory) {
        VaultSeen memory seen = _vaultOf(vault);
        if (!seen.terms.known) LowLevelCall.bubbleRevert(seen.terms.reason);
        return this.accountOf(AccountQuestion(vault, account, slippageWad, discountWad), abi.encode(seen));
    }

    /// @inheritdoc IVaultLens
    function accountsOf(
        IMarginVault vault,
        address owner,
        uint256 first,
        uint256 last,
        uint256 most
    ) external view returns (OwnedAccounts memory owned) {
        if (last > type(uint96).max) last = type(uint96).max;
        AccountId[] memory found = new AccountId[](most < MAX_ACCOUNTS ? most : MAX_ACCOUNTS);
        uint256 count;
        owned.reading.known = true;
        owned.next = first;
        while (owned.next <= last && count < found.length && gasleft() > RETURN_GAS + READ_GAS) {
            AccountId id = accountIdOf(owner, uint96(owned.next));
            try this.stateOf{gas: READ_GAS}(vault, id) returns (StateSeen memory state) {
                if (state.collateralSet != 0 || state.debtShares != 0) found[count++] = id;
            } catch (bytes memory reason) {
                owned.reading = Reading(false, reason);
                break;
            }
            ++owned.next;
        }
        owned.accounts = new AccountId[](count);
        for (uint256 i; i < count; ++i) owned.accounts[i] = found[i];
    }

    // ------------------------------------------------------------------ the vault

    /// @notice Terms, collaterals and index of `vault`, and what it stands on.
    function termsOf(IMarginVault vault) external view returns (VaultSeen memory seen) {
        uint256 count = _word(address(vault), abi.encodeCall(vault.collateralCount, ()));
        if (count > MAX_COLLATERALS) revert AnswerUnfit(address(vault));
        seen.collaterals = new CollateralSeen[](count);
        for (uint256 j; j < count; ++j) {
            CollateralSeen memory c = seen.collaterals[j];
            (c.asset, c.terms, c.total) = abi.decode(
                _ask(address(vault), abi.encodeCall(vault.collateralAt, (j))),
                (address, CollateralTerms, uint256)
            );
        }
        seen.riskTerms = abi.decode(_ask(address(vault), abi.encodeCall(vault.riskTerms, ())), (RiskTerms));
        seen.debtIndex = _word(address(vault), abi.encodeCall(vault.currentDebtIndex, ()));
        seen.oracle = IOracle(_address(address(vault), abi.encodeCall(vault.oracle, ())));
        seen.clock = IUptimeClock(_address(address(vault), abi.encodeCall(vault.clock, ())));
        seen.terms.known = true;
    }

    /// @notice The prices of the first `count` collaterals, as the vault takes them.
    function pricesOf(IOracle oracle, uint256 count) external view returns (Prices memory p) {
        uint256[] memory prices36;
        (prices36, p.freshSet) = abi.decode(
            _ask(address(oracle), abi.encodeCall(oracle.prices, ((1 << count) - 1))),
            (uint256[], uint256)
        );
        if (prices36.length < count) revert AnswerUnfit(address(oracle));
        for (uint256 j; j < count; ++j) {
            if (prices36[j] < HealthMath.PRICE_LIMIT36) p.price36[j] = prices36[j];
        }
        p.available = true;
    }

    /// @notice The clock now.
    function momentOf(IUptimeClock clock) external view returns (Moment memory) {
        return abi.decode(_ask(address(clock), abi.encodeCall(clock.read, ())), (Moment));
    }

    function _vaultOf(IMarginVault vault) private view returns (VaultSeen memory seen) {
        try this.termsOf{gas: PART_GAS}(vault) returns (VaultSeen memory answer) {
            seen = answer;
        } catch (bytes memory reason) {
            seen.terms.reason = reason;
            return seen;
        }
        try this.momentOf{gas: PART_GAS}(seen.clock) returns (Moment memory moment) {
            seen.moment = moment;
            seen.time.known = true;
        } catch (bytes memory reason) {
            seen.time.reason = reason;
        }
        uint256 count = seen.collaterals.length;
        try this.pricesOf{gas: PRICES_GAS}(seen.oracle, count) returns (Prices memory p) {
            for (uint256 j; j < count; ++j) {
                CollateralSeen memory c = seen.collaterals[j];
                (c.price36, c.fresh, c.disputed) = (p.price36[j], p.isFresh(j), p.isDisputed(j));
            }
            seen.prices.known = true;
        } catch (bytes memory reason) {
            seen.prices.reason = reason;
        }
    }

    // ------------------------------------------------------------------ the lenders

    /// @notice The vault's books.
    function poolOf(IMarginVault vault) external view returns (PoolSeen memory pool) {
        address target = address(vault);
        (pool.cash, , , , ) = abi.decode(
            _ask(target, abi.encodeCall(vault.pool, ())),
            (uint256, uint256, uint256, uint256, uint256)
        );
        pool.debt = _word(target, abi.encodeCall(vault.totalDebt, ()));
        pool.assets = _word(target, abi.encodeCall(IERC4626.totalAssets, ()));
        pool.shares = _word(target, abi.encodeWithSignature("totalSupply()"));
        (pool.feeBps, pool.feeRecipient) = abi.decode(
            _ask(target, abi.encodeCall(vault.feeTerms, ())),
            (uint256, address)
        );
        pool.borrowCap = _word(target, abi.encodeCall(vault.borrowCap, ()));
        pool.insuranceShares = _word(target, abi.encodeCall(vault.insuranceShares, ()));
        pool.insuranceAssets = _assetsOf(target, pool.insuranceShares);
        pool.insuranceRatioWad = HealthMath.ratioWadDown(pool.insuranceAssets, pool.debt);
        _addRates(target, pool);
        pool.reading.known = true;
    }

    /// @notice What the vault would make of the model's answer.
    function rateOf(address vault, uint256 cash, uint256 debt) external view returns (uint256 rateWad) {
        address model = _address(vault, abi.encodeCall(IMarginVault.interestRateModel, ()));
        rateWad = _word(model, abi.encodeCall(IInterestRateModel.ratePerSecondWad, (cash, debt)));
        if (rateWad > DebtMath.MAX_RATE_PER_SECOND_WAD) rateWad = DebtMath.MAX_RATE_PER_SECOND_WAD;
    }

    /// @notice What `owner` has lent.
    function lenderOf(IMarginVault vault, address owner) external view returns (LenderSeen memory lender) {
        address target = address(vault);
        lender.shares = _word(target, abi.encodeWithSignature("balanceOf(address)", owner));
        lender.assets = _assetsOf(target, lender.shares);
        lender.withdrawable = _word(target, abi.encodeCall(IERC4626.maxWithdraw, (owner)));
        lender.redeemable = _word(target, abi.encodeCall(IERC4626.maxRedeem, (owner)));
        lender.reading.known = true;
    }

    function _addRates(address vault, PoolSeen memory pool) private view {
        // A model that fails charges nothing, and nobody earns anything.
        try this.rateOf{gas: READ_GAS}(vault, pool.cash, pool.debt) returns (uint256 rateWad) {
            pool.borrowRatePerSecondWad = rateWad;
        } catch {}
        if (pool.debt == 0) return;
        pool.utilisationWad = pool.debt.mulDivDown(WAD, pool.cash + pool.debt);
        if (pool.assets == 0) return;
        uint256 earnedWad = pool.borrowRatePerSecondWad * (BPS - pool.feeBps);
        pool.supplyRatePerSecondWad = pool.debt.mulDivDown(earnedWad, pool.assets * BPS);
    }

    function _assetsOf(address vault, uint256 shares) private view returns (uint256) {
        return _word(vault, abi.encodeCall(IERC4626.convertToAssets, (shares)));
    }

    // ------------------------------------------------------------------ what the vault stands on

    /// @notice The clock's stops.
    function stopsOf(IUptimeClock clock) external view returns (StopsSeen memory stops) {
        address target = address(clock);
        stops.downtime = _word(target, abi.encodeCall(clock.downtime, ()));
        stops.callingPausedUntil = _word(target, abi.encodeCall(clock.pausedUntil, (PauseKind.Calling)));
        stops.liquidationPausedUntil = _word(
            target,
            abi.encodeCall(clock.pausedUntil, (PauseKind.Liquidation))
        );
        stops.reading.known = true;
        try this.sequencerOf{gas: READ_GAS}(target) returns (RoundSeen memory round) {
            stops.sequencer = round;
        } catch {}
    }

    /// @notice The latest round of the clock's feed.
    function sequencerOf(address clock) external view returns (RoundSeen memory) {
        return roundOf(_address(clock, abi.encodeWithSignature("sequencerFeed()")));
    }

    /// @notice The feed of collateral `number`.
    function feedOf(IOracle oracle, uint256 number) external view returns (FeedSeen memory seen) {
        (seen.feed, seen.maxAgeSeconds, seen.deadAgeSeconds) = abi.decode(
            _ask(address(oracle), abi.encodeWithSignature("feedOf(uint256)", number)),
            (address, uint256, uint256)
        );
        seen.reading.known = true;
        try this.roundOf{gas: READ_GAS}(seen.feed) returns (RoundSeen memory round) {
            seen.round = round;
        } catch {}
    }

    /// @notice A feed's latest round. Its numbers are read as full words: dirty bits must not hide the answer.
    function roundOf(address feed) public view returns (RoundSeen memory round) {
        uint256 roundId;
        (roundId, round.answer, round.startedAt, round.updatedAt, ) = abi.decode(
            _ask(feed, abi.encodeCall(AggregatorV3Interface.latestRoundData, ())),
            (uint256, int256, uint256, uint256, uint256)
        );
        round.roundId = uint80(roundId);
        round.known = true;
    }

    /// @notice How the weights of `asset` follow volatility.
    function volatilityOf(
        IMarginVault vault,
        address asset
    ) external view returns (VolatilitySeen memory seen) {
        address configurator = _address(address(vault), abi.encodeCall(vault.configurator, ()));
        (seen.targetInitialBps, seen.targetMaintenanceBps) = abi.decode(
            _ask(configurator, abi.encodeCall(IRiskConfigurator.targetWeights, (vault, asset))),
            (uint256, uint256)
        );
        seen.terms = abi.decode(
            _ask(configurator, abi.encodeCall(IRiskConfigurator.volatilityTerms, (vault, asset))),
            (VolatilityTerms)
        );
        address gauge = address(seen.terms.gauge);
        seen.volatilityWad = _word(gauge, abi.encodeCall(IVolatilityGauge.volatilityWad, ()));
        seen.reading.known = true;
    }

    /// @notice How much of `asset` may be sold above the floor.
    function brakeOf(IMarginVault vault, address asset) external view returns (BrakeSeen memory brake) {
        (brake.room, brake.burst, brake.perHour) = abi.decode(
            _ask(address(vault), abi.encodeCall(vault.capacity, (asset))),
            (uint256, uint256, uint256)
        );
        brake.reading.known = true;
    }

    function _detailsOf(
        IMarginVault vault,
        VaultSeen memory seen
    ) private view returns (DetailsSeen memory details) {
        try this.stopsOf{gas: PART_GAS}(seen.clock) returns (StopsSeen memory stops) {
            details.stops = stops;
        } catch (bytes memory reason) {
            details.stops.reading.reason = reason;
        }
        uint256 count = seen.collaterals.length;
        details.feeds = new FeedSeen[](count);
        details.volatilities = new VolatilitySeen[](count);
        details.brakes = new BrakeSeen[](count);
        for (uint256 j; j < count; ++j) {
            try this.feedOf{gas: 2 * READ_GAS}(seen.oracle, j) returns (FeedSeen memory feed) {
                details.feeds[j] = feed;
            } catch (bytes memory reason) {
                details.feeds[j].reading.reason = reason;
            }
            try this.volatilityOf{gas: READ_GAS}(vault, seen.collaterals[j].asset) returns (
                VolatilitySeen memory volatility
            ) {
                details.volatilities[j] = volatility;
            } catch (bytes memory reason) {
                details.volatilities[j].reading.reason = reason;
            }
            try this.brakeOf{gas: READ_GAS}(vault, seen.collaterals[j].asset) returns (
                BrakeSeen memory brake
            ) {
                details.brakes[j] = brake;
            } catch (bytes memory reason) {
                details.brakes[j].reading.reason = reason;
            }
        }
    }

    // ------------------------------------------------------------------ accounts

    /// @notice An account in full.
    /// @param scene The encoding of a `VaultSeen`: copying it costs less than encoding it for every account.
    function accountOf(
        AccountQuestion calldata question,
        bytes calldata scene
    ) external view returns (AccountView memory a) {
        IMarginVault vault = question.vault;
        VaultSeen memory seen = abi.decode(scene, (VaultSeen));
        a.account = question.account;
        a.state = stateOf(vault, a.account);
        a.debt = DebtMath.toDebtUp(a.state.debtShares, seen.debtIndex);
        a.holdings = _holdingsOf(vault, seen, a.account, a.state.collateralSet);
        if (!seen.prices.known) a.valuation.reason = seen.prices.reason;
        else if (!seen.time.known) a.valuation.reason = seen.time.reason;
        else {
            try this.marginOf{gas: VALUATION_GAS}(vault, a.account) returns (Margin memory margin) {
                a.margin = margin;
                a.valuation.known = true;
            } catch (bytes memory reason) {
                a.valuation.reason = reason;
            }
        }
        if (!a.valuation.known) return a;
        Valuation memory v = _valuationOf(a.margin);
        a.cureRepay = HealthMath.cureRepayUp(a.margin.shortfall, v.debt);
        a.mayCloseCall =
            a.state.deadline != 0 &&
            a.state.debtShares != 0 &&
            CallClock.mayClose(v, a.margin.deadline, seen.moment.uptime);
        _addOpening(vault, seen, a);
        _addWorth(seen, a, question.slippageWad);
        _addTakes(vault, seen, a, v, question.discountWad);
    }

    /// @notice The stored state of an account.
    function stateOf(IMarginVault vault, AccountId id) public view returns (StateSeen memory) {
        return abi.decode(_ask(address(vault), abi.encodeCall(vault.accountState, (id))), (StateSeen));
    }

    /// @notice An account in the vault's numbers.
    function marginOf(IMarginVault vault, AccountId id) external view returns (Margin memory) {
        return abi.decode(_ask(address(vault), abi.encodeCall(vault.marginOf, (id))), (Margin));
    }

    /// @notice All that may be taken of `asset` at once.
    function takeOf(
        IMarginVault vault,
        AccountId id,
        address asset
    ) external view returns (TakeSeen memory take) {
        (take.repaid, take.insured, take.seized, take.discountWad) = abi.decode(
            _ask(address(vault), abi.encodeCall(vault.previewLiquidation, (id, asset, type(uint256).max))),
            (uint256, uint256, uint256, uint256)
        );
        take.reading.known = true;
    }

    function _addAccounts(LensQuestion calldata question, LensAnswer memory answer) private view {
        uint256 count = question.accounts.length;
        if (count > MAX_ACCOUNTS) count = MAX_ACCOUNTS;
        answer.accounts = new AccountAnswer[](count);
        AccountQuestion memory asked;
        asked.vault = question.vault;
        (asked.slippageWad, asked.discountWad) = (question.slippageWad, question.discountWad);
        bytes memory call = abi.encodeCall(this.accountOf, (asked, abi.encode(answer.vault)));
        uint256 words;
        for (uint256 i; i < count; ++i) {
            AccountAnswer memory a = answer.accounts[i];
            if (answer.vault.terms.known) {
                _addAccount(a, question.accounts[i], call, _reserve(count, words));
            } else a.data = answer.vault.terms.reason;
            words += a.data.length / 32;
        }
    }

    function _addAccount(
        AccountAnswer memory a,
        AccountId id,
        bytes memory call,
        uint256 reserve
    ) private view {
        uint256 left = gasleft();
        if (left < reserve + LEAST_GAS) {
            a.data = abi.encodePacked(NotReached.selector);
            return;
        }
        _setAccount(call, id);
        uint256 limit = left - reserve < ACCOUNT_GAS ? left - reserve : ACCOUNT_GAS;
        (a.known, a.data) = address(this).staticcall{gas: limit}(call);
    }

    /// @dev Encoding every call anew would fill the memory, whose price grows with its square.
    function _setAccount(bytes memory call, AccountId id) private pure {
        bytes32 word = AccountId.unwrap(id);
        for (uint256 i; i < 32; ++i) call[ACCOUNT_OFFSET + i] = word[i];
    }

    /// @dev What it takes to return `count` accounts that fill `words` words, which are copied once more for it.
    function _reserve(uint256 count, uint256 words) private pure returns (uint256) {
        return RETURN_GAS + RETURN_GAS_PER_ACCOUNT * count + 20 * words + (words * words) / 128;
    }

    function _holdingsOf(
        IMarginVault vault,
        VaultSeen memory seen,
        AccountId id,
        uint256 set
    ) private view returns (HoldingSeen[] memory holdings) {
        uint256 count;
        for (uint256 rest = set; rest != 0; rest &= rest - 1) ++count;
        holdings = new HoldingSeen[](count);
        uint256 next;
        for (uint256 j; set >> j != 0; ++j) {
            if ((set >> j) & 1 == 0) continue;
            CollateralSeen memory c = seen.collaterals[j];
            HoldingSeen memory h = holdings[next++];
            h.number = j;
            h.amount = _word(address(vault), abi.encodeCall(vault.collateralOf, (id, c.asset)));
            h.value = HealthMath.valueDown(h.amount, c.price36);
        }
    }

    function _valuationOf(Margin memory m) private pure returns (Valuation memory) {
        return
            Valuation({
                value: m.value,
                initialValue: m.initialValue,
                maintenanceValue: m.maintenanceValue,
                liquidationValue: m.liquidationValue,
                debt: m.debt
            });
    }

    // ------------------------------------------------------------------ its call

    function _addOpening(IMarginVault vault, VaultSeen memory seen, AccountView memory a) private pure {
        if (seen.moment.isCallingPaused) return;
        bool lapsed = a.margin.status == Status.Lapsed;
        if (a.account.ownerOf() == address(vault)) {
            // The sale of what a default left: everything it holds must have a fresh price.
            a.mayOpenCall = a.holdings.length != 0 && (a.state.deadline == 0 || lapsed);
            for (uint256 i; i < a.holdings.length; ++i) {
                if (!seen.collaterals[a.holdings[i].number].fresh) a.mayOpenCall = false;
            }
            return;
        }
        if (a.state.debtShares == 0) return;
        a.mayOpenCall = lapsed || a.margin.status == Status.Callable;
        if (a.margin.status == Status.Callable) a.bounty = _bountyOf(seen, a);
    }

    function _bountyOf(VaultSeen memory seen, AccountView memory a) private pure returns (uint256 bounty) {
        if (
            a.state.calledAt != 0 &&
            CallClock.elapsedSince(a.state.calledAt, seen.moment.uptime) < CallClock.BOUNTY_COOLDOWN_SECONDS
        ) return 0;
        bounty = a.margin.debt.mulDivDown(CallLogic.MAX_BOUNTY_BPS, BPS);
        if (bounty > seen.riskTerms.maxBounty) bounty = seen.riskTerms.maxBounty;
        uint256 shares = a.state.debtShares + DebtMath.toSharesUp(bounty, seen.debtIndex);
        if (a.margin.liquidationValue < DebtMath.toDebtUp(shares, seen.debtIndex)) return 0;
    }

    // ------------------------------------------------------------------ what collateral is worth to it

    /// @dev What cures, at which prices things turn, and what an insolvent account has lost.
    function _addWorth(VaultSeen memory seen, AccountView memory a, uint256 slippageWad) private pure {
        // As the vault adds them up: divided once, after the sum.
        uint256 maintenanceBps;
        uint256 liquidationBps;
        uint256 sellable;
        for (uint256 i; i < a.holdings.length; ++i) {
            HoldingSeen memory h = a.holdings[i];
            CollateralSeen memory c = seen.collaterals[h.number];
            maintenanceBps += h.value * c.terms.maintenanceBps;
            liquidationBps += h.value * c.terms.liquidationBps;
            if (c.fresh || c.disputed) sellable += h.value;
        }
        for (uint256 i; i < a.holdings.length; ++i) {
            HoldingSeen memory h = a.holdings[i];
            CollateralSeen memory c = seen.collaterals[h.number];
            h.cure = _cureOf(h, c, a.margin, slippageWad);
            h.triggers = _triggersOf(h, c.terms, a.margin.debt, maintenanceBps, liquidationBps);
        }
        if (a.margin.status == Status.Insolvent) a.unbookedLoss = a.margin.debt - sellable;
    }

    function _cureOf(
        HoldingSeen memory h,
        CollateralSeen memory c,
        Margin memory m,
        uint256 slippageWad
    ) private pure returns (CureSeen memory cure) {
        uint256 maintenanceBps = c.terms.maintenanceBps;
        cure.deposit = HealthMath.cureDepositUp(m.shortfall, maintenanceBps, c.price36);
        if (m.shortfall == 0) return cure;
        (cure.sell, cure.repayFromSale) = (ForecastMath.UNBOUNDED, ForecastMath.UNBOUNDED);
        if (c.price36 == 0 || slippageWad >= WAD) return cure;
        uint256 repay = HealthMath.cureBySaleUp(m.shortfall, maintenanceBps, slippageWad);
        // A sale that pays for all of the debt cures whatever it costs.
        if (repay > m.debt) repay = m.debt;
        uint256 worth = repay.mulDivUp(WAD, WAD - slippageWad);
        if (worth > h.value) return cure;
        uint256 amount = worth.mulDivUp(PRICE_SCALE, c.price36);
        if (amount > h.amount) return cure;
        // A whole base unit may be worth much: what it brings beyond is repaid as well.
        repay = HealthMath.valueDown(amount, c.price36).mulDivDown(WAD - slippageWad, WAD);
        (cure.sell, cure.repayFromSale) = (amount, repay < m.debt ? repay : m.debt);
    }

    /// @param maintenanceBps The account's maintenance value before its division.
    /// @param liquidationBps The account's liquidation value before its division.
    function _triggersOf(
        HoldingSeen memory h,
        CollateralTerms memory terms,
        uint256 debt,
        uint256 maintenanceBps,
        uint256 liquidationBps
    ) private pure returns (TriggersSeen memory t) {
        uint256 weightBps = terms.maintenanceBps;
        uint256 othersBps = maintenanceBps - h.value * weightBps;
        uint256 warning = debt.mulDivUp(HealthMath.WARNING_LEVEL_WAD, WAD);
        t.warningPrice36 = ForecastMath.highestPriceBelow(h.amount, weightBps, othersBps, warning);
        t.callPrice36 = ForecastMath.highestPriceBelow(h.amount, weightBps, othersBps, debt);
        weightBps = terms.liquidationBps;
        othersBps = liquidationBps - h.value * weightBps;
        t.floorPrice36 = ForecastMath.highestPriceBelow(h.amount, weightBps, othersBps, debt);
    }

    // ------------------------------------------------------------------ its auction

    function _addTakes(
        IMarginVault vault,
        VaultSeen memory seen,
        AccountView memory a,
        Valuation memory v,
        uint256 wantedWad
    ) private view {
        for (uint256 i; i < a.holdings.length; ++i) {
            HoldingSeen memory h = a.holdings[i];
            CollateralSeen memory c = seen.collaterals[h.number];
            uint256 discountWad = _discountWad(seen, a.margin, v, c.terms.maxDiscountBps);
            if (_isLiquidatable(a.margin.status)) {
                try this.takeOf{gas: VALUATION_GAS}(vault, a.account, c.asset) returns (
                    TakeSeen memory take
                ) {
                    h.take = take;
                } catch (bytes memory reason) {
                    h.take.reading.reason = reason;
                }
            } else {
                h.take.reading.reason = abi.encodeWithSelector(
                    IMarginVaultErrors.NotLiquidatable.selector,
                    a.account,
                    a.margin.status
                );
            }
            h.take.discountWad = discountWad;
            h.take.reachedAt =
                _isLiquidatable(a.margin.status) && discountWad >= wantedWad
                    ? seen.moment.uptime
                    : _reachedAt(seen, a.margin, v, c.terms.maxDiscountBps, wantedWad);
        }
    }

    function _isBelowFloor(Status status) private pure returns (bool) {
        return status == Status.Critical || status == Status.Insolvent;
    }

    function _isLiquidatable(Status status) private pure returns (bool) {
        return status == Status.Expired || _isBelowFloor(status);
    }

    /// @dev The discount at which collateral is taken now; zero for an account that may not be liquidated.
    function _discountWad(
        VaultSeen memory seen,
        Margin memory m,
        Valuation memory v,
        uint256 maxDiscountBps
    ) private pure returns (uint256) {
        uint256 elapsed = CallClock.elapsedSince(m.auctionStart, seen.moment.uptime);
        bool running =
            m.deadline != 0 && seen.moment.uptime >= m.deadline && elapsed < seen.riskTerms.auctionSeconds;
        uint256 runningWad =
            running ? AuctionMath.auctionDiscountWad(elapsed, maxDiscountBps, seen.riskTerms.rampSeconds) : 0;
        if (_isBelowFloor(m.status)) return AuctionMath.criticalDiscountWad(v, maxDiscountBps, runningWad);
        return m.status == Status.Expired ? runningWad : 0;
    }

    /// @dev When the auction that runs, or the one that begins at the deadline, brings the discount wanted.
    function _reachedAt(
        VaultSeen memory seen,
        Margin memory m,
        Valuation memory v,
        uint256 maxDiscountBps,
        uint256 wantedWad
    ) private pure returns (uint256) {
        uint256 auctionSeconds = seen.riskTerms.auctionSeconds;
        bool over =
            m.deadline == 0 || CallClock.elapsedSince(m.auctionStart, seen.moment.uptime) >= auctionSeconds;
        // A call without debt is a sale, and goes on whatever the health.
        bool well = v.isAtLeast(WAD) && v.debt != 0 && !_isBelowFloor(m.status);
        if (over || well) return ForecastMath.UNBOUNDED;
        if (_isBelowFloor(m.status) && AuctionMath.criticalDiscountWad(v, maxDiscountBps, WAD) < wantedWad)
            return ForecastMath.UNBOUNDED;
        uint256 elapsed = ForecastMath.secondsToDiscount(
            wantedWad,
            maxDiscountBps,
            seen.riskTerms.rampSeconds
        );
        return elapsed < auctionSeconds ? m.auctionStart + elapsed : ForecastMath.UNBOUNDED;
    }

    // ------------------------------------------------------------------ asking

    /// @dev One question to whoever it may be. What it answers, or refuses with, is of bounded size.
    function _ask(address target, bytes memory question) private view returns (bytes memory) {
        bool success = LowLevelCall.staticcallNoReturn(target, question);
        uint256 length = LowLevelCall.returnDataSize();
        if (length > (success ? MAX_ANSWER_BYTES : MAX_REASON_BYTES)) revert AnswerTooLong(target, length);
        if (!success) LowLevelCall.bubbleRevert();
        if (length == 0) revert NoAnswer(target);
        return LowLevelCall.returnData();
    }

    function _word(address target, bytes memory question) private view returns (uint256) {
        return abi.decode(_ask(target, question), (uint256));
    }

    function _address(address target, bytes memory question) private view returns (address) {
        return abi.decode(_ask(target, question), (address));
    }
}
