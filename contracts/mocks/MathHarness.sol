// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IInterestRateModel} from "../interfaces/IInterestRateModel.sol";
import {Account, Moment} from "../interfaces/VaultTypes.sol";
import {AccountHealth} from "../libraries/AccountHealth.sol";
import {AuctionMath} from "../libraries/AuctionMath.sol";
import {CallClock} from "../libraries/CallClock.sol";
import {DebtMath} from "../libraries/DebtMath.sol";
import {FixedPoint} from "../libraries/FixedPoint.sol";
import {HealthMath, Valuation} from "../libraries/HealthMath.sol";
import {Lot, TrancheMath} from "../libraries/TrancheMath.sol";
import {VaultState} from "../libraries/VaultState.sol";
import {VolatilityMath, Weights} from "../libraries/VolatilityMath.sol";

/// @notice Every calculation of the libraries over arrays, so that a test compares thousands of vectors in one call.
/// @dev All members are full words in fixed order: a test packs and reads them without a general ABI coder.
contract MathHarness {
    using AccountHealth for VaultState;
    using CallClock for Account;

    struct MulDivInput {
        uint256 x;
        uint256 y;
        uint256 denominator;
    }

    struct MulDivOutput {
        uint256 down;
        uint256 up;
    }

    struct DebtInput {
        uint256 amount;
        uint256 shares;
        uint256 index;
        uint256 ratePerSecondWad;
        uint256 elapsed;
    }

    struct DebtOutput {
        uint256 sharesUp;
        uint256 sharesDown;
        uint256 debtUp;
        uint256 debtDown;
        uint256 compoundedWad;
    }

    struct HealthInput {
        Valuation v;
        uint256 levelWad;
        uint256 amount;
        uint256 price36;
        uint256 maintenanceBps;
        uint256 discountWad;
    }

    struct HealthOutput {
        uint256 valueDown;
        uint256 valueUp;
        bool isAtLeast;
        bool isAboveFloor;
        uint256 healthWad;
        uint256 floorHealthWad;
        uint256 shortfall;
        uint256 cureRepay;
        uint256 cureDeposit;
        uint256 cureBySale;
    }

    struct ClockInput {
        Valuation v;
        uint256 deadline;
        uint256 auctionStart;
        uint256 auctionSeconds;
        uint256 minGraceSeconds;
        uint256 maxGraceSeconds;
        Moment moment;
    }

    struct ClockOutput {
        uint256 deadline;
        uint256 auctionStart;
        bool isPastDeadline;
        uint256 status;
        bool mayClose;
        uint256 closeLevelWad;
        /// Zero outside the function's domain.
        uint256 graceSeconds;
    }

    struct AuctionInput {
        Valuation v;
        uint256 elapsed;
        uint256 maxDiscountBps;
        uint256 rampSeconds;
        uint256 runningDiscountWad;
    }

    struct AuctionOutput {
        uint256 auctionDiscountWad;
        uint256 criticalDiscountWad;
    }

    struct TrancheInput {
        Valuation v;
        Lot lot;
        uint256 minimumDebt;
        uint256 repaid;
        uint256 maxPay;
    }

    struct TrancheOutput {
        uint256 tranche;
        bool raisesFloor;
        uint256 reach;
        uint256 seized;
        uint256 insured;
        uint256 affordable;
    }

    struct VolatilityInput {
        uint256 varianceWad;
        uint256 before;
        uint256 answer;
        uint256 elapsed;
        uint256 halfLifeSeconds;
        uint256 referenceWad;
        uint256 slopeBps;
        uint256 capBps;
        Weights base;
        Weights current;
        bool mayLower;
        bool mayLoosen;
    }

    struct VolatilityOutput {
        uint256 decayWad;
        uint256 moveWad;
        uint256 varianceWad;
        uint256 volatilityWad;
        uint256 tighteningWad;
        Weights target;
        Weights next;
    }

    struct RateInput {
        uint256 cash;
        uint256 debt;
    }

    /// @dev What `clock` writes its inputs to, because the libraries read them from storage. It is only ever simulated.
    VaultState private _state;
    Account private _account;

    function mulDiv(MulDivInput[] calldata inputs) external pure returns (MulDivOutput[] memory outputs) {
        outputs = new MulDivOutput[](inputs.length);
        for (uint256 i; i < inputs.length; ++i) {
            MulDivInput calldata a = inputs[i];
            outputs[i].down = FixedPoint.mulDivDown(a.x, a.y, a.denominator);
            outputs[i].up = FixedPoint.mulDivUp(a.x, a.y, a.denominator);
        }
    }

    function debt(DebtInput[] calldata inputs) external pure returns (DebtOutput[] memory outputs) {
        outputs = new DebtOutput[](inputs.length);
        for (uint256 i; i < inputs.length; ++i) {
            DebtInput calldata a = inputs[i];
            outputs[i].sharesUp = DebtMath.toSharesUp(a.amount, a.index);
            outputs[i].sharesDown = DebtMath.toSharesDown(a.amount, a.index);
            outputs[i].debtUp = DebtMath.toDebtUp(a.shares, a.index);
            outputs[i].debtDown = DebtMath.toDebtDown(a.shares, a.index);
            outputs[i].compoundedWad = DebtMath.compoundedWad(a.ratePerSecondWad, a.elapsed);
        }
    }

    function health(HealthInput[] calldata inputs) external pure returns (HealthOutput[] memory outputs) {
        outputs = new HealthOutput[](inputs.length);
        for (uint256 i; i < inputs.length; ++i) {
            HealthInput calldata a = inputs[i];
            HealthOutput memory o = outputs[i];
            Valuation memory v = a.v;
            o.valueDown = HealthMath.valueDown(a.amount, a.price36);
            o.valueUp = HealthMath.valueUp(a.amount, a.price36);
            o.isAtLeast = HealthMath.isAtLeast(v, a.levelWad);
            o.isAboveFloor = HealthMath.isAboveFloor(v);
            o.healthWad = HealthMath.ratioWadDown(v.maintenanceValue, v.debt);
            o.floorHealthWad = HealthMath.ratioWadDown(v.liquidationValue, v.debt);
            o.shortfall = HealthMath.shortfallUp(v);
            o.cureRepay = HealthMath.cureRepayUp(o.shortfall, v.debt);
            o.cureDeposit = HealthMath.cureDepositUp(o.shortfall, a.maintenanceBps, a.price36);
            o.cureBySale = HealthMath.cureBySaleUp(o.shortfall, a.maintenanceBps, a.discountWad);
        }
    }

    /// @notice Times as they are stored, and what the clock makes of them.
    function clock(ClockInput[] calldata inputs) external returns (ClockOutput[] memory outputs) {
        outputs = new ClockOutput[](inputs.length);
        for (uint256 i; i < inputs.length; ++i) {
            ClockInput calldata a = inputs[i];
            ClockOutput memory o = outputs[i];
            Valuation memory v = a.v;
            Moment memory moment = a.moment;
            _account.deadline = SafeCast.toUint32(a.deadline);
            _account.auctionStart = SafeCast.toUint32(a.auctionStart);
            _state.auctionSeconds = SafeCast.toUint24(a.auctionSeconds);
            o.deadline = _account.deadlineAt(moment);
            o.auctionStart = _account.auctionStartAt(moment);
            o.isPastDeadline = _account.isPastDeadline(moment);
            o.status = uint256(_state.statusOf(_account, v, moment));
            o.mayClose = CallClock.mayClose(v, o.deadline, moment.uptime);
            o.closeLevelWad = CallClock.closeLevelWad(o.deadline, moment.uptime);
            if (v.maintenanceValue < v.debt && v.debt <= v.liquidationValue) {
                o.graceSeconds = CallClock.graceSeconds(v, a.minGraceSeconds, a.maxGraceSeconds);
            }
        }
    }

    /// @dev The vault asks for a critical discount only when there is debt; without, the second answer is zero.
    function auction(AuctionInput[] calldata inputs) external pure returns (AuctionOutput[] memory outputs) {
        outputs = new AuctionOutput[](inputs.length);
        for (uint256 i; i < inputs.length; ++i) {
            AuctionInput calldata a = inputs[i];
            Valuation memory v = a.v;
            outputs[i].auctionDiscountWad = AuctionMath.auctionDiscountWad(
                a.elapsed,
                a.maxDiscountBps,
                a.rampSeconds
            );
            if (v.debt == 0) continue;
            outputs[i].criticalDiscountWad = AuctionMath.criticalDiscountWad(
                v,
                a.maxDiscountBps,
                a.runningDiscountWad
            );
        }
    }

    function tranche(TrancheInput[] calldata inputs) external pure returns (TrancheOutput[] memory outputs) {
        outputs = new TrancheOutput[](inputs.length);
        for (uint256 i; i < inputs.length; ++i) {
            TrancheInput calldata a = inputs[i];
            TrancheOutput memory o = outputs[i];
            Valuation memory v = a.v;
            Lot memory lot = a.lot;
            o.tranche = TrancheMath.trancheUp(v, lot, a.minimumDebt);
            o.raisesFloor = TrancheMath.raisesFloor(v, lot);
            o.reach = TrancheMath.reachUp(lot);
            o.seized = TrancheMath.seizedDown(lot, a.repaid);
            o.insured = TrancheMath.insuranceUp(a.repaid, lot.discountWad);
            o.affordable = TrancheMath.affordableDown(a.maxPay, lot.discountWad);
        }
    }

    function volatility(
        VolatilityInput[] calldata inputs
    ) external pure returns (VolatilityOutput[] memory outputs) {
        outputs = new VolatilityOutput[](inputs.length);
        for (uint256 i; i < inputs.length; ++i) {
            VolatilityInput calldata a = inputs[i];
            VolatilityOutput memory o = outputs[i];
            o.decayWad = VolatilityMath.decayWad(a.elapsed, a.halfLifeSeconds);
            o.moveWad = VolatilityMath.moveWadDown(a.before, a.answer);
            o.varianceWad = VolatilityMath.nextVarianceWadDown(
                a.varianceWad,
                o.moveWad,
                a.elapsed,
                a.halfLifeSeconds
            );
            o.volatilityWad = VolatilityMath.volatilityWadDown(o.varianceWad);
            o.tighteningWad = VolatilityMath.tighteningWadDown(
                o.volatilityWad,
                a.referenceWad,
                a.slopeBps,
                a.capBps
            );
            o.target = VolatilityMath.tightenedDown(a.base, o.tighteningWad);
            o.next = VolatilityMath.nextWeights(a.current, o.target, a.mayLower, a.mayLoosen);
        }
    }

    function rates(
        IInterestRateModel model,
        RateInput[] calldata inputs
    ) external view returns (uint256[] memory outputs) {
        outputs = new uint256[](inputs.length);
        for (uint256 i; i < inputs.length; ++i) {
            outputs[i] = model.ratePerSecondWad(inputs[i].cash, inputs[i].debt);
        }
    }
}
