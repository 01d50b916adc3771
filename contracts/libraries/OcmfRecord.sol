// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DecimalDigits} from "./DecimalDigits.sol";
import {JsonKeySet, KeySet} from "./JsonKeySet.sol";
import {JsonText} from "./JsonText.sol";
import {ImportRegisters, OcmfBilling, Reading} from "./OcmfBilling.sol";
import {PackedReading, RefusalReason} from "../interfaces/IOcmfScanner.sol";
import {OcmfNumber} from "./OcmfNumber.sol";
import {OcmfRegister} from "./OcmfRegister.sol";
import {OcmfTime} from "./OcmfTime.sol";
import {PackedReadingLibrary} from "./PackedReadingLibrary.sol";

/// @notice What a record says, as `OcmfContent` has it.
struct RecordContent {
    uint64 pagination;
    uint32 identificationPosition;
    uint32 identificationLength;
    bytes32 meterSerialHash;
    bytes32 gatewaySerialHash;
    bytes32 register;
    PackedReading begin;
    PackedReading end;
}

/// @title OCMF record
/// @notice Reads the payload of one OCMF record (OCMF 1.4.1) in one pass, without any trust in it, and refuses what may
/// not be billed.
///
/// What is accepted here is a strict subset of what the verifier of the service accepts, with the same energy:
/// docs/ocmf-on-chain.md lists the grammar, every limit and the reason of each. In doubt it is refused.
library OcmfRecord {
    using PackedReadingLibrary for PackedReading;

    uint256 internal constant MAXIMUM_BYTES = 3072;
    uint256 internal constant MAXIMUM_READINGS = 64;

    uint256 private constant FV = uint16(bytes2("FV"));
    uint256 private constant PG = uint16(bytes2("PG"));
    uint256 private constant MS = uint16(bytes2("MS"));
    uint256 private constant GS = uint16(bytes2("GS"));
    uint256 private constant IS = uint16(bytes2("IS"));
    uint256 private constant IL = uint16(bytes2("IL"));
    uint256 private constant ID = uint16(bytes2("ID"));
    uint256 private constant RD = uint16(bytes2("RD"));

    uint256 private constant FIRST_G = 0x47;
    uint256 private constant FIRST_I = 0x49;
    uint256 private constant FIRST_R = 0x52;
    uint256 private constant FIRST_T = 0x54;

    uint256 private constant TM = uint16(bytes2("TM"));
    uint256 private constant TX = uint16(bytes2("TX"));
    uint256 private constant RV = uint16(bytes2("RV"));
    uint256 private constant RI = uint16(bytes2("RI"));
    uint256 private constant RU = uint16(bytes2("RU"));
    uint256 private constant EF = uint16(bytes2("EF"));
    uint256 private constant ST = uint16(bytes2("ST"));

    /// `"kWh"` with its quotes.
    uint256 private constant QUOTED_KILOWATT_HOUR = 0x226b576822;

    /// @notice Reads a payload: the bytes between the first and the second `|` of a record.
    /// @dev Reverts with `RecordRefused`.
    /// @param content What the record says is written here; it must be empty. Another one, to be returned, would cost gas.
    function scan(bytes calldata payload, RecordContent memory content) internal pure {
        if (payload.length > MAXIMUM_BYTES) JsonText.refuse(RefusalReason.SizeAboveLimit, MAXIMUM_BYTES);
        uint256 text = JsonText.load(payload);
        uint256 i = JsonText.skipSpace(text, 0);
        if (JsonText.byteAt(text, i) != JsonText.OPEN_OBJECT) JsonText.refuse(RefusalReason.JsonSyntax, i);

        KeySet memory keys;
        uint256 key;
        (key, i) = JsonText.readKey(text, i, JsonText.OPEN_OBJECT, keys);
        while (key != 0) {
            i = _readField(text, i, key, content);
            (key, i) = JsonText.readKey(text, i, JsonText.COMMA, keys);
        }
        i = JsonText.skipSpace(text, i);
        if (i != payload.length) JsonText.refuse(RefusalReason.JsonSyntax, i);

        if (!JsonKeySet.hasPair(keys, FV)) JsonText.refuse(RefusalReason.VersionAboveLimit, i);
        if (!JsonKeySet.hasPair(keys, PG)) JsonText.refuse(RefusalReason.PaginationInvalid, i);
        if (!JsonKeySet.hasPair(keys, RD)) JsonText.refuse(RefusalReason.ReadingsMissing, i);
    }

    /// @notice Energy between begin and end, in 10⁻⁶ Wh, rounded down. Both must be present.
    function energyMicroWhOf(PackedReading begin, PackedReading end) internal pure returns (uint256 energyMicroWh) {
        return end.registerMicroWh() - begin.registerMicroWh();
    }

    /// @notice Time between begin and end in seconds, rounded down; 0 unless both clocks were informative, synchronised
    /// or relative and neither reading calls its time unusable.
    function chargingSecondsOf(PackedReading begin, PackedReading end) internal pure returns (uint256 chargingSeconds) {
        if (begin.synchronisation() == "U" || end.synchronisation() == "U") return 0;
        if (begin.hasTimeError() || end.hasTimeError() || end.epochMs() < begin.epochMs()) return 0;
        return uint256(int256(end.epochMs() - begin.epochMs())) / 1000;
    }

    /// @dev One entry of the payload. `i` is at its value.
    function _readField(
        uint256 text,
        uint256 i,
        uint256 key,
        RecordContent memory content
    ) private pure returns (uint256 next) {
        // By the first letter first, so that a key that is not read is compared with few that are.
        uint256 first = key >> 8;
        if (first == FIRST_I) {
            if (key == IS) return _checkStatus(text, i);
            if (key == IL) return _checkLevel(text, i);
            if (key == ID) {
                (content.identificationPosition, content.identificationLength, next) = _readIdentification(text, i);
                return next;
            }
        } else if (first == FIRST_G) {
            if (key == GS) {
                (content.gatewaySerialHash, next) = _readSerial(text, i);
                return next;
            }
        } else if (key == MS) {
            (content.meterSerialHash, next) = _readSerial(text, i);
            return next;
        } else if (key == FV) {
            return _checkVersion(text, i);
        } else if (key == PG) {
            (content.pagination, next) = _readPagination(text, i);
            return next;
        } else if (key == RD) {
            return _readReadings(text, i, content);
        }
        return JsonText.skipValue(text, i, 1);
    }

    /// @dev `"T123"`: context and number, no leading zeros.
    function _readPagination(uint256 text, uint256 i) private pure returns (uint64 number, uint256 next) {
        unchecked {
            uint256 value;
            (value, next) = _readText(text, i);
            // The quotes and the context are no digits.
            uint256 length = next - i - 3;
            uint256 context = value >> (8 * length);
            if (context != 0x54 && context != 0x46) JsonText.refuse(RefusalReason.PaginationInvalid, i);

            // The digits, the first in the highest bits.
            uint256 rest = value << (256 - 8 * length);
            if (length == 0 || (rest >> 248 == 0x30 && length > 1)) JsonText.refuse(RefusalReason.PaginationInvalid, i);
            uint256 digits = DecimalDigits.digitsOf(rest);
            if (DecimalDigits.firstOf(DecimalDigits.othersOf(digits)) != length) {
                JsonText.refuse(RefusalReason.PaginationInvalid, i);
            }
            if (context == 0x46) JsonText.refuse(RefusalReason.PaginationFiscal, i);
            if (length > 18) JsonText.refuse(RefusalReason.PaginationAboveLimit, i);
            // 18 digits are below 2⁶⁰.
            return (uint64(DecimalDigits.valueOf(digits >> (256 - 8 * length))), next);
        }
    }

    /// @dev `"1.0"` to `"1.4"`, or the same as a number, as some meters write it.
    function _checkVersion(uint256 text, uint256 i) private pure returns (uint256 next) {
        unchecked {
            uint256 version;
            if (JsonText.byteAt(text, i) == JsonText.QUOTE) {
                (version, next) = _readText(text, i);
            } else {
                next = JsonText.skipValue(text, i, 1);
                uint256 length = next - i;
                if (length < 32) version = JsonText.wordAt(text, i) >> (256 - 8 * length);
            }
            if (version >> 8 == uint16(bytes2("1.")) && (version & 0xff) - 0x30 < 5) return next;
            // Before 1.0 fields had other meanings; a third number is in use nowhere.
            bool isLong = version > type(uint24).max;
            while (version > type(uint16).max) version >>= 8;
            bool isOther = version == uint16(bytes2("0.")) || (version == uint16(bytes2("1.")) && isLong);
            JsonText.refuse(isOther ? RefusalReason.VersionAboveLimit : RefusalReason.VersionUnknown, i);
        }
    }

    /// @dev Whether a user was assigned. Both answers are good, and so is none.
    function _checkStatus(uint256 text, uint256 i) private pure returns (uint256 next) {
        uint256 c = JsonText.byteAt(text, i);
        if (c == JsonText.QUOTE) JsonText.refuse(RefusalReason.IdentificationStatusTextual, i);
        // True, false or null.
        if (c != 0x74 && c != 0x66 && c != 0x6e) JsonText.refuse(RefusalReason.TypeWrong, i);
        return JsonText.skipValue(text, i, 1);
    }

    /// @dev How well the user was identified; MISMATCH, INVALID, OUTDATED and UNKNOWN are errors.
    function _checkLevel(uint256 text, uint256 i) private pure returns (uint256 next) {
        uint256 level;
        if (JsonText.isNull(text, i)) return i + 4;
        (level, next) = _readText(text, i);
        // Some meters leave the text empty.
        if (
            level != 0 &&
            level != uint32(bytes4("NONE")) &&
            level != uint56(bytes7("HEARSAY")) &&
            level != uint56(bytes7("TRUSTED")) &&
            level != uint64(bytes8("VERIFIED")) &&
            level != uint72(bytes9("CERTIFIED")) &&
            level != uint48(bytes6("SECURE"))
        ) JsonText.refuse(RefusalReason.IdentificationLevelBad, i);
    }

    function _readIdentification(
        uint256 text,
        uint256 i
    ) private pure returns (uint32 position, uint32 length, uint256 next) {
        unchecked {
            if (JsonText.isNull(text, i)) return (0, 0, i + 4);
            next = _skipText(text, i);
            // Positions are at most 3,072.
            if (next - i > 2) (position, length) = (uint32(i + 1), uint32(next - i - 2));
        }
    }

    function _readSerial(uint256 text, uint256 i) private pure returns (bytes32 hash, uint256 next) {
        unchecked {
            if (JsonText.isNull(text, i)) return (0, i + 4);
            next = _skipText(text, i);
            uint256 length = next - i - 2;
            // Solidity could hash only a copy.
            assembly ("memory-safe") {
                hash := keccak256(add(add(text, i), 1), length)
            }
        }
    }

    /// @dev The array of readings. Fields that a reading leaves out are those of the one before it, but for `RV`.
    function _readReadings(uint256 text, uint256 i, RecordContent memory content) private pure returns (uint256) {
        if (JsonText.byteAt(text, i) != JsonText.OPEN_ARRAY) JsonText.refuse(RefusalReason.TypeWrong, i);
        i = JsonText.expect(text, i, JsonText.OPEN_ARRAY);
        if (JsonText.byteAt(text, i) == JsonText.CLOSE_ARRAY) JsonText.refuse(RefusalReason.ReadingsMissing, i);

        Reading memory reading;
        ImportRegisters memory registers;
        KeySet memory keys;
        unchecked {
            for (uint256 count = 1; ; ++count) {
                if (count > MAXIMUM_READINGS) JsonText.refuse(RefusalReason.ReadingsAboveLimit, i);
                reading.position = i;
                reading.hasValue = false;
                i = _readReading(text, i, reading, keys);
                OcmfBilling.takeReading(registers, reading);
                bool isMore;
                (isMore, i) = JsonText.readSeparator(text, i, JsonText.CLOSE_ARRAY);
                if (!isMore) break;
                JsonKeySet.clear(keys);
            }
        }
        (content.register, content.begin, content.end) = OcmfBilling.finish(registers, i);
        return i;
    }

    function _readReading(
        uint256 text,
        uint256 i,
        Reading memory reading,
        KeySet memory keys
    ) private pure returns (uint256) {
        if (JsonText.byteAt(text, i) != JsonText.OPEN_OBJECT) JsonText.refuse(RefusalReason.TypeWrong, i);
        uint256 key;
        (key, i) = JsonText.readKey(text, i, JsonText.OPEN_OBJECT, keys);
        while (key != 0) {
            // By the first letter first, so that no key is compared with all the others.
            uint256 first = key >> 8;
            if (first == FIRST_R) {
                if (key == RV) i = _readValue(text, i, reading);
                else if (key == RI) i = _readRegister(text, i, reading);
                else if (key == RU) (reading.unit, i) = _readUnit(text, i);
                else i = JsonText.skipValue(text, i, 3);
            } else if (first == FIRST_T) {
                if (key == TX) {
                    i = _readTransaction(text, i, reading);
                } else if (key == TM) {
                    (reading.epochMs, reading.synchronisation, i) = OcmfTime.read(text, i);
                    reading.hasTime = true;
                } else {
                    i = JsonText.skipValue(text, i, 3);
                }
            } else if (key == EF) {
                (reading.hasTimeError, i) = _readErrorFlags(text, i);
            } else if (key == ST) {
                (reading.status, i) = _readMarker(text, i);
            } else {
                i = JsonText.skipValue(text, i, 3);
            }
            (key, i) = JsonText.readKey(text, i, JsonText.COMMA, keys);
        }
        return i;
    }

    function _readValue(uint256 text, uint256 i, Reading memory reading) private pure returns (uint256 next) {
        (reading.unscaled, reading.exponent, next) = OcmfNumber.read(text, i);
        reading.hasValue = true;
        reading.isValueInvalid = next == 0;
        if (next == 0) next = JsonText.skipValue(text, i, 3);
    }

    function _readUnit(uint256 text, uint256 i) private pure returns (uint256 unit, uint256 next) {
        unchecked {
            if (JsonText.wordAt(text, i) >> 216 == QUOTED_KILOWATT_HOUR)
                (unit, next) = (OcmfBilling.KILOWATT_HOUR, i + 5);
            else (unit, next) = _readText(text, i);
        }
    }

    function _readRegister(uint256 text, uint256 i, Reading memory reading) private pure returns (uint256 next) {
        uint256 code;
        (code, next) = _readText(text, i);
        if (code != reading.register || code == 0) {
            reading.register = code;
            reading.kind = OcmfRegister.kindOf(code, i);
        }
    }

    function _readTransaction(uint256 text, uint256 i, Reading memory reading) private pure returns (uint256 next) {
        (reading.transaction, next) = _readMarker(text, i);
        // So that an empty text cannot pass for one that is carried forward.
        if (reading.transaction == 0) JsonText.refuse(RefusalReason.TransactionUnknown, i);
    }

    /// @dev Nothing, or `t`: the time must not be billed. `E`: the energy must not be billed.
    function _readErrorFlags(uint256 text, uint256 i) private pure returns (bool hasTimeError, uint256 next) {
        unchecked {
            next = i + 2;
            // Mostly there is none.
            if (!JsonText.isEmptyString(text, i)) {
                uint256 flags;
                (flags, next) = _readText(text, i);
                hasTimeError = flags != 0;
                // A flag may be written more than once.
                while (flags & 0xff == 0x74) flags >>= 8;
                if (flags != 0) JsonText.refuse(RefusalReason.EnergyFlagged, i);
            }
        }
    }

    /// @dev An interpreted text.
    function _readText(uint256 text, uint256 i) private pure returns (uint256 value, uint256 next) {
        return JsonText.readPlain(text, i, RefusalReason.TypeWrong);
    }

    /// @dev An interpreted text that mostly has one letter.
    function _readMarker(uint256 text, uint256 i) private pure returns (uint256 value, uint256 next) {
        unchecked {
            next = i + 3;
            value = JsonText.letterAt(text, i);
            if (value == 0) (value, next) = _readText(text, i);
        }
    }

    /// @dev A text that is compared byte by byte, and so must not have escapes.
    function _skipText(uint256 text, uint256 i) private pure returns (uint256 next) {
        if (JsonText.byteAt(text, i) != JsonText.QUOTE) JsonText.refuse(RefusalReason.TypeWrong, i);
        next = JsonText.skipPlainString(text, i);
    }
}
