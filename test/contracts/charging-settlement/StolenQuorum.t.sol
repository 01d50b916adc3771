// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Item} from "../invariants/world/GameModel.sol";
import {SettlementTest} from "../base/SettlementTest.sol";
import {bounded, cheats, timeNow} from "../base/TestBase.sol";

/// @title A stolen quorum
/// @notice What all of an operator's sessions can lose when the thief has the keys of a quorum and nobody challenges.
contract StolenQuorumTest is SettlementTest {
    uint256 private constant HOLD = 4_000_000;

    function setUp() public {
        // 0.40 a kWh and nothing else.
        _offer(0, 400_000 << 16);
    }

    /// hardhat-config: fuzz.runs = 200
    function testFuzz_invariant_18_the_loss_is_within_holds_limit_and_power(
        uint256 energyMicroWh,
        uint256 wait,
        uint256 sessions
    ) public {
        energyMicroWh = bounded(energyMicroWh, 0, type(uint64).max);
        wait = bounded(wait, 0, 20 hours);
        sessions = bounded(sessions, 1, RING);
        uint256 start = timeNow();
        for (uint256 i; i < sessions; ++i) {
            _fund(i % DRIVERS, 0, HOLD);
            uint256 index = _opened(i % DRIVERS, 0, HOLD, 48 hours);
            _warp(timeNow() + wait);
            _settle(Item(index, 0, energyMicroWh, wait, wait));
            if (_isLive(index)) _endByTime(index);
            else accounts[i % DRIVERS][0].live = 0;
        }

        (uint64 finalMicro, uint64 provisionalMicro) = settlement.creditOf(operatorOf(0), 0);
        uint256 lossMicro = uint256(finalMicro) + provisionalMicro;
        uint256 epochs = timeNow() / EPOCH - start / EPOCH + 1;
        cheats.assertLe(lossMicro, sessions * HOLD, "more is lost than was held");
        cheats.assertLe(lossMicro, epochs * EPOCH_LIMIT, "more is lost than the epochs' limit");
        // 50 kW from the opening to the settlement.
        if (energyMicroWh > (wait * 50_000 * 1e6) / 3_600)
            cheats.assertEq(lossMicro, 0, "more energy than power gives");
    }

    /// @notice None of it can be taken before it could be challenged.
    /// hardhat-config: fuzz.runs = 1000
    function testFuzz_invariant_18_nothing_is_paid_out_within_the_window(uint256 wait) public {
        _fund(0, 0, HOLD);
        uint256 index = _opened(0, 0, HOLD, 48 hours);
        // So that a whole epoch is left.
        _warp((timeNow() / EPOCH + 1) * EPOCH + 1 hours);
        uint256 settledAt = timeNow();
        _settle(Item(index, 0, 100_000_000_000, 0, 0));
        (, uint64 provisionalMicro) = settlement.creditOf(operatorOf(0), 0);
        cheats.assertEq(provisionalMicro, HOLD, "the claim was not settled");

        _warp(settledAt + bounded(wait, 0, 3 * EPOCH));

        uint64 withdrawable = settlement.withdrawableOf(operatorOf(0), 0, operatorOf(0));
        if (timeNow() <= settledAt + WINDOW) cheats.assertEq(withdrawable, 0, "paid out within the window");
        if (timeNow() >= settledAt + 2 * EPOCH) cheats.assertEq(withdrawable, HOLD, "not final in time");
    }

    function _endByTime(uint256 index) private {
        _warp(uint256(_sessions[index].terms.expiresAt) + 1);
        _expire(index);
        _recordReturn(index, Status.Expired);
    }
}
