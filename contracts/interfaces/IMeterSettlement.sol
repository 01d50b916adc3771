// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChargingSettlement, Opening, PackedMetering, SessionTerms} from "./IChargingSettlement.sol";
import {IMeterRegistry} from "./IMeterRegistry.sol";
import {IOcmfScanner} from "./IOcmfScanner.sol";
import {Tariff} from "./ITariffRegistry.sol";

/// @notice One OCMF record as the meter signed it.
struct SignedRecord {
    /// What stands between the first and the second `|`, byte for byte.
    bytes payload;
    /// The signature; both s and n − s are accepted.
    bytes32 r;
    bytes32 s;
}

/// @notice A session with what its meter signed.
struct MeteredSession {
    SessionTerms terms;
    /// The block in which it opened.
    Opening opening;
    /// By how much the driver raised the hold.
    uint64 toppedUpMicro;
    /// The tariff that the terms name.
    Tariff tariff;
    /// One record with begin and end, or the begin record and the end record that follows it.
    SignedRecord[] records;
}

/// @title Settlement by the meter's own signature
/// @notice Settles a session from the records that its meter signed, without any oracle. Anybody may call.
///
/// Assumptions for correctness: the meter measures and signs rightly; the charger gave the session's idTag into the
/// record's `ID`, for one charge only, and no other text of its choice. Assumptions for liveness: none but the chain.
///
/// Whatever the records cannot prove is not charged: the time between their begin and end counts as charged and as
/// connected, only where both clocks had state S, R or I, and only if it is no longer than the time from opening to
/// settlement. No deadline depends on a meter's clock.
///
/// A key in a computer signs like a key in a calibrated meter. So the credit is final only where a maker vouches for the
/// meter. Otherwise it is provisional, counts against what oracles can credit the operator with in an epoch, and a quorum
/// can lower it within the challenge window (`IChallenges.lowerPrice`).
///
/// Warning: the sessions of one meter settle here in the order of their records. One that is settled before an earlier
/// one shuts that one out of this way for good, and anybody can settle it; an oracle can still settle both. Who relies on
/// this way alone settles each session before the meter ends the next one.
interface IMeterSettlement {
    /// @notice A session was settled from these records; the last has this number.
    event SessionProven(bytes32 indexed sessionId, uint32 indexed meter, uint256 pagination, uint256 registerMicroWh);
    /// @notice One session of a batch was not settled; nothing changed for it.
    /// @param reason What the single call would have reverted with, at most its first 260 bytes.
    event ProofSkipped(bytes32 indexed sessionId, bytes reason);

    /// @notice One record, or two.
    error RecordCountWrong(uint256 count);
    /// @notice The meter is not the EVSE's, or the EVSE not the operator's.
    error MeterMismatch(uint32 meter, uint32 evse, address operator);
    /// @notice The meter's possession was not proven to the chain; an oracle has to settle.
    error PossessionNotProven(uint32 meter);
    /// @notice The meter's records counted at no time between the session's opening and its settlement.
    error MeterNotValid(uint32 meter);
    /// @notice A record is not signed by the meter's key.
    error RecordSignatureInvalid(uint256 index);
    /// @notice A record's `ID` is not the session's idTag.
    error IdTagMissing(uint256 index, string expected);
    /// @notice The records lack a begin or an end, or have one too many.
    error ReadingsIncomplete();
    /// @notice The end record does not follow the begin record.
    error PaginationGap(uint256 begin, uint256 end);
    /// @notice The two records name different meters, gateways or registers.
    error RecordsDiffer();
    /// @notice The register ran backwards between the two records.
    error RegisterDecreased(uint256 beginMicroWh, uint256 endMicroWh);
    /// @notice More energy than the EVSE's maximum power gives between opening and settlement.
    error EnergyAbovePower(uint256 energyMicroWh, uint256 maximumPowerW);
    /// @notice A record of this key with this or a later number has settled a session here already.
    error RecordConsumed(uint256 pagination, uint256 lastPagination);
    /// @notice The register, which only grows, is below the end of the last session that was settled here by it.
    error RegisterReused(uint256 beginMicroWh, uint256 lastEndMicroWh);

    /// @notice Settles one session, also after its expiry, until somebody expires it. Reverts with IOcmfScanner's
    /// `RecordRefused` where a record is not taken, and with the settlement's `SettlementRefused` where the session is not
    /// live under these terms.
    /// @return chargedMicro What the operator was credited with.
    function settleWithMeter(MeteredSession calldata session) external returns (uint256 chargedMicro);

    /// @notice Settles sessions. One that cannot be settled is skipped with an event; the others settle.
    /// @param sessions Each is handed on as it stands in the calldata, up to where the next one begins if that is behind it.
    /// Every usual encoder writes them so; one with parts elsewhere is skipped, with an empty reason.
    function settleBatchWithMeter(MeteredSession[] calldata sessions) external;

    /// @notice What the records prove of the session. Reverts where they could not settle it, but does not look whether
    /// the session is live or the records were seen before.
    /// @param opening The block in which it opened.
    /// @param toppedUpMicro By how much the driver raised the hold.
    /// @param settledAt When it is or was settled (seconds since 1970): what a clock shows beyond that proves no time.
    function measure(
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro,
        uint40 settledAt,
        SignedRecord[] calldata records
    ) external view returns (PackedMetering metering);

    /// @notice What this contract last saw of a meter's key: the number of the last record that settled a session, and where
    /// the register stood that was billed last among those that do not start over with each transaction.
    function lastRecordOf(uint32 meter) external view returns (uint64 pagination, uint64 registerMicroWh);

    /// @notice Where the money is.
    function settlement() external view returns (IChargingSettlement);

    /// @notice Where the meters' keys are.
    function meterRegistry() external view returns (IMeterRegistry);

    /// @notice What reads the records.
    function ocmfScanner() external view returns (IOcmfScanner);
}
