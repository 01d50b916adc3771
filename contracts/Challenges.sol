// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Challenge, IChallenges} from "./interfaces/IChallenges.sol";
import {Correction, IChargingSettlement, PackedMetering, SessionTerms} from "./interfaces/IChargingSettlement.sol";
import {IMeterSettlement} from "./interfaces/IMeterSettlement.sol";
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
        /// The first 160 bits of the link over the batch's settled sessions.
        uint160 link;
        uint40 settledAt;
        uint24 committee;
        uint16 signers;
    }

    uint32 private constant LARGEST_RING = 1_000_000;

    IChargingSettlement public immutable settlement;
    IMeterSettlement public immutable meterSettlement;
    IOracleCommittee public immutable oracleCommittee;
    uint40 public immutable challengeWindowSeconds;
    uint64 public immutable rewardMicro;
    uint32 public immutable ringSize;

    uint256 public batchCount;
    mapping(uint256 place => Anchor) private _ring;
    /// One bit for each corrected session, counted from the end of its batch.
    mapping(uint256 batch => mapping(uint256 word => uint256)) private _corrected;

    constructor(
        IChargingSettlement chargingSettlement,
        IMeterSettlement meters,
        IOracleCommittee oracles,
        uint40 windowSeconds,
        uint64 reward,
        uint32 size
    ) {
        require(size >= 1 && size <= LARGEST_RING, RingSizeOutOfRange(size, 1, LARGEST_RING));
        settlement = chargingSettlement;
        meterSettlement = meters;
        oracleCommittee = oracles;
        challengeWindowSeconds = windowSeconds;
        rewardMicro = reward;
        ringSize = size;
    }

    /* ANCHORS */

    function anchor(bytes32 link, uint24 committee, uint16 signers) external {
        require(msg.sender == address(settlement), NotSettlement(msg.sender));
        uint256 batch = batchCount;
        Anchor storage place = _ring[batch % ringSize];
        uint256 settledAt = place.settledAt;
        require(
            settledAt == 0 || block.timestamp > settledAt + challengeWindowSeconds,
            RingFull(batch, settledAt + challengeWindowSeconds + 1)
        );

        batchCount = batch + 1;
        _ring[batch % ringSize] = Anchor(_shorten(link), uint40(block.timestamp), committee, signers);

        emit BatchAnchored(batch, link, committee, signers);
    }

    /* CHALLENGE */

    function challenge(Challenge calldata challenged) external {
        Anchor memory place = _requireOpen(challenged.batch);
        bytes32 sessionId = _requireClaimed(challenged, place.link);
        (uint64 chargedMicro, uint64 provenMicro) = _pricesOf(challenged);
        require(chargedMicro != provenMicro, NothingToCorrect(chargedMicro));

        _markCorrected(challenged.batch, challenged.later.length, sessionId);

        emit ClaimChallenged(challenged.batch, sessionId, msg.sender, chargedMicro, provenMicro);

        SessionTerms calldata terms = challenged.terms;
        settlement.correct(
            Correction({
                sessionId: sessionId,
                driver: terms.driver,
                lane: terms.lane,
                operator: terms.operator,
                agreement: terms.agreement,
                settledAt: place.settledAt,
                chargedMicro: chargedMicro,
                provenMicro: provenMicro,
                challenger: msg.sender,
                rewardMicro: rewardMicro,
                liable: _signersOf(place)
            })
        );
    }

    function _requireOpen(uint256 batch) private view returns (Anchor memory place) {
        require(batch < batchCount && batch + ringSize >= batchCount, BatchUnknown(batch));
        place = _ring[batch % ringSize];
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
    function _pricesOf(Challenge calldata challenged) private view returns (uint64 chargedMicro, uint64 provenMicro) {
        Tariff memory tariff = challenged.tariff;
        bytes32 tariffId = tariff.idOf();
        require(tariffId == challenged.terms.tariffId, TariffMismatch(tariffId, challenged.terms.tariffId));
        uint64 toppedUpMicro = challenged.metering.toppedUpMicro();
        uint256 heldMicro = uint256(challenged.terms.holdMicro) + toppedUpMicro;
        PackedMetering proven = meterSettlement.measure(challenged.terms, toppedUpMicro, challenged.records);
        return (_chargeOf(tariff, challenged.metering, heldMicro), _chargeOf(tariff, proven, heldMicro));
    }

    function _chargeOf(Tariff memory tariff, PackedMetering metering, uint256 heldMicro) private pure returns (uint64) {
        uint256 priceMicro = tariff.grossRoundedDown(
            metering.energyMicroWh(),
            metering.chargingSeconds(),
            metering.idleSeconds()
        );
        // What is held is a part of what is owed, and so below 2^64.
        return uint64(priceMicro < heldMicro ? priceMicro : heldMicro);
    }

    function _markCorrected(uint256 batch, uint256 fromEnd, bytes32 sessionId) private {
        uint256 bit = 1 << (fromEnd % 256);
        uint256 word = _corrected[batch][fromEnd / 256];
        require(word & bit == 0, AlreadyCorrected(sessionId));

        _corrected[batch][fromEnd / 256] = word | bit;
    }

    function _signersOf(Anchor memory place) private view returns (address[] memory liable) {
        (address[] memory members, uint8 threshold) = oracleCommittee.committeeOf(place.committee);
        liable = new address[](threshold);
        uint256 count;
        for (uint256 i; i < members.length; ++i) {
            if ((place.signers >> i) & 1 == 1) liable[count++] = members[i];
        }
    }

    /// @dev 160 bits: another batch with the same link would take about 2^160 hashes to find.
    function _shorten(bytes32 link) private pure returns (uint160) {
        return uint160(bytes20(link));
    }

    /* VIEWS */

    function batchOf(
        uint256 batch
    ) external view returns (uint160 link, uint40 settledAt, uint24 committee, uint16 signers) {
        if (batch >= batchCount || batch + ringSize < batchCount) return (0, 0, 0, 0);
        Anchor memory place = _ring[batch % ringSize];
        return (place.link, place.settledAt, place.committee, place.signers);
    }
}
