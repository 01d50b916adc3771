// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a driver lets somebody do with the data of the driver's sessions.
struct DataConsent {
    address driver;
    /// The account that the driver allows: an operator that sells dossiers, or any other.
    address grantee;
    /// One bit for each scope, from the lowest: fields of sessions (1), whole signed records (2), the place (4), which
    /// sessions are one driver's (8). Other bits are the grantee's to define.
    uint32 scopes;
    /// From this second (since 1970) on the consent is over.
    uint40 until;
    /// The least part of the price that drivers must get, in basis points, for the driver's sessions to be in a dossier.
    uint16 shareBps;
    /// The driver's account in the settlement on which the driver's parts arrive.
    uint32 lane;
    /// The number of consents and revocations between the two before this one; used once.
    uint32 nonce;
}

/// @title Data consents
/// @notice Which driver lets whom use the data of the driver's sessions, for what, until when, and for which part of the
/// price. There is one consent of a driver for a grantee at a time: another one takes its place, and revoking ends it at once.
///
/// Warning: what was handed out under a consent cannot be called back. The settlement's events show driver, charging point,
/// energy, times and amounts of every session to everybody, consent or not.
interface IDataConsents {
    /// @notice A driver has consented. It takes the place of an earlier consent for the same grantee.
    event DataConsentGranted(address indexed driver, address indexed grantee, DataConsent consent);
    /// @notice A driver's consent for a grantee is over.
    event DataConsentRevoked(address indexed driver, address indexed grantee, uint256 nonce);

    /// @notice Only the driver can do this without a signature.
    error NotDriver(address caller, address driver);
    /// @notice The signature is not the driver's.
    error SignatureInvalid(address driver);
    /// @notice The grantee is the zero address or the driver.
    error GranteeInvalid(address grantee);
    /// @notice A consent to nothing.
    error ScopesZero();
    /// @notice More than the whole.
    error ShareAboveWhole(uint256 shareBps, uint256 limitBps);
    /// @notice The consent is over.
    error ConsentExpired(uint256 timestamp, uint256 until);
    /// @notice The consent or revocation carries another nonce than comes next.
    error NonceMismatch(uint256 nonce, uint256 expected);

    /// @notice The calling driver consents.
    function grant(DataConsent calldata consent) external;

    /// @notice The driver consents by a signature (plain, or by ERC-1271) of the EIP-712 digest of
    /// DataConsent(address driver,address grantee,uint32 scopes,uint40 until,uint16 shareBps,uint32 lane,uint32 nonce)
    /// in the domain "Wattproof Data Consents", version "1". Anybody may send it.
    function grantFor(DataConsent calldata consent, bytes calldata signature) external;

    /// @notice The calling driver takes the consent for a grantee back, at once. A consent that was signed and not yet granted
    /// with the present nonce can never be granted then.
    function revoke(address grantee) external;

    /// @notice The same by the driver's signature of the EIP-712 digest of
    /// DataConsentRevocation(address driver,address grantee,uint32 nonce). Anybody may send it.
    function revokeFor(address driver, address grantee, bytes calldata signature) external;

    /// @notice Whether a driver lets a grantee do all of this now, for this part of the price or less.
    function isGranted(address driver, address grantee, uint32 scopes, uint16 shareBps) external view returns (bool);

    /// @notice The present consent of a driver for a grantee, with the nonce that comes next. Its scopes are 0 if there is none;
    /// it may have expired.
    function consentOf(address driver, address grantee) external view returns (DataConsent memory consent);

    /// @notice What a driver signs to consent.
    function consentDigestOf(DataConsent calldata consent) external view returns (bytes32 digest);

    /// @notice What a driver signs to revoke.
    function revocationDigestOf(address driver, address grantee) external view returns (bytes32 digest);
}
