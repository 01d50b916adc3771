// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Opening,
    SessionTerms,
    Settlement,
    SettlementGroup
} from "../../../contracts/interfaces/IChargingSettlement.sol";
import {Tariff} from "../../../contracts/interfaces/ITariffRegistry.sol";
import {Item} from "../invariants/world/GameModel.sol";
import {GameWorld} from "../invariants/world/GameWorld.sol";
import {Digests} from "./Digests.sol";
import {cheats, TestBase, timeNow} from "./TestBase.sol";

/// @title Settlement test
/// @notice For tests of one thing on the contracts of the game: funded drivers, open sessions, signed batches.
abstract contract SettlementTest is TestBase, GameWorld {
    uint256 internal constant DEPOSIT = 10_000_000;

    function _fund(uint256 driver, uint256 lane, uint256 amountMicro) internal {
        erc20.mint(address(this), amountMicro);
        erc20.approve(address(settlement), amountMicro);
        settlement.deposit(driverOf(driver), uint32(lane), amountMicro);
        accounts[driver][lane].freeMicro += amountMicro;
    }

    /// @notice Terms without agreement, at 50 kW, with a session of `lifetime` seconds.
    function _plainTerms(
        uint256 driver,
        uint256 operator,
        uint256 holdMicro,
        uint256 lifetime
    ) internal view returns (SessionTerms memory terms, Tariff memory tariff) {
        (terms, tariff) = _termsFor(driver, 0, operator);
        (terms.agreement, terms.maximumPowerW) = (0, 50_000);
        terms.holdMicro = uint64(holdMicro);
        terms.expiresAt = uint40(timeNow() + lifetime);
    }

    /// @notice A live session; its number.
    function _opened(
        uint256 driver,
        uint256 operator,
        uint256 holdMicro,
        uint256 lifetime
    ) internal returns (uint256 index) {
        (SessionTerms memory terms, Tariff memory tariff) = _plainTerms(driver, operator, holdMicro, lifetime);
        cheats.prank(terms.driver);
        _recordOpening(terms, tariff, settlement.open(terms));
        return sessionCount() - 1;
    }

    function _openingOf(uint256 index) internal view returns (Opening memory) {
        return _sessions[index].opening;
    }

    function _isLive(uint256 index) internal view returns (bool) {
        return settlement.isLive(_sessions[index].terms, _sessions[index].opening, 0);
    }

    function _expire(uint256 index) internal {
        settlement.expire(_sessions[index].terms, _sessions[index].opening, 0);
    }

    function _settle(Item memory item) internal {
        _settleBy(item, _quorum(0));
    }

    function _settleBy(Item memory item, uint256[] memory signers) internal {
        Session storage session = _sessions[item.session];
        SettlementGroup[] memory groups = new SettlementGroup[](1);
        groups[0] = SettlementGroup(
            session.terms.operator,
            session.terms.agreement,
            true,
            session.tariff,
            new Settlement[](1)
        );
        groups[0].settlements[0] = Settlement(session.terms.driver, Digests.packed(session.terms), _metering(item));
        bytes32 claims = Digests.ofClaim(session.id, _metering(item));
        bytes32 digest = Digests.ofBatch(address(settlement), claims, 0, 1);
        settlement.settleBatch(groups, 0, _signedByOracles(digest, signers));
    }
}
