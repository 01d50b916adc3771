// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OpeningRefusal, PackedMetering, PackedTerms, SettlementRefusal} from "../interfaces/IChargingSettlement.sol";
import {Account, AccountLibrary} from "./AccountLibrary.sol";
import {PackedMeteringLibrary} from "./PackedMeteringLibrary.sol";
import {SessionTermsLibrary} from "./SessionTermsLibrary.sol";

/// @title Rules of a session
/// @notice Whether a session can open on an account, and whether a claim can be true of a session. Nothing here is stored.
library SessionRules {
    using AccountLibrary for Account;
    using PackedMeteringLibrary for PackedMetering;
    using SessionTermsLibrary for PackedTerms;

    uint32 internal constant LAST_NONCE = type(uint32).max;

    /// @notice Why the session cannot open now, with what the reason compares.
    function openingRefusal(
        Account account,
        PackedTerms terms,
        uint256 maximumSessionSeconds
    ) internal view returns (OpeningRefusal reason, uint256 actual, uint256 limit) {
        if (account.commitment() != 0) return (OpeningRefusal.SessionLive, 0, 0);
        if (terms.nonce() != account.nonce()) return (OpeningRefusal.NonceMismatch, terms.nonce(), account.nonce());
        if (terms.nonce() == LAST_NONCE) return (OpeningRefusal.NonceExhausted, 0, 0);
        if (terms.holdMicro() == 0) return (OpeningRefusal.HoldZero, 0, 0);
        if (terms.holdMicro() > account.freeMicro()) {
            return (OpeningRefusal.HoldAboveBalance, terms.holdMicro(), account.freeMicro());
        }
        if (terms.expiresAt() <= block.timestamp) {
            return (OpeningRefusal.ExpiryPassed, terms.expiresAt(), block.timestamp);
        }
        unchecked {
            // The sum of a time and 40 bits is far below 2^256.
            uint256 latestExpiry = block.timestamp + maximumSessionSeconds;
            if (terms.expiresAt() > latestExpiry)
                return (OpeningRefusal.ExpiryTooLate, terms.expiresAt(), latestExpiry);
        }
    }

    /// @notice Why this cannot be true of a session that opened then, or is claimed too late.
    /// @param openSeconds How long after its opening the session can be settled so.
    function claimRefusal(
        PackedTerms terms,
        PackedMetering metering,
        uint256 openSeconds
    ) internal view returns (SettlementRefusal) {
        unchecked {
            // The commitment holds a time at which the settlement was called.
            uint256 elapsedSeconds = block.timestamp - metering.openedAt();
            if (elapsedSeconds >= openSeconds) return SettlementRefusal.QuorumTooLate;
            uint256 connectedSeconds = metering.connectedSeconds();
            if (metering.chargingSeconds() > connectedSeconds || connectedSeconds > elapsedSeconds) {
                return SettlementRefusal.TimeOutOfBounds;
            }
            return
                metering.isWithinPower(terms.maximumPowerW(), elapsedSeconds)
                    ? SettlementRefusal.None
                    : SettlementRefusal.EnergyAbovePower;
        }
    }

    /// @notice All that a live session binds.
    function heldMicro(PackedTerms terms, PackedMetering metering) internal pure returns (uint256) {
        unchecked {
            // Both have 64 bits.
            return uint256(terms.holdMicro()) + metering.toppedUpMicro();
        }
    }
}
