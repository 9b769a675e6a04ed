// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice A price feed that misbehaves on demand. It answers honestly until told otherwise, so that it can be listed.
contract HostileFeed {
    enum Conduct {
        Honest,
        Reverts,
        /// Reverts with 100 kB of data.
        RevertsLoudly,
        ReturnsNothing,
        /// 128 bytes: one word short of an answer.
        ReturnsTooLittle,
        /// An honest answer followed by 100 kB of zeros.
        ReturnsTooMuch,
        /// An honest answer followed by about as much as a reader's gas can buy.
        ReturnsAllItsGasBuys,
        BurnsAllGas,
        /// An honest answer with all bits of the round numbers set.
        ReturnsDirtyRoundIds
    }

    uint8 public immutable decimals;
    Conduct public conduct;
    int256 public answer;
    uint256 public updatedAt;

    error FeedDown(bytes noise);

    constructor(uint8 feedDecimals, int256 firstAnswer) {
        decimals = feedDecimals;
        answer = firstAnswer;
        updatedAt = block.timestamp;
    }

    /// @dev Stands for `latestRoundData()`: what a fallback returns goes out as it is, whatever its length.
    // A fallback is the only plain way to return any bytes.
    // solhint-disable-next-line no-complex-fallback, payable-fallback
    fallback(bytes calldata) external returns (bytes memory) {
        if (conduct == Conduct.Reverts) revert FeedDown("");
        if (conduct == Conduct.RevertsLoudly) revert FeedDown(new bytes(100_000));
        if (conduct == Conduct.ReturnsNothing) return "";
        if (conduct == Conduct.ReturnsTooLittle) return abi.encode(1, answer, updatedAt, updatedAt);
        while (conduct == Conduct.BurnsAllGas) {}
        uint256 roundId = conduct == Conduct.ReturnsDirtyRoundIds ? type(uint256).max : 1;
        bytes memory honest = abi.encode(roundId, answer, updatedAt, updatedAt, roundId);
        if (conduct == Conduct.ReturnsTooMuch) return _padded(honest, 100_000);
        if (conduct == Conduct.ReturnsAllItsGasBuys) return _padded(honest, 120_000);
        return honest;
    }

    /// @notice Any answer at any time, also those that no honest feed gives.
    function set(int256 newAnswer, uint256 newUpdatedAt) external {
        answer = newAnswer;
        updatedAt = newUpdatedAt;
    }

    function setConduct(Conduct newConduct) external {
        conduct = newConduct;
    }

    /// @dev Byte by byte: joining two long arrays would take more gas than a reader gives.
    function _padded(bytes memory start, uint256 length) private pure returns (bytes memory padded) {
        padded = new bytes(length);
        for (uint256 i; i < start.length; ++i) padded[i] = start[i];
    }
}
