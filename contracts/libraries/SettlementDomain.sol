// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {Opening, SessionTerms} from "../interfaces/IChargingSettlement.sol";
import {SessionTermsLibrary} from "./SessionTermsLibrary.sol";

/// @title Domain of the settlement
/// @notice What the settlement's sessions are signed for, for contracts beside it that need a session's id: to ask for it
/// takes 2,000 gas more.
library SettlementDomain {
    using SessionTermsLibrary for SessionTerms;

    string internal constant NAME = "Wattproof Charging Settlement";
    string internal constant VERSION = "1";

    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );

    /// @notice The session id: `sessionIdOf` of the settlement at this address. The chain's id is the one of this moment,
    /// so that it is another one after a fork.
    function sessionIdAt(address settlement, SessionTerms calldata terms) internal view returns (bytes32 sessionId) {
        bytes32 separator = keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(NAME)), keccak256(bytes(VERSION)), block.chainid, settlement)
        );
        return MessageHashUtils.toTypedDataHash(separator, terms.hash());
    }

    /// @notice What the first 100 bits of are the session's idTag. Time and salt of the opening make it as good as random:
    /// nobody can look for two sessions with one tag before the block in which they open.
    function tagDigestOf(bytes32 sessionId, Opening calldata opening) internal pure returns (bytes32) {
        return keccak256(abi.encode(sessionId, opening.openedAt, opening.salt));
    }
}
