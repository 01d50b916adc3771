// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {TokenPermit} from "../interfaces/IAuthorizedFunding.sol";
import {IChargingSettlement} from "../interfaces/IChargingSettlement.sol";
import {OracleSignature} from "../interfaces/IOracleCommittee.sol";
import {AccountSignature} from "../libraries/AccountSignature.sol";
import {DriversPool} from "./DriversPool.sol";
import {IAuthorizedTransfers} from "./interfaces/IAuthorizedTransfers.sol";
import {IDataConsents} from "./interfaces/IDataConsents.sol";
import {IEvidenceSales, Offer, OfferStatus, Payment} from "./interfaces/IEvidenceSales.sol";

/// @title Evidence sales
/// @dev See IEvidenceSales. What drivers get is in DriversPool.
contract EvidenceSales is DriversPool {
    using SafeERC20 for IERC20;

    uint256 private constant PLAIN_SIGNATURE_BYTES = 65;
    /// A consent that expires or is revoked meanwhile voids an offer only where somebody shows it.
    uint256 private constant LONGEST_OFFER = 7 days;
    uint64 private constant WHOLE_BPS = 10_000;
    bytes32 private constant OFFER_TYPEHASH = keccak256(
        "Offer(address operator,uint32 agreement,bytes32 root,bytes32 licenceHash,uint64 priceMicro,uint32 scopes,"
        "uint16 leastDriversBps,bytes32 driversRoot,uint40 expiresAt)"
    );
    bytes32 private constant ARRIVAL_TYPEHASH = keccak256(
        "PaymentArrival(address buyer,bytes32 nonce,uint64 amountMicro)"
    );
    bytes32 private constant TRANSFER_TYPEHASH = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,"
        "bytes32 nonce)"
    );

    IDataConsents public immutable dataConsents;

    mapping(bytes32 offerId => OfferStatus) public statusOf;
    mapping(address buyer => mapping(bytes32 nonce => bool)) private _isCounted;

    constructor(IChargingSettlement chargingSettlement, IDataConsents consents) DriversPool(chargingSettlement) {
        dataConsents = consents;
    }

    /* OFFERS */

    /// @inheritdoc IEvidenceSales
    function offer(Offer calldata content, OracleSignature[] calldata signatures) external returns (bytes32 offerId) {
        require(msg.sender == content.operator, NotOperator(msg.sender, content.operator));
        require(content.priceMicro != 0, PriceZero());
        uint256 latest = block.timestamp + LONGEST_OFFER;
        require(
            content.expiresAt > block.timestamp && content.expiresAt <= latest,
            ExpiryOutOfRange(content.expiresAt, block.timestamp + 1, latest)
        );
        offerId = offerIdOf(content);
        require(statusOf[offerId] == OfferStatus.None, OfferKnown(offerId, statusOf[offerId]));
        _requireBinding(content);
        _requireConsents(content);
        oracleCommittee.requireQuorum(offerDigestOf(content), signatures);

        statusOf[offerId] = OfferStatus.Open;

        emit DossierOffered(offerId, content.operator, content.root, content);
    }

    function _requireBinding(Offer calldata content) private view {
        require(
            partnerAgreements.isBinding(content.operator, content.agreement),
            AgreementNotBinding(content.operator, content.agreement)
        );
    }

    function _requireConsents(Offer calldata content) private view {
        bool isNeeded = content.scopes != 0;
        require(
            isNeeded == (content.driversRoot != 0) && (isNeeded || content.leastDriversBps == 0),
            ConsentsIncomplete(content.scopes, content.driversRoot)
        );
        // Of a whole in basis points a part is a share.
        uint256 shareBps = partnerAgreements.partOf(content.operator, content.agreement, address(this), WHOLE_BPS);
        require(shareBps >= content.leastDriversBps, DriversShareTooLow(shareBps, content.leastDriversBps));
    }

    /// @inheritdoc IEvidenceSales
    function withdrawOffer(bytes32 offerId, Offer calldata content) external {
        _requireOpen(offerId, content);
        require(msg.sender == content.operator, NotOperator(msg.sender, content.operator));

        statusOf[offerId] = OfferStatus.Ended;

        emit OfferEnded(offerId, address(0));
    }

    /// @inheritdoc IEvidenceSales
    function voidOffer(bytes32 offerId, Offer calldata content, address driver, bytes32[] calldata proof) external {
        _requireOpen(offerId, content);
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(driver))));
        require(MerkleProof.verifyCalldata(proof, content.driversRoot, leaf), DriverNotInOffer(driver));
        require(
            !dataConsents.isGranted(driver, content.operator, content.scopes, content.leastDriversBps),
            ConsentStands(driver)
        );

        statusOf[offerId] = OfferStatus.Ended;

        emit OfferEnded(offerId, driver);
    }

    function _requireOpen(bytes32 offerId, Offer calldata content) private view {
        OfferStatus status = offerIdOf(content) == offerId ? statusOf[offerId] : OfferStatus.None;
        require(status == OfferStatus.Open, OfferNotOpen(offerId, status));
    }

    /* SALE */

    /// @inheritdoc IEvidenceSales
    function buy(Offer calldata content) external nonReentrant {
        _sell(content, msg.sender);
        _receive(msg.sender, content.priceMicro * _unit);
    }

    /// @inheritdoc IEvidenceSales
    function buyWithPermit(Offer calldata content, TokenPermit calldata permit) external nonReentrant {
        _sell(content, msg.sender);
        uint256 amount = content.priceMicro * _unit;
        _tryPermit(permit);
        uint256 allowance = _erc20.allowance(msg.sender, address(this));
        require(allowance >= amount, AllowanceTooLow(allowance, amount));
        _receive(msg.sender, amount);
    }

    /// @dev Somebody may have sent it before; then the allowance is there.
    function _tryPermit(TokenPermit calldata permit) private returns (bool isTaken) {
        IERC20Permit token = IERC20Permit(address(_erc20));
        try token.permit(msg.sender, address(this), permit.value, permit.deadline, permit.v, permit.r, permit.s) {
            return true;
        } catch {
            return false;
        }
    }

    /// @inheritdoc IEvidenceSales
    function buyWithReceiveAuthorization(Offer calldata content, Payment calldata payment) external nonReentrant {
        bytes32 nonce = _count(content, payment);
        require(!_isUsed(payment.buyer, nonce), PaymentUsed(payment.buyer, nonce));
        _sell(content, payment.buyer);
        uint256 balanceBefore = _erc20.balanceOf(address(this));
        _pullReceiving(payment, content.priceMicro * _unit, nonce);
        _requireReceived(balanceBefore, content.priceMicro * _unit);
    }

    /// @inheritdoc IEvidenceSales
    function buyWithTransferAuthorization(Offer calldata content, Payment calldata payment) external nonReentrant {
        bytes32 nonce = _count(content, payment);
        require(!_isUsed(payment.buyer, nonce), PaymentUsed(payment.buyer, nonce));
        _sell(content, payment.buyer);
        uint256 balanceBefore = _erc20.balanceOf(address(this));
        _pullSent(payment, content.priceMicro * _unit, nonce);
        _requireReceived(balanceBefore, content.priceMicro * _unit);
    }

    /// @inheritdoc IEvidenceSales
    function buyWithArrivedPayment(
        Offer calldata content,
        Payment calldata payment,
        OracleSignature[] calldata signatures
    ) external nonReentrant {
        bytes32 nonce = _count(content, payment);
        require(_isUsed(payment.buyer, nonce), PaymentNotUsed(payment.buyer, nonce));
        _requireSigned(payment, content.priceMicro * _unit, nonce);
        _requireArrived(payment.buyer, nonce, content.priceMicro, signatures);
        _sell(content, payment.buyer);
    }

    /// @inheritdoc IEvidenceSales
    function returnPayment(
        address buyer,
        bytes32 nonce,
        uint64 amountMicro,
        OracleSignature[] calldata signatures
    ) external nonReentrant {
        _countOnce(buyer, nonce);
        _requireArrived(buyer, nonce, amountMicro, signatures);

        emit PaymentReturned(buyer, nonce, amountMicro);

        _erc20.safeTransfer(buyer, amountMicro * _unit);
    }

    /// @dev The sale counts before the money comes, and is undone where it does not.
    function _sell(Offer calldata content, address buyer) private {
        bytes32 offerId = offerIdOf(content);
        _requireOpen(offerId, content);
        require(block.timestamp < content.expiresAt, OfferExpired(block.timestamp, content.expiresAt));
        _requireBinding(content);

        uint256 driversMicro = _addSale(content.operator, content.agreement, content.priceMicro);

        emit DossierSold(
            offerId,
            buyer,
            content.root,
            content.operator,
            content.agreement,
            content.priceMicro,
            driversMicro,
            content.licenceHash
        );
    }

    function _count(Offer calldata content, Payment calldata payment) private returns (bytes32 nonce) {
        nonce = paymentNonceOf(offerIdOf(content), payment.salt);
        _countOnce(payment.buyer, nonce);
    }

    function _countOnce(address buyer, bytes32 nonce) private {
        require(!_isCounted[buyer][nonce], PaymentCounted(buyer, nonce));

        _isCounted[buyer][nonce] = true;
    }

    /// @dev A quorum says that it came, and it is here: not even a stolen quorum takes what is somebody's.
    function _requireArrived(
        address buyer,
        bytes32 nonce,
        uint64 amountMicro,
        OracleSignature[] calldata signatures
    ) private view {
        oracleCommittee.requireQuorum(arrivalDigestOf(buyer, nonce, amountMicro), signatures);
        uint256 surplus = _erc20.balanceOf(address(this)) - owedMicro * _unit;
        require(surplus >= amountMicro * _unit, NothingArrived(surplus, amountMicro * _unit));
    }

    function _requireSigned(Payment calldata payment, uint256 amount, bytes32 nonce) private view {
        bytes32 structHash = keccak256(
            abi.encode(
                TRANSFER_TYPEHASH,
                payment.buyer,
                address(this),
                amount,
                payment.validAfter,
                payment.validBefore,
                nonce
            )
        );
        bytes32 domain = IERC20Permit(address(_erc20)).DOMAIN_SEPARATOR();
        bytes32 digest = MessageHashUtils.toTypedDataHash(domain, structHash);
        require(AccountSignature.isValid(payment.buyer, digest, payment.signature), SignatureInvalid(payment.buyer));
    }

    function _isUsed(address buyer, bytes32 nonce) private view returns (bool) {
        return IAuthorizedTransfers(address(_erc20)).authorizationState(buyer, nonce);
    }

    function _pullSent(Payment calldata payment, uint256 amount, bytes32 nonce) private {
        IAuthorizedTransfers token = IAuthorizedTransfers(address(_erc20));
        (address from, uint256 validAfter, uint256 validBefore) = (
            payment.buyer,
            payment.validAfter,
            payment.validBefore
        );
        if (payment.signature.length == PLAIN_SIGNATURE_BYTES) {
            (uint8 v, bytes32 r, bytes32 s) = _partsOf(payment.signature);
            token.transferWithAuthorization(from, address(this), amount, validAfter, validBefore, nonce, v, r, s);
        } else {
            token.transferWithAuthorization(
                from,
                address(this),
                amount,
                validAfter,
                validBefore,
                nonce,
                payment.signature
            );
        }
    }

    function _pullReceiving(Payment calldata payment, uint256 amount, bytes32 nonce) private {
        IAuthorizedTransfers token = IAuthorizedTransfers(address(_erc20));
        (address from, uint256 validAfter, uint256 validBefore) = (
            payment.buyer,
            payment.validAfter,
            payment.validBefore
        );
        if (payment.signature.length == PLAIN_SIGNATURE_BYTES) {
            (uint8 v, bytes32 r, bytes32 s) = _partsOf(payment.signature);
            token.receiveWithAuthorization(from, address(this), amount, validAfter, validBefore, nonce, v, r, s);
        } else {
            token.receiveWithAuthorization(
                from,
                address(this),
                amount,
                validAfter,
                validBefore,
                nonce,
                payment.signature
            );
        }
    }

    function _partsOf(bytes calldata signature) private pure returns (uint8 v, bytes32 r, bytes32 s) {
        return (uint8(signature[64]), bytes32(signature[:32]), bytes32(signature[32:64]));
    }

    /* VIEWS */

    /// @inheritdoc IEvidenceSales
    function offerIdOf(Offer calldata content) public pure returns (bytes32 offerId) {
        return keccak256(abi.encode(OFFER_TYPEHASH, content));
    }

    /// @inheritdoc IEvidenceSales
    function paymentNonceOf(bytes32 offerId, bytes32 salt) public pure returns (bytes32 nonce) {
        return keccak256(abi.encode(offerId, salt));
    }

    /// @inheritdoc IEvidenceSales
    function offerDigestOf(Offer calldata content) public view returns (bytes32 digest) {
        return _hashTypedDataV4(offerIdOf(content));
    }

    /// @inheritdoc IEvidenceSales
    function arrivalDigestOf(address buyer, bytes32 nonce, uint64 amountMicro) public view returns (bytes32 digest) {
        return _hashTypedDataV4(keccak256(abi.encode(ARRIVAL_TYPEHASH, buyer, nonce, amountMicro)));
    }
}
