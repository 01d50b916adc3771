// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Tags in base32
/// @notice The first 100 bits of a digest as 20 characters of RFC 4648 §6: what a charger accepts as an idTag (OCPP 1.6
/// allows 20 characters) and the meter signs as `ID`.
library Base32Tag {
    uint256 internal constant LENGTH = 20;

    bytes32 private constant ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// The bit that capital letters have and digits have not, and the bit in which small letters differ from them.
    uint160 private constant LETTER_BITS = uint160(type(uint160).max / 0xff) * 0x40;

    /// @notice The tag of a digest, in capital letters.
    function tagOf(bytes32 digest) internal pure returns (string memory tag) {
        return string(abi.encodePacked(bytes20(_charactersOf(digest))));
    }

    /// @notice Whether the text is the digest's tag, ignoring the case of ASCII letters: chargers change it.
    function isTagOf(bytes32 digest, bytes calldata text) internal pure returns (bool) {
        if (text.length != LENGTH) return false;
        uint160 characters = _charactersOf(digest);
        uint160 difference = uint160(bytes20(text)) ^ characters;
        // A letter may differ in the bit that makes it a small one, and nothing else may differ.
        return difference & ~((characters & LETTER_BITS) >> 1) == 0;
    }

    function _charactersOf(bytes32 digest) private pure returns (uint160 characters) {
        unchecked {
            uint256 bits = uint256(digest);
            for (uint256 i = 0; i < LENGTH; ++i) {
                characters = (characters << 8) | uint8(ALPHABET[bits >> 251]);
                bits <<= 5;
            }
        }
    }
}
