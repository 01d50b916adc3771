// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PackedMetering, Settlement, SettlementGroup} from "../../../../contracts/interfaces/IChargingSettlement.sol";
import {cheats} from "../../base/TestBase.sol";
import {SessionWorld} from "../SessionWorld.sol";

/// @notice What an oracle does: it settles batches of sessions, live ones, dead ones, and some twice with other values.
abstract contract OracleActs is SessionWorld {
    struct Item {
        uint256 session;
        uint256 energyMicroWh;
        uint256 chargingSeconds;
        uint256 idleSeconds;
    }

    /// @notice Three items in two groups: a session, the same again with other values, and any other session.
    function settleBatch(uint256 seed, uint256 values) external step {
        if (sessionCount() == 0) return;
        Item[3] memory items;
        items[0] = _item(_liveSession(seed), values);
        items[1] = _item(items[0].session, values >> 85);
        items[2] = _item((seed >> 128) % sessionCount(), values >> 170);
        SettlementGroup[] memory groups = new SettlementGroup[](2);
        groups[0] = _group(items[0].session, 2);
        groups[0].settlements[0] = _settlement(items[0]);
        groups[0].settlements[1] = _settlement(items[1]);
        groups[1] = _group(items[2].session, 1);
        groups[1].settlements[0] = _settlement(items[2]);

        cheats.prank(oracle);
        try settlement.settleBatch(groups) {
            for (uint256 i; i < items.length; ++i) {
                if (sessionAt(items[i].session).status != Status.Live) {
                    _succeeded("skipped settlement");
                    continue;
                }
                _recordSettlement(
                    items[i].session,
                    items[i].energyMicroWh,
                    items[i].chargingSeconds,
                    items[i].idleSeconds
                );
                _succeeded(items[i].energyMicroWh == 0 ? "settle without energy" : "settle");
            }
        } catch {
            _break(13, "a bad item reverted a batch of settlements");
        }
    }

    /// @dev The session of some account that has one, or any session.
    function _liveSession(uint256 seed) private view returns (uint256) {
        for (uint256 i; i < DRIVERS * LANES; ++i) {
            uint256 account = (seed + i) % (DRIVERS * LANES);
            uint256 live = accounts[account / LANES][account % LANES].live;
            if (live != 0) return live - 1;
        }
        return seed % sessionCount();
    }

    function _item(uint256 session, uint256 values) private pure returns (Item memory) {
        uint256 energyMicroWh = values % 4 == 0 ? 0 : (values >> 2) % 80_000_000_000;
        return Item(session, energyMicroWh, (values >> 40) % 40_000, (values >> 60) % 20_000);
    }

    function _group(uint256 session, uint256 count) private view returns (SettlementGroup memory) {
        Session memory of_ = sessionAt(session);
        return SettlementGroup(of_.terms.operator, of_.tariff, new Settlement[](count));
    }

    function _settlement(Item memory item) private view returns (Settlement memory) {
        Session memory session = sessionAt(item.session);
        bytes memory metering = abi.encodePacked(
            bytes16(0),
            uint64(item.energyMicroWh),
            uint32(item.chargingSeconds),
            uint32(item.idleSeconds)
        );
        return Settlement(session.terms.driver, _pack(session.terms), PackedMetering.wrap(uint256(bytes32(metering))));
    }
}
