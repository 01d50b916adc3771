// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChargingSettlement} from "../../interfaces/IChargingSettlement.sol";
import {IRevenueShare, ShareTerms} from "./IRevenueShare.sol";

/// @title Revenue shares
/// @notice Creates revenue shares around one settlement, so that their code is known to be this.
interface IRevenueShares {
    /// @notice An operator has created a revenue share.
    event RevenueShareCreated(IRevenueShare indexed share, address indexed issuer, ShareTerms terms);

    /// @notice Creates a revenue share of the calling operator.
    function create(ShareTerms calldata terms) external returns (IRevenueShare share);

    /// @notice Whether this contract created it.
    function isShare(IRevenueShare share) external view returns (bool);

    /// @notice The settlement whose credit is shared.
    function settlement() external view returns (IChargingSettlement);
}
