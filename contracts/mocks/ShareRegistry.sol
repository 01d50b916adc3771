// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IShareCompliance, IShareIdentities} from "../evidence/interfaces/IRevenueShare.sol";

/// @title Share registry
/// @notice Answers the questions of ERC-3643: one account is verified, and at most so many shares go at once. For tests only.
contract ShareRegistry is IShareIdentities, IShareCompliance {
    address private immutable _verified;
    uint256 private immutable _most;

    constructor(address verified, uint256 most) {
        (_verified, _most) = (verified, most);
    }

    function isVerified(address account) external view returns (bool) {
        return account == _verified;
    }

    function canTransfer(address, address, uint256 amount) external view returns (bool) {
        return amount <= _most;
    }
}
