// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ChallengeRules, Demand, DemandStatus, IChallenges, SettledClaim} from "./interfaces/IChallenges.sol";
import {Correction, IChargingSettlement, PackedMetering, SessionTerms} from "./interfaces/IChargingSettlement.sol";
import {IMeterSettlement, SignedRecord} from "./interfaces/IMeterSettlement.sol";
import {IOracleBonds, Loss} from "./interfaces/IOracleBonds.sol";
import {IOracleCommittee, OracleSignature} from "./interfaces/IOracleCommittee.sol";
import {Tariff} from "./interfaces/ITariffRegistry.sol";
import {ClaimTree} from "./libraries/ClaimTree.sol";
import {PackedMeteringLibrary} from "./libraries/PackedMeteringLibrary.sol";
import {SettlementDomain} from "./libraries/SettlementDomain.sol";
import {TariffMath} from "./libraries/TariffMath.sol";

/// @title Challenges
/// @dev See IChallenges. It holds no money: the settlement contract takes its word for what has to be put right.
contract Challenges is IChallenges {
    using ClaimTree for bytes32;
    using PackedMeteringLibrary for PackedMetering;
    using TariffMath for Tariff;

    /// One slot a batch, used again when its window is over.
    struct Anchor {
        /// Which time around the ring, so that it is known whose place it is.
        uint16 lap;
        /// The first 160 bits of the hash over the root of the settled claims, the root of the evidence, and the count.
        uint160 root;
        uint40 settledAt;
        uint24 committee;
        uint16 signers;
    }

    /// What a session costs, where that is not what its claim gives.
    struct Price {
        uint64 paidMicro;
        bool isLowered;
        /// When a meter settled it for which no maker vouches; 0 if oracles did.
        uint40 provenAt;
    }

    /// When something was committed to.
    struct Commitment {
        uint48 blockNumber;
        uint40 timestamp;
    }

    uint32 private constant LARGEST_RING = 1_000_000;
    /// Laps that a place tells apart.
    uint256 private constant LAPS = 1 << 16;
    /// What a person or a program needs to look at a settlement and to answer; a shorter window is a mistake of units.
    uint40 private constant LEAST_WINDOW = 1 hours;
    /// How long a commitment counts.
    uint256 private constant COMMITMENT_SECONDS = 1 hours;
    uint16 private constant ALL_BPS = 10_000;
    /// In events of sessions that no batch settled.
    uint256 private constant NO_BATCH = type(uint256).max;

    IChargingSettlement public immutable settlement;
    IMeterSettlement public immutable meterSettlement;
    IOracleCommittee public immutable oracleCommittee;
    IOracleBonds public immutable oracleBonds;
    uint40 public immutable challengeWindowSeconds;
    uint40 public immutable answerWindowSeconds;
    uint64 public immutable rewardMicro;
    uint16 public immutable rewardShareBps;
    uint64 public immutable demandDepositMicro;
    uint32 public immutable ringSize;

    uint256 public batchCount;
    mapping(uint256 place => Anchor) private _ring;
    /// Batches that came while their place in the ring was taken. Busy senders pay for more room and stop nobody.
    mapping(uint256 batch => Anchor) private _overflow;
    mapping(bytes32 sessionId => Price) private _prices;
    mapping(bytes32 sessionId => Demand) private _demands;
    mapping(bytes32 commitment => Commitment) private _commitments;

    modifier onlySettlement() {
        require(msg.sender == address(settlement), NotSettlement(msg.sender));
        _;
    }

    constructor(
        IChargingSettlement chargingSettlement,
        IMeterSettlement meters,
        IOracleCommittee oracles,
        IOracleBonds bonds,
        ChallengeRules memory rules
    ) {
        require(
            rules.ringSize >= 1 && rules.ringSize <= LARGEST_RING,
            RingSizeOutOfRange(rules.ringSize, 1, LARGEST_RING)
        );
        require(rules.windowSeconds >= LEAST_WINDOW, WindowTooShort(rules.windowSeconds, LEAST_WINDOW));
        require(rules.answerSeconds >= LEAST_WINDOW, WindowTooShort(rules.answerSeconds, LEAST_WINDOW));
        require(rules.rewardShareBps <= ALL_BPS, RewardShareTooHigh(rules.rewardShareBps, ALL_BPS));
        uint256 liabilitySeconds = oracles.liabilitySeconds();
        uint256 windowsSeconds = uint256(rules.windowSeconds) + rules.answerSeconds;
        require(liabilitySeconds > windowsSeconds, LiabilityTooShort(liabilitySeconds, windowsSeconds));
        require(bonds.challenges() == address(this) && bonds.oracleCommittee() == oracles, NeighbourMismatch());
        settlement = chargingSettlement;
        meterSettlement = meters;
        oracleCommittee = oracles;
        oracleBonds = bonds;
        challengeWindowSeconds = rules.windowSeconds;
        answerWindowSeconds = rules.answerSeconds;
        rewardMicro = rules.rewardMicro;
        rewardShareBps = rules.rewardShareBps;
        demandDepositMicro = rules.demandDepositMicro;
        ringSize = rules.ringSize;
    }

    /* ANCHORS */

    /// @inheritdoc IChallenges
    function anchor(
        bytes32 settled,
        bytes32 evidenceRoot,
        uint256 count,
        uint24 committee,
        uint16 signers
    ) external onlySettlement {
        oracleBonds.requireBonded(committee, signers);
        uint256 batch = batchCount;
        uint256 settledAt = _ring[batch % ringSize].settledAt;
        bool isFree = settledAt == 0 || block.timestamp > settledAt + challengeWindowSeconds;

        batchCount = batch + 1;
        uint160 root = _shorten(settled, evidenceRoot, count);
        Anchor memory kept = Anchor(_lapOf(batch), root, uint40(block.timestamp), committee, signers);
        if (isFree) _ring[batch % ringSize] = kept;
        else _overflow[batch] = kept;

        emit BatchAnchored(batch, settled, evidenceRoot, count, committee, signers);
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

    /* CHALLENGE BY A RECORD */

    /// @inheritdoc IChallenges
    function challenge(SettledClaim calldata claim, SignedRecord[] calldata records) external {
        (bytes32 sessionId, Anchor memory place) = _requireClaimed(claim);
        Tariff memory tariff = _requireTariff(claim.terms, claim.tariff);
        uint64 paidMicro = _paidMicro(sessionId, _chargedMicro(claim, tariff));
        uint64 provenMicro = _provenMicro(claim.terms, tariff, claim.metering, place.settledAt, records);
        require(provenMicro < paidMicro, NothingToCorrect(provenMicro, paidMicro));

        _prices[sessionId] = Price(provenMicro, true, 0);

        emit ClaimChallenged(claim.batch, sessionId, msg.sender, paidMicro, provenMicro);

        // At once: the operator, whose meter it is, bears the doubt, and the credit would soon be final.
        settlement.correct(
            Correction({
                sessionId: sessionId,
                driver: claim.terms.driver,
                lane: claim.terms.lane,
                operator: claim.terms.operator,
                agreement: claim.terms.agreement,
                settledAt: place.settledAt,
                refundedMicro: paidMicro - provenMicro,
                challenger: msg.sender,
                isByQuorum: false
            })
        );
    }

    function _requireClaimed(
        SettledClaim calldata claim
    ) private view returns (bytes32 sessionId, Anchor memory place) {
        place = _anchorOf(claim.batch);
        require(place.settledAt != 0, BatchUnknown(claim.batch));
        _requireWithinWindow(place.settledAt);
        sessionId = settlement.sessionIdOf(claim.terms);
        bytes32 leaf = ClaimTree.leafOf(sessionId, claim.metering, claim.isReadable);
        bytes32 settled = leaf.rootFrom(claim.index, claim.count, claim.proof);
        require(_shorten(settled, claim.evidenceRoot, claim.count) == place.root, ClaimNotInBatch(sessionId));
    }

    function _requireWithinWindow(uint256 settledAt) private view {
        uint256 deadline = settledAt + challengeWindowSeconds;
        require(block.timestamp <= deadline, WindowPassed(block.timestamp, deadline));
    }

    function _requireTariff(
        SessionTerms calldata terms,
        Tariff calldata content
    ) private pure returns (Tariff memory tariff) {
        tariff = content;
        bytes32 tariffId = tariff.idOf();
        require(tariffId == terms.tariffId, TariffMismatch(tariffId, terms.tariffId));
    }

    /// @dev What the claim cost the driver.
    function _chargedMicro(SettledClaim calldata claim, Tariff memory tariff) private pure returns (uint64) {
        return _priceOf(claim.terms, tariff, claim.metering);
    }

    /// @dev What the records give.
    function _provenMicro(
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
        return _priceOf(terms, tariff, proven);
    }

    function _priceOf(
        SessionTerms calldata terms,
        Tariff memory tariff,
        PackedMetering metering
    ) private pure returns (uint64) {
        uint256 heldMicro = uint256(terms.holdMicro) + metering.toppedUpMicro();
        uint256 priceMicro = tariff.grossRoundedDown(
            metering.energyMicroWh(),
            metering.chargingSeconds(),
            metering.connectedSeconds()
        );
        // What is held is a part of what is owed, and so below 2^64.
        return uint64(priceMicro < heldMicro ? priceMicro : heldMicro);
    }

    function _paidMicro(bytes32 sessionId, uint64 chargedMicro) private view returns (uint64) {
        Price memory price = _prices[sessionId];
        return price.isLowered ? price.paidMicro : chargedMicro;
    }

    /* LOWERING BY A QUORUM */

    /// @inheritdoc IChallenges
    function keepPrice(bytes32 sessionId, uint64 paidMicro) external onlySettlement {
        _prices[sessionId] = Price(paidMicro, false, uint40(block.timestamp));

        emit PriceKept(sessionId, paidMicro);
    }

    /// @inheritdoc IChallenges
    function lowerPrice(
        SessionTerms calldata terms,
        uint64 priceMicro,
        OracleSignature[] calldata signatures
    ) external {
        bytes32 sessionId = settlement.sessionIdOf(terms);
        Price memory price = _prices[sessionId];
        require(price.provenAt != 0, PriceNotKept(sessionId));
        _requireWithinWindow(price.provenAt);
        uint64 paidMicro = price.paidMicro;
        require(priceMicro < paidMicro, NothingToCorrect(priceMicro, paidMicro));
        oracleCommittee.requireQuorum(loweringDigestOf(sessionId, priceMicro), signatures);

        _prices[sessionId] = Price(priceMicro, true, price.provenAt);

        emit ClaimChallenged(NO_BATCH, sessionId, msg.sender, paidMicro, priceMicro);

        settlement.correct(
            Correction({
                sessionId: sessionId,
                driver: terms.driver,
                lane: terms.lane,
                operator: terms.operator,
                agreement: terms.agreement,
                settledAt: price.provenAt,
                refundedMicro: paidMicro - priceMicro,
                challenger: msg.sender,
                isByQuorum: true
            })
        );
    }

    /* DEMAND */

    /// @inheritdoc IChallenges
    function commit(bytes32 commitment) external {
        require(_commitments[commitment].blockNumber == 0, AlreadyCommitted(commitment));

        _commitments[commitment] = Commitment(uint48(block.number), uint40(block.timestamp));

        emit DemandCommitted(commitment, msg.sender);
    }

    /// @inheritdoc IChallenges
    function demandEvidence(SettledClaim calldata claim, bytes32 salt) external {
        (bytes32 sessionId, Anchor memory place) = _requireClaimed(claim);
        uint40 committedAt = _committedAt(claim, salt);
        Demand memory demand = _demands[sessionId];
        bool isFirst = demand.status == DemandStatus.None;
        if (isFirst) demand = _demandOf(claim, place);
        else _requireOlder(sessionId, demand, committedAt);

        if (committedAt != 0) (demand.rewarded, demand.committedAt) = (msg.sender, committedAt);
        _demands[sessionId] = demand;

        emit EvidenceDemanded(
            claim.batch,
            sessionId,
            msg.sender,
            demand.rewarded,
            claim.evidenceRoot,
            claim.index,
            demand.answerableUntil
        );

        if (isFirst) oracleBonds.takeDeposit(msg.sender, demandDepositMicro);
    }

    /// @dev The block of the sender's commitment to this demand, if it counts now; otherwise 0.
    function _committedAt(SettledClaim calldata claim, bytes32 salt) private view returns (uint40) {
        Commitment memory made = _commitments[keccak256(abi.encode(msg.sender, claim.batch, claim.index, salt))];
        bool isDue = made.blockNumber != 0 && made.blockNumber < block.number;
        return isDue && block.timestamp <= made.timestamp + COMMITMENT_SECONDS ? uint40(made.blockNumber) : 0;
    }

    function _demandOf(SettledClaim calldata claim, Anchor memory place) private view returns (Demand memory demand) {
        Tariff memory tariff = _requireTariff(claim.terms, claim.tariff);
        demand.status = DemandStatus.Open;
        demand.answerableUntil = uint40(block.timestamp) + answerWindowSeconds;
        demand.settledAt = place.settledAt;
        demand.committee = place.committee;
        demand.signers = place.signers;
        demand.isReadable = claim.isReadable;
        // A batch of 2^32 claims is far beyond the gas of a block.
        demand.index = uint32(claim.index);
        demand.count = uint32(claim.count);
        demand.demander = msg.sender;
        demand.chargedMicro = _chargedMicro(claim, tariff);
        demand.metering = claim.metering;
        demand.evidenceRoot = claim.evidenceRoot;
    }

    function _requireOlder(bytes32 sessionId, Demand memory demand, uint40 committedAt) private view {
        require(
            demand.status == DemandStatus.Open && block.timestamp <= demand.answerableUntil,
            DemandNotOpen(sessionId, demand.status)
        );
        require(
            committedAt != 0 && (demand.committedAt == 0 || committedAt < demand.committedAt),
            AlreadyDemanded(sessionId)
        );
    }

    /* ANSWER */

    /// @inheritdoc IChallenges
    function showRecords(
        SessionTerms calldata terms,
        SignedRecord[] calldata records,
        bytes32[] calldata proof
    ) external {
        (bytes32 sessionId, Demand memory demand) = _requireAnswerable(terms, true);
        _requireEvidence(sessionId, demand, keccak256(abi.encode(records)), proof);
        PackedMetering measured = meterSettlement.measure(
            terms,
            demand.metering.openingOf(),
            demand.metering.toppedUpMicro(),
            demand.settledAt,
            records
        );
        require(measured.isSame(demand.metering), MeasureDiffers(measured, demand.metering));

        _finishShown(sessionId);
    }

    /// @inheritdoc IChallenges
    function showDocuments(SessionTerms calldata terms, bytes[] calldata documents, bytes32[] calldata proof) external {
        (bytes32 sessionId, Demand memory demand) = _requireAnswerable(terms, false);
        _requireEvidence(sessionId, demand, keccak256(abi.encode(documents)), proof);

        _finishShown(sessionId);
    }

    function _requireAnswerable(
        SessionTerms calldata terms,
        bool isReadable
    ) private view returns (bytes32 sessionId, Demand memory demand) {
        sessionId = settlement.sessionIdOf(terms);
        demand = _demands[sessionId];
        require(
            demand.status == DemandStatus.Open && demand.isReadable == isReadable,
            DemandNotOpen(sessionId, demand.status)
        );
        require(block.timestamp <= demand.answerableUntil, AnswerTooLate(block.timestamp, demand.answerableUntil));
    }

    function _requireEvidence(
        bytes32 sessionId,
        Demand memory demand,
        bytes32 recordsHash,
        bytes32[] calldata proof
    ) private pure {
        bytes32 leaf = keccak256(abi.encode(sessionId, recordsHash, demand.isReadable));
        bytes32 root = leaf.rootFrom(demand.index, demand.count, proof);
        require(root == demand.evidenceRoot, EvidenceDiffers(demand.evidenceRoot));
    }

    function _finishShown(bytes32 sessionId) private {
        _demands[sessionId].status = DemandStatus.Shown;

        emit EvidenceShown(sessionId, msg.sender);

        oracleBonds.creditDeposit(msg.sender, demandDepositMicro);
    }

    /* CONCLUSION */

    /// @inheritdoc IChallenges
    function conclude(SessionTerms calldata terms, Tariff calldata content, SignedRecord[] calldata records) external {
        bytes32 sessionId = settlement.sessionIdOf(terms);
        Demand memory demand = _demands[sessionId];
        bool isFirst = demand.status == DemandStatus.Open;
        require(isFirst || demand.status == DemandStatus.Defaulted, DemandNotOpen(sessionId, demand.status));
        require(block.timestamp > demand.answerableUntil, AnswerPending(block.timestamp, demand.answerableUntil));
        if (isFirst) demand.compensatedToMicro = demand.chargedMicro;
        uint64 provenMicro = demand.compensatedToMicro;
        if (records.length != 0) {
            Tariff memory tariff = _requireTariff(terms, content);
            provenMicro = _provenMicro(terms, tariff, demand.metering, demand.settledAt, records);
        }
        require(
            isFirst || provenMicro > demand.compensatedToMicro,
            NothingToCompensate(provenMicro, demand.compensatedToMicro)
        );

        Loss memory loss = _lossOf(sessionId, terms, demand, provenMicro);
        if (provenMicro > demand.compensatedToMicro) demand.compensatedToMicro = provenMicro;
        demand.status = DemandStatus.Defaulted;
        _demands[sessionId] = demand;

        emit EvidenceMissing(sessionId, loss.challenger, loss.driverMicro, loss.operatorMicro, loss.rewardMicro);

        if (isFirst) oracleBonds.creditDeposit(demand.demander, demandDepositMicro);
        oracleBonds.claimLoss(loss);
    }

    /// @dev The driver's part and the floor of the reward count once, with the first conclusion.
    function _lossOf(
        bytes32 sessionId,
        SessionTerms calldata terms,
        Demand memory demand,
        uint64 provenMicro
    ) private view returns (Loss memory loss) {
        bool isFirst = demand.status == DemandStatus.Open;
        loss.sessionId = sessionId;
        loss.liable = oracleCommittee.signersOf(demand.committee, demand.signers);
        loss.settledAt = demand.settledAt;
        loss.driver = terms.driver;
        if (isFirst) loss.driverMicro = _paidMicro(sessionId, demand.chargedMicro);
        loss.operator = terms.operator;
        loss.agreement = terms.agreement;
        if (provenMicro > demand.compensatedToMicro) loss.operatorMicro = provenMicro - demand.compensatedToMicro;
        loss.challenger = demand.rewarded;
        if (demand.rewarded == address(0)) return loss;
        // Both are parts of one hold, and the share is at most all of it.
        uint256 share = ((uint256(loss.driverMicro) + loss.operatorMicro) * rewardShareBps) / ALL_BPS;
        loss.rewardMicro = uint64(isFirst ? Math.max(share, rewardMicro) : share);
    }

    /// @dev 160 bits: another batch with the root of a given one would take about 2^160 hashes to find; a quorum that looks
    /// for two batches with one root, about 2^80.
    function _shorten(bytes32 settled, bytes32 evidenceRoot, uint256 count) private pure returns (uint160) {
        return uint160(bytes20(keccak256(abi.encode(settled, evidenceRoot, count))));
    }

    /* VIEWS */

    /// @inheritdoc IChallenges
    function batchOf(
        uint256 batch
    ) external view returns (uint160 root, uint40 settledAt, uint24 committee, uint16 signers) {
        Anchor memory place = _anchorOf(batch);
        return (place.root, place.settledAt, place.committee, place.signers);
    }

    /// @inheritdoc IChallenges
    function demandOf(bytes32 sessionId) external view returns (Demand memory) {
        return _demands[sessionId];
    }

    /// @inheritdoc IChallenges
    function loweredTo(bytes32 sessionId) external view returns (uint64 paidMicro, bool isLowered) {
        Price memory price = _prices[sessionId];
        return price.isLowered ? (price.paidMicro, true) : (0, false);
    }

    /// @inheritdoc IChallenges
    function lowerableUntil(bytes32 sessionId) external view returns (uint256) {
        uint256 provenAt = _prices[sessionId].provenAt;
        return provenAt == 0 ? 0 : provenAt + challengeWindowSeconds;
    }

    /// @inheritdoc IChallenges
    function loweringDigestOf(bytes32 sessionId, uint64 priceMicro) public view returns (bytes32) {
        return SettlementDomain.digestAt(address(settlement), SettlementDomain.loweringHash(sessionId, priceMicro));
    }
}
