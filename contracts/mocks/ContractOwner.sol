// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice A contract that owns accounts and answers for signatures as it is told.
contract ContractOwner is IERC1271 {
    enum Conduct {
        /// Approves what it has been told to approve.
        Honest,
        ApprovesEverything,
        Reverts,
        ReturnsNothing,
        /// The right word in the wrong place: 31 zero bytes and a one.
        ReturnsTrue,
        BurnsAllGas
    }

    Conduct public conduct;
    mapping(bytes32 digest => bool) public approved;

    error Refused(bytes32 digest);

    function setConduct(Conduct newConduct) external {
        conduct = newConduct;
    }

    function approve(bytes32 digest) external {
        approved[digest] = true;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        if (conduct == Conduct.Reverts) revert Refused(digest);
        while (conduct == Conduct.BurnsAllGas) {}
        bool yes = conduct == Conduct.ApprovesEverything || approved[digest];
        bytes32 word = yes ? bytes32(IERC1271.isValidSignature.selector) : bytes32(0);
        uint256 length = 32;
        if (conduct == Conduct.ReturnsTrue) word = bytes32(uint256(1));
        if (conduct == Conduct.ReturnsNothing) length = 0;
        // solhint-disable-next-line no-inline-assembly -- the only way to return what is no answer
        assembly ("memory-safe") {
            mstore(0, word)
            return(0, length)
        }
    }
}
