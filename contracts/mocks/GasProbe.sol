// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {Deferrer} from "./Deferrer.sol";

/// @notice Makes one call again and again, each time with other gas, and says what had become of the vault after each;
/// everything is undone in between. It owns accounts and defers like a `Deferrer`.
contract GasProbe is Deferrer {
    error Outcome(bool success, bytes32 answers);
    error NotItself(address caller);

    constructor(IMarginVault newVault) Deferrer(newVault) {}

    /// @param warmUp Calls before the one in question: what they read is cheaper then. They may fail.
    /// @param move The call in question, with `from`, `from + step`... gas, below `until`.
    /// @param questions Calls whose answers make up what became of it.
    /// @return outcomes For each amount of gas a hash of the answers, or zero where the call failed.
    function sweep(
        Move[] calldata warmUp,
        Move calldata move,
        Move[] calldata questions,
        uint256 from,
        uint256 until,
        uint256 step
    ) external returns (bytes32[] memory outcomes) {
        outcomes = new bytes32[]((until - from + step - 1) / step);
        for (uint256 i; i < outcomes.length; ++i) {
            try this.attempt(warmUp, move, questions, from + i * step) {} catch (bytes memory reason) {
                (bool success, bytes32 answers) = _decoded(reason);
                if (success) outcomes[i] = answers;
            }
        }
    }

    /// @dev Always reverts, so that nothing stays.
    function attempt(
        Move[] calldata warmUp,
        Move calldata move,
        Move[] calldata questions,
        uint256 gasLimit
    ) external {
        if (msg.sender != address(this)) revert NotItself(msg.sender);
        bool success;
        for (uint256 i; i < warmUp.length; ++i) (success, ) = warmUp[i].target.call(warmUp[i].data);
        (success, ) = move.target.call{gas: gasLimit}(move.data);
        bytes32 answers;
        for (uint256 i; i < questions.length; ++i) {
            (, bytes memory answer) = questions[i].target.call(questions[i].data);
            answers = keccak256(abi.encodePacked(answers, answer));
        }
        revert Outcome(success, answers);
    }

    function _decoded(bytes memory reason) private pure returns (bool success, bytes32 answers) {
        if (bytes4(reason) != Outcome.selector) return (false, 0);
        bytes memory words = new bytes(reason.length - 4);
        for (uint256 i; i < words.length; ++i) words[i] = reason[i + 4];
        return abi.decode(words, (bool, bytes32));
    }
}
