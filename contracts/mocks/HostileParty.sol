// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

/// @notice A contract that does what it is told, and answers whatever else it is asked as badly as it can: as an
/// account's owner, a taker, a deferrer, a signer, or an oracle.
contract HostileParty {
    enum Conduct {
        Silent,
        Reverts,
        /// Reverts with `noise` bytes.
        RevertsLoudly,
        BurnsAllGas,
        /// Answers with `noise` bytes of zeros.
        AnswersAtLength
    }

    struct Move {
        address target;
        bytes data;
    }

    Conduct public conduct;
    uint256 public noise;

    error Refused();
    error Noise(bytes noise);

    /// @dev Everything that nobody asked for ends here.
    // A fallback is the only plain way to return any bytes.
    // solhint-disable-next-line no-complex-fallback, payable-fallback
    fallback(bytes calldata) external returns (bytes memory) {
        if (conduct == Conduct.Reverts) revert Refused();
        if (conduct == Conduct.RevertsLoudly) revert Noise(new bytes(noise));
        while (conduct == Conduct.BurnsAllGas) {}
        return conduct == Conduct.AnswersAtLength ? new bytes(noise) : bytes("");
    }

    function setConduct(Conduct newConduct, uint256 newNoise) external {
        conduct = newConduct;
        noise = newNoise;
    }

    function act(Move[] calldata moves) external {
        for (uint256 i; i < moves.length; ++i) {
            (bool success, bytes memory result) = moves[i].target.call(moves[i].data);
            if (!success) LowLevelCall.bubbleRevert(result);
        }
    }
}
