// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChargingSettlement} from "../../../../contracts/interfaces/IChargingSettlement.sol";
import {cheats, RecordedLog} from "../../base/TestBase.sol";
import {GameState} from "./GameState.sol";

/// @title Books from events
/// @notice Sums of what the settlement's events tell, and nothing else.
abstract contract GameLog is GameState {
    uint256 public loggedFreeMicro;
    uint256 public loggedHeldMicro;
    uint256 public loggedCreditMicro;
    /// Charged by settlements whose sum was not credited yet; nothing after each call.
    uint256 public loggedUncreditedMicro;
    mapping(bytes32 sessionId => uint256) private _toppedUpMicro;

    /// @notice Every act of the game is one.
    modifier step() {
        ++steps;
        cheats.recordLogs();
        _;
        _bookAll();
    }

    /// @notice A call did what it should; what it logged is booked.
    function _succeeded(string memory action) internal {
        _bookAll();
        _count(action);
    }

    /// @notice A call was refused as it should be. The test runner also records what a call logged that was undone.
    function _refused(string memory action) internal {
        cheats.getRecordedLogs();
        _count(action);
    }

    function _count(string memory action) private {
        ++successes[action];
        ++successSum;
    }

    function _bookAll() private {
        RecordedLog[] memory logs = cheats.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) if (logs[i].emitter == address(settlement)) _book(logs[i]);
    }

    function _book(RecordedLog memory log) private {
        bytes32 kind = log.topics[0];
        if (kind == IChargingSettlement.Deposited.selector) loggedFreeMicro += _word(log, 0);
        else if (kind == IChargingSettlement.Withdrawn.selector) loggedFreeMicro -= _word(log, 0);
        else if (kind == IChargingSettlement.CreditWithdrawn.selector) loggedCreditMicro -= _word(log, 1);
        else if (kind == IChargingSettlement.SessionOpened.selector) _hold(uint64(_word(log, 0) >> 40));
        else if (kind == IChargingSettlement.SessionExpired.selector) _free(_word(log, 0));
        else if (kind == IChargingSettlement.SessionReleased.selector) _free(_word(log, 0));
        else if (kind == IChargingSettlement.SessionToppedUp.selector) {
            _hold(_word(log, 0) - _toppedUpMicro[log.topics[1]]);
            _toppedUpMicro[log.topics[1]] = _word(log, 0);
        } else if (kind == IChargingSettlement.SessionSettled.selector) {
            _settled(_word(log, 0));
        } else if (kind == IChargingSettlement.GroupSettled.selector) {
            (, , , uint256[] memory results) = abi.decode(log.data, (bool, uint256, bytes32[], uint256[]));
            for (uint256 i; i < results.length; ++i) _settled(results[i]);
        } else if (kind == IChargingSettlement.SessionAgreed.selector) {
            _free(_word(log, 1));
            loggedHeldMicro -= _word(log, 0);
            loggedUncreditedMicro += _word(log, 0);
        } else if (kind == IChargingSettlement.OperatorCredited.selector) {
            loggedUncreditedMicro -= _word(log, 0);
            loggedCreditMicro += _word(log, 0);
        } else if (kind == IChargingSettlement.SessionRefunded.selector) {
            loggedCreditMicro -= _word(log, 2);
            loggedFreeMicro += _word(log, 2);
        } else if (kind == IChargingSettlement.SessionCorrected.selector) {
            loggedCreditMicro -= _word(log, 0);
            loggedFreeMicro += _word(log, 0);
        }
    }

    function _settled(uint256 result) private {
        _free(uint64(result));
        uint256 chargedMicro = uint64(result >> 64);
        loggedHeldMicro -= chargedMicro;
        loggedUncreditedMicro += chargedMicro;
    }

    function _hold(uint256 amountMicro) private {
        loggedFreeMicro -= amountMicro;
        loggedHeldMicro += amountMicro;
    }

    function _free(uint256 amountMicro) private {
        loggedHeldMicro -= amountMicro;
        loggedFreeMicro += amountMicro;
    }

    function _word(RecordedLog memory log, uint256 index) private pure returns (uint256 word) {
        bytes memory data = log.data;
        assembly ("memory-safe") {
            word := mload(add(data, add(32, mul(32, index))))
        }
    }
}
