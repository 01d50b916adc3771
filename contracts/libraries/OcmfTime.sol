// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {JsonText} from "./JsonText.sol";
import {RefusalReason} from "../interfaces/IOcmfScanner.sol";

/// @title Times of OCMF
/// @notice Reads `TM`: `YYYY-MM-DDThh:mm:ss,mmm±hhmm S` and the same with `±hh:mm`, where S is one of U (unknown),
/// I (informative), S (synchronised), R (relative). Years from 1970 on, no 24:00, no leap second, offsets up to 14:00.
library OcmfTime {
    /// `0000-00-00T00:00:00,000+0000 S"` and a zero byte.
    uint256 private constant SHAPE = 0x303030302d30302d30305430303a30303a30302c3030302b3030303020532200;
    /// Where SHAPE has a 0, a digit must stand, and 0x76: bit 7 appears in the sum if more than 9 is added. Elsewhere SHAPE's
    /// own character, and 0x7f: if more than 0. Not checked so are the sign, the clock's state and the byte behind the quote.
    uint256 private constant EXCESS = 0x767676767f76767f76767f76767f76767f76767f76767600767676767f007f00;
    uint256 private constant CHECKED = 0x8080808080808080808080808080808080808080808080008080808080008000;
    uint256 private constant DIGITS = 0x0f0f0f0f000f0f000f0f000f0f000f0f000f0f000f0f0f000f0f0f0f00000000;

    /// Up to bit 7 from the largest month, day, hour, minute, second and minute of the offset: 12, 31, 23, 59, 59, 59.
    uint256 private constant ROOM = 0x0000000000730000600000680000440000440000000000000000440000000000;
    uint256 private constant ROOM_MARKS = 0x0000000000800000800000800000800000800000000000000000800000000000;

    /// What stands before the place of the colon, and what stands from there on.
    uint256 private constant BEFORE_COLON = ~uint256(0xffffffffffff);
    uint256 private constant FROM_COLON = 0xffffffffffff;

    /// One bit for each letter: U, I, S, R.
    uint256 private constant STATES = (1 << 0x55) | (1 << 0x49) | (1 << 0x53) | (1 << 0x52);

    /// @notice Reads the string at position `i`.
    /// @return epochMs Milliseconds since 1970; negative for the first hours of 1970 east of Greenwich.
    /// @return synchronisation The letter of the clock's state.
    /// @return next Where the text goes on.
    function read(
        uint256 text,
        uint256 i
    ) internal pure returns (int256 epochMs, uint256 synchronisation, uint256 next) {
        unchecked {
            if (JsonText.byteAt(text, i) != JsonText.QUOTE) JsonText.refuse(RefusalReason.TypeWrong, i);
            uint256 word = JsonText.wordAt(text, i + 1);
            next = i + 32;
            if (JsonText.byteOf(word, 26) == JsonText.COLON) {
                // Without the colon it is the other spelling.
                word = (word & BEFORE_COLON) | ((word << 8) & FROM_COLON);
                ++next;
            }

            synchronisation = JsonText.byteOf(word, 29);
            RefusalReason reason = RefusalReason.TimeInvalid;
            if ((STATES >> synchronisation) & 1 != 0) (reason, epochMs) = _epochMsOf(word);
            if (reason != RefusalReason.None) JsonText.refuse(reason, i);
        }
    }

    /// @dev All but the clock's state, in the spelling without colon.
    function _epochMsOf(uint256 word) private pure returns (RefusalReason reason, int256 epochMs) {
        unchecked {
            // Digits become their value and separators zero; all are checked at once.
            uint256 shaped = word ^ SHAPE;
            if (((shaped + EXCESS) | shaped) & CHECKED != 0) return (RefusalReason.TimeInvalid, 0);
            shaped &= DIGITS;
            // Byte k holds the number of the two digits from k on: at most 99, so that none carries into the next.
            return _sumOf(shaped * 10 + (shaped << 8), JsonText.byteOf(shaped, 22), JsonText.byteOf(word, 23));
        }
    }

    /// @dev Milliseconds since 1970 by the proleptic Gregorian calendar. The year begins in March here, so that the leap
    /// day is its last.
    function _sumOf(
        uint256 pairs,
        uint256 milliseconds,
        uint256 sign
    ) private pure returns (RefusalReason reason, int256 epochMs) {
        unchecked {
            // All fields of two digits are held against their limits at once: bit 7 appears in the sum of one above.
            if ((pairs + ROOM) & ROOM_MARKS != 0) return (RefusalReason.TimeInvalid, 0);
            uint256 offsetMinutes = JsonText.byteOf(pairs, 24) * 60 + JsonText.byteOf(pairs, 26);
            if (offsetMinutes > 840) return (RefusalReason.TimeInvalid, 0);
            uint256 year = JsonText.byteOf(pairs, 0) * 100 + JsonText.byteOf(pairs, 2);
            uint256 month = JsonText.byteOf(pairs, 5);
            uint256 day = JsonText.byteOf(pairs, 8);
            // Every month has 28 days. A day of 0 wraps to a large number.
            if (day - 1 > 27)
                if (day - 1 >= _daysIn(year, month)) return (RefusalReason.TimeInvalid, 0);
            if (month == 0) return (RefusalReason.TimeInvalid, 0);
            if (year < 1970) return (RefusalReason.TimeAboveLimit, 0);

            if (month > 2) month -= 3;
            else (year, month) = (year - 1, month + 9);
            // 153 days in five months from March on; 719,469 days from 1 March 0000 to 1 January 1970 with `day` from 1.
            day += year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 - 719_469;
            uint256 minutesUtc = day * 1440 + JsonText.byteOf(pairs, 11) * 60 + JsonText.byteOf(pairs, 14);
            if (sign == 0x2b) minutesUtc -= offsetMinutes;
            else if (sign == 0x2d) minutesUtc += offsetMinutes;
            else return (RefusalReason.TimeInvalid, 0);
            milliseconds += JsonText.byteOf(pairs, 17) * 1000 + JsonText.byteOf(pairs, 20) * 10;
            return (RefusalReason.None, int256(minutesUtc * 60_000 + milliseconds));
        }
    }

    function _daysIn(uint256 year, uint256 month) private pure returns (uint256) {
        unchecked {
            if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
            // Bits 1, 3, 5, 7, 8, 10 and 12: the months of 31 days.
            return 30 + ((0x15aa >> month) & 1);
        }
    }
}
