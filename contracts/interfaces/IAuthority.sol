// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccountId} from "./AccountId.sol";

/// @notice What an operator may do with an account.
enum Permission {
    None,
    /// Anything that leaves the account better by the design's rule, which takes a deferral: sell collateral and repay.
    Improve,
    /// Whatever the owner may.
    Everything
}

/// @title Who may act for whom
/// @notice An owner allows operators for all of their accounts or for one; the greater permission counts.
interface IAuthority {
    event OperatorSet(address indexed owner, address indexed operator, Permission permission);
    event AccountOperatorSet(
        AccountId indexed account,
        address indexed owner,
        address indexed operator,
        Permission permission
    );

    /// @notice `owner`'s `nonce` is used up, by a permission or by hand: no signature over it is good any more.
    event NonceUsed(address indexed owner, uint256 nonce);

    /// @notice The signature's time has passed: it was good until `deadline`.
    error SignatureExpired(uint256 deadline);

    /// @notice The signature is not `owner`'s, or not for exactly this.
    error InvalidSignature(address owner);

    /// @notice Only `account`'s owner may set its operators; `caller` is not.
    error NotOwner(AccountId account, address caller);

    /// @notice What `operator` may do with `account`. The owner may do everything.
    function permissionOf(AccountId account, address operator) external view returns (Permission);

    /// @notice Allows `operator` all accounts of the caller, up to `permission`; `None` takes it back. Uses up the
    /// caller's nonce: what was signed before and not brought yet is worth nothing afterwards.
    function setOperator(address operator, Permission permission) external;

    /// @notice Allows `operator` one account of the caller, and uses up the nonce as `setOperator`. Reverts with
    /// `NotOwner`.
    function setAccountOperator(AccountId account, address operator, Permission permission) external;

    /// @notice As `setOperator`, by the owner's EIP-712 signature (ERC-1271 for contracts) over
    /// `SetOperator(address owner,address operator,uint8 permission,uint256 nonce,uint256 deadline)`. Anyone may bring
    /// it. Reverts with `SignatureExpired`, `InvalidSignature`.
    function setOperatorWithSig(
        address owner,
        address operator,
        Permission permission,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice As `setAccountOperator`, by the owner's signature over
    /// `SetAccountOperator(bytes32 account,address operator,uint8 permission,uint256 nonce,uint256 deadline)`.
    function setAccountOperatorWithSig(
        AccountId account,
        address operator,
        Permission permission,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Makes signatures with the caller's present nonce worthless.
    function invalidateNonce() external;
}
