// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

import {
    Curve,
    Evse,
    IMeterRegistry,
    MakerStatement,
    Meter,
    MeterStatus,
    Possession,
    Provenance,
    RecordSigner
} from "./interfaces/IMeterRegistry.sol";
import {IOcmfScanner, OcmfContent} from "./interfaces/IOcmfScanner.sol";
import {IOracleCommittee, OracleSignature} from "./interfaces/IOracleCommittee.sol";
import {Base32Tag} from "./libraries/Base32Tag.sol";
import {EllipticCurve} from "./libraries/EllipticCurve.sol";
import {MeterSignature} from "./libraries/MeterSignature.sol";
import {MeterMakers} from "./MeterMakers.sol";
import {OcmfScanner} from "./OcmfScanner.sol";

/// @title Meter registry
/// @dev See IMeterRegistry. Several calls of one caller can be made in one transaction, `multicall`: a site of many chargers
/// is registered at once, or not at all.
contract MeterRegistry is MeterMakers, Multicall {
    uint256 private constant LONGEST_EVSE_ID = 48;

    bytes32 private constant POSSESSION_TYPEHASH = keccak256(
        "MeterPossession(address registrant,uint32 evse,bytes32 keyId,uint32 activations)"
    );
    bytes32 private constant ATTESTATION_TYPEHASH = keccak256(
        "MeterAttestation(uint32 meter,uint32 evse,bytes32 keyId,uint32 activations)"
    );
    bytes32 private constant REVOCATION_TYPEHASH = keccak256("MeterRevocation(uint32 meter,bytes32 keyId)");

    /// What is known of a key over all meter numbers.
    struct Key {
        uint32 activeMeter;
        /// The number at which it was activated last; only its operator can revoke the key.
        uint32 lastMeter;
        /// The pending number to which the operator of the active one hands the meter over; 0 if there is none.
        uint32 successor;
        /// How often it was activated. A proof of possession serves one activation.
        uint32 activations;
        /// Records of the key counted for an earlier meter number until here.
        uint40 countedUntil;
        /// 0 if it was not; otherwise final.
        uint40 revokedAt;
    }

    IOcmfScanner public immutable ocmfScanner;

    uint32 private _evseCount;
    uint32 private _meterCount;
    mapping(uint32 evse => Evse) private _evses;
    mapping(uint32 meter => Meter) private _meters;
    mapping(bytes32 keyId => Key) private _keys;
    /// 0 for keys that no maker vouched for.
    mapping(bytes32 keyId => bytes32 physicalMeter) private _physicalMeters;
    mapping(address operator => mapping(bytes32 evseIdHash => uint32 evse)) private _evseByEvseId;

    constructor(IOracleCommittee oracles) MeterMakers(oracles) EIP712("Wattproof Meter Registry", "1") {
        ocmfScanner = new OcmfScanner();
    }

    /* REGISTRATION */

    /// @inheritdoc IMeterRegistry
    function registerEvse(string calldata evseId, uint24 maximumPowerW) external returns (uint32 evse) {
        uint256 length = bytes(evseId).length;
        require(length > 0 && length <= LONGEST_EVSE_ID, EvseIdLengthOutOfRange(length, 1, LONGEST_EVSE_ID));
        require(maximumPowerW != 0, MaximumPowerZero());
        bytes32 evseIdHash = keccak256(bytes(evseId));
        evse = _evseByEvseId[msg.sender][evseIdHash];
        require(evse == 0, EvseAlreadyRegistered(evse));

        evse = ++_evseCount;
        _evseByEvseId[msg.sender][evseIdHash] = evse;
        _evses[evse] = Evse(msg.sender, maximumPowerW, 0, evseId);

        emit EvseRegistered(evse, msg.sender, evseId, maximumPowerW);
    }

    /// @inheritdoc IMeterRegistry
    function changeMaximumPower(uint32 evse, uint24 maximumPowerW) external {
        _requireOperator(evse);
        require(maximumPowerW != 0, MaximumPowerZero());

        _evses[evse].maximumPowerW = maximumPowerW;

        emit MaximumPowerChanged(evse, maximumPowerW);
    }

    /// @inheritdoc IMeterRegistry
    function registerMeter(
        uint32 evse,
        Curve curve,
        bytes calldata publicKey,
        uint40 validFrom,
        uint40 validUntil,
        uint40 calibrationExpiresAt
    ) external returns (uint32 meter) {
        _requireOperator(evse);
        _requireKey(curve, publicKey);
        bytes32 keyId = keyIdOf(curve, publicKey);
        require(_keys[keyId].revokedAt == 0, KeyRevoked(keyId));
        require(validFrom < validUntil, ValidityEmpty(validFrom, validUntil));
        require(validFrom < calibrationExpiresAt, ValidityEmpty(validFrom, calibrationExpiresAt));
        _requireRunning(validUntil, calibrationExpiresAt);

        meter = ++_meterCount;
        Meter memory content = Meter({
            evse: evse,
            curve: curve,
            status: MeterStatus.Pending,
            possession: Possession.None,
            validFrom: validFrom,
            validUntil: validUntil,
            calibrationExpiresAt: calibrationExpiresAt,
            maker: 0,
            publicKey: publicKey
        });
        _meters[meter] = content;

        emit MeterRegistered(meter, evse, keyId, content);
    }

    /* ACTIVATION */

    /// @inheritdoc IMeterRegistry
    function activateMeter(uint32 meter, bytes calldata payload, bytes32 r, bytes32 s) external {
        bytes32 keyId = _requireActivatable(meter);
        Curve curve = _meters[meter].curve;
        require(MeterSignature.isVerifiable(curve), CurveNotVerifiable(curve));
        (uint256 x, uint256 y) = EllipticCurve.coordinatesOf(_meters[meter].publicKey);
        require(MeterSignature.isValid(curve, x, y, payload, r, s), RecordSignatureInvalid());
        _requirePossessionTag(meter, keyId, payload);

        _activate(meter, keyId, Possession.ProvenOnChain);
    }

    /// @inheritdoc IMeterRegistry
    function activateAttestedMeter(uint32 meter, OracleSignature[] calldata signatures) external {
        bytes32 keyId = _requireActivatable(meter);
        _requireAttestable(_meters[meter].curve);
        oracleCommittee.requireQuorum(_attestationDigestOf(meter, keyId), signatures);

        _activate(meter, keyId, Possession.AttestedByOracles);
    }

    /// @dev No word takes the place of a signature that can be verified here.
    function _requireAttestable(Curve curve) internal pure virtual {
        require(!MeterSignature.isVerifiable(curve), CurveVerifiable(curve));
    }

    /// @dev What must be true of a meter before anybody proves anything.
    function _requireActivatable(uint32 meter) private view returns (bytes32 keyId) {
        Meter storage content = _requireMeter(meter);
        require(content.status == MeterStatus.Pending, MeterNotPending(meter, content.status));
        Evse storage evse = _evses[content.evse];
        // A published record can be shown again by anybody; it must not retire a meter against the operator's will.
        require(evse.activeMeter == 0 || msg.sender == evse.operator, NotOperator(msg.sender, evse.operator));
        keyId = _keyIdOf(content);
        Key memory key = _keys[keyId];
        require(key.revokedAt == 0, KeyRevoked(keyId));
        require(_isMovable(key, meter, evse.operator), KeyAlreadyActive(key.activeMeter));
        _requireRunning(content.validUntil, content.calibrationExpiresAt);
    }

    /// @dev Whether nobody's meter is taken away: the key is active nowhere, or its time there is over, or who has it gives
    /// it away or moves it.
    function _isMovable(Key memory key, uint32 meter, address operator) private view returns (bool) {
        if (key.activeMeter == 0 || key.successor == meter) return true;
        Meter storage active = _meters[key.activeMeter];
        if (block.timestamp >= active.validUntil || block.timestamp >= active.calibrationExpiresAt) return true;
        return msg.sender == operator && operator == _evses[active.evse].operator;
    }

    function _requirePossessionTag(uint32 meter, bytes32 keyId, bytes calldata payload) private view {
        bytes32 digest = _possessionDigestOf(meter, keyId);
        OcmfContent memory content = ocmfScanner.scan(payload);
        uint256 position = content.identificationPosition;
        require(
            Base32Tag.isTagOf(digest, payload[position:position + content.identificationLength]),
            PossessionTagMissing(Base32Tag.tagOf(digest))
        );
    }

    function _activate(uint32 meter, bytes32 keyId, Possession possession) private {
        Meter storage content = _meters[meter];
        Evse storage evse = _evses[content.evse];
        uint32 previous = evse.activeMeter;
        if (previous != 0) _retire(previous, _keyIdOf(_meters[previous]));

        Key storage key = _keys[keyId];
        uint32 elsewhere = key.activeMeter;
        if (elsewhere != 0) _retire(elsewhere, keyId);
        // A record counts for one meter number only.
        if (content.validFrom < key.countedUntil) content.validFrom = key.countedUntil;
        content.status = MeterStatus.Active;
        content.possession = possession;
        (key.activeMeter, key.lastMeter, key.successor) = (meter, meter, 0);
        ++key.activations;
        evse.activeMeter = meter;

        emit MeterActivated(meter, content.evse, keyId, possession, content.validFrom);
    }

    /* PROVENANCE */

    /// @inheritdoc IMeterRegistry
    function vouchForMeter(uint32 meter, MakerStatement calldata statement, bytes32 r, bytes32 s) external {
        Meter storage content = _requireMeter(meter);
        _requireOperator(content.evse);
        MeterStatus status = content.status;
        require(status == MeterStatus.Active || status == MeterStatus.Pending, MeterNotActive(meter, status));
        uint40 calibrationExpiresAt = content.calibrationExpiresAt;
        require(
            calibrationExpiresAt <= statement.calibrationExpiresAt,
            CalibrationNotVouched(calibrationExpiresAt, statement.calibrationExpiresAt)
        );
        bytes32 keyId = _keyIdOf(content);
        _requireVouched(keyId, statement, r, s);

        content.maker = statement.maker;
        // The first word stands: what counts once for a meter must not count again under another name.
        if (_physicalMeters[keyId] == 0) _physicalMeters[keyId] = _physicalMeterOf(statement);

        emit MeterVouched(
            meter,
            statement.maker,
            keyId,
            statement.meterType,
            statement.serialNumber,
            statement.calibrationExpiresAt
        );
    }

    function _physicalMeterOf(MakerStatement calldata statement) private pure returns (bytes32) {
        return keccak256(abi.encode(statement.maker, statement.serialNumber));
    }

    function _provenanceOf(Meter storage content) private view returns (Provenance) {
        Possession possession = content.possession;
        if (possession == Possession.None) return Provenance.None;
        if (_isTrustedMaker(content.maker)) return Provenance.VouchedByMaker;
        return possession == Possession.ProvenOnChain ? Provenance.SelfDeclared : Provenance.AttestedByQuorum;
    }

    /* END OF SERVICE */

    /// @inheritdoc IMeterRegistry
    function handOverMeter(uint32 meter, uint32 successor) external {
        Meter storage content = _requireMeter(meter);
        _requireOperator(content.evse);
        require(content.status == MeterStatus.Active, MeterNotActive(meter, content.status));
        bytes32 keyId = _keyIdOf(content);
        if (successor != 0) {
            Meter storage next = _requireMeter(successor);
            require(next.status == MeterStatus.Pending, MeterNotPending(successor, next.status));
            bytes32 nextKeyId = _keyIdOf(next);
            require(nextKeyId == keyId, KeyDiffers(nextKeyId, keyId));
        }

        _keys[keyId].successor = successor;

        emit MeterHandedOver(meter, successor, keyId);
    }

    /// @inheritdoc IMeterRegistry
    function retireMeter(uint32 meter) external {
        Meter storage content = _requireMeter(meter);
        _requireOperator(content.evse);
        MeterStatus status = content.status;
        require(status == MeterStatus.Active || status == MeterStatus.Pending, MeterNotActive(meter, status));

        _retire(meter, _keyIdOf(content));
    }

    /// @inheritdoc IMeterRegistry
    function revokeMeter(uint32 meter) external {
        Meter storage content = _requireRevocable(meter);
        // A quorum said that the registrant has the meter; the chain never saw it.
        require(content.possession == Possession.ProvenOnChain, QuorumNeeded(meter));

        _revoke(meter, content);
    }

    /// @inheritdoc IMeterRegistry
    function revokeAttestedMeter(uint32 meter, OracleSignature[] calldata signatures) external {
        Meter storage content = _requireRevocable(meter);
        oracleCommittee.requireQuorum(_revocationDigestOf(meter, _keyIdOf(content)), signatures);

        _revoke(meter, content);
    }

    /// @dev Who only claimed a key, or has it no longer, cannot end it for who has it.
    function _requireRevocable(uint32 meter) private view returns (Meter storage content) {
        content = _requireMeter(meter);
        _requireOperator(content.evse);
        MeterStatus status = content.status;
        require(status == MeterStatus.Active || status == MeterStatus.Retired, MeterNotActive(meter, status));
        require(content.possession != Possession.None, PossessionUnproven(meter));
        bytes32 keyId = _keyIdOf(content);
        Key memory key = _keys[keyId];
        require(key.activeMeter == 0 || key.activeMeter == meter, KeyAlreadyActive(key.activeMeter));
        require(key.revokedAt == 0, KeyRevoked(keyId));
        require(key.lastMeter == meter, KeyPassedOn(meter, key.lastMeter));
    }

    function _revoke(uint32 meter, Meter storage content) private {
        bytes32 keyId = _keyIdOf(content);
        Key storage key = _keys[keyId];
        _end(content, meter, key);
        content.status = MeterStatus.Revoked;
        key.revokedAt = uint40(block.timestamp);

        emit MeterRevoked(meter, content.evse, keyId, content.validUntil);
    }

    function _retire(uint32 meter, bytes32 keyId) private {
        Meter storage content = _meters[meter];
        _end(content, meter, _keys[keyId]);
        content.status = MeterStatus.Retired;

        emit MeterRetired(meter, content.evse, keyId, content.validUntil);
    }

    /// @dev Ends the validity now, where it has not ended before, and frees EVSE and key if the meter has them.
    function _end(Meter storage content, uint32 meter, Key storage key) private {
        if (block.timestamp < content.validUntil) content.validUntil = uint40(block.timestamp);
        if (key.activeMeter != meter) return;

        (key.activeMeter, key.successor) = (0, 0);
        if (key.countedUntil < content.validUntil) key.countedUntil = content.validUntil;
        _evses[content.evse].activeMeter = 0;
    }

    /* VIEWS */

    /// @inheritdoc IMeterRegistry
    function evseOf(uint32 evse) external view returns (Evse memory content) {
        return _evses[evse];
    }

    /// @inheritdoc IMeterRegistry
    function meterOf(uint32 meter) external view returns (Meter memory content) {
        return _meters[meter];
    }

    /// @inheritdoc IMeterRegistry
    function provenanceOf(uint32 meter) external view returns (Provenance) {
        return _provenanceOf(_meters[meter]);
    }

    /// @inheritdoc IMeterRegistry
    function recordSignerOf(uint32 meter) external view returns (RecordSigner memory signer) {
        Meter storage content = _meters[meter];
        signer.curve = content.curve;
        signer.evse = content.evse;
        signer.possession = content.possession;
        signer.provenance = _provenanceOf(content);
        signer.operator = _evses[signer.evse].operator;
        (signer.x, signer.y, signer.keyId) = _keyOf(content, signer.curve);
        if (signer.possession == Possession.None) return signer;

        uint40 validUntil = content.validUntil;
        uint40 calibrationExpiresAt = content.calibrationExpiresAt;
        signer.countsFrom = content.validFrom;
        signer.countsUntil = validUntil < calibrationExpiresAt ? validUntil : calibrationExpiresAt;
    }

    /// @dev The coordinates of a meter's key, 0 where they do not fit a word, and the key's id.
    function _keyOf(Meter storage content, Curve curve) private view returns (uint256 x, uint256 y, bytes32 keyId) {
        bytes storage publicKey = content.publicKey;
        if (EllipticCurve.coordinateBytesOf(curve) != 32) {
            (x, y) = EllipticCurve.coordinatesOf(publicKey);
            return (x, y, _keyIdOf(content));
        }
        // The curve says that the key has 64 bytes: registration made sure. They fill the two slots from the hash of the
        // string's own slot on; without a look at the length it is 3,300 gas less of 15,400 for every settlement.
        assembly ("memory-safe") {
            mstore(0, publicKey.slot)
            let slot := keccak256(0, 32)
            x := sload(slot)
            y := sload(add(slot, 1))
        }
        keyId = keccak256(abi.encode(curve, 0x40, 64, x, y));
    }

    /// @inheritdoc IMeterRegistry
    function activeMeterOf(bytes32 keyId) external view returns (uint32 meter) {
        return _keys[keyId].activeMeter;
    }

    /// @inheritdoc IMeterRegistry
    function physicalMeterOf(bytes32 keyId) external view returns (bytes32 physicalMeter) {
        physicalMeter = _physicalMeters[keyId];
        if (physicalMeter == 0) return keyId;
    }

    /// @inheritdoc IMeterRegistry
    function keyIdOf(Curve curve, bytes calldata publicKey) public pure returns (bytes32 keyId) {
        return keccak256(abi.encode(curve, publicKey));
    }

    /// @inheritdoc IMeterRegistry
    function isValidAt(uint32 meter, uint256 timestamp) external view returns (bool) {
        Meter storage content = _meters[meter];
        if (content.possession == Possession.None) return false;
        if (timestamp < content.validFrom || timestamp >= content.validUntil) return false;
        return timestamp < content.calibrationExpiresAt;
    }

    /// @inheritdoc IMeterRegistry
    function possessionTagOf(uint32 meter) external view returns (string memory tag) {
        return Base32Tag.tagOf(_possessionDigestOf(meter, _keyIdOf(_requireMeter(meter))));
    }

    /// @inheritdoc IMeterRegistry
    function vouchingDigestOf(uint32 meter, MakerStatement calldata statement) external view returns (bytes32 digest) {
        return _vouchingDigestOf(_keyIdOf(_requireMeter(meter)), statement);
    }

    /// @inheritdoc IMeterRegistry
    function attestationDigestOf(uint32 meter) external view returns (bytes32 digest) {
        return _attestationDigestOf(meter, _keyIdOf(_requireMeter(meter)));
    }

    /// @inheritdoc IMeterRegistry
    function revocationDigestOf(uint32 meter) external view returns (bytes32 digest) {
        return _revocationDigestOf(meter, _keyIdOf(_requireMeter(meter)));
    }

    /// @inheritdoc IMeterRegistry
    function activationsOf(bytes32 keyId) external view returns (uint32 activations) {
        return _keys[keyId].activations;
    }

    /* CHECKS */

    function _requireOperator(uint32 evse) private view {
        address operator = _evses[evse].operator;
        require(operator != address(0), EvseUnknown(evse));
        require(operator == msg.sender, NotOperator(msg.sender, operator));
    }

    function _requireMeter(uint32 meter) private view returns (Meter storage content) {
        content = _meters[meter];
        require(content.status != MeterStatus.None, MeterUnknown(meter));
    }

    function _requireKey(Curve curve, bytes calldata publicKey) private pure {
        require(curve != Curve.None, CurveMissing());
        uint256 expected = 2 * EllipticCurve.coordinateBytesOf(curve);
        require(publicKey.length == expected, PublicKeyLengthWrong(publicKey.length, expected));
        if (EllipticCurve.isComputable(curve)) {
            (uint256 x, uint256 y) = EllipticCurve.coordinatesOf(publicKey);
            require(EllipticCurve.isOnCurve(curve, x, y), PublicKeyOffCurve());
        }
    }

    /// @dev A meter whose time is over has no use but to confuse.
    function _requireRunning(uint256 validUntil, uint256 calibrationExpiresAt) private view {
        require(block.timestamp < validUntil, ValidityEmpty(block.timestamp, validUntil));
        require(block.timestamp < calibrationExpiresAt, CalibrationExpired(calibrationExpiresAt, block.timestamp));
    }

    function _keyIdOf(Meter storage content) private view returns (bytes32) {
        return keccak256(abi.encode(content.curve, content.publicKey));
    }

    function _possessionDigestOf(uint32 meter, bytes32 keyId) private view returns (bytes32) {
        uint32 evse = _meters[meter].evse;
        return
            _hashTypedDataV4(
                keccak256(abi.encode(POSSESSION_TYPEHASH, _evses[evse].operator, evse, keyId, _keys[keyId].activations))
            );
    }

    function _attestationDigestOf(uint32 meter, bytes32 keyId) private view returns (bytes32) {
        return
            _hashTypedDataV4(
                keccak256(abi.encode(ATTESTATION_TYPEHASH, meter, _meters[meter].evse, keyId, _keys[keyId].activations))
            );
    }

    function _revocationDigestOf(uint32 meter, bytes32 keyId) private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(REVOCATION_TYPEHASH, meter, keyId)));
    }
}
