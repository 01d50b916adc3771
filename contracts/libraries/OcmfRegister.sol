// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RefusalReason} from "../interfaces/IOcmfScanner.sol";
import {JsonText} from "./JsonText.sol";

/// @title Registers of OCMF
/// @notice Tells from an OBIS code (IEC 62056-61; OCMF 1.4.1, table of registers) whether a register counts imported
/// energy. The forms found in the field: `1-b:1.8.0`, `1-0:1.8.0*198`, `01-00:01.08.00.FF`, `1-b:1.8.e`,
/// `01-00:B3.08.00*FF`: A-B:C.D.E, then `.F` or `*F` or nothing; each group one to three hexadecimal digits.
library OcmfRegister {
    /// A register that is not billed and can be passed over.
    uint256 internal constant OTHER = 0;
    /// Imported energy as meters number it outside of OCMF (C = 1, 9E). Not compared with the ranks below.
    uint256 internal constant CLASSIC = 1;
    /// C = B0: total, at the mains.
    uint256 internal constant TOTAL_MAINS = 2;
    /// C = B1: total, at the vehicle: loss-compensated.
    uint256 internal constant TOTAL_DEVICE = 3;
    /// C = B2: of the transaction, at the mains.
    uint256 internal constant TRANSACTION_MAINS = 4;
    /// C = B3, or 98 as DZG meters number it: of the transaction, at the vehicle. The best to bill.
    uint256 internal constant TRANSACTION_DEVICE = 5;

    /// F of what counts since the begin of the transaction.
    uint256 private constant OF_TRANSACTION = 0x198;

    /// @notice The kind of register that a code names.
    /// @param code The characters, the last in the lowest bits.
    /// @param i Where the code stands, for the refusal.
    function kindOf(uint256 code, uint256 i) internal pure returns (uint256 kind) {
        if (_isUsual(code)) return CLASSIC;
        if (code == 0) JsonText.refuse(RefusalReason.RegisterUnknown, i);
        (uint256 a, uint256 c, uint256 d, uint256 period) = _readCode(code, i);

        if (a != 1) JsonText.refuse(RefusalReason.RegisterUnknown, i);
        if (d != 8) return OTHER;
        kind = _kindOfQuantity(c, i);
        bool isPresentValue = period == 0xff || period == 0x255 || period == 0x200 || period == OF_TRANSACTION;
        if (kind != OTHER && !isPresentValue) JsonText.refuse(RefusalReason.RegisterUnknown, i);
    }

    /// @notice Whether the register that a code names starts over with each transaction: C is B2, B3 or 98, or F is 198,
    /// as BAUER's meters number their register of the transaction.
    /// @param code Of a register of imported energy.
    function isOfTransaction(uint256 code) internal pure returns (bool) {
        if (_isUsual(code)) return false;
        (, uint256 c, , uint256 period) = _readCode(code, 0);
        return period == OF_TRANSACTION || _kindOfQuantity(c, 0) >= TRANSACTION_MAINS;
    }

    /// @dev The two spellings that most meters use.
    function _isUsual(uint256 code) private pure returns (bool) {
        return code == uint72(bytes9("1-b:1.8.0")) || code == uint72(bytes9("1-0:1.8.0"));
    }

    /// @dev The groups of a code that is not empty; 0xff for F where it is not there.
    function _readCode(uint256 code, uint256 i) private pure returns (uint256 a, uint256 c, uint256 d, uint256 period) {
        // Bring the first character to the highest bits.
        uint256 rest = code;
        while (rest >> 248 == 0) rest <<= 8;
        (a, rest) = _readGroup(rest, 0x2d, i);
        (, rest) = _readGroup(rest, 0x3a, i);
        (c, rest) = _readGroup(rest, 0x2e, i);
        (d, rest) = _readGroup(rest, 0x2e, i);
        period = _readPeriod(rest, i);
    }

    /// @dev 0 is general; 2, 9C and C0 to C7 are exported energy or reserved.
    function _kindOfQuantity(uint256 c, uint256 i) private pure returns (uint256 kind) {
        if (c == 0x01 || c == 0x9e) return CLASSIC;
        if (c == 0xb0) return TOTAL_MAINS;
        if (c == 0xb1) return TOTAL_DEVICE;
        if (c == 0xb2) return TRANSACTION_MAINS;
        if (c == 0xb3 || c == 0x98) return TRANSACTION_DEVICE;
        if (c == 0x00 || c == 0x02 || c == 0x9c || (c >= 0xc0 && c <= 0xc7)) return OTHER;
        JsonText.refuse(RefusalReason.RegisterUnknown, i);
    }

    /// @dev One to three hexadecimal digits and the character behind them.
    function _readGroup(uint256 rest, uint256 separator, uint256 i) private pure returns (uint256 value, uint256 tail) {
        unchecked {
            uint256 length;
            (value, length, tail) = _readHex(rest);
            if (length == 0 || length > 3 || tail >> 248 != separator) {
                JsonText.refuse(RefusalReason.RegisterUnknown, i);
            }
            tail <<= 8;
        }
    }

    /// @dev E, and perhaps F, which says whether the value is the present one or of an earlier billing period.
    function _readPeriod(uint256 rest, uint256 i) private pure returns (uint256 period) {
        (, uint256 length, uint256 tail) = _readHex(rest);
        bool isValid = length > 0 && length < 4;
        period = 0xff;
        if (tail != 0) {
            uint256 separator = tail >> 248;
            (period, length, tail) = _readHex(tail << 8);
            isValid = isValid && length > 0 && length < 4 && tail == 0 && (separator == 0x2a || separator == 0x2e);
            // 0FF is not how anybody writes FF.
            if (period == 0xff && length == 3) period = 0;
        }
        if (!isValid) JsonText.refuse(RefusalReason.RegisterUnknown, i);
    }

    function _readHex(uint256 rest) private pure returns (uint256 value, uint256 length, uint256 tail) {
        unchecked {
            while (true) {
                uint256 c = rest >> 248;
                uint256 digit = c - 0x30;
                if (digit > 9) {
                    digit = (c | 0x20) - 0x61;
                    if (digit > 5) return (value, length, rest);
                    digit += 10;
                }
                value = (value << 4) | digit;
                ++length;
                rest <<= 8;
            }
        }
    }
}
