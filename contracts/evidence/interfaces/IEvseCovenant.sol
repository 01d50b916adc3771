// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SettledClaim} from "../../interfaces/IChallenges.sol";
import {IChargingSettlement, Opening, SessionTerms} from "../../interfaces/IChargingSettlement.sol";
import {SignedRecord} from "../../interfaces/IMeterSettlement.sol";
import {IRevenueShare, SharePhase} from "./IRevenueShare.sol";
import {IRevenueShares} from "./IRevenueShares.sol";

/// @notice What an operator promises: sessions at these EVSEs name the agreement of the share.
struct CovenantTerms {
    /// Whose agreement it is, and whose holders are paid if the promise is broken.
    IRevenueShare share;
    /// Sessions that open at this second (since 1970) or later are free.
    uint40 endsAt;
    /// What the operator puts at stake, in 10⁻⁶ token.
    uint64 bondMicro;
    /// The EVSEs, by their numbers in the meter registry; 1 to 256.
    uint32[] evses;
}

/// @notice Where a covenant is in its life.
enum CovenantStatus {
    None,
    Active,
    /// Nobody showed a breach in time; the bond is the operator's again.
    Kept,
    /// Somebody showed a breach; the bond was paid out.
    Broken
}

/// @title EVSE covenant
/// @notice The terms of a session name the agreement by which its operator shares, so that an operator who sold a revenue
/// share could have its sessions open under another one. Here it pledges, with a bond, that sessions at its EVSEs name the
/// agreement of the share until a certain time. Whoever shows a session under other terms gets a tenth of the bond, and the
/// holders of the share the rest.
///
/// A session breaks the covenant if it opened after the pledge and before its end, at one of the EVSEs, with the pledging
/// operator, under another agreement or none, and if energy was delivered: a driver alone can open a session under any
/// terms, and the operator has kept its word where it did not serve it.
///
/// There are two proofs. *By a settlement*: the claim of a quorum, by its place in a batch that the contract of challenges
/// still keeps. *By records*: what the meter signed for the session, which the calldata of `settleWithMeter` shows, too. A
/// record carries the session's idTag, which stands for terms and time of the opening; so it does not matter whether the
/// session is live.
///
/// Assumptions for correctness: as in IMeterSettlement for records; a quorum claims only what meters signed. Assumptions for
/// liveness: somebody watches the settlement's events and shows a breach in time. A bond comes back by time alone.
///
/// Warning: a charger that starts for idTags that its service does not know, such as while it is offline, has its meter sign
/// for sessions that nobody opened; such a record breaks the covenant.
/// Warning: the contract does not look whether the EVSEs charge at all, or whether the operator registers others in their
/// place. Warning: whoever sees a proof on its way can send it first and get the reward; the holders get theirs either way.
interface IEvseCovenant {
    /* EVENTS */

    /// @notice An operator has pledged, from now on.
    event CovenantPledged(
        uint256 indexed covenant,
        IRevenueShare indexed share,
        address indexed operator,
        CovenantTerms terms
    );
    /// @notice This session broke the covenant.
    event CovenantBroken(
        uint256 indexed covenant,
        bytes32 indexed sessionId,
        address indexed shower,
        uint32 agreement,
        uint256 rewardMicro,
        uint256 holdersMicro
    );
    /// @notice The time to show a breach is over, or the share has failed; the bond is the operator's again.
    event CovenantReleased(uint256 indexed covenant, address indexed operator, uint256 bondMicro);

    /* ERRORS */

    /// @notice The deployment's contract has not created this share.
    error ShareUnknown(IRevenueShare share);
    /// @notice Only the share's issuer can do this.
    error NotIssuer(address caller, address issuer);
    /// @notice The share has failed.
    error PhaseWrong(SharePhase phase);
    /// @notice The share has no agreement yet that sessions could name.
    error AgreementMissing(IRevenueShare share);
    /// @notice The end is not later than now, or later than anybody means.
    error EndOutOfRange(uint256 endsAt, uint256 least, uint256 most);
    /// @notice Nothing is at stake.
    error BondZero();
    /// @notice No EVSE, or too many.
    error EvseCountOutOfRange(uint256 count, uint256 least, uint256 most);
    /// @notice The EVSE is another operator's, or not there.
    error NotEvseOperator(uint32 evse, address caller, address operator);
    /// @notice The token moved another amount than was asked for.
    error TransferMismatch(uint256 received, uint256 expected);
    /// @notice The covenant's status does not allow this.
    error CovenantNotActive(uint256 covenant, CovenantStatus status);
    /// @notice These are not the terms that were pledged.
    error TermsMismatch(uint256 covenant);
    /// @notice The covenant has fewer EVSEs.
    error EvseUnknown(uint256 index, uint256 count);
    /// @notice The session is at another EVSE.
    error EvseDiffers(uint32 evse, uint32 expected);
    /// @notice The session is another operator's.
    error OperatorDiffers(address operator, address expected);
    /// @notice The session names the agreement that was pledged.
    error AgreementKept(uint32 agreement);
    /// @notice The session opened before the pledge, or when it was over.
    error OpenedOutside(uint256 openedAt, uint256 pledgedAt, uint256 endsAt);
    /// @notice No energy was delivered.
    error NothingDelivered(bytes32 sessionId);
    /// @notice The contract of challenges keeps no such batch.
    error BatchUnknown(uint256 batch);
    /// @notice The batch has no such claim at this place.
    error ClaimNotInBatch(bytes32 sessionId);
    /// @notice A breach can still be shown.
    error ProofTimeOpen(uint256 timestamp, uint256 deadline);

    /* PLEDGE */

    /// @notice Pledges, and binds the bond. Only the share's issuer, for EVSEs of its own, once the share has joined its
    /// agreement and unless it has failed.
    /// @return covenant The number of the covenant, from 1 up.
    function pledge(CovenantTerms calldata terms) external returns (uint256 covenant);

    /* BREACH */

    /// @notice Shows by a quorum's claim that a session broke the covenant. Anybody may call. Reverts as
    /// `IRevenueShare.addRevenue` does where the share is not issued.
    /// @param terms What was pledged.
    /// @param index Which of its EVSEs.
    /// @param claim The settled session; its tariff is not looked at.
    function breakBySettlement(
        uint256 covenant,
        CovenantTerms calldata terms,
        uint256 index,
        SettledClaim calldata claim
    ) external;

    /// @notice Shows the same by what the meter signed. Anybody may call. Reverts as `IMeterSettlement.measure` does where the
    /// records do not prove the session, and as `IRevenueShare.addRevenue` where the share is not issued.
    /// @param session The terms of the session.
    /// @param opening The block in which it opened.
    /// @param toppedUpMicro By how much the driver raised the hold.
    function breakByRecords(
        uint256 covenant,
        CovenantTerms calldata terms,
        uint256 index,
        SessionTerms calldata session,
        Opening calldata opening,
        uint64 toppedUpMicro,
        SignedRecord[] calldata records
    ) external;

    /* RELEASE */

    /// @notice Gives the bond back to the operator: when the longest session of the pledge could have settled and the
    /// challenge window after it is over, or once the share has failed. Anybody may call.
    function release(uint256 covenant, CovenantTerms calldata terms) external;

    /* VIEWS */

    /// @notice What is kept of a covenant; all zero if there is none with this number.
    /// @return status Where it is in its life.
    /// @return pledgedAt Sessions that opened later count (seconds since 1970).
    /// @return termsHash keccak256(abi.encode(terms)).
    function covenantOf(
        uint256 covenant
    ) external view returns (CovenantStatus status, uint40 pledgedAt, bytes32 termsHash);
    /// @notice How many covenants there are; the last one has this number.
    function covenantCount() external view returns (uint256);
    /// @notice How long after its end a covenant's bond stays bound, in seconds.
    function proofSeconds() external view returns (uint256);
    /// @notice What creates the shares that count.
    function revenueShares() external view returns (IRevenueShares);
    /// @notice The settlement whose sessions count.
    function settlement() external view returns (IChargingSettlement);
}
