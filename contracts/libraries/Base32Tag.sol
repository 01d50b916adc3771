// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Tags in base32
/// @notice The first 100 bits of a digest as 20 characters of RFC 4648 §6: what a charger accepts as an idTag (OCPP 1.6
/// allows 20 characters) and the meter signs as `ID`.
library Base32Tag {
    uint256 internal constant LENGTH = 20;

    uint256 private constant EACH_BYTE = type(uint256).max / 0xff;

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

    /// @dev The first 160 bits in groups of five, 32 characters at once; one by one the 20 of them took 1,900 gas.
    function _charactersOf(bytes32 digest) private pure returns (uint160 characters) {
        unchecked {
            // 160 bits are parted into two groups of 80 with room for 128 each, these into groups of 40 with room for 64, and
            // so on down to 32 groups of five in a byte each.
            uint256 groups = uint256(digest) >> 96;
            groups = _part(groups, 80, 128, 2 ** 80 - 1);
            groups = _part(groups, 40, 64, (type(uint256).max / (2 ** 128 - 1)) * (2 ** 40 - 1));
            groups = _part(groups, 20, 32, (type(uint256).max / (2 ** 64 - 1)) * (2 ** 20 - 1));
            groups = _part(groups, 10, 16, (type(uint256).max / (2 ** 32 - 1)) * (2 ** 10 - 1));
            groups = _part(groups, 5, 8, (type(uint256).max / (2 ** 16 - 1)) * (2 ** 5 - 1));

            // "A" stands for 0 and "2" for 26, which with six more is the first to have bit 5.
            uint256 isDigit = ((groups + EACH_BYTE * 6) >> 5) & EACH_BYTE;
            groups = groups + EACH_BYTE * 0x41 - isDigit * (0x41 + 26 - 0x32);
            return uint160(groups >> 96);
        }
    }

    /// @dev Parts every group of twice as many bits as `size` into two: the upper half moves up to where `room` ends.
    /// @param lower The lower half of every group.
    function _part(uint256 groups, uint256 size, uint256 room, uint256 lower) private pure returns (uint256) {
        unchecked {
            return ((groups << (room - size)) & (lower << room)) | (groups & lower);
        }
    }
}
