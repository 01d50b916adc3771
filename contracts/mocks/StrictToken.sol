// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Strict token
/// @notice Money in the manner of the oldest USDT: what moves it returns nothing, and an allowance that is left over has to be
/// set to zero before it is another one. For tests only.
contract StrictToken {
    // Wallets ask for these by their lower-case names.
    // solhint-disable const-name-snakecase
    string public constant name = "Strict money";
    string public constant symbol = "STRICT";
    uint8 public constant decimals = 6;
    // solhint-enable const-name-snakecase

    uint256 public totalSupply;
    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    error AllowanceLeft(uint256 allowance);

    function mint(address account, uint256 amount) external {
        totalSupply += amount;
        balanceOf[account] += amount;
        emit Transfer(address(0), account, amount);
    }

    function approve(address spender, uint256 amount) external {
        uint256 left = allowance[msg.sender][spender];
        require(amount == 0 || left == 0, AllowanceLeft(left));

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
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }
}
