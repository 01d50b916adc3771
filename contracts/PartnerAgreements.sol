// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IPartnerAgreements, PartnerShare} from "./interfaces/IPartnerAgreements.sol";
import {AccountSignature} from "./libraries/AccountSignature.sol";

/// @title Partner agreements
/// @dev See IPartnerAgreements.
contract PartnerAgreements is IPartnerAgreements, EIP712 {
    /// In one slot, so that opening a session reads no more than that.
    struct Agreement {
        address operator;
        bool isRetired;
        /// One bit for each partner, the first partner's the lowest.
        uint8 partners;
        uint8 signed;
        /// What the shares leave of the whole.
        uint16 operatorBps;
    }

    uint256 private constant MOST_PARTNERS = 8;
    uint256 private constant WHOLE_BPS = 10_000;
    bytes32 private constant SHARE_TYPEHASH = keccak256("PartnerShare(address partner,uint16 shareBps)");
    bytes32 private constant CONSENT_TYPEHASH = keccak256(
        "PartnerConsent(uint32 agreement,address operator,PartnerShare[] shares)"
        "PartnerShare(address partner,uint16 shareBps)"
    );

    uint32 public agreementCount;
    mapping(uint32 agreement => Agreement) private _agreements;
    mapping(uint32 agreement => PartnerShare[]) private _shares;

    constructor() EIP712("Wattproof Partner Agreements", "1") {}

    /* PROPOSAL */

    /// @inheritdoc IPartnerAgreements
    function propose(PartnerShare[] calldata shares) external returns (uint32 agreement) {
        require(
            shares.length != 0 && shares.length <= MOST_PARTNERS,
            PartnerCountOutOfRange(shares.length, 1, MOST_PARTNERS)
        );
        uint256 sharesBps;
        for (uint256 i; i < shares.length; ++i) {
            _requirePartner(shares, i);
            require(shares[i].shareBps != 0, ShareZero(shares[i].partner));
            sharesBps += shares[i].shareBps;
        }
        require(sharesBps <= WHOLE_BPS, SharesAboveWhole(sharesBps, WHOLE_BPS));

        agreement = ++agreementCount;
        // One to eight ones.
        uint8 partners = uint8((1 << shares.length) - 1);
        _agreements[agreement] = Agreement(msg.sender, false, partners, 0, uint16(WHOLE_BPS - sharesBps));
        for (uint256 i; i < shares.length; ++i) _shares[agreement].push(shares[i]);

        emit AgreementProposed(agreement, msg.sender, shares);
    }

    function _requirePartner(PartnerShare[] calldata shares, uint256 index) private view {
        address partner = shares[index].partner;
        require(partner != address(0) && partner != msg.sender, PartnerInvalid(partner));
        for (uint256 i; i < index; ++i) require(shares[i].partner != partner, PartnerInvalid(partner));
    }

    /* SIGNATURES */

    /// @inheritdoc IPartnerAgreements
    function sign(uint32 agreement) external {
        uint8 partnerBit = _requireSignable(agreement, msg.sender);

        _sign(agreement, msg.sender, partnerBit);
    }

    /// @inheritdoc IPartnerAgreements
    function signFor(uint32 agreement, address partner, bytes calldata signature) external {
        uint8 partnerBit = _requireSignable(agreement, partner);
        require(AccountSignature.isValid(partner, consentDigestOf(agreement), signature), SignatureInvalid(partner));

        _sign(agreement, partner, partnerBit);
    }

    function _requireSignable(uint32 agreement, address partner) private view returns (uint8 partnerBit) {
        Agreement memory content = _requireAgreement(agreement);
        require(!content.isRetired, AlreadyRetired(agreement));
        partnerBit = _bitOf(agreement, partner);
        require(partnerBit != 0, NotPartner(partner, agreement));
        require(content.signed & partnerBit == 0, AlreadySigned(partner, agreement));
    }

    function _sign(uint32 agreement, address partner, uint8 partnerBit) private {
        Agreement storage content = _agreements[agreement];
        uint8 signed = content.signed | partnerBit;
        content.signed = signed;

        emit AgreementSigned(agreement, partner, signed == content.partners);
    }

    /* RETIREMENT */

    /// @inheritdoc IPartnerAgreements
    function retire(uint32 agreement) external {
        Agreement memory content = _requireAgreement(agreement);
        require(msg.sender == content.operator, NotOperator(msg.sender, content.operator));
        require(!content.isRetired, AlreadyRetired(agreement));

        _agreements[agreement].isRetired = true;

        emit AgreementRetired(agreement, msg.sender);
    }

    /* VIEWS */

    /// @inheritdoc IPartnerAgreements
    function isBinding(address operator, uint32 agreement) external view returns (bool) {
        Agreement memory content = _agreements[agreement];
        if (content.partners == 0 || content.operator != operator) return false;
        return content.signed == content.partners && !content.isRetired;
    }

    /// @inheritdoc IPartnerAgreements
    function partOf(
        address operator,
        uint32 agreement,
        address party,
        uint64 totalMicro
    ) external view returns (uint64 partMicro) {
        if (agreement == 0) return party == operator ? totalMicro : 0;
        Agreement memory content = _agreements[agreement];
        if (content.operator != operator) return 0;
        if (party == operator) return _partRoundedUp(totalMicro, content.operatorBps);
        PartnerShare[] storage shares = _shares[agreement];
        for (uint256 i; i < shares.length; ++i) {
            if (shares[i].partner == party) return _partRoundedDown(totalMicro, shares[i].shareBps);
        }
    }

    function _partRoundedDown(uint64 totalMicro, uint256 bps) private pure returns (uint64) {
        // At most the total, since no share is above the whole.
        return uint64((totalMicro * bps) / WHOLE_BPS);
    }

    /// @dev Everything that the partners' rounding leaves would be more than this at some totals and less at higher ones,
    /// where several partners' parts step up at once: an operator who had taken it would have taken partners' money.
    function _partRoundedUp(uint64 totalMicro, uint256 bps) private pure returns (uint64) {
        return uint64(Math.ceilDiv(totalMicro * bps, WHOLE_BPS));
    }

    /// @inheritdoc IPartnerAgreements
    function agreementOf(
        uint32 agreement
    ) external view returns (address operator, PartnerShare[] memory shares, uint256 signedCount, bool isRetired) {
        Agreement memory content = _agreements[agreement];
        for (uint256 bits = content.signed; bits != 0; bits &= bits - 1) ++signedCount;
        return (content.operator, _shares[agreement], signedCount, content.isRetired);
    }

    /// @inheritdoc IPartnerAgreements
    function hasSigned(uint32 agreement, address partner) external view returns (bool) {
        return _agreements[agreement].signed & _bitOf(agreement, partner) != 0;
    }

    /// @inheritdoc IPartnerAgreements
    function consentDigestOf(uint32 agreement) public view returns (bytes32 digest) {
        address operator = _requireAgreement(agreement).operator;
        PartnerShare[] memory shares = _shares[agreement];
        bytes32[] memory hashes = new bytes32[](shares.length);
        for (uint256 i; i < shares.length; ++i) hashes[i] = keccak256(abi.encode(SHARE_TYPEHASH, shares[i]));
        bytes32 sharesHash = keccak256(abi.encodePacked(hashes));
        return _hashTypedDataV4(keccak256(abi.encode(CONSENT_TYPEHASH, agreement, operator, sharesHash)));
    }

    function _requireAgreement(uint32 agreement) private view returns (Agreement memory content) {
        content = _agreements[agreement];
        require(content.operator != address(0), AgreementUnknown(agreement));
    }

    /// @dev 0 for who is no partner.
    function _bitOf(uint32 agreement, address account) private view returns (uint8 partnerBit) {
        PartnerShare[] storage shares = _shares[agreement];
        for (uint256 i; i < shares.length; ++i) {
            if (shares[i].partner == account) return uint8(1 << i);
        }
    }
}
