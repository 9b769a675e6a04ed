// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IGovernance} from "./interfaces/IGovernance.sol";
import {IRiskConfigurator} from "./interfaces/IRiskConfigurator.sol";
import {IUptimeClock} from "./interfaces/IUptimeClock.sol";

/// @title Governance
/// @notice See `IGovernance`. One serves the configurator and the clock of any number of vaults.
/// @dev What is bounded is the delay of whoever may call a function, in two halves: which functions a role without a
/// delay may have, and which delay the members of every other role must have. Hence a role invented later, a function
/// mapped anew, or the risk admin named anew are all within the bounds.
contract Governance is AccessManager, IGovernance {
    uint64 public constant RISK_ADMIN_ROLE = 1;
    uint64 public constant RISK_STEWARD_ROLE = 2;
    uint64 public constant GUARDIAN_ROLE = 3;
    /// @dev Longer than any grace, so that whom a change will call can be warned and act before it.
    uint32 public constant MIN_DELAY_SECONDS = 1 days;
    uint32 public constant MIN_ADMIN_DELAY_SECONDS = 3 days;
    /// @dev Nobody may be made to wait for ever by a slip of the hand.
    uint32 public constant MAX_DELAY_SECONDS = 30 days;

    /// @inheritdoc IGovernance
    address public immutable override deployer;
    /// @inheritdoc IGovernance
    bool public override isSealed;

    constructor(address initialAdmin) AccessManager(initialAdmin) {
        deployer = initialAdmin;
    }

    /// @inheritdoc IGovernance
    function seal(
        address newAdmin,
        uint32 adminDelaySeconds,
        address newRiskAdmin,
        uint32 riskDelaySeconds
    ) external {
        (bool isAdmin, ) = hasRole(ADMIN_ROLE, deployer);
        // Whoever has handed over by hand has no way back.
        if (msg.sender != deployer || (!isAdmin && !isSealed)) revert NotDeployer(msg.sender);
        if (isSealed) revert AlreadySealed();
        if (newAdmin == address(0) || newRiskAdmin == address(0)) revert ZeroAddress();
        isSealed = true;
        _revokeRole(ADMIN_ROLE, deployer);
        _revokeRole(RISK_ADMIN_ROLE, deployer);
        _checkDelay(ADMIN_ROLE, adminDelaySeconds);
        _checkDelay(RISK_ADMIN_ROLE, riskDelaySeconds);
        _grantRole(ADMIN_ROLE, newAdmin, 0, adminDelaySeconds);
        _grantRole(RISK_ADMIN_ROLE, newRiskAdmin, 0, riskDelaySeconds);
        emit Sealed(newAdmin, newRiskAdmin);
    }

    /// @notice As OpenZeppelin's. Reverts with `DelayOutOfRange` too; while it is not sealed the deployer may be risk
    /// admin without a delay.
    function grantRole(uint64 roleId, address account, uint32 executionDelay) public override {
        bool isSetup = !isSealed && account == deployer && roleId == RISK_ADMIN_ROLE;
        if (!isSetup) _checkDelay(roleId, executionDelay);
        super.grantRole(roleId, account, executionDelay);
    }

    /// @notice As OpenZeppelin's. Reverts with `FunctionNotForRole` too.
    function setTargetFunctionRole(
        address target,
        bytes4[] calldata selectors,
        uint64 roleId
    ) public override {
        for (uint256 i; i < selectors.length; ++i) {
            if (!_mayHave(roleId, selectors[i])) revert FunctionNotForRole(selectors[i], roleId);
        }
        super.setTargetFunctionRole(target, selectors, roleId);
    }

    /// @notice As OpenZeppelin's, but no role is looked after by another than the admin: `RoleNotAllowed`.
    function setRoleAdmin(uint64 roleId, uint64 admin) public override {
        if (admin != ADMIN_ROLE) revert RoleNotAllowed(admin);
        super.setRoleAdmin(roleId, admin);
    }

    /// @notice As OpenZeppelin's, but not everybody may cancel: `RoleNotAllowed`.
    function setRoleGuardian(uint64 roleId, uint64 roleGuardian) public override {
        if (roleGuardian == PUBLIC_ROLE) revert RoleNotAllowed(roleGuardian);
        super.setRoleGuardian(roleId, roleGuardian);
    }

    /// @notice As OpenZeppelin's. Reverts with `DelayOutOfRange` too.
    function setGrantDelay(uint64 roleId, uint32 newDelay) public override {
        _requireAtMost(roleId, newDelay);
        super.setGrantDelay(roleId, newDelay);
    }

    /// @notice As OpenZeppelin's. Reverts with `DelayOutOfRange` too.
    function setTargetAdminDelay(address target, uint32 newDelay) public override {
        _requireAtMost(ADMIN_ROLE, newDelay);
        super.setTargetAdminDelay(target, newDelay);
    }

    /// @notice As OpenZeppelin's, but nobody may give what is governed to another authority, by `execute` neither:
    /// these bounds would not hold there.
    function canCall(
        address caller,
        address target,
        bytes4 selector
    ) public view override returns (bool immediate, uint32 delay) {
        if (selector == IAccessManaged.setAuthority.selector) return (false, 0);
        return super.canCall(caller, target, selector);
    }

    /// @notice Reverts with `AuthorityFixed`.
    function updateAuthority(address target, address) public pure override {
        revert AuthorityFixed(target);
    }

    function _checkDelay(uint64 roleId, uint32 delaySeconds) private pure {
        bool isQuick = roleId == RISK_STEWARD_ROLE || roleId == GUARDIAN_ROLE;
        uint256 minimum =
            isQuick
                ? 0
                : roleId == ADMIN_ROLE
                    ? MIN_ADMIN_DELAY_SECONDS
                    : MIN_DELAY_SECONDS;
        if (delaySeconds < minimum || delaySeconds > MAX_DELAY_SECONDS) {
            revert DelayOutOfRange(roleId, delaySeconds, minimum, MAX_DELAY_SECONDS);
        }
    }

    function _requireAtMost(uint64 roleId, uint32 delaySeconds) private pure {
        if (delaySeconds > MAX_DELAY_SECONDS)
            revert DelayOutOfRange(roleId, delaySeconds, 0, MAX_DELAY_SECONDS);
    }

    /// @dev The roles without a delay may have what is named here and nothing else, the public one nothing.
    function _mayHave(uint64 roleId, bytes4 selector) private pure returns (bool) {
        if (roleId == PUBLIC_ROLE) return false;
        if (roleId == RISK_STEWARD_ROLE) {
            return
                selector == IRiskConfigurator.lowerCap.selector ||
                selector == IRiskConfigurator.lowerInitialWeight.selector ||
                selector == IRiskConfigurator.lowerBorrowCap.selector;
        }
        if (roleId == GUARDIAN_ROLE) {
            return selector == IUptimeClock.pause.selector || selector == IUptimeClock.unpause.selector;
        }
        return true;
    }
}
