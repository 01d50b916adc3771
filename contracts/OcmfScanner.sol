// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOcmfScanner, OcmfContent} from "./interfaces/IOcmfScanner.sol";
import {OcmfRecord} from "./libraries/OcmfRecord.sol";

/// @title OCMF scanner
/// @dev See IOcmfScanner. A contract of its own, without state, because the size of a contract is bounded: whoever judges
/// records calls this one.
contract OcmfScanner is IOcmfScanner {
    function scan(bytes calldata payload) external pure returns (OcmfContent memory content) {
        OcmfRecord.scan(payload, content);
    }
}
