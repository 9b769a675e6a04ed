// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice A token that returns nothing, changes an allowance only from or to zero, and refuses what would change
/// nothing: a transfer of zero, an allowance of zero where there is none.
contract StubbornToken {
    uint8 public immutable decimals;
    uint256 public totalSupply;
    mapping(address holder => uint256) public balanceOf;
    mapping(address holder => mapping(address spender => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    error AllowanceNotZero(address holder, address spender);
    error NothingChanged(address from, address to);

    constructor(uint8 tokenDecimals) {
        decimals = tokenDecimals;
    }

    function mint(address to, uint256 amount) external {
        totalSupply += amount;
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    function approve(address spender, uint256 amount) external {
        uint256 before = allowance[msg.sender][spender];
        if (amount != 0 && before != 0) revert AllowanceNotZero(msg.sender, spender);
        if (amount == before) revert NothingChanged(msg.sender, spender);
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        if (amount == 0) revert NothingChanged(from, to);
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }
}
