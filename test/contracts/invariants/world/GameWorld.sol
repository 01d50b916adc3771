// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SessionTerms} from "../../../../contracts/interfaces/IChargingSettlement.sol";
import {Curve, MakerStatement} from "../../../../contracts/interfaces/IMeterRegistry.sol";
import {MeteredSession, SignedRecord} from "../../../../contracts/interfaces/IMeterSettlement.sol";
import {OracleSignature} from "../../../../contracts/interfaces/IOracleCommittee.sol";
import {
    PackedConnectedFee,
    PackedEnergyBands,
    PackedLimits,
    PackedTaxes,
    Tariff
} from "../../../../contracts/interfaces/ITariffRegistry.sol";
import {TestAppointments} from "../../base/ContractSet.sol";
import {Digests} from "../../base/Digests.sol";
import {GameToken} from "../../base/GameToken.sol";
import {MeterRecords, Shown} from "../../base/MeterRecords.sol";
import {bounded, cheats, timeNow} from "../../base/TestBase.sol";
import {GameModel, Item} from "./GameModel.sol";

/// @title World of the game
/// @notice The contracts as they are deployed, and what people need to act: terms, signatures, records.
abstract contract GameWorld is GameModel {
    /// The point of the second meter's key, FIRST_METER_KEY + 1, on secp256k1.
    bytes private constant SECOND_METER_POINT =
        hex"bb29be2ff659d94288bcc5243af2faba19032bd3113ade3fb28c58874b2de1a87853aa7d5b538525ac6bd09ba2673a2e72377261e1986cb74635ff89e54d1f79";

    constructor() {
        cheats.warp(1_800_000_000);
        _firstOpenEpoch = timeNow() / EPOCH;
        erc20 = new GameToken();
        _addCommittee(0, 3, 2);
        (_currentCommittee, _currentFrom) = (1, timeNow());
        TestAppointments memory appointments = TestAppointments(OWNER, GUARDIAN, _membersOf(1), 2);
        _deployContracts(address(erc20), appointments, _usualRules());
        for (uint256 i; i < OPERATORS; ++i) {
            _offer(i, uint256(keccak256(abi.encode("first tariff", i))));
            _installMeter(i);
        }
        _vouchForFirstMeter();
    }

    /* OPERATORS */

    function _offer(uint256 operator, uint256 seed) internal {
        uint256 rest = uint256(keccak256(abi.encode(seed)));
        uint256 minimum = (seed >> 128) % 500_000;
        uint256 maximum = (seed >> 144) % 2 == 0 ? 0 : 600_000 + ((seed >> 152) % 20_000_000);
        uint256 connectedPrice = (rest % 3) * 1_000_000_000;
        uint256 firstBand = 1 + ((rest >> 8) % 20_000);
        Tariff memory tariff = Tariff({
            flatFeeMicro: uint64(seed % 1_000_000),
            priceNanoPerKwh: uint64((seed >> 16) % 900_000_000),
            energyStepWh: uint32((seed >> 80) % 3) * 100,
            priceNanoPerChargingHour: uint64((seed >> 32) % 1_200_000_000),
            chargingStepSeconds: uint32((seed >> 96) % 3) * 60,
            taxes: PackedTaxes.wrap(
                (uint64((seed >> 176) % 2_500) << 48) |
                    (uint64((rest >> 32) % 2_500) << 32) |
                    (uint64((rest >> 48) % 2_500) << 16) |
                    uint64((rest >> 64) % 2_500)
            ),
            limits: PackedLimits.wrap(
                (minimum << 192) |
                    (maximum << 128) |
                    (((minimum * (10_000 + ((rest >> 80) % 2_500))) / 10_000) << 64) |
                    ((maximum * 5) / 4)
            ),
            energyBands: (rest >> 96) % 2 == 0
                ? PackedEnergyBands.wrap(0)
                : PackedEnergyBands.wrap(
                    uint240(
                        (((firstBand + 1 + ((rest >> 104) % 20_000)) << 48) << 80) |
                            (((rest >> 128) % 900_000_000) << 80) |
                            (firstBand << 48) |
                            ((rest >> 160) % 900_000_000)
                    )
                ),
            connectedFee: connectedPrice == 0
                ? PackedConnectedFee.wrap(0)
                : PackedConnectedFee.wrap(
                    uint192(
                        (connectedPrice << 128) |
                            ((((rest >> 192) % 2) * 2_000_000) << 64) |
                            (((seed >> 64) % 20_000) << 32) |
                            (((seed >> 112) % 3) * 60)
                    )
                ),
            chargesWithoutEnergy: (seed >> 192) % 4 == 0
        });
        bytes32 tariffId = tariffRegistry.tariffIdOf(tariff);
        if (tariffRegistry.isOffered(operatorOf(operator), tariffId)) return;
        cheats.prank(operatorOf(operator));
        tariffRegistry.publish(tariff);
        _offered[operator] = tariff;
    }

    /// @dev EVSE and meter of an operator have its number, from 1. The first meter's key is of secp256r1, the second's of
    /// secp256k1.
    function _installMeter(uint256 operator) private {
        uint32 number = uint32(operator + 1);
        (uint256 x, uint256 y) = cheats.publicKeyP256(FIRST_METER_KEY);
        bytes memory point = operator == 0 ? abi.encode(x, y) : SECOND_METER_POINT;
        Curve curve = operator == 0 ? Curve.Secp256r1 : Curve.Secp256k1;
        uint40 start = uint40(timeNow() - 1);
        cheats.prank(operatorOf(operator));
        meterRegistry.registerEvse(operator == 0 ? "DE*WPF*E1" : "DE*WPF*E2", 50_000);
        cheats.prank(operatorOf(operator));
        meterRegistry.registerMeter(number, curve, point, start, start + 10_000 days, start + 10_000 days);
        string memory tag = meterRegistry.possessionTagOf(number);
        bytes memory payload = MeterRecords.wholeOf(tag, 1, Shown(0, 0), Shown(0, 0));
        SignedRecord memory record = _signedBy(operator, payload);
        meterRegistry.activateMeter(number, record.payload, record.r, record.s);
        (meters[operator].nextPagination, meters[operator].registerMicroWh) = (2, 1_000_000);
    }

    /// @dev The first operator's meter comes from a maker that the registry knows; the second's only its operator calls one.
    function _vouchForFirstMeter() private {
        (uint256 x, uint256 y) = cheats.publicKeyP256(MAKER_KEY);
        cheats.prank(OWNER);
        uint32 maker = meterRegistry.registerMaker(Curve.Secp256r1, x, y, "Example Meters");
        cheats.warp(timeNow() + CHANGE_DELAY);
        _firstOpenEpoch = timeNow() / EPOCH;
        MakerStatement memory statement = MakerStatement(maker, uint40(timeNow() + 20_000 days), "XM-3", "1");
        (bytes32 r, bytes32 s) = cheats.signP256(MAKER_KEY, meterRegistry.vouchingDigestOf(1, statement));
        cheats.prank(operatorOf(0));
        meterRegistry.vouchForMeter(1, statement, r, s);
    }

    /* COMMITTEES */

    function _addCommittee(uint256 first, uint256 count, uint256 threshold) internal returns (uint256 version) {
        version = ++_committeeCount;
        _committees[version].threshold = threshold;
        for (uint256 i; i < count; ++i) _committees[version].members.push(first + i);
    }

    function _membersOf(uint256 version) internal view returns (address[] memory members) {
        uint256[] storage numbers = _committees[version].members;
        members = new address[](numbers.length);
        for (uint256 i; i < members.length; ++i) members[i] = oracleOf(numbers[i]);
    }

    /// @notice As many members of the committee in force as it needs, in the order of their addresses; none if too many
    /// have resigned.
    function _quorum(uint256 seed) internal view returns (uint256[] memory signers) {
        ModelCommittee storage committee = _committees[_currentCommittee];
        uint256[] memory left = new uint256[](committee.members.length);
        uint256 count;
        for (uint256 i; i < left.length; ++i) {
            if (_resignedAt[committee.members[i]] == 0) left[count++] = committee.members[i];
        }
        if (count < committee.threshold) return new uint256[](0);
        signers = new uint256[](committee.threshold);
        uint256 leftOut = count - committee.threshold;
        uint256 first = seed % (leftOut + 1);
        // With a gap after the first, or without one.
        uint256 gap = (seed >> 8) % 2 == 0 ? leftOut - first : 0;
        for (uint256 i; i < signers.length; ++i) signers[i] = left[first + i + (i == 0 ? 0 : gap)];
    }

    function _signedByOracles(
        bytes32 digest,
        uint256[] memory signers
    ) internal view returns (OracleSignature[] memory signatures) {
        signatures = new OracleSignature[](signers.length);
        for (uint256 i; i < signers.length; ++i) {
            (bytes32 r, bytes32 vs) = _compact(_oracleKeyOf(signers[i]), digest);
            signatures[i] = OracleSignature(r, vs);
        }
    }

    /* DEMANDS */

    /// @notice A claim whose records were demanded, from some batch on; the number of batches if there is none.
    function _demandedClaim(uint256 seed) internal view returns (uint256 number, uint256 place) {
        uint256 count = batchCount();
        for (uint256 i; i < count; ++i) {
            number = (seed + i) % count;
            ModelClaim[] storage claims = _batches[number].claims;
            for (place = 0; place < claims.length; ++place) {
                if (claims[place].answerableUntil != 0) return (number, place);
            }
        }
        return (count, 0);
    }

    /* TERMS */

    /// @dev Three times of four an account that can open a session, if there is one; else the one that was asked for.
    function _accountToOpen(uint256 driver, uint256 lane, uint256 seed) internal view returns (uint256, uint256) {
        uint256 first = (driver % DRIVERS) * LANES + (lane % LANES);
        for (uint256 i; i < DRIVERS * LANES && seed % 4 != 0; ++i) {
            uint256 number = (first + i) % (DRIVERS * LANES);
            ModelAccount storage account = accounts[number / LANES][number % LANES];
            if (account.live == 0 && account.freeMicro != 0) return (number / LANES, number % LANES);
        }
        return (driver % DRIVERS, lane % LANES);
    }

    function _termsFor(
        uint256 driver,
        uint256 lane,
        uint256 seed
    ) internal view returns (SessionTerms memory terms, Tariff memory tariff) {
        uint256 operator = seed % OPERATORS;
        tariff = _offered[operator];
        terms.driver = driverOf(driver);
        terms.lane = uint32(lane);
        terms.nonce = uint32(accounts[driver][lane].nonce);
        terms.operator = operatorOf(operator);
        terms.agreement = uint32(_agreementFor(operator, seed >> 8));
        terms.evse = uint32(operator + 1);
        terms.meter = uint32(operator + 1);
        terms.maximumPowerW = [uint24(50_000), 50_000, 50_000, 50_000, 11_000, 3][(seed >> 16) % 6];
        terms.tariffId = tariffRegistry.tariffIdOf(tariff);
        uint256 free = accounts[driver][lane].freeMicro;
        terms.holdMicro = uint64(bounded(uint64(seed >> 72), 1, free == 0 ? 1 : free));
        terms.expiresAt = uint40(
            timeNow() + bounded(uint40(seed >> 136), 1, seed % 3 == 0 ? 2 hours : LONGEST_SESSION)
        );
    }

    /// @dev Mostly one that binds, if there is one.
    function _agreementFor(uint256 operator, uint256 seed) private view returns (uint256) {
        if (agreementCount == 0 || seed % 3 == 0) return 0;
        for (uint256 i; i < agreementCount; ++i) {
            uint256 agreement = ((seed + i) % agreementCount) + 1;
            if (_isBinding(agreement, operator)) return agreement;
        }
        return seed % 4 == 0 ? (seed % agreementCount) + 1 : 0;
    }

    /// @notice The session of some account that has one, or any session.
    function _liveSession(uint256 seed) internal view returns (uint256) {
        for (uint256 i; i < DRIVERS * LANES; ++i) {
            uint256 account = (seed + i) % (DRIVERS * LANES);
            uint256 live = accounts[account / LANES][account % LANES].live;
            if (live != 0) return live - 1;
        }
        return seed % sessionCount();
    }

    /// @notice Waits until most sessions' charges can be over that opened with this one: 60 kWh at 50 kW.
    function _awaitCharge(uint256 index) internal {
        uint256 over = uint256(_sessions[index].opening.openedAt) + 4_400;
        if (timeNow() < over) _warp(over);
    }

    function digestOf(SessionTerms memory terms) public view returns (bytes32) {
        return Digests.ofTerms(address(settlement), terms);
    }

    /* SIGNATURES */

    function _compact(uint256 key, bytes32 digest) internal pure returns (bytes32 r, bytes32 vs) {
        uint8 v;
        (v, r, vs) = cheats.sign(key, digest);
        vs |= bytes32(uint256(v - 27) << 255);
    }

    function _signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = cheats.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /* RECORDS */

    /// @notice What the session's meter signed: one record, or two.
    function _recordsOf(uint256 index, bool isPair) internal view returns (SignedRecord[] memory records) {
        return _recordsOfItem(_truthOf(index), isPair);
    }

    /// @notice What a meter signs that shows this of the session, be it the truth or not.
    function _recordsOfItem(Item memory item, bool isPair) internal view returns (SignedRecord[] memory records) {
        Session storage session = _sessions[item.session];
        uint256 operator = operatorIndexOf(session.terms.operator);
        bytes32 tagDigest = keccak256(abi.encode(session.id, session.opening.openedAt, session.opening.salt));
        string memory tag = MeterRecords.tagOf(tagDigest);
        Shown memory begin = Shown(session.beginMicroWh, 3_600);
        Shown memory end = Shown(session.beginMicroWh + item.energyMicroWh, 3_600 + item.chargingSeconds);
        uint256 number = session.pagination;
        records = new SignedRecord[](isPair ? 2 : 1);
        if (isPair) {
            records[0] = _signedBy(operator, MeterRecords.halfOf(tag, number, true, begin));
            records[1] = _signedBy(operator, MeterRecords.halfOf(tag, number + 1, false, end));
        } else {
            records[0] = _signedBy(operator, MeterRecords.wholeOf(tag, number, begin, end));
        }
    }

    function _meteredSession(uint256 index, bool isPair) internal view returns (MeteredSession memory) {
        Session storage session = _sessions[index];
        return
            MeteredSession(
                session.terms,
                session.opening,
                uint64(session.toppedUpMicro),
                session.tariff,
                _recordsOf(index, isPair)
            );
    }

    function _signedBy(uint256 meter, bytes memory payload) internal pure returns (SignedRecord memory) {
        if (meter == 0) {
            (bytes32 r, bytes32 s) = cheats.signP256(FIRST_METER_KEY, sha256(payload));
            return SignedRecord(payload, r, s);
        }
        (, bytes32 r1, bytes32 s1) = cheats.sign(FIRST_METER_KEY + meter, sha256(payload));
        return SignedRecord(payload, r1, s1);
    }
}
