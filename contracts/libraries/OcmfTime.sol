// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {JsonText} from "./JsonText.sol";
import {RefusalReason} from "../interfaces/IOcmfScanner.sol";

/// @title Times of OCMF
/// @notice Reads `TM`: `YYYY-MM-DDThh:mm:ss,mmm±hhmm S` and the same with `±hh:mm`, where S is one of U (unknown),
/// I (informative), S (synchronised), R (relative). Years from 1970 on, no 24:00, no leap second, offsets up to 14:00.
library OcmfTime {
    /// "0" where a digit stands, the separator where one stands, zero elsewhere.
    uint256 private constant SHAPE =
        uint256(bytes32("0000-00-00T00:00:00,000")) | (uint256(uint16(bytes2("00"))) << 48);
    /// 0x76 where a digit stands: bit 7 appears in the sum if more than 9 is added. 0x7f at separators: if more than 0.
    uint256 private constant EXCESS = 0x767676767f76767f76767f76767f76767f76767f767676007676000000000000;
    uint256 private constant CHECKED = 0x8080808080808080808080808080808080808080808080008080000000000000;
    uint256 private constant DIGITS = 0x0f0f0f0f000f0f000f0f000f0f000f0f000f0f000f0f0f000f0f000000000000;

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

            // Digits become their value and separators zero; all are checked at once.
            uint256 shaped = word ^ SHAPE;
            uint256 pairs;
            if (((shaped + EXCESS) | shaped) & CHECKED == 0) {
                shaped &= DIGITS;
                // Byte k holds the number of the two digits from k on: at most 99, so that none carries into the next.
                pairs = shaped * 10 + (shaped << 8);
            } else {
                JsonText.refuse(RefusalReason.TimeInvalid, i);
            }

            bool hasColon = _byte(word, 26) == JsonText.COLON;
            (uint256 offsetMinutes, uint256 letter) = _readTail(word, hasColon, i);
            offsetMinutes += _byte(pairs, 24) * 60;
            if (offsetMinutes > 840) JsonText.refuse(RefusalReason.TimeInvalid, i);

            uint256 timeMs = _msOf(pairs, i) + _byte(pairs, 20) * 10 + _byte(shaped, 22);
            uint256 sign = _byte(word, 23);
            if (sign == 0x2b) epochMs = int256(timeMs) - int256(offsetMinutes * 60_000);
            else if (sign == 0x2d) epochMs = int256(timeMs + offsetMinutes * 60_000);
            else JsonText.refuse(RefusalReason.TimeInvalid, i);
            return (epochMs, letter, i + (hasColon ? 33 : 32));
        }
    }

    /// @dev The last five characters: minutes of the offset, a space, the clock's state, the closing quote.
    function _readTail(
        uint256 word,
        bool hasColon,
        uint256 i
    ) private pure returns (uint256 minutesOfOffset, uint256 letter) {
        unchecked {
            uint256 tail = hasColon ? word & 0xffffffffff : (word >> 8) & 0xffffffffff;
            uint256 tens = (tail >> 32) - 0x30;
            uint256 units = ((tail >> 24) & 0xff) - 0x30;
            letter = (tail >> 8) & 0xff;
            bool isState = letter == 0x55 || letter == 0x49 || letter == 0x53 || letter == 0x52;
            if (tens > 5 || units > 9 || !isState || tail & 0xff00ff != 0x200022) {
                JsonText.refuse(RefusalReason.TimeInvalid, i);
            }
            minutesOfOffset = tens * 10 + units;
        }
    }

    /// @dev Milliseconds since 1970 to the second, by the proleptic Gregorian calendar. The year begins in March here,
    /// so that the leap day is its last.
    function _msOf(uint256 pairs, uint256 i) private pure returns (uint256) {
        unchecked {
            uint256 year = _byte(pairs, 0) * 100 + _byte(pairs, 2);
            uint256 month = _byte(pairs, 5);
            uint256 day = _byte(pairs, 8);
            uint256 secondOfDay = _byte(pairs, 11) * 3600 + _byte(pairs, 14) * 60 + _byte(pairs, 17);
            bool isTime = _byte(pairs, 11) < 24 && _byte(pairs, 14) < 60 && _byte(pairs, 17) < 60;
            // A month or day of 0 wraps to a large number.
            if (!isTime || month - 1 > 11 || day - 1 >= _daysIn(year, month)) {
                JsonText.refuse(RefusalReason.TimeInvalid, i);
            }

            if (year < 1970) JsonText.refuse(RefusalReason.TimeAboveLimit, i);

            (year, month) = month > 2 ? (year, month - 3) : (year - 1, month + 9);
            // 153 days in five months from March on; 719,469 days from 1 March 0000 to 1 January 1970 with `day` from 1.
            uint256 dayNumber = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469;
            return (dayNumber * 86_400 + secondOfDay) * 1000;
        }
    }

    function _daysIn(uint256 year, uint256 month) private pure returns (uint256) {
        unchecked {
            if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
            // Bits 1, 3, 5, 7, 8, 10 and 12: the months of 31 days.
            return 30 + ((0x15aa >> month) & 1);
        }
    }

    function _byte(uint256 word, uint256 k) private pure returns (uint256) {
        unchecked {
            return (word >> (248 - 8 * k)) & 0xff;
        }
    }
}
