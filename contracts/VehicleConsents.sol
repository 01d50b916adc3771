// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

import {IChargingSettlement, SessionTerms} from "./interfaces/IChargingSettlement.sol";
import {ConsentStatus, IVehicleConsents, VehicleConsent} from "./interfaces/IVehicleConsents.sol";
import {AccountSignature} from "./libraries/AccountSignature.sol";

/// @title Vehicle consents
/// @dev See IVehicleConsents. The chain keeps one slot for each consent; callers supply its content again.
contract VehicleConsents is IVehicleConsents, EIP712 {
    /// What is kept of a consent.
    struct Usage {
        ConsentStatus status;
        uint40 grantedAt;
        /// What sessions opened in the period of this number hold, in 10⁻⁶ token.
        uint40 period;
        uint64 heldMicro;
    }

    uint256 private constant ADDRESS_BYTES = 20;
    uint256 private constant POINT_BYTES = 64;
    uint256 private constant MOST_OPERATORS = 8;
    bytes32 private constant CONSENT_TYPEHASH = keccak256(
        "VehicleConsent(address driver,uint32 lane,bytes vehicleKey,address[] operators,uint64 sessionCapMicro,"
        "uint64 periodCapMicro,uint40 periodSeconds,uint40 expiresAt)"
    );
    bytes32 private constant REVOCATION_TYPEHASH = keccak256("ConsentRevocation(bytes32 consentId)");

    IChargingSettlement public immutable settlement;

    mapping(bytes32 consentId => Usage) private _usages;

    constructor(IChargingSettlement settlementContract) EIP712("Wattproof Vehicle Consents", "1") {
        settlement = settlementContract;
    }

    /* CONSENT */

    /// @inheritdoc IVehicleConsents
    function grant(VehicleConsent calldata consent) external returns (bytes32 consentId) {
        require(msg.sender == consent.driver, NotDriver(msg.sender, consent.driver));

        return _grant(consent);
    }

    /// @inheritdoc IVehicleConsents
    function grantFor(VehicleConsent calldata consent, bytes calldata signature) external returns (bytes32 consentId) {
        _requireSigned(consent.driver, consentDigestOf(consent), signature);

        return _grant(consent);
    }

    /// @inheritdoc IVehicleConsents
    function revoke(VehicleConsent calldata consent) external {
        require(msg.sender == consent.driver, NotDriver(msg.sender, consent.driver));

        _revoke(consent.driver, consentIdOf(consent));
    }

    /// @inheritdoc IVehicleConsents
    function revokeFor(VehicleConsent calldata consent, bytes calldata signature) external {
        bytes32 consentId = consentIdOf(consent);
        _requireSigned(consent.driver, revocationDigestOf(consentId), signature);

        _revoke(consent.driver, consentId);
    }

    function _grant(VehicleConsent calldata consent) private returns (bytes32 consentId) {
        _requireKey(consent.vehicleKey);
        _requireLimits(consent);
        consentId = consentIdOf(consent);
        ConsentStatus status = _usages[consentId].status;
        require(status == ConsentStatus.None, ConsentNotNew(consentId, status));

        // It is earlier than the expiry, which fits.
        _usages[consentId] = Usage(ConsentStatus.Granted, uint40(block.timestamp), 0, 0);

        emit ConsentGranted(consentId, consent.driver, keccak256(consent.vehicleKey), consent);
    }

    function _revoke(address driver, bytes32 consentId) private {
        Usage storage usage = _usages[consentId];
        require(usage.status != ConsentStatus.Revoked, ConsentAlreadyRevoked(consentId));

        usage.status = ConsentStatus.Revoked;

        emit ConsentRevoked(consentId, driver);
    }

    function _requireKey(bytes calldata vehicleKey) private pure {
        if (vehicleKey.length == ADDRESS_BYTES) {
            require(bytes20(vehicleKey) != 0, VehicleKeyInvalid());
            return;
        }
        require(vehicleKey.length == POINT_BYTES, VehicleKeyLengthWrong(vehicleKey.length));
        (bytes32 x, bytes32 y) = _wordsOf(vehicleKey);
        require(P256.isValidPublicKey(x, y), VehicleKeyInvalid());
    }

    function _requireLimits(VehicleConsent calldata consent) private view {
        uint256 count = consent.operators.length;
        require(count != 0 && count <= MOST_OPERATORS, OperatorCountOutOfRange(count, 1, MOST_OPERATORS));
        for (uint256 i; i < count; ++i) require(consent.operators[i] != address(0), OperatorZero());
        require(consent.sessionCapMicro != 0 && consent.periodCapMicro != 0, CapZero());
        require(consent.periodSeconds != 0, PeriodZero());
        _requireNotExpired(consent.expiresAt);
    }

    /* OPENING */

    /// @inheritdoc IVehicleConsents
    function openByVehicle(
        VehicleConsent calldata consent,
        SessionTerms calldata terms,
        bytes calldata signature
    ) external returns (bytes32 sessionId) {
        bytes32 consentId = consentIdOf(consent);
        Usage memory usage = _usages[consentId];
        require(usage.status == ConsentStatus.Granted, ConsentNotGranted(consentId, usage.status));
        _requireNotExpired(consent.expiresAt);
        _requireAllowed(consent, terms);
        usage = _currentUsage(usage, consent.periodSeconds);
        uint64 remainingMicro = consent.periodCapMicro - usage.heldMicro;
        require(terms.holdMicro <= remainingMicro, HoldAbovePeriodCap(terms.holdMicro, remainingMicro));
        sessionId = settlement.sessionIdOf(terms);
        require(_isSignedByVehicle(consent.vehicleKey, sessionId, signature), VehicleSignatureInvalid(sessionId));

        // At most the period's cap.
        usage.heldMicro += terms.holdMicro;
        _usages[consentId] = usage;

        emit VehicleSessionOpened(consentId, sessionId, usage.period, usage.heldMicro);

        settlement.openAuthorized(terms);
    }

    function _requireAllowed(VehicleConsent calldata consent, SessionTerms calldata terms) private pure {
        require(
            terms.driver == consent.driver && terms.lane == consent.lane,
            AccountMismatch(terms.driver, terms.lane)
        );
        require(_isAllowed(consent.operators, terms.operator), OperatorNotAllowed(terms.operator));
        require(
            terms.holdMicro <= consent.sessionCapMicro,
            HoldAboveSessionCap(terms.holdMicro, consent.sessionCapMicro)
        );
    }

    function _isAllowed(address[] calldata operators, address operator) private pure returns (bool) {
        for (uint256 i; i < operators.length; ++i) {
            if (operators[i] == operator) return true;
        }
        return false;
    }

    /// @dev What was held in an earlier period counts no more.
    function _currentUsage(Usage memory usage, uint40 periodSeconds) private view returns (Usage memory) {
        // The time is below the expiry, and so the number of the period fits.
        uint40 period = uint40((block.timestamp - usage.grantedAt) / periodSeconds);
        if (usage.period == period) return usage;
        return Usage(usage.status, usage.grantedAt, period, 0);
    }

    function _isSignedByVehicle(
        bytes calldata vehicleKey,
        bytes32 sessionId,
        bytes calldata signature
    ) private view returns (bool) {
        if (vehicleKey.length == ADDRESS_BYTES) {
            address vehicle = address(bytes20(vehicleKey));
            return AccountSignature.isValid(vehicle, sessionId, signature);
        }
        if (signature.length != POINT_BYTES) return false;
        (bytes32 x, bytes32 y) = _wordsOf(vehicleKey);
        (bytes32 r, bytes32 s) = _wordsOf(signature);
        // The library wants the lower of both twins; keys in hardware give either. The nonce in the terms, not the
        // signature, is what counts once.
        uint256 twin = uint256(s) > P256.N / 2 && uint256(s) < P256.N ? P256.N - uint256(s) : uint256(s);
        return P256.verify(sessionId, r, bytes32(twin), x, y);
    }

    function _wordsOf(bytes calldata twoWords) private pure returns (bytes32 first, bytes32 second) {
        return (bytes32(twoWords[:32]), bytes32(twoWords[32:]));
    }

    /* VIEWS */

    /// @inheritdoc IVehicleConsents
    function consentIdOf(VehicleConsent calldata consent) public pure returns (bytes32 consentId) {
        return
            keccak256(
                abi.encode(
                    CONSENT_TYPEHASH,
                    consent.driver,
                    consent.lane,
                    keccak256(consent.vehicleKey),
                    keccak256(abi.encodePacked(consent.operators)),
                    consent.sessionCapMicro,
                    consent.periodCapMicro,
                    consent.periodSeconds,
                    consent.expiresAt
                )
            );
    }

    /// @inheritdoc IVehicleConsents
    function consentDigestOf(VehicleConsent calldata consent) public view returns (bytes32 digest) {
        return _hashTypedDataV4(consentIdOf(consent));
    }

    /// @inheritdoc IVehicleConsents
    function revocationDigestOf(bytes32 consentId) public view returns (bytes32 digest) {
        return _hashTypedDataV4(keccak256(abi.encode(REVOCATION_TYPEHASH, consentId)));
    }

    /// @inheritdoc IVehicleConsents
    function statusOf(bytes32 consentId) external view returns (ConsentStatus status) {
        return _usages[consentId].status;
    }

    /// @inheritdoc IVehicleConsents
    function remainingOf(VehicleConsent calldata consent) external view returns (uint64 remainingMicro) {
        Usage memory usage = _usages[consentIdOf(consent)];
        if (usage.status != ConsentStatus.Granted || block.timestamp >= consent.expiresAt) return 0;
        return consent.periodCapMicro - _currentUsage(usage, consent.periodSeconds).heldMicro;
    }

    function _requireNotExpired(uint40 expiresAt) private view {
        require(block.timestamp < expiresAt, ConsentExpired(block.timestamp, expiresAt));
    }

    function _requireSigned(address driver, bytes32 digest, bytes calldata signature) private view {
        require(AccountSignature.isValid(driver, digest, signature), SignatureInvalid(driver));
    }
}
