// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IChallenges, SettledClaim} from "../interfaces/IChallenges.sol";
import {IChargingSettlement, Opening, PackedMetering, SessionTerms} from "../interfaces/IChargingSettlement.sol";
import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";
import {IMeterSettlement, SignedRecord} from "../interfaces/IMeterSettlement.sol";
import {ClaimTree} from "../libraries/ClaimTree.sol";
import {PackedMeteringLibrary} from "../libraries/PackedMeteringLibrary.sol";
import {SettlementDomain} from "../libraries/SettlementDomain.sol";
import {CovenantStatus, CovenantTerms, IEvseCovenant} from "./interfaces/IEvseCovenant.sol";
import {SharePhase} from "./interfaces/IRevenueShare.sol";
import {IRevenueShares} from "./interfaces/IRevenueShares.sol";

/// @title EVSE covenant
/// @dev See IEvseCovenant. Terms are kept as their hash and given again with each call.
contract EvseCovenant is IEvseCovenant, ReentrancyGuardTransient {
    using PackedMeteringLibrary for PackedMetering;
    using SafeERC20 for IERC20;

    struct StoredCovenant {
        CovenantStatus status;
        uint40 pledgedAt;
        bytes32 termsHash;
    }

    uint256 private constant MOST_EVSES = 256;
    uint256 private constant LONGEST_PLEDGE = 3_650 days;
    /// The share of whoever shows a breach. An operator that shows its own saves no more.
    uint256 private constant REWARD_BPS = 1_000;
    uint256 private constant WHOLE_BPS = 10_000;

    IRevenueShares public immutable revenueShares;
    IChargingSettlement public immutable settlement;
    uint256 public immutable proofSeconds;
    IChallenges private immutable _challenges;
    IMeterSettlement private immutable _meterSettlement;
    IMeterRegistry private immutable _meterRegistry;
    IERC20 private immutable _erc20;
    uint256 private immutable _unit;

    uint256 public covenantCount;
    mapping(uint256 covenant => StoredCovenant) public covenantOf;

    constructor(IRevenueShares shares) {
        revenueShares = shares;
        settlement = shares.settlement();
        _challenges = settlement.challenges();
        _meterSettlement = settlement.meterSettlement();
        _meterRegistry = _meterSettlement.meterRegistry();
        _erc20 = settlement.erc20();
        _unit = settlement.unit();
        proofSeconds = uint256(settlement.maximumSessionSeconds()) + _challenges.challengeWindowSeconds();
    }

    /* PLEDGE */

    /// @inheritdoc IEvseCovenant
    function pledge(CovenantTerms calldata terms) external nonReentrant returns (uint256 covenant) {
        require(revenueShares.isShare(terms.share), ShareUnknown(terms.share));
        address issuer = terms.share.issuer();
        require(msg.sender == issuer, NotIssuer(msg.sender, issuer));
        SharePhase phase = terms.share.phase();
        require(phase != SharePhase.Failed, PhaseWrong(phase));
        require(terms.share.agreement() != 0, AgreementMissing(terms.share));
        uint256 latest = block.timestamp + LONGEST_PLEDGE;
        require(
            terms.endsAt > block.timestamp && terms.endsAt <= latest,
            EndOutOfRange(terms.endsAt, block.timestamp + 1, latest)
        );
        require(terms.bondMicro != 0, BondZero());
        uint256 count = terms.evses.length;
        require(count >= 1 && count <= MOST_EVSES, EvseCountOutOfRange(count, 1, MOST_EVSES));
        for (uint256 i; i < count; ++i) _requireOwnEvse(terms.evses[i]);

        covenant = ++covenantCount;
        covenantOf[covenant] = StoredCovenant(CovenantStatus.Active, uint40(block.timestamp), _hashOf(terms));

        emit CovenantPledged(covenant, terms.share, msg.sender, terms);

        uint256 amount = terms.bondMicro * _unit;
        uint256 balanceBefore = _erc20.balanceOf(address(this));
        _erc20.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = _erc20.balanceOf(address(this)) - balanceBefore;
        require(received == amount, TransferMismatch(received, amount));
    }

    function _requireOwnEvse(uint32 evse) private view {
        address operator = _meterRegistry.evseOf(evse).operator;
        require(msg.sender == operator, NotEvseOperator(evse, msg.sender, operator));
    }

    /* BREACH */

    /// @inheritdoc IEvseCovenant
    function breakBySettlement(
        uint256 covenant,
        CovenantTerms calldata terms,
        uint256 index,
        SettledClaim calldata claim
    ) external nonReentrant {
        _requireBreach(covenant, terms, index, claim.terms, claim.metering.openedAt());
        bytes32 sessionId = SettlementDomain.sessionIdAt(address(settlement), claim.terms);
        _requireSettled(sessionId, claim);
        require(claim.metering.energyMicroWh() != 0, NothingDelivered(sessionId));

        _break(covenant, terms, sessionId, claim.terms.agreement);
    }

    function _requireSettled(bytes32 sessionId, SettledClaim calldata claim) private view {
        (uint160 root, uint40 settledAt, , ) = _challenges.batchOf(claim.batch);
        require(settledAt != 0, BatchUnknown(claim.batch));
        bytes32 leaf = ClaimTree.leafOf(sessionId, claim.metering, claim.isReadable);
        bytes32 settled = ClaimTree.rootFrom(leaf, claim.index, claim.count, claim.proof);
        bytes32 anchored = keccak256(abi.encode(settled, claim.evidenceRoot, claim.count));
        require(uint160(uint256(anchored) >> 96) == root, ClaimNotInBatch(sessionId));
    }

    /// @inheritdoc IEvseCovenant
    function breakByRecords(
        uint256 covenant,
        CovenantTerms calldata terms,
        uint256 index,
        SessionTerms calldata session,
        Opening calldata opening,
        uint64 toppedUpMicro,
        SignedRecord[] calldata records
    ) external nonReentrant {
        _requireBreach(covenant, terms, index, session, opening.openedAt);
        bytes32 sessionId = SettlementDomain.sessionIdAt(address(settlement), session);
        // What is settled now or was before proves the same: the records name the opening.
        PackedMetering metering = _meterSettlement.measure(
            session,
            opening,
            toppedUpMicro,
            uint40(block.timestamp),
            records
        );
        require(metering.energyMicroWh() != 0, NothingDelivered(sessionId));

        _break(covenant, terms, sessionId, session.agreement);
    }

    /// @dev Whether a session with these terms breaks the covenant, if it ran.
    function _requireBreach(
        uint256 covenant,
        CovenantTerms calldata terms,
        uint256 index,
        SessionTerms calldata session,
        uint40 openedAt
    ) private view {
        uint256 pledgedAt = _requireActive(covenant, terms);
        require(index < terms.evses.length, EvseUnknown(index, terms.evses.length));
        require(session.evse == terms.evses[index], EvseDiffers(session.evse, terms.evses[index]));
        address issuer = terms.share.issuer();
        require(session.operator == issuer, OperatorDiffers(session.operator, issuer));
        require(session.agreement != terms.share.agreement(), AgreementKept(session.agreement));
        require(openedAt > pledgedAt && openedAt < terms.endsAt, OpenedOutside(openedAt, pledgedAt, terms.endsAt));
    }

    function _break(uint256 covenant, CovenantTerms calldata terms, bytes32 sessionId, uint32 agreement) private {
        covenantOf[covenant].status = CovenantStatus.Broken;
        uint256 rewardMicro = (terms.bondMicro * REWARD_BPS) / WHOLE_BPS;
        // Less than the bond, which has 64 bits.
        uint64 holdersMicro = uint64(terms.bondMicro - rewardMicro);

        emit CovenantBroken(covenant, sessionId, msg.sender, agreement, rewardMicro, holdersMicro);

        _erc20.safeTransfer(msg.sender, rewardMicro * _unit);
        _erc20.forceApprove(address(terms.share), holdersMicro * _unit);
        terms.share.addRevenue(holdersMicro);
    }

    /* RELEASE */

    /// @inheritdoc IEvseCovenant
    function release(uint256 covenant, CovenantTerms calldata terms) external nonReentrant {
        _requireActive(covenant, terms);
        uint256 deadline = terms.endsAt + proofSeconds;
        require(
            block.timestamp > deadline || terms.share.phase() == SharePhase.Failed,
            ProofTimeOpen(block.timestamp, deadline)
        );

        covenantOf[covenant].status = CovenantStatus.Kept;
        address issuer = terms.share.issuer();

        emit CovenantReleased(covenant, issuer, terms.bondMicro);

        _erc20.safeTransfer(issuer, terms.bondMicro * _unit);
    }

    function _requireActive(uint256 covenant, CovenantTerms calldata terms) private view returns (uint256 pledgedAt) {
        StoredCovenant memory stored = covenantOf[covenant];
        require(stored.status == CovenantStatus.Active, CovenantNotActive(covenant, stored.status));
        require(stored.termsHash == _hashOf(terms), TermsMismatch(covenant));

        return stored.pledgedAt;
    }

    function _hashOf(CovenantTerms calldata terms) private pure returns (bytes32) {
        return keccak256(abi.encode(terms));
    }
}
