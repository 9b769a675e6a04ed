// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Authority} from "../../contracts/Authority.sol";
import {KinkedRateModel} from "../../contracts/KinkedRateModel.sol";
import {MarginVault} from "../../contracts/MarginVault.sol";
import {UptimeClock} from "../../contracts/UptimeClock.sol";
import {Handlers} from "./support/Handlers.sol";
import {IVaultMaker, World} from "./support/World.sol";

/// @dev Here, because the runner knows only contracts of test files.
contract CampaignHandlers is Handlers {
    constructor(uint8 quoteDecimals, IVaultMaker maker) World(quoteDecimals, maker) {}
}

/// @title The stateful campaign
/// @notice One invariant function holds all invariants, so that one campaign serves them all; each says its number when
/// it breaks. See docs/invariants.md.
abstract contract Campaign is IVaultMaker {
    struct Target {
        address addr;
        bytes4[] selectors;
    }

    Handlers internal handlers;

    function _name() internal pure virtual returns (string memory);

    function make(
        IERC20 quoteAsset,
        KinkedRateModel model,
        address configurator,
        Authority authority,
        UptimeClock clock
    ) external returns (MarginVault) {
        return
            new MarginVault({
                quoteAsset: quoteAsset,
                newInterestRateModel: model,
                newConfigurator: configurator,
                newAuthority: authority,
                newClock: clock,
                shareName: "Tocsin",
                shareSymbol: "T"
            });
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handlers);
    }

    function excludeSelectors() external view returns (Target[] memory excluded) {
        excluded = new Target[](1);
        excluded[0].addr = address(handlers);
        excluded[0].selectors = new bytes4[](4);
        excluded[0].selectors[0] = Handlers.check.selector;
        excluded[0].selectors[1] = Handlers.finish.selector;
        excluded[0].selectors[2] = handlers.onTransfer.selector;
        excluded[0].selectors[3] = handlers.onDeferred.selector;
    }

    function invariant_everythingHolds() external {
        handlers.check();
    }

    function afterInvariant() external {
        handlers.finish(_name());
    }
}

contract SixDecimalsCampaignTest is Campaign {
    function setUp() external {
        handlers = new CampaignHandlers(6, this);
    }

    function _name() internal pure override returns (string memory) {
        return "quote of 6 decimals";
    }
}

contract EighteenDecimalsCampaignTest is Campaign {
    function setUp() external {
        handlers = new CampaignHandlers(18, this);
    }

    function _name() internal pure override returns (string memory) {
        return "quote of 18 decimals";
    }
}
