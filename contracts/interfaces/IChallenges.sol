// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChargingSettlement, PackedMetering, SessionTerms} from "./IChargingSettlement.sol";
import {IMeterSettlement, SignedRecord} from "./IMeterSettlement.sol";
import {IOracleCommittee} from "./IOracleCommittee.sol";
import {Tariff} from "./ITariffRegistry.sol";

/// @notice What oracles claimed of one session.
struct Claim {
    bytes32 sessionId;
    PackedMetering metering;
}

/// @notice A claim and the meter's own records, which contradict it.
struct Challenge {
    /// Number of the batch in which the session was settled.
    uint256 batch;
    /// The link of the settled sessions before this one in the batch; 0 for the first.
    bytes32 previousLink;
    SessionTerms terms;
    Tariff tariff;
    /// What was claimed.
    PackedMetering metering;
    /// The settled sessions after this one in the batch, in order.
    Claim[] later;
    /// What the meter signed.
    SignedRecord[] records;
}

/// @notice A challenge whose reward and compensation are not paid yet.
struct Dispute {
    address challenger;
    /// The last second (since 1970) at which it can be answered; 0 if there is no such dispute.
    uint40 answerableUntil;
    uint24 committee;
    uint16 signers;
    /// What was charged, and what the challenger's records give.
    uint64 chargedMicro;
    uint64 provenMicro;
    /// When the session was settled (seconds since 1970), and what was claimed.
    uint40 settledAt;
    PackedMetering metering;
}

/// @title Challenges
/// @notice Keeps, for the challenge window, one link over the sessions of each settled batch, and lets anybody show with
/// the meter's signed records that one was settled wrongly. Undisputed is final by time.
///
/// What was charged too much is the driver's again at once, out of the operator's provisional credit. What the bonds of
/// the oracles pay, the reward and what was charged too little, waits for the answer window: a meter that signed two
/// records of one session, of which it showed the oracles one and the challenger the other, is its operator's fault and
/// not the oracles'. Anybody can show within that window that the meter signed what the oracles claimed; then the bonds
/// pay nothing. Otherwise anybody can conclude the dispute afterwards.
///
/// Warning: the reward goes to who sends the challenge first, and who sees one on its way can copy it. The correction is
/// the same, whoever sends it. A quorum that signs wrongly can also challenge itself, and so gets back of its own bonds
/// what nobody else has claimed before.
interface IChallenges {
    /// @notice A batch was settled. `link` covers its settled sessions in order: keccak256(previous, sessionId, metering).
    event BatchAnchored(uint256 indexed batch, bytes32 link, uint24 committee, uint16 signers);
    /// @notice A record of the session's meter contradicts a claim; what bonds pay can be answered until then.
    event ClaimChallenged(
        uint256 indexed batch,
        bytes32 indexed sessionId,
        address indexed challenger,
        uint256 chargedMicro,
        uint256 provenMicro,
        uint256 answerableUntil
    );
    /// @notice The meter signed what the oracles claimed, too; their bonds pay nothing.
    event ChallengeAnswered(bytes32 indexed sessionId, address indexed answerer);
    /// @notice Nobody answered in time; the bonds paid, as far as they go.
    event ChallengeConcluded(bytes32 indexed sessionId, address indexed challenger);

    error NotSettlement(address caller);
    error RingSizeOutOfRange(uint256 size, uint256 least, uint256 most);
    /// @notice Nobody could look at a settlement, or answer, in so little time.
    error WindowTooShort(uint256 windowSeconds, uint256 leastSeconds);
    /// @notice Oracles could take their bonds back before a dispute can be concluded.
    error LiabilityTooShort(uint256 liabilitySeconds, uint256 windowsSeconds);
    /// @notice The batch is not known, or not any more.
    error BatchUnknown(uint256 batch);
    /// @notice The window is over; the settlement is final.
    error WindowPassed(uint256 timestamp, uint256 deadline);
    /// @notice The session with this claim is not, at this place, part of the batch.
    error ClaimNotInBatch(bytes32 sessionId);
    /// @notice The session was challenged before.
    error AlreadyChallenged(bytes32 sessionId);
    /// @notice The tariff is not the one that the terms name.
    error TariffMismatch(bytes32 tariffId, bytes32 expected);
    /// @notice The records give the price that was charged.
    error NothingToCorrect(uint256 chargedMicro);
    /// @notice The session has no dispute that is neither answered nor concluded.
    error DisputeUnknown(bytes32 sessionId);
    /// @notice The answer window is over.
    error AnswerTooLate(uint256 timestamp, uint256 answerableUntil);
    /// @notice The records give another price than the one that was charged.
    error AnswerDiffers(uint256 provenMicro, uint256 chargedMicro);
    /// @notice The dispute can still be answered.
    error AnswerPending(uint256 timestamp, uint256 answerableUntil);

    /// @notice Keeps the link of a batch. Only the settlement contract.
    function anchor(bytes32 link, uint24 committee, uint16 signers) external;

    /// @notice Shows that a session was settled wrongly. Anybody may call. A session can be challenged once.
    function challenge(Challenge calldata challenge) external;

    /// @notice Shows that the meter signed what the oracles claimed. Anybody may call.
    /// @param records Give the price that was charged.
    function answer(SessionTerms calldata terms, Tariff calldata tariff, SignedRecord[] calldata records) external;

    /// @notice Lets the bonds pay what a challenge was not answered for: the challenger's reward, into the challenger's
    /// account, lane 0, and to the operator what was charged too little. Anybody may call.
    /// Warning: only while oracles answer with their bonds is it certain that there are any.
    function conclude(SessionTerms calldata terms) external;

    /// @notice How many batches were settled; the next one has this number.
    function batchCount() external view returns (uint256);
    /// @notice What is kept of a batch; all zero if it is not, or not any more.
    function batchOf(
        uint256 batch
    ) external view returns (uint160 link, uint40 settledAt, uint24 committee, uint16 signers);
    /// @notice What is open of a session's dispute; all zero if nothing is.
    function disputeOf(bytes32 sessionId) external view returns (Dispute memory);
    /// @notice How long a batch can be challenged, in seconds.
    function challengeWindowSeconds() external view returns (uint40);
    /// @notice How long a challenge can be answered, in seconds.
    function answerWindowSeconds() external view returns (uint40);
    /// @notice What a right challenge earns, as far as the bonds go.
    function rewardMicro() external view returns (uint64);
    /// @notice How many batches are kept at once.
    function ringSize() external view returns (uint32);
    /// @notice Where the money is.
    function settlement() external view returns (IChargingSettlement);
    /// @notice What measures a meter's records.
    function meterSettlement() external view returns (IMeterSettlement);
    /// @notice Whose claims are challenged.
    function oracleCommittee() external view returns (IOracleCommittee);
}
