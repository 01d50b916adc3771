// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

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
            bool isQuoted = JsonText.byteAt(text, i) == JsonText.QUOTE;
            uint256 first = i;
            if (isQuoted) {
                do ++first; while (JsonText.byteAt(text, first) == 0x20);
            }

            // The first byte of the word is the character that is looked at.
            uint256 word = JsonText.wordAt(text, first);
            uint256 c = word >> 248;
            uint256 start = c;
            next = first;
            for (; c - 0x30 < 10; c = (word <<= 8) >> 248) {
                unscaled = unscaled * 10 + (c - 0x30);
                ++next;
            }
            // A JSON number has no leading zeros.
            if (next == first || (!isQuoted && start == 0x30 && next > first + 1)) return (0, 0, 0);
            if (c == 0x2e) {
                uint256 point = ++next;
                for (c = (word <<= 8) >> 248; c - 0x30 < 10; c = (word <<= 8) >> 248) {
                    unscaled = unscaled * 10 + (c - 0x30);
                    ++next;
                }
                if (next == point) return (0, 0, 0);
                exponent = -int256(next - point);
            }
            if (c | 0x20 == 0x65 && !isQuoted) {
                // The word must hold the exponent too.
                if (next - first > 26) JsonText.refuse(RefusalReason.ValueAboveLimit, i);
                (int256 power, uint256 length) = _readPower(word, i);
                if (length == 0) return (0, 0, 0);
                exponent += power;
                next += length;
            }
            if (next - first > 31) JsonText.refuse(RefusalReason.ValueAboveLimit, i);
            if (isQuoted) {
                if (JsonText.byteAt(text, next) != JsonText.QUOTE) return (0, 0, 0);
                ++next;
            }
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
            if (shift > 20 || shift < -70) JsonText.refuse(RefusalReason.ValueAboveLimit, i);
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
