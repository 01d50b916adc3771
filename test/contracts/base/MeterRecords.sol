// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a meter shows at one moment.
struct Shown {
    /// The register of imported energy, in 10⁻⁶ Wh.
    uint256 registerMicroWh;
    /// The meter's clock, in seconds since midnight.
    uint256 secondOfDay;
}

/// @title Meter records
/// @notice Writes the payloads of OCMF records as a meter would, from the format's description and without our contracts'
/// code.
library MeterRecords {
    bytes private constant ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// @notice The first 100 bits of a digest in base32: what a charger is told as the idTag.
    function tagOf(bytes32 digest) internal pure returns (string memory) {
        bytes memory tag = new bytes(20);
        for (uint256 i; i < 20; ++i) tag[i] = ALPHABET[(uint256(digest) >> (251 - 5 * i)) % 32];
        return string(tag);
    }

    /// @notice One record with begin and end.
    function wholeOf(
        string memory tag,
        uint256 pagination,
        Shown memory begin,
        Shown memory end
    ) internal pure returns (bytes memory) {
        return _record(tag, pagination, string.concat(_reading("B", begin), ",", _reading("E", end)));
    }

    /// @notice The record with the begin, or the one with the end, where the meter writes two.
    function halfOf(
        string memory tag,
        uint256 pagination,
        bool isBegin,
        Shown memory shown
    ) internal pure returns (bytes memory) {
        return _record(tag, pagination, _reading(isBegin ? "B" : "E", shown));
    }

    function _record(
        string memory tag,
        uint256 pagination,
        string memory readings
    ) private pure returns (bytes memory payload) {
        string memory identity = string.concat('{"FV":"1.0","PG":"T', _decimal(pagination), '","MS":"M1","IS":true,');
        string memory user = string.concat('"IL":"TRUSTED","IT":"LOCAL","ID":"', tag, '",');
        return bytes(string.concat(identity, user, '"RD":[', readings, "]}"));
    }

    function _reading(string memory transaction, Shown memory shown) private pure returns (string memory) {
        string memory time = string.concat(
            '{"TM":"2026-03-01T',
            _padded(shown.secondOfDay / 3_600, 2),
            ":",
            _padded((shown.secondOfDay / 60) % 60, 2),
            ":",
            _padded(shown.secondOfDay % 60, 2),
            ',000+0000 S","TX":"'
        );
        string memory value = string.concat(
            '","RV":',
            _decimal(shown.registerMicroWh / 1e6),
            ".",
            _padded(shown.registerMicroWh % 1e6, 6)
        );
        return string.concat(time, transaction, value, ',"RI":"1-b:1.8.0","RU":"Wh","ST":"G"}');
    }

    function _decimal(uint256 number) private pure returns (string memory) {
        uint256 digits = 1;
        for (uint256 rest = number / 10; rest != 0; rest /= 10) ++digits;
        return _padded(number, digits);
    }

    function _padded(uint256 number, uint256 digits) private pure returns (string memory) {
        bytes memory text = new bytes(digits);
        for (uint256 i = digits; i != 0; number /= 10) text[--i] = bytes1(uint8(0x30 + (number % 10)));
        return string(text);
    }
}
