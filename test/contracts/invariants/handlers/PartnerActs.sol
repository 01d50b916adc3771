// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PartnerShare} from "../../../../contracts/interfaces/IPartnerAgreements.sol";
import {Digests} from "../../base/Digests.sol";
import {bounded, cheats} from "../../base/TestBase.sol";
import {GameWorld} from "../world/GameWorld.sol";

/// @notice What partners do: sign agreements, and take their own part out.
abstract contract PartnerActs is GameWorld {
    function signAgreement(uint256 seed) external step {
        if (agreementCount == 0) return;
        uint256 agreement = 1 + (seed % agreementCount);
        ModelAgreement storage content = _agreements[agreement];
        uint256 partner = content.partners[(seed >> 8) % content.partners.length];
        bool isSignable = !content.isRetired && !content.hasSigned[partner];
        bytes memory signature = _consentOf(agreement, partner);

        bool isByCall = (seed >> 16) % 2 == 0;
        if (isByCall) cheats.prank(partnerOf(partner));
        (bool isSigned, ) = address(partnerAgreements).call(
            isByCall
                ? abi.encodeCall(partnerAgreements.sign, (uint32(agreement)))
                : abi.encodeCall(partnerAgreements.signFor, (uint32(agreement), partnerOf(partner), signature))
        );
        if (isSigned != isSignable) _break(10, "a partner signed who could not, or could not sign");
        if (isSigned) {
            content.hasSigned[partner] = true;
            ++content.signedCount;
        }
        _succeeded(isSigned ? "sign an agreement" : "refused signature of a partner");
    }

    function withdrawShare(uint256 partner, uint256 agreement, uint256 amountMicro) external step {
        if (agreementCount == 0) return;
        agreement = 1 + (agreement % agreementCount);
        uint256 operator = _agreements[agreement].operator;
        address payee = partnerOf(partner % PARTNERS);
        uint256 credit = _withdrawableOf(operator, agreement, payee);
        if (credit == 0 || amountMicro % 8 == 0) {
            cheats.prank(payee);
            try settlement.withdrawCredit(operatorOf(operator), uint32(agreement), credit + 1, payee) {
                _break(5, "a partner took out more than its part");
            } catch {
                _refused("refused share");
            }
            return;
        }
        amountMicro = bounded(amountMicro, 1, credit);

        cheats.prank(payee);
        try settlement.withdrawCredit(operatorOf(operator), uint32(agreement), amountMicro, payee) {
            if (erc20.isDenied(payee)) _break(2, "the token denied the transfer, and it counts as paid out");
            _credits[operator][agreement].withdrawnMicro[payee] += amountMicro;
            earnedMicro[payee] += amountMicro;
            _succeeded("withdraw share");
        } catch {
            if (!erc20.isDenied(payee)) _break(5, "a partner could not take out its part");
            _refused("share denied by the token");
        }
    }

    function _consentOf(uint256 agreement, uint256 partner) private view returns (bytes memory) {
        ModelAgreement storage content = _agreements[agreement];
        PartnerShare[] memory shares = new PartnerShare[](content.partners.length);
        for (uint256 i; i < shares.length; ++i) {
            shares[i] = PartnerShare(partnerOf(content.partners[i]), uint16(content.shareBps[i]));
        }
        bytes32 digest = Digests.ofPartnerConsent(
            address(partnerAgreements),
            uint32(agreement),
            operatorOf(content.operator),
            shares
        );
        return _signature(FIRST_PARTNER_KEY + partner, digest);
    }
}
