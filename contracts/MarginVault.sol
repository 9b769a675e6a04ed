// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20, ERC4626, IERC20} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {AccountId} from "./interfaces/AccountId.sol";
import {IAuthority, Permission} from "./interfaces/IAuthority.sol";
import {IDeferred} from "./interfaces/IDeferred.sol";
import {IInterestRateModel} from "./interfaces/IInterestRateModel.sol";
import {ILiquidationCallback} from "./interfaces/ILiquidationCallback.sol";
import {IMarginVault} from "./interfaces/IMarginVault.sol";
import {IUptimeClock} from "./interfaces/IUptimeClock.sol";
import {IOracle} from "./interfaces/IOracle.sol";
import {
    Account,
    BrakeTerms,
    CloseReason,
    CollateralTerms,
    CureAmounts,
    LiquidationRequest,
    LiquidationResult,
    Margin,
    Moment,
    Refusal,
    RiskTerms,
    Status
} from "./interfaces/VaultTypes.sol";
import {AccountHealth, Prices} from "./libraries/AccountHealth.sol";
import {CallLogic} from "./libraries/CallLogic.sol";
import {CollateralBook} from "./libraries/CollateralBook.sol";
import {Deferral} from "./libraries/Deferral.sol";
import {DeferralLogic} from "./libraries/DeferralLogic.sol";
import {DebtMath} from "./libraries/DebtMath.sol";
import {FixedPoint, BPS, WAD} from "./libraries/FixedPoint.sol";
import {HealthMath, Valuation} from "./libraries/HealthMath.sol";
import {LiquidationLogic} from "./libraries/LiquidationLogic.sol";
import {PoolLogic, Shares} from "./libraries/PoolLogic.sol";
import {SettingsLogic} from "./libraries/SettingsLogic.sol";
import {VaultState} from "./libraries/VaultState.sol";

/// @title MarginVault
/// @notice See `IMarginVault`.
/// @dev The only contract with money and positions. Calls and liquidations are worked out by the two linked libraries,
/// which act on this contract's storage; tokens and shares move here and nowhere else. Every entrance has the same
/// order: inputs, authority, accrual, state, event, check of the touched account, tokens.
contract MarginVault is ERC4626, ReentrancyGuardTransient, IMarginVault {
    using AccountHealth for VaultState;
    using CollateralBook for VaultState;
    using FixedPoint for uint256;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    uint256 private constant MAX_COLLATERALS_PER_ACCOUNT = 8;
    /// @dev Decimals that shares have more than the quote: `PoolLogic.VIRTUAL_SHARES` are one unit of them.
    uint8 private constant SHARE_DECIMALS_OFFSET = 6;

    IInterestRateModel public immutable override interestRateModel;
    address public immutable override configurator;
    IAuthority public immutable override authority;
    IUptimeClock public immutable override clock;

    /// @dev One whole quote token.
    uint256 private immutable QUOTE_UNIT;

    VaultState private _state;

    modifier onlyConfigurator() {
        _checkConfigurator();
        _;
    }

    /// @param quoteAsset What the vault lends.
    /// @param newInterestRateModel What sets the price of borrowing.
    /// @param newConfigurator The only caller of the setters; collaterals, oracle and terms come from it.
    /// @param newAuthority Who may act for an account's owner.
    /// @param newClock The clock of calls and auctions.
    /// @param shareName The share's name.
    /// @param shareSymbol The share's symbol.
    constructor(
        IERC20 quoteAsset,
        IInterestRateModel newInterestRateModel,
        address newConfigurator,
        IAuthority newAuthority,
        IUptimeClock newClock,
        string memory shareName,
        string memory shareSymbol
    ) ERC20(shareName, shareSymbol) ERC4626(quoteAsset) {
        if (
            address(quoteAsset) == address(0) ||
            address(newInterestRateModel) == address(0) ||
            newConfigurator == address(0) ||
            address(newAuthority) == address(0) ||
            address(newClock) == address(0)
        ) revert ZeroAddress();
        // What is no model would stop every accrual later; `_pendingInterest` forgives only one that reverts.
        newInterestRateModel.ratePerSecondWad(0, 0);
        interestRateModel = newInterestRateModel;
        configurator = newConfigurator;
        authority = newAuthority;
        clock = newClock;
        QUOTE_UNIT = 10 ** (decimals() - SHARE_DECIMALS_OFFSET);
        _state.borrowCap = type(uint32).max;
        _state.debtIndex = uint112(DebtMath.INITIAL_INDEX);
        _state.accruedAt = block.timestamp.toUint32();
    }

    // ------------------------------------------------------------------ traders

    /// @inheritdoc IMarginVault
    function depositCollateral(AccountId id, address token, uint256 amount) external nonReentrant {
        if (amount == 0) revert ZeroAmount();
        uint256 number = _state.numberOf(token);
        _touch(id, 1 << number, false, false);
        Account storage account = _state.accounts[id];
        uint256 set = account.collateralSet;
        if ((set >> number) & 1 == 0) {
            // A new asset changes what the account is measured by: not for who may only improve it.
            if (_authorize(id)) revert NotAuthorized(id, msg.sender);
            _requireRoom(id, set);
            account.collateralSet = uint16(set | (1 << number));
        }

        uint256 balance = uint256(account.collateral[number]) + amount.toUint128();
        account.collateral[number] = balance.toUint128();
        _state.moveIn(token, amount);

        emit CollateralDeposited({
            account: id,
            owner: id.ownerOf(),
            actor: msg.sender,
            asset: token,
            amount: amount,
            balance: balance
        });
        _settle(id, account, CloseReason.Deposited);
        _pullFrom(IERC20(token), msg.sender, amount);
    }

    /// @inheritdoc IMarginVault
    function withdrawCollateral(
        AccountId id,
        address token,
        uint256 amount,
        address to
    ) external nonReentrant returns (uint256 withdrawn) {
        if (amount == 0) revert ZeroAmount();
        if (to == address(0)) revert ZeroAddress();
        _touch(id, 0, true, _authorize(id));
        uint256 number = _state.numberOf(token);
        Account storage account = _state.accounts[id];
        uint256 held = account.collateral[number];
        if (amount == type(uint256).max) amount = held;
        if (amount > held || held == 0) revert InsufficientCollateral(id, token, held, amount);
        if (account.debtShares != 0) _accrue();

        account.collateral[number] = uint128(held - amount);
        if (amount == held) account.collateralSet &= ~uint16(1 << number);
        _state.moveOut(token, amount);

        emit CollateralWithdrawn({
            account: id,
            owner: id.ownerOf(),
            actor: msg.sender,
            asset: token,
            amount: amount,
            to: to,
            balance: held - amount
        });
        _requireSound(id, account);
        IERC20(token).safeTransfer(to, amount);
        return amount;
    }

    /// @inheritdoc IMarginVault
    function borrow(AccountId id, uint256 amount, address to) external nonReentrant {
        if (amount == 0) revert ZeroAmount();
        if (to == address(0)) revert ZeroAddress();
        bool mustImprove = _authorize(id);
        _accrue();
        _touch(id, 0, true, mustImprove);

        _debitCash(amount);
        Account storage account = _state.accounts[id];
        uint256 index = _state.debtIndex;
        uint256 shares = DebtMath.toSharesUp(amount, index);
        uint256 debtShares = account.debtShares + shares;
        account.debtShares = debtShares.toUint96();
        _state.totalDebtShares = (_state.totalDebtShares + shares).toUint112();
        _requireUnderBorrowCap();

        emit Borrowed({
            account: id,
            owner: id.ownerOf(),
            actor: msg.sender,
            amount: amount,
            to: to,
            debtShares: debtShares,
            debt: DebtMath.toDebtUp(debtShares, index)
        });
        _requireSound(id, account);
        IERC20(asset()).safeTransfer(to, amount);
    }

    /// @inheritdoc IMarginVault
    function repay(AccountId id, uint256 amount) external nonReentrant returns (uint256 repaid) {
        if (amount == 0) revert ZeroAmount();
        _accrue();
        repaid = _repay(id, amount);
        _pullQuote(repaid);
    }

    /// @inheritdoc IMarginVault
    function cure(AccountId id, uint256 maxPay) external nonReentrant returns (uint256 repaid) {
        _accrue();
        uint256 needed = CallLogic.cureRepay(_state, id);
        if (needed > maxPay) revert CureTooExpensive(needed, maxPay);
        if (needed == 0) {
            _settle(id, _state.accounts[id], CloseReason.Recovered);
            return 0;
        }
        repaid = _repay(id, needed);
        _pullQuote(repaid);
    }

    // ------------------------------------------------------------------ margin calls

    /// @inheritdoc IMarginVault
    function openCall(AccountId id) external nonReentrant returns (uint256 bountyShares) {
        _accrue();
        return _payBounties(CallLogic.open(_state, id, _moment()));
    }

    /// @inheritdoc IMarginVault
    function openCalls(AccountId[] calldata ids) external nonReentrant returns (Refusal[] memory refusals) {
        _accrue();
        uint256 bounties;
        (refusals, bounties) = CallLogic.openMany(_state, ids, _moment());
        _payBounties(bounties);
    }

    /// @inheritdoc IMarginVault
    function closeCall(AccountId id) external nonReentrant {
        _accrue();
        CallLogic.close(_state, id, _moment());
    }

    /// @inheritdoc IMarginVault
    function closeCalls(AccountId[] calldata ids) external nonReentrant returns (Refusal[] memory) {
        _accrue();
        return CallLogic.closeMany(_state, ids, _moment());
    }

    // ------------------------------------------------------------------ liquidation

    /// @inheritdoc IMarginVault
    function liquidate(
        AccountId id,
        address token,
        uint256 maxRepay,
        uint256 minSeized,
        address to,
        bytes calldata data
    ) external nonReentrant returns (uint256 repaid, uint256 insured, uint256 seized) {
        if (to == address(0)) revert ZeroAddress();
        LiquidationResult memory taken = _take(LiquidationRequest(id, token, maxRepay, minSeized));
        (repaid, insured, seized) = (taken.repaid, taken.insured, taken.seized);
        IERC20(token).safeTransfer(to, seized);
        if (data.length != 0) {
            ILiquidationCallback(msg.sender).onLiquidation(id, token, seized, repaid + insured, data);
        }
        _pullQuote(repaid + insured);
    }

    /// @inheritdoc IMarginVault
    function liquidateMany(
        LiquidationRequest[] calldata requests,
        address to
    ) external nonReentrant returns (LiquidationResult[] memory results) {
        if (to == address(0)) revert ZeroAddress();
        _accrue();
        Shares memory shares;
        (results, shares) = LiquidationLogic.takeMany(_state, requests, _moment(), _shares());
        _setShares(shares);
        uint256 payment;
        for (uint256 i; i < results.length; ++i) {
            payment += results[i].repaid + results[i].insured;
            if (results[i].seized != 0) IERC20(requests[i].asset).safeTransfer(to, results[i].seized);
        }
        if (payment != 0) _pullQuote(payment);
    }

    /// @inheritdoc IMarginVault
    function bookLoss(AccountId[] calldata ids) external nonReentrant returns (Refusal[] memory refusals) {
        _accrue();
        Shares memory shares;
        (refusals, shares) = LiquidationLogic.writeOffMany(_state, ids, _moment(), _shares());
        _setShares(shares);
    }

    /// @inheritdoc IMarginVault
    function defer(bytes calldata data) external {
        // Not locked itself, for the callback has to get in; but nobody who is inside a locked entrance gets here.
        if (_reentrancyGuardEntered()) revert ReentrancyGuardReentrantCall();
        _requireNoDeferral();
        _accrue();
        Deferral.begin();
        IDeferred(msg.sender).onDeferred(data);
        DeferralLogic.settle(_state, _moment());
    }

    /// @inheritdoc IMarginVault
    function accrue() external nonReentrant {
        _accrue();
    }

    /// @inheritdoc IMarginVault
    function bookFee() external nonReentrant returns (uint256 shares) {
        // Cash that is only borrowed for a moment must not make the insurance look small.
        _requireNoDeferral();
        _accrue();
        shares = totalSupply();
        _setShares(PoolLogic.bookFee(_state, _shares(), totalAssets()));
        return totalSupply() - shares;
    }

    // ------------------------------------------------------------------ lenders

    /// @inheritdoc ERC4626
    function deposit(uint256 assets, address receiver) public override nonReentrant returns (uint256) {
        _accrue();
        return super.deposit(assets, receiver);
    }

    /// @inheritdoc ERC4626
    function mint(uint256 shares, address receiver) public override nonReentrant returns (uint256) {
        _accrue();
        return super.mint(shares, receiver);
    }

    /// @inheritdoc ERC4626
    function withdraw(
        uint256 assets,
        address receiver,
        address owner
    ) public override nonReentrant returns (uint256) {
        _accrue();
        return super.withdraw(assets, receiver, owner);
    }

    /// @inheritdoc ERC4626
    function redeem(
        uint256 shares,
        address receiver,
        address owner
    ) public override nonReentrant returns (uint256) {
        _accrue();
        return super.redeem(shares, receiver, owner);
    }

    /// @notice As in ERC-20, but not from within another entrance: a token that calls back can move no shares.
    function transfer(address to, uint256 shares) public override(ERC20, IERC20) nonReentrant returns (bool) {
        return super.transfer(to, shares);
    }

    /// @notice As `transfer`.
    function transferFrom(
        address from,
        address to,
        uint256 shares
    ) public override(ERC20, IERC20) nonReentrant returns (bool) {
        return super.transferFrom(from, to, shares);
    }

    /// @notice Cash and debt with interest up to now, less the fee that is not the lenders'. A ledger, never a balance:
    /// tokens sent to the vault change nothing.
    function totalAssets() public view override returns (uint256) {
        (uint256 index, , uint256 fee) = _pendingInterest();
        return _state.cash + DebtMath.toDebtDown(_state.totalDebtShares, index) - _state.unbookedFee - fee;
    }

    /// @notice What still fits the ledger.
    function maxDeposit(address) public view override returns (uint256) {
        return type(uint104).max - _state.cash;
    }

    /// @notice As `maxDeposit`, in shares.
    function maxMint(address receiver) public view override returns (uint256) {
        return convertToShares(maxDeposit(receiver));
    }

    /// @notice The owner's shares, as far as there is cash to pay for them.
    function maxRedeem(address owner) public view override returns (uint256) {
        uint256 held = balanceOf(owner);
        // Not the lesser in shares: after a loss a unit of cash is worth many, and the last of them could never leave.
        return convertToAssets(held) <= _state.cash ? held : convertToShares(_state.cash);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IMarginVault
    function statusOf(AccountId id) external view returns (Status) {
        return marginOf(id).status;
    }

    /// @inheritdoc IMarginVault
    function healthOf(AccountId id) external view returns (uint256 healthWad, uint256 floorHealthWad) {
        Account storage account = _state.accounts[id];
        if (account.debtShares == 0) return (type(uint256).max, type(uint256).max);
        Valuation memory v = _valuationOf(account, currentDebtIndex());
        return (
            HealthMath.ratioWadDown(v.maintenanceValue, v.debt),
            HealthMath.ratioWadDown(v.liquidationValue, v.debt)
        );
    }

    /// @inheritdoc IMarginVault
    function marginOf(AccountId id) public view returns (Margin memory) {
        return CallLogic.marginOf(_state, id, currentDebtIndex(), _readMoment());
    }

    /// @inheritdoc IMarginVault
    function previewCure(AccountId id) external view returns (CureAmounts memory) {
        return CallLogic.cureAmounts(_state, id, currentDebtIndex());
    }

    /// @inheritdoc IMarginVault
    function previewLiquidation(
        AccountId id,
        address token,
        uint256 maxRepay
    ) external view returns (uint256 repaid, uint256 insured, uint256 seized, uint256 discountWad) {
        return
            LiquidationLogic.preview({
                s: _state,
                id: id,
                asset: token,
                maxRepay: maxRepay,
                debtIndex: currentDebtIndex(),
                moment: _readMoment()
            });
    }

    /// @inheritdoc IMarginVault
    function debtOf(AccountId id) external view returns (uint256) {
        return DebtMath.toDebtUp(_state.accounts[id].debtShares, currentDebtIndex());
    }

    /// @inheritdoc IMarginVault
    function collateralOf(AccountId id, address token) external view returns (uint256) {
        uint256 numberPlusOne = _state.holdings[token].numberPlusOne;
        return numberPlusOne == 0 ? 0 : _state.accounts[id].collateral[numberPlusOne - 1];
    }

    /// @inheritdoc IMarginVault
    function accountState(
        AccountId id
    )
        external
        view
        returns (
            uint256 collateralSet,
            uint256 callNonce,
            uint256 calledAt,
            uint256 deadline,
            uint256 auctionStart,
            uint256 closedLateAt,
            uint256 debtShares
        )
    {
        Account storage a = _state.accounts[id];
        return (
            a.collateralSet,
            a.callNonce,
            a.calledAt,
            a.deadline,
            a.auctionStart,
            a.closedLateAt,
            a.debtShares
        );
    }

    /// @inheritdoc IMarginVault
    function uptime() public view returns (uint256) {
        return _readMoment().uptime;
    }

    /// @inheritdoc IMarginVault
    function collateralCount() external view returns (uint256) {
        return _state.collateralCount;
    }

    /// @inheritdoc IMarginVault
    function collateralAt(
        uint256 number
    ) external view returns (address token, CollateralTerms memory terms, uint256 total) {
        return SettingsLogic.collateralAt(_state, number);
    }

    /// @inheritdoc IMarginVault
    function capacity(address token) external view returns (uint256 room, uint256 burst, uint256 perHour) {
        return SettingsLogic.capacity(_state, token, uptime());
    }

    /// @inheritdoc IMarginVault
    function riskTerms() external view returns (RiskTerms memory) {
        return SettingsLogic.riskTerms(_state);
    }

    /// @inheritdoc IMarginVault
    function pool()
        external
        view
        returns (
            uint256 cash,
            uint256 debtIndex,
            uint256 totalDebtShares,
            uint256 unbookedFee,
            uint256 accruedAt
        )
    {
        VaultState storage s = _state;
        return (s.cash, s.debtIndex, s.totalDebtShares, s.unbookedFee, s.accruedAt);
    }

    /// @inheritdoc IMarginVault
    function totalDebt() external view returns (uint256) {
        return DebtMath.toDebtDown(_state.totalDebtShares, currentDebtIndex());
    }

    /// @inheritdoc IMarginVault
    function currentDebtIndex() public view returns (uint256 index) {
        (index, , ) = _pendingInterest();
    }

    /// @inheritdoc IMarginVault
    function insuranceShares() external view returns (uint256) {
        return balanceOf(address(this));
    }

    /// @inheritdoc IMarginVault
    function feeTerms() external view returns (uint256 feeBps, address recipient) {
        return (_state.feeBps, _state.feeRecipient);
    }

    /// @inheritdoc IMarginVault
    function borrowCap() external view returns (uint256) {
        return _state.borrowCap;
    }

    /// @inheritdoc IMarginVault
    function oracle() external view returns (IOracle) {
        return _state.oracle;
    }

    // ------------------------------------------------------------------ configurator

    /// @inheritdoc IMarginVault
    function listCollateral(address token, CollateralTerms calldata terms) external onlyConfigurator {
        SettingsLogic.list(_state, token, terms, asset());
    }

    /// @inheritdoc IMarginVault
    function setCollateralTerms(address token, CollateralTerms calldata newTerms) external onlyConfigurator {
        SettingsLogic.setTerms(_state, token, newTerms);
    }

    /// @inheritdoc IMarginVault
    function setBrake(address token, BrakeTerms calldata newTerms) external onlyConfigurator {
        SettingsLogic.setBrake(_state, token, newTerms);
    }

    /// @inheritdoc IMarginVault
    function setOracle(IOracle newOracle) external onlyConfigurator {
        SettingsLogic.setOracle(_state, newOracle);
    }

    /// @inheritdoc IMarginVault
    function setRiskTerms(RiskTerms calldata newTerms) external onlyConfigurator {
        SettingsLogic.setRiskTerms(_state, newTerms);
    }

    /// @inheritdoc IMarginVault
    function setBorrowCap(uint32 newCap) external onlyConfigurator {
        SettingsLogic.setBorrowCap(_state, newCap);
    }

    /// @inheritdoc IMarginVault
    function setFee(uint16 newFeeBps, address newRecipient) external onlyConfigurator {
        _accrue();
        SettingsLogic.setFee(_state, newFeeBps, newRecipient);
    }

    // ------------------------------------------------------------------ the check of a touched account

    /// @dev Every entrance that moves an account comes here first. In a deferral the account is put down as it stands,
    /// and what follows here is left to the deferral's end.
    /// @param depositedSet The collaterals that the move brings in.
    /// @param risky Whether the move takes collateral out or adds debt.
    /// @param mustImprove Whether whoever makes it may only improve the account.
    function _touch(AccountId id, uint256 depositedSet, bool risky, bool mustImprove) private {
        if (Deferral.isActive()) DeferralLogic.touch(_state, id, depositedSet, risky, mustImprove);
        else if (mustImprove) revert NotAuthorized(id, msg.sender);
    }

    /// @dev Every account whose collateral grew or whose debt fell comes here: its call closes if it may.
    function _settle(AccountId id, Account storage account, CloseReason reason) private {
        if (account.deadline == 0 || Deferral.isActive()) return;
        // A deposit has not accrued yet; the debt it is measured against must be today's.
        _accrue();
        CallLogic.tryClose(_state, id, reason, _moment());
    }

    /// @dev Every account whose collateral shrank or whose debt grew comes here: it must end sound. Without debt
    /// nothing is asked of it and no price is read.
    function _requireSound(AccountId id, Account storage account) private view {
        if (account.debtShares == 0 || Deferral.isActive()) return;
        if (account.deadline != 0) revert CallOpen(id, account.deadline);
        Valuation memory v = _valuationOf(account, _state.debtIndex);
        if (v.debt < _state.minimumDebt) revert DebtBelowMinimum(id, v.debt, _state.minimumDebt);
        DeferralLogic.requireSound(_state, id, account, v);
    }

    function _valuationOf(
        Account storage account,
        uint256 debtIndex
    ) private view returns (Valuation memory) {
        Prices memory p = _state.readPrices(account.collateralSet);
        if (!p.available) revert OracleUnavailable(address(_state.oracle));
        return _state.valuationOf(account, p, debtIndex);
    }

    /// @dev The clock, with any outage recorded first.
    function _moment() private returns (Moment memory) {
        return clock.sync();
    }

    function _readMoment() private view returns (Moment memory) {
        return clock.read();
    }

    // ------------------------------------------------------------------ debt, cash, shares

    /// @dev Reduces the debt and books the cash; the caller pulls the tokens afterwards.
    function _repay(AccountId id, uint256 amount) private returns (uint256 repaid) {
        _touch(id, 0, false, false);
        Account storage account = _state.accounts[id];
        uint256 index = _state.debtIndex;
        uint256 debtShares = account.debtShares;
        if (debtShares == 0) revert NoDebt(id);
        uint256 debt = DebtMath.toDebtUp(debtShares, index);
        bool full = amount >= debt;
        repaid = full ? debt : amount;
        uint256 shares = full ? debtShares : DebtMath.toSharesDown(amount, index);
        debtShares -= shares;
        account.debtShares = uint96(debtShares);
        _state.totalDebtShares -= uint112(shares);
        _creditCash(repaid);

        emit Repaid({
            account: id,
            owner: id.ownerOf(),
            actor: msg.sender,
            amount: repaid,
            debtShares: debtShares,
            debt: DebtMath.toDebtUp(debtShares, index)
        });
        _settle(id, account, CloseReason.Repaid);
    }

    function _take(LiquidationRequest memory request) private returns (LiquidationResult memory taken) {
        _accrue();
        Shares memory shares;
        (taken, shares) = LiquidationLogic.take(_state, request, _moment(), _shares());
        _setShares(shares);
    }

    function _shares() private view returns (Shares memory) {
        return Shares(balanceOf(address(this)), totalSupply(), 0);
    }

    /// @dev Mints and burns what makes the shares what they are to be.
    function _setShares(Shares memory shares) private {
        uint256 insurance = balanceOf(address(this));
        if (shares.insurance > insurance) _mint(address(this), shares.insurance - insurance);
        else if (shares.insurance < insurance) _burn(address(this), insurance - shares.insurance);
        if (shares.fee != 0) _mint(_state.feeRecipient, shares.fee);
    }

    /// @dev Pays bounties, which have been added to debts already, in shares at the price before.
    function _payBounties(uint256 bounties) private returns (uint256 shares) {
        if (bounties == 0) return 0;
        shares = PoolLogic.toSharesDown(bounties, totalAssets() - bounties, totalSupply());
        if (shares != 0) _mint(msg.sender, shares);
    }

    function _accrue() private {
        VaultState storage s = _state;
        if (s.accruedAt == block.timestamp) return;
        (uint256 index, uint256 interest, uint256 fee) = _pendingInterest();
        s.accruedAt = block.timestamp.toUint32();
        if (index == s.debtIndex) return;
        s.debtIndex = uint112(index);
        s.unbookedFee = uint88(s.unbookedFee + fee);
        emit InterestAccrued(index, interest, fee);
    }

    /// @dev The index with interest up to now, the growth of all debt, and the fee in it. Cannot revert: a broken model
    /// charges nothing, and index and fee stop at what their fields hold.
    function _pendingInterest() private view returns (uint256 index, uint256 interest, uint256 fee) {
        VaultState storage s = _state;
        index = s.debtIndex;
        uint256 elapsed = block.timestamp - s.accruedAt;
        uint256 shares = s.totalDebtShares;
        if (elapsed == 0 || shares == 0) return (index, 0, 0);

        uint256 debt = DebtMath.toDebtDown(shares, index);
        uint256 rateWad;
        try interestRateModel.ratePerSecondWad(s.cash, debt) returns (uint256 answer) {
            rateWad = answer < DebtMath.MAX_RATE_PER_SECOND_WAD ? answer : DebtMath.MAX_RATE_PER_SECOND_WAD;
        } catch {
            return (index, 0, 0);
        }
        uint256 grown = index + index.mulDivDown(DebtMath.compoundedWad(rateWad, elapsed), WAD);
        index = grown < type(uint112).max ? grown : type(uint112).max;
        interest = DebtMath.toDebtDown(shares, index) - debt;
        fee = interest.mulDivDown(s.feeBps, BPS);
        uint256 room = type(uint88).max - s.unbookedFee;
        if (fee > room) fee = room;
    }

    function _requireUnderBorrowCap() private view {
        uint256 cap = _state.borrowCap;
        if (cap == type(uint32).max) return;
        cap *= QUOTE_UNIT;
        uint256 debt = _debtDown();
        if (debt > cap) revert BorrowCapExceeded(debt, cap);
    }

    function _debtDown() private view returns (uint256) {
        return DebtMath.toDebtDown(_state.totalDebtShares, _state.debtIndex);
    }

    function _creditCash(uint256 amount) private {
        _state.cash = (_state.cash + amount).toUint104();
    }

    function _debitCash(uint256 amount) private {
        uint256 cash = _state.cash;
        if (amount > cash) revert InsufficientCash(cash, amount);
        _state.cash = uint104(cash - amount);
    }

    function _decimalsOffset() internal pure override returns (uint8) {
        return SHARE_DECIMALS_OFFSET;
    }

    // ------------------------------------------------------------------ tokens

    function _transferIn(address from, uint256 assets) internal override {
        _pullFrom(IERC20(asset()), from, assets);
        _creditCash(assets);
    }

    function _transferOut(address to, uint256 assets) internal override {
        _debitCash(assets);
        super._transferOut(to, assets);
    }

    function _pullQuote(uint256 amount) private {
        _pullFrom(IERC20(asset()), msg.sender, amount);
    }

    /// @dev A token that delivers anything but `amount` is refused.
    function _pullFrom(IERC20 token, address from, uint256 amount) private {
        uint256 balanceBefore = token.balanceOf(address(this));
        token.safeTransferFrom(from, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - balanceBefore;
        if (received != amount) revert TransferMismatch(address(token), amount, received);
    }

    // ------------------------------------------------------------------ inputs

    /// @dev Nothing is set while accounts are between two measurements.
    function _checkConfigurator() private view {
        if (msg.sender != configurator) revert NotConfigurator(msg.sender);
        _requireNoDeferral();
    }

    function _requireNoDeferral() private view {
        if (Deferral.isActive()) revert DeferralActive();
    }

    /// @dev Whether the caller may only improve the account; reverts when it may do nothing with it.
    function _authorize(AccountId id) private view returns (bool mustImprove) {
        if (msg.sender == id.ownerOf()) return false;
        Permission permission = authority.permissionOf(id, msg.sender);
        if (permission == Permission.None) revert NotAuthorized(id, msg.sender);
        return permission == Permission.Improve;
    }

    function _requireRoom(AccountId id, uint256 set) private pure {
        uint256 count;
        for (; set != 0; set &= set - 1) ++count;
        if (count == MAX_COLLATERALS_PER_ACCOUNT) revert TooManyCollaterals(id, MAX_COLLATERALS_PER_ACCOUNT);
    }
}
