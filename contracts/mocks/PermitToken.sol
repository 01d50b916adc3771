// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title Permit token
/// @notice Play money with permits and without authorised transfers: anybody can mint it. For tests only.
contract PermitToken is ERC20, ERC20Permit {
    constructor() ERC20("Wattproof demo money", "DEMO") ERC20Permit("Wattproof demo money") {}

    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
