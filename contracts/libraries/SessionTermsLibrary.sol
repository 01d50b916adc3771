// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PackedTerms, SessionTerms} from "../interfaces/IChargingSettlement.sol";

/// @title Session terms
/// @notice The two forms of a session's terms, and their EIP-712 struct hash.
library SessionTermsLibrary {
    bytes32 internal constant TYPEHASH = keccak256(
        "SessionTerms(address driver,uint32 lane,uint32 nonce,address operator,uint32 evse,uint32 meter,"
        "bytes32 tariffId,uint64 holdMicro,uint40 expiresAt)"
    );

    function pack(SessionTerms calldata terms) internal pure returns (PackedTerms) {
        return
            PackedTerms.wrap(
                (uint256(terms.lane) << 200) |
                    (uint256(terms.nonce) << 168) |
                    (uint256(terms.evse) << 136) |
                    (uint256(terms.meter) << 104) |
                    (uint256(terms.holdMicro) << 40) |
                    terms.expiresAt
            );
    }

    function lane(PackedTerms terms) internal pure returns (uint32) {
        return uint32(PackedTerms.unwrap(terms) >> 200);
    }

    function nonce(PackedTerms terms) internal pure returns (uint32) {
        return uint32(PackedTerms.unwrap(terms) >> 168);
    }

    function evse(PackedTerms terms) internal pure returns (uint32) {
        return uint32(PackedTerms.unwrap(terms) >> 136);
    }

    function meter(PackedTerms terms) internal pure returns (uint32) {
        return uint32(PackedTerms.unwrap(terms) >> 104);
    }

    function holdMicro(PackedTerms terms) internal pure returns (uint64) {
        return uint64(PackedTerms.unwrap(terms) >> 40);
    }

    function expiresAt(PackedTerms terms) internal pure returns (uint40) {
        return uint40(PackedTerms.unwrap(terms));
    }

    /// @notice The EIP-712 struct hash of the terms in full.
    function structHash(
        address driver,
        address operator,
        bytes32 tariffId,
        PackedTerms terms
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    TYPEHASH,
                    driver,
                    lane(terms),
                    nonce(terms),
                    operator,
                    evse(terms),
                    meter(terms),
                    tariffId,
                    holdMicro(terms),
                    expiresAt(terms)
                )
            );
    }
}
