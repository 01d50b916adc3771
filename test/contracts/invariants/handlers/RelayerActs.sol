// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Opening, OpeningGroup, SessionTerms} from "../../../../contracts/interfaces/IChargingSettlement.sol";
import {Tariff} from "../../../../contracts/interfaces/ITariffRegistry.sol";
import {cheats} from "../../base/TestBase.sol";
import {SessionWorld} from "../SessionWorld.sol";

/// @notice What a relayer does: it sends signed openings in batches, some forged, some twice.
abstract contract RelayerActs is SessionWorld {
    function openBatch(uint256 driver, uint256 lane, uint256 seed) external step {
        (driver, lane) = _accountToOpen(driver, lane, seed);
        uint256 forgedDriver = (driver + 1) % DRIVERS;
        (SessionTerms memory terms, Tariff memory tariff) = _termsFor(driver, lane, seed);
        (SessionTerms memory forged, ) = _termsFor(forgedDriver, lane, seed);
        bool isOpenable = accounts[driver][lane].live == 0 && accounts[driver][lane].freeMicro != 0;
        (, uint32 forgedNonce, uint160 forgedCommitment) = settlement.accountOf(forged.driver, forged.lane);

        OpeningGroup[] memory groups = new OpeningGroup[](2);
        groups[0] = _group(terms, 2);
        groups[0].openings[0] = _signed(forged, THIEF_KEY);
        groups[0].openings[1] = _signed(terms, FIRST_DRIVER_KEY + driver);
        groups[1] = _group(terms, 1);
        groups[1].openings[0] = groups[0].openings[1];
        cheats.prank(relayer);
        try settlement.openBatch(groups) {
            if (isOpenable) {
                _recordOpening(terms, tariff);
                _succeeded("open batch");
            } else {
                _succeeded("skipped opening");
            }
            (, uint32 nonce, uint160 commitment) = settlement.accountOf(forged.driver, forged.lane);
            if (nonce != forgedNonce || commitment != forgedCommitment)
                _break(10, "a forged signature opened a session");
        } catch {
            _break(13, "a bad item reverted a batch of openings");
        }
    }

    function _group(SessionTerms memory terms, uint256 count) private pure returns (OpeningGroup memory) {
        return OpeningGroup(terms.operator, terms.tariffId, new Opening[](count));
    }

    function _signed(SessionTerms memory terms, uint256 privateKey) internal view returns (Opening memory) {
        (uint8 v, bytes32 r, bytes32 s) = cheats.sign(privateKey, digestOf(terms));
        return Opening(terms.driver, _pack(terms), r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }
}
