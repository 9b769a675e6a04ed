// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice A token whose transfers answer what they are told to answer.
contract AnsweringToken {
    enum Answer {
        True,
        /// And nothing moves.
        False,
        /// Though everything moved.
        FalseAfterMoving,
        Nothing,
        /// A word that is neither true nor false.
        Two,
        /// A true, and 4 kB behind it.
        TrueAtLength,
        /// 4 kB that begin with nothing.
        ZerosAtLength,
        /// One byte: a true too short to be one.
        OneByte
    }

    uint8 public immutable decimals;
    Answer public answer;
    mapping(address holder => uint256) public balanceOf;
    mapping(address holder => mapping(address spender => uint256)) public allowance;

    error UnknownSelector(bytes4 selector);

    constructor(uint8 tokenDecimals) {
        decimals = tokenDecimals;
    }

    /// @dev Stands for `transfer` and `transferFrom`, so that it can return what is no boolean.
    // A fallback is the only plain way to return any bytes.
    // solhint-disable-next-line no-complex-fallback, payable-fallback
    fallback(bytes calldata input) external returns (bytes memory) {
        address from = msg.sender;
        address to;
        uint256 amount;
        if (bytes4(input) == IERC20.transfer.selector) {
            (to, amount) = abi.decode(input[4:], (address, uint256));
        } else if (bytes4(input) == IERC20.transferFrom.selector) {
            (from, to, amount) = abi.decode(input[4:], (address, address, uint256));
            if (answer != Answer.False) allowance[from][msg.sender] -= amount;
        } else {
            revert UnknownSelector(bytes4(input));
        }
        if (answer != Answer.False) {
            balanceOf[from] -= amount;
            balanceOf[to] += amount;
        }
        return _words();
    }

    function setAnswer(Answer newAnswer) external {
        answer = newAnswer;
    }

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function _words() private view returns (bytes memory) {
        if (answer == Answer.Nothing) return "";
        if (answer == Answer.OneByte) return hex"01";
        if (answer == Answer.Two) return abi.encode(2);
        if (answer == Answer.ZerosAtLength) return new bytes(4_096);
        if (answer == Answer.TrueAtLength) return bytes.concat(abi.encode(true), new bytes(4_064));
        return abi.encode(answer == Answer.True);
    }
}
