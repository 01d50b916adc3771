// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChargingSettlement, PackedMetering, SessionTerms} from "./IChargingSettlement.sol";
import {SignedRecord} from "./IMeterSettlement.sol";
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

/// @title Challenges
/// @notice Keeps, for the challenge window, one link over the sessions of each settled batch, and lets anybody show with
/// the meter's signed records that one was settled wrongly. The ledger then puts it right; the bonds of the oracles that
/// signed pay. Undisputed is final by time.
interface IChallenges {
    /// @notice A batch was settled. `link` covers its settled sessions in order: keccak256(previous, sessionId, metering).
    event BatchAnchored(uint256 indexed batch, bytes32 link, uint24 committee, uint16 signers);
    /// @notice A claim was shown to be wrong.
    event ClaimChallenged(
        uint256 indexed batch,
        bytes32 indexed sessionId,
        address indexed challenger,
        uint256 chargedMicro,
        uint256 provenMicro
    );

    error NotSettlement(address caller);
    /// @notice As many batches as can be kept were settled within the challenge window; later there is room again.
    error RingFull(uint256 batch, uint256 freeFrom);
    error RingSizeOutOfRange(uint256 size, uint256 least, uint256 most);
    /// @notice The batch is not known, or not any more.
    error BatchUnknown(uint256 batch);
    /// @notice The window is over; the settlement is final.
    error WindowPassed(uint256 timestamp, uint256 deadline);
    /// @notice The session with this claim is not, at this place, part of the batch.
    error ClaimNotInBatch(bytes32 sessionId);
    /// @notice The session was corrected already.
    error AlreadyCorrected(bytes32 sessionId);
    /// @notice The tariff is not the one that the terms name.
    error TariffMismatch(bytes32 tariffId, bytes32 expected);
    /// @notice The records give the price that was charged.
    error NothingToCorrect(uint256 chargedMicro);

    /// @notice Keeps the link of a batch. Only the settlement contract.
    function anchor(bytes32 link, uint24 committee, uint16 signers) external;

    /// @notice Corrects a session. Anybody may call; the reward goes to the caller's own account, lane 0.
    function challenge(Challenge calldata challenge) external;

    /// @notice How many batches were settled; the next one has this number.
    function batchCount() external view returns (uint256);
    /// @notice What is kept of a batch; all zero if it is not, or not any more.
    function batchOf(
        uint256 batch
    ) external view returns (uint160 link, uint40 settledAt, uint24 committee, uint16 signers);
    /// @notice How long a batch can be challenged, in seconds.
    function challengeWindowSeconds() external view returns (uint40);
    /// @notice What a right challenge earns, as far as the bonds go.
    function rewardMicro() external view returns (uint64);
    /// @notice How many batches are kept at once.
    function ringSize() external view returns (uint32);
    /// @notice Where the money is.
    function settlement() external view returns (IChargingSettlement);
}
