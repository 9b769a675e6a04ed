// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

/// @notice Answers every question as another contract does, save one, at which it misbehaves.
contract Facade {
    enum Conduct {
        Honest,
        Reverts,
        /// Reverts with 100 kB of data.
        RevertsLoudly,
        BurnsAllGas,
        ReturnsNothing,
        /// One byte.
        ReturnsGarbage,
        /// Words with all bits set, as many as any honest answer has.
        ReturnsDirt,
        /// 100 kB of zeros.
        ReturnsTooMuch
    }

    address public immutable real;
    bytes4 public selector;
    Conduct public conduct;

    error FacadeDown(bytes noise);

    constructor(address newReal) {
        real = newReal;
    }

    // A fallback is the only plain way to return any bytes.
    // solhint-disable-next-line no-complex-fallback, payable-fallback
    fallback(bytes calldata input) external returns (bytes memory) {
        if (bytes4(input) == selector && conduct != Conduct.Honest) return _misbehave();
        (bool success, bytes memory answer) = real.staticcall(input);
        if (!success) LowLevelCall.bubbleRevert(answer);
        return answer;
    }

    function set(bytes4 newSelector, Conduct newConduct) external {
        selector = newSelector;
        conduct = newConduct;
    }

    function _misbehave() private view returns (bytes memory) {
        if (conduct == Conduct.Reverts) revert FacadeDown("");
        if (conduct == Conduct.RevertsLoudly) revert FacadeDown(new bytes(100_000));
        while (conduct == Conduct.BurnsAllGas) {}
        if (conduct == Conduct.ReturnsNothing) return "";
        if (conduct == Conduct.ReturnsGarbage) return hex"07";
        if (conduct == Conduct.ReturnsTooMuch) return new bytes(100_000);
        uint256 most = type(uint256).max;
        return abi.encode(most, most, most, most, most, most, most, most, most, most, most, most);
    }
}
