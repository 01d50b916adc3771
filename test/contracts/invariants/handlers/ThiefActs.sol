// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Opening,
    PackedMetering,
    SessionTerms,
    Settlement,
    SettlementGroup
} from "../../../../contracts/interfaces/IChargingSettlement.sol";
import {OracleSignature} from "../../../../contracts/interfaces/IOracleCommittee.sol";
import {cheats, timeNow} from "../../base/TestBase.sol";
import {Digests} from "../../base/Digests.sol";
import {Item} from "../world/GameModel.sol";
import {QuorumActs} from "./QuorumActs.sol";

/// @notice What a thief tries, with nothing in hand, with one oracle's key, and with those of a whole quorum. Only the
/// last gets anything done, and that within the limits; the thief never has a token.
abstract contract ThiefActs is QuorumActs {
    /// @notice The keys of a quorum: any values at all for any sessions.
    function settleWithStolenQuorum(uint256 seed, uint256 values) external step {
        if (sessionCount() == 0 || seed % 3 == 0) return;
        Item[] memory items = new Item[](2);
        items[0] = _lieAbout(_liveSession(seed), values);
        items[1] = _lieAbout((seed >> 128) % sessionCount(), values >> 128);
        _settleItems(items, _quorum(seed >> 64), thief(), false);
        _succeeded("settle with a stolen quorum");
    }

    /// @notice One stolen key, in as many places as it takes.
    function settleWithStolenKey(uint256 seed) external step {
        uint256 threshold = _committees[_currentCommittee].threshold;
        if (sessionCount() == 0 || threshold == 1) return;
        Item[] memory items = new Item[](1);
        items[0] = _truthOf(_liveSession(seed));
        uint256[] memory signers = new uint256[](threshold);
        uint256 stolen = _committees[_currentCommittee].members[seed % threshold];
        for (uint256 i; i < threshold; ++i) signers[i] = stolen;
        OracleSignature[] memory signatures = _signedByOracles(_batchDigestOf(items, 0), signers);
        // Half of the time the thief's own key fills the second place.
        if (seed % 2 == 0) {
            (bytes32 r, bytes32 vs) = _compact(THIEF_KEY, _batchDigestOf(items, 0));
            signatures[thief() > oracleOf(stolen) ? threshold - 1 : 0] = OracleSignature(r, vs);
        }
        _expectNoSettlement(_groupsOf(items), signatures, "refused theft with one oracle's key");
    }

    /// @notice A quorum's signatures of one batch, for another.
    function settleWithOldSignatures(uint256 seed) external step {
        if (sessionCount() == 0) return;
        Item[] memory items = new Item[](1);
        items[0] = _truthOf(_liveSession(seed));
        OracleSignature[] memory signatures = _signedByOracles(_batchDigestOf(items, 0), _quorum(seed));
        items[0].energyMicroWh += 1;
        _expectNoSettlement(_groupsOf(items), signatures, "refused theft by changing claims");
    }

    function settleWithoutOracles(uint256 seed) external step {
        if (sessionCount() == 0) return;
        Session storage session = _sessions[_liveSession(seed)];
        Item[] memory items = new Item[](1);
        items[0] = _truthOf(_liveSession(seed));
        _expectNoSettlement(_groupsOf(items), new OracleSignature[](0), "refused theft by settling");

        Settlement memory single = Settlement(
            session.terms.driver,
            Digests.packed(session.terms),
            PackedMetering.wrap(seed % 2 ** 128 | ((PackedMetering.unwrap(_metering(items[0])) >> 192) << 192))
        );
        cheats.prank([thief(), session.terms.operator, session.terms.driver][seed % 3]);
        try
            settlement.settleProven(
                session.id,
                session.terms.operator,
                session.terms.agreement,
                session.tariff,
                single,
                seed % 2 == 0
            )
        {
            _break(9, "somebody settled who is not the meter lane");
        } catch {
            _refused("refused theft by pretending a proof");
        }
    }

    function stealByWithdrawing(uint256 seed) external step {
        cheats.prank(thief());
        try settlement.withdraw(uint32(seed % LANES), 1, thief()) {
            _break(9, "a thief withdrew from an account");
        } catch {
            _refused("refused theft by withdrawing");
        }
        cheats.prank(thief());
        try settlement.withdrawCredit(operatorOf(seed % OPERATORS), uint32(seed % (agreementCount + 1)), 1, thief()) {
            _break(9, "a thief withdrew a credit");
        } catch {
            _refused("refused theft of a credit");
        }
        cheats.prank(thief());
        try oracleBonds.withdrawBond(1, thief()) {
            _break(9, "a thief withdrew a bond");
        } catch {
            _refused("refused theft of a bond");
        }
    }

    function stealByOpening(uint256 driver, uint256 lane, uint256 seed) external step {
        (SessionTerms memory terms, ) = _termsFor(driver % DRIVERS, lane % LANES, seed);
        bytes memory signature = _signature(THIEF_KEY, digestOf(terms));

        cheats.prank(thief());
        try settlement.open(terms) {
            _break(10, "a thief opened a session of a driver");
        } catch {
            _refused("refused theft by opening");
        }
        cheats.prank(thief());
        try settlement.openSigned(terms, signature) {
            _break(10, "a thief's signature opened a session of a driver");
        } catch {
            _refused("refused theft by signing");
        }
        cheats.prank(thief());
        try settlement.openAuthorized(terms) {
            _break(10, "a thief is taken for a module");
        } catch {
            _refused("refused theft by pretending authority");
        }
    }

    /// @notice Terms that differ from a session's in one field: none of them may end it or free another amount.
    function stealByChangingTerms(uint256 seed, uint256 field) external step {
        if (sessionCount() == 0) return;
        Session storage session = _sessions[_liveSession(seed)];
        SessionTerms memory terms = session.terms;
        uint256 toppedUpMicro = session.toppedUpMicro;
        Opening memory opening = session.opening;
        field = field % 10;
        if (field == 0) terms.holdMicro += 1;
        else if (field == 1) terms.expiresAt = 1;
        else if (field == 2) terms.nonce += 1;
        else if (field == 3) terms.operator = thief();
        else if (field == 4) terms.lane = uint32((terms.lane + 1) % LANES);
        else if (field == 5) terms.agreement += 1;
        else if (field == 6) toppedUpMicro += 1;
        else if (field == 7) opening.openedAt -= 1;
        else if (field == 8) opening.salt ^= 1;
        else terms.driver = driverOf((driverIndexOf(terms.driver) + 1) % DRIVERS);
        if (field != 7 && field != 8 && _isLiveWith(terms, toppedUpMicro)) return;

        cheats.prank(thief());
        try settlement.expire(terms, opening, uint64(toppedUpMicro)) {
            _break(9, "a session ended by terms that are not its own");
        } catch {
            _refused("refused theft by changing terms");
        }
    }

    /// @dev Two drivers can have agreed to the same; then what was changed is another session's own terms, and no theft.
    function _isLiveWith(SessionTerms memory terms, uint256 toppedUpMicro) private view returns (bool) {
        uint256 live = accounts[driverIndexOf(terms.driver)][terms.lane].live;
        if (live == 0) return false;
        Session storage session = _sessions[live - 1];
        return session.id == digestOf(terms) && session.toppedUpMicro == toppedUpMicro;
    }

    function _lieAbout(uint256 session, uint256 values) private view returns (Item memory) {
        uint256 measured = _truthOf(session).energyMicroWh;
        uint256 energyMicroWh = [measured / 2, measured * 2 + 1_000_000_000, 0, (values >> 2) % 80_000_000_000][
            values % 4
        ];
        uint256 elapsed = timeNow() - _sessions[session].opening.openedAt;
        uint256 connected = (values >> 60) % (elapsed + 1);
        if (values % 8 == 0) connected = elapsed + 1;
        return
            Item(
                session,
                values % 7 == 0 ? 1 : _sessions[session].toppedUpMicro,
                energyMicroWh,
                values % 9 == 0 ? connected + 1 : (values >> 40) % (connected + 1),
                connected
            );
    }

    function _expectNoSettlement(
        SettlementGroup[] memory groups,
        OracleSignature[] memory signatures,
        string memory action
    ) private {
        cheats.prank(thief());
        try settlement.settleBatch(groups, 0, signatures) {
            _break(9, "somebody settled without a quorum");
        } catch {
            _refused(action);
        }
    }
}
