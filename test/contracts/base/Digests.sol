// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Opening,
    PackedMetering,
    PackedTerms,
    SessionTerms,
    Withdrawal
} from "../../../contracts/interfaces/IChargingSettlement.sol";
import {PartnerShare} from "../../../contracts/interfaces/IPartnerAgreements.sol";
import {VehicleConsent} from "../../../contracts/interfaces/IVehicleConsents.sol";

/// @title Digests
/// @notice What wallets and oracles sign, written out from EIP-712 and from the types that the interfaces name, without
/// our contracts' code.
library Digests {
    function ofTerms(address settlement, SessionTerms memory terms) internal view returns (bytes32) {
        return _digest(_settlementDomain(settlement), hashOf(terms));
    }

    /// @notice The struct hash, without the domain.
    function hashOf(SessionTerms memory terms) internal pure returns (bytes32) {
        bytes32 typehash = keccak256(
            "SessionTerms(address driver,uint32 lane,uint32 nonce,address operator,uint32 agreement,uint32 evse,uint32 meter,uint24 maximumPowerW,bytes32 tariffId,uint64 holdMicro,uint40 expiresAt)"
        );
        return keccak256(abi.encode(typehash, terms));
    }

    function ofWithdrawal(address settlement, Withdrawal memory withdrawal) internal view returns (bytes32) {
        bytes32 typehash = keccak256(
            "Withdrawal(address driver,uint32 lane,uint32 nonce,uint256 amount,address recipient,uint40 deadline)"
        );
        return _digest(_settlementDomain(settlement), keccak256(abi.encode(typehash, withdrawal)));
    }

    function ofTopUp(
        address settlement,
        bytes32 sessionId,
        uint256 toppedUpMicro,
        uint256 amountMicro
    ) internal view returns (bytes32) {
        bytes32 typehash = keccak256("TopUp(bytes32 sessionId,uint64 toppedUpMicro,uint64 amountMicro)");
        bytes32 structHash = keccak256(abi.encode(typehash, sessionId, toppedUpMicro, amountMicro));
        return _digest(_settlementDomain(settlement), structHash);
    }

    function ofAgreement(
        address settlement,
        bytes32 sessionId,
        Opening memory opening,
        uint256 toppedUpMicro,
        uint256 chargedMicro
    ) internal view returns (bytes32) {
        bytes32 typehash = keccak256(
            "AgreedSettlement(bytes32 sessionId,uint40 openedAt,uint24 salt,uint64 toppedUpMicro,uint64 chargedMicro)"
        );
        bytes32 structHash = keccak256(abi.encode(typehash, sessionId, opening, toppedUpMicro, chargedMicro));
        return _digest(_settlementDomain(settlement), structHash);
    }

    function ofLowering(address settlement, bytes32 sessionId, uint256 priceMicro) internal view returns (bytes32) {
        bytes32 typehash = keccak256("LoweredPrice(bytes32 sessionId,uint64 priceMicro)");
        return _digest(_settlementDomain(settlement), keccak256(abi.encode(typehash, sessionId, priceMicro)));
    }

    /// @notice What the account keeps of a live session.
    function commitmentOf(
        SessionTerms memory terms,
        Opening memory opening,
        uint256 toppedUpMicro
    ) internal pure returns (uint160) {
        bytes memory live = abi.encodePacked(opening.openedAt, opening.salt, uint64(toppedUpMicro));
        return uint160(uint256(keccak256(bytes.concat(hashOf(terms), live))) >> 96);
    }

    function ofBatch(
        address settlement,
        bytes32 claims,
        bytes32 evidenceRoot,
        uint256 count
    ) internal view returns (bytes32) {
        bytes32 typehash = keccak256("SettlementBatch(bytes32 claims,bytes32 evidenceRoot,uint256 count)");
        return _digest(_settlementDomain(settlement), keccak256(abi.encode(typehash, claims, evidenceRoot, count)));
    }

    /// @notice The leaf of a claim in the tree of its batch.
    function ofClaim(bytes32 sessionId, PackedMetering metering) internal pure returns (bytes32) {
        return keccak256(abi.encode(sessionId, metering, true));
    }

    /// @notice The root over leaves: the left half is the largest power of two below their number.
    function rootOf(bytes32[] memory leaves, uint256 from, uint256 to) internal pure returns (bytes32) {
        if (to == from) return 0;
        if (to == from + 1) return leaves[from];
        uint256 middle = from + _splitOf(to - from);
        return keccak256(bytes.concat(rootOf(leaves, from, middle), rootOf(leaves, middle, to)));
    }

    /// @notice The siblings of a leaf, from the leaf up.
    function proofOf(bytes32[] memory leaves, uint256 place) internal pure returns (bytes32[] memory proof) {
        bytes32[] memory siblings = new bytes32[](256);
        uint256 depth;
        (uint256 from, uint256 to) = (0, leaves.length);
        while (to > from + 1) {
            uint256 middle = from + _splitOf(to - from);
            siblings[depth++] = place < middle ? rootOf(leaves, middle, to) : rootOf(leaves, from, middle);
            (from, to) = place < middle ? (from, middle) : (middle, to);
        }
        proof = new bytes32[](depth);
        for (uint256 i; i < depth; ++i) proof[i] = siblings[depth - 1 - i];
    }

    function _splitOf(uint256 count) private pure returns (uint256 split) {
        split = 1;
        while (split * 2 < count) split *= 2;
    }

    function ofPartnerConsent(
        address agreements,
        uint32 agreement,
        address operator,
        PartnerShare[] memory shares
    ) internal view returns (bytes32) {
        bytes32 shareTypehash = keccak256("PartnerShare(address partner,uint16 shareBps)");
        bytes memory hashes;
        for (uint256 i; i < shares.length; ++i) {
            hashes = bytes.concat(
                hashes,
                keccak256(abi.encode(shareTypehash, shares[i].partner, uint256(shares[i].shareBps)))
            );
        }
        bytes32 typehash = keccak256(
            "PartnerConsent(uint32 agreement,address operator,PartnerShare[] shares)PartnerShare(address partner,uint16 shareBps)"
        );
        bytes32 structHash = keccak256(abi.encode(typehash, agreement, operator, keccak256(hashes)));
        return _digest(_domain("Wattproof Partner Agreements", agreements), structHash);
    }

    function ofVehicleConsent(address consents, VehicleConsent memory consent) internal view returns (bytes32) {
        return _digest(_domain("Wattproof Vehicle Consents", consents), consentId(consent));
    }

    function consentId(VehicleConsent memory consent) internal pure returns (bytes32) {
        bytes32 typehash = keccak256(
            "VehicleConsent(address driver,uint32 lane,bytes vehicleKey,address[] operators,uint64 sessionCapMicro,uint64 periodCapMicro,uint40 periodSeconds,uint40 expiresAt)"
        );
        bytes memory operators;
        for (uint256 i; i < consent.operators.length; ++i) {
            operators = bytes.concat(operators, bytes32(uint256(uint160(consent.operators[i]))));
        }
        bytes memory limits = abi.encode(
            consent.sessionCapMicro,
            consent.periodCapMicro,
            consent.periodSeconds,
            consent.expiresAt
        );
        bytes memory parties = abi.encode(
            typehash,
            consent.driver,
            consent.lane,
            keccak256(consent.vehicleKey),
            keccak256(operators)
        );
        return keccak256(bytes.concat(parties, limits));
    }

    function ofRevocation(address consents, bytes32 id) internal view returns (bytes32) {
        bytes32 structHash = keccak256(abi.encode(keccak256("ConsentRevocation(bytes32 consentId)"), id));
        return _digest(_domain("Wattproof Vehicle Consents", consents), structHash);
    }

    /// @notice ERC-2612, for our play money.
    function ofPermit(
        address token,
        address owner,
        address spender,
        uint256 value,
        uint256 nonce,
        uint256 deadline
    ) internal view returns (bytes32) {
        bytes32 typehash = keccak256(
            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
        );
        bytes32 structHash = keccak256(abi.encode(typehash, owner, spender, value, nonce, deadline));
        return _digest(_domain("Wattproof demo money", token), structHash);
    }

    /// @notice ERC-3009, for our play money, from the beginning of time to its end.
    function ofTransferAuthorization(
        address token,
        address from,
        address to,
        uint256 value,
        bytes32 nonce
    ) internal view returns (bytes32) {
        bytes32 typehash = keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        bytes32 structHash = keccak256(abi.encode(typehash, from, to, value, 0, type(uint256).max, nonce));
        return _digest(_domain("Wattproof demo money", token), structHash);
    }

    /// @notice The terms that differ from session to session in one word, field after field.
    function packed(SessionTerms memory terms) internal pure returns (PackedTerms) {
        bytes memory fields = abi.encodePacked(
            terms.maximumPowerW,
            terms.lane,
            terms.nonce,
            terms.evse,
            terms.meter,
            terms.holdMicro,
            terms.expiresAt
        );
        return PackedTerms.wrap(uint256(bytes32(fields)));
    }

    function _settlementDomain(address settlement) private view returns (bytes32) {
        return _domain("Wattproof Charging Settlement", settlement);
    }

    function _domain(string memory name, address verifier) private view returns (bytes32) {
        bytes32 typehash = keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        );
        return keccak256(abi.encode(typehash, keccak256(bytes(name)), keccak256("1"), block.chainid, verifier));
    }

    function _digest(bytes32 domain, bytes32 structHash) private pure returns (bytes32) {
        return keccak256(bytes.concat(hex"1901", domain, structHash));
    }
}
