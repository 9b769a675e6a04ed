// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BrakeMath} from "./BrakeMath.sol";
import {CollateralBook} from "./CollateralBook.sol";
import {VaultState} from "./VaultState.sol";
import {IMarginVaultErrors} from "../interfaces/IMarginVaultErrors.sol";
import {IMarginVaultEvents} from "../interfaces/IMarginVaultEvents.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {
    Brake,
    BrakeTerms,
    Collateral,
    CollateralTerms,
    Holding,
    RiskTerms
} from "../interfaces/VaultTypes.sol";

/// @title The vault's plain setters
/// @dev Linked to the vault and run on its storage. The vault has checked who calls, the configurator what is set.
library SettingsLogic {
    using BrakeMath for Brake;
    using CollateralBook for VaultState;

    uint256 internal constant MAX_COLLATERALS = 16;

    /// @notice Lists `asset` with the next number. `quoteAsset` cannot stand for itself, nor the vault's share.
    function list(
        VaultState storage s,
        address asset,
        CollateralTerms calldata terms,
        address quoteAsset
    ) public {
        uint256 number = s.collateralCount;
        if (number == MAX_COLLATERALS) revert IMarginVaultErrors.TooManyListed(MAX_COLLATERALS);
        if (asset == quoteAsset || asset == address(this) || s.holdings[asset].numberPlusOne != 0) {
            revert IMarginVaultErrors.NotListable(asset);
        }
        s.holdings[asset].numberPlusOne = uint8(number + 1);
        s.collateralCount = uint8(number + 1);
        s.collaterals[number].asset = asset;
        _setTerms(s, number, terms);
        emit IMarginVaultEvents.CollateralListed(asset, number, terms);
    }

    function setTerms(VaultState storage s, address asset, CollateralTerms calldata newTerms) public {
        uint256 number = s.numberOf(asset);
        (, CollateralTerms memory oldTerms, ) = collateralAt(s, number);
        _setTerms(s, number, newTerms);
        emit IMarginVaultEvents.CollateralTermsSet(asset, oldTerms, newTerms);
    }

    function setBrake(VaultState storage s, address asset, BrakeTerms calldata newTerms) public {
        uint256 number = s.numberOf(asset);
        s.collaterals[number].isBraked = newTerms.perHour != 0;
        s.brakes[number] = Brake(newTerms.burst, newTerms.perHour, 0);
        emit IMarginVaultEvents.BrakeSet(asset, newTerms.burst, newTerms.perHour);
    }

    /// @notice What may be sold of `asset` above the floor at `uptime`; see `IMarginVault.capacity`.
    function capacity(
        VaultState storage s,
        address asset,
        uint256 uptime
    ) public view returns (uint256, uint256, uint256) {
        Brake memory b = s.brakes[s.numberOf(asset)];
        uint256 room = b.perHour == 0 ? type(uint256).max : b.capacityDown(uptime);
        return (room, b.burst, b.perHour);
    }

    function setOracle(VaultState storage s, IOracle newOracle) public {
        if (address(newOracle) == address(0)) revert IMarginVaultErrors.ZeroAddress();
        IOracle oldOracle = s.oracle;
        s.oracle = newOracle;
        emit IMarginVaultEvents.OracleSet(address(oldOracle), address(newOracle));
    }

    function setRiskTerms(VaultState storage s, RiskTerms calldata newTerms) public {
        RiskTerms memory oldTerms = riskTerms(s);
        s.minimumDebt = newTerms.minimumDebt;
        s.dustValue = newTerms.dustValue;
        s.maxBounty = newTerms.maxBounty;
        s.minGraceSeconds = newTerms.minGraceSeconds;
        s.maxGraceSeconds = newTerms.maxGraceSeconds;
        s.auctionSeconds = newTerms.auctionSeconds;
        s.rampSeconds = newTerms.rampSeconds;
        emit IMarginVaultEvents.RiskTermsSet(oldTerms, newTerms);
    }

    function setBorrowCap(VaultState storage s, uint32 newCap) public {
        uint256 oldCap = s.borrowCap;
        s.borrowCap = newCap;
        emit IMarginVaultEvents.BorrowCapSet(oldCap, newCap);
    }

    /// @notice The vault has accrued: what has grown so far grew under the old fee.
    function setFee(VaultState storage s, uint16 newFeeBps, address newRecipient) public {
        (uint256 oldFeeBps, address oldRecipient) = (s.feeBps, s.feeRecipient);
        s.feeBps = newFeeBps;
        s.feeRecipient = newRecipient;
        emit IMarginVaultEvents.FeeSet(oldFeeBps, newFeeBps, oldRecipient, newRecipient);
    }

    function riskTerms(VaultState storage s) public view returns (RiskTerms memory) {
        return
            RiskTerms({
                minimumDebt: s.minimumDebt,
                dustValue: s.dustValue,
                maxBounty: s.maxBounty,
                minGraceSeconds: s.minGraceSeconds,
                maxGraceSeconds: s.maxGraceSeconds,
                auctionSeconds: s.auctionSeconds,
                rampSeconds: s.rampSeconds
            });
    }

    function collateralAt(
        VaultState storage s,
        uint256 number
    ) public view returns (address asset, CollateralTerms memory terms, uint256 total) {
        Collateral storage c = s.collaterals[number];
        Holding memory h = s.holdings[c.asset];
        terms = CollateralTerms({
            initialBps: c.initialBps,
            maintenanceBps: c.maintenanceBps,
            liquidationBps: c.liquidationBps,
            maxDiscountBps: c.maxDiscountBps,
            cap: h.cap
        });
        return (c.asset, terms, h.total);
    }

    function _setTerms(VaultState storage s, uint256 number, CollateralTerms calldata terms) private {
        Collateral storage c = s.collaterals[number];
        c.initialBps = terms.initialBps;
        c.maintenanceBps = terms.maintenanceBps;
        c.liquidationBps = terms.liquidationBps;
        c.maxDiscountBps = terms.maxDiscountBps;
        s.setCap(c.asset, terms.cap);
    }
}
