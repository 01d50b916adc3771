// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOcmfScanner, OcmfContent, PackedReading} from "./interfaces/IOcmfScanner.sol";
import {OcmfRecord, RecordContent} from "./libraries/OcmfRecord.sol";
import {OcmfRegister} from "./libraries/OcmfRegister.sol";
import {PackedReadingLibrary} from "./libraries/PackedReadingLibrary.sol";

/// @title OCMF scanner
/// @dev See IOcmfScanner. A contract of its own, without state, because the size of a contract is bounded: whoever judges
/// records calls this one.
contract OcmfScanner is IOcmfScanner {
    using PackedReadingLibrary for PackedReading;

    /// @inheritdoc IOcmfScanner
    function scan(bytes calldata payload) external pure returns (OcmfContent memory) {
        RecordContent memory record;
        OcmfRecord.scan(payload, record);
        return
            OcmfContent({
                pagination: record.pagination,
                identificationPosition: record.identificationPosition,
                identificationLength: record.identificationLength,
                meterSerialHash: record.meterSerialHash,
                gatewaySerialHash: record.gatewaySerialHash,
                register: record.register,
                begin: record.begin.unpack(),
                end: record.end.unpack()
            });
    }

    /// @inheritdoc IOcmfScanner
    function scanPacked(
        bytes calldata payload
    ) external pure returns (uint256 identification, bytes32 originHash, PackedReading begin, PackedReading end) {
        RecordContent memory record;
        OcmfRecord.scan(payload, record);
        identification =
            (_totalRegisterOf(record.register) << 128) |
            (uint256(record.pagination) << 64) |
            (uint256(record.identificationPosition) << 32) |
            record.identificationLength;
        originHash = keccak256(abi.encode(record.meterSerialHash, record.gatewaySerialHash, record.register));
        return (identification, originHash, record.begin, record.end);
    }

    /// @dev 120 bits that stand for a register, and are never 0; 0 for one that starts over with each transaction.
    function _totalRegisterOf(bytes32 register) private pure returns (uint256) {
        if (OcmfRegister.isOfTransaction(uint256(register))) return 0;
        return (uint256(keccak256(abi.encode(register))) >> 136) | 1;
    }
}
