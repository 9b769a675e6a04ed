// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {AccountId} from "./interfaces/AccountId.sol";
import {IAuthority, Permission} from "./interfaces/IAuthority.sol";

/// @title Authority
/// @notice See `IAuthority`. One serves any number of vaults; it holds nothing and owns nothing.
contract Authority is IAuthority, EIP712, Nonces {
    bytes32 private constant SET_OPERATOR_TYPEHASH = keccak256(
        "SetOperator(address owner,address operator,uint8 permission,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant SET_ACCOUNT_OPERATOR_TYPEHASH = keccak256(
        "SetAccountOperator(bytes32 account,address operator,uint8 permission,uint256 nonce,uint256 deadline)"
    );

    mapping(address owner => mapping(address operator => Permission)) private _ofOwner;
    mapping(AccountId account => mapping(address operator => Permission)) private _ofAccount;

    constructor() EIP712("Tocsin Authority", "1") {}

    /// @inheritdoc IAuthority
    function permissionOf(AccountId account, address operator) external view returns (Permission) {
        address owner = account.ownerOf();
        if (operator == owner) return Permission.Everything;
        Permission byOwner = _ofOwner[owner][operator];
        Permission byAccount = _ofAccount[account][operator];
        return byOwner > byAccount ? byOwner : byAccount;
    }

    /// @inheritdoc IAuthority
    function setOperator(address operator, Permission permission) external {
        _useNonce(msg.sender);
        _setOperator(msg.sender, operator, permission);
    }

    /// @inheritdoc IAuthority
    function setAccountOperator(AccountId account, address operator, Permission permission) external {
        if (msg.sender != account.ownerOf()) revert NotOwner(account, msg.sender);
        _useNonce(msg.sender);
        _setAccountOperator(account, operator, permission);
    }

    /// @inheritdoc IAuthority
    function setOperatorWithSig(
        address owner,
        address operator,
        Permission permission,
        uint256 deadline,
        bytes calldata signature
    ) external {
        uint256 nonce = _useNonce(owner);
        bytes32 content = keccak256(
            abi.encode(SET_OPERATOR_TYPEHASH, owner, operator, permission, nonce, deadline)
        );
        _checkSignature(owner, content, deadline, signature);
        _setOperator(owner, operator, permission);
    }

    /// @inheritdoc IAuthority
    function setAccountOperatorWithSig(
        AccountId account,
        address operator,
        Permission permission,
        uint256 deadline,
        bytes calldata signature
    ) external {
        address owner = account.ownerOf();
        uint256 nonce = _useNonce(owner);
        bytes32 content = keccak256(
            abi.encode(SET_ACCOUNT_OPERATOR_TYPEHASH, account, operator, permission, nonce, deadline)
        );
        _checkSignature(owner, content, deadline, signature);
        _setAccountOperator(account, operator, permission);
    }

    /// @inheritdoc IAuthority
    function invalidateNonce() external {
        _useNonce(msg.sender);
    }

    function _checkSignature(
        address owner,
        bytes32 content,
        uint256 deadline,
        bytes calldata signature
    ) private view {
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        bytes32 digest = _hashTypedDataV4(content);
        if (!SignatureChecker.isValidSignatureNow(owner, digest, signature)) revert InvalidSignature(owner);
    }

    function _useNonce(address owner) internal override returns (uint256 nonce) {
        nonce = super._useNonce(owner);
        emit NonceUsed(owner, nonce);
    }

    function _setOperator(address owner, address operator, Permission permission) private {
        _ofOwner[owner][operator] = permission;
        emit OperatorSet(owner, operator, permission);
    }

    function _setAccountOperator(AccountId account, address operator, Permission permission) private {
        _ofAccount[account][operator] = permission;
        emit AccountOperatorSet(account, account.ownerOf(), operator, permission);
    }
}
