// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {JsonText} from "./JsonText.sol";
import {OcmfNumber} from "./OcmfNumber.sol";
import {PackedReading, RefusalReason} from "../interfaces/IOcmfScanner.sol";
import {OcmfRegister} from "./OcmfRegister.sol";
import {PackedReadingLibrary} from "./PackedReadingLibrary.sol";

/// @notice A reading as it was read, with the fields carried forward from the readings before it.
struct Reading {
    /// Where it stands in the payload.
    uint256 position;
    /// The characters of `TX`, `ST`, `RU`, `RI`, the last in the lowest bits; 0 until there was one.
    uint256 transaction;
    uint256 status;
    uint256 unit;
    uint256 register;
    /// A constant of `OcmfRegister`.
    uint256 kind;
    int256 epochMs;
    uint256 synchronisation;
    bool hasTime;
    bool hasTimeError;
    /// `RV`: unscaled · 10^exponent. Not carried forward.
    bool hasValue;
    bool isValueInvalid;
    uint256 unscaled;
    int256 exponent;
}

/// @notice A register of imported energy, as far as the record was read.
struct ImportRegister {
    /// A constant of `OcmfRegister`, the best the highest; `OTHER` while there is none.
    uint256 kind;
    /// The characters of `RI`, the last in the lowest bits.
    uint256 register;
    uint256 readingCount;
    /// The last reading, rounded up.
    uint256 lastMicroWhUp;
    PackedReading begin;
    PackedReading end;
}

/// @notice All registers of imported energy of a record: mostly there is only the first.
struct ImportRegisters {
    ImportRegister first;
    ImportRegister[] others;
    uint256 otherCount;
}

/// @title Billing of OCMF readings
/// @notice Checks that the readings of each register of imported energy are in order and chooses the register that is
/// billed: the transaction's own register before a total, then energy at the vehicle before energy at the mains. Every
/// reading of the record must be good (`ST` is G, no `EF` E, no exception), also those of other registers.
library OcmfBilling {
    using PackedReadingLibrary for PackedReading;

    uint256 internal constant KILOWATT_HOUR = uint24(bytes3("kWh"));
    uint256 private constant WATT_HOUR = uint16(bytes2("Wh"));
    uint256 private constant MAXIMUM_OTHERS = 3;

    /// The letter B.
    uint256 private constant BEGIN = 0x42;
    /// One bit for each letter: E end, L local, R remote, A abort, P power failure.
    uint256 private constant ENDS = (1 << 0x45) | (1 << 0x4c) | (1 << 0x52) | (1 << 0x41) | (1 << 0x50);
    /// C charging, S suspended, T tariff change.
    uint256 private constant EVENTS = (1 << 0x43) | (1 << 0x53) | (1 << 0x54);

    /// @notice Takes the next reading of the record.
    function takeReading(ImportRegisters memory registers, Reading memory reading) internal pure {
        uint256 transaction = reading.transaction;
        _checkReading(reading, transaction);
        if (reading.kind == OcmfRegister.OTHER) return;
        if (!reading.hasValue) {
            // Only an event between begin and end can do without a value.
            if (!_isOneOf(transaction, EVENTS)) _refuse(RefusalReason.ValueMissing, reading);
            return;
        }
        (uint256 microWhDown, uint256 microWhUp) = _microWhOf(reading);
        ImportRegister memory register = registers.first;
        if (register.register != reading.register) register = _registerOf(registers, reading);

        bool isEnd = _isOneOf(transaction, ENDS);
        if (register.end.isPresent()) {
            _refuse(isEnd ? RefusalReason.EndRepeated : RefusalReason.ReadingOutOfOrder, reading);
        }
        uint256 readingCount = register.readingCount;
        if (readingCount > 0) {
            if (transaction == BEGIN) {
                bool isRepeated = register.begin.isPresent();
                _refuse(isRepeated ? RefusalReason.BeginRepeated : RefusalReason.ReadingOutOfOrder, reading);
            }
            // Rounded apart: what passes has not run back, not even by less than the unit.
            if (microWhDown < register.lastMicroWhUp) {
                bool isBelow = microWhUp < register.lastMicroWhUp;
                _refuse(isBelow ? RefusalReason.ValueDecreasing : RefusalReason.ValueTooFine, reading);
            }
        }
        unchecked {
            // At most 64 readings.
            register.readingCount = readingCount + 1;
        }
        register.lastMicroWhUp = microWhUp;
        if (transaction == BEGIN) {
            register.begin = _pack(reading, microWhUp);
        } else if (isEnd) {
            PackedReading begin = register.begin;
            if (reading.epochMs < begin.epochMs()) {
                bool hasTimes = begin.isPresent() && !begin.hasTimeError() && !reading.hasTimeError;
                if (hasTimes) _refuse(RefusalReason.TimeDecreasing, reading);
            }
            register.end = _pack(reading, microWhDown);
        }
    }

    /// @notice Ends the list of readings.
    /// @param i Where it ends.
    /// @return register The code of the register that is billed: its characters, the last in the lowest bits.
    /// @return begin Its begin reading.
    /// @return end Its end reading.
    function finish(
        ImportRegisters memory registers,
        uint256 i
    ) internal pure returns (bytes32 register, PackedReading begin, PackedReading end) {
        ImportRegister memory best = registers.first;
        if (best.kind == OcmfRegister.OTHER) JsonText.refuse(RefusalReason.ImportRegisterMissing, i);
        if (registers.otherCount > 0) best = _chooseRegister(registers, i);
        return (bytes32(best.register), best.begin, best.end);
    }

    /// @dev The best register; it is never replaced by a worse one that has what it lacks.
    function _chooseRegister(
        ImportRegisters memory registers,
        uint256 i
    ) private pure returns (ImportRegister memory best) {
        best = registers.first;
        bool hasBegin = best.begin.isPresent();
        bool hasEnd = best.end.isPresent();
        bool hasClassic = best.kind == OcmfRegister.CLASSIC;
        bool hasTwin = false;
        for (uint256 k = 0; k < registers.otherCount; ++k) {
            ImportRegister memory other = registers.others[k];
            hasBegin = hasBegin || other.begin.isPresent();
            hasEnd = hasEnd || other.end.isPresent();
            hasClassic = hasClassic || other.kind == OcmfRegister.CLASSIC;
            hasTwin = other.kind == best.kind || (hasTwin && other.kind < best.kind);
            if (other.kind > best.kind) best = other;
        }
        // The classic registers are not ranked among the others: too many meanings are in use.
        bool isComplete = best.begin.isPresent() == hasBegin && best.end.isPresent() == hasEnd;
        if (hasTwin || hasClassic || !isComplete) JsonText.refuse(RefusalReason.RegisterAmbiguous, i);
    }

    /// @dev The register of the reading, which is not that of `first` yet; a new one where it is the first reading of it.
    function _registerOf(
        ImportRegisters memory registers,
        Reading memory reading
    ) private pure returns (ImportRegister memory) {
        if (registers.first.kind == OcmfRegister.OTHER) {
            (registers.first.kind, registers.first.register) = (reading.kind, reading.register);
            return registers.first;
        }
        uint256 count = registers.otherCount;
        for (uint256 k = 0; k < count; ++k) {
            if (registers.others[k].register == reading.register) return registers.others[k];
        }
        if (count == 0) registers.others = new ImportRegister[](MAXIMUM_OTHERS);
        if (count == MAXIMUM_OTHERS) _refuse(RefusalReason.RegistersAboveLimit, reading);
        (registers.others[count].kind, registers.others[count].register) = (reading.kind, reading.register);
        registers.otherCount = count + 1;
        return registers.others[count];
    }

    function _microWhOf(Reading memory reading) private pure returns (uint256 microWhDown, uint256 microWhUp) {
        int256 wattHourExponent;
        if (reading.unit == KILOWATT_HOUR) wattHourExponent = 3;
        else if (reading.unit != WATT_HOUR) _refuse(RefusalReason.UnitUnknown, reading);
        if (reading.isValueInvalid) _refuse(RefusalReason.ValueInvalid, reading);
        return OcmfNumber.toMicroWh(reading.unscaled, reading.exponent, wattHourExponent, reading.position);
    }

    /// @dev What must be true of a reading of whatever register.
    function _checkReading(Reading memory reading, uint256 transaction) private pure {
        if (!_isOneOf(transaction, (1 << BEGIN) | ENDS | EVENTS)) {
            if (transaction == 0) _refuse(RefusalReason.TransactionMissing, reading);
            if (transaction == 0x58) _refuse(RefusalReason.TransactionException, reading);
            _refuse(RefusalReason.TransactionUnknown, reading);
        }
        if (reading.status != 0x47) _refuse(RefusalReason.StatusNotGood, reading);
        if (!reading.hasTime) _refuse(RefusalReason.TimeInvalid, reading);
    }

    /// @dev A text of several letters is a number above 255 and gives no bit.
    function _isOneOf(uint256 letter, uint256 letters) private pure returns (bool) {
        return (letters >> letter) & 1 != 0;
    }

    function _pack(Reading memory reading, uint256 registerMicroWh) private pure returns (PackedReading) {
        // At most `OcmfNumber.MAXIMUM_MICRO_WH`; years have four digits, so that milliseconds fit 48 bits.
        return
            PackedReadingLibrary.pack(
                uint64(registerMicroWh),
                int64(reading.epochMs),
                uint8(reading.synchronisation),
                reading.hasTimeError
            );
    }

    function _refuse(RefusalReason reason, Reading memory reading) private pure {
        JsonText.refuse(reason, reading.position);
    }
}
