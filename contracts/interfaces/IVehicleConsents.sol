// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChargingSettlement, SessionTerms} from "./IChargingSettlement.sol";

/// @notice What a driver lets a vehicle or a fleet do. Its EIP-712 struct hash is its id.
struct VehicleConsent {
    /// Who pays.
    address driver;
    /// The driver's account on which the vehicle may open sessions.
    uint32 lane;
    /// 20 bytes: the address of a secp256k1 key, or of a contract that answers by ERC-1271. 64 bytes: the two coordinates
    /// of a point of secp256r1 (P-256), as in a contract certificate of ISO 15118.
    bytes vehicleKey;
    /// Where the vehicle may charge: one to eight operators.
    address[] operators;
    /// The most that one session can hold, in 10⁻⁶ token.
    uint64 sessionCapMicro;
    /// The most that all sessions opened in one period can hold together, in 10⁻⁶ token, whatever they cost in the end.
    uint64 periodCapMicro;
    /// How long a period is. The first begins when the consent is granted.
    uint40 periodSeconds;
    /// From this second (since 1970) on no session can be opened; one that is open goes on.
    uint40 expiresAt;
}

/// @notice What has become of a consent.
enum ConsentStatus {
    /// It was neither granted nor revoked.
    None,
    Granted,
    /// For good; also if it had not been granted yet.
    Revoked
}

/// @title Vehicle consents
/// @notice Opens sessions by a vehicle's or a fleet's key, without its driver, within the limits to which the driver has
/// consented. It never has any money; what it can do is to bind holds on the driver's lane, for sessions that cost the
/// driver what the meter says.
/// Warning: sessions opened shortly before and shortly after a period ends can hold up to twice the period's cap.
interface IVehicleConsents {
    /* EVENTS */

    /// @notice A driver has consented. `vehicleKeyHash` is the Keccak-256 hash of the consent's vehicle key.
    event ConsentGranted(
        bytes32 indexed consentId,
        address indexed driver,
        bytes32 indexed vehicleKeyHash,
        VehicleConsent consent
    );
    /// @notice A driver has taken a consent back, or made sure that it can never be granted.
    event ConsentRevoked(bytes32 indexed consentId, address indexed driver);
    /// @notice A vehicle has opened a session. `heldMicro` is what its sessions of period number `period` (from 0) hold.
    event VehicleSessionOpened(bytes32 indexed consentId, bytes32 indexed sessionId, uint256 period, uint256 heldMicro);

    /* ERRORS */

    /// @notice Only the driver named in the consent can do this without a signature.
    error NotDriver(address caller, address driver);
    /// @notice The signature is not the driver's.
    error SignatureInvalid(address driver);
    /// @notice The vehicle's key has neither the length of an address nor that of a point.
    error VehicleKeyLengthWrong(uint256 length);
    /// @notice The vehicle's key is the zero address or no point of secp256r1.
    error VehicleKeyInvalid();
    /// @notice The consent names no operator, or more than eight.
    error OperatorCountOutOfRange(uint256 count, uint256 least, uint256 most);
    /// @notice The consent names the zero address as an operator.
    error OperatorZero();
    /// @notice A cap of the consent is zero.
    error CapZero();
    /// @notice The consent's period is zero.
    error PeriodZero();
    /// @notice The consent has expired.
    error ConsentExpired(uint256 timestamp, uint256 expiresAt);
    /// @notice The consent was granted or revoked before; it can be granted once.
    error ConsentNotNew(bytes32 consentId, ConsentStatus status);
    /// @notice The driver has not granted this consent, or has revoked it.
    error ConsentNotGranted(bytes32 consentId, ConsentStatus status);
    /// @notice The driver has revoked the consent.
    error ConsentAlreadyRevoked(bytes32 consentId);
    /// @notice The session is on an account to which the consent does not apply.
    error AccountMismatch(address driver, uint32 lane);
    /// @notice The consent does not allow sessions at this operator.
    error OperatorNotAllowed(address operator);
    /// @notice The session would hold more than the consent allows for one.
    error HoldAboveSessionCap(uint256 holdMicro, uint256 capMicro);
    /// @notice The session would hold more than is left of the cap in this period.
    error HoldAbovePeriodCap(uint256 holdMicro, uint256 remainingMicro);
    /// @notice The vehicle did not sign these terms.
    error VehicleSignatureInvalid(bytes32 sessionId);

    /* CONSENT */

    /// @notice The calling driver consents.
    /// @return consentId The EIP-712 struct hash of the consent.
    function grant(VehicleConsent calldata consent) external returns (bytes32 consentId);

    /// @notice The driver consents by a signature (plain, or by ERC-1271) of the EIP-712 digest of
    /// VehicleConsent(address driver,uint32 lane,bytes vehicleKey,address[] operators,uint64 sessionCapMicro,uint64 periodCapMicro,uint40 periodSeconds,uint40 expiresAt)
    /// in the domain "Wattproof Vehicle Consents", version "1". Anybody may send it.
    function grantFor(VehicleConsent calldata consent, bytes calldata signature) external returns (bytes32 consentId);

    /// @notice The calling driver takes a consent back, at once and for good. One that was signed and not yet granted can
    /// never be granted then. Open sessions go on. For the same limits again the driver grants a consent with another expiry.
    function revoke(VehicleConsent calldata consent) external;

    /// @notice The same by the driver's signature of the EIP-712 digest of ConsentRevocation(bytes32 consentId). Anybody may
    /// send it.
    function revokeFor(VehicleConsent calldata consent, bytes calldata signature) external;

    /* OPENING */

    /// @notice Opens a session by the vehicle's signature of the session id, the EIP-712 digest of the terms. Anybody may
    /// send it; the nonce in the terms is used up, so that it counts once. What the settlement contract refuses is refused.
    /// @param signature By a key of 20 bytes: 65 bytes (r, s, v), or what the contract asks for. By a key of 64 bytes: 64
    /// bytes (r, s), ECDSA with the session id as the message hash; either of the twins s and n − s.
    /// @return sessionId The EIP-712 digest of the terms.
    function openByVehicle(
        VehicleConsent calldata consent,
        SessionTerms calldata terms,
        bytes calldata signature
    ) external returns (bytes32 sessionId);

    /* VIEWS */

    /// @notice The id of a consent.
    function consentIdOf(VehicleConsent calldata consent) external pure returns (bytes32 consentId);

    /// @notice What a driver signs to consent.
    function consentDigestOf(VehicleConsent calldata consent) external view returns (bytes32 digest);

    /// @notice What a driver signs to revoke.
    function revocationDigestOf(bytes32 consentId) external view returns (bytes32 digest);

    /// @notice What has become of a consent.
    function statusOf(bytes32 consentId) external view returns (ConsentStatus status);

    /// @notice What sessions can still hold in the present period; 0 if none can be opened under the consent.
    function remainingOf(VehicleConsent calldata consent) external view returns (uint64 remainingMicro);

    /// @notice Where the money is.
    function settlement() external view returns (IChargingSettlement);
}
