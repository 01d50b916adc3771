// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChargingSettlement} from "../../../contracts/interfaces/IChargingSettlement.sol";
import {IOracleBonds} from "../../../contracts/interfaces/IOracleBonds.sol";
import {Digests} from "../base/Digests.sol";
import {GameToken} from "../base/GameToken.sol";
import {cheats, deployed, TestBase, timeNow} from "../base/TestBase.sol";
import {AnyoneActs} from "./handlers/AnyoneActs.sol";
import {ChallengerActs} from "./handlers/ChallengerActs.sol";
import {DriverActs} from "./handlers/DriverActs.sol";
import {FundingActs} from "./handlers/FundingActs.sol";
import {GuardianActs} from "./handlers/GuardianActs.sol";
import {OperatorActs} from "./handlers/OperatorActs.sol";
import {OracleActs} from "./handlers/OracleActs.sol";
import {PartnerActs} from "./handlers/PartnerActs.sol";
import {RecordHolderActs} from "./handlers/RecordHolderActs.sol";
import {RelayerActs} from "./handlers/RelayerActs.sol";
import {ThiefActs} from "./handlers/ThiefActs.sol";
import {TokenActs} from "./handlers/TokenActs.sol";
import {VehicleActs} from "./handlers/VehicleActs.sol";
import {GameState} from "./world/GameState.sol";
import {GameKinds} from "./world/GameKinds.sol";

/// @title Settlement handler
/// @notice Everybody who uses the contracts, in one contract that the test runner calls at random. It stands in this file
/// because the runner only knows contracts of the files that it is given.
contract SettlementHandler is
    DriverActs,
    RelayerActs,
    FundingActs,
    VehicleActs,
    OperatorActs,
    PartnerActs,
    OracleActs,
    RecordHolderActs,
    ChallengerActs,
    GuardianActs,
    TokenActs,
    AnyoneActs,
    ThiefActs
{}

/// @title Invariants of the contracts
/// @notice Numbers are those of docs/invariants.md.
contract ChargingSettlementInvariants is TestBase {
    SettlementHandler private _world;
    IChargingSettlement private _settlement;
    GameToken private _erc20;

    function setUp() public {
        _world = SettlementHandler(
            deployed("test/contracts/invariants/ChargingSettlement.t.sol:SettlementHandler", "")
        );
        _settlement = _world.settlement();
        _erc20 = _world.erc20();
        for (uint256 i; i < _world.DRIVERS() * _world.LANES(); ++i) _world.deposit(i / 2, i % 2, 20_000_000);
        for (uint256 i; i < _world.ORACLES(); ++i) _world.postBond(i, 2_000_000);
        _world.propose(0, 0x100010001000100);
        for (uint256 i; i < _world.PARTNERS(); ++i) _world.signAgreement(i << 8);
        for (uint256 i; i < _world.DRIVERS(); ++i) _world.consent(i, i);
        _world.open(0, 0, 1);
        _target(address(_world));
    }

    /* SUMS, OVER ACCOUNTS AND LIVE SESSIONS, CREDITS AND BONDS THEMSELVES */

    function _freeMicro() private view returns (uint256 sum) {
        for (uint256 i; i <= _world.DRIVERS(); ++i) {
            for (uint256 lane; lane < _world.LANES(); ++lane) {
                (uint64 freeMicro, , ) = _settlement.accountOf(_world.driverOf(i), uint32(lane));
                sum += freeMicro;
            }
        }
    }

    /// @dev Of sessions that the contract itself calls live.
    function _heldMicro() private view returns (uint256 sum) {
        for (uint256 i; i < _world.DRIVERS(); ++i) {
            for (uint256 lane; lane < _world.LANES(); ++lane) {
                (, , uint256 live) = _world.accounts(i, lane);
                if (live == 0) continue;
                GameState.Session memory session = _world.sessionAt(live - 1);
                if (!_settlement.isLive(session.terms, session.opening, uint64(session.toppedUpMicro))) continue;
                sum += session.terms.holdMicro + session.toppedUpMicro;
            }
        }
    }

    /// @dev What was ever credited and not taken out by anybody.
    function _creditMicro() private view returns (uint256 sum) {
        for (uint256 operator; operator < _world.OPERATORS(); ++operator) {
            for (uint256 agreement; agreement <= _world.agreementCount(); ++agreement) {
                (uint64 finalMicro, uint64 provisionalMicro) = _settlement.creditOf(
                    _world.operatorOf(operator),
                    uint32(agreement)
                );
                sum += uint256(finalMicro) + provisionalMicro - _withdrawnMicro(operator, agreement);
            }
        }
    }

    function _withdrawnMicro(uint256 operator, uint256 agreement) private view returns (uint256 sum) {
        sum = _world.withdrawnOf(operator, agreement, _world.operatorOf(operator));
        for (uint256 i; i < _world.PARTNERS(); ++i) {
            sum += _world.withdrawnOf(operator, agreement, _world.partnerOf(i));
        }
    }

    function _bondsMicro() private view returns (uint256 sum) {
        for (uint256 i; i < _world.ORACLES(); ++i) sum += _world.oracleBonds().bondOf(_world.oracleOf(i));
    }

    /* INVARIANTS */

    function invariant_01_balance_is_what_is_free_held_credited_and_bonded() public view {
        uint256 owedMicro = _freeMicro() + _heldMicro() + _creditMicro();

        cheats.assertEq(_settlement.owedMicro(), owedMicro, "the liability counter is not the sum of the parts");
        uint256 balance = _erc20.balanceOf(address(_settlement));
        cheats.assertEq(balance, owedMicro + _world.donatedMicro(), "the balance is not what is owed and was given");
        cheats.assertEq(_erc20.balanceOf(address(_world.authorizedFunding())), 0, "money stays on the way");
        IOracleBonds bonds = _world.oracleBonds();
        uint256 keptMicro = uint256(bonds.owedMicro()) + bonds.burntMicro();
        cheats.assertEq(
            _erc20.balanceOf(address(bonds)),
            keptMicro,
            "the bonds' balance is not what is owed and burnt"
        );
        cheats.assertEq(bonds.burntMicro(), _world.burntMicro(), "another amount was burnt");
        cheats.assertLe(_bondsMicro(), bonds.owedMicro(), "bonds are more than is owed for them");
        _expectUnbroken(1);
    }

    function invariant_02_what_the_token_did_not_move_is_not_booked() public view {
        for (uint256 i; i <= _world.DRIVERS(); ++i) {
            (, , uint256 walletMicro, uint256 otherMicro) = _world.purses(i);
            cheats.assertEq(_erc20.balanceOf(_world.driverOf(i)), walletMicro, "a wallet has another amount");
            cheats.assertEq(_erc20.balanceOf(_world.otherWalletOf(i)), otherMicro, "another wallet has another amount");
        }
        _expectUnbroken(2);
    }

    function invariant_03_charged_and_returned_are_the_hold_and_never_above_the_price() public view {
        uint256 count = _world.sessionCount();
        // What ended long ago was looked at then; the end of each run looks at all.
        for (uint256 i = count < 12 ? 0 : count - 12; i < count; ++i) _expectSplit(i);
        for (uint256 i; i <= _world.DRIVERS(); ++i) {
            for (uint256 lane; lane < _world.LANES(); ++lane) {
                (uint64 freeMicro, , ) = _settlement.accountOf(_world.driverOf(i), uint32(lane));
                (uint256 modelFreeMicro, , ) = _world.accounts(i, lane);
                cheats.assertEq(freeMicro, modelFreeMicro, "a driver's free balance is another amount");
            }
        }
        for (uint256 operator; operator < _world.OPERATORS(); ++operator) {
            for (uint256 agreement; agreement <= _world.agreementCount(); ++agreement) {
                _expectCredit(operator, agreement);
            }
        }
        _expectUnbroken(0);
        _expectUnbroken(3);
    }

    function invariant_04_nobody_takes_out_more_than_came_in_or_was_credited() public view {
        for (uint256 operator; operator < _world.OPERATORS(); ++operator) {
            address payee = _world.operatorOf(operator);
            cheats.assertEq(_erc20.balanceOf(payee), _world.earnedMicro(payee), "an operator got another amount");
            for (uint256 agreement; agreement <= _world.agreementCount(); ++agreement) {
                (uint64 finalMicro, ) = _settlement.creditOf(payee, uint32(agreement));
                cheats.assertLe(_withdrawnMicro(operator, agreement), finalMicro, "more was taken than was final");
            }
        }
        for (uint256 i; i < _world.PARTNERS(); ++i) {
            address payee = _world.partnerOf(i);
            cheats.assertEq(_erc20.balanceOf(payee), _world.earnedMicro(payee), "a partner got another amount");
        }
        _expectUnbroken(4);
    }

    function invariant_05_parts_are_never_more_than_the_total_and_leave_less_than_a_unit_each() public view {
        for (uint256 agreement = 1; agreement <= _world.agreementCount(); ++agreement) {
            (uint256 operator, uint256[] memory partners) = _world.agreementPartners(agreement);
            address payee = _world.operatorOf(operator);
            uint256 parts = _settlement.withdrawableOf(payee, uint32(agreement), payee);
            for (uint256 i; i < partners.length; ++i) {
                parts += _settlement.withdrawableOf(payee, uint32(agreement), _world.partnerOf(partners[i]));
            }
            parts += _withdrawnMicro(operator, agreement);
            (uint64 finalMicro, ) = _settlement.creditOf(payee, uint32(agreement));
            cheats.assertLe(parts, finalMicro, "the parts are more than the total");
            cheats.assertLe(finalMicro, parts + partners.length, "more than the rounding belongs to nobody");
        }
        _expectUnbroken(5);
    }

    function invariant_06_a_session_that_ended_never_lives_again() public view {
        uint256 count = _world.sessionCount();
        for (uint256 i = count < 12 ? 0 : count - 12; i < count; ++i) _expectState(i);
        _expectUnbroken(6);
    }

    function invariant_07_opening_never_overwrites_a_live_session() public view {
        for (uint256 i; i < _world.DRIVERS(); ++i) {
            for (uint256 lane; lane < _world.LANES(); ++lane) {
                (, , uint160 commitment) = _settlement.accountOf(_world.driverOf(i), uint32(lane));
                (, , uint256 live) = _world.accounts(i, lane);
                uint160 expected;
                if (live != 0) {
                    GameState.Session memory session = _world.sessionAt(live - 1);
                    expected = Digests.commitmentOf(session.terms, session.opening, session.toppedUpMicro);
                }
                cheats.assertEq(commitment, expected, "an account is committed to another session");
            }
        }
        _expectUnbroken(7);
    }

    function invariant_08_a_nonce_is_used_once_and_never_falls() public view {
        for (uint256 i; i < _world.DRIVERS(); ++i) {
            for (uint256 lane; lane < _world.LANES(); ++lane) {
                (, uint32 nonce, ) = _settlement.accountOf(_world.driverOf(i), uint32(lane));
                (, uint256 modelNonce, ) = _world.accounts(i, lane);
                cheats.assertEq(nonce, modelNonce, "a nonce is another");
            }
        }
        _expectUnbroken(8);
    }

    function invariant_09_only_the_routes_of_a_session_end_it() public view {
        cheats.assertEq(_erc20.balanceOf(_world.thief()), 0, "the thief has money");
        cheats.assertEq(_erc20.balanceOf(_world.RELAYER()), 0, "whoever sends for others has money");
        cheats.assertEq(_erc20.balanceOf(_world.GUARDIAN()), 0, "the guardian has money");
        cheats.assertEq(_erc20.balanceOf(_world.OWNER()), 0, "the owner of committee and guard has money");
        _expectUnbroken(9);
    }

    function invariant_10_money_is_bound_by_the_driver_or_a_vehicle_with_consent_alone() public view {
        uint256 boundMicro = _world.loggedHeldMicro();
        cheats.assertEq(_heldMicro(), boundMicro, "what is held is not what drivers agreed to");
        _expectUnbroken(10);
    }

    /// @dev Without oracles, guardian, agreements, meters and tariffs: their contracts are replaced by ones that fail at
    /// every call. What drivers and oracles' bonds have is out; operators' money without agreement needs the agreements'
    /// contract alone, and that has neither owner nor state that stops it.
    function invariant_11_everybody_is_out_by_time_alone() public {
        cheats.etch(address(_world.openingGuard()), hex"fe");
        cheats.etch(address(_world.tariffRegistry()), hex"fe");
        cheats.etch(address(_world.meterRegistry()), hex"fe");
        cheats.etch(address(_world.meterSettlement()), hex"fe");
        cheats.etch(address(_world.challenges()), hex"fe");
        cheats.etch(address(_world.oracleCommittee()), hex"fe");
        for (uint256 i; i <= _world.DRIVERS(); ++i) _withdrawAll(i);
        for (uint256 i; i < _world.DRIVERS(); ++i) {
            for (uint256 lane; lane < _world.LANES(); ++lane) {
                (, , uint256 live) = _world.accounts(i, lane);
                if (live != 0) _expireInTime(live - 1);
            }
            _withdrawAll(i);
        }
        uint256 leftMicro = _creditMicro();
        cheats.assertEq(_settlement.owedMicro(), leftMicro, "something is owed to drivers when all of them are out");
        _expectUnbroken(11);
    }

    /// @dev Nobody has to do anything for it.
    function invariant_12_every_credit_is_final_two_epochs_later() public {
        uint256 creditMicro = _creditMicro();
        cheats.warp(timeNow() + 2 * uint256(_settlement.epochSeconds()));
        for (uint256 operator; operator < _world.OPERATORS(); ++operator) {
            address payee = _world.operatorOf(operator);
            for (uint256 agreement; agreement <= _world.agreementCount(); ++agreement) {
                (, uint64 provisionalMicro) = _settlement.creditOf(payee, uint32(agreement));
                cheats.assertEq(provisionalMicro, 0, "a credit is not final");
            }
            uint64 ownMicro = _settlement.withdrawableOf(payee, 0, payee);
            if (ownMicro == 0) continue;
            cheats.prank(payee);
            _settlement.withdrawCredit(payee, 0, ownMicro, address(0xf1a1));
        }
        cheats.assertEq(_creditMicro(), creditMicro, "a credit changed by time");
        _expectUnbroken(12);
    }

    function invariant_13_a_bad_item_never_reverts_a_batch() public view {
        _expectUnbroken(13);
    }

    function invariant_14_ids_are_the_digests_that_wallets_sign() public view {
        uint256 count = _world.sessionCount();
        GameState.Session memory session = _world.sessionAt(count - 1);
        bytes32 digest = _world.digestOf(session.terms);
        cheats.assertTrue(session.id == digest, "a session has another id than its driver signed");
        cheats.assertTrue(_settlement.sessionIdOf(session.terms) == digest, "the contract names another id");
        _expectUnbroken(14);
    }

    function invariant_16_a_permit_sent_before_is_no_obstacle() public view {
        _expectUnbroken(16);
    }

    function invariant_17_nothing_is_entered_from_within() public view {
        _expectUnbroken(17);
    }

    function invariant_18_oracles_credit_an_operator_within_the_limit_and_answer_with_their_bonds() public view {
        uint256 epoch = timeNow() / _settlement.epochSeconds();
        for (uint256 operator; operator < _world.OPERATORS(); ++operator) {
            uint256 provisionalSumMicro;
            for (uint256 agreement; agreement <= _world.agreementCount(); ++agreement) {
                (, uint64 provisionalMicro) = _settlement.creditOf(_world.operatorOf(operator), uint32(agreement));
                provisionalSumMicro += provisionalMicro;
            }
            uint256 limit = _settlement.epochLimitMicro();
            cheats.assertLe(provisionalSumMicro, 2 * limit, "more can be challenged than two epochs allow");
            cheats.assertLe(_world.epochUseMicro(operator, epoch), limit, "an epoch's limit was passed");
        }
        for (uint256 i; i < _world.ORACLES(); ++i) {
            cheats.assertEq(
                _world.oracleBonds().bondOf(_world.oracleOf(i)),
                _world.bondsMicro(i),
                "a bond is another amount"
            );
        }
        _expectUnbroken(18);
    }

    /// @dev A session's own tariff, agreement and power stand, whatever operators changed since: the model prices with
    /// what the terms named, and a live session always settles.
    function invariant_20_what_is_changed_later_does_not_touch_open_sessions() public view {
        for (uint256 i; i < _world.DRIVERS(); ++i) {
            for (uint256 lane; lane < _world.LANES(); ++lane) {
                (, , uint256 live) = _world.accounts(i, lane);
                if (live != 0) _expectState(live - 1);
            }
        }
        _expectUnbroken(13);
        _expectUnbroken(20);
    }

    function invariant_21_the_events_alone_give_every_balance() public view {
        cheats.assertEq(_world.loggedFreeMicro(), _freeMicro(), "events and free balances differ");
        cheats.assertEq(_world.loggedHeldMicro(), _heldMicro(), "events and holds differ");
        cheats.assertEq(_world.loggedCreditMicro(), _creditMicro(), "events and credits differ");
        cheats.assertEq(_world.loggedUncreditedMicro(), 0, "a settlement's charge was credited to nobody");
    }

    function invariant_22_a_meters_record_and_energy_count_once() public view {
        for (uint256 i; i < _world.OPERATORS(); ++i) {
            (, , , uint256 lastPagination, uint256 lastRegisterMicroWh) = _world.meters(i);
            (uint64 pagination, uint64 registerMicroWh) = _world.meterSettlement().lastRecordOf(uint32(i + 1));
            cheats.assertEq(pagination, lastPagination, "another record of the meter was consumed");
            cheats.assertEq(registerMicroWh, lastRegisterMicroWh, "the meter's register stands elsewhere");
        }
        _expectUnbroken(22);
    }

    /* ONE SESSION, ONE CREDIT, ONE WAY OUT */

    function _expectSplit(uint256 index) private view {
        GameState.Session memory session = _world.sessionAt(index);
        if (session.status == GameState.Status.Live) return;
        uint256 held = session.terms.holdMicro + session.toppedUpMicro;
        cheats.assertEq(session.chargedMicro + session.returnedMicro, held, "charged and returned are not the hold");
        cheats.assertLe(session.chargedMicro, session.priceMicro, "more was charged than the tariff gives");
        cheats.assertLe(session.refundedMicro, session.chargedMicro, "more was given back than was charged");
    }

    function _expectCredit(uint256 operator, uint256 agreement) private view {
        (uint64 finalMicro, uint64 provisionalMicro) = _settlement.creditOf(
            _world.operatorOf(operator),
            uint32(agreement)
        );
        (uint256 modelFinalMicro, uint256 modelProvisionalMicro) = _world.creditOf(operator, agreement);
        cheats.assertEq(finalMicro, modelFinalMicro, "an operator's final credit is another amount");
        cheats.assertEq(provisionalMicro, modelProvisionalMicro, "a provisional credit is another amount");
    }

    function _expectState(uint256 index) private view {
        GameState.Session memory session = _world.sessionAt(index);
        bool isLive = session.status == GameState.Status.Live;
        bool isLiveOnChain = _settlement.isLive(session.terms, session.opening, uint64(session.toppedUpMicro));
        cheats.assertTrue(isLiveOnChain == isLive, "a session's state is another");
    }

    function _withdrawAll(uint256 driver) private {
        address payee = _world.driverOf(driver);
        for (uint256 lane; lane < _world.LANES(); ++lane) {
            (uint64 freeMicro, , ) = _settlement.accountOf(payee, uint32(lane));
            if (freeMicro == 0) continue;
            cheats.prank(payee);
            // Another wallet, because the token may deny the driver's own.
            _settlement.withdraw(uint32(lane), freeMicro, address(0xf1a1));
        }
    }

    function _expireInTime(uint256 index) private {
        GameState.Session memory session = _world.sessionAt(index);
        uint256 after_ = uint256(session.terms.expiresAt) + 1;
        if (timeNow() < after_) cheats.warp(after_);
        address anybody = _world.thief();
        cheats.prank(anybody);
        _settlement.expire(session.terms, session.opening, uint64(session.toppedUpMicro));
    }

    function _expectUnbroken(uint256 number) private view {
        string memory what = _world.broken(number);
        cheats.assertTrue(bytes(what).length == 0, what);
    }

    /* THE HANDLERS THEMSELVES */

    /// @notice A long game in which every kind of call happens, those included that must be refused: without this a
    /// handler that never gets through would leave the invariants true and empty.
    function test_every_kind_of_call_happens_and_all_invariants_hold() public {
        uint256 length = cheats.envOr("WATTPROOF_GAME_STEPS", 4_000);
        uint256 seed = cheats.envOr("WATTPROOF_GAME_SEED", 20_261_127);
        for (uint256 i; i < length; ++i) {
            GameKinds.act(_world, uint256(keccak256(abi.encode(seed, i))));
            if (i % 100 == 99) _expectAll();
        }
        _expectAllSessions();
        string memory missing;
        string[] memory kinds = GameKinds.all();
        for (uint256 i; i < kinds.length; ++i) {
            if (_world.successes(kinds[i]) == 0) missing = string.concat(missing, kinds[i], "; ");
        }
        cheats.assertTrue(bytes(missing).length == 0, string.concat("never happened: ", missing));
    }

    /// @dev Called by the test runner at the end of each run of an invariant.
    function afterInvariant() public view {
        _expectAllSessions();
        if (_world.steps() < 60) return;
        cheats.assertTrue(_world.successSum() * 2 > _world.steps(), "most calls of the handlers did nothing");
    }

    function _expectAllSessions() private view {
        for (uint256 i; i < _world.sessionCount(); ++i) {
            _expectSplit(i);
            _expectState(i);
        }
    }

    function _expectAll() private view {
        invariant_01_balance_is_what_is_free_held_credited_and_bonded();
        invariant_02_what_the_token_did_not_move_is_not_booked();
        invariant_03_charged_and_returned_are_the_hold_and_never_above_the_price();
        invariant_04_nobody_takes_out_more_than_came_in_or_was_credited();
        invariant_05_parts_are_never_more_than_the_total_and_leave_less_than_a_unit_each();
        invariant_06_a_session_that_ended_never_lives_again();
        invariant_07_opening_never_overwrites_a_live_session();
        invariant_08_a_nonce_is_used_once_and_never_falls();
        invariant_09_only_the_routes_of_a_session_end_it();
        invariant_10_money_is_bound_by_the_driver_or_a_vehicle_with_consent_alone();
        invariant_13_a_bad_item_never_reverts_a_batch();
        invariant_14_ids_are_the_digests_that_wallets_sign();
        invariant_16_a_permit_sent_before_is_no_obstacle();
        invariant_17_nothing_is_entered_from_within();
        invariant_18_oracles_credit_an_operator_within_the_limit_and_answer_with_their_bonds();
        invariant_20_what_is_changed_later_does_not_touch_open_sessions();
        invariant_21_the_events_alone_give_every_balance();
        invariant_22_a_meters_record_and_energy_count_once();
    }
}
