// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Challenge, Claim} from "../../../../contracts/interfaces/IChallenges.sol";
import {SessionTerms} from "../../../../contracts/interfaces/IChargingSettlement.sol";
import {cheats, timeNow} from "../../base/TestBase.sol";
import {GameWorld} from "../world/GameWorld.sol";

/// @notice What a challenger does: show what meters signed against what oracles claimed, rightly and wrongly.
abstract contract ChallengerActs is GameWorld {
    function challenge(uint256 seed, bool isPair) external step {
        if (batchCount() == 0) return;
        (uint256 number, uint256 place) = _claimToChallenge(seed);
        ModelBatch storage batch = _batches[number];
        ModelClaim storage claim = batch.claims[place];
        (uint256 chargedMicro, uint256 provenMicro) = _pricesOf(number, place);
        bool isOpen = timeNow() <= batch.settledAt + WINDOW;
        // More than the EVSE can have given proves nothing.
        bool isProof = _isWithinPower(_truthOf(claim.session), batch.settledAt);
        bool isRight = isOpen && !claim.isChallenged && chargedMicro != provenMicro && isProof;
        Challenge memory content = _challengeOf(number, place, isPair);

        cheats.prank(driverOf(CHALLENGER));
        try challenges.challenge(content) {
            if (!isOpen) _break(12, "a settlement was corrected after its window");
            if (claim.isChallenged) _break(6, "a settlement was corrected twice");
            if (!isRight) _break(9, "a settlement was corrected that was right");
            _recordChallenge(number, place);
            _succeeded(chargedMicro > provenMicro ? "challenge for the driver" : "challenge for the operator");
        } catch {
            if (isRight) _break(18, "a wrong settlement could not be corrected");
            if (!isOpen) _refused("refused challenge after the window");
            else if (claim.isChallenged) _refused("refused second challenge");
            else _refused("refused challenge of the truth");
        }
    }

    /// @notice Nobody answered: bonds pay, whoever asks for it.
    function conclude(uint256 seed) external step {
        if (_disputes.length == 0) return;
        uint256 index = seed % _disputes.length;
        ModelDispute memory dispute = _disputes[index];
        SessionTerms memory terms = _sessions[_batches[dispute.batch].claims[dispute.place].session].terms;
        bool isOver = timeNow() > dispute.answerableUntil;

        cheats.prank(RELAYER);
        try challenges.conclude(terms) {
            if (!isOver) _break(12, "a dispute was concluded while it could be answered");
            _recordConclusion(dispute);
            _forgetDispute(index);
            _succeeded("conclude a dispute");
        } catch {
            if (isOver) _break(12, "a dispute could not be concluded");
            _refused("refused conclusion");
        }
    }

    /// @notice A claim that is not, or not at this place, in the batch.
    function challengeWrongly(uint256 seed) external step {
        if (batchCount() == 0) return;
        (uint256 number, uint256 place) = _claimToChallenge(seed);
        Challenge memory content = _challengeOf(number, place, false);
        uint256 way = (seed >> 200) % 4;
        if (way == 0) content.previousLink = bytes32(uint256(1));
        else if (way == 1) content.later = new Claim[](content.later.length + 1);
        else if (way == 2) content.terms.holdMicro += 1;
        else content.tariff.flatFeeMicro += 1;

        try challenges.challenge(content) {
            _break(9, "a claim was corrected that no batch has");
        } catch {
            _refused("refused challenge of another claim");
        }
    }

    /// @notice The ledger takes nobody's word but that of the challenges.
    function correctAlone(uint256 seed) external step {
        (bool isDone, ) = address(settlement).call(
            abi.encodePacked(settlement.correct.selector, abi.encode(0x20, seed), new bytes(480))
        );
        if (isDone) _break(9, "somebody corrected without a challenge");
        else _refused("refused correction");
    }

    /// @dev Mostly a claim that was wrong and can still be challenged.
    function _claimToChallenge(uint256 seed) private view returns (uint256 number, uint256 place) {
        uint256 recent = batchCount() < RING ? batchCount() : RING;
        for (uint256 i; i < recent && seed % 4 != 0; ++i) {
            number = batchCount() - 1 - ((seed + i) % recent);
            ModelClaim[] storage claims = _batches[number].claims;
            for (place = 0; place < claims.length; ++place) {
                (uint256 chargedMicro, uint256 provenMicro) = _pricesOf(number, place);
                bool isOpen = timeNow() <= _batches[number].settledAt + WINDOW;
                if (isOpen && !claims[place].isChallenged && chargedMicro != provenMicro) return (number, place);
            }
        }
        number = (seed >> 8) % 2 == 0 ? (seed >> 16) % batchCount() : batchCount() - 1 - ((seed >> 16) % recent);
        place = (seed >> 32) % _batches[number].claims.length;
    }

    function _challengeOf(uint256 number, uint256 place, bool isPair) private view returns (Challenge memory content) {
        ModelClaim[] storage claims = _batches[number].claims;
        Session storage session = _sessions[claims[place].session];
        content.batch = number;
        for (uint256 i; i < place; ++i) {
            content.previousLink = _claimsOf(content.previousLink, _sessions[claims[i].session].id, claims[i].metering);
        }
        content.terms = session.terms;
        content.tariff = session.tariff;
        content.metering = claims[place].metering;
        content.later = new Claim[](claims.length - place - 1);
        for (uint256 i; i < content.later.length; ++i) {
            ModelClaim storage later = claims[place + 1 + i];
            content.later[i] = Claim(_sessions[later.session].id, later.metering);
        }
        content.records = _recordsOf(claims[place].session, isPair);
    }
}
