// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChargingSettlement} from "../interfaces/IChargingSettlement.sol";
import {IRevenueShare, ShareTerms} from "./interfaces/IRevenueShare.sol";
import {IRevenueShares} from "./interfaces/IRevenueShares.sol";
import {RevenueShare} from "./RevenueShare.sol";

/// @title Revenue shares
/// @dev See IRevenueShares.
contract RevenueShares is IRevenueShares {
    IChargingSettlement public immutable settlement;

    mapping(IRevenueShare share => bool) public isShare;

    constructor(IChargingSettlement chargingSettlement) {
        settlement = chargingSettlement;
    }

    /// @inheritdoc IRevenueShares
    function create(ShareTerms calldata terms) external returns (IRevenueShare share) {
        share = new RevenueShare(settlement, msg.sender, terms);
        isShare[share] = true;

        emit RevenueShareCreated(share, msg.sender, terms);
    }
}
