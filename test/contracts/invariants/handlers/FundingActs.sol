// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TokenPermit, TransferAuthorization} from "../../../../contracts/interfaces/IAuthorizedFunding.sol";
import {SessionTerms} from "../../../../contracts/interfaces/IChargingSettlement.sol";
import {Tariff} from "../../../../contracts/interfaces/ITariffRegistry.sol";
import {Digests} from "../../base/Digests.sol";
import {bounded, cheats, timeNow} from "../../base/TestBase.sol";
import {RelayerActs} from "./RelayerActs.sol";

/// @notice What a relayer sends for drivers who have tokens and no deposit: permits, which somebody may have sent before,
/// and authorised transfers.
abstract contract FundingActs is RelayerActs {
    function openWithPermit(uint256 driver, uint256 lane, uint256 seed, bool isSentBefore) external step {
        (driver, lane) = _accountToOpen(driver, lane, seed);
        (SessionTerms memory terms, Tariff memory tariff) = _termsFor(driver, lane, seed);
        uint256 free = accounts[driver][lane].freeMicro;
        uint256 lacking = bounded(seed >> 80, 1, 1_000_000);
        terms.holdMicro = uint64(free + lacking);
        _receiveOutside(driver, lacking);
        TokenPermit memory permit = _permitOf(driver, lacking);
        bytes memory signature = _signature(FIRST_DRIVER_KEY + driver, digestOf(terms));
        accounts[driver][lane].freeMicro += lacking;
        bool isOpenable = _isOpenable(terms) && !erc20.isDenied(terms.driver);
        accounts[driver][lane].freeMicro -= lacking;
        if (isSentBefore) {
            (address owner, address spender) = (terms.driver, address(authorizedFunding));
            erc20.permit(owner, spender, permit.value, permit.deadline, permit.v, permit.r, permit.s);
        }

        cheats.prank(RELAYER);
        try authorizedFunding.depositWithPermitAndOpen(terms, permit, signature) returns (bytes32 sessionId) {
            if (!isOpenable) _break(7, "a session opened with a permit that could not");
            _recordDeposit(driver, lane, lacking);
            _recordOpening(terms, tariff, sessionId);
            _succeeded(isSentBefore ? "open with a permit sent before" : "open with a permit");
        } catch {
            if (isOpenable) _break(16, "a permit could not be used");
            _refused("refused permit");
        }
    }

    function openWithAuthorization(uint256 driver, uint256 lane, uint256 seed) external step {
        (driver, lane) = _accountToOpen(driver, lane, seed);
        (SessionTerms memory terms, Tariff memory tariff) = _termsFor(driver, lane, seed);
        uint256 amount = bounded(seed >> 80, 1, 1_000_000);
        terms.holdMicro = uint64(bounded(terms.holdMicro, 1, accounts[driver][lane].freeMicro + amount));
        _receiveOutside(driver, amount);
        accounts[driver][lane].freeMicro += amount;
        bool isOpenable = _isOpenable(terms) && !erc20.isDenied(terms.driver);
        accounts[driver][lane].freeMicro -= amount;
        bytes32 digest = Digests.ofTransferAuthorization(
            address(erc20),
            terms.driver,
            address(authorizedFunding),
            amount,
            digestOf(terms)
        );
        (uint8 v, bytes32 r, bytes32 s) = cheats.sign(FIRST_DRIVER_KEY + driver, digest);
        TransferAuthorization memory authorization = TransferAuthorization(amount, 0, type(uint256).max);

        cheats.prank(RELAYER);
        try authorizedFunding.openWithTransferAuthorization(terms, authorization, v, r, s) returns (bytes32 sessionId) {
            if (!isOpenable) _break(7, "a session opened with an authorisation that could not");
            _recordDeposit(driver, lane, amount);
            _recordOpening(terms, tariff, sessionId);
            _succeeded("open with an authorisation");
        } catch {
            if (isOpenable) _break(16, "an authorisation could not be used");
            _refused("refused authorisation");
        }
        // The same authorisation for terms that the driver did not sign.
        terms.operator = operatorOf((operatorIndexOf(terms.operator) + 1) % OPERATORS);
        try authorizedFunding.openWithTransferAuthorization(terms, authorization, v, r, s) {
            _break(10, "an authorisation opened another session than it names");
        } catch {
            _refused("refused authorisation of other terms");
        }
    }

    function _receiveOutside(uint256 driver, uint256 amount) private {
        erc20.mint(driverOf(driver), amount);
        purses[driver].walletMicro += amount;
    }

    function _permitOf(uint256 driver, uint256 value) private view returns (TokenPermit memory permit) {
        address owner = driverOf(driver);
        bytes32 digest = Digests.ofPermit(
            address(erc20),
            owner,
            address(authorizedFunding),
            value,
            erc20.nonces(owner),
            timeNow()
        );
        (permit.value, permit.deadline) = (value, timeNow());
        (permit.v, permit.r, permit.s) = cheats.sign(FIRST_DRIVER_KEY + driver, digest);
    }
}
