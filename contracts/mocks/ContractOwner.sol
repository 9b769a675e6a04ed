// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice A contract that owns accounts and answers for signatures as it is told.
contract ContractOwner {
    enum Conduct {
        /// Approves what it has been told to approve.
        Honest,
        ApprovesEverything,
        Reverts,
        ReturnsNothing,
        /// A boolean where the selector is expected.
        ReturnsTrue,
        BurnsAllGas
    }

    Conduct public conduct;
    mapping(bytes32 digest => bool) public approved;

    error Refused(bytes32 digest);
    error UnknownSelector(bytes4 selector);

    /// @dev Stands for `isValidSignature(bytes32,bytes)`, so that it can return what is no answer.
    // A fallback is the only plain way to return any bytes.
    // solhint-disable-next-line no-complex-fallback, payable-fallback
    fallback(bytes calldata input) external returns (bytes memory) {
        if (bytes4(input) != IERC1271.isValidSignature.selector) revert UnknownSelector(bytes4(input));
        bytes32 digest = bytes32(input[4:36]);
        if (conduct == Conduct.Reverts) revert Refused(digest);
        while (conduct == Conduct.BurnsAllGas) {}
        if (conduct == Conduct.ReturnsNothing) return "";
        if (conduct == Conduct.ReturnsTrue) return abi.encode(true);
        bool yes = conduct == Conduct.ApprovesEverything || approved[digest];
        return abi.encode(yes ? IERC1271.isValidSignature.selector : bytes4(0));
    }

    function setConduct(Conduct newConduct) external {
        conduct = newConduct;
    }

    function approve(bytes32 digest) external {
        approved[digest] = true;
    }
}
