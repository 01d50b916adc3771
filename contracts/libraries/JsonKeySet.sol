// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RefusalReason} from "../interfaces/IOcmfScanner.sol";

/// @notice The keys that an object has had so far.
struct KeySet {
    /// One bit for each key of two capital letters, as OCMF's own keys are: 32 for each first letter, and so eight first
    /// letters in each of these words. They stand first, and one behind the other.
    uint256 firstAToH;
    uint256 firstIToP;
    uint256 firstQToX;
    uint256 firstYToZ;
    /// All other keys.
    uint256[] others;
    uint256 otherCount;
}

/// @title Set of keys
/// @notice Knows the keys of one object again. A key is a number: its characters, the last in the lowest bits.
///
/// A pair of capital letters is counted from "AA": the first letter's distance from A, and in the byte below the second's.
/// `shift` says from which bit on the two stand in a word, so that nobody has to move them.
library JsonKeySet {
    /// Keys of an object that are not two capital letters. Each is compared with all before it.
    uint256 internal constant MAXIMUM_OTHERS = 16;

    uint256 private constant AA = 0x4141;
    uint256 private constant BOTH_AT_MOST_31 = 0x1f1f;
    /// Brings what is above 25, the distance of Z, above 31.
    uint256 private constant BOTH_SIX = 0x0606;

    /// @notice The distance of a key from "AA".
    function lettersOf(uint256 key, uint256 shift) internal pure returns (uint256 letters) {
        unchecked {
            return (key - AA) << shift;
        }
    }

    /// @notice Whether a distance from "AA" is that of two capital letters: both bytes are at most 25, and nothing else is
    /// in the word.
    function isPair(uint256 letters, uint256 shift) internal pure returns (bool) {
        unchecked {
            return (letters | (letters + (BOTH_SIX << shift))) & ~(BOTH_AT_MOST_31 << shift) == 0;
        }
    }

    /// @notice Notes a pair of capital letters.
    /// @dev In assembly, because it is done for every key: the checks of an array's bounds would take 100 gas.
    /// @return isNew Whether it was not noted before.
    function notePair(KeySet memory set, uint256 letters, uint256 shift) internal pure returns (bool isNew) {
        (uint256 place, uint256 bit) = _placeOf(set, letters, shift);
        uint256 bits;
        assembly ("memory-safe") {
            bits := mload(place)
            mstore(place, or(bits, bit))
        }
        return bits & bit == 0;
    }

    /// @notice Whether a pair of capital letters was noted.
    function hasPair(KeySet memory set, uint256 key) internal pure returns (bool) {
        (uint256 place, uint256 bit) = _placeOf(set, lettersOf(key, 0), 0);
        uint256 bits;
        assembly ("memory-safe") {
            bits := mload(place)
        }
        return bits & bit != 0;
    }

    /// @notice Notes a key that is no pair of capital letters.
    /// @return reason Why it cannot be; `None` if it is.
    function noteOther(KeySet memory set, uint256 key) internal pure returns (RefusalReason reason) {
        unchecked {
            uint256 count = set.otherCount;
            if (set.others.length == 0) set.others = new uint256[](MAXIMUM_OTHERS);
            for (uint256 k; k < count; ++k) if (set.others[k] == key) return RefusalReason.KeyDuplicate;
            if (count == MAXIMUM_OTHERS) return RefusalReason.KeysAboveLimit;
            set.others[count] = key;
            set.otherCount = count + 1;
        }
    }

    /// @notice Forgets the keys.
    function clear(KeySet memory set) internal pure {
        (set.firstAToH, set.firstIToP, set.firstQToX, set.firstYToZ, set.otherCount) = (0, 0, 0, 0, 0);
    }

    /// @dev Where the bit of a pair is: two bits of the first letter choose the word, its other three and the second
    /// letter's five choose the bit.
    function _placeOf(
        KeySet memory set,
        uint256 letters,
        uint256 shift
    ) private pure returns (uint256 place, uint256 bit) {
        unchecked {
            bit = 1 << (((letters >> (shift + 3)) & 0xe0) | ((letters >> shift) & 0x1f));
            uint256 offset = (letters >> (shift + 11)) << 5;
            assembly ("memory-safe") {
                place := add(set, offset)
            }
        }
    }
}
