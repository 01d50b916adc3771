// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SessionTerms} from "../../../../contracts/interfaces/IChargingSettlement.sol";
import {Tariff} from "../../../../contracts/interfaces/ITariffRegistry.sol";
import {bounded, cheats} from "../../base/TestBase.sol";
import {SessionWorld} from "../SessionWorld.sol";

/// @notice What drivers do: pay in on any lane, take out, open sessions, make signed terms void.
abstract contract DriverActs is SessionWorld {
    function deposit(uint256 driver, uint256 lane, uint256 amountMicro) external step {
        (driver, lane) = (driver % DRIVERS, lane % LANES);
        amountMicro = bounded(amountMicro, 1, 50_000_000);
        address payer = driverOf(driver);
        erc20.mint(payer, amountMicro);
        cheats.prank(payer);
        erc20.approve(address(settlement), amountMicro);

        cheats.prank(payer);
        settlement.deposit(payer, uint32(lane), amountMicro);

        accounts[driver][lane].freeMicro += amountMicro;
        accounts[driver][lane].depositedMicro += amountMicro;
        _succeeded("deposit");
    }

    function withdraw(uint256 driver, uint256 lane, uint256 amountMicro) external step {
        (driver, lane) = (driver % DRIVERS, lane % LANES);
        uint256 free = accounts[driver][lane].freeMicro;
        address payee = driverOf(driver);
        if (free == 0 || amountMicro % 8 == 0) {
            cheats.prank(payee);
            try settlement.withdraw(uint32(lane), free + 1, payee) {
                _break(4, "a driver took out more than was free");
            } catch {
                _succeeded("refused withdrawal");
            }
            return;
        }
        amountMicro = bounded(amountMicro, 1, free);

        cheats.prank(payee);
        try settlement.withdraw(uint32(lane), amountMicro, payee) {
            accounts[driver][lane].freeMicro -= amountMicro;
            accounts[driver][lane].withdrawnMicro += amountMicro;
            _succeeded("withdraw");
        } catch {
            _break(11, "a free balance could not be withdrawn");
        }
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
        bool isLive = accounts[driver][lane].live != 0;
        bool isRich = accounts[driver][lane].freeMicro != 0;

        cheats.prank(terms.driver);
        try settlement.open(terms) returns (bytes32 sessionId) {
            if (isLive) _break(7, "a live session was overwritten");
            if (!isRich) _break(1, "a session was opened without money");
            if (sessionId != digestOf(terms)) _break(0, "the session id is not the digest of the terms");
            _recordOpening(terms, tariff);
            _succeeded("open");
        } catch {
            if (!isLive && isRich) _break(0, "a driver could not open a session");
            _succeeded("refused opening");
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
            _succeeded("refused nonce");
        }
    }
}
