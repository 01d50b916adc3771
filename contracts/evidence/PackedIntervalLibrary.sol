// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PackedInterval} from "./interfaces/IEnergyClaims.sol";

/// @title Packed interval
/// @notice The parts of what is claimed of one device.
library PackedIntervalLibrary {
    function register(PackedInterval interval) internal pure returns (uint32) {
        return uint32(PackedInterval.unwrap(interval) >> 224);
    }

    function device(PackedInterval interval) internal pure returns (uint32) {
        return uint32(PackedInterval.unwrap(interval) >> 192);
    }

    function from(PackedInterval interval) internal pure returns (uint64) {
        return uint64(PackedInterval.unwrap(interval) >> 128);
    }

    function to(PackedInterval interval) internal pure returns (uint64) {
        return uint64(PackedInterval.unwrap(interval) >> 64);
    }

    function energyMicroWh(PackedInterval interval) internal pure returns (uint64) {
        return uint64(PackedInterval.unwrap(interval));
    }
}
