// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {bounded, cheats, timeNow} from "../../base/TestBase.sol";
import {GameWorld} from "../world/GameWorld.sol";

/// @notice What anybody does: let time pass, expire sessions, send the contract money that it does not owe.
abstract contract AnyoneActs is GameWorld {
    function passTime(uint256 duration) external step {
        _warp(timeNow() + bounded(duration, 1, 12 hours));
        _succeeded("pass time");
    }

    /// @notice Tries a session at any time; one time in three it waits to the last second of it or the one after that.
    function expire(uint256 seed) external step {
        if (sessionCount() == 0) return;
        uint256 index = _oldestLiveSession(seed);
        Session storage session = _sessions[index];
        bool isPatient = seed % 3 == 0 && session.status == Status.Live && timeNow() <= session.terms.expiresAt;
        if (isPatient) _warp(uint256(session.terms.expiresAt) + (seed % 2));
        bool isExpirable = session.status == Status.Live && timeNow() > session.terms.expiresAt;

        cheats.prank(RELAYER);
        try settlement.expire(session.terms, session.opening, uint64(session.toppedUpMicro)) {
            if (!isExpirable) _break(session.status == Status.Live ? 9 : 6, "a session expired that could not");
            else _recordReturn(index, Status.Expired);
            _succeeded("expire");
        } catch {
            if (isExpirable) _break(11, "a session could not be expired after its expiry");
            _refused("refused expiry");
        }
    }

    function donate(uint256 amountMicro) external step {
        amountMicro = bounded(amountMicro, 1, 1_000_000);
        erc20.mint(address(settlement), amountMicro);
        donatedMicro += amountMicro;
        _succeeded("donate");
    }

    function _oldestLiveSession(uint256 seed) private view returns (uint256 index) {
        index = seed % sessionCount();
        if (seed % 4 == 0) return index;
        uint256 earliest = type(uint256).max;
        for (uint256 i; i < DRIVERS * LANES; ++i) {
            uint256 live = accounts[i / LANES][i % LANES].live;
            if (live == 0 || _sessions[live - 1].terms.expiresAt >= earliest) continue;
            (index, earliest) = (live - 1, _sessions[live - 1].terms.expiresAt);
        }
    }
}
