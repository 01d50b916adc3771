// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MeteredSession, SignedRecord} from "../../../../contracts/interfaces/IMeterSettlement.sol";
import {cheats} from "../../base/TestBase.sol";
import {GameWorld} from "../world/GameWorld.sol";

/// @notice What anybody does who has a meter's record: settle with it.
abstract contract RecordHolderActs is GameWorld {
    function settleWithMeter(uint256 seed, bool isPair) external step {
        if (sessionCount() == 0) return;
        uint256 index = seed % 3 == 0 ? (seed >> 8) % sessionCount() : _liveSession(seed);
        if (seed % 4 != 0) _awaitCharge(index);
        bool isProvable = _isProvable(index);
        MeteredSession memory metered = _meteredSession(index, isPair);

        cheats.prank(RELAYER);
        try meterSettlement.settleWithMeter(metered) returns (uint256 chargedMicro) {
            if (!isProvable) _break(22, "a record was consumed twice, or settled what was over");
            _recordProof(index, _sessions[index].pagination + (isPair ? 1 : 0));
            if (chargedMicro != _sessions[index].chargedMicro) _break(3, "a record gave another price");
            _succeeded(isPair ? "settle with two records" : "settle with a record");
        } catch {
            if (isProvable) _break(9, "the meter's own record did not settle its session");
            _refused("refused record");
        }
    }

    /// @notice A session, the same again, and any other.
    function settleBatchWithMeter(uint256 seed, bool isPair) external step {
        if (sessionCount() == 0) return;
        uint256[3] memory indices = [_liveSession(seed), _liveSession(seed), (seed >> 128) % sessionCount()];
        if (seed % 4 != 0) _awaitCharge(indices[0]);
        MeteredSession[] memory sessions = new MeteredSession[](3);
        for (uint256 i; i < 3; ++i) sessions[i] = _meteredSession(indices[i], isPair);

        cheats.prank(RELAYER);
        try meterSettlement.settleBatchWithMeter(sessions) {
            for (uint256 i; i < 3; ++i) {
                bool isProvable = _isProvable(indices[i]);
                if (isProvable) _recordProof(indices[i], _sessions[indices[i]].pagination + (isPair ? 1 : 0));
                _succeeded(isProvable ? "settle with a batch of records" : "skipped record");
            }
        } catch {
            _break(13, "a bad record reverted a batch");
        }
    }

    /// @notice A record of one session, for another.
    function settleWithOtherRecord(uint256 seed) external step {
        if (sessionCount() < 2) return;
        uint256 index = _liveSession(seed);
        uint256 other = (index + 1 + ((seed >> 8) % (sessionCount() - 1))) % sessionCount();
        MeteredSession memory metered = _meteredSession(index, false);
        metered.records = _recordsOf(other, false);

        try meterSettlement.settleWithMeter(metered) {
            _break(22, "a record settled a session that it does not name");
        } catch {
            _refused("refused record of another session");
        }
    }

    function settleWithForgedRecord(uint256 seed) external step {
        if (sessionCount() == 0) return;
        MeteredSession memory metered = _meteredSession(_liveSession(seed), false);
        SignedRecord memory record = metered.records[0];
        uint256 place = 1 + (seed % (record.payload.length - 2));
        record.payload[place] = bytes1(uint8(record.payload[place]) ^ 1);

        try meterSettlement.settleWithMeter(metered) {
            _break(9, "a record settled that the meter did not sign");
        } catch {
            _refused("refused forged record");
        }
    }
}
