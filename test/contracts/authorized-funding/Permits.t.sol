// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TokenPermit} from "../../../contracts/interfaces/IAuthorizedFunding.sol";
import {SessionTerms} from "../../../contracts/interfaces/IChargingSettlement.sol";
import {Digests} from "../base/Digests.sol";
import {SettlementTest} from "../base/SettlementTest.sol";
import {bounded, cheats, timeNow} from "../base/TestBase.sol";

/// @title Permits
contract PermitsTest is SettlementTest {
    /// @notice A permit is tried; whether it was taken now, or by somebody who sent it before, the allowance decides.
    /// hardhat-config: fuzz.runs = 1000
    function testFuzz_invariant_16_the_allowance_decides_and_not_the_permit(
        uint256 amount,
        uint256 permitted,
        bool isSentBefore,
        bool isForged
    ) public {
        address driver = driverOf(0);
        amount = bounded(amount, 1, 1e12);
        permitted = bounded(permitted, 0, 2e12);
        erc20.mint(driver, amount);
        TokenPermit memory permit = _permit(permitted, isForged ? THIEF_KEY : FIRST_DRIVER_KEY);
        if (isSentBefore && !isForged) {
            (uint8 v, bytes32 r, bytes32 s) = (permit.v, permit.r, permit.s);
            erc20.permit(driver, address(authorizedFunding), permitted, permit.deadline, v, r, s);
        }

        bool isDone = true;
        cheats.prank(driver);
        try authorizedFunding.depositWithPermit(driver, 0, amount, permit) {} catch {
            isDone = false;
        }

        cheats.assertTrue(isDone == (!isForged && permitted >= amount), "the allowance did not decide");
        (uint64 freeMicro, , ) = settlement.accountOf(driver, 0);
        cheats.assertEq(freeMicro, isDone ? amount : 0, "another amount was deposited");
        cheats.assertEq(erc20.balanceOf(driver), isDone ? 0 : amount, "another amount was taken");
    }

    /// @notice Whoever only has the driver's permit cannot use it for an account or a session of his own.
    function test_invariant_16_a_permit_serves_nobody_but_its_owner() public {
        address driver = driverOf(0);
        erc20.mint(driver, 1_000);
        TokenPermit memory permit = _permit(1_000, FIRST_DRIVER_KEY);

        cheats.prank(thief());
        try authorizedFunding.depositWithPermit(thief(), 0, 1_000, permit) {
            revert("a thief deposited with another's permit");
        } catch {}
        (SessionTerms memory terms, ) = _plainTerms(0, 0, 1_000, 1 days);
        bytes memory signature = _signature(THIEF_KEY, Digests.ofTerms(address(settlement), terms));
        try authorizedFunding.depositWithPermitAndOpen(terms, permit, signature) {
            revert("a thief opened with another's permit");
        } catch {}
        cheats.assertEq(erc20.balanceOf(driver), 1_000, "the driver's money is gone");
    }

    function _permit(uint256 value, uint256 key) private view returns (TokenPermit memory permit) {
        address owner = driverOf(0);
        bytes32 digest = Digests.ofPermit(
            address(erc20),
            owner,
            address(authorizedFunding),
            value,
            erc20.nonces(owner),
            timeNow()
        );
        (permit.value, permit.deadline) = (value, timeNow());
        (permit.v, permit.r, permit.s) = cheats.sign(key, digest);
    }
}
