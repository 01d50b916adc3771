// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BillingReading, PackedReading} from "../interfaces/IOcmfScanner.sol";

/// @title Packed reading
/// @notice The parts of a billed reading in one word, from the low bits to the high ones: register (64), epoch (64),
/// clock's state (8), time error (1), presence (1).
library PackedReadingLibrary {
    uint256 private constant FROM_EPOCH = 64;
    uint256 private constant FROM_SYNCHRONISATION = 128;
    uint256 private constant FROM_TIME_ERROR = 136;
    uint256 private constant PRESENCE = 1 << 137;

    /// @notice A reading that is there.
    /// @param microWh The register, in 10⁻⁶ Wh.
    /// @param milliseconds What the meter's clock showed, since 1970.
    /// @param state The letter of the clock's state.
    function pack(
        uint64 microWh,
        int64 milliseconds,
        uint8 state,
        bool isTimeUnusable
    ) internal pure returns (PackedReading) {
        uint256 clock = (uint256(uint64(milliseconds)) << FROM_EPOCH) | (uint256(state) << FROM_SYNCHRONISATION);
        uint256 timeError = isTimeUnusable ? 1 << FROM_TIME_ERROR : 0;
        return PackedReading.wrap(PRESENCE | timeError | clock | microWh);
    }

    function isPresent(PackedReading reading) internal pure returns (bool) {
        return PackedReading.unwrap(reading) != 0;
    }

    function registerMicroWh(PackedReading reading) internal pure returns (uint64) {
        return uint64(PackedReading.unwrap(reading));
    }

    function epochMs(PackedReading reading) internal pure returns (int64) {
        return int64(uint64(PackedReading.unwrap(reading) >> FROM_EPOCH));
    }

    function synchronisation(PackedReading reading) internal pure returns (bytes1) {
        return bytes1(uint8(PackedReading.unwrap(reading) >> FROM_SYNCHRONISATION));
    }

    function hasTimeError(PackedReading reading) internal pure returns (bool) {
        return (PackedReading.unwrap(reading) >> FROM_TIME_ERROR) & 1 != 0;
    }

    /// @notice What `unpack` took apart.
    function packAgain(BillingReading memory reading) internal pure returns (PackedReading) {
        if (!reading.isPresent) return PackedReading.wrap(0);
        uint8 state = uint8(reading.synchronisation);
        return pack(reading.registerMicroWh, reading.epochMs, state, reading.hasTimeError);
    }

    /// @notice The same, part by part.
    function unpack(PackedReading reading) internal pure returns (BillingReading memory) {
        return
            BillingReading({
                isPresent: isPresent(reading),
                registerMicroWh: registerMicroWh(reading),
                epochMs: epochMs(reading),
                synchronisation: synchronisation(reading),
                hasTimeError: hasTimeError(reading)
            });
    }
}
