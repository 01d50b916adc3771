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
    function _settleItems(Item[] memory items, uint256[] memory signers, address sender) internal {
        if (signers.length == 0) return;
        SettlementGroup[] memory groups = _groupsOf(items);
        OracleSignature[] memory signatures = _signedByOracles(_batchDigestOf(items), signers);
        bool isBusy = _isRingBusy();
        uint256 batchesBefore = batchCount();

        cheats.prank(sender);
        try settlement.settleBatch(groups, signatures) {
            _recordBatch(items, signers);
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

    function _batchDigestOf(Item[] memory items) internal view returns (bytes32) {
        bytes32 claims;
        for (uint256 i; i < items.length; ++i) {
            claims = _claimsOf(claims, _sessions[items[i].session].id, _metering(items[i]));
        }
        return Digests.ofBatch(address(settlement), claims, items.length);
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
