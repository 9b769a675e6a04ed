// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {GuardedTreasury} from "../../examples/GuardedTreasury.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";

/// @notice The example as it is, so that the build compiles it and a test can deploy it: with a second folder of
/// sources the paths of all generated types would change.
contract ExampleTreasury is GuardedTreasury {
    constructor(
        IMarginVault newVault,
        IERC20 newCollateral,
        address newOwner
    ) GuardedTreasury(newVault, newCollateral, newOwner) {}
}
