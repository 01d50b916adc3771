// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {bounded, cheats} from "../../base/TestBase.sol";
import {Item} from "../world/GameModel.sol";
import {QuorumActs} from "./QuorumActs.sol";

/// @notice What honest oracles and the owner of their committee do: settle what meters measured, post bonds, change the
/// committee.
abstract contract OracleActs is QuorumActs {
    /// @notice Three items: a session, the same again, and any other session, live or not, sometimes with an older top-up.
    function settleBatch(uint256 seed, uint256 values) external step {
        if (sessionCount() == 0) return;
        Item[] memory items = new Item[](3);
        items[0] = _truthOf(_liveSession(seed));
        items[1] = _truthOf(items[0].session);
        items[2] = _truthOf((seed >> 128) % 2 == 0 ? _liveSession(seed >> 32) : (seed >> 129) % sessionCount());
        // Whoever signed before the driver raised the hold.
        if (values % 4 == 0) items[2].toppedUpMicro = 0;
        _settleItems(items, _quorum(seed >> 64), RELAYER);
    }

    function postBond(uint256 oracle, uint256 amountMicro) external step {
        oracle = oracle % ORACLES;
        amountMicro = bounded(amountMicro, 1, 3_000_000);
        address payer = oracleOf(oracle);
        erc20.mint(payer, amountMicro);
        cheats.prank(payer);
        erc20.approve(address(settlement), amountMicro);
        cheats.prank(payer);
        settlement.postBond(payer, amountMicro);
        bondsMicro[oracle] += amountMicro;
        _succeeded("post bond");
    }

    function withdrawBond(uint256 oracle, uint256 amountMicro) external step {
        oracle = oracle % ORACLES;
        address payee = oracleOf(oracle);
        amountMicro = bounded(amountMicro, 1, bondsMicro[oracle] + 1);
        bool isFree = !_isLiable(oracle) && amountMicro <= bondsMicro[oracle];

        cheats.prank(payee);
        try settlement.withdrawBond(amountMicro, payee) {
            if (!isFree) _break(18, "an oracle took back a bond that it answers with");
            bondsMicro[oracle] -= amountMicro;
            earnedMicro[payee] += amountMicro;
            _succeeded("withdraw bond");
        } catch {
            if (isFree) _break(12, "an oracle that is free of duties could not take its bond");
            _refused("refused bond withdrawal");
        }
    }

    /// @notice The owner schedules another committee; one that was scheduled and is not active yet is replaced.
    function changeCommittee(uint256 seed) external step {
        if (seed % 4 != 0) return;
        uint256 size = 1 + ((seed >> 8) % 4);
        uint256 first = (seed >> 16) % (ORACLES + 1 - size);
        uint256 version = _addCommittee(first, size, size == 1 ? 1 : size - 1);
        cheats.prank(OWNER);
        oracleCommittee.schedule(_membersOf(version), uint8(_committees[version].threshold));
        (_nextCommittee, _nextFrom) = (version, block.timestamp + CHANGE_DELAY);
        _succeeded("change committee");
    }

    function _isLiable(uint256 oracle) private view returns (bool) {
        if (_isIn(_currentCommittee, oracle) || _isIn(_nextCommittee, oracle)) return true;
        return _isIn(_previousCommittee, oracle) && block.timestamp < _currentFrom + LIABILITY;
    }

    function _isIn(uint256 version, uint256 oracle) private view returns (bool) {
        uint256[] storage members = _committees[version].members;
        for (uint256 i; i < members.length; ++i) if (members[i] == oracle) return true;
        return false;
    }
}
