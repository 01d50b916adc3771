// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOcmfLens, Inspection} from "../interfaces/IOcmfLens.sol";
import {Curve} from "../interfaces/IMeterRegistry.sol";

/// @notice One record to be inspected.
struct InspectionQuery {
    Curve curve;
    bytes publicKey;
    bytes payload;
    bytes32 r;
    bytes32 s;
}

/// @notice Asks the lens about many records in one call, so that tests of thousands of records are fast. Tests only.
contract OcmfLensBatch {
    IOcmfLens public immutable lens;

    constructor(IOcmfLens ocmfLens) {
        lens = ocmfLens;
    }

    function inspectAll(InspectionQuery[] calldata queries) external view returns (Inspection[] memory inspections) {
        inspections = new Inspection[](queries.length);
        for (uint256 i = 0; i < queries.length; ++i) {
            InspectionQuery calldata query = queries[i];
            inspections[i] = lens.inspect(query.curve, query.publicKey, query.payload, query.r, query.s);
        }
    }
}
