// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {VaultState} from "./VaultState.sol";
import {IMarginVaultErrors} from "../interfaces/IMarginVaultErrors.sol";
import {IMarginVaultEvents} from "../interfaces/IMarginVaultEvents.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {Collateral, CollateralTerms, RiskTerms} from "../interfaces/VaultTypes.sol";

/// @title The vault's plain setters
/// @dev Linked to the vault and run on its storage. The vault has checked who calls, the configurator what is set.
library SettingsLogic {
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
        if (asset == quoteAsset || asset == address(this) || s.numberPlusOne[asset] != 0) {
            revert IMarginVaultErrors.NotListable(asset);
        }
        s.numberPlusOne[asset] = number + 1;
        s.collateralCount = uint8(number + 1);
        s.collaterals[number].asset = asset;
        _setTerms(s, number, terms);
        emit IMarginVaultEvents.CollateralListed(asset, number, terms);
    }

    function setTerms(VaultState storage s, address asset, CollateralTerms calldata newTerms) public {
        uint256 numberPlusOne = s.numberPlusOne[asset];
        if (numberPlusOne == 0) revert IMarginVaultErrors.UnknownCollateral(asset);
        (, CollateralTerms memory oldTerms, ) = collateralAt(s, numberPlusOne - 1);
        _setTerms(s, numberPlusOne - 1, newTerms);
        emit IMarginVaultEvents.CollateralTermsSet(asset, oldTerms, newTerms);
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
        terms = CollateralTerms({
            initialBps: c.initialBps,
            maintenanceBps: c.maintenanceBps,
            liquidationBps: c.liquidationBps,
            maxDiscountBps: c.maxDiscountBps,
            cap: c.cap
        });
        return (c.asset, terms, c.total);
    }

    function _setTerms(VaultState storage s, uint256 number, CollateralTerms calldata terms) private {
        Collateral storage c = s.collaterals[number];
        c.initialBps = terms.initialBps;
        c.maintenanceBps = terms.maintenanceBps;
        c.liquidationBps = terms.liquidationBps;
        c.maxDiscountBps = terms.maxDiscountBps;
        c.cap = terms.cap;
        markCap(s, number);
    }

    /// @notice Keeps the bit that tells whether more of collateral `number` is held than its cap.
    function markCap(VaultState storage s, uint256 number) internal {
        Collateral storage c = s.collaterals[number];
        uint16 bit = uint16(1 << number);
        uint16 set = s.overCapSet;
        uint16 marked = c.total > c.cap ? set | bit : set & ~bit;
        if (marked != set) s.overCapSet = marked;
    }
}
