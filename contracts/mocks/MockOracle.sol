// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOracle} from "../interfaces/IOracle.sol";

/// @notice An oracle whose prices anyone may set, and that fails on demand.
contract MockOracle {
    enum Conduct {
        Honest,
        Reverts,
        BurnsAllGas,
        /// Answers with fewer prices than were asked for.
        AnswersTooFew,
        /// Answers with bytes that are no answer.
        ReturnsGarbage
    }

    address public immutable quoteAsset;
    Conduct public conduct;
    address[] private _assets;
    mapping(uint256 number => uint256) private _prices36;
    uint256 private _freshSet;

    error OracleDown();
    error UnknownSelector(bytes4 selector);

    constructor(address newQuoteAsset, address[] memory newAssets) {
        quoteAsset = newQuoteAsset;
        _assets = newAssets;
    }

    /// @dev Stands for `prices(uint256)`, so that it can return what is no answer.
    // A fallback is the only plain way to return any bytes.
    // solhint-disable-next-line no-complex-fallback, payable-fallback
    fallback(bytes calldata input) external returns (bytes memory) {
        if (bytes4(input) != IOracle.prices.selector) revert UnknownSelector(bytes4(input));
        if (conduct == Conduct.Reverts) revert OracleDown();
        while (conduct == Conduct.BurnsAllGas) {}
        if (conduct == Conduct.ReturnsGarbage) return hex"07";

        uint256 assetSet = abi.decode(input[4:], (uint256));
        uint256 count;
        for (uint256 rest = assetSet; rest != 0; rest &= rest - 1) ++count;
        if (conduct == Conduct.AnswersTooFew && count != 0) --count;
        uint256[] memory prices36 = new uint256[](count);
        uint256 next;
        for (uint256 j; next < count; ++j) {
            if ((assetSet >> j) & 1 == 1) prices36[next++] = _prices36[j];
        }
        return abi.encode(prices36, _freshSet & assetSet);
    }

    function set(uint256 number, uint256 price36, bool fresh) external {
        _prices36[number] = price36;
        if (fresh) _freshSet |= 1 << number;
        else _freshSet &= ~(1 << number);
    }

    function setConduct(Conduct newConduct) external {
        conduct = newConduct;
    }

    function price(address asset) external view returns (uint256 price36, bool fresh) {
        for (uint256 j; j < _assets.length; ++j) {
            if (_assets[j] == asset) return (_prices36[j], (_freshSet >> j) & 1 == 1);
        }
    }

    function assets() external view returns (address[] memory) {
        return _assets;
    }
}
