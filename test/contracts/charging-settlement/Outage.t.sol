// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChargingSettlement, Neighbours, Rules} from "../../../contracts/interfaces/IChargingSettlement.sol";
import {SettlementTest} from "../base/SettlementTest.sol";
import {bounded, cheats, timeNow} from "../base/TestBase.sol";

/// @title Time, and times in which nothing gets on chain
contract OutageTest is SettlementTest {
    function setUp() public {
        _fund(0, 0, DEPOSIT);
    }

    /// @notice A sequencer that is down over the expiry takes nothing from anybody: the session can still be settled, by
    /// oracles within their time and by the meter, until somebody ends it by time, which also still works.
    /// hardhat-config: fuzz.runs = 1000
    function testFuzz_invariant_19_an_outage_of_any_length_closes_no_way(uint256 outage, uint256 way) public {
        uint256 index = _opened(0, 0, 1_000_000, 24 hours);
        _warp(uint256(_sessions[index].terms.expiresAt) + 1 + bounded(outage, 0, 365 days));
        way = way % 3;
        // A quorum can settle as long as no committee that was scheduled after the opening can be in force.
        bool isQuorumLate = timeNow() >= uint256(_openingOf(index).openedAt) + CHANGE_DELAY;
        if (way == 0 && !isQuorumLate) _settle(_truthOf(index));
        else if (way == 1) _expire(index);
        else meterSettlement.settleWithMeter(_meteredSession(index, false));

        cheats.assertTrue(!_isLive(index), "the session could not be closed");
        (uint64 freeMicro, , ) = settlement.accountOf(driverOf(0), 0);
        (uint64 finalMicro, uint64 provisionalMicro) = settlement.creditOf(operatorOf(0), 0);
        cheats.assertEq(uint256(freeMicro) + finalMicro + provisionalMicro, DEPOSIT, "money was lost");
    }

    /// @notice A clock of the chain that differs by hours changes nothing that counts.
    /// hardhat-config: fuzz.runs = 1000
    function testFuzz_invariant_19_the_second_of_an_expiry_is_the_only_one_that_counts(uint256 offset) public {
        uint256 index = _opened(0, 0, 1_000_000, 24 hours);
        offset = bounded(offset, 0, 24 hours);
        cheats.warp(uint256(_sessions[index].terms.expiresAt) - offset);
        try settlement.expire(_sessions[index].terms, _openingOf(index), 0) {
            revert("a session expired in its time");
        } catch {}

        cheats.warp(uint256(_sessions[index].terms.expiresAt) + 1);
        _expire(index);
    }

    /// @notice The rules leave no instance whose margins are turned round.
    /// hardhat-config: fuzz.runs = 1000
    function testFuzz_invariant_19_rules_without_margins_are_refused(uint40 longestSession, uint40 epoch) public {
        bool isSound = longestSession < CHANGE_DELAY && epoch >= WINDOW;
        Neighbours memory neighbours = Neighbours(
            tariffRegistry,
            partnerAgreements,
            oracleCommittee,
            openingGuard,
            meterSettlement,
            challenges,
            vehicleConsents,
            authorizedFunding
        );
        bytes memory creation = bytes.concat(
            cheats.getCode("contracts/ChargingSettlement.sol:ChargingSettlement"),
            abi.encode(erc20, neighbours, Rules(longestSession, epoch, 1, 1, 1))
        );
        bytes memory answer = _refusalOf(creation);

        // Sound rules are refused later, because the neighbours belong to another settlement.
        bytes4 expected =
            isSound
                ? IChargingSettlement.NeighbourMismatch.selector
                : longestSession >= CHANGE_DELAY
                    ? IChargingSettlement.ChangeDelayTooShort.selector
                    : IChargingSettlement.EpochTooShort.selector;
        cheats.assertTrue(bytes4(answer) == expected, "rules without margins were taken");
    }

    /// @dev Creates in a call of its own, whose answer is the constructor's.
    function _refusalOf(bytes memory creation) private returns (bytes memory) {
        try this.create_(creation) {
            revert("it was deployed");
        } catch (bytes memory reason) {
            return reason;
        }
    }

    function create_(bytes memory creation) external {
        assembly {
            let instance := create(0, add(creation, 32), mload(creation))
            if iszero(instance) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }
}
