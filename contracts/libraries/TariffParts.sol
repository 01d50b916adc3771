// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PackedConnectedFee, PackedEnergyBands, PackedLimits, PackedTaxes} from "../interfaces/ITariffRegistry.sol";

/// @title Parts of a tariff
/// @notice What the packed words of a tariff hold; ITariffRegistry tells their order.
library TariffParts {
    uint256 internal constant BAND_BITS = 80;

    /// @notice The lowest 80 bits of what is left of the bands.
    function firstBand(uint256 bands) internal pure returns (uint256 fromWh, uint256 priceNanoPerKwh) {
        return (uint32(bands >> 48), uint48(bands));
    }

    function word(PackedEnergyBands bands) internal pure returns (uint256) {
        return PackedEnergyBands.unwrap(bands);
    }

    function word(PackedConnectedFee fee) internal pure returns (uint256) {
        return PackedConnectedFee.unwrap(fee);
    }

    function priceNanoPerHour(PackedConnectedFee fee) internal pure returns (uint256) {
        return PackedConnectedFee.unwrap(fee) >> 128;
    }

    function maximumMicro(PackedConnectedFee fee) internal pure returns (uint256) {
        return uint64(PackedConnectedFee.unwrap(fee) >> 64);
    }

    function freeSeconds(PackedConnectedFee fee) internal pure returns (uint256) {
        return uint32(PackedConnectedFee.unwrap(fee) >> 32);
    }

    function stepSeconds(PackedConnectedFee fee) internal pure returns (uint256) {
        return uint32(PackedConnectedFee.unwrap(fee));
    }

    function flatBps(PackedTaxes taxes) internal pure returns (uint256) {
        return PackedTaxes.unwrap(taxes) >> 48;
    }

    function energyBps(PackedTaxes taxes) internal pure returns (uint256) {
        return uint16(PackedTaxes.unwrap(taxes) >> 32);
    }

    function chargingBps(PackedTaxes taxes) internal pure returns (uint256) {
        return uint16(PackedTaxes.unwrap(taxes) >> 16);
    }

    function connectedBps(PackedTaxes taxes) internal pure returns (uint256) {
        return uint16(PackedTaxes.unwrap(taxes));
    }

    function minimumMicro(PackedLimits limits) internal pure returns (uint256) {
        return PackedLimits.unwrap(limits) >> 192;
    }

    function maximumMicro(PackedLimits limits) internal pure returns (uint256) {
        return uint64(PackedLimits.unwrap(limits) >> 128);
    }

    function minimumGrossMicro(PackedLimits limits) internal pure returns (uint256) {
        return uint64(PackedLimits.unwrap(limits) >> 64);
    }

    function maximumGrossMicro(PackedLimits limits) internal pure returns (uint256) {
        return uint64(PackedLimits.unwrap(limits));
    }
}
