// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Decimal digits
/// @notice Finds and reads the digits of a word, all 32 at once. One by one each digit took 90 gas, the ten of a usual
/// register value 900.
library DecimalDigits {
    uint256 private constant EACH_BYTE = type(uint256).max / 0xff;
    uint256 private constant HIGH_BITS = EACH_BYTE * 0x80;
    uint256 private constant LOW_BITS = EACH_BYTE * 0x7f;

    /// The lower half of each group of 16, 32, 64 and 128 bits.
    uint256 private constant LOW_OF_16 = type(uint256).max / (2 ** 8 + 1);
    uint256 private constant LOW_OF_32 = type(uint256).max / (2 ** 16 + 1);
    uint256 private constant LOW_OF_64 = type(uint256).max / (2 ** 32 + 1);
    uint256 private constant LOW_OF_128 = type(uint256).max / (2 ** 64 + 1);

    /// @notice What each character counts: 0 to 9 for a digit, anything else for another character.
    function digitsOf(uint256 characters) internal pure returns (uint256 digits) {
        return characters ^ (EACH_BYTE * 0x30);
    }

    /// @notice Bit 7 of each byte that is above 9, and nothing else.
    function othersOf(uint256 digits) internal pure returns (uint256 others) {
        unchecked {
            // 0x76 and ten are 0x80; 0x76 and seven bits do not carry into the next byte.
            return (((digits & LOW_BITS) + EACH_BYTE * 0x76) | digits) & HIGH_BITS;
        }
    }

    /// @notice The place of the first byte that `others` marks; 32 if it marks none.
    function firstOf(uint256 others) internal pure returns (uint256 k) {
        assembly ("memory-safe") {
            k := shr(3, clz(others))
        }
    }

    /// @notice The number that 32 digits write, the last in the lowest bits. Every byte must be at most 9.
    function valueOf(uint256 digits) internal pure returns (uint256 value) {
        unchecked {
            // Two neighbours become one number, five times over: of two digits, four, eight, sixteen, 32. The factor brings
            // the higher one, times its weight, and the lower one together in the higher one's place. A number of n digits
            // is below 10ⁿ and has 8n bits of room, so that nothing carries over, not even out of the pairs that do not
            // belong together and are masked out.
            value = ((digits * (2 ** 8 + 10)) >> 8) & LOW_OF_16;
            value = ((value * (2 ** 16 + 1e2)) >> 16) & LOW_OF_32;
            value = ((value * (2 ** 32 + 1e4)) >> 32) & LOW_OF_64;
            value = ((value * (2 ** 64 + 1e8)) >> 64) & LOW_OF_128;
            value = (value * (2 ** 128 + 1e16)) >> 128;
        }
    }
}
