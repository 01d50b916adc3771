// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Correction,
    Opening,
    PackedMetering,
    SessionTerms,
    Settlement,
    Withdrawal
} from "../../../contracts/interfaces/IChargingSettlement.sol";
import {MeteredSession, SignedRecord} from "../../../contracts/interfaces/IMeterSettlement.sol";
import {OracleSignature} from "../../../contracts/interfaces/IOracleCommittee.sol";
import {Tariff} from "../../../contracts/interfaces/ITariffRegistry.sol";
import {Digests} from "../base/Digests.sol";
import {SettlementTest} from "../base/SettlementTest.sol";
import {cheats, timeNow} from "../base/TestBase.sol";
import {Item} from "../invariants/world/GameModel.sol";

/// @title Reverts if and only if
/// @notice For each entry point the whole condition under which it goes through, written out here, tried with arguments of
/// which some break one part of it or several. Both happen often, or the test fails.
contract RevertsIffTest is SettlementTest {
    uint256 private constant TRIES = 160;
    uint256 private constant HOLD = 2_000_000;
    uint256 private constant FUND = 3 * HOLD;

    /// How often something should go through, and how often not.
    struct Tally {
        uint256 right;
        uint256 wrong;
        uint256 start;
    }

    function setUp() public {
        _offer(0, 400_000 << 16);
        _fund(0, 0, FUND);
        _fund(1, 0, FUND);
    }

    /* HOW A TRY IS JUDGED */

    function _begun() private returns (Tally memory tally) {
        tally.start = cheats.snapshotState();
    }

    /// @dev Counts a try, and undoes it.
    function _judge(Tally memory tally, bool isRight, bool hasSucceeded, string memory what) private {
        cheats.assertTrue(isRight || !hasSucceeded, string.concat(what, " went through that should not"));
        cheats.assertTrue(!isRight || hasSucceeded, string.concat(what, " was refused that should not"));
        if (isRight) ++tally.right;
        else ++tally.wrong;
        cheats.assertTrue(cheats.revertToState(tally.start), "no way back");
        // A state is gone once it was gone back to.
        tally.start = cheats.snapshotState();
    }

    function _expectBoth(Tally memory tally) private pure {
        cheats.assertLe(10, tally.right, "it hardly ever went through");
        cheats.assertLe(10, tally.wrong, "it was hardly ever refused");
    }

    /// @dev The number of a way to break the condition; mostly one that breaks nothing.
    function _flaw(string memory what, uint256 i, uint256 count) private pure returns (uint256) {
        uint256 seed = uint256(keccak256(abi.encode(what, i)));
        return seed % 3 == 0 ? 0 : (seed >> 8) % (count + 1);
    }

    function _random(string memory what, uint256 i, uint256 most) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(what, "number", i))) % (most + 1);
    }

    /// @dev Calls as this account; whether it went through.
    function _tried(address caller, address target, bytes memory data) private returns (bool hasSucceeded) {
        cheats.prank(caller);
        // solhint-disable-next-line avoid-low-level-calls
        (hasSucceeded, ) = target.call(data);
    }

    function _tried(address caller, bytes memory data) private returns (bool) {
        return _tried(caller, address(settlement), data);
    }

    /* FUNDING */

    function test_deposit() public {
        Tally memory tally = _begun();
        for (uint256 i; i < TRIES; ++i) {
            uint256 amount = _random("deposit", i, 4);
            uint256 allowed = _random("allowed", i, 4);
            address driver = _flaw("deposit", i, 2) == 1 ? address(0) : driverOf(0);
            erc20.mint(RELAYER, 3);
            cheats.prank(RELAYER);
            erc20.approve(address(settlement), allowed);
            bool isRight = amount != 0 && amount <= allowed && amount <= 3 && driver != address(0);
            bool done = _tried(RELAYER, abi.encodeCall(settlement.deposit, (driver, 0, amount)));
            _judge(tally, isRight, done, "a deposit");
        }
        _expectBoth(tally);
    }

    function test_withdraw() public {
        Tally memory tally = _begun();
        for (uint256 i; i < TRIES; ++i) {
            uint256 flaw = _flaw("withdraw", i, 4);
            uint256 amount = flaw == 1 ? 0 : _random("withdraw", i, FUND + FUND / 4);
            address recipient =
                flaw == 2
                    ? address(0)
                    : flaw == 3
                        ? address(settlement)
                        : thief();
            if (flaw == 4) erc20.setDenied(thief(), true);
            bool isRight = amount != 0 && amount <= FUND && flaw < 2;
            bool done = _tried(driverOf(0), abi.encodeCall(settlement.withdraw, (0, amount, recipient)));
            _judge(tally, isRight, done, "a withdrawal");
        }
        _expectBoth(tally);
    }

    function test_withdraw_signed() public {
        Tally memory tally = _begun();
        for (uint256 i; i < TRIES; ++i) {
            uint256 flaw = _flaw("signed", i, 3);
            uint256 amount = _random("signed", i, FUND + FUND / 4);
            uint256 late = _random("late", i, 3);
            Withdrawal memory order = Withdrawal(
                driverOf(0),
                0,
                flaw == 1 ? 1 : 0,
                amount,
                thief(),
                uint40(
                    timeNow() +
                        1 -
                        (
                            late == 3
                                ? 2
                                : late == 2
                                    ? 1
                                    : 0
                        )
                )
            );
            bytes32 digest = Digests.ofWithdrawal(address(settlement), order);
            bytes memory signature = _signature(flaw == 2 ? THIEF_KEY : FIRST_DRIVER_KEY, digest);
            if (flaw == 3) ++order.amount;
            bool isRight = flaw == 0 && amount != 0 && amount <= FUND && order.deadline >= timeNow();
            bool done = _tried(RELAYER, abi.encodeCall(settlement.withdrawSigned, (order, signature)));
            _judge(tally, isRight, done, "an order to pay");
        }
        _expectBoth(tally);
    }

    /* OPENING */

    function test_open_and_open_signed() public {
        Tally memory tally = _begun();
        for (uint256 i; i < TRIES; ++i) {
            uint256 flaw = _flaw("open", i, 9);
            (SessionTerms memory terms, ) = _plainTerms(0, 0, HOLD, LONGEST_SESSION);
            if (flaw == 1) terms.nonce += 1;
            if (flaw == 2) terms.holdMicro = 0;
            if (flaw == 3) terms.holdMicro = uint64(FUND + 1);
            if (flaw == 4) terms.expiresAt = uint40(timeNow());
            if (flaw == 5) terms.expiresAt = uint40(timeNow() + LONGEST_SESSION + 1);
            if (flaw == 6) terms.tariffId = keccak256("never published");
            if (flaw == 7) terms.agreement = 9;
            if (flaw == 8) _pause();
            if (flaw == 0) terms.holdMicro = uint64(1 + _random("open", i, FUND - 1));
            bool isSigned = i % 2 == 0;
            address caller = isSigned || flaw == 9 ? RELAYER : driverOf(0);
            uint256 key = flaw == 9 ? THIEF_KEY : FIRST_DRIVER_KEY;
            bytes memory data =
                isSigned
                    ? abi.encodeCall(
                        settlement.openSigned,
                        (terms, _signature(key, Digests.ofTerms(address(settlement), terms)))
                    )
                    : abi.encodeCall(settlement.open, (terms));
            _judge(tally, flaw == 0, _tried(caller, data), "an opening");
        }
        _expectBoth(tally);
    }

    function test_open_on_an_account_with_a_live_session() public {
        _opened(0, 0, HOLD, 24 hours);
        (SessionTerms memory terms, ) = _plainTerms(0, 0, HOLD, 24 hours);
        bool done = _tried(driverOf(0), abi.encodeCall(settlement.open, (terms)));

        cheats.assertTrue(!done, "a live session was replaced");
    }

    function _pause() private {
        cheats.prank(GUARDIAN);
        openingGuard.pauseOpening();
    }

    function test_top_up_and_top_up_signed() public {
        uint256 index = _opened(0, 0, HOLD, 24 hours);
        Session storage session = _sessions[index];
        Tally memory tally = _begun();
        for (uint256 i; i < TRIES; ++i) {
            uint256 flaw = _flaw("top up", i, 5);
            uint64 before = flaw == 1 ? 1 : 0;
            uint64 amount = flaw == 2 ? 0 : uint64(1 + _random("top up", i, FUND - HOLD));
            Opening memory opening = session.opening;
            if (flaw == 3) opening.salt ^= 1;
            if (flaw == 4) _warp(uint256(session.terms.expiresAt) - TOP_UP_MARGIN + 1);
            else if (i % 3 == 0) _warp(uint256(session.terms.expiresAt) - TOP_UP_MARGIN);
            bool isRight = (flaw == 0) && amount <= FUND - HOLD;
            bytes32 digest = Digests.ofTopUp(address(settlement), session.id, before, amount);
            bytes memory signature = _signature(flaw == 5 ? THIEF_KEY : FIRST_DRIVER_KEY, digest);
            bool done =
                i % 2 == 0
                    ? _tried(
                        RELAYER,
                        abi.encodeCall(settlement.topUpSigned, (session.terms, opening, before, amount, signature))
                    )
                    : _tried(
                        flaw == 5 ? RELAYER : driverOf(0),
                        abi.encodeCall(settlement.topUp, (session.terms, opening, before, amount))
                    );
            _judge(tally, isRight, done, "a top-up");
        }
        _expectBoth(tally);
    }

    /* SETTLEMENT */

    function test_settle_batch_reverts_by_its_signatures_alone() public {
        uint256 index = _opened(0, 0, HOLD, 24 hours);
        _warp(timeNow() + 1 hours);
        Tally memory tally = _begun();
        for (uint256 i; i < TRIES; ++i) {
            uint256 flaw = _flaw("batch", i, 4);
            // Whether the claim itself settles or is skipped changes nothing.
            Item memory item = Item(index, i % 5 == 0 ? 1 : 0, _random("batch", i, 90_000_000_000), 0, i % 4_000);
            uint256[] memory signers = _quorum(0);
            if (flaw == 1) signers = _first(signers, 1);
            if (flaw == 2) (signers[0], signers[1]) = (signers[1], signers[0]);
            if (flaw == 3) signers[1] = signers[0];
            if (flaw == 4) signers[1] = ORACLES - 1;
            bool done = _triedBatch(item, signers);
            _judge(tally, flaw == 0, done, "a batch");
        }
        _expectBoth(tally);
    }

    function _triedBatch(Item memory item, uint256[] memory signers) private returns (bool) {
        try this.settleAs(item, signers) {
            return true;
        } catch {
            return false;
        }
    }

    function settleAs(Item memory item, uint256[] memory signers) external {
        _settleBy(item, signers);
    }

    function _first(uint256[] memory some, uint256 count) private pure returns (uint256[] memory fewer) {
        fewer = new uint256[](count);
        for (uint256 i; i < count; ++i) fewer[i] = some[i];
    }

    function test_settle_with_meter() public {
        uint256 operator = 1;
        _offer(operator, 400_000 << 16);
        uint256 index = _opened(0, operator, HOLD, 24 hours);
        Session storage session = _sessions[index];
        (session.pagination, session.beginMicroWh) = (meters[operator].nextPagination, 1_000_000);
        session.chargingSeconds = 600;
        _warp(timeNow() + 1 hours);
        Tally memory tally = _begun();
        for (uint256 i; i < TRIES; ++i) {
            uint256 flaw = _flaw("meter", i, 7);
            // 50 kW in an hour are 50 kWh.
            session.endMicroWh = 1_000_000 + _random("meter", i, 60_000_000_000);
            if (flaw == 1) session.pagination = 1;
            MeteredSession memory proof = _meteredSession(index, i % 2 == 0);
            if (flaw == 2) proof.terms.evse = 1;
            if (flaw == 3) proof.opening.openedAt -= 1;
            if (flaw == 4) proof.toppedUpMicro = 1;
            if (flaw == 5) proof.tariff.flatFeeMicro += 1;
            if (flaw == 6) proof.records[0].r = bytes32(uint256(proof.records[0].r) ^ 1);
            if (flaw == 7) proof.records = new SignedRecord[](0);
            // A record of number 1 proved possession, and is spent with the first settlement alone.
            bool isRight = (flaw == 0 || flaw == 1) && session.endMicroWh - 1_000_000 <= 50_000_000_000;
            bool done = _tried(
                RELAYER,
                address(meterSettlement),
                abi.encodeCall(meterSettlement.settleWithMeter, (proof))
            );
            _judge(tally, isRight, done, "a meter's record");
        }
        _expectBoth(tally);
    }

    function test_what_only_neighbours_can_call() public {
        uint256 index = _opened(0, 0, HOLD, 24 hours);
        Session storage session = _sessions[index];
        _warp(timeNow() + 1 hours);
        (SessionTerms memory other, ) = _plainTerms(1, 0, HOLD, 24 hours);
        Settlement memory claim = Settlement(
            session.terms.driver,
            Digests.packed(session.terms),
            _metering(Item(index, 0, 1_000_000, 0, 0))
        );
        address[5] memory callers = [
            address(meterSettlement),
            address(challenges),
            address(vehicleConsents),
            address(authorizedFunding),
            RELAYER
        ];
        Tally memory tally = _begun();
        for (uint256 i; i < TRIES; ++i) {
            address caller = callers[i % 5];
            bytes memory data;
            bool isRight;
            if (i % 3 == 0) {
                data = abi.encodeCall(settlement.openAuthorized, (other));
                isRight = i % 5 == 2 || i % 5 == 3;
            } else if (i % 3 == 1) {
                data = abi.encodeCall(
                    settlement.settleProven,
                    (session.id, session.terms.operator, 0, session.tariff, claim, i % 2 == 0)
                );
                isRight = i % 5 == 0;
            } else {
                Correction memory nothing;
                (nothing.operator, nothing.driver, nothing.settledAt) = (operatorOf(0), driverOf(0), uint40(timeNow()));
                data = abi.encodeCall(settlement.correct, (nothing));
                isRight = i % 5 == 1;
            }
            _judge(tally, isRight, _tried(caller, data), "a neighbour's call");
        }
        _expectBoth(tally);
    }

    function test_lower_price() public {
        _offer(1, 400_000 << 16);
        uint256 index = _opened(0, 1, HOLD, 24 hours);
        Session storage session = _sessions[index];
        (session.pagination, session.beginMicroWh, session.endMicroWh) = (2, 0, 1_000_000_000);
        _warp(timeNow() + 1 hours);
        meterSettlement.settleWithMeter(_meteredSession(index, false));
        (, uint64 paidMicro) = settlement.creditOf(operatorOf(1), 0);
        cheats.assertLe(1, paidMicro, "the record cost nothing");
        uint256 settledAt = timeNow();
        Tally memory tally = _begun();
        for (uint256 i; i < TRIES; ++i) {
            uint256 flaw = _flaw("lower", i, 3);
            uint64 priceMicro = uint64(_random("lower", i, paidMicro + paidMicro / 2));
            SessionTerms memory terms = session.terms;
            if (flaw == 1) terms.nonce += 1;
            _warp(settledAt + WINDOW + (flaw == 2 ? 1 : 0));
            bytes32 digest = Digests.ofLowering(address(settlement), session.id, priceMicro);
            OracleSignature[] memory signatures = _signedByOracles(digest, _quorum(0));
            if (flaw == 3) signatures[0].r = bytes32(uint256(signatures[0].r) ^ 1);
            bool done = _tried(
                RELAYER,
                address(challenges),
                abi.encodeCall(challenges.lowerPrice, (terms, priceMicro, signatures))
            );
            _judge(tally, flaw == 0 && priceMicro < paidMicro, done, "a lower price");
        }
        _expectBoth(tally);
    }

    /* OTHER ENDS */

    function test_settle_agreed() public {
        uint256 index = _opened(0, 0, HOLD, 24 hours);
        Session storage session = _sessions[index];
        Tally memory tally = _begun();
        for (uint256 i; i < TRIES; ++i) {
            uint256 flaw = _flaw("agree", i, 4);
            uint64 chargedMicro = uint64(_random("agree", i, HOLD + HOLD / 4));
            uint64 raised = flaw == 1 ? 1 : 0;
            Opening memory opening = session.opening;
            if (flaw == 2) opening.salt ^= 1;
            bytes32 digest = Digests.ofAgreement(address(settlement), session.id, opening, raised, chargedMicro);
            bytes memory data = abi.encodeCall(
                settlement.settleAgreed,
                (
                    session.terms,
                    opening,
                    raised,
                    chargedMicro,
                    _signature(flaw == 3 ? THIEF_KEY : FIRST_DRIVER_KEY, digest),
                    _signature(flaw == 4 ? THIEF_KEY : FIRST_OPERATOR_KEY, digest)
                )
            );
            _judge(tally, flaw == 0 && chargedMicro <= HOLD, _tried(RELAYER, data), "an agreement");
        }
        _expectBoth(tally);
    }

    function test_release_and_expire() public {
        uint256 index = _opened(0, 0, HOLD, 24 hours);
        Session storage session = _sessions[index];
        cheats.prank(operatorOf(0));
        settlement.changeReleaser(RELAYER, true);
        Tally memory tally = _begun();
        for (uint256 i; i < TRIES; ++i) {
            uint256 flaw = _flaw("end", i, 4);
            bool isExpiry = i % 2 == 0;
            SessionTerms memory terms = session.terms;
            Opening memory opening = session.opening;
            uint64 raised = flaw == 1 ? 1 : 0;
            if (flaw == 2) opening.openedAt -= 1;
            if (flaw == 3) terms.holdMicro += 1;
            uint256 time = _random("end", i, 1);
            _warp(uint256(session.terms.expiresAt) + time);
            address caller =
                flaw == 4
                    ? thief()
                    : i % 4 < 2
                        ? RELAYER
                        : operatorOf(0);
            bytes memory data =
                isExpiry
                    ? abi.encodeCall(settlement.expire, (terms, opening, raised))
                    : abi.encodeCall(settlement.release, (terms, opening, raised));
            bool isRight = flaw == 0 || (flaw == 4 && isExpiry);
            if (isExpiry) isRight = isRight && time == 1;
            _judge(tally, isRight, _tried(caller, data), "an end");
        }
        _expectBoth(tally);
    }

    /* CREDIT */

    function test_withdraw_credit_and_refund() public {
        uint256 index = _opened(0, 0, HOLD, 24 hours);
        Session storage session = _sessions[index];
        bytes32 digest = Digests.ofAgreement(address(settlement), session.id, session.opening, 0, HOLD);
        settlement.settleAgreed(
            session.terms,
            session.opening,
            0,
            uint64(HOLD),
            _signature(FIRST_DRIVER_KEY, digest),
            _signature(FIRST_OPERATOR_KEY, digest)
        );
        Tally memory tally = _begun();
        for (uint256 i; i < TRIES; ++i) {
            uint256 flaw = _flaw("credit", i, 3);
            uint256 amount = flaw == 1 ? 0 : _random("credit", i, HOLD + HOLD / 4);
            address caller = flaw == 2 ? thief() : operatorOf(0);
            bool isRefund = i % 2 == 0;
            address recipient = flaw == 3 ? address(0) : operatorOf(0);
            bytes memory data =
                isRefund
                    ? abi.encodeCall(settlement.refund, (session.terms, uint64(amount)))
                    : abi.encodeCall(settlement.withdrawCredit, (operatorOf(0), 0, amount, recipient));
            bool isRight = amount != 0 && amount <= HOLD && flaw != 2 && (isRefund || flaw != 3);
            _judge(tally, isRight, _tried(caller, data), "a payment out of credit");
        }
        _expectBoth(tally);
    }
}
