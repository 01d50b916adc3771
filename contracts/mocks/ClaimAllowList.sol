// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClaimTransferRules} from "../evidence/interfaces/IClaimTransferRules.sol";

/// @title Allow-list of claims
/// @notice Rules by which one account alone may be handed claims. For tests only.
contract ClaimAllowList is IClaimTransferRules {
    address private immutable _allowed;

    constructor(address allowed) {
        _allowed = allowed;
    }

    function canTransferClaim(address, address to, uint256) external view returns (bool) {
        return to == _allowed;
    }
}
