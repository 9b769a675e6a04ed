// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {vm} from "./Vm.sol";

/// @title What a campaign has done and held, counted
/// @notice One run's counts; at its end they become one line of a file that scripts/campaign.ts adds up.
abstract contract Tally {
    struct Count {
        uint32 calls;
        uint32 successes;
    }

    string private constant FILE = "cache/campaign/counts.jsonl";

    bytes4[] private _handlers;
    mapping(bytes4 handler => Count) private _counts;
    bytes4[] private _refusals;
    mapping(bytes4 selector => uint256) private _refused;
    uint32[64] private _checks;
    uint32[16] internal statuses;
    uint32[16] internal closings;
    uint256 internal steps;

    /// @notice An invariant or a postcondition does not hold.
    error Broken(string invariant);

    /// @dev Counts one call of the present handler.
    function _count(bool success) internal {
        Count storage count = _counts[msg.sig];
        if (count.calls == 0) _handlers.push(msg.sig);
        ++count.calls;
        ++steps;
        if (success) ++count.successes;
    }

    /// @dev As `_count`, and remembers what a failure said.
    function _count(bool success, bytes memory result) internal {
        _count(success);
        if (success) return;
        bytes4 selector = bytes4(result);
        if (_refused[selector]++ == 0) _refusals.push(selector);
    }

    /// @dev Fails the campaign unless `holds`: invariant I-`number`, in words.
    function _hold(uint256 number, bool holds, string memory what) internal {
        ++_checks[number];
        if (!holds)
            revert Broken(string.concat("I-", number < 10 ? "0" : "", vm.toString(number), " ", what));
    }

    /// @dev Equal but for `slack`.
    function _holdNear(uint256 number, uint256 a, uint256 b, uint256 slack, string memory what) internal {
        bool near = a <= b + slack && b <= a + slack;
        if (!near) {
            what = string.concat(what, ": ", vm.toString(a), " against ", vm.toString(b));
        }
        _hold(number, near, what);
    }

    function _writeTally(string memory name) internal {
        string memory line = string.concat(
            '{"campaign":"',
            name,
            '","calls":',
            vm.toString(steps),
            ',"handlers":{'
        );
        for (uint256 i; i < _handlers.length; ++i) {
            Count memory c = _counts[_handlers[i]];
            string memory pair = string.concat("[", vm.toString(c.calls), ",", vm.toString(c.successes), "]");
            line = string.concat(line, i == 0 ? "" : ",", _key(_handlers[i]), pair);
        }
        line = string.concat(line, '},"refusals":{');
        for (uint256 i; i < _refusals.length; ++i) {
            string memory number = vm.toString(_refused[_refusals[i]]);
            line = string.concat(line, i == 0 ? "" : ",", _key(_refusals[i]), number);
        }
        line = string.concat(line, '},"checks":', _list64(), ',"statuses":', _list16(statuses));
        line = string.concat(line, ',"closings":', _list16(closings), "}");
        vm.writeLine(FILE, line);
    }

    /// @dev `"0x12345678":`
    function _key(bytes4 selector) private pure returns (string memory) {
        bytes memory digits = bytes(vm.toString(bytes32(selector)));
        bytes memory key = new bytes(10);
        for (uint256 i; i < 10; ++i) key[i] = digits[i];
        return string.concat('"', string(key), '":');
    }

    function _list64() private view returns (string memory list) {
        list = "[";
        for (uint256 i; i < 64; ++i) {
            list = string.concat(list, i == 0 ? "" : ",", vm.toString(uint256(_checks[i])));
        }
        return string.concat(list, "]");
    }

    function _list16(uint32[16] storage numbers) private view returns (string memory list) {
        list = "[";
        for (uint256 i; i < 16; ++i) {
            list = string.concat(list, i == 0 ? "" : ",", vm.toString(uint256(numbers[i])));
        }
        return string.concat(list, "]");
    }
}
