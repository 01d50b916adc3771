// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOcmfScanner, RefusalReason} from "../interfaces/IOcmfScanner.sol";

/// @notice The keys that an object has had so far.
struct KeySet {
    /// One bit for each key of two capital letters, as OCMF's own keys are: 32 for each first letter.
    uint256[4] letterPairs;
    /// All other keys.
    uint256[] others;
    uint256 otherCount;
}

/// @title JSON text
/// @notice Reads JSON (RFC 8259) byte by byte and refuses what is not JSON, with the position. Nothing is looked up and
/// nothing is read twice: whoever calls goes through the text from front to back.
///
/// Stricter than RFC 8259: duplicate keys are refused in every object; keys are at most 31 printable ASCII characters
/// without escapes; escapes of surrogates are refused; `|` is refused everywhere; depth, keys and size have limits.
///
/// Assembly reads a word at any position, which Solidity cannot, and counts leading zeros. With both the 395 bytes of a
/// KEBA record take 109 gas a byte; a prototype that went byte by byte took 172.
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
    /// Keys of an object that are not two capital letters. Each is compared with all before it.
    uint256 internal constant MAXIMUM_OTHER_KEYS = 16;
    /// Characters of a number that is not interpreted.
    uint256 internal constant MAXIMUM_NUMBER = 64;

    uint256 private constant EACH_BYTE = type(uint256).max / 0xff;
    uint256 private constant HIGH_BITS = EACH_BYTE * 0x80;
    uint256 private constant LOW_BITS = EACH_BYTE * 0x7f;

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

    /// @notice Stops with the reason and the position.
    function refuse(RefusalReason reason, uint256 i) internal pure {
        revert IOcmfScanner.RecordRefused(reason, i);
    }

    /// @notice Passes over white space.
    function skipSpace(uint256 text, uint256 i) internal pure returns (uint256 next) {
        unchecked {
            while (true) {
                uint256 c = byteAt(text, i);
                if (c > 0x20) return i;
                if (c != 0x20 && c != 0x0a && c != 0x0d && c != 0x09) return i;
                ++i;
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

    /// @notice Opens an object and reads its first key.
    /// @return key The characters, the last in the lowest bits; 0 if the object is empty.
    /// @return next Where the value begins, or where the text goes on.
    function openObject(uint256 text, uint256 i, KeySet memory set) internal pure returns (uint256 key, uint256 next) {
        unchecked {
            i = skipSpace(text, i + 1);
            if (byteAt(text, i) == CLOSE_OBJECT) return (0, i + 1);
            return _readKey(text, i, set);
        }
    }

    /// @notice After a value of an object: reads the next key, or the end of the object.
    /// @return key The characters, the last in the lowest bits; 0 at the end.
    /// @return next Where the value begins, or where the text goes on.
    function nextKey(uint256 text, uint256 i, KeySet memory set) internal pure returns (uint256 key, uint256 next) {
        unchecked {
            // Mostly there is no white space and the key has two capital letters: `,"RV":`.
            uint256 word = wordAt(text, i);
            key = (word >> 224) & 0xffff;
            uint256 letters = key - 0x4141;
            if (_foreignBits(letters) | (((word >> 208) & 0xffff0000ffff) ^ 0x2c220000223a) == 0) {
                _notePair(set, letters, i + 1);
                next = i + 6;
                return ((word >> 200) & 0xff > 0x20) ? (key, next) : (key, skipSpace(text, next));
            }
            bool isMore;
            (isMore, next) = readSeparator(text, i, CLOSE_OBJECT);
            return isMore ? _readKey(text, next, set) : (0, next);
        }
    }

    /// @notice Whether a key of two capital letters was noted.
    function hasKey(KeySet memory set, uint256 key) internal pure returns (bool) {
        unchecked {
            (uint256 place, uint256 bit) = _placeOf(set, key - 0x4141);
            uint256 bits;
            assembly ("memory-safe") {
                bits := mload(place)
            }
            return bits & bit != 0;
        }
    }

    /// @notice Forgets the keys.
    function clear(KeySet memory set) internal pure {
        (set.letterPairs[0], set.letterPairs[1], set.letterPairs[2], set.letterPairs[3]) = (0, 0, 0, 0);
        set.otherCount = 0;
    }

    /// @notice After an entry of an object or array: whether another follows, and where it begins; else where the text
    /// goes on.
    function readSeparator(uint256 text, uint256 i, uint256 close) internal pure returns (bool isMore, uint256 next) {
        unchecked {
            uint256 word = wordAt(text, i);
            // Mostly there is no white space, and a text follows another.
            if (word >> 240 == (COMMA << 8) | QUOTE) return (true, i + 1);
            uint256 c = word >> 248;
            if (c < 0x21) {
                i = skipSpace(text, i);
                c = byteAt(text, i);
            }
            if (c == COMMA) return (true, skipSpace(text, i + 1));
            if (c != close) refuse(RefusalReason.JsonSyntax, i);
            return (false, i + 1);
        }
    }

    /// @notice Reads a string of at most 31 printable ASCII characters without escapes.
    /// @return value The characters, the last in the lowest bits. As none is zero, equal values are equal strings.
    /// @return next Where the text goes on.
    function readPlain(uint256 text, uint256 i) internal pure returns (uint256 value, uint256 next) {
        return _readPlain(text, i, RefusalReason.TextNotPlain);
    }

    /// @notice Passes over a string of whatever length.
    /// @return next Where the text goes on.
    function skipString(uint256 text, uint256 i) internal pure returns (uint256 next) {
        unchecked {
            if (byteAt(text, i) != QUOTE) refuse(RefusalReason.JsonSyntax, i);
            return _skipCharacters(text, i + 1, false);
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

    /// @notice Whether the value at position `i` is null.
    function isNull(uint256 text, uint256 i) internal pure returns (bool) {
        return wordAt(text, i) >> 224 == uint32(bytes4("null"));
    }

    /// @notice Passes over a value of whatever type, checking its grammar.
    /// @param depth How many objects and arrays are open.
    /// @return next Where the text goes on.
    function skipValue(uint256 text, uint256 i, uint256 depth) internal pure returns (uint256 next) {
        unchecked {
            uint256 word = wordAt(text, i);
            uint256 c = word >> 248;
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
                uint256 run = _plainRun(wordAt(text, i));
                i += run;
                uint256 c = byteAt(text, i);
                if (c == QUOTE) return i + 1;
                if (c > 0x7f) i = _skipUtf8(text, i);
                else if (c == BACKSLASH && !isPlain) i = _skipEscape(text, i);
                else if (run < 32) _refusePlain(text, i, RefusalReason.TextNotPlain);
            }
        }
    }

    function _skipObject(uint256 text, uint256 i, uint256 depth) private pure returns (uint256) {
        if (depth > MAXIMUM_DEPTH) refuse(RefusalReason.DepthAboveLimit, i);
        KeySet memory set;
        uint256 key;
        (key, i) = openObject(text, i, set);
        while (key != 0) (key, i) = nextKey(text, skipValue(text, i, depth), set);
        return i;
    }

    function _skipArray(uint256 text, uint256 i, uint256 depth) private pure returns (uint256) {
        if (depth > MAXIMUM_DEPTH) refuse(RefusalReason.DepthAboveLimit, i);
        unchecked {
            i = skipSpace(text, i + 1);
            if (byteAt(text, i) == CLOSE_ARRAY) return i + 1;
        }
        for (bool isMore = true; isMore;) {
            (isMore, i) = readSeparator(text, skipValue(text, i, depth), CLOSE_ARRAY);
        }
        return i;
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
            uint256 plain = low + EACH_BYTE * 0x60;
            plain &= (low ^ (EACH_BYTE * QUOTE)) + LOW_BITS;
            plain &= (low ^ (EACH_BYTE * BACKSLASH)) + LOW_BITS;
            plain &= (low ^ (EACH_BYTE * PIPE)) + LOW_BITS;
            uint256 special = (~plain | word) & HIGH_BITS;
            assembly ("memory-safe") {
                run := shr(3, clz(special))
            }
        }
    }

    /// @dev Says why a string cannot go on at `i`.
    function _refusePlain(uint256 text, uint256 i, RefusalReason reasonOfEscape) private pure {
        uint256 c = byteAt(text, i);
        if (c == PIPE) refuse(RefusalReason.PipeInside, i);
        if (c < 0x20) refuse(RefusalReason.JsonSyntax, i);
        refuse(c == BACKSLASH ? reasonOfEscape : RefusalReason.TextNotPlain, i);
    }

    function _readPlain(
        uint256 text,
        uint256 i,
        RefusalReason reasonOfEscape
    ) private pure returns (uint256 value, uint256 next) {
        unchecked {
            if (byteAt(text, i) != QUOTE) refuse(RefusalReason.JsonSyntax, i);
            uint256 word = wordAt(text, i + 1);
            uint256 length = _plainRun(word);
            next = i + 1 + length;
            if (length == 32 || byteAt(text, next) != QUOTE) _refusePlain(text, next, reasonOfEscape);
            // The empty string shifts by 256, which gives 0.
            return (word >> (256 - 8 * length), next + 1);
        }
    }

    function _readKey(uint256 text, uint256 i, KeySet memory set) private pure returns (uint256 key, uint256 next) {
        unchecked {
            (key, next) = _readPlain(text, i, RefusalReason.KeyEscaped);
            if (key == 0) refuse(RefusalReason.TextNotPlain, i);
            if (_foreignBits(key - 0x4141) == 0) _notePair(set, key - 0x4141, i);
            else _noteOther(set, key, i);
            next = expect(text, skipSpace(text, next), COLON);
        }
    }

    /// @dev Zero if `letters`, a key less "AA", is a pair of capital letters: then both bytes are at most 25.
    function _foreignBits(uint256 letters) private pure returns (uint256) {
        unchecked {
            return (letters | (letters + 0x0606)) & ~uint256(0x1f1f);
        }
    }

    /// @dev In assembly, because it is done for every key: the checks of the array's bounds would take twice 49 gas, of the
    /// 330 that a key then takes.
    function _notePair(KeySet memory set, uint256 letters, uint256 i) private pure {
        (uint256 place, uint256 bit) = _placeOf(set, letters);
        uint256 bits;
        assembly ("memory-safe") {
            bits := mload(place)
            mstore(place, or(bits, bit))
        }
        if (bits & bit != 0) refuse(RefusalReason.KeyDuplicate, i);
    }

    /// @dev Where the bit of a pair of letters is: the first letter's two highest bits choose the word.
    function _placeOf(KeySet memory set, uint256 letters) private pure returns (uint256 place, uint256 bit) {
        bit = 1 << (((letters >> 3) & 0xe0) | (letters & 0x1f));
        assembly ("memory-safe") {
            // The struct's first word is the place of `letterPairs`.
            place := add(mload(set), shl(5, shr(11, letters)))
        }
    }

    function _noteOther(KeySet memory set, uint256 key, uint256 i) private pure {
        unchecked {
            uint256 count = set.otherCount;
            if (set.others.length == 0) set.others = new uint256[](MAXIMUM_OTHER_KEYS);
            for (uint256 k; k < count; ++k) if (set.others[k] == key) refuse(RefusalReason.KeyDuplicate, i);
            if (count == MAXIMUM_OTHER_KEYS) refuse(RefusalReason.KeysAboveLimit, i);
            set.others[count] = key;
            set.otherCount = count + 1;
        }
    }
}
