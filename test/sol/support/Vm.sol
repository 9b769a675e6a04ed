// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice The few cheatcodes of the runner that these tests use.
interface IVm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function addr(uint256 privateKey) external pure returns (address);

    function getRecordedLogs() external returns (Log[] memory);

    function prank(address sender) external;

    function recordLogs() external;

    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);

    function toString(uint256 value) external pure returns (string memory);

    function toString(bytes32 value) external pure returns (string memory);

    function warp(uint256 timestamp) external;

    function writeLine(string calldata path, string calldata line) external;
}

IVm constant vm = IVm(address(uint160(uint256(keccak256("hevm cheat code")))));
