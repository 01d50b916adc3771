// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {AccountSignature} from "../libraries/AccountSignature.sol";
import {DataConsent, IDataConsents} from "./interfaces/IDataConsents.sol";

/// @title Data consents
/// @dev See IDataConsents.
contract DataConsents is IDataConsents, EIP712 {
    /// One slot for each driver and grantee.
    struct StoredConsent {
        uint32 scopes;
        uint40 until;
        uint16 shareBps;
        uint32 lane;
        /// The one that comes next.
        uint32 nonce;
    }

    uint256 private constant WHOLE_BPS = 10_000;
    bytes32 private constant CONSENT_TYPEHASH = keccak256(
        "DataConsent(address driver,address grantee,uint32 scopes,uint40 until,uint16 shareBps,uint32 lane,uint32 nonce)"
    );
    bytes32 private constant REVOCATION_TYPEHASH = keccak256(
        "DataConsentRevocation(address driver,address grantee,uint32 nonce)"
    );

    mapping(address driver => mapping(address grantee => StoredConsent)) private _consents;

    constructor() EIP712("Wattproof Data Consents", "1") {}

    /* CONSENT */

    /// @inheritdoc IDataConsents
    function grant(DataConsent calldata consent) external {
        require(msg.sender == consent.driver, NotDriver(msg.sender, consent.driver));

        _grant(consent);
    }

    /// @inheritdoc IDataConsents
    function grantFor(DataConsent calldata consent, bytes calldata signature) external {
        _requireSigned(consent.driver, consentDigestOf(consent), signature);

        _grant(consent);
    }

    function _grant(DataConsent calldata consent) private {
        address grantee = consent.grantee;
        require(grantee != address(0) && grantee != consent.driver, GranteeInvalid(grantee));
        require(consent.scopes != 0, ScopesZero());
        require(consent.shareBps <= WHOLE_BPS, ShareAboveWhole(consent.shareBps, WHOLE_BPS));
        require(block.timestamp < consent.until, ConsentExpired(block.timestamp, consent.until));
        uint32 nonce = _consents[consent.driver][grantee].nonce;
        require(consent.nonce == nonce, NonceMismatch(consent.nonce, nonce));

        _consents[consent.driver][grantee] = StoredConsent(
            consent.scopes,
            consent.until,
            consent.shareBps,
            consent.lane,
            nonce + 1
        );

        emit DataConsentGranted(consent.driver, grantee, consent);
    }

    /* REVOCATION */

    /// @inheritdoc IDataConsents
    function revoke(address grantee) external {
        _revoke(msg.sender, grantee);
    }

    /// @inheritdoc IDataConsents
    function revokeFor(address driver, address grantee, bytes calldata signature) external {
        _requireSigned(driver, revocationDigestOf(driver, grantee), signature);

        _revoke(driver, grantee);
    }

    /// @dev A driver can revoke a consent that is not here yet, because somebody may be about to send it.
    function _revoke(address driver, address grantee) private {
        uint32 nonce = _consents[driver][grantee].nonce;

        _consents[driver][grantee] = StoredConsent(0, 0, 0, 0, nonce + 1);

        emit DataConsentRevoked(driver, grantee, nonce);
    }

    /* VIEWS */

    /// @inheritdoc IDataConsents
    function isGranted(address driver, address grantee, uint32 scopes, uint16 shareBps) external view returns (bool) {
        StoredConsent memory consent = _consents[driver][grantee];
        bool isRunning = consent.scopes != 0 && block.timestamp < consent.until;
        return isRunning && consent.scopes & scopes == scopes && consent.shareBps <= shareBps;
    }

    /// @inheritdoc IDataConsents
    function consentOf(address driver, address grantee) external view returns (DataConsent memory consent) {
        StoredConsent memory stored = _consents[driver][grantee];
        return DataConsent(driver, grantee, stored.scopes, stored.until, stored.shareBps, stored.lane, stored.nonce);
    }

    /// @inheritdoc IDataConsents
    function consentDigestOf(DataConsent calldata consent) public view returns (bytes32 digest) {
        return _hashTypedDataV4(keccak256(abi.encode(CONSENT_TYPEHASH, consent)));
    }

    /// @inheritdoc IDataConsents
    function revocationDigestOf(address driver, address grantee) public view returns (bytes32 digest) {
        uint32 nonce = _consents[driver][grantee].nonce;
        return _hashTypedDataV4(keccak256(abi.encode(REVOCATION_TYPEHASH, driver, grantee, nonce)));
    }

    function _requireSigned(address driver, bytes32 digest, bytes calldata signature) private view {
        require(AccountSignature.isValid(driver, digest, signature), SignatureInvalid(driver));
    }
}
