// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {AccountId} from "../interfaces/AccountId.sol";
import {FlashResult, FlashTake, IFlashLiquidator, Sale} from "../interfaces/IFlashLiquidator.sol";
import {ILiquidationCallback} from "../interfaces/ILiquidationCallback.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IUniswapV3Factory} from "../interfaces/uniswap/IUniswapV3Factory.sol";
import {IUniswapV3Pool} from "../interfaces/uniswap/IUniswapV3Pool.sol";
import {IUniswapV3SwapCallback} from "../interfaces/uniswap/IUniswapV3SwapCallback.sol";
import {FixedPoint, BPS} from "../libraries/FixedPoint.sol";
import {HealthMath} from "../libraries/HealthMath.sol";

/// @title FlashLiquidator
/// @notice See `IFlashLiquidator`.
/// @dev A take runs: liquidate, `onLiquidation` by the vault, swaps with `uniswapV3SwapCallback` by each pool, the
/// vault pulls the payment, the gain in this contract's balances goes to the recipient. Amounts are taken from balances
/// and not from what anybody says, so that whatever a token does, a take ends with no less than it began.
contract FlashLiquidator is IFlashLiquidator, Ownable2Step, ReentrancyGuardTransient {
    using FixedPoint for uint256;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @dev A path is a token, then a fee and a token for each pool.
    uint256 private constant TOKEN_BYTES = 20;
    uint256 private constant STEP_BYTES = 23;
    uint256 private constant HOP_BYTES = TOKEN_BYTES + STEP_BYTES;
    /// @dev Just inside the prices that Uniswap v3 can express: no limit but the pool's liquidity.
    uint160 private constant LOWEST_SQRT_PRICE = 4295128739 + 1;
    uint160 private constant HIGHEST_SQRT_PRICE = 1461446703485210103287273052203988822378723970342 - 1;
    /// @dev Errors with their arguments and messages are shorter.
    uint256 private constant MAX_REASON_BYTES = 1024;
    /// @dev For passing on a take's arguments and for noting what came of it.
    uint256 private constant GAS_BETWEEN_TAKES = 50_000;

    IMarginVault public immutable override vault;
    address public immutable override quote;
    IUniswapV3Factory public immutable override factory;

    // slot 0 is the owner's, slot 1 the pending owner's
    // slot 2
    address public override profitRecipient;
    uint16 private _maxSlippageBps;
    // slot 3
    mapping(address keeper => bool) public override isKeeper;

    /// @dev The pool that may call back, from the start of a swap until it has.
    address private transient _swappingPool;

    modifier onlyKeeper() {
        if (!isKeeper[msg.sender]) revert NotKeeper(msg.sender);
        _;
    }

    /// @param newVault The vault whose accounts are liquidated.
    /// @param newFactory Whose pools are sold in: Uniswap v3's or one that works alike.
    /// @param initialOwner Who sets the rest; may be cold.
    /// @param newRecipient Who receives all profit.
    /// @param newMaxSlippageBps How far below the oracle's price a sale may end.
    constructor(
        IMarginVault newVault,
        IUniswapV3Factory newFactory,
        address initialOwner,
        address newRecipient,
        uint256 newMaxSlippageBps
    ) Ownable(initialOwner) {
        if (address(newVault) == address(0) || address(newFactory) == address(0)) revert ZeroAddress();
        vault = newVault;
        quote = IERC4626(address(newVault)).asset();
        factory = newFactory;
        _setProfitRecipient(newRecipient);
        _setMaxSlippage(newMaxSlippageBps);
    }

    // ------------------------------------------------------------------ keepers

    /// @inheritdoc IFlashLiquidator
    function take(
        FlashTake calldata order
    ) external onlyKeeper nonReentrant returns (FlashResult memory result) {
        result = _take(order);
        _report(order, result);
    }

    /// @inheritdoc IFlashLiquidator
    function takeMany(
        FlashTake[] calldata orders,
        uint256 gasPerTake
    ) external onlyKeeper nonReentrant returns (FlashResult[] memory results) {
        results = new FlashResult[](orders.length);
        for (uint256 i; i < orders.length; ++i) {
            // With less, the call below would quietly get less than it was promised.
            if (gasleft() - gasleft() / 64 < gasPerTake + GAS_BETWEEN_TAKES) {
                results[i].reason = NotEnoughGas.selector;
            } else {
                try this.attempt{gas: gasPerTake}(orders[i]) returns (FlashResult memory result) {
                    results[i] = result;
                } catch {
                    results[i].reason = _reason();
                }
            }
            _report(orders[i], results[i]);
        }
    }

    /// @inheritdoc IFlashLiquidator
    function attempt(FlashTake calldata order) external returns (FlashResult memory result) {
        if (msg.sender != address(this)) revert NotSelf(msg.sender);
        return _take(order);
    }

    // ------------------------------------------------------------------ callbacks

    /// @inheritdoc ILiquidationCallback
    function onLiquidation(
        AccountId,
        address asset,
        uint256 seized,
        uint256 payment,
        bytes calldata data
    ) external {
        // The vault calls back only whom it was called by, which is this contract within a take.
        if (msg.sender != address(vault)) revert NotVault(msg.sender);
        (uint256 minProfit, uint256 assetBefore, Sale sale, bytes calldata path) = _unpackOrder(data);
        uint256 received =
            sale == Sale.All ? _sell(path, seized) : _buy(path, payment, address(this), seized);
        uint256 kept = IERC20(asset).balanceOf(address(this)) - assetBefore;
        _checkSale(asset, received, seized - kept, kept, payment + minProfit);
        // The vault takes exactly this, so that nothing stays approved.
        IERC20(quote).forceApprove(address(vault), payment);
    }

    /// @inheritdoc IUniswapV3SwapCallback
    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external {
        if (msg.sender != _swappingPool) revert NotPool(msg.sender);
        _swappingPool = address(0);
        uint256 owed = uint256(amount0Delta > 0 ? amount0Delta : amount1Delta);
        (uint256 maxPaid, bytes calldata path) = _unpackSwap(data);
        if (path.length > HOP_BYTES) {
            // Buying: what this pool is owed is bought for it in the pool before.
            _buy(path[:path.length - STEP_BYTES], owed, msg.sender, maxPaid);
            return;
        }
        if (owed > maxPaid) revert SaleTooDear(owed, maxPaid);
        IERC20(_tokenAt(path, 0)).safeTransfer(msg.sender, owed);
    }

    // ------------------------------------------------------------------ owner

    /// @inheritdoc IFlashLiquidator
    function setKeeper(address keeper, bool allowed) external onlyOwner {
        if (keeper == address(0)) revert ZeroAddress();
        isKeeper[keeper] = allowed;
        emit KeeperSet(keeper, allowed);
    }

    /// @inheritdoc IFlashLiquidator
    function setProfitRecipient(address newRecipient) external onlyOwner {
        _setProfitRecipient(newRecipient);
    }

    /// @inheritdoc IFlashLiquidator
    function setMaxSlippage(uint256 newMaxSlippageBps) external onlyOwner {
        _setMaxSlippage(newMaxSlippageBps);
    }

    /// @inheritdoc IFlashLiquidator
    function rescue(address token, uint256 amount, address to) external onlyOwner {
        if (to == address(0)) revert ZeroAddress();
        emit Rescued(token, amount, to);
        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IFlashLiquidator
    function maxSlippageBps() external view returns (uint256) {
        return _maxSlippageBps;
    }

    // ------------------------------------------------------------------ one take

    function _take(FlashTake calldata order) private returns (FlashResult memory result) {
        _checkPath(order.path, order.asset);
        IERC20 asset = IERC20(order.asset);
        uint256 quoteBefore = IERC20(quote).balanceOf(address(this));
        uint256 assetBefore = asset.balanceOf(address(this));

        (uint256 repaid, uint256 insured, uint256 seized) = vault.liquidate({
            account: order.account,
            asset: order.asset,
            maxRepay: order.maxRepay,
            minSeized: order.minSeized,
            to: address(this),
            data: _packOrder(order, assetBefore)
        });

        result.taken = true;
        result.payment = repaid + insured;
        result.seized = seized;
        // What was here before stays; a token that took more than it said makes this underflow.
        result.profit = IERC20(quote).balanceOf(address(this)) - quoteBefore;
        result.kept = asset.balanceOf(address(this)) - assetBefore;
        if (result.profit != 0) IERC20(quote).safeTransfer(profitRecipient, result.profit);
        if (result.kept != 0) asset.safeTransfer(profitRecipient, result.kept);
    }

    /// @param received Quote base units that the sale has brought.
    /// @param sold Base units of `asset` that are gone.
    /// @param kept Base units of `asset` that are left.
    /// @param needed What the take must be worth, quote base units.
    function _checkSale(
        address asset,
        uint256 received,
        uint256 sold,
        uint256 kept,
        uint256 needed
    ) private view {
        (uint256 price36, ) = vault.oracle().price(asset);
        uint256 worth = received + HealthMath.valueDown(kept, price36);
        if (worth < needed) revert NotProfitable(worth, needed);
        uint256 minimum = HealthMath.valueDown(sold, price36).mulDivUp(BPS - _maxSlippageBps, BPS);
        if (received < minimum) revert SlippageTooHigh(received, minimum);
    }

    function _report(FlashTake calldata order, FlashResult memory result) private {
        if (!result.taken) {
            emit Skipped(order.account, order.asset, msg.sender, result.reason);
            return;
        }
        emit Taken({
            account: order.account,
            asset: order.asset,
            keeper: msg.sender,
            payment: result.payment,
            seized: result.seized,
            profit: result.profit,
            kept: result.kept,
            recipient: profitRecipient
        });
    }

    /// @dev Why the last call reverted. What it returned is copied only when it is short: the longer it is, the more
    /// gas that costs, and whoever wrote it may be hostile.
    function _reason() private pure returns (bytes4) {
        if (LowLevelCall.returnDataSize() > MAX_REASON_BYTES) return ReasonTooLong.selector;
        return bytes4(LowLevelCall.returnData());
    }

    // ------------------------------------------------------------------ swaps

    /// @dev Sells exactly `amount` of the path's first token, pool after pool.
    /// @return received What has arrived of its last token.
    function _sell(bytes calldata path, uint256 amount) private returns (uint256 received) {
        for (uint256 start; start + HOP_BYTES <= path.length; start += STEP_BYTES) {
            bytes calldata hop = path[start:start + HOP_BYTES];
            IERC20 bought = IERC20(_tokenAt(hop, STEP_BYTES));
            uint256 boughtBefore = bought.balanceOf(address(this));
            bytes memory data = abi.encodePacked(amount, hop);
            (address pool, uint256 paid, ) = _swap(hop, amount.toInt256(), address(this), data);
            // What a pool would not take would stay here.
            if (paid != amount) revert SwapIncomplete(pool, amount, paid);
            // Not what the pool says: the next pool must get nothing that was here before.
            received = bought.balanceOf(address(this)) - boughtBefore;
            amount = received;
        }
    }

    /// @dev Buys exactly `amount` of the path's last token: from its last pool, whose callback buys in the one before.
    /// @param maxPaid The most that may be paid of the path's first token.
    function _buy(
        bytes calldata path,
        uint256 amount,
        address to,
        uint256 maxPaid
    ) private returns (uint256 received) {
        bytes calldata hop = path[path.length - HOP_BYTES:];
        bytes memory data = abi.encodePacked(maxPaid, path);
        address pool;
        (pool, , received) = _swap(hop, -amount.toInt256(), to, data);
        if (received != amount) revert SwapIncomplete(pool, amount, received);
    }

    /// @param hop A token, a fee, a token.
    /// @param amount What to sell if positive, what to buy if negative.
    /// @param data The most that may be paid, and the path to pay by.
    function _swap(
        bytes calldata hop,
        int256 amount,
        address to,
        bytes memory data
    ) private returns (address pool, uint256 paid, uint256 received) {
        address tokenIn = _tokenAt(hop, 0);
        address tokenOut = _tokenAt(hop, STEP_BYTES);
        uint24 fee = uint24(bytes3(hop[TOKEN_BYTES:STEP_BYTES]));
        pool = factory.getPool(tokenIn, tokenOut, fee);
        if (pool == address(0)) revert NoPool(tokenIn, tokenOut, fee);

        _swappingPool = pool;
        bool zeroForOne = tokenIn < tokenOut;
        (int256 amount0, int256 amount1) = IUniswapV3Pool(pool).swap(
            to,
            zeroForOne,
            amount,
            zeroForOne ? LOWEST_SQRT_PRICE : HIGHEST_SQRT_PRICE,
            data
        );
        (int256 paidDelta, int256 boughtDelta) = zeroForOne ? (amount0, amount1) : (amount1, amount0);
        return (pool, uint256(paidDelta), uint256(-boughtDelta));
    }

    // ------------------------------------------------------------------ bytes

    function _checkPath(bytes calldata path, address asset) private view {
        uint256 length = path.length;
        bool isWhole = length >= HOP_BYTES && (length - TOKEN_BYTES) % STEP_BYTES == 0;
        if (!isWhole || _tokenAt(path, 0) != asset || _tokenAt(path, length - TOKEN_BYTES) != quote)
            revert InvalidPath(asset, quote);
    }

    function _tokenAt(bytes calldata path, uint256 start) private pure returns (address) {
        return address(bytes20(path[start:start + TOKEN_BYTES]));
    }

    /// @dev Packed, so that the callback can cut the path without copying it.
    function _packOrder(FlashTake calldata order, uint256 assetBefore) private pure returns (bytes memory) {
        return abi.encodePacked(order.minProfit, assetBefore, order.sale, order.path);
    }

    function _unpackOrder(
        bytes calldata data
    ) private pure returns (uint256 minProfit, uint256 assetBefore, Sale sale, bytes calldata path) {
        minProfit = uint256(bytes32(data[:32]));
        assetBefore = uint256(bytes32(data[32:64]));
        return (minProfit, assetBefore, Sale(uint8(data[64])), data[65:]);
    }

    function _unpackSwap(bytes calldata data) private pure returns (uint256 maxPaid, bytes calldata path) {
        return (uint256(bytes32(data[:32])), data[32:]);
    }

    // ------------------------------------------------------------------ settings

    function _setProfitRecipient(address newRecipient) private {
        if (newRecipient == address(0)) revert ZeroAddress();
        emit ProfitRecipientSet(profitRecipient, newRecipient);
        profitRecipient = newRecipient;
    }

    function _setMaxSlippage(uint256 newMaxSlippageBps) private {
        if (newMaxSlippageBps > BPS) revert SlippageOutOfRange(newMaxSlippageBps);
        emit MaxSlippageSet(_maxSlippageBps, newMaxSlippageBps);
        _maxSlippageBps = uint16(newMaxSlippageBps);
    }
}
