// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOcmfScanner} from "./IOcmfScanner.sol";
import {IOracleCommittee, OracleSignature} from "./IOracleCommittee.sol";

/// @notice Elliptic curves of OCMF 1.4.1, table of signature algorithms, and secp224k1 of ChargePoint's meters.
enum Curve {
    None,
    Secp256r1,
    Secp256k1,
    Secp192r1,
    Secp192k1,
    BrainpoolP256r1,
    Secp384r1,
    BrainpoolP384r1,
    Secp224k1
}

/// @notice How it is known that the registrant has the meter.
enum Possession {
    None,
    /// A record signed by the key was verified by this contract.
    ProvenOnChain,
    /// A quorum of oracles says that it verified such a record. The only way for curves that the contract cannot verify.
    AttestedByOracles
}

/// @notice Where a meter is in its life. It only moves forward.
enum MeterStatus {
    None,
    Pending,
    Active,
    /// Taken out of service; the key may be registered again.
    Retired,
    /// The key is not trusted from the time of revocation on and can never be registered again.
    Revoked
}

/// @notice A charging point.
struct Evse {
    address operator;
    /// The most that it can deliver, in watts. Drivers put it into the terms of their sessions.
    uint24 maximumPowerW;
    /// Number of the active meter; 0 if there is none.
    uint32 activeMeter;
    /// The EVSE id, as printed on the charger (eMI3, ISO 15118-2 Annex H).
    string evseId;
}

/// @notice A meter and its key. Times are seconds since 1970.
struct Meter {
    uint32 evse;
    Curve curve;
    MeterStatus status;
    Possession possession;
    /// Records count from here (inclusive) …
    uint40 validFrom;
    /// … to here (exclusive). Set to the time of retirement or revocation where that is earlier.
    uint40 validUntil;
    /// From here on the meter's calibration has run out and its records do not count.
    uint40 calibrationExpiresAt;
    /// X and Y, big-endian, each as long as the curve's field.
    bytes publicKey;
}

/// @notice Whose records of a meter count, when, and the key that signs them. Times are seconds since 1970.
struct RecordSigner {
    address operator;
    uint32 evse;
    Curve curve;
    Possession possession;
    /// Records count from here (inclusive) …
    uint40 countsFrom;
    /// … to here (exclusive): the end of validity or of calibration, whichever is earlier. Not after `countsFrom` if
    /// none count: the meter was never activated.
    uint40 countsUntil;
    /// The key; both 0 where a coordinate is longer than 32 bytes.
    uint256 x;
    uint256 y;
    /// The same key under every meter number that it had.
    bytes32 keyId;
}

/// @title Meter registry
/// @notice Which meter measures at which EVSE, and by which key its records are known. Anybody may register EVSEs as
/// their operator. A key becomes active only with proof that the registrant has the meter: a record signed by the key
/// whose identification (`ID`) is the tag of (chain, registry, registrant, EVSE, key, number of the key's activations), so
/// that a published record of somebody else's meter proves nothing, and neither does a record from an earlier ownership.
interface IMeterRegistry {
    /// @notice An operator has registered a charging point.
    event EvseRegistered(uint32 indexed evse, address indexed operator, string evseId, uint24 maximumPowerW);
    /// @notice The most that an EVSE can deliver has changed.
    event MaximumPowerChanged(uint32 indexed evse, uint24 maximumPowerW);
    /// @notice A meter was registered and is pending; `content` is all that is stored of it.
    event MeterRegistered(uint32 indexed meter, uint32 indexed evse, bytes32 indexed keyId, Meter content);
    /// @notice A meter is the active one of its EVSE. Its records count from `validFrom` on: later than registered where
    /// the key's records counted for an earlier meter number until then.
    event MeterActivated(
        uint32 indexed meter,
        uint32 indexed evse,
        bytes32 indexed keyId,
        Possession possession,
        uint256 validFrom
    );
    /// @notice A meter was taken out of service, by its operator or because another one was activated at the EVSE. Its
    /// records count until `validUntil`.
    event MeterRetired(uint32 indexed meter, uint32 indexed evse, bytes32 indexed keyId, uint256 validUntil);
    /// @notice The operator of the active meter lets the pending meter `successor`, which has the same key, take its place;
    /// 0 takes that back.
    event MeterHandedOver(uint32 indexed meter, uint32 indexed successor, bytes32 indexed keyId);
    /// @notice The key of a meter is no longer trusted. Its records count until `validUntil`.
    event MeterRevoked(uint32 indexed meter, uint32 indexed evse, bytes32 indexed keyId, uint256 validUntil);

    /// @notice The EVSE id is empty or too long.
    error EvseIdLengthOutOfRange(uint256 length, uint256 least, uint256 most);
    /// @notice The operator has registered this EVSE id before.
    error EvseAlreadyRegistered(uint32 evse);
    /// @notice An EVSE that delivers nothing.
    error MaximumPowerZero();
    /// @notice There is no EVSE with this number.
    error EvseUnknown(uint32 evse);
    /// @notice There is no meter with this number.
    error MeterUnknown(uint32 meter);
    /// @notice Only the EVSE's operator can do this.
    error NotOperator(address caller, address operator);
    /// @notice A key needs a curve.
    error CurveMissing();
    /// @notice The key is not twice as long as a coordinate of its curve.
    error PublicKeyLengthWrong(uint256 length, uint256 expected);
    /// @notice The point is not on the curve, or is no point of it at all.
    error PublicKeyOffCurve();
    /// @notice No record could ever count: the interval is empty, or ends before the present time, before the records of
    /// the same key stop to count for an earlier meter number, or, as far as the calibration goes, before it begins.
    error ValidityEmpty(uint256 validFrom, uint256 validUntil);
    /// @notice The calibration has run out before the present time.
    error CalibrationExpired(uint256 calibrationExpiresAt, uint256 timestamp);
    /// @notice The key is active at another meter number, whose operator does not hand it over, and whose time is not over.
    error KeyAlreadyActive(uint32 meter);
    /// @notice The successor has another key.
    error KeyDiffers(bytes32 keyId, bytes32 expected);
    /// @notice The key was activated at a later meter number, so that it is not this one's to revoke.
    error KeyPassedOn(uint32 meter, uint32 lastMeter);
    /// @notice Possession of the meter is known from a quorum alone, and so a quorum has to agree to the revocation.
    error QuorumNeeded(uint32 meter);
    /// @notice The key was revoked, which is final.
    error KeyRevoked(bytes32 keyId);
    /// @notice Only a pending meter can be activated.
    error MeterNotPending(uint32 meter, MeterStatus status);
    /// @notice The meter is in a state in which this cannot be done to it.
    error MeterNotActive(uint32 meter, MeterStatus status);
    /// @notice This contract cannot verify signatures on the curve; oracles have to attest.
    error CurveNotVerifiable(Curve curve);
    /// @notice This contract verifies signatures on the curve itself; no word of oracles takes their place.
    error CurveVerifiable(Curve curve);
    /// @notice The record does not carry the tag that proves possession.
    error PossessionTagMissing(string expected);
    /// @notice It was never shown that the registrant has the meter, so that its key is not theirs to revoke.
    error PossessionUnproven(uint32 meter);
    /// @notice The signature is not the registered key's signature of the payload.
    error RecordSignatureInvalid();

    /// @notice Registers a charging point of the calling operator.
    /// @param evseId 1 to 48 bytes (OCPI 2.2.1 §8.3: CiString(48)).
    /// @param maximumPowerW The most that it can deliver, in watts, not 0; at most 16.7 MW.
    /// @return evse Its number, from 1 up.
    function registerEvse(string calldata evseId, uint24 maximumPowerW) external returns (uint32 evse);

    /// @notice Changes the most that an EVSE can deliver, for sessions that are opened later. Only its operator.
    /// @param maximumPowerW In watts, not 0.
    function changeMaximumPower(uint32 evse, uint24 maximumPowerW) external;

    /// @notice Registers a meter at an EVSE of the calling operator. It is pending until possession is proven.
    /// @param publicKey X and Y, big-endian, each as long as the curve's field. Points off the curve are refused; on the
    /// two 384-bit curves the attesting oracles check it.
    /// @return meter Its number, from 1 up.
    function registerMeter(
        uint32 evse,
        Curve curve,
        bytes calldata publicKey,
        uint40 validFrom,
        uint40 validUntil,
        uint40 calibrationExpiresAt
    ) external returns (uint32 meter);

    /// @notice Activates a meter with a record that its key signed and whose `ID` is the possession tag. The meter that
    /// was active at the EVSE is retired, and so is the number at which the key was active: its operator must have handed
    /// the meter over, or be the caller and the operator here too, or its validity or calibration must be over. Anybody may
    /// call while the EVSE has no active meter, else only its operator; secp256r1 and secp256k1 only. Reverts with
    /// IOcmfScanner's `RecordRefused` where the record is not taken.
    /// Warning: who has the meter can have it sign tags for later activations. Whoever moves a meter does it in one step,
    /// without retiring it first, so that its key is never free.
    /// @param payload The signed bytes of the record: what stands between the first and the second `|`.
    /// @param r First half of the signature.
    /// @param s Second half of the signature; both s and n − s are accepted.
    function activateMeter(uint32 meter, bytes calldata payload, bytes32 r, bytes32 s) external;

    /// @notice Activates a meter on the word of a quorum of oracles that they verified such a record, or have other proof:
    /// only on curves that this contract cannot verify. Who may call, and what is retired: as for `activateMeter`.
    /// @param signatures The oracles' signatures of `attestationDigestOf(meter)`; see IOracleCommittee.requireQuorum.
    function activateAttestedMeter(uint32 meter, OracleSignature[] calldata signatures) external;

    /// @notice Lets a pending meter with the same key, at whatever EVSE of whatever operator, take the place of an active
    /// one. The activation of the successor, which still needs its own proof, retires the active one in the same step.
    /// Only the operator of the active one, until then; 0 takes it back.
    function handOverMeter(uint32 meter, uint32 successor) external;

    /// @notice Takes an active or pending meter out of service. Only the EVSE's operator. Final for this number; the key
    /// may be registered again, also by somebody else.
    function retireMeter(uint32 meter) external;

    /// @notice Declares the key of a meter that is or was active no longer trusted: its records count until now, or until
    /// the end of the meter's service where that was earlier. Only the EVSE's operator, only at the number at which the key
    /// was activated last, and only where possession was proven on chain. Final for the key.
    /// Warning: who sells a meter can revoke its key until the buyer has activated it.
    function revokeMeter(uint32 meter) external;

    /// @notice The same with a quorum's agreement, without which a key that a quorum attested is not revoked.
    /// @param signatures The oracles' signatures of `revocationDigestOf(meter)`; see IOracleCommittee.requireQuorum.
    function revokeAttestedMeter(uint32 meter, OracleSignature[] calldata signatures) external;

    /// @notice What is stored of an EVSE; all zero if there is none with this number.
    function evseOf(uint32 evse) external view returns (Evse memory content);
    /// @notice What is stored of a meter; all zero if there is none with this number.
    function meterOf(uint32 meter) external view returns (Meter memory content);
    /// @notice What is needed to judge a record of the meter, in one call; all zero if there is none with this number.
    function recordSignerOf(uint32 meter) external view returns (RecordSigner memory signer);
    /// @notice The number of the meter at which the key is active; 0 if there is none.
    function activeMeterOf(bytes32 keyId) external view returns (uint32 meter);
    /// @notice keccak256 of curve and public key.
    function keyIdOf(Curve curve, bytes calldata publicKey) external pure returns (bytes32 keyId);
    /// @notice Whether records that the meter signed at `timestamp` count: active then, inside the validity
    /// interval and before the calibration ran out. The caller decides which time it trusts; a meter's clock is no
    /// basis for a deadline.
    function isValidAt(uint32 meter, uint256 timestamp) external view returns (bool);
    /// @notice The 20 characters that the record proving possession must carry as `ID`: the first 100 bits, in RFC 4648
    /// base32, of the EIP-712 digest of MeterPossession(address registrant,uint32 evse,bytes32 keyId,uint32 activations).
    function possessionTagOf(uint32 meter) external view returns (string memory tag);
    /// @notice What oracles sign to attest possession: the EIP-712 digest of
    /// MeterAttestation(uint32 meter,uint32 evse,bytes32 keyId,uint32 activations).
    function attestationDigestOf(uint32 meter) external view returns (bytes32 digest);
    /// @notice What oracles sign to agree to a revocation: the EIP-712 digest of
    /// MeterRevocation(uint32 meter,bytes32 keyId).
    function revocationDigestOf(uint32 meter) external view returns (bytes32 digest);
    /// @notice How often the key was activated. Each activation makes every earlier proof of possession worthless.
    function activationsOf(bytes32 keyId) external view returns (uint32 activations);
    /// @notice Reads the records that prove possession; deployed with this contract.
    function ocmfScanner() external view returns (IOcmfScanner);
    /// @notice Who may attest.
    function oracleCommittee() external view returns (IOracleCommittee);
}
