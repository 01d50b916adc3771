// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SettlementGroup} from "../interfaces/IChargingSettlement.sol";
import {ClaimTree} from "./ClaimTree.sol";

/// @notice What a batch of claims needs from session to session.
struct Batch {
    bytes32 domain;
    /// The leaves of all claims, which the oracles signed.
    bytes32[] claims;
    uint256 count;
    /// The places of those that were not settled.
    uint256[] skipped;
    uint256 skippedCount;
}

/// @title Batch
/// @notice Begins a batch, and sums it up.
library BatchLibrary {
    using ClaimTree for bytes32[];

    /// @notice A batch with room for all claims of these groups, of which none is in yet.
    function emptyFor(SettlementGroup[] calldata groups, bytes32 domain) internal pure returns (Batch memory batch) {
        uint256 count;
        for (uint256 g; g < groups.length; ++g) count += groups[g].settlements.length;
        batch.domain = domain;
        batch.claims = new bytes32[](count);
        batch.skipped = new uint256[](count);
    }

    /// @notice The roots over all claims and over those that can be challenged, in whose tree the others are zero. Both are
    /// the same where nothing was skipped. The list of claims is used up.
    function rootsOf(Batch memory batch) internal pure returns (bytes32 claims, bytes32 settled) {
        if (batch.skippedCount == 0) {
            claims = batch.claims.rootOf();
            return (claims, claims);
        }
        bytes32[] memory leaves = new bytes32[](batch.count);
        for (uint256 i; i < leaves.length; ++i) leaves[i] = batch.claims[i];
        for (uint256 i; i < batch.skippedCount; ++i) leaves[batch.skipped[i]] = 0;
        return (batch.claims.rootOf(), leaves.rootOf());
    }
}
