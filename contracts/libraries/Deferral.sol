// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SlotDerivation} from "@openzeppelin/contracts/utils/SlotDerivation.sol";
import {TransientSlot} from "@openzeppelin/contracts/utils/TransientSlot.sol";
import {AccountId} from "../interfaces/AccountId.sol";
import {Valuation} from "./HealthMath.sol";

/// @notice How an account stood when a deferral first touched it.
struct Touched {
    /// Collateral has left it, or debt has been added, since.
    bool risky;
    /// Somebody who may only improve it has made a risky move on it.
    bool mustImprove;
    /// A margin call was open.
    bool called;
    /// The worth below is known, and every collateral's price was fresh.
    bool valued;
    /// The collaterals it held.
    uint256 collateralSet;
    /// The collaterals that have been deposited since.
    uint256 depositedSet;
    uint256 value;
    uint256 maintenanceValue;
    uint256 liquidationValue;
    uint256 debt;
}

/// @title The accounts whose check is pending
/// @dev In transient storage: a list of accounts, and by account how it stood at its first touch. Everything is gone
/// with `finish`, so that a second deferral in one transaction starts anew.
library Deferral {
    using SlotDerivation for bytes32;
    using TransientSlot for *;

    /// @dev keccak256(abi.encode(uint256(keccak256("tocsin.deferral")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant SLOT = 0x43993f31fcfbebe99c8483437920ad4fd299d9afeec1ab69b03c293244e39800;
    uint256 private constant TOUCHED = 1 << 16;
    uint256 private constant RISKY = 1 << 17;
    uint256 private constant MUST_IMPROVE = 1 << 18;
    uint256 private constant CALLED = 1 << 19;
    uint256 private constant VALUED = 1 << 20;
    uint256 private constant DEPOSITED_SHIFT = 32;

    function isActive() internal view returns (bool) {
        return SLOT.asUint256().tload() != 0;
    }

    /// @notice Whether a deferral has touched `id` and not yet checked it.
    function isPending(AccountId id) internal view returns (bool) {
        return isActive() && _entryOf(id).asUint256().tload() != 0;
    }

    function begin() internal {
        SLOT.asUint256().tstore(1);
    }

    /// @notice The accounts touched so far.
    function count() internal view returns (uint256) {
        return SLOT.asUint256().tload() - 1;
    }

    function accountAt(uint256 i) internal view returns (AccountId) {
        return AccountId.wrap(SLOT.offset(i + 1).asBytes32().tload());
    }

    /// @notice Puts `id` on the list with how it stands.
    function add(AccountId id, uint256 collateralSet, bool called, bool valued, Valuation memory v) internal {
        uint256 number = SLOT.asUint256().tload();
        SLOT.asUint256().tstore(number + 1);
        SLOT.offset(number).asBytes32().tstore(AccountId.unwrap(id));
        bytes32 entry = _entryOf(id);
        uint256 flags = collateralSet | TOUCHED;
        if (called) flags |= CALLED;
        if (valued) flags |= VALUED;
        entry.asUint256().tstore(flags);
        entry.offset(1).asUint256().tstore(v.value);
        entry.offset(2).asUint256().tstore(v.maintenanceValue);
        entry.offset(3).asUint256().tstore(v.liquidationValue);
        entry.offset(4).asUint256().tstore(v.debt);
    }

    /// @notice Notes a move that takes collateral out or adds debt.
    function markRisky(AccountId id, bool mustImprove) internal {
        bytes32 entry = _entryOf(id);
        uint256 flags = entry.asUint256().tload() | RISKY;
        if (mustImprove) flags |= MUST_IMPROVE;
        entry.asUint256().tstore(flags);
    }

    /// @notice Notes that the collaterals in `set` have come in.
    function markDeposited(AccountId id, uint256 set) internal {
        bytes32 entry = _entryOf(id);
        entry.asUint256().tstore(entry.asUint256().tload() | (set << DEPOSITED_SHIFT));
    }

    function touchedOf(AccountId id) internal view returns (Touched memory t) {
        bytes32 entry = _entryOf(id);
        uint256 flags = entry.asUint256().tload();
        t.collateralSet = uint16(flags);
        t.depositedSet = uint16(flags >> DEPOSITED_SHIFT);
        t.risky = flags & RISKY != 0;
        t.mustImprove = flags & MUST_IMPROVE != 0;
        t.called = flags & CALLED != 0;
        t.valued = flags & VALUED != 0;
        t.value = entry.offset(1).asUint256().tload();
        t.maintenanceValue = entry.offset(2).asUint256().tload();
        t.liquidationValue = entry.offset(3).asUint256().tload();
        t.debt = entry.offset(4).asUint256().tload();
    }

    /// @notice Ends the deferral and forgets what it touched.
    function finish() internal {
        uint256 touched = count();
        for (uint256 i; i < touched; ++i) _entryOf(accountAt(i)).asUint256().tstore(0);
        SLOT.asUint256().tstore(0);
    }

    function _entryOf(AccountId id) private pure returns (bytes32) {
        return SLOT.deriveMapping(AccountId.unwrap(id));
    }
}
