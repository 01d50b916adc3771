// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {Opening, SessionTerms} from "../../../../contracts/interfaces/IChargingSettlement.sol";
import {Tariff} from "../../../../contracts/interfaces/ITariffRegistry.sol";
import {cheats} from "../../base/TestBase.sol";
import {DriverActs} from "./DriverActs.sol";

/// @notice What the token and its issuer do: deny accounts, and call back in the middle of a transfer.
abstract contract TokenActs is DriverActs {
    function denyOrAllow(uint256 seed) external step {
        address account = [driverOf(seed >> 8), driverOf(0), operatorOf(0), partnerOf(0)][seed % 4];
        if (seed % 4 == 0) account = driverOf((seed >> 8) % DRIVERS);
        else if (seed % 4 == 2) account = operatorOf((seed >> 8) % OPERATORS);
        else if (seed % 4 == 3) account = partnerOf((seed >> 8) % PARTNERS);
        bool isDenied = !erc20.isDenied(account) && (seed >> 2) % 2 == 0;
        erc20.setDenied(account, isDenied);
        _succeeded(isDenied ? "deny an account" : "allow an account");
    }

    /// @notice In the middle of a deposit the token calls the settlement: each of these calls would go through alone.
    function reenter(uint256 driver, uint256 seed) external step {
        driver = driver % DRIVERS;
        address payer = driverOf(driver);
        if (erc20.isDenied(payer)) return;
        erc20.mint(payer, 1);
        purses[driver].walletMicro += 1;
        cheats.prank(payer);
        erc20.approve(address(settlement), 1);
        erc20.setHook(address(settlement), _callBack(seed));

        cheats.prank(payer);
        settlement.deposit(payer, 0, 1);

        _recordDeposit(driver, 0, 1);
        if (erc20.hasHookSucceeded()) _break(17, "a function was entered from within another");
        bytes32 expected = keccak256(abi.encodePacked(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector));
        if (keccak256(erc20.hookAnswer()) != expected) _break(17, "a call from within failed for another reason");
        _succeeded("refused re-entry");
    }

    function _callBack(uint256 seed) private view returns (bytes memory) {
        uint256 driver = (seed >> 8) % DRIVERS;
        (SessionTerms memory terms, ) = _termsFor(driver, (seed >> 16) % LANES, seed);
        uint256 way = seed % 4;
        if (way == 0) return abi.encodeCall(settlement.advanceNonce, (0));
        if (way == 1) return abi.encodeCall(settlement.expire, (terms, Opening(0, 0), 0));
        if (way == 2) return abi.encodeCall(settlement.deposit, (driverOf(driver), 0, 1));
        bytes memory signature = _signature(FIRST_DRIVER_KEY + driver, digestOf(terms));
        return abi.encodeCall(settlement.openSigned, (terms, signature));
    }
}
