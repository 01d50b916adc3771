// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IChargingSettlement} from "../../../contracts/interfaces/IChargingSettlement.sol";
import {cheats, deployed, TestBase} from "../base/TestBase.sol";
import {AnyoneActs} from "./handlers/AnyoneActs.sol";
import {DriverActs} from "./handlers/DriverActs.sol";
import {OperatorActs} from "./handlers/OperatorActs.sol";
import {OracleActs} from "./handlers/OracleActs.sol";
import {RelayerActs} from "./handlers/RelayerActs.sol";
import {ThiefActs} from "./handlers/ThiefActs.sol";
import {SessionWorld} from "./SessionWorld.sol";

/// @title Settlement handler
/// @notice Everybody who uses the settlement contract, in one contract that the test runner calls at random. It stands in
/// this file because the runner only knows contracts of the files that it is given.
contract SettlementHandler is DriverActs, RelayerActs, OracleActs, OperatorActs, AnyoneActs, ThiefActs {}

/// @title Invariants of the settlement contract
/// @notice Numbers are those of docs/invariants.md.
contract ChargingSettlementInvariants is TestBase {
    SettlementHandler private _world;
    IChargingSettlement private _settlement;
    IERC20 private _erc20;

    function setUp() public {
        _world = SettlementHandler(
            deployed("test/contracts/invariants/ChargingSettlement.t.sol:SettlementHandler", "")
        );
        _settlement = _world.settlement();
        _erc20 = _world.erc20();
        for (uint256 i; i < _world.DRIVERS() * _world.LANES(); ++i) _world.deposit(i / 2, i % 2, 20_000_000);
        _world.open(0, 0, 1);
        _target(address(_world));
    }

    /* INVARIANTS */

    /// @dev Sums over live sessions, because a payment made twice moves balance and total alike.
    function invariant_01_balance_is_what_is_free_and_held_and_credited() public view {
        uint256 owedMicro;
        for (uint256 i; i < _world.DRIVERS(); ++i) {
            for (uint256 lane; lane < _world.LANES(); ++lane) {
                (uint64 freeMicro, , ) = _settlement.accountOf(_world.driverOf(i), uint32(lane));
                owedMicro += freeMicro;
            }
        }
        for (uint256 i; i < _world.sessionCount(); ++i) {
            SessionWorld.Session memory session = _world.sessionAt(i);
            if (_settlement.isLive(session.terms)) owedMicro += session.terms.holdMicro;
        }
        for (uint256 i; i < _world.OPERATORS(); ++i) {
            (uint128 creditMicro, ) = _settlement.operatorAccountOf(_world.operatorOf(i));
            owedMicro += creditMicro;
        }

        cheats.assertEq(_settlement.owedMicro(), owedMicro, "the liability counter is not the sum of the parts");
        uint256 balance = _erc20.balanceOf(address(_settlement));
        cheats.assertEq(balance, owedMicro + _world.donatedMicro(), "the balance is not what is owed and was given");
        _expectUnbroken(1);
    }

    function invariant_03_charged_and_returned_are_the_hold_and_never_above_the_price() public view {
        uint256 chargedMicro;
        for (uint256 i; i < _world.sessionCount(); ++i) {
            SessionWorld.Session memory session = _world.sessionAt(i);
            chargedMicro += session.chargedMicro;
            if (session.status == SessionWorld.Status.Live) continue;
            uint256 sum = session.chargedMicro + session.returnedMicro;
            cheats.assertEq(sum, session.terms.holdMicro, "charged and returned are not the hold");
            cheats.assertLe(session.chargedMicro, session.priceMicro, "more was charged than the tariff gives");
        }
        uint256 creditedMicro;
        for (uint256 i; i < _world.OPERATORS(); ++i) {
            (uint128 credit, uint128 credited) = _settlement.operatorAccountOf(_world.operatorOf(i));
            (uint256 modelCredited, uint256 modelWithdrawn) = _world.operators(i);
            cheats.assertEq(credited, modelCredited, "an operator was credited another amount");
            cheats.assertEq(credit, modelCredited - modelWithdrawn, "an operator's credit is another amount");
            creditedMicro += credited;
        }
        cheats.assertEq(creditedMicro, chargedMicro, "credited is not what was charged");
        for (uint256 i; i < _world.DRIVERS(); ++i) {
            for (uint256 lane; lane < _world.LANES(); ++lane) {
                (uint64 freeMicro, , ) = _settlement.accountOf(_world.driverOf(i), uint32(lane));
                (uint256 modelFreeMicro, , , , ) = _world.accounts(i, lane);
                cheats.assertEq(freeMicro, modelFreeMicro, "a driver's free balance is another amount");
            }
        }
        _expectUnbroken(0);
        _expectUnbroken(13);
    }

    function invariant_04_nobody_takes_out_more_than_came_in() public view {
        for (uint256 i; i < _world.DRIVERS(); ++i) {
            uint256 depositedMicro;
            uint256 withdrawnMicro;
            for (uint256 lane; lane < _world.LANES(); ++lane) {
                (, , uint256 deposited, uint256 withdrawn, ) = _world.accounts(i, lane);
                (depositedMicro, withdrawnMicro) = (depositedMicro + deposited, withdrawnMicro + withdrawn);
            }
            cheats.assertEq(_erc20.balanceOf(_world.driverOf(i)), withdrawnMicro, "a driver got another amount");
            cheats.assertLe(withdrawnMicro, depositedMicro, "a driver took out more than was paid in");
        }
        for (uint256 i; i < _world.OPERATORS(); ++i) {
            (uint256 creditedMicro, uint256 withdrawnMicro) = _world.operators(i);
            cheats.assertEq(_erc20.balanceOf(_world.operatorOf(i)), withdrawnMicro, "an operator got another amount");
            cheats.assertLe(withdrawnMicro, creditedMicro, "an operator took out more than was credited");
        }
        _expectUnbroken(4);
    }

    function invariant_06_a_session_that_ended_never_lives_again() public view {
        for (uint256 i; i < _world.sessionCount(); ++i) {
            SessionWorld.Session memory session = _world.sessionAt(i);
            bool isLive = session.status == SessionWorld.Status.Live;
            cheats.assertTrue(_settlement.isLive(session.terms) == isLive, "a session's state is another");
        }
        _expectUnbroken(6);
    }

    function invariant_07_opening_never_overwrites_a_live_session() public view {
        uint256 liveSessions;
        for (uint256 i; i < _world.sessionCount(); ++i) {
            if (_settlement.isLive(_world.sessionAt(i).terms)) ++liveSessions;
        }
        uint256 liveAccounts;
        for (uint256 i; i < _world.DRIVERS(); ++i) {
            for (uint256 lane; lane < _world.LANES(); ++lane) {
                (, , uint160 commitment) = _settlement.accountOf(_world.driverOf(i), uint32(lane));
                (, , , , uint256 live) = _world.accounts(i, lane);
                uint160 expected = live == 0 ? 0 : uint160(uint256(_world.sessionAt(live - 1).id) >> 96);
                cheats.assertEq(commitment, expected, "an account is committed to another session");
                if (commitment != 0) ++liveAccounts;
            }
        }
        cheats.assertEq(liveSessions, liveAccounts, "a live session has no account or an account has two");
        _expectUnbroken(7);
    }

    function invariant_08_a_nonce_is_used_once_and_never_falls() public view {
        for (uint256 i; i < _world.DRIVERS(); ++i) {
            for (uint256 lane; lane < _world.LANES(); ++lane) {
                (, uint32 nonce, ) = _settlement.accountOf(_world.driverOf(i), uint32(lane));
                (, uint256 modelNonce, , , ) = _world.accounts(i, lane);
                cheats.assertEq(nonce, modelNonce, "a nonce is another");
            }
        }
        _expectUnbroken(8);
    }

    function invariant_09_only_the_routes_of_a_session_end_it() public view {
        cheats.assertEq(_erc20.balanceOf(_world.thief()), 0, "the thief has money");
        cheats.assertEq(_erc20.balanceOf(_world.relayer()), 0, "whoever expires sessions has money");
        cheats.assertEq(_erc20.balanceOf(_world.oracle()), 0, "the oracle has money");
        _expectUnbroken(9);
        _expectUnbroken(10);
    }

    /// @dev Without oracle and tariffs: their contracts are replaced by ones that fail at every call.
    function invariant_11_everybody_is_out_by_time_alone() public {
        cheats.etch(address(_world.oracleSet()), hex"fe");
        cheats.etch(address(_world.tariffRegistry()), hex"fe");
        for (uint256 i; i < _world.DRIVERS(); ++i) _withdrawAll(i);
        for (uint256 i; i < _world.DRIVERS(); ++i) {
            for (uint256 lane; lane < _world.LANES(); ++lane) {
                (, , , , uint256 live) = _world.accounts(i, lane);
                if (live != 0) _expireInTime(live - 1);
            }
            _withdrawAll(i);
        }
        for (uint256 i; i < _world.OPERATORS(); ++i) {
            address payee = _world.operatorOf(i);
            (uint128 creditMicro, ) = _settlement.operatorAccountOf(payee);
            if (creditMicro == 0) continue;
            cheats.prank(payee);
            _settlement.withdrawCredit(creditMicro, payee);
        }

        cheats.assertEq(_settlement.owedMicro(), 0, "something is owed when everybody is out");
        uint256 balance = _erc20.balanceOf(address(_settlement));
        cheats.assertEq(balance, _world.donatedMicro(), "something is left when everybody is out");
        _expectUnbroken(11);
    }

    function _withdrawAll(uint256 driver) private {
        address payee = _world.driverOf(driver);
        for (uint256 lane; lane < _world.LANES(); ++lane) {
            (uint64 freeMicro, , ) = _settlement.accountOf(payee, uint32(lane));
            if (freeMicro == 0) continue;
            cheats.prank(payee);
            _settlement.withdraw(uint32(lane), freeMicro, payee);
        }
    }

    function _expireInTime(uint256 index) private {
        SessionWorld.Session memory session = _world.sessionAt(index);
        uint256 after_ = uint256(session.terms.expiresAt) + 1;
        if (block.timestamp < after_) cheats.warp(after_);
        address anybody = _world.thief();
        cheats.prank(anybody);
        _settlement.expire(session.terms);
    }

    function _expectUnbroken(uint256 number) private view {
        string memory what = _world.broken(number);
        cheats.assertTrue(bytes(what).length == 0, what);
    }

    /* THE HANDLERS THEMSELVES */

    /// @notice A long game in which every action happens and every attempt is refused at least once: without this a
    /// handler that never gets through would leave the invariants true and empty.
    function test_every_handler_gets_through_and_all_invariants_hold() public {
        for (uint256 i; i < 1_500; ++i) {
            uint256 seed = uint256(keccak256(abi.encode("long game", i)));
            _act(
                seed % 17,
                uint256(keccak256(abi.encode(seed, 1))),
                uint256(keccak256(abi.encode(seed, 2))),
                seed >> 8
            );
            if (i % 100 != 99) continue;
            invariant_01_balance_is_what_is_free_and_held_and_credited();
            invariant_03_charged_and_returned_are_the_hold_and_never_above_the_price();
            invariant_04_nobody_takes_out_more_than_came_in();
            invariant_06_a_session_that_ended_never_lives_again();
            invariant_07_opening_never_overwrites_a_live_session();
            invariant_08_a_nonce_is_used_once_and_never_falls();
            invariant_09_only_the_routes_of_a_session_end_it();
        }
        invariant_11_everybody_is_out_by_time_alone();
        string[22] memory actions = [
            "deposit",
            "withdraw",
            "refused withdrawal",
            "advance nonce",
            "open",
            "refused opening",
            "refused nonce",
            "open batch",
            "skipped opening",
            "settle",
            "settle without energy",
            "skipped settlement",
            "withdraw credit",
            "refused credit withdrawal",
            "change tariff",
            "pass time",
            "expire",
            "refused expiry",
            "donate",
            "refused theft by settling",
            "refused theft by withdrawing",
            "refused theft by opening"
        ];
        for (uint256 i; i < actions.length; ++i) {
            cheats.assertTrue(_world.successes(actions[i]) > 5, string.concat("hardly ever: ", actions[i]));
        }
        cheats.assertTrue(_world.successes("refused theft by changing terms") > 5, "hardly ever: other terms");
    }

    /// @dev Called by the test runner at the end of each run of an invariant.
    function afterInvariant() public view {
        if (_world.steps() < 90) return;
        cheats.assertTrue(_world.successSum() * 2 > _world.steps(), "most calls of the handlers did nothing");
    }

    function _act(uint256 action, uint256 a, uint256 b, uint256 c) private {
        if (action == 0) _world.deposit(a, b, c);
        else if (action == 1) _world.withdraw(a, b, c);
        else if (action == 2) _world.advanceNonce(a, b);
        else if (action == 3) _world.open(a, b, c);
        else if (action == 4) _world.openAgain(a, b, c);
        else if (action == 5) _world.openBatch(a, b, c);
        else if (action == 6 || action == 7) _world.settleBatch(a, b);
        else if (action == 8) _world.withdrawCredit(a, b);
        else if (action == 9) _world.changeTariff(a, b);
        else if (action == 10) _world.passTime(a);
        else if (action == 11) _world.expire(a);
        else if (action == 12) _world.donate(a);
        else if (action == 13) _world.stealBySettling(a);
        else if (action == 14) _world.stealByWithdrawing(a);
        else if (action == 15) _world.stealByOpening(a, b, c);
        else _world.stealByChangingTerms(a, b);
    }
}
