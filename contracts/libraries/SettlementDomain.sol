// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {Opening, SessionTerms} from "../interfaces/IChargingSettlement.sol";
import {SessionTermsLibrary} from "./SessionTermsLibrary.sol";

/// @title Domain of the settlement
/// @notice What the settlement's sessions are signed for, for contracts beside it that need a session's id or another
/// digest: to ask for it takes 2,000 gas more.
library SettlementDomain {
    using SessionTermsLibrary for SessionTerms;

    string internal constant NAME = "Wattproof Charging Settlement";
    string internal constant VERSION = "1";

    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );

    bytes32 private constant TOP_UP_TYPEHASH = keccak256(
        "TopUp(bytes32 sessionId,uint64 toppedUpMicro,uint64 amountMicro)"
    );
    bytes32 private constant AGREEMENT_TYPEHASH = keccak256(
        "AgreedSettlement(bytes32 sessionId,uint40 openedAt,uint24 salt,uint64 toppedUpMicro,uint64 chargedMicro)"
    );
    bytes32 private constant BATCH_TYPEHASH = keccak256(
        "SettlementBatch(bytes32 claims,bytes32 evidenceRoot,uint256 count)"
    );
    bytes32 private constant LOWERING_TYPEHASH = keccak256("LoweredPrice(bytes32 sessionId,uint64 priceMicro)");

    /// @notice The session id: `sessionIdOf` of the settlement at this address.
    function sessionIdAt(address settlement, SessionTerms calldata terms) internal view returns (bytes32 sessionId) {
        return digestAt(settlement, terms.hash());
    }

    /// @notice The EIP-712 digest of a struct in the settlement's domain. The chain's id is the one of this moment, so that
    /// it is another one after a fork.
    function digestAt(address settlement, bytes32 structHash) internal view returns (bytes32 digest) {
        bytes32 separator = keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(NAME)), keccak256(bytes(VERSION)), block.chainid, settlement)
        );
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }

    /// @notice What the first 100 bits of are the session's idTag. Time and salt of the opening make it as good as random:
    /// nobody can look for two sessions with one tag before the block in which they open.
    function tagDigestOf(bytes32 sessionId, Opening calldata opening) internal pure returns (bytes32) {
        return keccak256(abi.encode(sessionId, opening.openedAt, opening.salt));
    }

    /* STRUCT HASHES OF WHAT DRIVERS, OPERATORS AND ORACLES SIGN */

    function topUpHash(bytes32 sessionId, uint64 toppedUpMicro, uint64 amountMicro) internal pure returns (bytes32) {
        return keccak256(abi.encode(TOP_UP_TYPEHASH, sessionId, toppedUpMicro, amountMicro));
    }

    function agreementHash(
        bytes32 sessionId,
        Opening calldata opening,
        uint64 toppedUpMicro,
        uint64 chargedMicro
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(AGREEMENT_TYPEHASH, sessionId, opening, toppedUpMicro, chargedMicro));
    }

    function batchHash(bytes32 claims, bytes32 evidenceRoot, uint256 count) internal pure returns (bytes32) {
        return keccak256(abi.encode(BATCH_TYPEHASH, claims, evidenceRoot, count));
    }

    function loweringHash(bytes32 sessionId, uint64 priceMicro) internal pure returns (bytes32) {
        return keccak256(abi.encode(LOWERING_TYPEHASH, sessionId, priceMicro));
    }
}
