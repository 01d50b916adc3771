// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Signature of an account
/// @notice Whether an account signed. A plain signature is tried first, because an account with code may have a key as
/// well (EIP-7702); only then the account's code is asked (ERC-1271).
library AccountSignature {
    /// @dev More than passkeys and guarded multi-signature accounts need, and little enough that no account can use up
    /// the gas of whoever sends for it.
    uint256 private constant MOST_GAS = 500_000;

    /// @param digest What was signed.
    /// @param signature 65 bytes for a plain signature; what the account's code takes otherwise.
    function isValid(address account, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        (address signer, ECDSA.RecoverError failure, ) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && signer == account) return true;
        return account.code.length != 0 && _isValidForCode(account, digest, signature);
    }

    /// @notice The same for a plain signature in the compact form of ERC-2098 alone.
    function isPlain(address account, bytes32 digest, bytes32 r, bytes32 vs) internal pure returns (bool) {
        // No rule about the half of s: it is the nonce in the terms, not the signature, that counts once.
        uint256 s = (uint256(vs) << 1) >> 1;
        address signer = ecrecover(digest, uint8(27 + (uint256(vs) >> 255)), r, bytes32(s));
        return signer != address(0) && signer == account;
    }

    /// @dev In assembly, so that the answer, which the account chooses, is not copied beyond its first word.
    function _isValidForCode(address account, bytes32 digest, bytes calldata signature) private view returns (bool) {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bool isAnswered;
        bytes32 answer;
        assembly ("memory-safe") {
            isAnswered := staticcall(MOST_GAS, account, add(question, 32), mload(question), 0, 32)
            isAnswered := and(isAnswered, gt(returndatasize(), 31))
            answer := mload(0)
        }
        return isAnswered && answer == bytes32(IERC1271.isValidSignature.selector);
    }
}
