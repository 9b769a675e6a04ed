// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {AccountId} from "../interfaces/AccountId.sol";
import {CureAmounts} from "../interfaces/VaultTypes.sol";

/// @notice What passes for a vault to whoever is given its address: it asks for as much as it is told to and, once
/// called, takes of the caller's and its victim's tokens whatever it can, or makes one call of the tester's choice.
contract HostileVault {
    enum Conduct {
        /// Takes what it may, of every token it knows.
        Takes,
        /// Takes nothing and says that it did.
        Idles,
        /// Makes its call and passes on what that reverts with.
        Calls
    }

    IERC20[] public tokens;
    address public victim;
    uint256 public wanted;
    Conduct public conduct;
    address public target;
    bytes public data;

    constructor(IERC20[] memory newTokens, address newVictim) {
        tokens = newTokens;
        victim = newVictim;
    }

    function plan(Conduct newConduct, uint256 newWanted) external {
        conduct = newConduct;
        wanted = newWanted;
    }

    function planCall(address newTarget, bytes calldata newData) external {
        conduct = Conduct.Calls;
        target = newTarget;
        data = newData;
    }

    function cure(AccountId, uint256 maxPay) external returns (uint256) {
        _act();
        return maxPay;
    }

    function repay(AccountId, uint256 amount) external returns (uint256) {
        _act();
        return amount;
    }

    function depositCollateral(AccountId, address, uint256) external {
        _act();
    }

    function deposit(uint256 assets, address) external returns (uint256) {
        _act();
        return assets;
    }

    function previewCure(AccountId) external view returns (CureAmounts memory amounts) {
        amounts.repay = wanted;
    }

    function debtOf(AccountId) external view returns (uint256) {
        return wanted;
    }

    function collateralOf(AccountId, address) external view returns (uint256) {
        return wanted;
    }

    function _act() private {
        if (conduct == Conduct.Calls) {
            (bool success, bytes memory result) = target.call(data);
            if (!success) LowLevelCall.bubbleRevert(result);
        }
        if (conduct != Conduct.Takes) return;
        for (uint256 i; i < tokens.length; ++i) {
            _takeAll(tokens[i], msg.sender);
            _takeAll(tokens[i], victim);
        }
    }

    function _takeAll(IERC20 token, address from) private {
        uint256 allowance = token.allowance(from, address(this));
        uint256 balance = token.balanceOf(from);
        token.transferFrom(from, address(this), allowance < balance ? allowance : balance);
    }
}
