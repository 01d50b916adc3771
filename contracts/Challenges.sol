// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Challenge, Dispute, IChallenges} from "./interfaces/IChallenges.sol";
import {Correction, IChargingSettlement, PackedMetering, SessionTerms} from "./interfaces/IChargingSettlement.sol";
import {IMeterSettlement, SignedRecord} from "./interfaces/IMeterSettlement.sol";
import {IOracleCommittee} from "./interfaces/IOracleCommittee.sol";
import {Tariff} from "./interfaces/ITariffRegistry.sol";
import {ClaimLink} from "./libraries/ClaimLink.sol";
import {PackedMeteringLibrary} from "./libraries/PackedMeteringLibrary.sol";
import {TariffMath} from "./libraries/TariffMath.sol";

/// @title Challenges
/// @dev See IChallenges. It holds no money: the settlement contract takes its word for what has to be put right.
contract Challenges is IChallenges {
    using ClaimLink for bytes32;
    using PackedMeteringLibrary for PackedMetering;
    using TariffMath for Tariff;

    /// One slot a batch, used again when its window is over.
    struct Anchor {
        /// Which time around the ring, so that it is known whose place it is.
        uint16 lap;
        /// The first 160 bits of the link over the batch's settled sessions.
        uint160 link;
        uint40 settledAt;
        uint24 committee;
        uint16 signers;
    }

    uint32 private constant LARGEST_RING = 1_000_000;
    /// Laps that a place tells apart.
    uint256 private constant LAPS = 1 << 16;
    /// What a person or a program needs to look at a settlement and to answer; a shorter window is a mistake of units.
    uint40 private constant LEAST_WINDOW = 1 hours;

    IChargingSettlement public immutable settlement;
    IMeterSettlement public immutable meterSettlement;
    IOracleCommittee public immutable oracleCommittee;
    uint40 public immutable challengeWindowSeconds;
    uint40 public immutable answerWindowSeconds;
    uint64 public immutable rewardMicro;
    uint32 public immutable ringSize;

    uint256 public batchCount;
    mapping(uint256 place => Anchor) private _ring;
    /// Batches that came while their place in the ring was taken. Busy senders pay for more room and stop nobody.
    mapping(uint256 batch => Anchor) private _overflow;
    /// One bit for each challenged session, counted from the end of its batch.
    mapping(uint256 batch => mapping(uint256 word => uint256)) private _challenged;
    mapping(bytes32 sessionId => Dispute) private _disputes;

    constructor(
        IChargingSettlement chargingSettlement,
        IMeterSettlement meters,
        IOracleCommittee oracles,
        uint40 windowSeconds,
        uint40 answerSeconds,
        uint64 reward,
        uint32 size
    ) {
        require(size >= 1 && size <= LARGEST_RING, RingSizeOutOfRange(size, 1, LARGEST_RING));
        require(windowSeconds >= LEAST_WINDOW, WindowTooShort(windowSeconds, LEAST_WINDOW));
        require(answerSeconds >= LEAST_WINDOW, WindowTooShort(answerSeconds, LEAST_WINDOW));
        uint256 liabilitySeconds = oracles.liabilitySeconds();
        uint256 windowsSeconds = uint256(windowSeconds) + answerSeconds;
        require(liabilitySeconds > windowsSeconds, LiabilityTooShort(liabilitySeconds, windowsSeconds));
        settlement = chargingSettlement;
        meterSettlement = meters;
        oracleCommittee = oracles;
        challengeWindowSeconds = windowSeconds;
        answerWindowSeconds = answerSeconds;
        rewardMicro = reward;
        ringSize = size;
    }

    /* ANCHORS */

    /// @inheritdoc IChallenges
    function anchor(bytes32 link, uint24 committee, uint16 signers) external {
        require(msg.sender == address(settlement), NotSettlement(msg.sender));
        uint256 batch = batchCount;
        uint256 settledAt = _ring[batch % ringSize].settledAt;
        bool isFree = settledAt == 0 || block.timestamp > settledAt + challengeWindowSeconds;

        batchCount = batch + 1;
        Anchor memory kept = Anchor(_lapOf(batch), _shorten(link), uint40(block.timestamp), committee, signers);
        if (isFree) _ring[batch % ringSize] = kept;
        else _overflow[batch] = kept;

        emit BatchAnchored(batch, link, committee, signers);
    }

    /// @dev Of a batch that is known and whose place nothing later took; otherwise its time of settlement is 0.
    function _anchorOf(uint256 batch) private view returns (Anchor memory place) {
        uint256 count = batchCount;
        if (batch >= count) return place;
        // Farther back, a later lap would look like the batch's own.
        if ((count - 1) / ringSize - batch / ringSize < LAPS) {
            place = _ring[batch % ringSize];
            if (place.lap == _lapOf(batch)) return place;
        }
        return _overflow[batch];
    }

    function _lapOf(uint256 batch) private view returns (uint16) {
        return uint16((batch / ringSize) % LAPS);
    }

    /* CHALLENGE */

    /// @inheritdoc IChallenges
    function challenge(Challenge calldata challenged) external {
        Anchor memory place = _requireOpen(challenged.batch);
        bytes32 sessionId = _requireClaimed(challenged, place.link);
        (uint64 chargedMicro, uint64 provenMicro) = _pricesOf(challenged, place.settledAt);
        require(chargedMicro != provenMicro, NothingToCorrect(chargedMicro));

        _markChallenged(challenged.batch, challenged.later.length, sessionId);
        uint40 answerableUntil = uint40(block.timestamp) + answerWindowSeconds;
        _disputes[sessionId] = Dispute({
            challenger: msg.sender,
            answerableUntil: answerableUntil,
            committee: place.committee,
            signers: place.signers,
            chargedMicro: chargedMicro,
            provenMicro: provenMicro,
            settledAt: place.settledAt,
            metering: challenged.metering
        });

        emit ClaimChallenged(challenged.batch, sessionId, msg.sender, chargedMicro, provenMicro, answerableUntil);

        if (chargedMicro > provenMicro)
            _refund(challenged.terms, sessionId, place.settledAt, chargedMicro, provenMicro);
    }

    /// @dev At once: the operator, whose meter it is, bears the doubt, and the credit would soon be final.
    function _refund(
        SessionTerms calldata terms,
        bytes32 sessionId,
        uint40 settledAt,
        uint64 chargedMicro,
        uint64 provenMicro
    ) private {
        Correction memory correction = _correctionOf(terms, sessionId, msg.sender);
        correction.settledAt = settledAt;
        correction.chargedMicro = chargedMicro;
        correction.provenMicro = provenMicro;
        settlement.correct(correction);
    }

    function _requireOpen(uint256 batch) private view returns (Anchor memory place) {
        place = _anchorOf(batch);
        require(place.settledAt != 0, BatchUnknown(batch));
        uint256 deadline = uint256(place.settledAt) + challengeWindowSeconds;
        require(block.timestamp <= deadline, WindowPassed(block.timestamp, deadline));
    }

    /// @dev Links the batch again, from this session on.
    function _requireClaimed(Challenge calldata challenged, uint160 expected) private view returns (bytes32 sessionId) {
        sessionId = settlement.sessionIdOf(challenged.terms);
        bytes32 link = challenged.previousLink.linked(sessionId, challenged.metering);
        for (uint256 i; i < challenged.later.length; ++i) {
            link = link.linked(challenged.later[i].sessionId, challenged.later[i].metering);
        }
        require(_shorten(link) == expected, ClaimNotInBatch(sessionId));
    }

    /// @dev What was charged for the claim, and what the records give.
    function _pricesOf(
        Challenge calldata challenged,
        uint40 settledAt
    ) private view returns (uint64 chargedMicro, uint64 provenMicro) {
        Tariff memory tariff = _requireTariff(challenged.terms, challenged.tariff);
        PackedMetering claimed = challenged.metering;
        chargedMicro = _chargeOf(tariff, claimed, uint256(challenged.terms.holdMicro) + claimed.toppedUpMicro());
        provenMicro = _provenCharge(challenged.terms, tariff, claimed, settledAt, challenged.records);
    }

    function _requireTariff(
        SessionTerms calldata terms,
        Tariff calldata content
    ) private pure returns (Tariff memory tariff) {
        tariff = content;
        bytes32 tariffId = tariff.idOf();
        require(tariffId == terms.tariffId, TariffMismatch(tariffId, terms.tariffId));
    }

    function _provenCharge(
        SessionTerms calldata terms,
        Tariff memory tariff,
        PackedMetering claimed,
        uint40 settledAt,
        SignedRecord[] calldata records
    ) private view returns (uint64) {
        PackedMetering proven = meterSettlement.measure(
            terms,
            claimed.openingOf(),
            claimed.toppedUpMicro(),
            settledAt,
            records
        );
        return _chargeOf(tariff, proven, uint256(terms.holdMicro) + claimed.toppedUpMicro());
    }

    function _chargeOf(Tariff memory tariff, PackedMetering metering, uint256 heldMicro) private pure returns (uint64) {
        uint256 priceMicro = tariff.grossRoundedDown(
            metering.energyMicroWh(),
            metering.chargingSeconds(),
            metering.connectedSeconds()
        );
        // What is held is a part of what is owed, and so below 2^64.
        return uint64(priceMicro < heldMicro ? priceMicro : heldMicro);
    }

    function _markChallenged(uint256 batch, uint256 fromEnd, bytes32 sessionId) private {
        uint256 bit = 1 << (fromEnd % 256);
        uint256 word = _challenged[batch][fromEnd / 256];
        require(word & bit == 0, AlreadyChallenged(sessionId));

        _challenged[batch][fromEnd / 256] = word | bit;
    }

    /* ANSWER AND CONCLUSION */

    /// @inheritdoc IChallenges
    function answer(SessionTerms calldata terms, Tariff calldata content, SignedRecord[] calldata records) external {
        (bytes32 sessionId, Dispute memory dispute) = _requireDispute(terms);
        require(block.timestamp <= dispute.answerableUntil, AnswerTooLate(block.timestamp, dispute.answerableUntil));
        Tariff memory tariff = _requireTariff(terms, content);
        uint64 provenMicro = _provenCharge(terms, tariff, dispute.metering, dispute.settledAt, records);
        require(provenMicro == dispute.chargedMicro, AnswerDiffers(provenMicro, dispute.chargedMicro));

        delete _disputes[sessionId];

        emit ChallengeAnswered(sessionId, msg.sender);
    }

    /// @inheritdoc IChallenges
    function conclude(SessionTerms calldata terms) external {
        (bytes32 sessionId, Dispute memory dispute) = _requireDispute(terms);
        require(block.timestamp > dispute.answerableUntil, AnswerPending(block.timestamp, dispute.answerableUntil));

        delete _disputes[sessionId];

        emit ChallengeConcluded(sessionId, dispute.challenger);

        Correction memory correction = _correctionOf(terms, sessionId, dispute.challenger);
        // What was charged too much is the driver's already.
        correction.chargedMicro =
            dispute.chargedMicro < dispute.provenMicro ? dispute.chargedMicro : dispute.provenMicro;
        correction.provenMicro = dispute.provenMicro;
        correction.rewardMicro = rewardMicro;
        correction.liable = _signersOf(dispute.committee, dispute.signers);
        settlement.correct(correction);
    }

    function _requireDispute(
        SessionTerms calldata terms
    ) private view returns (bytes32 sessionId, Dispute memory dispute) {
        sessionId = settlement.sessionIdOf(terms);
        dispute = _disputes[sessionId];
        require(dispute.answerableUntil != 0, DisputeUnknown(sessionId));
    }

    /// @dev Whose correction it is; nothing is put right and nothing paid yet.
    function _correctionOf(
        SessionTerms calldata terms,
        bytes32 sessionId,
        address challenger
    ) private pure returns (Correction memory correction) {
        correction.sessionId = sessionId;
        correction.driver = terms.driver;
        correction.lane = terms.lane;
        correction.operator = terms.operator;
        correction.agreement = terms.agreement;
        correction.challenger = challenger;
    }

    function _signersOf(uint24 committee, uint16 signers) private view returns (address[] memory liable) {
        (address[] memory members, uint8 threshold) = oracleCommittee.committeeOf(committee);
        liable = new address[](threshold);
        uint256 count;
        for (uint256 i; i < members.length; ++i) {
            if ((signers >> i) & 1 == 1) liable[count++] = members[i];
        }
    }

    /// @dev 160 bits: another batch with the link of a given one would take about 2^160 hashes to find; a quorum that looks
    /// for two batches with one link, about 2^80.
    function _shorten(bytes32 link) private pure returns (uint160) {
        return uint160(bytes20(link));
    }

    /* VIEWS */

    /// @inheritdoc IChallenges
    function batchOf(
        uint256 batch
    ) external view returns (uint160 link, uint40 settledAt, uint24 committee, uint16 signers) {
        Anchor memory place = _anchorOf(batch);
        return (place.link, place.settledAt, place.committee, place.signers);
    }

    /// @inheritdoc IChallenges
    function disputeOf(bytes32 sessionId) external view returns (Dispute memory) {
        return _disputes[sessionId];
    }
}
