// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PackedMetering} from "../interfaces/IChargingSettlement.sol";

/// @title Packed metering
/// @notice The parts of what a meter measured.
library PackedMeteringLibrary {
    function pack(
        uint64 raisedByMicro,
        uint64 microWh,
        uint32 secondsCharging,
        uint32 secondsConnected
    ) internal pure returns (PackedMetering) {
        return
            PackedMetering.wrap(
                (uint256(raisedByMicro) << 128) |
                    (uint256(microWh) << 64) |
                    (uint256(secondsCharging) << 32) |
                    secondsConnected
            );
    }

    function toppedUpMicro(PackedMetering metering) internal pure returns (uint64) {
        return uint64(PackedMetering.unwrap(metering) >> 128);
    }

    function energyMicroWh(PackedMetering metering) internal pure returns (uint64) {
        return uint64(PackedMetering.unwrap(metering) >> 64);
    }

    function chargingSeconds(PackedMetering metering) internal pure returns (uint32) {
        return uint32(PackedMetering.unwrap(metering) >> 32);
    }

    function connectedSeconds(PackedMetering metering) internal pure returns (uint32) {
        return uint32(PackedMetering.unwrap(metering));
    }

    /// @notice The word that the settlement event carries: energy and times, then the two amounts, both below 2^64.
    function withSplit(
        PackedMetering metering,
        uint256 chargedMicro,
        uint256 returnedMicro
    ) internal pure returns (uint256) {
        return (PackedMetering.unwrap(metering) << 128) | (chargedMicro << 64) | returnedMicro;
    }
}
