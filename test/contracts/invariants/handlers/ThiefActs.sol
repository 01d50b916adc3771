// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    PackedMetering,
    SessionTerms,
    Settlement,
    SettlementGroup
} from "../../../../contracts/interfaces/IChargingSettlement.sol";
import {cheats} from "../../base/TestBase.sol";
import {SessionWorld} from "../SessionWorld.sol";

/// @notice What a thief tries. Nothing of it may succeed, and the thief never has a token.
abstract contract ThiefActs is SessionWorld {
    function stealBySettling(uint256 seed) external step {
        if (sessionCount() == 0) return;
        Session memory session = sessionAt(seed % sessionCount());
        SettlementGroup[] memory groups = new SettlementGroup[](1);
        groups[0] = SettlementGroup(session.terms.operator, session.tariff, new Settlement[](1));
        groups[0].settlements[0] = Settlement(
            session.terms.driver,
            _pack(session.terms),
            PackedMetering.wrap(seed % 2 ** 128)
        );

        // Whoever is not the oracle: the thief, the session's own operator, its own driver.
        address[3] memory callers = [thief, session.terms.operator, session.terms.driver];
        cheats.prank(callers[seed % 3]);
        try settlement.settleBatch(groups) {
            _break(9, "somebody settled who is no oracle");
        } catch {
            _succeeded("refused theft by settling");
        }
    }

    function stealByWithdrawing(uint256 seed) external step {
        cheats.prank(thief);
        try settlement.withdraw(uint32(seed % LANES), 1, thief) {
            _break(9, "a thief withdrew from an account");
        } catch {
            _succeeded("refused theft by withdrawing");
        }
        cheats.prank(thief);
        try settlement.withdrawCredit(1, thief) {
            _break(9, "a thief withdrew a credit");
        } catch {
            _succeeded("refused theft of a credit");
        }
    }

    function stealByOpening(uint256 driver, uint256 lane, uint256 seed) external step {
        (SessionTerms memory terms, ) = _termsFor(driver % DRIVERS, lane % LANES, seed);

        cheats.prank(thief);
        try settlement.open(terms) {
            _break(10, "a thief opened a session of a driver");
        } catch {
            _succeeded("refused theft by opening");
        }
    }

    /// @notice Terms that differ from a session's in one field: none of them may end it or free another amount.
    function stealByChangingTerms(uint256 seed, uint256 field) external step {
        if (sessionCount() == 0) return;
        SessionTerms memory terms = sessionAt(seed % sessionCount()).terms;
        field = field % 6;
        if (field == 0) terms.holdMicro += 1;
        else if (field == 1) terms.expiresAt = 1;
        else if (field == 2) terms.nonce += 1;
        else if (field == 3) terms.operator = thief;
        else if (field == 4) terms.lane = uint32((terms.lane + 1) % LANES);
        else terms.driver = driverOf((driverIndexOf(terms.driver) + 1) % DRIVERS);

        cheats.prank(thief);
        try settlement.expire(terms) {
            _break(9, "a session ended by terms that are not its own");
        } catch {
            _succeeded("refused theft by changing terms");
        }
    }
}
