// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title Demo token
/// @notice Play money for local chains and tests: anybody can mint it.
contract DemoToken is ERC20, ERC20Permit {
    constructor() ERC20("Wattproof demo money", "DEMO") ERC20Permit("Wattproof demo money") {}

    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
