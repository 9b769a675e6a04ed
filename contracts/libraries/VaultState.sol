// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccountId} from "../interfaces/AccountId.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {Account, Brake, Collateral, Holding} from "../interfaces/VaultTypes.sol";

/// @notice Everything a vault stores beside its shares. Libraries act on it; the packing is asserted by a test.
struct VaultState {
    // slot 0: the debt book, written with every accrual
    uint112 debtIndex;
    uint112 totalDebtShares;
    uint32 accruedAt;
    // slot 1: the lenders' cash, written whenever quote tokens move
    uint104 cash;
    uint88 unbookedFee;
    /// Bit j is set exactly while more of collateral j is held than its cap; it spares borrowers a read a collateral.
    uint16 overCapSet;
    uint16 feeBps;
    /// All debt may reach this many whole quote tokens by borrowing; the largest number is no cap.
    uint32 borrowCap;
    // slot 2: read with every health check
    IOracle oracle;
    uint96 minimumDebt;
    // slot 3: read with every call and liquidation
    uint72 dustValue;
    uint72 maxBounty;
    uint24 minGraceSeconds;
    uint24 maxGraceSeconds;
    uint24 auctionSeconds;
    uint24 rampSeconds;
    uint8 collateralCount;
    // slot 4
    address feeRecipient;
    // slots 5 and 6
    mapping(AccountId => Account) accounts;
    mapping(address asset => Holding) holdings;
    // slots 7 to 22
    Collateral[16] collaterals;
    // slots 23 to 38: by the collateral's number
    Brake[16] brakes;
}
