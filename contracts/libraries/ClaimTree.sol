// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PackedMetering} from "../interfaces/IChargingSettlement.sol";

/// @title Tree of claims
/// @notice A Merkle tree over the claims of a batch in their order, so that one word stands for all of them and about
/// log₂(count) words show one. The shape follows from the count alone: nodes are paired from the left, and the last node
/// of a level with an odd number goes up as it is. A leaf hashes 96 bytes and a node 64, so that neither can pass for the
/// other; the root says nothing without its count.
library ClaimTree {
    /// @notice The leaf of one claim. It is never zero, which stands for a claim that was not settled.
    /// @param isReadable Whether the quorum says that the contract can read the records behind it.
    function leafOf(bytes32 sessionId, PackedMetering metering, bool isReadable) internal pure returns (bytes32 leaf) {
        // `abi.encode` would take new memory for each session of a batch.
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, sessionId)
            mstore(add(words, 0x20), metering)
            mstore(add(words, 0x40), isReadable)
            leaf := keccak256(words, 0x60)
        }
    }

    /// @notice The root over the leaves; zero if there are none. The list is used up.
    function rootOf(bytes32[] memory leaves) internal pure returns (bytes32 root) {
        uint256 width = leaves.length;
        if (width == 0) return 0;
        assembly ("memory-safe") {
            let first := add(leaves, 0x20)
            for {} gt(width, 1) {} {
                let into := first
                let from := first
                let last := add(first, shl(5, width))
                for {} lt(add(from, 0x20), last) {
                    from := add(from, 0x40)
                } {
                    // Two neighbours lie in memory as they are hashed.
                    mstore(into, keccak256(from, 0x40))
                    into := add(into, 0x20)
                }
                if lt(from, last) {
                    mstore(into, mload(from))
                }
                width := shr(1, add(width, 1))
            }
            root := mload(first)
        }
    }

    /// @notice The root of a tree of `count` leaves that has this leaf at this place.
    /// @return root Zero where the place is not within the count, or the proof has another length than that place needs.
    function rootFrom(
        bytes32 leaf,
        uint256 index,
        uint256 count,
        bytes32[] calldata proof
    ) internal pure returns (bytes32 root) {
        if (index >= count) return 0;
        root = leaf;
        uint256 used;
        for (uint256 width = count; width > 1; width -= width / 2) {
            if (index % 2 == 1 || index + 1 < width) {
                if (used == proof.length) return 0;
                bytes32 sibling = proof[used++];
                root = index % 2 == 1 ? _nodeOf(sibling, root) : _nodeOf(root, sibling);
            }
            index /= 2;
        }
        if (used != proof.length) return 0;
    }

    function _nodeOf(bytes32 left, bytes32 right) private pure returns (bytes32 node) {
        assembly ("memory-safe") {
            mstore(0, left)
            mstore(0x20, right)
            node := keccak256(0, 0x40)
        }
    }
}
