// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Who may change what, and how long they have to wait
/// @notice OpenZeppelin's `AccessManager` with bounds that no role can move: only acts that make a vault safer, and the
/// pauses, may go without a delay; everything else waits a day at least, and who may do what three days. The four roles
/// are 0 (admin: names the others), 1 (risk admin: any parameter), 2 (risk steward: lowers what limits new risk) and
/// 3 (guardian: pauses, and cancels what the risk admin has scheduled).
interface IGovernance {
    /// @notice From now on the bounds hold for everybody: the deployer is admin and risk admin no longer.
    event Sealed(address indexed admin, address indexed riskAdmin);

    /// @notice Members of role `roleId` act after a delay from `minimumSeconds` to `maximumSeconds`.
    error DelayOutOfRange(
        uint64 roleId,
        uint256 delaySeconds,
        uint256 minimumSeconds,
        uint256 maximumSeconds
    );

    /// @notice A function with this selector is not one of those that role `roleId` may have.
    error FunctionNotForRole(bytes4 selector, uint64 roleId);

    /// @notice What is governed cannot be handed to another authority, which would know no bounds.
    error AuthorityFixed(address target);

    /// @notice Only the deployer may seal, as long as they are admin; `caller` is not.
    error NotDeployer(address caller);

    /// @notice It was sealed before.
    error AlreadySealed();

    /// @notice Role `roleId` cannot look after another: only the admin grants and revokes, and not everybody cancels.
    error RoleNotAllowed(uint64 roleId);

    /// @notice Nobody would be left to govern.
    error ZeroAddress();

    /// @notice Ends the time in which the deployer may set things up without a delay: takes admin and risk admin away
    /// from them and gives these roles to `newAdmin` and `newRiskAdmin` with their delays. Only the deployer, once.
    /// Reverts with `NotDeployer`, `AlreadySealed`, `DelayOutOfRange`, `ZeroAddress`.
    function seal(
        address newAdmin,
        uint32 adminDelaySeconds,
        address newRiskAdmin,
        uint32 riskDelaySeconds
    ) external;

    /// @notice Whether the bounds hold for everybody.
    function isSealed() external view returns (bool);

    /// @notice Who may set up and seal.
    function deployer() external view returns (address);
}
