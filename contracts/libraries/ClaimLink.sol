// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PackedMetering} from "../interfaces/IChargingSettlement.sol";

/// @title Link of claims
/// @notice Links the claims of a batch in order, so that one word stands for all of them: oracles sign it, and a challenge
/// shows with it what was settled.
library ClaimLink {
    /// @notice keccak256(previous, sessionId, metering).
    function linked(bytes32 previous, bytes32 sessionId, PackedMetering metering) internal pure returns (bytes32 link) {
        // `abi.encode` would take new memory for each session of a batch.
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, previous)
            mstore(add(words, 0x20), sessionId)
            mstore(add(words, 0x40), metering)
            link := keccak256(words, 0x60)
        }
    }
}
