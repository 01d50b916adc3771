// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PackedMetering} from "../interfaces/IChargingSettlement.sol";

/// @title Link of claims
/// @notice Links the claims of a batch in order, so that one word stands for all of them: oracles sign it, and a challenge
/// shows with it what was settled.
library ClaimLink {
    /// What of the word for a metering means something. Other bits would let a quorum settle a claim that nobody can name.
    uint256 private constant MEANINGFUL_BITS = type(uint192).max;

    /// @notice keccak256(previous, sessionId, metering), where the bits of the metering that mean nothing count as 0.
    function linked(bytes32 previous, bytes32 sessionId, PackedMetering metering) internal pure returns (bytes32 link) {
        // `abi.encode` would take new memory for each session of a batch.
        uint256 meaningful = PackedMetering.unwrap(metering) & MEANINGFUL_BITS;
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, previous)
            mstore(add(words, 0x20), sessionId)
            mstore(add(words, 0x40), meaningful)
            link := keccak256(words, 0x60)
        }
    }
}
