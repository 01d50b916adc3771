// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DecimalDigits} from "./DecimalDigits.sol";
import {JsonText} from "./JsonText.sol";
import {RefusalReason} from "../interfaces/IOcmfScanner.sol";

/// @title Numbers of OCMF
/// @notice Reads `RV` exactly, without any rounding: a JSON number without sign, or the same digits in quotes, padded
/// with zeros or spaces on the left, as some meters write them. At most 31 characters.
library OcmfNumber {
    /// The largest register value: 9,223 TWh. It leaves the sum of any two values inside 64 bits.
    uint256 internal constant MAXIMUM_MICRO_WH = type(uint64).max / 2;

    /// @notice Reads the value at position `i`.
    /// @return unscaled The digits; below 10³¹.
    /// @return exponent The value is unscaled · 10^exponent; from −60 to 30.
    /// @return next Where the text goes on; 0 if the value is no such number, which is for the caller to refuse where it
    /// matters.
    function read(uint256 text, uint256 i) internal pure returns (uint256 unscaled, int256 exponent, uint256 next) {
        unchecked {
            uint256 first = i;
            uint256 word = JsonText.wordAt(text, i);
            bool isQuoted = word >> 248 == JsonText.QUOTE;
            if (isQuoted) {
                do ++first; while (JsonText.byteAt(text, first) == 0x20);
                word = JsonText.wordAt(text, first);
            }

            // How many characters belong to the number so far; never above 32, where the word ends.
            uint256 length;
            (unscaled, exponent, length) = _readDecimal(word);
            if (length == 0) return (0, 0, 0);
            // A JSON number has no leading zeros.
            if (word >> 248 == 0x30)
                if (!isQuoted && JsonText.byteOf(word, 1) - 0x30 < 10) return (0, 0, 0);
            next = first + length;
            if (isQuoted) {
                if (length > 31) JsonText.refuse(RefusalReason.ValueAboveLimit, i);
                if (JsonText.byteAt(text, next) != JsonText.QUOTE) return (0, 0, 0);
                return (unscaled, exponent, next + 1);
            }
            if (JsonText.byteOf(word, length) | 0x20 == 0x65) {
                // The word must hold the exponent too.
                if (length > 26) JsonText.refuse(RefusalReason.ValueAboveLimit, i);
                (int256 power, uint256 powerLength) = _readPower(word << (8 * length), i);
                if (powerLength == 0) return (0, 0, 0);
                exponent += power;
                next += powerLength;
            }
            if (next - first > 31) JsonText.refuse(RefusalReason.ValueAboveLimit, i);
        }
    }

    /// @notice The value in 10⁻⁶ Wh, rounded down and rounded up.
    /// @param wattHourExponent 3 for kWh, 0 for Wh.
    function toMicroWh(
        uint256 unscaled,
        int256 exponent,
        int256 wattHourExponent,
        uint256 i
    ) internal pure returns (uint256 microWhDown, uint256 microWhUp) {
        unchecked {
            if (unscaled == 0) return (0, 0);
            int256 shift = exponent + wattHourExponent + 6;
            // unscaled · 10²⁰ < 10⁵¹ and 10⁷⁰ are below 2²⁵⁶.
            if (uint256(shift + 70) > 90) JsonText.refuse(RefusalReason.ValueAboveLimit, i);
            if (shift >= 0) {
                microWhDown = microWhUp = unscaled * 10 ** uint256(shift);
            } else {
                uint256 divisor = 10 ** uint256(-shift);
                microWhDown = unscaled / divisor;
                microWhUp = microWhDown + (unscaled % divisor == 0 ? 0 : 1);
            }
            if (microWhUp > MAXIMUM_MICRO_WH) JsonText.refuse(RefusalReason.ValueAboveLimit, i);
        }
    }

    /// @dev Digits, and perhaps a point with digits behind it. No length if the word does not begin so.
    function _readDecimal(uint256 word) private pure returns (uint256 unscaled, int256 exponent, uint256 length) {
        unchecked {
            uint256 digits = DecimalDigits.digitsOf(word);
            uint256 others = DecimalDigits.othersOf(digits);
            length = DecimalDigits.firstOf(others);
            if (length == 0) return (0, 0, 0);
            if (JsonText.byteOf(word, length) != 0x2e) {
                return (DecimalDigits.valueOf(digits >> (256 - 8 * length)), 0, length);
            }
            uint256 point = length;
            // What is no digit behind the point: bit 7 of byte k is bit 255 − 8k of the word.
            length = DecimalDigits.firstOf(others ^ (1 << (255 - 8 * point)));
            uint256 decimals = length - point - 1;
            if (decimals == 0) return (0, 0, 0);
            // The digits before the point move up to those behind it.
            digits >>= 256 - 8 * length;
            uint256 fraction = digits & ((1 << (8 * decimals)) - 1);
            digits = ((digits ^ fraction) >> 8) & ~uint256(0xff << (8 * decimals - 8));
            return (DecimalDigits.valueOf(digits | fraction), -int256(decimals), length);
        }
    }

    /// @dev `word` begins with the letter e. At most three digits, and not above 30. No length if it is no exponent.
    function _readPower(uint256 word, uint256 i) private pure returns (int256 power, uint256 length) {
        unchecked {
            length = 1;
            uint256 c = (word <<= 8) >> 248;
            bool isNegative = c == 0x2d;
            if (isNegative || c == 0x2b) {
                c = (word <<= 8) >> 248;
                ++length;
            }
            uint256 digits;
            uint256 magnitude;
            for (; c - 0x30 < 10; c = (word <<= 8) >> 248) {
                magnitude = magnitude * 10 + (c - 0x30);
                ++digits;
            }
            if (digits == 0) return (0, 0);
            if (digits > 3 || magnitude > 30) JsonText.refuse(RefusalReason.ValueAboveLimit, i);
            return (isNegative ? -int256(magnitude) : int256(magnitude), length + digits);
        }
    }
}
