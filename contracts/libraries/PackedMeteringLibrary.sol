// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PackedMetering} from "../interfaces/IChargingSettlement.sol";

/// @title Packed metering
/// @notice The parts of what a meter measured.
library PackedMeteringLibrary {
    function pack(uint64 microWh, uint32 secondsCharging, uint32 secondsIdle) internal pure returns (PackedMetering) {
        return PackedMetering.wrap((uint256(microWh) << 64) | (uint256(secondsCharging) << 32) | secondsIdle);
    }

    function energyMicroWh(PackedMetering metering) internal pure returns (uint64) {
        return uint64(PackedMetering.unwrap(metering) >> 64);
    }

    function chargingSeconds(PackedMetering metering) internal pure returns (uint32) {
        return uint32(PackedMetering.unwrap(metering) >> 32);
    }

    function idleSeconds(PackedMetering metering) internal pure returns (uint32) {
        return uint32(PackedMetering.unwrap(metering));
    }

    /// @notice The word that the settlement event carries. Both amounts are below 2^64.
    function withSplit(
        PackedMetering metering,
        uint256 chargedMicro,
        uint256 returnedMicro
    ) internal pure returns (uint256) {
        return (PackedMetering.unwrap(metering) << 128) | (chargedMicro << 64) | returnedMicro;
    }
}
