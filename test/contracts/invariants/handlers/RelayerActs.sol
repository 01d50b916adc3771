// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Opening,
    OpeningGroup,
    SessionTerms,
    SignedOpening,
    Withdrawal
} from "../../../../contracts/interfaces/IChargingSettlement.sol";
import {Tariff} from "../../../../contracts/interfaces/ITariffRegistry.sol";
import {Digests} from "../../base/Digests.sol";
import {bounded, cheats, timeNow} from "../../base/TestBase.sol";
import {DriverActs} from "./DriverActs.sol";

/// @notice What a relayer does: it sends what drivers signed, some forged, some twice.
abstract contract RelayerActs is DriverActs {
    function openBatch(uint256 driver, uint256 lane, uint256 seed) external step {
        (driver, lane) = _accountToOpen(driver, lane, seed);
        uint256 forgedDriver = (driver + 1) % DRIVERS;
        (SessionTerms memory terms, Tariff memory tariff) = _termsFor(driver, lane, seed);
        (SessionTerms memory forged, ) = _termsFor(forgedDriver, lane, seed);
        bool isOpenable = _isOpenable(terms);

        OpeningGroup[] memory groups = new OpeningGroup[](2);
        groups[0] = _group(terms, 2);
        groups[0].openings[0] = _signedOpening(forged, THIEF_KEY);
        groups[0].openings[1] = _signedOpening(terms, FIRST_DRIVER_KEY + driver);
        groups[1] = _group(terms, 1);
        groups[1].openings[0] = groups[0].openings[1];
        cheats.prank(RELAYER);
        try settlement.openBatch(groups) {
            if (isPaused) _break(11, "a batch of openings went through while opening is paused");
            if (isOpenable) _recordOpening(terms, tariff, digestOf(terms));
            _succeeded(isOpenable ? "open batch" : "skipped opening");
        } catch {
            if (!isPaused) _break(13, "a bad item reverted a batch of openings");
            _refused("refused batch while paused");
        }
    }

    function openSigned(uint256 driver, uint256 lane, uint256 seed) external step {
        (driver, lane) = _accountToOpen(driver, lane, seed);
        (SessionTerms memory terms, Tariff memory tariff) = _termsFor(driver, lane, seed);
        bool isOpenable = _isOpenable(terms);
        bytes memory signature = _signature(FIRST_DRIVER_KEY + driver, digestOf(terms));

        cheats.prank(RELAYER);
        try settlement.openSigned(terms, signature) returns (bytes32 sessionId) {
            if (!isOpenable) _break(7, "a signed session opened that could not");
            _recordOpening(terms, tariff, sessionId);
            _succeeded("open signed");
        } catch {
            if (isOpenable) _break(0, "a driver's signature did not open a session");
            _refused("refused signed opening");
        }
    }

    function topUpSigned(uint256 seed, uint256 amountMicro) external step {
        if (sessionCount() == 0) return;
        Session storage session = _sessions[_liveSession(seed)];
        uint256 driver = driverIndexOf(session.terms.driver);
        uint256 free = accounts[driver][session.terms.lane].freeMicro;
        bool isRaisable = _isRaisable(session);
        amountMicro = bounded(amountMicro, 1, free == 0 ? 1 : free);
        bytes32 digest = Digests.ofTopUp(address(settlement), session.id, session.toppedUpMicro, amountMicro);
        bytes memory signature = _signature(FIRST_DRIVER_KEY + driver, digest);
        (SessionTerms memory terms, uint64 toppedUpMicro) = (session.terms, uint64(session.toppedUpMicro));
        Opening memory opening = session.opening;

        cheats.prank(RELAYER);
        try settlement.topUpSigned(terms, opening, toppedUpMicro, uint64(amountMicro), signature) {
            if (!isRaisable) _break(10, "a signature raised a hold that could not be");
            _recordTopUp(session, amountMicro);
            _succeeded("top up signed");
        } catch {
            if (isRaisable) _break(0, "a driver's signature did not raise the hold");
            _refused("refused signed top-up");
        }
        if (!isRaisable) return;
        // What it was signed for is over.
        cheats.prank(RELAYER);
        try settlement.topUpSigned(terms, opening, toppedUpMicro, uint64(amountMicro), signature) {
            _break(8, "one signature raised a hold twice");
        } catch {
            _refused("refused repeated top-up");
        }
    }

    function withdrawSigned(uint256 driver, uint256 lane, uint256 amountMicro) external step {
        (driver, lane) = (driver % DRIVERS, lane % LANES);
        ModelAccount storage account = accounts[driver][lane];
        if (account.freeMicro == 0) return;
        amountMicro = bounded(amountMicro, 1, account.freeMicro);
        Withdrawal memory order = Withdrawal({
            driver: driverOf(driver),
            lane: uint32(lane),
            nonce: uint32(account.nonce),
            amount: amountMicro,
            recipient: otherWalletOf(driver),
            deadline: uint40(timeNow())
        });
        bytes memory signature = _signature(
            FIRST_DRIVER_KEY + driver,
            Digests.ofWithdrawal(address(settlement), order)
        );

        cheats.prank(RELAYER);
        try settlement.withdrawSigned(order, signature) {
            account.nonce += 1;
            _recordWithdrawal(driver, lane, amountMicro, true);
            _succeeded("withdraw signed");
        } catch {
            _break(11, "a signed order did not pay out");
        }
        cheats.prank(RELAYER);
        try settlement.withdrawSigned(order, signature) {
            _break(8, "one signature paid out twice");
        } catch {
            _refused("refused repeated withdrawal");
        }
    }

    function _group(SessionTerms memory terms, uint256 count) private pure returns (OpeningGroup memory) {
        return OpeningGroup(terms.operator, terms.agreement, terms.tariffId, new SignedOpening[](count));
    }

    function _signedOpening(SessionTerms memory terms, uint256 key) private view returns (SignedOpening memory) {
        (bytes32 r, bytes32 vs) = _compact(key, digestOf(terms));
        return SignedOpening(terms.driver, Digests.packed(terms), r, vs);
    }
}
