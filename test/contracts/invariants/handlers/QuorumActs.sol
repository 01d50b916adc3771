// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Settlement, SettlementGroup} from "../../../../contracts/interfaces/IChargingSettlement.sol";
import {OracleSignature} from "../../../../contracts/interfaces/IOracleCommittee.sol";
import {cheats, timeNow} from "../../base/TestBase.sol";
import {Digests} from "../../base/Digests.sol";
import {Item} from "../world/GameModel.sol";
import {GameWorld} from "../world/GameWorld.sol";

/// @notice How a quorum's claims settle, whoever has its keys.
abstract contract QuorumActs is GameWorld {
    /// @dev Sends a batch of claims that these oracles sign, each in a group of its own but for the first two if the
    /// second is of the same session.
    function _settleItems(Item[] memory items, uint256[] memory signers, address sender, bool isHonest) internal {
        if (signers.length == 0) return;
        SettlementGroup[] memory groups = _groupsOf(items);
        // Behind a true claim are records; whoever lies can sign for none that show it.
        bytes32[] memory evidence = _evidenceOf(items);
        bytes32 evidenceRoot = isHonest ? Digests.rootOf(evidence, 0, evidence.length) : keccak256("nothing");
        OracleSignature[] memory signatures = _signedByOracles(_batchDigestOf(items, evidenceRoot), signers);
        bool isBusy = _isRingBusy();
        uint256 batchesBefore = batchCount();

        cheats.prank(sender);
        try settlement.settleBatch(groups, evidenceRoot, signatures) {
            _recordBatch(items, signers, evidenceRoot, evidence);
            if (challenges.batchCount() != batchCount()) _break(12, "a batch was not anchored, or one too many");
            if (batchCount() > batchesBefore) _succeeded(isBusy ? "anchor beside a busy ring" : "anchor a batch");
        } catch {
            _break(13, "a batch of settlements was reverted");
        }
    }

    function _isRingBusy() internal view returns (bool) {
        uint256 count = batchCount();
        return count >= RING && timeNow() <= _batches[count - RING].settledAt + WINDOW;
    }

    function _batchDigestOf(Item[] memory items, bytes32 evidenceRoot) internal view returns (bytes32) {
        bytes32[] memory leaves = new bytes32[](items.length);
        for (uint256 i; i < items.length; ++i) {
            leaves[i] = Digests.ofClaim(_sessions[items[i].session].id, _metering(items[i]));
        }
        bytes32 claims = Digests.rootOf(leaves, 0, leaves.length);
        return Digests.ofBatch(address(settlement), claims, evidenceRoot, items.length);
    }

    /// @dev The leaves of what is behind these claims: one record that shows each.
    function _evidenceOf(Item[] memory items) private view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](items.length);
        for (uint256 i; i < items.length; ++i) {
            bytes32 recordsHash = keccak256(abi.encode(_recordsOfItem(items[i], false)));
            leaves[i] = keccak256(abi.encode(_sessions[items[i].session].id, recordsHash, true));
        }
    }

    function _groupsOf(Item[] memory items) internal view returns (SettlementGroup[] memory groups) {
        bool isTwin = items.length > 1 && items[0].session == items[1].session;
        groups = new SettlementGroup[](isTwin ? items.length - 1 : items.length);
        for (uint256 i; i < groups.length; ++i) {
            uint256 first = isTwin && i > 0 ? i + 1 : i;
            Session storage session = _sessions[items[first].session];
            uint256 size = isTwin && i == 0 ? 2 : 1;
            groups[i] = SettlementGroup(
                session.terms.operator,
                session.terms.agreement,
                true,
                session.tariff,
                new Settlement[](size)
            );
            for (uint256 k; k < size; ++k) {
                groups[i].settlements[k] = Settlement(
                    session.terms.driver,
                    Digests.packed(session.terms),
                    _metering(items[first + k])
                );
            }
        }
    }
}
