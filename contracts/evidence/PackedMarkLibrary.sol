// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClaimMark} from "./interfaces/IEnergyClaims.sol";

/// @notice A mark in one word, from the high bits to the low ones: isClaimed (1), maximumPowerW (24), meter (32),
/// operator (32), register (32), claimedUntil (40), claimedTo (64). It is a word and not a struct because the compiler
/// writes the members of a struct one by one: 2,700 gas more for every device of a claim.
type PackedMark is uint256;

/// @title Packed mark
/// @notice The parts of a mark.
library PackedMarkLibrary {
    uint256 private constant UNTIL_SHIFT = 64;
    uint256 private constant REGISTER_SHIFT = 104;
    uint256 private constant OPERATOR_SHIFT = 136;
    uint256 private constant METER_SHIFT = 168;
    uint256 private constant POWER_SHIFT = 200;
    uint256 private constant CLAIMED_BIT = 1 << 224;
    /// Operator, meter and power.
    uint256 private constant ENROLMENT = (1 << 224) - (1 << OPERATOR_SHIFT);

    function claimedTo(PackedMark mark) internal pure returns (uint64) {
        return uint64(PackedMark.unwrap(mark));
    }

    function claimedUntil(PackedMark mark) internal pure returns (uint40) {
        return uint40(PackedMark.unwrap(mark) >> UNTIL_SHIFT);
    }

    function register(PackedMark mark) internal pure returns (uint32) {
        return uint32(PackedMark.unwrap(mark) >> REGISTER_SHIFT);
    }

    function operator(PackedMark mark) internal pure returns (uint32) {
        return uint32(PackedMark.unwrap(mark) >> OPERATOR_SHIFT);
    }

    function meter(PackedMark mark) internal pure returns (uint32) {
        return uint32(PackedMark.unwrap(mark) >> METER_SHIFT);
    }

    function maximumPowerW(PackedMark mark) internal pure returns (uint24) {
        return uint24(PackedMark.unwrap(mark) >> POWER_SHIFT);
    }

    function isClaimed(PackedMark mark) internal pure returns (bool) {
        return PackedMark.unwrap(mark) & CLAIMED_BIT != 0;
    }

    /// @notice Claimed up to here, by this register; who may claim what follows stays.
    function advanced(
        PackedMark mark,
        uint64 registerTo,
        uint40 until,
        uint32 registerCode
    ) internal pure returns (PackedMark) {
        uint256 enrolment = PackedMark.unwrap(mark) & ENROLMENT;
        uint256 reached = (uint256(registerCode) << REGISTER_SHIFT) | (uint256(until) << UNTIL_SHIFT) | registerTo;
        return PackedMark.wrap(CLAIMED_BIT | enrolment | reached);
    }

    function pack(ClaimMark memory content) internal pure returns (PackedMark) {
        uint256 enrolment =
            (uint256(content.maximumPowerW) << POWER_SHIFT) |
                (uint256(content.meter) << METER_SHIFT) |
                (uint256(content.operator) << OPERATOR_SHIFT);
        uint256 reached =
            (uint256(content.register) << REGISTER_SHIFT) |
                (uint256(content.claimedUntil) << UNTIL_SHIFT) |
                content.claimedTo;
        return PackedMark.wrap((content.isClaimed ? CLAIMED_BIT : 0) | enrolment | reached);
    }

    function unpack(PackedMark mark) internal pure returns (ClaimMark memory) {
        return
            ClaimMark({
                claimedTo: claimedTo(mark),
                claimedUntil: claimedUntil(mark),
                register: register(mark),
                isClaimed: isClaimed(mark),
                operator: operator(mark),
                meter: meter(mark),
                maximumPowerW: maximumPowerW(mark)
            });
    }
}
