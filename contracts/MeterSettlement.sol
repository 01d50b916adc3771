// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IChargingSettlement, PackedMetering, SessionTerms, Settlement} from "./interfaces/IChargingSettlement.sol";
import {IMeterRegistry, Meter, Possession} from "./interfaces/IMeterRegistry.sol";
import {IMeterSettlement, MeteredSession, SignedRecord} from "./interfaces/IMeterSettlement.sol";
import {BillingReading, IOcmfScanner, OcmfContent} from "./interfaces/IOcmfScanner.sol";
import {Base32Tag} from "./libraries/Base32Tag.sol";
import {EllipticCurve} from "./libraries/EllipticCurve.sol";
import {MeterSignature} from "./libraries/MeterSignature.sol";
import {OcmfRecord} from "./libraries/OcmfRecord.sol";
import {PackedMeteringLibrary} from "./libraries/PackedMeteringLibrary.sol";
import {SessionTermsLibrary} from "./libraries/SessionTermsLibrary.sol";

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
        bytes32 sessionId = settlement.sessionIdOf(terms);
        (OcmfContent memory first, OcmfContent memory last) = _readRecords(sessionId, terms, session.records);
        PackedMetering metering = _meteringOf(terms, first, last);
        _consume(terms.meter, first, last);

        chargedMicro = settlement.settleProven(
            terms.operator,
            session.tariff,
            Settlement(terms.driver, terms.pack(), metering)
        );

        emit SessionProven(sessionId, terms.meter, last.pagination, last.end.registerMicroWh);
    }

    function settleBatchWithMeter(MeteredSession[] calldata sessions) external {
        for (uint256 i; i < sessions.length; ++i) {
            // A call of its own, so that whatever is wrong with one session undoes that one alone.
            try this.settleWithMeter(sessions[i]) {} catch (bytes memory reason) {
                emit ProofSkipped(settlement.sessionIdOf(sessions[i].terms), _shorten(reason));
            }
        }
    }

    /// @dev What the records prove of the session.
    function _meteringOf(
        SessionTerms calldata terms,
        OcmfContent memory first,
        OcmfContent memory last
    ) private view returns (PackedMetering) {
        BillingReading memory begin = first.begin;
        BillingReading memory end = last.end;
        require(begin.isPresent && end.isPresent, ReadingsIncomplete());
        require(
            end.registerMicroWh >= begin.registerMicroWh,
            RegisterDecreased(begin.registerMicroWh, end.registerMicroWh)
        );

        // A session did not charge for longer than it can have run, whatever the meter's clock did.
        uint256 longestSeconds = block.timestamp - _earliestOpeningOf(terms);
        uint256 chargingSeconds = Math.min(OcmfRecord.chargingSecondsOf(begin, end), longestSeconds);
        return PackedMeteringLibrary.pack(uint64(OcmfRecord.energyMicroWhOf(begin, end)), uint32(chargingSeconds), 0);
    }

    /// @dev The earliest time at which a session with this expiry can have been opened.
    function _earliestOpeningOf(SessionTerms calldata terms) private view returns (uint256) {
        return
            terms.expiresAt > maximumSessionSeconds
                ? Math.min(terms.expiresAt - maximumSessionSeconds, block.timestamp)
                : 0;
    }

    /// @dev The meter of the terms, if its word counts for this session.
    function _requireMeter(SessionTerms calldata terms) private view returns (Meter memory meter) {
        meter = meterRegistry.meterOf(terms.meter);
        address operator = meterRegistry.operatorOf(terms.evse);
        require(
            meter.evse == terms.evse && operator == terms.operator,
            MeterMismatch(terms.meter, meter.evse, operator)
        );
        require(meter.possession == Possession.ProvenOnChain, PossessionNotProven(terms.meter));
        // The session ran somewhere between the earliest opening that its expiry allows and now. A meter that was valid
        // at either end could measure it; one that was exchanged meanwhile must not keep the session from settling.
        require(
            meterRegistry.isValidAt(terms.meter, block.timestamp) ||
                meterRegistry.isValidAt(terms.meter, _earliestOpeningOf(terms)),
            MeterNotValid(terms.meter)
        );
    }

    /// @dev First and last record, which are the same where there is one.
    function _readRecords(
        bytes32 sessionId,
        SessionTerms calldata terms,
        SignedRecord[] calldata records
    ) private view returns (OcmfContent memory first, OcmfContent memory last) {
        Meter memory meter = _requireMeter(terms);
        require(records.length == 1 || records.length == 2, RecordCountWrong(records.length));

        first = _readRecord(sessionId, meter, records[0], 0);
        if (records.length == 1) return (first, first);

        last = _readRecord(sessionId, meter, records[1], 1);
        require(!first.end.isPresent && !last.begin.isPresent, ReadingsIncomplete());
        require(last.pagination == first.pagination + 1, PaginationGap(first.pagination, last.pagination));
        require(
            first.meterSerialHash == last.meterSerialHash &&
                first.gatewaySerialHash == last.gatewaySerialHash &&
                first.register == last.register,
            RecordsDiffer()
        );
    }

    function _readRecord(
        bytes32 sessionId,
        Meter memory meter,
        SignedRecord calldata record,
        uint256 index
    ) private view returns (OcmfContent memory content) {
        (uint256 x, uint256 y) = EllipticCurve.coordinatesOf(meter.publicKey);
        require(
            MeterSignature.isValid(meter.curve, x, y, record.payload, record.r, record.s),
            RecordSignatureInvalid(index)
        );
        content = ocmfScanner.scan(record.payload);
        uint256 position = content.identificationPosition;
        require(
            Base32Tag.isTagOf(sessionId, record.payload[position:position + content.identificationLength]),
            IdTagMissing(index, Base32Tag.tagOf(sessionId))
        );
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

    function lastRecordOf(uint32 meter) external view returns (uint64 pagination, uint64 registerMicroWh) {
        LastRecord memory last = _lastRecords[meter];
        return (last.pagination, last.registerMicroWh);
    }
}
