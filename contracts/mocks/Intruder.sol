// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Makes every call it has been told of, whatever becomes of each, whenever somebody lets it: from the middle
/// of a token's transfer, say.
contract Intruder {
    struct Move {
        address target;
        bytes data;
    }

    Move[] private _moves;
    bytes[] private _results;
    bool[] private _successes;

    error Refused(uint256 move);

    function setMoves(Move[] calldata newMoves) external {
        delete _moves;
        for (uint256 i; i < newMoves.length; ++i) _moves.push(newMoves[i]);
    }

    function intrude() external {
        delete _results;
        delete _successes;
        for (uint256 i; i < _moves.length; ++i) {
            (bool success, bytes memory result) = _moves[i].target.call(_moves[i].data);
            _successes.push(success);
            _results.push(result);
        }
    }

    /// @notice Makes calls at once.
    function act(Move[] calldata moves) external {
        for (uint256 i; i < moves.length; ++i) {
            (bool success, ) = moves[i].target.call(moves[i].data);
            if (!success) revert Refused(i);
        }
    }

    /// @notice What became of the calls of the last intrusion.
    function outcome() external view returns (bool[] memory successes, bytes[] memory results) {
        return (_successes, _results);
    }
}
