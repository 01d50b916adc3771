// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Opening, PackedMetering} from "../interfaces/IChargingSettlement.sol";

/// @title Packed metering
/// @notice The parts of what a meter measured, and of the session's opening before it.
library PackedMeteringLibrary {
    uint256 private constant MICRO_WH_PER_WH = 1e6;

    /// @notice A session of which nothing is measured yet.
    function packOpening(Opening memory opening, uint64 raisedByMicro) internal pure returns (PackedMetering) {
        return
            PackedMetering.wrap(
                (uint256(opening.openedAt) << 216) | (uint256(opening.salt) << 192) | (uint256(raisedByMicro) << 128)
            );
    }

    /// @notice The same with what was measured.
    function withMeasured(
        PackedMetering opening,
        uint64 microWh,
        uint32 secondsCharging,
        uint32 secondsConnected
    ) internal pure returns (PackedMetering) {
        return
            PackedMetering.wrap(
                PackedMetering.unwrap(opening) |
                    (uint256(microWh) << 64) |
                    (uint256(secondsCharging) << 32) |
                    secondsConnected
            );
    }

    function openedAt(PackedMetering metering) internal pure returns (uint40) {
        return uint40(PackedMetering.unwrap(metering) >> 216);
    }

    function openingOf(PackedMetering metering) internal pure returns (Opening memory) {
        return Opening(openedAt(metering), uint24(PackedMetering.unwrap(metering) >> 192));
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

    /// @notice Whether the energy is at most what the power gives in this time, below 2^40 seconds.
    function isWithinPower(
        PackedMetering metering,
        uint256 powerW,
        uint256 elapsedSeconds
    ) internal pure returns (bool) {
        unchecked {
            return uint256(energyMicroWh(metering)) * 1 hours <= elapsedSeconds * powerW * MICRO_WH_PER_WH;
        }
    }

    /// @notice Whether two words say the same.
    function isSame(PackedMetering metering, PackedMetering other) internal pure returns (bool) {
        return PackedMetering.unwrap(metering) == PackedMetering.unwrap(other);
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
