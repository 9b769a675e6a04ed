// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice An account of a vault: the owner's address in the high 160 bits and a sub-account number in the low 96.
/// @dev Nothing registers an account: every word is one. Sub-account 0 is the one wallets show first.
type AccountId is bytes32;

using {ownerOf, subAccountOf} for AccountId global;

/// @notice The account `subAccount` of `owner`.
function accountIdOf(address owner, uint96 subAccount) pure returns (AccountId) {
    return AccountId.wrap(bytes32((uint256(uint160(owner)) << 96) | subAccount));
}

/// @notice The address that owns `account`.
function ownerOf(AccountId account) pure returns (address) {
    return address(uint160(uint256(AccountId.unwrap(account)) >> 96));
}

/// @notice The number of `account` among its owner's accounts.
function subAccountOf(AccountId account) pure returns (uint96) {
    return uint96(uint256(AccountId.unwrap(account)));
}
