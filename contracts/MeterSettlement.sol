// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {
    IChargingSettlement,
    Opening,
    PackedMetering,
    PackedTerms,
    SessionTerms,
    Settlement
} from "./interfaces/IChargingSettlement.sol";
import {IMeterRegistry, Possession, Provenance, RecordSigner} from "./interfaces/IMeterRegistry.sol";
import {IMeterSettlement, MeteredSession, SignedRecord} from "./interfaces/IMeterSettlement.sol";
import {IOcmfScanner, PackedReading} from "./interfaces/IOcmfScanner.sol";
import {Base32Tag} from "./libraries/Base32Tag.sol";
import {MeterSignature} from "./libraries/MeterSignature.sol";
import {OcmfRecord} from "./libraries/OcmfRecord.sol";
import {PackedMeteringLibrary} from "./libraries/PackedMeteringLibrary.sol";
import {PackedReadingLibrary} from "./libraries/PackedReadingLibrary.sol";
import {SessionTermsLibrary} from "./libraries/SessionTermsLibrary.sol";
import {SettlementDomain} from "./libraries/SettlementDomain.sol";

/// @title Settlement by the meter's own signature
/// @dev See IMeterSettlement. It holds no money: the settlement contract takes its word.
contract MeterSettlement is IMeterSettlement {
    using PackedMeteringLibrary for PackedMetering;
    using PackedReadingLibrary for PackedReading;
    using SessionTermsLibrary for SessionTerms;

    /// What a record says that carries the session's tag and that the session's meter signed.
    struct ProvenRecord {
        uint64 pagination;
        /// Stands for the code of the register that is billed; 0 if it starts over with each transaction.
        uint120 totalRegister;
        /// Names meter, gateway and register.
        bytes32 originHash;
        PackedReading begin;
        PackedReading end;
    }

    /// The last record of a key that settled a session here, and the last that was billed by a register which only ever
    /// grows. One slot a key, used again for every session.
    struct LastRecord {
        uint64 pagination;
        /// Where that register stood, and which it was; 0 before there was one.
        uint64 registerMicroWh;
        uint120 totalRegister;
        bool isPresent;
    }

    /// The longest error here: selector, two words and a text of 20 characters in two more, rounded up.
    uint256 private constant LONGEST_REASON = 260;

    IChargingSettlement public immutable settlement;
    IMeterRegistry public immutable meterRegistry;
    IOcmfScanner public immutable ocmfScanner;

    mapping(bytes32 keyId => LastRecord) private _lastRecords;

    constructor(IChargingSettlement chargingSettlement, IMeterRegistry meters) {
        settlement = chargingSettlement;
        meterRegistry = meters;
        ocmfScanner = meters.ocmfScanner();
    }

    /* SETTLEMENT */

    /// @inheritdoc IMeterSettlement
    function settleWithMeter(MeteredSession calldata session) external returns (uint256 chargedMicro) {
        SessionTerms calldata terms = session.terms;
        // The settlement refuses the session unless it opened then.
        Opening calldata opening = session.opening;
        RecordSigner memory signer = meterRegistry.recordSignerOf(terms.meter);
        _requireSigner(terms, opening, signer, block.timestamp);
        PackedTerms packed = terms.pack();
        bytes32 sessionId = SettlementDomain.digestAt(address(settlement), terms.hashOf(packed));
        (ProvenRecord memory first, ProvenRecord memory last) = _readRecords(
            SettlementDomain.tagDigestOf(sessionId, opening),
            signer,
            session.records
        );
        PackedMetering metering = _meteringOf(opening, session.toppedUpMicro, first.begin, last.end, block.timestamp);

        _consume(signer.keyId, first, last);

        emit SessionProven(sessionId, terms.meter, last.pagination, last.end.registerMicroWh());

        return
            settlement.settleProven(
                sessionId,
                terms.operator,
                terms.agreement,
                session.tariff,
                Settlement(terms.driver, packed, metering),
                signer.provenance == Provenance.VouchedByMaker
            );
    }

    /// @inheritdoc IMeterSettlement
    function settleBatchWithMeter(MeteredSession[] calldata sessions) external {
        for (uint256 i; i < sessions.length; ++i) {
            if (_trySettle(sessions, i)) continue;
            bytes memory reason = _shortReason();
            emit ProofSkipped(SettlementDomain.sessionIdAt(address(settlement), sessions[i].terms), reason);
        }
    }

    /// @dev A call of its own, so that whatever is wrong with one session undoes that one alone. A session refers to its own
    /// parts from its own beginning and can be handed on as it stands: encoded anew it took 2,600 gas more. What an unusual
    /// encoder wrote elsewhere than between it and the next one is not there for the call, which then fails.
    function _trySettle(MeteredSession[] calldata sessions, uint256 i) private returns (bool isSettled) {
        bytes4 selector = IMeterSettlement.settleWithMeter.selector;
        MeteredSession calldata session = sessions[i];
        MeteredSession calldata next = i + 1 < sessions.length ? sessions[i + 1] : session;
        assembly ("memory-safe") {
            let end := calldatasize()
            if gt(next, session) {
                end := next
            }
            let size := sub(end, session)
            let data := mload(0x40)
            mstore(data, selector)
            // Where the one argument begins.
            mstore(add(data, 4), 32)
            calldatacopy(add(data, 36), session, size)
            isSettled := call(gas(), address(), 0, data, add(size, 36), 0, 0)
        }
    }

    /// @dev Whether the word of the terms' meter counts for this session.
    function _requireSigner(
        SessionTerms calldata terms,
        Opening calldata opening,
        RecordSigner memory signer,
        uint256 settledAt
    ) private pure {
        require(
            signer.evse == terms.evse && signer.operator == terms.operator,
            MeterMismatch(terms.meter, signer.evse, signer.operator)
        );
        require(signer.possession == Possession.ProvenOnChain, PossessionNotProven(terms.meter));
        // The session ran somewhere between its opening and its settlement; a meter that was exchanged meanwhile must not
        // keep it from settling.
        require(
            Math.max(signer.countsFrom, opening.openedAt) < Math.min(signer.countsUntil, settledAt + 1),
            MeterNotValid(terms.meter)
        );
    }

    /// @dev First and last record, which are the same where there is one.
    function _readRecords(
        bytes32 tagDigest,
        RecordSigner memory signer,
        SignedRecord[] calldata records
    ) private view returns (ProvenRecord memory, ProvenRecord memory) {
        require(records.length == 1 || records.length == 2, RecordCountWrong(records.length));

        ProvenRecord memory first = _readRecord(tagDigest, signer, records[0], 0);
        ProvenRecord memory last = records.length == 1 ? first : _readRecord(tagDigest, signer, records[1], 1);
        require(first.begin.isPresent() && last.end.isPresent(), ReadingsIncomplete());
        if (records.length == 1) return (first, last);

        require(!first.end.isPresent() && !last.begin.isPresent(), ReadingsIncomplete());
        require(last.pagination == first.pagination + 1, PaginationGap(first.pagination, last.pagination));
        require(first.originHash == last.originHash, RecordsDiffer());
        require(
            last.end.registerMicroWh() >= first.begin.registerMicroWh(),
            RegisterDecreased(first.begin.registerMicroWh(), last.end.registerMicroWh())
        );
        return (first, last);
    }

    function _readRecord(
        bytes32 tagDigest,
        RecordSigner memory signer,
        SignedRecord calldata record,
        uint256 index
    ) private view returns (ProvenRecord memory proven) {
        require(
            MeterSignature.isValid(signer.curve, signer.x, signer.y, record.payload, record.r, record.s),
            RecordSignatureInvalid(index)
        );
        uint256 identification;
        (identification, proven.originHash, proven.begin, proven.end) = ocmfScanner.scanPacked(record.payload);
        proven.totalRegister = uint120(identification >> 128);
        proven.pagination = uint64(identification >> 64);
        uint256 position = uint32(identification >> 32);
        uint256 length = uint32(identification);
        bool isBound = Base32Tag.isTagOf(tagDigest, record.payload[position:position + length]);
        // `require` would compute the tag of the error for every good record too.
        if (!isBound) revert IdTagMissing(index, Base32Tag.tagOf(tagDigest));
    }

    /// @dev What the readings prove, as an oracle has it too. A clock that shows more time than passed between opening and
    /// settlement was wrong or was set meanwhile, and proves none.
    function _meteringOf(
        Opening calldata opening,
        uint64 toppedUpMicro,
        PackedReading begin,
        PackedReading end,
        uint256 settledAt
    ) private pure returns (PackedMetering) {
        uint256 chargingSeconds = OcmfRecord.chargingSecondsOf(begin, end);
        bool isPossible = opening.openedAt + chargingSeconds <= settledAt && chargingSeconds <= type(uint32).max;
        if (!isPossible) chargingSeconds = 0;

        // The energy is a difference of 64 bits.
        uint64 energyMicroWh = uint64(OcmfRecord.energyMicroWhOf(begin, end));
        // Nothing else is signed: a car was connected as long as it charged.
        uint32 provenSeconds = uint32(chargingSeconds);
        return
            PackedMeteringLibrary.packOpening(opening, toppedUpMicro).withMeasured(
                energyMicroWh,
                provenSeconds,
                provenSeconds
            );
    }

    /// @dev A key counts its records upwards, under whatever meter number; what was seen once never comes again. A register
    /// that does not start over with each transaction only grows, too; another one has another sum.
    function _consume(bytes32 keyId, ProvenRecord memory first, ProvenRecord memory last) private {
        LastRecord memory previous = _lastRecords[keyId];
        require(
            !previous.isPresent || first.pagination > previous.pagination,
            RecordConsumed(first.pagination, previous.pagination)
        );
        if (last.totalRegister == 0) {
            previous.pagination = last.pagination;
            previous.isPresent = true;
            _lastRecords[keyId] = previous;
            return;
        }
        require(
            last.totalRegister != previous.totalRegister || first.begin.registerMicroWh() >= previous.registerMicroWh,
            RegisterReused(first.begin.registerMicroWh(), previous.registerMicroWh)
        );

        _lastRecords[keyId] = LastRecord(last.pagination, last.end.registerMicroWh(), last.totalRegister, true);
    }

    /// @dev What the last call reverted with, its beginning if it is long: `returndatacopy` in part is what Solidity has not.
    function _shortReason() private pure returns (bytes memory reason) {
        assembly ("memory-safe") {
            let size := returndatasize()
            if gt(size, LONGEST_REASON) {
                size := LONGEST_REASON
            }
            reason := mload(0x40)
            mstore(reason, size)
            returndatacopy(add(reason, 32), 0, size)
            mstore(0x40, add(reason, and(add(size, 63), not(31))))
        }
    }

    /* VIEWS */

    /// @inheritdoc IMeterSettlement
    function measure(
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro,
        uint40 settledAt,
        SignedRecord[] calldata records
    ) external view returns (PackedMetering metering) {
        RecordSigner memory signer = meterRegistry.recordSignerOf(terms.meter);
        _requireSigner(terms, opening, signer, settledAt);
        bytes32 sessionId = SettlementDomain.sessionIdAt(address(settlement), terms);
        (ProvenRecord memory first, ProvenRecord memory last) = _readRecords(
            SettlementDomain.tagDigestOf(sessionId, opening),
            signer,
            records
        );
        metering = _meteringOf(opening, toppedUpMicro, first.begin, last.end, settledAt);
        bool isPossible = metering.isWithinPower(terms.maximumPowerW, settledAt - opening.openedAt);
        require(isPossible, EnergyAbovePower(metering.energyMicroWh(), terms.maximumPowerW));
    }

    /// @inheritdoc IMeterSettlement
    function lastRecordOf(uint32 meter) external view returns (uint64 pagination, uint64 registerMicroWh) {
        LastRecord memory last = _lastRecords[meterRegistry.recordSignerOf(meter).keyId];
        return (last.pagination, last.registerMicroWh);
    }
}
