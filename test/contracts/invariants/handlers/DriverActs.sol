// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SessionTerms} from "../../../../contracts/interfaces/IChargingSettlement.sol";
import {Tariff} from "../../../../contracts/interfaces/ITariffRegistry.sol";
import {bounded, cheats} from "../../base/TestBase.sol";
import {GameWorld} from "../world/GameWorld.sol";

/// @notice What drivers do: pay in on any lane, take out, open sessions, raise holds, make signed terms void.
abstract contract DriverActs is GameWorld {
    function deposit(uint256 driver, uint256 lane, uint256 amountMicro) external step {
        (driver, lane) = (driver % DRIVERS, lane % LANES);
        amountMicro = bounded(amountMicro, 1, 50_000_000);
        address payer = driverOf(driver);
        erc20.mint(payer, amountMicro);
        purses[driver].walletMicro += amountMicro;
        cheats.prank(payer);
        erc20.approve(address(settlement), amountMicro);

        cheats.prank(payer);
        try settlement.deposit(payer, uint32(lane), amountMicro) {
            if (erc20.isDenied(payer)) _break(2, "the token denied the transfer, and it was credited");
            _recordDeposit(driver, lane, amountMicro);
            _succeeded("deposit");
        } catch {
            if (!erc20.isDenied(payer)) _break(0, "a driver could not deposit");
            _refused("refused deposit");
        }
    }

    function _recordDeposit(uint256 driver, uint256 lane, uint256 amountMicro) internal {
        accounts[driver][lane].freeMicro += amountMicro;
        purses[driver].depositedMicro += amountMicro;
        purses[driver].walletMicro -= amountMicro;
    }

    /// @notice To the driver's own wallet, or to another one, which works where the token denies the first.
    function withdraw(uint256 driver, uint256 lane, uint256 amountMicro) external step {
        driver = driver % (DRIVERS + 1);
        lane = driver == CHALLENGER ? 0 : lane % LANES;
        uint256 free = accounts[driver][lane].freeMicro;
        address payee = driverOf(driver);
        if (free == 0 || amountMicro % 8 == 0) {
            cheats.prank(payee);
            try settlement.withdraw(uint32(lane), free + 1, payee) {
                _break(4, "a driver took out more than was free");
            } catch {
                _refused("refused withdrawal");
            }
            return;
        }
        bool isOther = amountMicro % 3 == 0;
        amountMicro = bounded(amountMicro, 1, free);
        if (!isOther && erc20.isDenied(payee)) {
            cheats.prank(payee);
            try settlement.withdraw(uint32(lane), amountMicro, payee) {
                _break(2, "the token denied the transfer, and it counts as paid out");
            } catch {
                _refused("withdrawal denied by the token");
            }
            isOther = true;
        }

        cheats.prank(payee);
        try settlement.withdraw(uint32(lane), amountMicro, isOther ? otherWalletOf(driver) : payee) {
            _recordWithdrawal(driver, lane, amountMicro, isOther);
            _succeeded(isOther ? "withdraw to another wallet" : "withdraw");
        } catch {
            _break(11, "a free balance could not be withdrawn");
        }
    }

    function _recordWithdrawal(uint256 driver, uint256 lane, uint256 amountMicro, bool isOther) internal {
        accounts[driver][lane].freeMicro -= amountMicro;
        purses[driver].withdrawnMicro += amountMicro;
        if (isOther) purses[driver].otherWalletMicro += amountMicro;
        else purses[driver].walletMicro += amountMicro;
    }

    function advanceNonce(uint256 driver, uint256 lane) external step {
        (driver, lane) = (driver % DRIVERS, lane % LANES);

        cheats.prank(driverOf(driver));
        settlement.advanceNonce(uint32(lane));

        accounts[driver][lane].nonce += 1;
        _succeeded("advance nonce");
    }

    function open(uint256 driver, uint256 lane, uint256 seed) external step {
        (driver, lane) = _accountToOpen(driver, lane, seed);
        (SessionTerms memory terms, Tariff memory tariff) = _termsFor(driver, lane, seed);
        bool isOpenable = _isOpenable(terms);

        cheats.prank(terms.driver);
        try settlement.open(terms) returns (bytes32 sessionId) {
            if (!isOpenable) _break(7, "a session opened that could not");
            if (sessionId != digestOf(terms)) _break(14, "the session id is not the digest of the terms");
            _recordOpening(terms, tariff, sessionId);
            _succeeded(terms.agreement == 0 ? "open" : "open under an agreement");
        } catch {
            if (isOpenable) _break(0, "a driver could not open a session");
            _refused(isPaused ? "refused opening while paused" : "refused opening");
        }
    }

    /// @notice Terms with a nonce of the past.
    function openAgain(uint256 driver, uint256 lane, uint256 seed) external step {
        (driver, lane) = (driver % DRIVERS, lane % LANES);
        (SessionTerms memory terms, ) = _termsFor(driver, lane, seed);
        if (terms.nonce == 0) return;
        terms.nonce = uint32(seed % terms.nonce);

        cheats.prank(terms.driver);
        try settlement.open(terms) {
            _break(8, "a nonce was used twice");
        } catch {
            _refused("refused nonce");
        }
    }

    function topUp(uint256 seed, uint256 amountMicro) external step {
        if (sessionCount() == 0) return;
        uint256 index = _liveSession(seed);
        Session storage session = _sessions[index];
        uint256 free = accounts[driverIndexOf(session.terms.driver)][session.terms.lane].freeMicro;
        bool isRaisable = _isRaisable(session);
        amountMicro = bounded(amountMicro, 1, free == 0 ? 1 : free);

        cheats.prank(session.terms.driver);
        try settlement.topUp(session.terms, session.opening, uint64(session.toppedUpMicro), uint64(amountMicro)) {
            if (!isRaisable) _break(10, "a hold was raised that could not");
            _recordTopUp(session, amountMicro);
            _succeeded("top up");
        } catch {
            if (isRaisable) _break(0, "a driver could not raise the hold");
            _refused("refused top-up");
        }
    }

    function _recordTopUp(Session storage session, uint256 amountMicro) internal {
        accounts[driverIndexOf(session.terms.driver)][session.terms.lane].freeMicro -= amountMicro;
        session.toppedUpMicro += amountMicro;
    }
}
