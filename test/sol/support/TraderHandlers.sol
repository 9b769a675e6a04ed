// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccountId} from "../../../contracts/interfaces/AccountId.sol";
import {Permission} from "../../../contracts/interfaces/IAuthority.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {Margin} from "../../../contracts/interfaces/VaultTypes.sol";
import {Scenes} from "./Scenes.sol";
import {vm} from "./Vm.sol";

/// @title What traders do, and what strangers try in their place
abstract contract TraderHandlers is Scenes {
    bytes32 private constant OPERATOR_TYPEHASH = keccak256(
        "SetOperator(address owner,address operator,uint8 permission,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant ACCOUNT_OPERATOR_TYPEHASH = keccak256(
        "SetAccountOperator(bytes32 account,address operator,uint8 permission,uint256 nonce,uint256 deadline)"
    );

    function depositCollateral(uint256 seed) external {
        _begin(seed);
        AccountId id = _anyAccount();
        uint256 number = _rand(listed.length);
        if (_oneIn(16) && pages[_lotOf(number)].collateralSet != 0) id = _lotOf(number);
        bool isHeld = pages[id].collateral[number] != 0;
        address actor = isHeld ? _anyActor() : _ownerOrOperator(id);
        uint256 amount = _oneIn(8) ? _between(1, 1_000) : _unitsFor(number, _between(1, 100_000) * usd);
        if (_oneIn(16)) _recoverPrices();
        _count(_deposit(actor, id, number, amount));
    }

    function withdrawCollateral(uint256 seed) external {
        _begin(seed);
        (AccountId id, uint256 number) = _withdrawable();
        Margin memory m = vault.marginOf(id);
        uint256 held = pages[id].collateral[number];
        uint256 amount = held;
        if (m.debt != 0 && !_oneIn(8)) {
            uint256 room = m.initialValue > m.debt ? m.initialValue - m.debt : 0;
            uint256 most = _unitsFor(number, (room * BPS) / _weightOf(number));
            amount = _between(1, (most < held ? most : held) - 1);
        } else if (_oneIn(2)) {
            amount = _between(1, held);
        }
        address actor = _ownerOrOperator(id);
        bytes memory data = abi.encodeCall(
            IMarginVault.withdrawCollateral,
            (id, address(listed[number].token), amount == held ? ALL : amount, actor)
        );
        uint256 balance = listed[number].token.balanceOf(actor);
        (bool ok, bytes memory result) = _step(actor, data, _one(id));
        _count(ok, result);
        _hold(41, ok || m.debt != 0, "a withdrawal without debt was refused");
        if (!ok) return;
        _hold(
            27,
            listed[number].token.balanceOf(actor) == balance + amount,
            "a withdrawal sent another amount"
        );
        if (m.debt != 0) _holdSoundOrBetter(id, m);
        _hold(38, m.debt == 0 || !_isAboveCap(id), "a withdrawal while holding a collateral above its cap");
    }

    function borrow(uint256 seed) external {
        _begin(seed);
        AccountId id = _anyAccount();
        if (!_oneIn(8)) _refreshFeeds();
        Margin memory m = vault.marginOf(id);
        uint256 minimum = vault.riskTerms().minimumDebt;
        if (m.deadline == 0 && m.initialValue < m.debt + minimum) {
            uint256 number = _rand(listed.length);
            _deposit(id.ownerOf(), id, number, _unitsFor(number, _between(300, 300_000) * usd + m.debt));
            m = vault.marginOf(id);
        }
        if (_cash() < 10 * minimum) _lend(_between(1_000, 1_000_000) * usd);
        uint256 room = m.initialValue > m.debt ? m.initialValue - m.debt : 0;
        if (room > _cash()) room = _cash();
        uint256 amount = _oneIn(8) ? room + 1 + _rand(usd) : _between(m.debt == 0 ? minimum : 1, room);
        address actor = _ownerOrOperator(id);
        uint256 balance = quote.balanceOf(actor);
        (bool ok, bytes memory result) = _step(
            actor,
            abi.encodeCall(IMarginVault.borrow, (id, amount, actor)),
            _one(id)
        );
        _count(ok, result);
        if (!ok) return;
        _hold(27, quote.balanceOf(actor) == balance + amount, "a loan paid out another amount");
        _holdSoundOrBetter(id, m);
        _hold(38, !_isAboveCap(id), "a loan while holding a collateral above its cap");
        uint256 cap = vault.borrowCap();
        _hold(11, cap == type(uint32).max || vault.totalDebt() <= cap * usd, "a loan above the borrow cap");
    }

    function repay(uint256 seed) external {
        _begin(seed);
        AccountId id = _anyDebtor();
        uint256 debt = vault.debtOf(id);
        if (debt == 0) return _count(false);
        address actor = _anyActor();
        uint256 amount =
            _oneIn(3)
                ? ALL
                : _oneIn(4)
                    ? _between(1, 1_000)
                    : _between(1, debt);
        quote.mint(actor, debt);
        uint256 balance = quote.balanceOf(actor);
        (bool ok, bytes memory result) = _step(
            actor,
            abi.encodeCall(IMarginVault.repay, (id, amount)),
            _one(id)
        );
        _count(ok, result);
        _hold(16, ok, "a repayment was refused");
        uint256 repaid = abi.decode(result, (uint256));
        _hold(27, repaid == (amount < debt ? amount : debt), "a repayment took another amount");
        _hold(27, balance - quote.balanceOf(actor) == repaid, "a repayment took other than it says");
        _holdNear(27, vault.debtOf(id), debt - repaid, 1, "a debt fell by other than was repaid");
    }

    function cure(uint256 seed) external {
        _begin(seed);
        AccountId id = _anyCalled();
        address actor = _anyActor();
        uint256 debt = vault.debtOf(id);
        quote.mint(actor, debt);
        bool wasCalled = pages[id].deadline != 0;
        (bool ok, bytes memory result) = _step(actor, abi.encodeCall(IMarginVault.cure, (id, ALL)), _one(id));
        _count(ok, result);
        _hold(16, ok || !wasCalled, "a cure was refused");
        if (ok) _hold(23, pages[id].deadline == 0, "a cure left the call open");
    }

    // ------------------------------------------------------------------ operators

    function setOperator(uint256 seed) external {
        _begin(seed);
        address owner = actors[_rand(3)];
        uint256 nonce = authority.nonces(owner);
        vm.prank(owner);
        authority.setOperator(_anyActor(), Permission(_rand(3)));
        _hold(37, authority.nonces(owner) == nonce + 1, "what was signed before outlived a permission");
        _count(true);
    }

    function setAccountOperator(uint256 seed) external {
        _begin(seed);
        AccountId id = _anyAccount();
        uint256 nonce = authority.nonces(id.ownerOf());
        vm.prank(id.ownerOf());
        authority.setAccountOperator(id, _anyActor(), Permission(_rand(3)));
        _hold(
            37,
            authority.nonces(id.ownerOf()) == nonce + 1,
            "what was signed before outlived a permission"
        );
        _count(true);
    }

    function setOperatorWithSig(uint256 seed) external {
        _begin(seed);
        address owner = actors[_rand(3)];
        address operator = _anyActor();
        Permission permission = Permission(_rand(3));
        uint256 deadline = block.timestamp + _rand(1 days);
        bytes32 content = keccak256(
            abi.encode(
                keccak256(
                    "SetOperator(address owner,address operator,uint8 permission,uint256 nonce,uint256 deadline)"
                ),
                owner,
                operator,
                permission,
                authority.nonces(owner),
                deadline
            )
        );
        bytes memory signature = _sign(owner, content);
        authority.setOperatorWithSig(owner, operator, permission, deadline, signature);
        _count(true);
        (bool again, ) = address(authority).call(
            abi.encodeCall(authority.setOperatorWithSig, (owner, operator, permission, deadline, signature))
        );
        _hold(37, !again, "a signature was good for two");
    }

    function setAccountOperatorWithSig(uint256 seed) external {
        _begin(seed);
        AccountId id = _anyAccount();
        address operator = _anyActor();
        Permission permission = Permission(_rand(3));
        uint256 deadline = block.timestamp + _rand(1 days);
        bytes32 content = keccak256(
            abi.encode(
                ACCOUNT_OPERATOR_TYPEHASH,
                id,
                operator,
                permission,
                authority.nonces(id.ownerOf()),
                deadline
            )
        );
        bytes memory signature = _sign(id.ownerOf(), content);
        authority.setAccountOperatorWithSig(id, operator, permission, deadline, signature);
        _count(true);
    }

    function invalidateNonce(uint256 seed) external {
        _begin(seed);
        address owner = _anyActor();
        uint256 nonce = authority.nonces(owner);
        vm.prank(owner);
        authority.invalidateNonce();
        _hold(37, authority.nonces(owner) == nonce + 1, "a nonce was not used up");
        _count(true);
    }

    /// @dev Somebody without permission moves what is another's; the call succeeds when that fails.
    function trespass(uint256 seed) external {
        _begin(seed);
        AccountId id = _anyDebtor();
        address actor = _anyActor();
        uint256 number = _rand(listed.length);
        address asset = address(listed[number].token);
        if (actor == id.ownerOf() || authority.permissionOf(id, actor) == Permission.Everything) {
            return _count(true);
        }
        listed[number].token.mint(actor, 1e6);
        bytes memory data;
        uint256 which = _rand(3);
        if (which == 0) data = abi.encodeCall(IMarginVault.borrow, (id, _between(1, 1_000 * usd), actor));
        else if (which == 1) data = abi.encodeCall(IMarginVault.withdrawCollateral, (id, asset, 1, actor));
        else data = abi.encodeCall(IMarginVault.depositCollateral, (id, asset, 1));
        bool isTopUp = which == 2 && pages[id].collateral[number] != 0;
        (bool ok, ) = _step(actor, data, _one(id));
        _hold(17, !ok || isTopUp, "who may not moved another's account");
        _count(true);
    }

    // ------------------------------------------------------------------ parts

    function _ownerOrOperator(AccountId id) internal returns (address) {
        address actor = _anyActor();
        return authority.permissionOf(id, actor) == Permission.Everything ? actor : id.ownerOf();
    }

    /// @dev An account with collateral that may leave, made if there is none.
    function _withdrawable() private returns (AccountId id, uint256 number) {
        id = _anyAccount();
        for (uint256 i; i < 4; ++i) {
            bool found;
            (found, number) = _heldOf(id);
            if (found && pages[id].debtShares == 0) return (id, number);
            if (found && pages[id].deadline == 0) {
                if (!_oneIn(8)) _refreshFeeds();
                Margin memory m = vault.marginOf(id);
                if (m.initialValue > m.debt + usd) return (id, number);
            }
            id = _anyAccount();
        }
        number = _rand(listed.length);
        _deposit(id.ownerOf(), id, number, _unitsFor(number, _between(1_000, 100_000) * usd));
    }

    function _sign(address owner, bytes32 content) private view returns (bytes memory) {
        (, string memory name, string memory version, uint256 chainId, address verifier, , ) = authority
            .eip712Domain();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chainId,
                verifier
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", domain, content));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf[owner], digest);
        return abi.encodePacked(r, s, v);
    }
}
