// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPartnerAgreements, PartnerShare} from "../../../contracts/interfaces/IPartnerAgreements.sol";
import {bounded, cheats, deployed, TestBase} from "../base/TestBase.sol";

/// @title Parts of totals
/// @notice For every agreement and every total.
contract PartsTest is TestBase {
    IPartnerAgreements private _agreements;

    function setUp() public {
        _agreements = IPartnerAgreements(deployed("contracts/PartnerAgreements.sol:PartnerAgreements", ""));
    }

    /// hardhat-config: fuzz.runs = 2000
    function testFuzz_invariant_05_parts_add_up_and_never_fall_however_totals_are_sliced(
        uint256 seed,
        uint64 total,
        uint64 more
    ) public {
        uint256 count = 1 + (seed % 8);
        uint32 agreement = _propose(seed >> 8, count);
        if (total > type(uint64).max - more) more = type(uint64).max - total;

        uint256 sum = _expectRising(agreement, address(this), total, more);
        for (uint256 i; i < count; ++i) sum += _expectRising(agreement, _partner(i), total, more);

        cheats.assertLe(sum, total, "the parts are more than the total");
        cheats.assertLe(total, sum + count - 1, "more than the rounding of all but one is nobody's");
        if (total % 10_000 == 0) cheats.assertEq(sum, total, "whole shares leave something");
        cheats.assertEq(
            _agreements.partOf(address(this), agreement, address(0xbad), total),
            0,
            "a stranger has a part"
        );
        cheats.assertEq(_agreements.partOf(address(0xbad), agreement, _partner(0), total), 0, "of another's credit");
    }

    /// hardhat-config: fuzz.runs = 2000
    function testFuzz_invariant_05_no_more_than_eight_partners_and_no_more_than_the_whole(
        uint256 seed,
        uint256 count
    ) public {
        count = bounded(count, 0, 12);
        PartnerShare[] memory shares = new PartnerShare[](count);
        uint256 sumBps;
        for (uint256 i; i < count; ++i) {
            shares[i] = PartnerShare(_partner(i), uint16((seed >> (16 * i)) % 3_000));
            sumBps += shares[i].shareBps;
        }
        bool isSound = count >= 1 && count <= 8 && sumBps <= 10_000;
        for (uint256 i; i < count; ++i) if (shares[i].shareBps == 0) isSound = false;

        try _agreements.propose(shares) {
            cheats.assertTrue(isSound, "an agreement was taken that cannot be kept");
        } catch {
            cheats.assertTrue(!isSound, "an agreement was refused");
        }
    }

    function _propose(uint256 seed, uint256 count) private returns (uint32) {
        PartnerShare[] memory shares = new PartnerShare[](count);
        uint256 leftBps = 10_000 - count;
        for (uint256 i; i < count; ++i) {
            uint256 shareBps = (seed >> (16 * i)) % (leftBps + 1);
            // One in four takes all that is left, so that the operator may have nothing.
            if (i == count - 1 && seed % 4 == 0) shareBps = leftBps;
            leftBps -= shareBps;
            shares[i] = PartnerShare(_partner(i), uint16(shareBps + 1));
        }
        return _agreements.propose(shares);
    }

    function _expectRising(
        uint32 agreement,
        address party,
        uint64 total,
        uint64 more
    ) private view returns (uint256 part) {
        part = _agreements.partOf(address(this), agreement, party, total);
        cheats.assertLe(part, _agreements.partOf(address(this), agreement, party, total + more), "a part fell");
    }

    function _partner(uint256 number) private pure returns (address) {
        return address(uint160(0x9a47e4 + number));
    }
}
