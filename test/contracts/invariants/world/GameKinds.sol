// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AnyoneActs} from "../handlers/AnyoneActs.sol";
import {ChallengerActs} from "../handlers/ChallengerActs.sol";
import {FundingActs} from "../handlers/FundingActs.sol";
import {GuardianActs} from "../handlers/GuardianActs.sol";
import {OperatorActs} from "../handlers/OperatorActs.sol";
import {OracleActs} from "../handlers/OracleActs.sol";
import {PartnerActs} from "../handlers/PartnerActs.sol";
import {RecordHolderActs} from "../handlers/RecordHolderActs.sol";
import {ThiefActs} from "../handlers/ThiefActs.sol";
import {TokenActs} from "../handlers/TokenActs.sol";
import {VehicleActs} from "../handlers/VehicleActs.sol";

/// @title Kinds of calls
/// @notice What is played in the long game, and what must have happened in it.
library GameKinds {
    function act(TokenActs world, uint256 seed) internal {
        address all_ = address(world);
        uint256 a = uint256(keccak256(abi.encode(seed, 1)));
        uint256 b = uint256(keccak256(abi.encode(seed, 2)));
        uint256 c = uint256(keccak256(abi.encode(seed, 3)));
        bool d = c >> 255 == 1;
        uint256 way = seed % 61;
        // Some more of what happens seldom.
        if (way >= 45 && way < 48) way = [26, 34, 16][way - 45];
        if (way == 49) way = 39;
        if (way >= 52 && way < 56) way = way < 54 ? 34 : 41;
        if (way == 0) world.deposit(a, b, c);
        else if (way == 1) world.withdraw(a, b, c);
        else if (way == 2) world.advanceNonce(a, b);
        else if (way == 3 || way == 44) world.open(a, b, c);
        else if (way == 4) world.openAgain(a, b, c);
        else if (way == 5) world.topUp(a, b);
        else if (way == 6) world.denyOrAllow(a);
        else if (way == 7) world.reenter(a, b);
        else if (way < 12) _actAsRelayer(FundingActs(all_), way, [a, b, c]);
        else if (way < 14) _actAsFunder(FundingActs(all_), way, [a, b, c], d);
        else if (way < 18) _actAsVehicle(VehicleActs(all_), way, a, b);
        else if (way == 60) OracleActs(all_).lowerPrice(a);
        else if (way < 24 || way >= 56) _actAsOperator(OperatorActs(all_), way, [a, b, c]);
        else if (way == 24) PartnerActs(all_).signAgreement(a);
        else if (way == 25) PartnerActs(all_).withdrawShare(a, b, c);
        else if (way < 30) _actAsOracle(OracleActs(all_), way, a, b);
        else if (way < 34) _actAsRecordHolder(RecordHolderActs(all_), way, a, d);
        else if (way < 37) _actAsChallenger(ChallengerActs(all_), way, a, d);
        else if (way == 37) _actAsGuardian(GuardianActs(all_), a);
        else if (way == 48) OracleActs(all_).showRecords(a, b % 3 == 0);
        else if (way == 50) _actAsDemander(ChallengerActs(all_), a, d);
        else if (way == 51) OracleActs(all_).resign(a);
        else if (way < 41) _actAsAnyone(AnyoneActs(all_), way, a);
        else _actAsThief(ThiefActs(all_), [a, b, c]);
    }

    function _actAsRelayer(FundingActs world, uint256 way, uint256[3] memory x) private {
        if (way == 8) world.openBatch(x[0], x[1], x[2]);
        else if (way == 9) world.openSigned(x[0], x[1], x[2]);
        else if (way == 10) world.topUpSigned(x[0], x[1]);
        else world.withdrawSigned(x[0], x[1], x[2]);
    }

    function _actAsFunder(FundingActs world, uint256 way, uint256[3] memory x, bool isSentBefore) private {
        if (way == 12) world.openWithPermit(x[0], x[1], x[2], isSentBefore);
        else world.openWithAuthorization(x[0], x[1], x[2]);
    }

    function _actAsVehicle(VehicleActs world, uint256 way, uint256 a, uint256 b) private {
        if (way == 14) world.consent(a, b);
        else if (way == 15) world.revokeConsent(a, b);
        else if (way == 16) world.openByVehicle(a, b);
        else world.openByOtherVehicle(a, b);
    }

    function _actAsOperator(OperatorActs world, uint256 way, uint256[3] memory x) private {
        if (way == 18) world.withdrawCredit(x[0], x[1], x[2]);
        else if (way == 19) world.refund(x[0], x[1]);
        else if (way == 20) world.changeTariff(x[0], x[1]);
        else if (way == 21) world.changeMaximumPower(x[0], x[1]);
        else if (way == 22) world.propose(x[0], x[1]);
        else if (way == 56) world.changeReleaser(x[0], x[1]);
        else if (way == 57) world.release(x[0]);
        else if (way > 57) world.settleAgreed(x[0], x[1]);
        else world.retireAgreement(x[0]);
    }

    function _actAsOracle(OracleActs world, uint256 way, uint256 a, uint256 b) private {
        if (way == 26) world.settleBatch(a, b);
        else if (way == 27) world.postBond(a, b);
        else if (way == 28) world.withdrawBond(a, b);
        else world.changeCommittee(a);
    }

    function _actAsRecordHolder(RecordHolderActs world, uint256 way, uint256 a, bool isPair) private {
        if (way == 30) world.settleWithMeter(a, isPair);
        else if (way == 31) world.settleBatchWithMeter(a, isPair);
        else if (way == 32) world.settleWithOtherRecord(a);
        else world.settleWithForgedRecord(a);
    }

    function _actAsChallenger(ChallengerActs world, uint256 way, uint256 a, bool isPair) private {
        if (way == 34) world.challenge(a, isPair);
        else if (way == 35) world.challengeWrongly(a);
        else world.correctAlone(a);
    }

    function _actAsDemander(ChallengerActs world, uint256 a, bool d) private {
        uint256 way = a % 4;
        if (way < 2) world.demand(a >> 2);
        else if (way == 2) world.conclude(a >> 2, d);
        else world.closeCase(a >> 2);
    }

    function _actAsGuardian(GuardianActs world, uint256 a) private {
        if (a % 2 == 0) world.pauseOrResume(a >> 1);
        else world.pauseAsAnybody(a >> 1);
    }

    function _actAsAnyone(AnyoneActs world, uint256 way, uint256 a) private {
        if (way == 38) world.passTime(a);
        else if (way == 39) world.expire(a);
        else world.donate(a);
    }

    function _actAsThief(ThiefActs world, uint256[3] memory x) private {
        uint256 way = x[0] % 11;
        if (way < 5) world.settleWithStolenQuorum(x[1], x[2]);
        else if (way == 5) world.settleWithStolenKey(x[1]);
        else if (way == 6) world.settleWithOldSignatures(x[1]);
        else if (way == 7) world.settleWithoutOracles(x[1]);
        else if (way == 8) world.stealByWithdrawing(x[1]);
        else if (way == 9) world.stealByOpening(x[1], x[2], x[0]);
        else world.stealByChangingTerms(x[1], x[2]);
    }

    /// @notice Every kind of call that the handlers count.
    function all() internal pure returns (string[] memory kinds) {
        bytes memory list = bytes(
            "deposit|refused deposit|release|release by an appointed account|refused release of what is over|"
            "refused release by a stranger|appoint a releaser|dismiss a releaser|settle by agreement|refused agreement|"
            "refused agreement of one|skipped after the quorum's time|skipped out of time's bounds|withdraw|withdraw to another wallet|refused withdrawal|withdrawal denied by the token|"
            "advance nonce|open|open under an agreement|refused opening|refused opening while paused|refused nonce|top up|"
            "refused top-up|consent to a vehicle|revoke a consent|open by vehicle|refused vehicle's opening|"
            "refused vehicle without consent|refused stranger's vehicle|withdraw credit|withdraw credit of an agreement|"
            "refused credit withdrawal|credit withdrawal denied by the token|refund|refused refund|change tariff|"
            "change maximum power|propose an agreement|retire an agreement|sign an agreement|"
            "refused signature of a partner|withdraw share|refused share|share denied by the token|anchor a batch|settle|"
            "settle without energy|skipped above power|skipped settlement|skipped with another top-up|"
            "skipped at the epoch's limit|anchor beside a busy ring|post bond|withdraw bond|refused bond withdrawal|"
            "change committee|lower a price|refused lowering|refused oracle that resigned|resign|refused resignation|show records|refused other records|"
            "refused records|demand records|refused demand|conclude a demand|refused conclusion|close a case|refused closing|settle with a stolen quorum|refused theft with one oracle's key|"
            "refused theft by changing claims|refused theft by settling|refused theft by pretending a proof|"
            "refused theft by withdrawing|refused theft of a credit|refused theft of a bond|refused theft by opening|"
            "refused theft by signing|refused theft by pretending authority|refused theft by changing terms|"
            "pause opening|resume opening|refused pause|open batch|skipped opening|refused batch while paused|"
            "open signed|refused signed opening|top up signed|refused signed top-up|refused repeated top-up|"
            "withdraw signed|refused repeated withdrawal|open with a permit|open with a permit sent before|"
            "refused permit|open with an authorisation|refused authorisation|refused authorisation of other terms|"
            "settle with a record|settle with two records|refused record|settle with a batch of records|skipped record|"
            "refused record of another session|refused forged record|challenge for the driver|refused challenge for the operator|"
            "refused challenge after the window|refused challenge of the truth|"
            "refused challenge of another claim|refused correction|pass time|expire|refused expiry|donate|"
            "deny an account|allow an account|refused re-entry"
        );
        uint256 count = 1;
        for (uint256 i; i < list.length; ++i) if (list[i] == "|") ++count;
        kinds = new string[](count);
        uint256 start;
        uint256 number;
        for (uint256 i; i <= list.length; ++i) {
            if (i < list.length && list[i] != "|") continue;
            bytes memory kind = new bytes(i - start);
            for (uint256 k = start; k < i; ++k) kind[k - start] = list[k];
            kinds[number++] = string(kind);
            start = i + 1;
        }
    }
}
