// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IChargingSettlement, PackedMetering, SessionTerms, Settlement} from "./interfaces/IChargingSettlement.sol";
import {IMeterRegistry, Possession, RecordSigner} from "./interfaces/IMeterRegistry.sol";
import {IMeterSettlement, MeteredSession, SignedRecord} from "./interfaces/IMeterSettlement.sol";
import {BillingReading, IOcmfScanner, OcmfContent} from "./interfaces/IOcmfScanner.sol";
import {Base32Tag} from "./libraries/Base32Tag.sol";
import {MeterSignature} from "./libraries/MeterSignature.sol";
import {OcmfRecord} from "./libraries/OcmfRecord.sol";
import {PackedMeteringLibrary} from "./libraries/PackedMeteringLibrary.sol";
import {SessionTermsLibrary} from "./libraries/SessionTermsLibrary.sol";
import {SettlementDomain} from "./libraries/SettlementDomain.sol";

/// @title Settlement by the meter's own signature
/// @dev See IMeterSettlement. It holds no money: the settlement contract takes its word.
contract MeterSettlement is IMeterSettlement {
    using SessionTermsLibrary for SessionTerms;

    /// The last record of a meter that settled a session here. One slot a meter, used again for every session.
    struct LastRecord {
        uint64 pagination;
        uint64 registerMicroWh;
        bool isPresent;
    }

    /// The longest error here: selector, two words and a text of 20 characters in two more, rounded up.
    uint256 private constant LONGEST_REASON = 260;

    IChargingSettlement public immutable settlement;
    IMeterRegistry public immutable meterRegistry;
    IOcmfScanner public immutable ocmfScanner;
    uint40 public immutable maximumSessionSeconds;

    mapping(uint32 meter => LastRecord) private _lastRecords;

    /// @param longestSessionSeconds The settlement's `maximumSessionSeconds`.
    constructor(IChargingSettlement chargingSettlement, IMeterRegistry meters, uint40 longestSessionSeconds) {
        settlement = chargingSettlement;
        meterRegistry = meters;
        ocmfScanner = meters.ocmfScanner();
        maximumSessionSeconds = longestSessionSeconds;
    }

    /* SETTLEMENT */

    function settleWithMeter(MeteredSession calldata session) external returns (uint256 chargedMicro) {
        SessionTerms calldata terms = session.terms;
        uint256 earliestOpening = _earliestOpeningOf(terms.expiresAt);
        RecordSigner memory signer = meterRegistry.recordSignerOf(terms.meter);
        _requireSigner(terms, signer, earliestOpening);
        bytes32 sessionId = SettlementDomain.sessionIdAt(address(settlement), terms);
        (OcmfContent memory first, OcmfContent memory last) = _readRecords(sessionId, signer, session.records);
        PackedMetering metering = _meteringOf(session.toppedUpMicro, first.begin, last.end);

        _consume(terms.meter, first, last);

        emit SessionProven(sessionId, terms.meter, last.pagination, last.end.registerMicroWh);

        return
            settlement.settleProven(
                sessionId,
                terms.operator,
                terms.agreement,
                session.tariff,
                Settlement(terms.driver, terms.pack(), metering)
            );
    }

    function settleBatchWithMeter(MeteredSession[] calldata sessions) external {
        for (uint256 i; i < sessions.length; ++i) {
            // A call of its own, so that whatever is wrong with one session undoes that one alone.
            try this.settleWithMeter(sessions[i]) {
                continue;
            } catch (bytes memory reason) {
                emit ProofSkipped(
                    SettlementDomain.sessionIdAt(address(settlement), sessions[i].terms),
                    _shorten(reason)
                );
            }
        }
    }

    /// @dev The earliest time at which a session with this expiry can have been opened.
    function _earliestOpeningOf(uint256 expiresAt) private view returns (uint256) {
        return expiresAt > maximumSessionSeconds ? Math.min(expiresAt - maximumSessionSeconds, block.timestamp) : 0;
    }

    /// @dev Whether the word of the terms' meter counts for this session.
    function _requireSigner(
        SessionTerms calldata terms,
        RecordSigner memory signer,
        uint256 earliestOpening
    ) private view {
        require(
            signer.evse == terms.evse && signer.operator == terms.operator,
            MeterMismatch(terms.meter, signer.evse, signer.operator)
        );
        require(signer.possession == Possession.ProvenOnChain, PossessionNotProven(terms.meter));
        // The session ran somewhere between the earliest opening that its expiry allows and now; a meter that was exchanged
        // meanwhile must not keep it from settling.
        require(
            Math.max(signer.countsFrom, earliestOpening) < Math.min(signer.countsUntil, block.timestamp + 1),
            MeterNotValid(terms.meter)
        );
    }

    /// @dev First and last record, which are the same where there is one.
    function _readRecords(
        bytes32 sessionId,
        RecordSigner memory signer,
        SignedRecord[] calldata records
    ) private view returns (OcmfContent memory first, OcmfContent memory last) {
        require(records.length == 1 || records.length == 2, RecordCountWrong(records.length));

        first = _readRecord(sessionId, signer, records[0], 0);
        last = records.length == 1 ? first : _readRecord(sessionId, signer, records[1], 1);
        require(first.begin.isPresent && last.end.isPresent, ReadingsIncomplete());
        if (records.length == 1) return (first, last);

        require(!first.end.isPresent && !last.begin.isPresent, ReadingsIncomplete());
        require(last.pagination == first.pagination + 1, PaginationGap(first.pagination, last.pagination));
        require(
            first.meterSerialHash == last.meterSerialHash &&
                first.gatewaySerialHash == last.gatewaySerialHash &&
                first.register == last.register,
            RecordsDiffer()
        );
        require(
            last.end.registerMicroWh >= first.begin.registerMicroWh,
            RegisterDecreased(first.begin.registerMicroWh, last.end.registerMicroWh)
        );
    }

    function _readRecord(
        bytes32 sessionId,
        RecordSigner memory signer,
        SignedRecord calldata record,
        uint256 index
    ) private view returns (OcmfContent memory content) {
        require(
            MeterSignature.isValid(signer.curve, signer.x, signer.y, record.payload, record.r, record.s),
            RecordSignatureInvalid(index)
        );
        content = ocmfScanner.scan(record.payload);
        uint256 position = content.identificationPosition;
        bool isBound = Base32Tag.isTagOf(sessionId, record.payload[position:position + content.identificationLength]);
        // `require` would compute the tag of the error for every good record too.
        if (!isBound) revert IdTagMissing(index, Base32Tag.tagOf(sessionId));
    }

    /// @dev What the readings prove, as an oracle has it too.
    function _meteringOf(
        uint64 toppedUpMicro,
        BillingReading memory begin,
        BillingReading memory end
    ) private pure returns (PackedMetering) {
        uint256 chargingSeconds = OcmfRecord.chargingSecondsOf(begin, end);
        require(chargingSeconds <= type(uint32).max, ChargingTimeOutOfRange(chargingSeconds, type(uint32).max));

        // The energy is a difference of 64 bits.
        uint64 energyMicroWh = uint64(OcmfRecord.energyMicroWhOf(begin, end));
        return PackedMeteringLibrary.pack(toppedUpMicro, energyMicroWh, uint32(chargingSeconds), 0);
    }

    /// @dev A meter counts its records and its energy upwards; what was seen once never comes again.
    function _consume(uint32 meter, OcmfContent memory first, OcmfContent memory last) private {
        LastRecord memory previous = _lastRecords[meter];
        if (previous.isPresent) {
            require(first.pagination > previous.pagination, RecordConsumed(first.pagination, previous.pagination));
            require(
                first.begin.registerMicroWh >= previous.registerMicroWh,
                RegisterReused(first.begin.registerMicroWh, previous.registerMicroWh)
            );
        }

        _lastRecords[meter] = LastRecord(last.pagination, last.end.registerMicroWh, true);
    }

    function _shorten(bytes memory reason) private pure returns (bytes memory) {
        if (reason.length > LONGEST_REASON) {
            assembly ("memory-safe") {
                mstore(reason, LONGEST_REASON)
            }
        }
        return reason;
    }

    /* VIEWS */

    function measure(
        SessionTerms calldata terms,
        uint64 toppedUpMicro,
        SignedRecord[] calldata records
    ) external view returns (PackedMetering metering) {
        uint256 earliestOpening = _earliestOpeningOf(terms.expiresAt);
        // An operator must not be able to keep a wrong settlement by revoking the key that shows it.
        RecordSigner memory signer = meterRegistry.recordSignerSince(terms.meter, earliestOpening);
        _requireSigner(terms, signer, earliestOpening);
        (OcmfContent memory first, OcmfContent memory last) = _readRecords(
            SettlementDomain.sessionIdAt(address(settlement), terms),
            signer,
            records
        );
        return _meteringOf(toppedUpMicro, first.begin, last.end);
    }

    function lastRecordOf(uint32 meter) external view returns (uint64 pagination, uint64 registerMicroWh) {
        LastRecord memory last = _lastRecords[meter];
        return (last.pagination, last.registerMicroWh);
    }
}
