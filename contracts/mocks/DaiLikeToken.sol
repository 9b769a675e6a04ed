// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MockERC20} from "./MockERC20.sol";

/// @notice A token with permits from before ERC-2612: all or nothing, and without the standard's function.
contract DaiLikeToken is MockERC20, EIP712 {
    bytes32 private constant PERMIT_TYPEHASH = keccak256(
        "Permit(address holder,address spender,uint256 nonce,uint256 expiry,bool allowed)"
    );

    mapping(address holder => uint256) public nonces;

    error InvalidPermit(address holder);

    constructor(uint8 tokenDecimals) MockERC20("Dai-like", "DAIL", tokenDecimals) EIP712("Dai-like", "1") {}

    function permit(
        address holder,
        address spender,
        uint256 nonce,
        uint256 expiry,
        bool allowed,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(PERMIT_TYPEHASH, holder, spender, nonce, expiry, allowed))
        );
        bool timely = expiry == 0 || block.timestamp <= expiry;
        if (!timely || nonce != nonces[holder]++ || ECDSA.recover(digest, v, r, s) != holder) {
            revert InvalidPermit(holder);
        }
        _approve(holder, spender, allowed ? type(uint256).max : 0);
    }
}
