// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {cheats} from "../../base/TestBase.sol";
import {GameWorld} from "../world/GameWorld.sol";

/// @notice What the guardian does: pause opening and let it go on. That nothing else stops meanwhile is what all other
/// acts show, because none of them but openings asks whether it is paused.
abstract contract GuardianActs is GameWorld {
    function pauseOrResume(uint256 seed) external step {
        if (!isPaused && seed % 4 != 0) return;
        cheats.prank(GUARDIAN);
        if (isPaused) openingGuard.resumeOpening();
        else openingGuard.pauseOpening();
        isPaused = !isPaused;
        _succeeded(isPaused ? "pause opening" : "resume opening");
    }

    function pauseAsAnybody(uint256 seed) external step {
        address[4] memory others = [thief(), operatorOf(0), driverOf(0), oracleOf(0)];
        cheats.prank(others[seed % 4]);
        try openingGuard.pauseOpening() {
            _break(11, "somebody paused opening who is not the guardian");
        } catch {
            _refused("refused pause");
        }
    }
}
