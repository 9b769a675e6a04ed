// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {DebtMath} from "./DebtMath.sol";
import {FixedPoint, BPS} from "./FixedPoint.sol";
import {VaultState} from "./VaultState.sol";
import {AccountId} from "../interfaces/AccountId.sol";
import {IMarginVaultEvents} from "../interfaces/IMarginVaultEvents.sol";

/// @notice The vault's shares as they are to be, base units.
struct Shares {
    /// The insurance's, which the vault itself owns.
    uint256 insurance;
    /// All of them, the next included.
    uint256 supply;
    /// What the fee's recipient is to be given on top of what it has.
    uint256 fee;
}

/// @title Fees, insurance and losses in shares
/// @dev Run on the vault's storage. What is worked out here in `Shares` the vault mints and burns afterwards.
library PoolLogic {
    using FixedPoint for uint256;

    /// @dev Virtual shares, against one virtual asset: six decimals more than the quote's make an inflation attack cost
    /// its gain.
    uint256 internal constant VIRTUAL_SHARES = 1e6;
    /// @dev Of all debt: the insurance below which it receives the interest fee.
    uint256 private constant INSURANCE_TARGET_BPS = 100;

    /// @notice Turns the fee into shares at the price before it.
    /// @param assets The lenders' assets without the fee.
    function bookFee(
        VaultState storage s,
        Shares memory shares,
        uint256 assets
    ) public returns (Shares memory) {
        _bookFee(s, shares, assets);
        return shares;
    }

    /// @notice What `amount` is worth in shares while `supply` of them stand for `assets`, rounded down.
    function toSharesDown(uint256 amount, uint256 assets, uint256 supply) internal pure returns (uint256) {
        return amount.mulDivDown(supply + VIRTUAL_SHARES, assets + 1);
    }

    /// @notice The insurance share of a take comes in and becomes shares, at the price before it.
    /// @param laterLosses Losses that have left the debt and come after this take.
    function insure(
        VaultState storage s,
        Shares memory shares,
        uint256 insured,
        uint256 laterLosses
    ) internal {
        uint256 assets = s.cash + _debtDown(s) + laterLosses - s.unbookedFee;
        uint256 minted = toSharesDown(insured, assets, shares.supply);
        s.cash = SafeCast.toUint104(s.cash + insured);
        shares.insurance += minted;
        shares.supply += minted;
    }

    /// @notice Books a loss that has left the debt. The fee becomes shares first: interest that nobody will pay bears
    /// the loss like all other, and what is not the lenders' cannot exceed what there is. Then as many insurance
    /// shares go as are worth the loss at the price before it, as far as there are any; the rest has lowered the price
    /// of all shares.
    /// @param laterLosses Losses that have left the debt and come after this one.
    function realizeLoss(
        VaultState storage s,
        Shares memory shares,
        AccountId id,
        uint256 loss,
        uint256 laterLosses
    ) internal {
        uint256 assetsBefore = s.cash + _debtDown(s) + laterLosses + loss;
        _bookFee(s, shares, assetsBefore - s.unbookedFee);
        uint256 burned = loss.mulDivUp(shares.supply + VIRTUAL_SHARES, assetsBefore + 1);
        uint256 insured = loss;
        if (burned > shares.insurance) {
            burned = shares.insurance;
            insured = burned.mulDivDown(assetsBefore + 1, shares.supply + VIRTUAL_SHARES);
        }
        shares.insurance -= burned;
        shares.supply -= burned;
        emit IMarginVaultEvents.BadDebtRealized({
            account: id,
            owner: id.ownerOf(),
            actor: msg.sender,
            loss: loss,
            insured: insured,
            burnedShares: burned,
            insuranceShares: shares.insurance,
            totalAssets: assetsBefore - loss,
            totalShares: shares.supply
        });
    }

    /// @dev The insurance receives the fee up to its target, then the recipient does.
    function _bookFee(VaultState storage s, Shares memory shares, uint256 assets) private {
        uint256 fee = s.unbookedFee;
        if (fee == 0) return;
        uint256 insured = fee;
        address recipient = s.feeRecipient;
        if (recipient != address(0)) {
            uint256 target = _debtDown(s).mulDivUp(INSURANCE_TARGET_BPS, BPS);
            uint256 insurance = shares.insurance.mulDivDown(assets + 1, shares.supply + VIRTUAL_SHARES);
            uint256 room = insurance < target ? target - insurance : 0;
            if (insured > room) insured = room;
        }
        uint256 toInsurance = toSharesDown(insured, assets, shares.supply);
        uint256 toRecipient = toSharesDown(fee - insured, assets, shares.supply);
        s.unbookedFee = 0;
        shares.insurance += toInsurance;
        shares.fee += toRecipient;
        shares.supply += toInsurance + toRecipient;
        emit IMarginVaultEvents.FeeBooked(fee, toInsurance, recipient, toRecipient);
    }

    function _debtDown(VaultState storage s) private view returns (uint256) {
        return DebtMath.toDebtDown(s.totalDebtShares, s.debtIndex);
    }
}
