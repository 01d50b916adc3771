// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {JsonKeySet, KeySet} from "./JsonKeySet.sol";
import {IOcmfScanner, RefusalReason} from "../interfaces/IOcmfScanner.sol";

/// @title JSON text
/// @notice Reads JSON (RFC 8259) byte by byte and refuses what is not JSON, with the position. Nothing is looked up and
/// nothing is read twice: whoever calls goes through the text from front to back.
///
/// Stricter than RFC 8259: duplicate keys are refused in every object; keys are at most 31 printable ASCII characters
/// without escapes; escapes of surrogates are refused; `|` is refused everywhere; depth, keys and size have limits.
///
/// Assembly reads a word at any position, which Solidity cannot, takes a byte of it, and counts leading zeros. With all
/// three the 395 bytes of a KEBA record take 79 gas a byte; a prototype that went byte by byte took 172.
///
/// `text` is the place in memory of the first byte, `i` the position from there. The text is followed by zeros, and
/// zero is never legal, so that no read has to look whether it is past the end.
library JsonText {
    uint256 internal constant QUOTE = 0x22;
    uint256 internal constant COMMA = 0x2c;
    uint256 internal constant COLON = 0x3a;
    uint256 internal constant OPEN_ARRAY = 0x5b;
    uint256 internal constant BACKSLASH = 0x5c;
    uint256 internal constant CLOSE_ARRAY = 0x5d;
    uint256 internal constant OPEN_OBJECT = 0x7b;
    uint256 internal constant PIPE = 0x7c;
    uint256 internal constant CLOSE_OBJECT = 0x7d;

    uint256 internal constant MAXIMUM_DEPTH = 8;
    /// Characters of a number that is not interpreted.
    uint256 internal constant MAXIMUM_NUMBER = 64;

    uint256 private constant EACH_BYTE = type(uint256).max / 0xff;
    uint256 private constant HIGH_BITS = EACH_BYTE * 0x80;
    uint256 private constant LOW_BITS = EACH_BYTE * 0x7f;
    uint256 private constant SPACES = EACH_BYTE * 0x20;

    /// `"AA":` with the character before it to be added, and which bit of it the letters begin at.
    uint256 private constant FRAME_OF_PAIR = 0x00224141223a;
    uint256 private constant FROM_LEAD = 40;
    uint256 private constant FROM_LETTERS = 16;

    /// @notice Brings a payload into memory, with zeros behind it.
    function load(bytes calldata payload) internal pure returns (uint256 text) {
        bytes memory padded = bytes.concat(payload, bytes32(0), bytes32(0));
        assembly ("memory-safe") {
            text := add(padded, 32)
        }
    }

    /// @notice The 32 bytes from position `i` on, the first in the highest bits.
    function wordAt(uint256 text, uint256 i) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(text, i))
        }
    }

    /// @notice The byte at position `i`.
    function byteAt(uint256 text, uint256 i) internal pure returns (uint256) {
        return wordAt(text, i) >> 248;
    }

    /// @notice The byte `k` of a word, the first being byte 0; 0 from byte 32 on.
    function byteOf(uint256 word, uint256 k) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := byte(k, word)
        }
    }

    /// @notice Stops with the reason and the position.
    function refuse(RefusalReason reason, uint256 i) internal pure {
        revert IOcmfScanner.RecordRefused(reason, i);
    }

    /// @notice Passes over white space.
    function skipSpace(uint256 text, uint256 i) internal pure returns (uint256 next) {
        unchecked {
            while (true) {
                uint256 word = wordAt(text, i);
                uint256 c = word >> 248;
                if (c > 0x20) return i;
                if (c == 0x20) i += _leadingZeroBytes(word ^ SPACES);
                else if (c == 0x0a || c == 0x0d || c == 0x09) ++i;
                else return i;
            }
        }
    }

    /// @notice Passes over one character and the white space behind it.
    function expect(uint256 text, uint256 i, uint256 character) internal pure returns (uint256) {
        unchecked {
            if (byteAt(text, i) != character) refuse(RefusalReason.JsonSyntax, i);
            return skipSpace(text, i + 1);
        }
    }

    /// @notice Reads the next key of an object, or the end of the object.
    /// @param i Where the object begins, or where its last value ended.
    /// @param lead `OPEN_OBJECT` at the beginning of the object, else `COMMA`.
    /// @return key The characters, the last in the lowest bits; 0 at the end of the object.
    /// @return next Where the value begins, or where the text goes on.
    function readKey(
        uint256 text,
        uint256 i,
        uint256 lead,
        KeySet memory set
    ) internal pure returns (uint256 key, uint256 next) {
        unchecked {
            // Mostly the key has two capital letters and no white space stands around it: `,"RV":`.
            uint256 word = wordAt(text, i);
            uint256 letters = (word >> 208) - (FRAME_OF_PAIR + (lead << FROM_LEAD));
            if (JsonKeySet.isPair(letters, FROM_LETTERS)) {
                key = (word >> 224) & 0xffff;
                ++i;
                next = i + 4;
            } else {
                word = 0;
                (key, i, next) = _readLooseKey(text, i, lead);
                if (key == 0) return (key, next);
                letters = JsonKeySet.lettersOf(key, FROM_LETTERS);
                if (!JsonKeySet.isPair(letters, FROM_LETTERS)) {
                    RefusalReason reason = JsonKeySet.noteOther(set, key);
                    if (reason != RefusalReason.None) refuse(reason, i);
                    return (key, expect(text, skipSpace(text, next), COLON));
                }
            }
            if (!JsonKeySet.notePair(set, letters, FROM_LETTERS)) refuse(RefusalReason.KeyDuplicate, i);
            // Mostly the value follows the colon at once.
            if (byteOf(word, 6) > 0x20) ++next;
            else next = expect(text, skipSpace(text, next), COLON);
        }
    }

    /// @notice After an entry of an object or array: whether another follows, and where it begins; else where the text
    /// goes on.
    function readSeparator(uint256 text, uint256 i, uint256 close) internal pure returns (bool isMore, uint256 next) {
        unchecked {
            uint256 word = wordAt(text, i);
            uint256 c = word >> 248;
            if (c < 0x21) {
                i = skipSpace(text, i);
                word = wordAt(text, i);
                c = word >> 248;
            }
            ++i;
            if (c == COMMA) {
                if (byteOf(word, 1) > 0x20) return (true, i);
                return (true, skipSpace(text, i));
            }
            if (c != close) refuse(RefusalReason.JsonSyntax, i - 1);
            return (false, i);
        }
    }

    /// @notice Reads a string of at most 31 printable ASCII characters without escapes.
    /// @param otherwise Why anything but a string is refused.
    /// @return value The characters, the last in the lowest bits. As none is zero, equal values are equal strings.
    /// @return next Where the text goes on.
    function readPlain(
        uint256 text,
        uint256 i,
        RefusalReason otherwise
    ) internal pure returns (uint256 value, uint256 next) {
        unchecked {
            uint256 word = wordAt(text, i);
            if (word >> 248 != QUOTE) refuse(otherwise, i);
            // Mostly the closing quote is among the 31 bytes behind. Otherwise byte 31 is zero, and ends the run.
            word <<= 8;
            uint256 length = _plainRun(word);
            if (byteOf(word, length) != QUOTE) {
                word = wordAt(text, i + 1);
                length = _plainRun(word);
                next = i + 1 + length;
                if (length == 32 || byteAt(text, next) != QUOTE) {
                    _refusePlain(text, next, otherwise == RefusalReason.JsonSyntax);
                }
            }
            // The empty string shifts by 256, which gives 0.
            value = word >> (256 - 8 * length);
            next = i + length + 2;
        }
    }

    /// @notice The text of one capital letter at position `i`; 0 if something else stands there.
    function letterAt(uint256 text, uint256 i) internal pure returns (uint256 letter) {
        unchecked {
            uint256 word = wordAt(text, i);
            letter = byteOf(word, 1);
            if ((word >> 232) & 0xff00ff != 0x220022 || letter - 0x41 > 25) letter = 0;
        }
    }

    /// @notice Passes over a string without escapes, of whatever length.
    /// @return next Where the text goes on.
    function skipPlainString(uint256 text, uint256 i) internal pure returns (uint256 next) {
        unchecked {
            if (byteAt(text, i) != QUOTE) refuse(RefusalReason.JsonSyntax, i);
            return _skipCharacters(text, i + 1, true);
        }
    }

    /// @notice Whether the value at position `i` is a string without characters.
    function isEmptyString(uint256 text, uint256 i) internal pure returns (bool) {
        return wordAt(text, i) >> 240 == 0x2222;
    }

    /// @notice Whether the value at position `i` is null.
    function isNull(uint256 text, uint256 i) internal pure returns (bool) {
        return wordAt(text, i) >> 224 == uint32(bytes4("null"));
    }

    /// @notice Passes over a value of whatever type, checking its grammar.
    /// @param depth How many objects and arrays are open.
    /// @return next Where the text goes on.
    function skipValue(uint256 text, uint256 i, uint256 depth) internal pure returns (uint256 next) {
        unchecked {
            // Mostly it is a text.
            return byteAt(text, i) == QUOTE ? _skipCharacters(text, i + 1, false) : _skipAny(text, i, depth);
        }
    }

    function _skipAny(uint256 text, uint256 i, uint256 depth) private pure returns (uint256 next) {
        unchecked {
            uint256 word;
            uint256 c;
            // The compiler calls even the smallest function from one that, as this one, can come back to itself.
            assembly ("memory-safe") {
                word := mload(add(text, i))
                c := byte(0, word)
            }
            if (c == QUOTE) return _skipCharacters(text, i + 1, false);
            if (c == OPEN_OBJECT) return _skipObject(text, i, depth + 1);
            if (c == OPEN_ARRAY) return _skipArray(text, i, depth + 1);
            if (word >> 224 == uint32(bytes4("true"))) return i + 4;
            if (word >> 216 == uint40(bytes5("false"))) return i + 5;
            if (isNull(text, i)) return i + 4;
            return _skipNumber(text, i);
        }
    }

    /// @dev The characters of a string and the quote behind them.
    function _skipCharacters(uint256 text, uint256 i, bool isPlain) private pure returns (uint256 next) {
        unchecked {
            while (true) {
                uint256 word = wordAt(text, i);
                uint256 run = _plainRun(word);
                i += run;
                uint256 c = byteOf(word, run);
                if (c == QUOTE) return i + 1;
                if (c > 0x7f) i = _skipUtf8(text, i);
                else if (c == BACKSLASH && !isPlain) i = _skipEscape(text, i);
                else if (run < 32) _refusePlain(text, i, false);
            }
        }
    }

    function _skipObject(uint256 text, uint256 i, uint256 depth) private pure returns (uint256) {
        if (depth > MAXIMUM_DEPTH) refuse(RefusalReason.DepthAboveLimit, i);
        KeySet memory set;
        uint256 key;
        (key, i) = readKey(text, i, OPEN_OBJECT, set);
        while (key != 0) (key, i) = readKey(text, _skipAny(text, i, depth), COMMA, set);
        return i;
    }

    function _skipArray(uint256 text, uint256 i, uint256 depth) private pure returns (uint256) {
        if (depth > MAXIMUM_DEPTH) refuse(RefusalReason.DepthAboveLimit, i);
        unchecked {
            i = skipSpace(text, i + 1);
            if (byteAt(text, i) == CLOSE_ARRAY) return i + 1;
        }
        for (bool isMore = true; isMore;) {
            i = byteAt(text, i) == QUOTE ? _skipStrings(text, i) : _skipAny(text, i, depth);
            (isMore, i) = readSeparator(text, i, CLOSE_ARRAY);
        }
        return i;
    }

    /// @dev A string of an array and those that follow without white space.
    function _skipStrings(uint256 text, uint256 i) private pure returns (uint256) {
        unchecked {
            // Behind a string and a comma.
            while (wordAt(text, i = _skipCharacters(text, i + 1, false)) >> 240 == (COMMA << 8) | QUOTE) ++i;
            return i;
        }
    }

    function _skipNumber(uint256 text, uint256 i) private pure returns (uint256) {
        unchecked {
            uint256 start = i;
            if (byteAt(text, i) == 0x2d) ++i;
            if (byteAt(text, i) == 0x30) ++i;
            else i = _skipDigits(text, i);
            if (byteAt(text, i) == 0x2e) i = _skipDigits(text, i + 1);
            if (byteAt(text, i) | 0x20 == 0x65) {
                uint256 sign = byteAt(text, ++i);
                if (sign == 0x2b || sign == 0x2d) ++i;
                i = _skipDigits(text, i);
            }
            if (i - start > MAXIMUM_NUMBER) refuse(RefusalReason.ValueAboveLimit, start);
            return i;
        }
    }

    /// @dev At least one digit.
    function _skipDigits(uint256 text, uint256 i) private pure returns (uint256) {
        unchecked {
            // A character below "0" wraps to a large number.
            if (byteAt(text, i) - 0x30 > 9) refuse(RefusalReason.JsonSyntax, i);
            do ++i; while (byteAt(text, i) - 0x30 < 10);
            return i;
        }
    }

    /// @dev `i` is at the backslash.
    function _skipEscape(uint256 text, uint256 i) private pure returns (uint256) {
        unchecked {
            uint256 c = byteAt(text, i + 1);
            if (c == QUOTE || c == BACKSLASH || c == 0x2f) return i + 2;
            if (c == 0x62 || c == 0x66 || c == 0x6e || c == 0x72 || c == 0x74) return i + 2;
            if (c != 0x75) refuse(RefusalReason.JsonSyntax, i);

            uint256 codeUnit;
            for (uint256 k = 2; k < 6; ++k) codeUnit = (codeUnit << 4) | _hexDigit(byteAt(text, i + k), i);
            if (codeUnit >> 11 == 0x1b) refuse(RefusalReason.SurrogateEscaped, i);
            return i + 6;
        }
    }

    function _hexDigit(uint256 c, uint256 i) private pure returns (uint256) {
        unchecked {
            if (c - 0x30 < 10) return c - 0x30;
            c |= 0x20;
            if (c - 0x61 > 5) refuse(RefusalReason.JsonSyntax, i);
            return c - 0x57;
        }
    }

    /// @dev One character of two to four bytes. RFC 3629 §4: no overlong form, no surrogate, nothing above U+10FFFF.
    function _skipUtf8(uint256 text, uint256 i) private pure returns (uint256) {
        unchecked {
            uint256 word = wordAt(text, i) >> 224;
            uint256 lead = word >> 24;
            // The two highest bytes, for the bounds on the second byte.
            uint256 pair = word >> 16;
            if (lead >= 0xc2 && lead <= 0xdf && word & 0xc00000 == 0x800000) return i + 2;
            if (lead >> 4 == 0xe && word & 0xc0c000 == 0x808000) {
                if (pair >= 0xe0a0 && (pair < 0xeda0 || pair >= 0xee80)) return i + 3;
            }
            if (lead >> 3 == 0x1e && word & 0xc0c0c0 == 0x808080) {
                if (pair >= 0xf090 && pair < 0xf490) return i + 4;
            }
            refuse(RefusalReason.Utf8Invalid, i);
            return i;
        }
    }

    /// @dev How many of the word's bytes, from the first on, are ASCII and neither control character, quote, backslash
    /// nor `|`; 32 at most. All bytes at once: in each byte of `plain` bit 7 says whether the low seven bits are allowed,
    /// which an addition to seven bits shows without a carry into the next byte.
    function _plainRun(uint256 word) private pure returns (uint256 run) {
        unchecked {
            uint256 low = word & LOW_BITS;
            // With bit 1 turned over, the quote is 0x20, and the control characters are what lies below.
            uint256 plain = (low ^ (EACH_BYTE * 0x02)) + EACH_BYTE * 0x5f;
            // The backslash and `|` differ in bit 5 alone.
            plain &= ((low | (EACH_BYTE * 0x20)) ^ (EACH_BYTE * PIPE)) + LOW_BITS;
            run = _leadingZeroBytes((~plain | word) & HIGH_BITS);
        }
    }

    /// @dev How many of the word's bytes, from the first on, are zero; 32 at most.
    function _leadingZeroBytes(uint256 word) private pure returns (uint256 count) {
        assembly ("memory-safe") {
            count := shr(3, clz(word))
        }
    }

    /// @dev Says why a string cannot go on at `i`.
    function _refusePlain(uint256 text, uint256 i, bool isKey) private pure {
        uint256 c = byteAt(text, i);
        if (c == PIPE) refuse(RefusalReason.PipeInside, i);
        if (c < 0x20) refuse(RefusalReason.JsonSyntax, i);
        refuse(c == BACKSLASH && isKey ? RefusalReason.KeyEscaped : RefusalReason.TextNotPlain, i);
    }

    /// @dev A key with white space around it or with other characters.
    /// @return key 0 at the end of the object.
    /// @return position Where the key begins.
    /// @return next Where the text goes on.
    function _readLooseKey(
        uint256 text,
        uint256 i,
        uint256 lead
    ) private pure returns (uint256 key, uint256 position, uint256 next) {
        unchecked {
            bool isMore;
            if (lead == COMMA) {
                (isMore, position) = readSeparator(text, i, CLOSE_OBJECT);
                if (!isMore) return (0, position, position);
            } else {
                position = skipSpace(text, i + 1);
                if (byteAt(text, position) == CLOSE_OBJECT) return (0, position, position + 1);
            }
            (key, next) = readPlain(text, position, RefusalReason.JsonSyntax);
            if (key == 0) refuse(RefusalReason.TextNotPlain, position);
        }
    }
}
