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

/// @notice How the registrant showed possession of the meter's key.
enum Possession {
    None,
    /// The contract verified a record that the key signed.
    ProvenOnChain,
    /// A quorum of oracles verified such a record. The only way on curves that the contract cannot verify.
    AttestedByOracles
}

/// @notice Who says that the key belongs to a meter, from the weakest word to the strongest. Possession alone says nothing
/// about the device: a key in a computer signs like a key in a calibrated meter.
enum Provenance {
    /// The meter was never activated.
    None,
    /// Its operator. The key signed a record, and nobody else vouches for the device.
    SelfDeclared,
    /// A quorum of oracles, which attested possession.
    AttestedByQuorum,
    /// The maker of the meter, with a key that is registered here and not revoked.
    VouchedByMaker
}

/// @notice The stage of a meter's life. It only moves forward.
enum MeterStatus {
    None,
    Pending,
    Active,
    /// Taken out of service. The key may be registered again.
    Retired,
    /// The key is not trusted from the time of revocation on and can never be registered again.
    Revoked
}

/// @notice A charging point.
struct Evse {
    address operator;
    /// The most power that it can deliver, in watts. Drivers put it into the terms of their sessions.
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
    /// The calibration ends here (exclusive), and records no longer count.
    uint40 calibrationExpiresAt;
    /// Number of the maker that vouched for the meter; 0 if none did.
    uint32 maker;
    /// X and Y, big-endian, each as long as the curve's field.
    bytes publicKey;
}

/// @notice A key with which a maker of meters vouches for them. Times are seconds since 1970.
struct Maker {
    /// secp256r1 or secp256k1.
    Curve curve;
    /// The key vouches from here (inclusive) …
    uint40 activeFrom;
    /// … to here (exclusive); 0 if it was not revoked.
    uint40 revokedAt;
    uint256 x;
    uint256 y;
    string name;
}

/// @notice What a maker signs about one of its meters.
struct MakerStatement {
    /// Number of the maker's key.
    uint32 maker;
    /// The end of the calibration, in seconds since 1970. The meter must not be registered with a later one.
    uint40 calibrationExpiresAt;
    /// Model of the meter, as on its type plate.
    string meterType;
    string serialNumber;
}

/// @notice What the registry says about the signer of a meter's records. Times are seconds since 1970.
struct RecordSigner {
    address operator;
    uint32 evse;
    Curve curve;
    Possession possession;
    /// As of now: it changes when a maker vouches for the meter or a maker's key is revoked.
    Provenance provenance;
    /// Records count from here (inclusive) …
    uint40 countsFrom;
    /// … to here (exclusive): the end of validity or of calibration, whichever is earlier. Not after `countsFrom` if no
    /// record counts, because the meter was never activated.
    uint40 countsUntil;
    /// The key; both 0 where a coordinate is longer than 32 bytes.
    uint256 x;
    uint256 y;
    /// The same for every meter number that the key had.
    bytes32 keyId;
}

/// @title Meter registry
/// @notice Lists which meter measures at which EVSE, and which key signs its records. Anybody may register EVSEs as their
/// operator. A key becomes active only with proof of possession: a record that the key signed and whose identification
/// (`ID`) is the tag of (chain, registry, registrant, EVSE, key, number of the key's activations). A published record of
/// another operator's meter therefore proves nothing, and neither does a record from an earlier ownership.
/// Possession of a key does not show that the key sits in a meter. Provenance tells who vouches for that.
/// The owner of the oracle committee registers and revokes the keys of makers.
interface IMeterRegistry {
    /// @notice An operator has registered a charging point.
    event EvseRegistered(uint32 indexed evse, address indexed operator, string evseId, uint24 maximumPowerW);
    /// @notice The operator has changed the most power that an EVSE can deliver.
    event MaximumPowerChanged(uint32 indexed evse, uint24 maximumPowerW);
    /// @notice A meter was registered and is pending. `content` is everything that is stored about it.
    event MeterRegistered(uint32 indexed meter, uint32 indexed evse, bytes32 indexed keyId, Meter content);
    /// @notice A meter became the active one of its EVSE. Its records count from `validFrom` on. That is later than
    /// registered if the key's records counted for an earlier meter number until then.
    event MeterActivated(
        uint32 indexed meter,
        uint32 indexed evse,
        bytes32 indexed keyId,
        Possession possession,
        uint256 validFrom
    );
    /// @notice A maker has vouched for a meter, pending or active. It replaces an earlier word of a maker about the meter.
    event MeterVouched(
        uint32 indexed meter,
        uint32 indexed maker,
        bytes32 indexed keyId,
        string meterType,
        string serialNumber,
        uint256 calibrationExpiresAt
    );
    /// @notice A meter was taken out of service, by its operator or because another one was activated at the EVSE. Its
    /// records count until `validUntil`.
    event MeterRetired(uint32 indexed meter, uint32 indexed evse, bytes32 indexed keyId, uint256 validUntil);
    /// @notice The operator of the active meter allows the pending meter `successor`, which has the same key, to take its
    /// place. 0 withdraws that permission.
    event MeterHandedOver(uint32 indexed meter, uint32 indexed successor, bytes32 indexed keyId);
    /// @notice The key of a meter is no longer trusted. Its records count until `validUntil`.
    event MeterRevoked(uint32 indexed meter, uint32 indexed evse, bytes32 indexed keyId, uint256 validUntil);
    /// @notice A maker's key was registered. It vouches for meters from `activeFrom` on.
    event MakerRegistered(
        uint32 indexed maker,
        bytes32 indexed keyId,
        Curve curve,
        uint256 x,
        uint256 y,
        string name,
        uint256 activeFrom
    );
    /// @notice A maker's key is no longer trusted. Meters that it vouched for lose that level from now on; what they
    /// settled before stands.
    event MakerRevoked(uint32 indexed maker, bytes32 indexed keyId);

    /// @notice The EVSE id is empty or too long.
    error EvseIdLengthOutOfRange(uint256 length, uint256 least, uint256 most);
    /// @notice The operator has registered this EVSE id before.
    error EvseAlreadyRegistered(uint32 evse);
    /// @notice An EVSE must be able to deliver power.
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
    /// @notice The point is not on the curve.
    error PublicKeyOffCurve();
    /// @notice No record could ever count, because validity or calibration would end before the validity begins or before
    /// the present time.
    error ValidityEmpty(uint256 validFrom, uint256 validUntil);
    /// @notice The calibration ended before the present time.
    error CalibrationExpired(uint256 calibrationExpiresAt, uint256 timestamp);
    /// @notice The key is active at another meter number, whose operator has not handed it over and whose validity and
    /// calibration have not ended.
    error KeyAlreadyActive(uint32 meter);
    /// @notice The successor has another key.
    error KeyDiffers(bytes32 keyId, bytes32 expected);
    /// @notice The key was activated at a later meter number, and only the operator of that one can revoke it.
    error KeyPassedOn(uint32 meter, uint32 lastMeter);
    /// @notice A quorum attested possession of the meter, so a quorum has to agree to the revocation.
    error QuorumNeeded(uint32 meter);
    /// @notice The key was revoked. That is final.
    error KeyRevoked(bytes32 keyId);
    /// @notice Only a pending meter can be activated.
    error MeterNotPending(uint32 meter, MeterStatus status);
    /// @notice The meter's status does not allow this.
    error MeterNotActive(uint32 meter, MeterStatus status);
    /// @notice This contract cannot verify signatures on the curve; oracles have to attest.
    error CurveNotVerifiable(Curve curve);
    /// @notice This contract verifies signatures on the curve itself and takes no attestation of oracles instead.
    error CurveVerifiable(Curve curve);
    /// @notice The record does not carry the tag that proves possession.
    error PossessionTagMissing(string expected);
    /// @notice The registrant never showed possession of the key and so cannot revoke it.
    error PossessionUnproven(uint32 meter);
    /// @notice The signature is not the registered key's signature of the payload.
    error RecordSignatureInvalid();
    /// @notice Only the owner of the oracle committee can register and revoke makers.
    error NotCommitteeOwner(address caller, address owner);
    /// @notice There is no maker with this number.
    error MakerUnknown(uint32 maker);
    /// @notice The key was registered as a maker's before.
    error MakerKeyKnown(uint32 maker);
    /// @notice The maker's key does not vouch for anything now: its delay is not over, or it was revoked.
    /// @param revokedAt 0 if it was not.
    error MakerNotActive(uint32 maker, uint256 activeFrom, uint256 revokedAt);
    /// @notice A name, a type or a serial number is empty or too long.
    error TextLengthOutOfRange(uint256 length, uint256 least, uint256 most);
    /// @notice The meter is registered with a later end of calibration than its maker vouches for.
    error CalibrationNotVouched(uint256 calibrationExpiresAt, uint256 vouchedUntil);
    /// @notice The signature is not the maker's signature of the statement about this meter's key.
    error MakerSignatureInvalid(uint32 maker);

    /// @notice Registers a charging point of the calling operator.
    /// @param evseId 1 to 48 bytes (OCPI 2.2.1 §8.3: CiString(48)).
    /// @param maximumPowerW The most power that it can deliver, in watts. From 1 W to 16.7 MW.
    /// @return evse Its number, from 1 up.
    function registerEvse(string calldata evseId, uint24 maximumPowerW) external returns (uint32 evse);

    /// @notice Changes the most power that an EVSE can deliver, for sessions that open later. Only its operator.
    /// @param maximumPowerW In watts, not 0.
    function changeMaximumPower(uint32 evse, uint24 maximumPowerW) external;

    /// @notice Registers a meter at an EVSE of the calling operator. It is pending until possession is proven.
    /// @param publicKey X and Y, big-endian, each as long as the curve's field. The contract refuses points off the curve,
    /// except on the two 384-bit curves, where the attesting oracles check it.
    /// @return meter Its number, from 1 up.
    function registerMeter(
        uint32 evse,
        Curve curve,
        bytes calldata publicKey,
        uint40 validFrom,
        uint40 validUntil,
        uint40 calibrationExpiresAt
    ) external returns (uint32 meter);

    /// @notice Activates a meter with a record that its key signed and whose `ID` is the possession tag. Only secp256r1 and
    /// secp256k1. Anybody may call while the EVSE has no active meter; otherwise only its operator may.
    /// The call retires the meter that was active at the EVSE, and the meter number at which the key was active. The latter
    /// needs one of three things: its operator handed the meter over, its operator is the caller and the operator here too,
    /// or its validity or calibration has ended. Reverts with IOcmfScanner's `RecordRefused` if the scanner refuses the
    /// record.
    /// Warning: the holder of a meter can let it sign tags for later activations, and use them while the key is active
    /// nowhere. Move a meter in one step, without retiring it first.
    /// @param payload The signed bytes of the record: what stands between the first and the second `|`.
    /// @param r First half of the signature.
    /// @param s Second half of the signature; both s and n − s are accepted.
    function activateMeter(uint32 meter, bytes calldata payload, bytes32 r, bytes32 s) external;

    /// @notice Activates a meter after a quorum of oracles attested that they verified such a record or have other proof.
    /// Only on curves that this contract cannot verify. The rules of `activateMeter` apply for callers and retired meters.
    /// @param signatures The oracles' signatures of `attestationDigestOf(meter)`; see IOracleCommittee.requireQuorum.
    function activateAttestedMeter(uint32 meter, OracleSignature[] calldata signatures) external;

    /// @notice Records that the maker of a pending or active meter vouches for it. Only the EVSE's operator. It counts for
    /// this meter number; under another number the same signature is given again.
    /// @param statement What the maker signed, besides the meter's key.
    /// @param r First half of the maker's signature of `vouchingDigestOf(meter, statement)`.
    /// @param s Second half of the signature; both s and n − s are accepted.
    function vouchForMeter(uint32 meter, MakerStatement calldata statement, bytes32 r, bytes32 s) external;

    /// @notice Allows a pending meter with the same key, at any EVSE of any operator, to take the place of an active one.
    /// The activation of the successor needs its own proof of possession, and retires the active one in the same step.
    /// Only the operator of the active one. 0 withdraws the permission until the successor is active.
    function handOverMeter(uint32 meter, uint32 successor) external;

    /// @notice Takes an active or pending meter out of service. Only the EVSE's operator. Final for this number. Any
    /// operator may register the key again.
    function retireMeter(uint32 meter) external;

    /// @notice Declares that the key of a meter is no longer trusted. Its records count until now, or until the end of the
    /// meter's service if that was earlier. Only the EVSE's operator, only at the number at which the key was activated
    /// last, and only if possession was proven on chain. Final for the key.
    /// Warning: the seller of a meter can revoke its key until the buyer has activated it.
    function revokeMeter(uint32 meter) external;

    /// @notice Does the same with a quorum's agreement. A key that a quorum attested cannot be revoked without one.
    /// @param signatures The oracles' signatures of `revocationDigestOf(meter)`; see IOracleCommittee.requireQuorum.
    function revokeAttestedMeter(uint32 meter, OracleSignature[] calldata signatures) external;

    /// @notice Registers a key with which a maker vouches for its meters, after the committee's `changeDelaySeconds`. Only
    /// the owner of the oracle committee. A key is registered once.
    /// @param curve secp256r1 or secp256k1.
    /// @param x The key's coordinates, a point of the curve.
    /// @param y See `x`.
    /// @param name The maker, as shown to people. 1 to 64 bytes.
    /// @return maker Its number, from 1 up.
    function registerMaker(Curve curve, uint256 x, uint256 y, string calldata name) external returns (uint32 maker);

    /// @notice Ends the trust in a maker's key at once and for ever. Only the owner of the oracle committee. The meters
    /// that it vouched for keep measuring at the level below; what they settled before stands.
    function revokeMaker(uint32 maker) external;

    /// @notice What is stored about an EVSE; all zero if there is none with this number.
    function evseOf(uint32 evse) external view returns (Evse memory content);
    /// @notice What is stored about a meter; all zero if there is none with this number.
    function meterOf(uint32 meter) external view returns (Meter memory content);
    /// @notice What is stored about a maker's key; all zero if there is none with this number.
    function makerOf(uint32 maker) external view returns (Maker memory content);
    /// @notice Who says that the key belongs to a meter, as of now.
    function provenanceOf(uint32 meter) external view returns (Provenance provenance);
    /// @notice What is needed to judge a record of the meter, in one call; all zero if there is none with this number.
    function recordSignerOf(uint32 meter) external view returns (RecordSigner memory signer);
    /// @notice The number of the meter at which the key is active; 0 if there is none.
    function activeMeterOf(bytes32 keyId) external view returns (uint32 meter);
    /// @notice The device that holds a key, which may get another key in its life: keccak256(abi.encode(maker, serialNumber))
    /// as a maker first said when it vouched for the key; the key's id as long as none did.
    function physicalMeterOf(bytes32 keyId) external view returns (bytes32 physicalMeter);
    /// @notice keccak256 of curve and public key.
    function keyIdOf(Curve curve, bytes calldata publicKey) external pure returns (bytes32 keyId);
    /// @notice Whether records that the meter signed at `timestamp` count: the meter was activated, and the time lies in
    /// its validity interval and before the end of its calibration. The caller decides which time it trusts; no deadline
    /// may depend on a meter's clock.
    function isValidAt(uint32 meter, uint256 timestamp) external view returns (bool);
    /// @notice The 20 characters that the record proving possession must carry as `ID`: the first 100 bits, in RFC 4648
    /// base32, of the EIP-712 digest of MeterPossession(address registrant,uint32 evse,bytes32 keyId,uint32 activations).
    function possessionTagOf(uint32 meter) external view returns (string memory tag);
    /// @notice What a maker signs to vouch for the meter: the EIP-712 digest of
    /// MeterVouching(bytes32 keyId,string meterType,string serialNumber,uint40 calibrationExpiresAt). It names neither the
    /// meter's number nor its operator, so a maker can sign before the meter is sold.
    function vouchingDigestOf(uint32 meter, MakerStatement calldata statement) external view returns (bytes32 digest);
    /// @notice What oracles sign to attest possession: the EIP-712 digest of
    /// MeterAttestation(uint32 meter,uint32 evse,bytes32 keyId,uint32 activations).
    function attestationDigestOf(uint32 meter) external view returns (bytes32 digest);
    /// @notice What oracles sign to agree to a revocation: the EIP-712 digest of
    /// MeterRevocation(uint32 meter,bytes32 keyId).
    function revocationDigestOf(uint32 meter) external view returns (bytes32 digest);
    /// @notice How often the key was activated. Each activation invalidates every earlier proof of possession.
    function activationsOf(bytes32 keyId) external view returns (uint32 activations);
    /// @notice Reads the records that prove possession; deployed with this contract.
    function ocmfScanner() external view returns (IOcmfScanner);
    /// @notice The oracles that may attest. Its owner registers makers.
    function oracleCommittee() external view returns (IOracleCommittee);
}
