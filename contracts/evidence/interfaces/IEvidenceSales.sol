// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TokenPermit} from "../../interfaces/IAuthorizedFunding.sol";
import {IChargingSettlement} from "../../interfaces/IChargingSettlement.sol";
import {OracleSignature} from "../../interfaces/IOracleCommittee.sol";
import {IDataConsents} from "./IDataConsents.sol";

/// @notice A dossier that an operator offers. Its EIP-712 struct hash is its id.
struct Offer {
    address operator;
    /// Number of the partner agreement by which the price is split.
    uint32 agreement;
    /// The Merkle root of the dossier.
    bytes32 root;
    /// Keccak-256 of the text of the licence.
    bytes32 licenceHash;
    /// In 10⁻⁶ token.
    uint64 priceMicro;
    /// Scopes to which the drivers in the dossier consented; 0 if it needs no consent.
    uint32 scopes;
    /// The highest share among their consents.
    uint16 leastDriversBps;
    /// Merkle root over the drivers, one leaf for each: the double Keccak-256 of the address. 0 if no consent is needed.
    bytes32 driversRoot;
    /// From this second (since 1970) on nobody can buy.
    uint40 expiresAt;
}

/// @notice What has become of an offer.
enum OfferStatus {
    None,
    Open,
    /// By its operator, or because a driver in it no longer consents. Final.
    Ended
}

/// @notice A payment that a buyer signed (ERC-3009), apart from the amount, which is the offer's price, and the nonce,
/// which is `paymentNonceOf` the offer and the salt: so that it pays for this offer and no other.
struct Payment {
    address buyer;
    bytes32 salt;
    /// It can be used after this second (since 1970) …
    uint256 validAfter;
    /// … and before this one.
    uint256 validBefore;
    /// 65 bytes (r, s, v), or what the buyer's contract wallet takes.
    bytes signature;
}

/// @notice What a driver gets in a round.
struct DriversPart {
    uint256 round;
    address driver;
    uint32 lane;
    uint64 amountMicro;
    bytes32[] proof;
}

/// @title Evidence sales
/// @notice Sells dossiers for the settlement's token. The price is split by a partner agreement that binds; the agreement can
/// name this contract as a partner, whose share is the drivers' pool. A quorum of oracles signs each offer: that the root
/// stands for records that it verified, and that every driver in it consented, for at most this share.
///
/// A quorum also says, in rounds, which driver gets what of the pool. A round takes at most what sales brought into the pool
/// since the last one, and its parts stay claimable for ever: no later signature reaches them. They arrive as free balance on
/// the drivers' accounts in the settlement.
///
/// Assumptions for correctness: the quorum names in a round the drivers whose records were sold; a stolen one gets at most
/// the pool of the sales since the last round. Assumptions for liveness: a quorum for rounds; none for what was allotted, or
/// for the other partners' parts.
///
/// Warning: tokens that are sent here otherwise than by these functions or by a signed payment stay here for ever.
interface IEvidenceSales {
    /* EVENTS */

    /// @notice An operator has offered a dossier.
    event DossierOffered(bytes32 indexed offerId, address indexed operator, bytes32 indexed root, Offer offer);
    /// @notice Nobody can buy it any more. `driver` no longer consents; the zero address if the operator ended it.
    event OfferEnded(bytes32 indexed offerId, address indexed driver);
    /// @notice A dossier was sold.
    event DossierSold(
        bytes32 indexed offerId,
        address indexed buyer,
        bytes32 indexed root,
        address operator,
        uint32 agreement,
        uint256 priceMicro,
        uint256 driversMicro,
        bytes32 licenceHash
    );
    /// @notice A signed payment that reached this contract without a sale went back.
    event PaymentReturned(address indexed buyer, bytes32 indexed nonce, uint256 amountMicro);
    /// @notice A party of an agreement took out of its part.
    event PartWithdrawn(
        address indexed operator,
        uint32 indexed agreement,
        address indexed party,
        address recipient,
        uint256 amountMicro
    );
    /// @notice What the pool earned as a partner of sessions was added to it.
    event PoolCollected(address indexed operator, uint32 indexed agreement, uint256 amountMicro);
    /// @notice A quorum has allotted some of the pool.
    event RoundAllotted(uint256 indexed round, bytes32 root, uint256 totalMicro);
    /// @notice A driver's part of a round is free balance in the settlement now.
    event PartCredited(uint256 indexed round, address indexed driver, uint32 indexed lane, uint256 amountMicro);

    /* ERRORS */

    /// @notice Only the operator can do this.
    error NotOperator(address caller, address operator);
    /// @notice The price is zero.
    error PriceZero();
    /// @notice The offer ends before now, or later than consents are good for.
    error ExpiryOutOfRange(uint256 expiresAt, uint256 least, uint256 most);
    /// @notice The offer was made before.
    error OfferKnown(bytes32 offerId, OfferStatus status);
    /// @notice The agreement is not the operator's, or not all have signed, or it was retired.
    error AgreementNotBinding(address operator, uint32 agreement);
    /// @notice Scopes without drivers, or drivers or a share without scopes.
    error ConsentsIncomplete(uint32 scopes, bytes32 driversRoot);
    /// @notice The agreement gives the drivers' pool less than the consents ask for.
    error DriversShareTooLow(uint256 shareBps, uint256 leastBps);
    /// @notice The offer is not open.
    error OfferNotOpen(bytes32 offerId, OfferStatus status);
    /// @notice The offer has expired.
    error OfferExpired(uint256 timestamp, uint256 expiresAt);
    /// @notice The driver is not in the offer.
    error DriverNotInOffer(address driver);
    /// @notice The driver still consents to all that the offer needs.
    error ConsentStands(address driver);
    /// @notice More was sold than the contract can count.
    error SalesFull(uint256 totalMicro, uint256 limitMicro);
    /// @notice The token moved another amount than was asked for.
    error TransferMismatch(uint256 received, uint256 expected);
    /// @notice The token did not take the permit, and the allowance is too low.
    error AllowanceTooLow(uint256 allowance, uint256 amount);
    /// @notice The payment counted before, or went back.
    error PaymentCounted(address buyer, bytes32 nonce);
    /// @notice The token says that the payment was used before. With a quorum's word that it came here it counts.
    error PaymentUsed(address buyer, bytes32 nonce);
    /// @notice The token says that the payment was not used.
    error PaymentNotUsed(address buyer, bytes32 nonce);
    /// @notice The signature is not the buyer's of this payment.
    error SignatureInvalid(address buyer);
    /// @notice There is not so much here that belongs to nobody yet.
    error NothingArrived(uint256 surplus, uint256 expected);
    /// @notice The amount is zero.
    error AmountZero();
    /// @notice The zero address cannot be paid.
    error AddressZero();
    /// @notice The amount is above the balance.
    error BalanceTooLow(uint256 amountMicro, uint256 balanceMicro);
    /// @notice The round takes more than sales brought into the pool since the last one.
    error RoundAbovePool(uint256 totalMicro, uint256 limitMicro);
    /// @notice Nobody allotted this round.
    error RoundUnknown(uint256 round);
    /// @notice The round does not name this driver, lane and amount.
    error PartNotInRound(uint256 round, address driver, uint32 lane);
    /// @notice The round names more than it took; the quorum that signed it erred.
    error RoundExhausted(uint256 round, uint256 amountMicro, uint256 remainingMicro);

    /* OFFERS */

    /// @notice Offers a dossier for at most seven days. Only its operator.
    /// @param signatures A quorum's signatures of `offerDigestOf(content)`, the EIP-712 digest of
    /// Offer(address operator,uint32 agreement,bytes32 root,bytes32 licenceHash,uint64 priceMicro,uint32 scopes,uint16 leastDriversBps,bytes32 driversRoot,uint40 expiresAt)
    /// in the domain "Wattproof Evidence Sales", version "1".
    function offer(Offer calldata content, OracleSignature[] calldata signatures) external returns (bytes32 offerId);

    /// @notice Ends an offer. Only its operator.
    function withdrawOffer(bytes32 offerId, Offer calldata content) external;

    /// @notice Ends an offer because a driver in it no longer consents: revoked, expired, to less, or for a higher share.
    /// Anybody may call.
    /// @param proof That the driver is under `driversRoot`.
    function voidOffer(bytes32 offerId, Offer calldata content, address driver, bytes32[] calldata proof) external;

    /* SALE */

    /// @notice Buys with the caller's tokens, which the caller has allowed this contract to take.
    function buy(Offer calldata content) external;

    /// @notice The same with a permit (ERC-2612). One that was sent before is no obstacle; the allowance decides.
    function buyWithPermit(Offer calldata content, TokenPermit calldata permit) external;

    /// @notice Buys with a payment that the buyer signed as ReceiveWithAuthorization (ERC-3009). Anybody may send it.
    function buyWithReceiveAuthorization(Offer calldata content, Payment calldata payment) external;

    /// @notice Buys with a payment that the buyer signed as TransferWithAuthorization (ERC-3009), as in x402's `exact`.
    /// Anybody may send it.
    function buyWithTransferAuthorization(Offer calldata content, Payment calldata payment) external;

    /// @notice Buys with such a payment that somebody sent to the token directly, so that the money is here without a sale. It
    /// counts once. The token only tells that the nonce is used, also where the buyer cancelled it or used it elsewhere; so a
    /// quorum, which sees the transfer, has to say that it came here.
    /// @param signatures A quorum's signatures of `arrivalDigestOf(buyer, nonce, amountMicro)`, the EIP-712 digest of
    /// PaymentArrival(address buyer,bytes32 nonce,uint64 amountMicro).
    function buyWithArrivedPayment(
        Offer calldata content,
        Payment calldata payment,
        OracleSignature[] calldata signatures
    ) external;

    /// @notice Gives an arrived payment back to its buyer, where the offer ended before it counted. Anybody may call.
    function returnPayment(
        address buyer,
        bytes32 nonce,
        uint64 amountMicro,
        OracleSignature[] calldata signatures
    ) external;

    /* PARTS */

    /// @notice Signs an agreement that names this contract as a partner, for its drivers' pool. Anybody may call.
    function joinAgreement(uint32 agreement) external;

    /// @notice Pays out of the calling party's part of what was sold under an agreement.
    function withdrawPart(address operator, uint32 agreement, uint64 amountMicro, address recipient) external;

    /// @notice Adds to the pool what this contract can withdraw in the settlement as a partner of sessions. Anybody may call.
    function collect(address operator, uint32 agreement) external;

    /* DRIVERS */

    /// @notice Allots some of the pool. Anybody may send it.
    /// @param root Merkle root over the parts; a leaf is the double Keccak-256 of (driver, lane, amountMicro).
    /// @param signatures A quorum's signatures of `roundDigestOf(round, root, totalMicro)` for the next round, the EIP-712
    /// digest of PoolRound(uint256 round,bytes32 root,uint64 totalMicro).
    /// @return round Its number, from 1 up.
    function allot(
        bytes32 root,
        uint64 totalMicro,
        OracleSignature[] calldata signatures
    ) external returns (uint256 round);

    /// @notice Credits parts to their drivers in the settlement. Anybody may call. Parts that were credited are passed over.
    function creditParts(DriversPart[] calldata parts) external;

    /* VIEWS */

    /// @notice The id of an offer.
    function offerIdOf(Offer calldata content) external pure returns (bytes32 offerId);
    /// @notice What has become of an offer. One that has expired stays open by its name.
    function statusOf(bytes32 offerId) external view returns (OfferStatus);
    /// @notice The nonce of a signed payment for an offer.
    function paymentNonceOf(bytes32 offerId, bytes32 salt) external pure returns (bytes32 nonce);
    /// @notice What an oracle signs for an offer.
    function offerDigestOf(Offer calldata content) external view returns (bytes32 digest);
    /// @notice What an oracle signs for a payment that arrived.
    function arrivalDigestOf(address buyer, bytes32 nonce, uint64 amountMicro) external view returns (bytes32 digest);
    /// @notice What an oracle signs for a round.
    function roundDigestOf(uint256 round, bytes32 root, uint64 totalMicro) external view returns (bytes32 digest);
    /// @notice All that was ever sold under an agreement, in 10⁻⁶ token.
    function soldMicroOf(address operator, uint32 agreement) external view returns (uint64);
    /// @notice What a party can take out.
    function withdrawableOf(address operator, uint32 agreement, address party) external view returns (uint64);
    /// @notice Root of a round, and what of it was not credited yet.
    function roundOf(uint256 round) external view returns (bytes32 root, uint64 remainingMicro);
    /// @notice How many rounds there are; the last one has this number.
    function roundCount() external view returns (uint256);
    /// @notice What of the pool no round has taken, in 10⁻⁶ token.
    function unallottedMicro() external view returns (uint256);
    /// @notice What this contract owes in all, in 10⁻⁶ token.
    function owedMicro() external view returns (uint256);
    /// @notice The settlement whose token, oracles and agreements count here.
    function settlement() external view returns (IChargingSettlement);
    /// @notice Where drivers consent.
    function dataConsents() external view returns (IDataConsents);
}
