// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {bounded, cheats} from "../../base/TestBase.sol";
import {SessionWorld} from "../SessionWorld.sol";

/// @notice What operators do: take their credit out, and change their tariff while sessions are open.
abstract contract OperatorActs is SessionWorld {
    function withdrawCredit(uint256 operator, uint256 amountMicro) external step {
        operator = operator % OPERATORS;
        address payee = operatorOf(operator);
        uint256 credit = operators[operator].creditedMicro - operators[operator].withdrawnMicro;
        if (credit == 0 || amountMicro % 8 == 0) {
            cheats.prank(payee);
            try settlement.withdrawCredit(credit + 1, payee) {
                _break(4, "an operator took out more than its credit");
            } catch {
                _succeeded("refused credit withdrawal");
            }
            return;
        }
        amountMicro = bounded(amountMicro, 1, credit);

        cheats.prank(payee);
        try settlement.withdrawCredit(amountMicro, payee) {
            operators[operator].withdrawnMicro += amountMicro;
            _succeeded("withdraw credit");
        } catch {
            _break(6, "a credit could not be withdrawn");
        }
    }

    function changeTariff(uint256 operator, uint256 seed) external step {
        operator = operator % OPERATORS;
        bytes32 tariffId = tariffRegistry.tariffIdOf(_offeredTariff(operator));

        _offer(operator, seed);
        if (tariffRegistry.tariffIdOf(_offeredTariff(operator)) == tariffId) return;
        cheats.prank(operatorOf(operator));
        tariffRegistry.retire(tariffId);

        _succeeded("change tariff");
    }
}
