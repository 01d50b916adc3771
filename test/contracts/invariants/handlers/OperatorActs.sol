// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PartnerShare} from "../../../../contracts/interfaces/IPartnerAgreements.sol";
import {Digests} from "../../base/Digests.sol";
import {bounded, cheats} from "../../base/TestBase.sol";
import {GameWorld} from "../world/GameWorld.sol";

/// @notice What operators do: take their credit out, give money back, change tariffs and agreements while sessions are
/// open.
abstract contract OperatorActs is GameWorld {
    function withdrawCredit(uint256 operator, uint256 agreement, uint256 amountMicro) external step {
        operator = operator % OPERATORS;
        agreement = _agreementOf(operator, agreement);
        address payee = operatorOf(operator);
        uint256 credit = _withdrawableOf(operator, agreement, payee);
        if (credit == 0 || amountMicro % 8 == 0) {
            cheats.prank(payee);
            try settlement.withdrawCredit(payee, uint32(agreement), credit + 1, payee) {
                _break(4, "an operator took out more than its part of what is final");
            } catch {
                _refused("refused credit withdrawal");
            }
            return;
        }
        amountMicro = bounded(amountMicro, 1, credit);

        cheats.prank(payee);
        try settlement.withdrawCredit(payee, uint32(agreement), amountMicro, payee) {
            if (erc20.isDenied(payee)) _break(2, "the token denied the transfer, and it counts as paid out");
            _credits[operator][agreement].withdrawnMicro[payee] += amountMicro;
            earnedMicro[payee] += amountMicro;
            _succeeded(agreement == 0 ? "withdraw credit" : "withdraw credit of an agreement");
        } catch {
            if (!erc20.isDenied(payee)) _break(12, "a final credit could not be withdrawn");
            _refused("credit withdrawal denied by the token");
        }
    }

    /// @notice Gives money of any session that ever was back to its driver.
    function refund(uint256 seed, uint256 amountMicro) external step {
        if (sessionCount() == 0) return;
        Session storage session = _sessions[seed % sessionCount()];
        uint256 operator = operatorIndexOf(session.terms.operator);
        uint256 agreement = session.terms.agreement;
        uint256 credit = _withdrawableOf(operator, agreement, session.terms.operator);
        // Now and then more than the operator has.
        amountMicro = bounded(amountMicro, 1, (seed >> 200) % 8 == 0 ? 1_000_000_000 : 100_000);

        cheats.prank(session.terms.operator);
        try settlement.refund(session.terms, uint64(amountMicro)) {
            if (amountMicro > credit) _break(4, "an operator gave back more than it had");
            _credits[operator][agreement].withdrawnMicro[session.terms.operator] += amountMicro;
            accounts[driverIndexOf(session.terms.driver)][session.terms.lane].freeMicro += amountMicro;
            _succeeded("refund");
        } catch {
            if (amountMicro <= credit) _break(0, "an operator could not give money back");
            _refused("refused refund");
        }
    }

    /// @notice The operator, the relayer whom it may have appointed, or the thief frees the hold of a session.
    function release(uint256 seed) external step {
        if (sessionCount() == 0) return;
        uint256 index = seed % 4 == 0 ? (seed >> 8) % sessionCount() : _liveSession(seed);
        Session storage session = _sessions[index];
        address caller = [session.terms.operator, RELAYER, RELAYER, thief()][(seed >> 16) % 4];
        bool isAppointed = caller == RELAYER && isRelayerAppointed[operatorIndexOf(session.terms.operator)];
        bool mayRelease = caller == session.terms.operator || isAppointed;
        bool isReleasable = mayRelease && session.status == Status.Live;

        cheats.prank(caller);
        try settlement.release(session.terms, session.opening, uint64(session.toppedUpMicro)) {
            if (!isReleasable) _break(mayRelease ? 6 : 9, "a session was released that could not be, or by a stranger");
            _recordReturn(index, Status.Released);
            _succeeded(caller == RELAYER ? "release by an appointed account" : "release");
        } catch {
            if (isReleasable) _break(0, "a session could not be released");
            _refused(mayRelease ? "refused release of what is over" : "refused release by a stranger");
        }
    }

    function changeReleaser(uint256 operator, uint256 seed) external step {
        operator = operator % OPERATORS;
        cheats.prank(operatorOf(operator));
        settlement.changeReleaser(RELAYER, seed % 2 == 0);
        isRelayerAppointed[operator] = seed % 2 == 0;
        _succeeded(seed % 2 == 0 ? "appoint a releaser" : "dismiss a releaser");
    }

    /// @notice Driver and operator agree on any sum up to the hold; sometimes one of them did not sign it.
    function settleAgreed(uint256 seed, uint256 amountMicro) external step {
        if (sessionCount() == 0) return;
        uint256 index = seed % 4 == 0 ? (seed >> 8) % sessionCount() : _liveSession(seed);
        Session storage session = _sessions[index];
        uint256 held = session.terms.holdMicro + session.toppedUpMicro;
        amountMicro = bounded(amountMicro, 0, held + 1);
        uint256 forged = (seed >> 16) % 4;
        bool isAgreed = session.status == Status.Live && amountMicro <= held && forged < 2;

        (bytes memory byDriver, bytes memory byOperator) = _agreementOn(session, amountMicro, forged);
        cheats.prank(RELAYER);
        try
            settlement.settleAgreed(
                session.terms,
                session.opening,
                uint64(session.toppedUpMicro),
                uint64(amountMicro),
                byDriver,
                byOperator
            )
        {
            if (!isAgreed) _break(forged < 2 ? 3 : 10, "a session was settled without the agreement of both");
            _recordAgreement(index, amountMicro);
            _succeeded("settle by agreement");
        } catch {
            if (isAgreed) _break(0, "what both agreed on did not settle");
            _refused(forged < 2 ? "refused agreement" : "refused agreement of one");
        }
    }

    /// @param forged 2 if the thief signed for the driver, 3 if for the operator.
    function _agreementOn(
        Session storage session,
        uint256 amountMicro,
        uint256 forged
    ) private view returns (bytes memory byDriver, bytes memory byOperator) {
        bytes32 digest = Digests.ofAgreement(
            address(settlement),
            session.id,
            session.opening,
            session.toppedUpMicro,
            amountMicro
        );
        uint256 driverKey = FIRST_DRIVER_KEY + driverIndexOf(session.terms.driver);
        uint256 operatorKey = FIRST_OPERATOR_KEY + operatorIndexOf(session.terms.operator);
        byDriver = _signature(forged == 2 ? THIEF_KEY : driverKey, digest);
        byOperator = _signature(forged == 3 ? THIEF_KEY : operatorKey, digest);
    }

    function changeTariff(uint256 operator, uint256 seed) external step {
        operator = operator % OPERATORS;
        bytes32 tariffId = tariffRegistry.tariffIdOf(_offered[operator]);

        _offer(operator, seed);
        if (tariffRegistry.tariffIdOf(_offered[operator]) == tariffId) return;
        cheats.prank(operatorOf(operator));
        tariffRegistry.retire(tariffId);

        _succeeded("change tariff");
    }

    function changeMaximumPower(uint256 operator, uint256 seed) external step {
        operator = operator % OPERATORS;
        cheats.prank(operatorOf(operator));
        meterRegistry.changeMaximumPower(uint32(operator + 1), uint24(bounded(seed, 1, 50_000)));
        _succeeded("change maximum power");
    }

    function propose(uint256 operator, uint256 seed) external step {
        if (agreementCount == MOST_AGREEMENTS) return;
        operator = operator % OPERATORS;
        PartnerShare[] memory shares = new PartnerShare[](1 + (seed % PARTNERS));
        uint256 number = ++agreementCount;
        ModelAgreement storage content = _agreements[number];
        content.operator = operator;
        for (uint256 i; i < shares.length; ++i) {
            uint256 partner = (i + (seed >> 8)) % PARTNERS;
            uint256 shareBps = 1 + ((seed >> (16 * (i + 1))) % 3_333);
            shares[i] = PartnerShare(partnerOf(partner), uint16(shareBps));
            content.partners.push(partner);
            content.shareBps.push(shareBps);
        }

        cheats.prank(operatorOf(operator));
        if (partnerAgreements.propose(shares) != number) _break(0, "an agreement has another number");
        _succeeded("propose an agreement");
    }

    function retireAgreement(uint256 seed) external step {
        if (agreementCount < MOST_AGREEMENTS || seed % 8 != 0) return;
        uint256 agreement = 1 + ((seed >> 8) % agreementCount);
        ModelAgreement storage content = _agreements[agreement];
        // One is left to go on with.
        if (content.isRetired || agreement == agreementCount) return;
        cheats.prank(operatorOf(content.operator));
        partnerAgreements.retire(uint32(agreement));
        content.isRetired = true;
        _succeeded("retire an agreement");
    }

    /// @dev None, or one of the operator's.
    function _agreementOf(uint256 operator, uint256 seed) private view returns (uint256) {
        for (uint256 i; i < agreementCount && seed % 2 == 0; ++i) {
            uint256 agreement = ((seed + i) % agreementCount) + 1;
            if (_agreements[agreement].operator == operator) return agreement;
        }
        return 0;
    }
}
