// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HostileToken} from "../../../contracts/mocks/HostileToken.sol";
import {SettlementTest} from "../base/SettlementTest.sol";
import {TestAppointments} from "../base/ContractSet.sol";
import {bounded, cheats} from "../base/TestBase.sol";

/// @title Deposits of tokens of every kind
contract DepositsTest is SettlementTest {
    /// @dev Ten to the power of the decimals that are stored less those that the token has.
    function _hostile(uint256 decimals) private returns (HostileToken token, uint256 unit) {
        token = new HostileToken(uint8(decimals));
        TestAppointments memory appointments = TestAppointments(OWNER, GUARDIAN, _membersOf(1), 2);
        _deployContracts(address(token), appointments, _usualRules());
        token.mint(address(this), 1e30);
        token.approve(address(settlement), 1e30);
        return (token, 10 ** (decimals - 6));
    }

    /// hardhat-config: fuzz.runs = 500
    function testFuzz_invariant_02_what_is_credited_is_what_came_in_or_nothing_happens(
        uint256 decimals,
        uint256 amount,
        uint256 feeBps,
        uint256 answer
    ) public {
        (HostileToken token, uint256 unit) = _hostile(bounded(decimals, 6, 18));
        amount = bounded(amount, 1, 1e9 * unit);
        if (answer % 3 != 0) amount -= amount % unit;
        token.setFee(feeBps % 4 == 0 ? 0 : feeBps % 10_000);
        token.setAnswer(
            HostileToken.Answer(
                answer % 7 == 1
                    ? 1
                    : answer % 7 == 2
                        ? 2
                        : 0
            )
        );
        uint256 balanceBefore = token.balanceOf(address(settlement));

        bool isDeposited = true;
        try settlement.deposit(driverOf(0), 0, amount) {} catch {
            isDeposited = false;
        }

        (uint64 freeMicro, , ) = settlement.accountOf(driverOf(0), 0);
        uint256 received = token.balanceOf(address(settlement)) - balanceBefore;
        cheats.assertEq(freeMicro * unit, received, "a credit is not what came in");
        cheats.assertEq(settlement.owedMicro() * unit, received, "what is owed is not what came in");
        if (isDeposited) cheats.assertEq(received, amount, "less came in than was asked for");
        else cheats.assertEq(received, 0, "a refused deposit took money");
    }

    /// hardhat-config: fuzz.runs = 500
    function testFuzz_invariant_02_a_bond_is_what_came_in_or_nothing_happens(uint256 amount, uint256 feeBps) public {
        (HostileToken token, ) = _hostile(6);
        amount = bounded(amount, 1, 1e9);
        token.setFee(feeBps % 10_000);

        token.approve(address(oracleBonds), type(uint256).max);
        try oracleBonds.postBond(oracleOf(0), amount) {} catch {}

        uint256 received = token.balanceOf(address(oracleBonds));
        cheats.assertEq(oracleBonds.bondOf(oracleOf(0)), received, "a bond is not what came in");
        cheats.assertEq(oracleBonds.owedMicro(), received, "what is owed is not what came in");
    }
}
