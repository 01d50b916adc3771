// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Tags in base32
/// @notice The first 100 bits of a digest as 20 characters of RFC 4648 §6: what a charger accepts as an idTag (OCPP 1.6
/// allows 20 characters) and the meter signs as `ID`.
library Base32Tag {
    uint256 internal constant LENGTH = 20;

    bytes32 private constant ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// @notice The tag of a digest, in capital letters.
    function tagOf(bytes32 digest) internal pure returns (string memory tag) {
        bytes memory characters = new bytes(LENGTH);
        for (uint256 i = 0; i < LENGTH; ++i) {
            characters[i] = ALPHABET[(uint256(digest) >> (251 - 5 * i)) & 31];
        }
        return string(characters);
    }

    /// @notice Whether the text is the digest's tag, ignoring the case of ASCII letters: chargers change it.
    function isTagOf(bytes32 digest, bytes calldata text) internal pure returns (bool) {
        if (text.length != LENGTH) return false;
        for (uint256 i = 0; i < LENGTH; ++i) {
            bytes1 character = text[i];
            if (character >= "a" && character <= "z") character ^= 0x20;
            if (character != ALPHABET[(uint256(digest) >> (251 - 5 * i)) & 31]) return false;
        }
        return true;
    }
}
