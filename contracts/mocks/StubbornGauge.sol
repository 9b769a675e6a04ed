// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What a configurator asks of a gauge, with any estimate, and a poke that misbehaves on demand.
contract StubbornGauge {
    enum Conduct {
        Complete,
        Incomplete,
        Reverts,
        BurnsAllGas
    }

    uint256 public volatilityWad;
    uint256 public constant referenceWad = 0.5e18; // solhint-disable-line const-name-snakecase
    Conduct public conduct;

    error Stubborn();

    function set(uint256 newVolatilityWad, Conduct newConduct) external {
        volatilityWad = newVolatilityWad;
        conduct = newConduct;
    }

    function poke(uint256) external view returns (uint256, bool) {
        if (conduct == Conduct.Reverts) revert Stubborn();
        while (conduct == Conduct.BurnsAllGas) {}
        return (volatilityWad, conduct == Conduct.Complete);
    }
}
