// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    PackedMetering,
    SessionTerms,
    Settlement,
    SettlementGroup
} from "../../../contracts/interfaces/IChargingSettlement.sol";
import {Tariff} from "../../../contracts/interfaces/ITariffRegistry.sol";
import {Digests} from "../base/Digests.sol";
import {SettlementTest} from "../base/SettlementTest.sol";
import {bounded, cheats, timeNow} from "../base/TestBase.sol";
import {Item} from "../invariants/world/GameModel.sol";

/// @title Additivity
/// @notice What sessions cost does not depend on how they are put into batches, nor on who says what their meters
/// measured.
contract AdditivityTest is SettlementTest {
    uint256 private constant SESSIONS = 6;
    /// All together stay below the limit of the epoch, at which the order does count.
    uint256 private constant HOLD = 2_000_000;

    /* BATCHES */

    /// @notice Any order, any slices and any groups give every account and every credit the same.
    /// hardhat-config: fuzz.runs = 200
    function testFuzz_slices_and_order_of_batches_change_no_sum(uint256 seed) public {
        Item[] memory items = _claims(seed);
        uint256 start = cheats.snapshotState();
        _settleInSlices(items, SESSIONS, false);
        bytes32 atOnce = _sums();

        cheats.assertTrue(cheats.revertToState(start), "no way back");
        _settleInSlices(_shuffled(items, seed), 1 + (seed % SESSIONS), seed % 2 == 0);

        cheats.assertTrue(_sums() == atOnce, "the batches made a difference");
    }

    /// @dev Live sessions on every account, an hour old, and a claim about each that settles.
    function _claims(uint256 seed) private returns (Item[] memory items) {
        for (uint256 i; i < OPERATORS; ++i) _offer(i, uint256(keccak256(abi.encode(seed, "tariff", i))));
        items = new Item[](SESSIONS);
        for (uint256 i; i < SESSIONS; ++i) {
            uint256 rest = uint256(keccak256(abi.encode(seed, i)));
            _openOn(i / LANES, i % LANES, rest % OPERATORS);
            uint256 connected = (rest >> 16) % 3_601;
            // 50 kW in an hour.
            items[i] = Item(i, 0, (rest >> 64) % 50_000_000_001, (rest >> 32) % (connected + 1), connected);
        }
        _warp(timeNow() + 1 hours);
    }

    function _openOn(uint256 driver, uint256 lane, uint256 operator) private {
        _fund(driver, lane, HOLD);
        (SessionTerms memory terms, Tariff memory tariff) = _termsFor(driver, lane, operator);
        (terms.agreement, terms.maximumPowerW) = (0, 50_000);
        (terms.holdMicro, terms.expiresAt) = (uint64(HOLD), uint40(timeNow() + 24 hours));
        cheats.prank(terms.driver);
        _recordOpening(terms, tariff, settlement.open(terms));
    }

    function _shuffled(Item[] memory items, uint256 seed) private pure returns (Item[] memory shuffled) {
        shuffled = new Item[](items.length);
        for (uint256 i; i < items.length; ++i) shuffled[i] = items[i];
        for (uint256 i = items.length - 1; i > 0; --i) {
            uint256 other = uint256(keccak256(abi.encode(seed, "order", i))) % (i + 1);
            (shuffled[i], shuffled[other]) = (shuffled[other], shuffled[i]);
        }
    }

    /// @dev In batches of so many claims. Neighbours of one operator share a group, if they may.
    function _settleInSlices(Item[] memory items, uint256 size, bool areAlone) private {
        for (uint256 first; first < items.length; first += size) {
            uint256 count = first + size > items.length ? items.length - first : size;
            bytes32[] memory leaves = new bytes32[](count);
            SettlementGroup[] memory groups = new SettlementGroup[](count);
            uint256 used;
            for (uint256 i; i < count; ++i) {
                Session storage session = _sessions[items[first + i].session];
                PackedMetering metering = _metering(items[first + i]);
                leaves[i] = Digests.ofClaim(session.id, metering);
                Settlement memory one = Settlement(session.terms.driver, Digests.packed(session.terms), metering);
                if (used != 0 && !areAlone && groups[used - 1].operator == session.terms.operator) {
                    groups[used - 1].settlements = _with(groups[used - 1].settlements, one);
                } else {
                    groups[used++] = SettlementGroup(
                        session.terms.operator,
                        0,
                        true,
                        session.tariff,
                        _with(new Settlement[](0), one)
                    );
                }
            }
            assembly ("memory-safe") {
                mstore(groups, used)
            }
            bytes32 digest = Digests.ofBatch(address(settlement), Digests.rootOf(leaves, 0, count), 0, count);
            settlement.settleBatch(groups, 0, _signedByOracles(digest, _quorum(0)));
        }
    }

    function _with(Settlement[] memory some, Settlement memory one) private pure returns (Settlement[] memory more) {
        more = new Settlement[](some.length + 1);
        for (uint256 i; i < some.length; ++i) more[i] = some[i];
        more[some.length] = one;
    }

    /* LANES */

    /// @notice The same record costs the same, whether the meter's word settles it or a quorum's.
    /// hardhat-config: fuzz.runs = 200
    function testFuzz_the_meter_lane_and_the_oracle_lane_charge_alike(
        uint256 seed,
        uint256 energyMicroWh,
        uint256 chargingSeconds,
        bool isPair
    ) public {
        uint256 operator = seed % OPERATORS;
        _offer(operator, uint256(keccak256(abi.encode(seed, "tariff"))));
        _openOn(0, 0, operator);
        Session storage session = _sessions[0];
        session.pagination = meters[operator].nextPagination;
        (session.beginMicroWh, session.chargingSeconds) = (1_000_000, bounded(chargingSeconds, 0, 40_000));
        // What 50 kW give in eight hours; more time than that has not passed.
        session.endMicroWh = session.beginMicroWh + bounded(energyMicroWh, 0, 400_000_000_000);
        _warp(timeNow() + 8 hours);
        uint256 start = cheats.snapshotState();
        meterSettlement.settleWithMeter(_meteredSession(0, isPair));
        bytes32 byMeter = _amounts(operator);

        cheats.assertTrue(cheats.revertToState(start), "no way back");
        _settle(_provenOf(_truthOf(0), timeNow()));

        cheats.assertTrue(_amounts(operator) == byMeter, "the lanes charge differently");
        cheats.assertTrue(!_isLive(0), "the quorum's claim did not settle");
    }

    /* SUMS */

    /// @dev Every account, and every credit as it is.
    function _sums() private view returns (bytes32 sums) {
        for (uint256 driver; driver < DRIVERS; ++driver) {
            for (uint256 lane; lane < LANES; ++lane) {
                (uint64 freeMicro, uint32 nonce, uint160 live) = settlement.accountOf(driverOf(driver), uint32(lane));
                sums = keccak256(abi.encode(sums, freeMicro, nonce, live));
            }
        }
        for (uint256 operator; operator < OPERATORS; ++operator) {
            (uint64 finalMicro, uint64 provisionalMicro) = settlement.creditOf(operatorOf(operator), 0);
            sums = keccak256(abi.encode(sums, finalMicro, provisionalMicro));
        }
    }

    /// @dev What the first session cost and left, final or not.
    function _amounts(uint256 operator) private view returns (bytes32) {
        (uint64 freeMicro, , ) = settlement.accountOf(driverOf(0), 0);
        (uint64 finalMicro, uint64 provisionalMicro) = settlement.creditOf(operatorOf(operator), 0);
        return keccak256(abi.encode(freeMicro, finalMicro + provisionalMicro));
    }
}
