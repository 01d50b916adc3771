// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SettledClaim} from "../../../../contracts/interfaces/IChallenges.sol";
import {SignedRecord} from "../../../../contracts/interfaces/IMeterSettlement.sol";
import {cheats, timeNow} from "../../base/TestBase.sol";
import {Digests} from "../../base/Digests.sol";
import {GameWorld} from "../world/GameWorld.sol";

/// @notice What a challenger does: show what meters signed against what oracles claimed, demand what is behind a claim, and
/// have the bonds pay where nothing is, rightly and wrongly.
abstract contract ChallengerActs is GameWorld {
    function challenge(uint256 seed, bool isPair) external step {
        if (batchCount() == 0) return;
        (uint256 number, uint256 place) = _claimToChallenge(seed);
        ModelBatch storage batch = _batches[number];
        ModelClaim storage claim = batch.claims[place];
        (uint256 paidMicro, uint256 provenMicro) = _pricesOf(number, place);
        bool isOpen = timeNow() <= batch.settledAt + WINDOW;
        // More than the EVSE can have given proves nothing.
        bool isProof = _isWithinPower(_truthOf(claim.session), batch.settledAt);
        bool isRight = isOpen && provenMicro < paidMicro && isProof;
        SettledClaim memory content = _settledClaim(number, place);
        SignedRecord[] memory records = _recordsOf(claim.session, isPair);

        cheats.prank(driverOf(CHALLENGER));
        try challenges.challenge(content, records) {
            if (!isOpen) _break(12, "a settlement was corrected after its window");
            if (!isRight) _break(9, "a settlement was corrected that was right, or in the operator's favour");
            _recordChallenge(number, place);
            _succeeded("challenge for the driver");
        } catch {
            if (isRight) _break(18, "a wrong settlement could not be corrected");
            if (!isOpen) _refused("refused challenge after the window");
            else if (provenMicro > paidMicro) _refused("refused challenge for the operator");
            else _refused("refused challenge of the truth");
        }
    }

    function demand(uint256 seed) external step {
        if (batchCount() == 0) return;
        (uint256 number, uint256 place) = _claimToChallenge(seed);
        ModelBatch storage batch = _batches[number];
        ModelClaim storage claim = batch.claims[place];
        bool isOpen = timeNow() <= batch.settledAt + WINDOW && claim.answerableUntil == 0;

        cheats.prank(driverOf(CHALLENGER));
        try challenges.demandEvidence(_settledClaim(number, place), bytes32(0)) {
            if (!isOpen) _break(12, "records were demanded again, or after the window");
            claim.answerableUntil = timeNow() + ANSWER_WINDOW;
            _succeeded("demand records");
        } catch {
            if (isOpen) _break(18, "records could not be demanded");
            _refused("refused demand");
        }
    }

    /// @notice Nobody showed the records: bonds pay, whoever asks for it, with the meter's record or without.
    function conclude(uint256 seed, bool hasRecords) external step {
        (uint256 number, uint256 place) = _demandedClaim(seed);
        if (number == batchCount()) return;
        ModelBatch storage batch = _batches[number];
        ModelClaim storage claim = batch.claims[place];
        Session storage session = _sessions[claim.session];
        bool isFirst = !claim.isDefaulted;
        if (isFirst) claim.compensatedToMicro = session.chargedMicro;
        uint256 provenMicro = hasRecords ? _provenMicro(number, claim.session) : 0;
        bool isProof = !hasRecords || _isWithinPower(_truthOf(claim.session), batch.settledAt);
        uint256 more = provenMicro > claim.compensatedToMicro ? provenMicro - claim.compensatedToMicro : 0;
        bool isOver = timeNow() > claim.answerableUntil && !claim.isShown && (isFirst || more != 0) && isProof;
        SignedRecord[] memory records = hasRecords ? _recordsOf(claim.session, false) : new SignedRecord[](0);

        cheats.prank(RELAYER);
        try challenges.conclude(session.terms, session.tariff, records) {
            if (!isOver) _break(12, "a demand was concluded that was answered, or could be, or twice");
            claim.isDefaulted = true;
            claim.compensatedToMicro += more;
            _recordLoss(batch, [isFirst ? claim.paidMicro : 0, more, 0]);
            _succeeded("conclude a demand");
        } catch {
            if (isOver) _break(12, "a demand could not be concluded");
            _refused("refused conclusion");
        }
    }

    /// @notice A case whose time is over, or not.
    function closeCase(uint256 oracle) external step {
        oracle = oracle % ORACLES;
        ModelCase[] storage cases = _cases[oracle];
        if (cases.length == 0) return;
        uint256 number = cases.length - 1;
        bool isOver = !cases[number].isClosed && timeNow() > cases[number].openedAt + LIABILITY;
        try oracleBonds.closeCase(oracleOf(oracle), uint32(number + 1)) {
            if (!isOver) _break(18, "a case was closed before its time, or twice");
            _recordClosing(oracle, number);
            _succeeded("close a case");
        } catch {
            if (isOver) _break(12, "a case could not be closed");
            _refused("refused closing");
        }
    }

    /// @notice A claim that is not, or not at this place, in the batch.
    function challengeWrongly(uint256 seed) external step {
        if (batchCount() == 0) return;
        (uint256 number, uint256 place) = _claimToChallenge(seed);
        SettledClaim memory content = _settledClaim(number, place);
        uint256 way = (seed >> 200) % 6;
        if (way == 0) content.proof = new bytes32[](content.proof.length + 1);
        else if (way == 1) content.index += 1;
        else if (way == 2) content.terms.holdMicro += 1;
        else if (way == 3) content.tariff.flatFeeMicro += 1;
        else if (way == 4) content.isReadable = false;
        else content.evidenceRoot = ~content.evidenceRoot;

        try challenges.challenge(content, _recordsOf(_batches[number].claims[place].session, false)) {
            _break(9, "a claim was corrected that no batch has");
        } catch {
            _refused("refused challenge of another claim");
        }
    }

    /// @notice The ledger takes nobody's word but that of the challenges, nor do the bonds.
    function correctAlone(uint256 seed) external step {
        (bool isDone, ) = address(settlement).call(
            abi.encodePacked(settlement.correct.selector, abi.encode(seed), new bytes(480))
        );
        (bool isLost, ) = address(oracleBonds).call(
            abi.encodePacked(oracleBonds.claimLoss.selector, abi.encode(0x20, seed), new bytes(480))
        );
        if (isDone || isLost) _break(9, "somebody corrected without a challenge");
        else _refused("refused correction");
    }

    /// @dev Mostly a claim that was too high and can still be challenged.
    function _claimToChallenge(uint256 seed) private view returns (uint256 number, uint256 place) {
        uint256 recent = batchCount() < RING ? batchCount() : RING;
        for (uint256 i; i < recent && seed % 4 != 0; ++i) {
            number = batchCount() - 1 - ((seed + i) % recent);
            ModelClaim[] storage claims = _batches[number].claims;
            for (place = 0; place < claims.length; ++place) {
                (uint256 paidMicro, uint256 provenMicro) = _pricesOf(number, place);
                bool isOpen = timeNow() <= _batches[number].settledAt + WINDOW;
                if (isOpen && paidMicro > provenMicro) return (number, place);
            }
        }
        number = (seed >> 8) % 2 == 0 ? (seed >> 16) % batchCount() : batchCount() - 1 - ((seed >> 16) % recent);
        place = (seed >> 32) % _batches[number].claims.length;
    }

    function _settledClaim(uint256 number, uint256 place) private view returns (SettledClaim memory content) {
        ModelBatch storage batch = _batches[number];
        ModelClaim storage claim = batch.claims[place];
        Session storage session = _sessions[claim.session];
        content.batch = number;
        content.index = claim.index;
        content.count = batch.leaves.length;
        content.proof = Digests.proofOf(batch.leaves, claim.index);
        content.evidenceRoot = batch.evidenceRoot;
        content.terms = session.terms;
        content.tariff = session.tariff;
        content.metering = claim.metering;
        content.isReadable = true;
    }
}
