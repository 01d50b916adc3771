// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IChargingSettlement, Opening, SessionTerms} from "../interfaces/IChargingSettlement.sol";
import {IMeterSettlement, SignedRecord} from "../interfaces/IMeterSettlement.sol";
import {PackedReading} from "../interfaces/IOcmfScanner.sol";
import {IOracleCommittee, OracleSignature} from "../interfaces/IOracleCommittee.sol";
import {PackedReadingLibrary} from "../libraries/PackedReadingLibrary.sol";
import {ClaimMarks} from "./ClaimMarks.sol";
import {
    ClaimState,
    ClaimStatus,
    EnergyClaim,
    IEnergyClaims,
    PackedInterval,
    Purpose
} from "./interfaces/IEnergyClaims.sol";
import {PackedIntervalLibrary} from "./PackedIntervalLibrary.sol";

/// @title Energy claims
/// @dev See IEnergyClaims. What keeps energy from being claimed twice is in ClaimMarks.
contract EnergyClaims is ClaimMarks, ERC721, EIP712, ReentrancyGuardTransient {
    using PackedIntervalLibrary for PackedInterval;
    using PackedReadingLibrary for PackedReading;
    using SafeERC20 for IERC20;

    /// What is kept of a claim, in two slots.
    struct StoredClaim {
        /// The claimant's number.
        uint32 operator;
        uint40 claimedAt;
        uint32 purpose;
        ClaimStatus status;
        uint64 bondMicro;
        uint80 energyMicroWh;
        bytes32 claimHash;
    }

    uint256 private constant LONGEST_NAME = 64;
    uint256 private constant LONGEST_REFERENCE = 128;
    /// What a person or a program needs to look at a claim; and what nobody means.
    uint256 private constant LEAST_CONTRADICTION_SECONDS = 1 hours;
    uint256 private constant MOST_CONTRADICTION_SECONDS = 365 days;
    /// 10⁻⁶ Wh in a megawatt-hour.
    uint256 private constant MICRO_WH_PER_MWH = 1e12;
    bytes32 private constant CLAIM_TYPEHASH = keccak256(
        "EnergyClaim(address operator,uint32 purpose,uint40 periodEnd,bytes32 root,uint256[] intervals)"
    );
    bytes32 private constant CONTRADICTION_TYPEHASH = keccak256(
        "ClaimContradiction(uint256 claimId,bytes32 reasonHash)"
    );

    IChargingSettlement public immutable settlement;
    IMeterSettlement public immutable meterSettlement;
    IOracleCommittee public immutable oracleCommittee;
    IERC20 private immutable _erc20;
    uint256 private immutable _unit;

    uint32 public purposeCount;
    uint256 public claimCount;
    mapping(uint32 purpose => Purpose) private _purposes;
    mapping(uint256 claimId => StoredClaim) private _claims;
    mapping(address account => uint256) private _owedMicro;

    constructor(
        IChargingSettlement chargingSettlement
    )
        ClaimMarks(chargingSettlement.meterSettlement().meterRegistry())
        ERC721("Wattproof energy claim", "WATTCLAIM")
        EIP712("Wattproof Energy Claims", "1")
    {
        settlement = chargingSettlement;
        meterSettlement = chargingSettlement.meterSettlement();
        oracleCommittee = chargingSettlement.oracleCommittee();
        _erc20 = chargingSettlement.erc20();
        _unit = chargingSettlement.unit();
    }

    /* PURPOSES */

    /// @inheritdoc IEnergyClaims
    function addPurpose(Purpose calldata content) external returns (uint32 purpose) {
        address owner = Ownable(address(oracleCommittee)).owner();
        require(msg.sender == owner, NotCommitteeOwner(msg.sender, owner));
        uint256 length = bytes(content.name).length;
        require(length >= 1 && length <= LONGEST_NAME, NameLengthOutOfRange(length, 1, LONGEST_NAME));
        require(
            content.contradictionSeconds >= LEAST_CONTRADICTION_SECONDS &&
                content.contradictionSeconds <= MOST_CONTRADICTION_SECONDS,
            ContradictionTimeOutOfRange(
                content.contradictionSeconds,
                LEAST_CONTRADICTION_SECONDS,
                MOST_CONTRADICTION_SECONDS
            )
        );
        require(content.beneficiary != address(0), AddressZero());
        _useGroup(content.group);

        purpose = ++purposeCount;
        Purpose memory added = content;
        // The committee's delay is at most a year.
        added.activeFrom = uint40(block.timestamp + oracleCommittee.changeDelaySeconds());
        _purposes[purpose] = added;

        emit PurposeAdded(purpose, added.group, added);
    }

    /* CLAIM */

    /// @inheritdoc IEnergyClaims
    function claim(
        EnergyClaim calldata content,
        OracleSignature[] calldata signatures
    ) external nonReentrant returns (uint256 claimId) {
        require(msg.sender == content.operator, NotOperator(msg.sender, content.operator));
        uint32 purpose = content.purpose;
        uint256 activeFrom = _purposes[purpose].activeFrom;
        require(activeFrom != 0, PurposeUnknown(purpose));
        require(block.timestamp >= activeFrom, PurposeNotActive(purpose, block.timestamp, activeFrom));
        require(content.periodEnd <= block.timestamp, PeriodNotOver(block.timestamp, content.periodEnd));
        require(content.intervals.length != 0, NothingClaimed());
        uint256 energyMicroWh = _advanceMarks(_purposes[purpose].group, content.periodEnd, content.intervals);
        bytes32 claimHash = claimHashOf(content);
        // What no quorum signed is undone as a whole.
        oracleCommittee.requireQuorum(_hashTypedDataV4(claimHash), signatures);
        uint256 bondMicro = bondOf(purpose, energyMicroWh);
        require(bondMicro <= type(uint64).max, BondTooLarge(bondMicro, type(uint64).max));

        claimId = ++claimCount;
        _claims[claimId] = StoredClaim({
            operator: _operatorNumberOf(msg.sender),
            claimedAt: uint40(block.timestamp),
            purpose: purpose,
            status: ClaimStatus.Active,
            bondMicro: uint64(bondMicro),
            // Of fewer than 2^16 devices, with 64 bits each: no transaction has room for more.
            energyMicroWh: uint80(energyMicroWh),
            claimHash: claimHash
        });
        _mint(msg.sender, claimId);

        emit EnergyClaimed(
            claimId,
            msg.sender,
            purpose,
            content.root,
            content.periodEnd,
            energyMicroWh,
            bondMicro,
            content.intervals
        );

        _receive(bondMicro * _unit);
    }

    function _receive(uint256 amount) private {
        if (amount == 0) return;
        uint256 balanceBefore = _erc20.balanceOf(address(this));
        _erc20.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = _erc20.balanceOf(address(this)) - balanceBefore;
        require(received == amount, TransferMismatch(received, amount));
    }

    /* TRANSFER AND RETIREMENT */

    /// @dev Every change of a token's holder goes through here.
    function _update(address to, uint256 claimId, address authorized) internal override returns (address from) {
        from = super._update(to, claimId, authorized);
        if (from == address(0)) return from;

        StoredClaim storage state = _claims[claimId];
        require(state.status == ClaimStatus.Active, ClaimNotActive(claimId, state.status));
        Purpose storage purpose = _purposes[state.purpose];
        require(
            address(purpose.transferRules) == address(0) || purpose.transferRules.canTransferClaim(from, to, claimId),
            TransferRefused(claimId, from, to)
        );
    }

    /// @inheritdoc IEnergyClaims
    function retire(uint256 claimId, string calldata reference_) external {
        StoredClaim storage state = _claims[claimId];
        require(state.status == ClaimStatus.Active, ClaimNotActive(claimId, state.status));
        address holder = ownerOf(claimId);
        require(msg.sender == holder, NotHolder(msg.sender, holder));
        uint256 length = bytes(reference_).length;
        require(length >= 1 && length <= LONGEST_REFERENCE, ReferenceLengthOutOfRange(length, 1, LONGEST_REFERENCE));

        state.status = ClaimStatus.Retired;

        emit ClaimRetired(claimId, msg.sender, reference_);
    }

    /* CONTRADICTION */

    /// @inheritdoc IEnergyClaims
    function contradict(
        uint256 claimId,
        EnergyClaim calldata content,
        uint256 index,
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro,
        SignedRecord[] calldata records
    ) external {
        _requireContradictable(claimId);
        require(claimHashOf(content) == _claims[claimId].claimHash, ClaimMismatch(claimId));
        require(index < content.intervals.length, IntervalUnknown(index, content.intervals.length));
        PackedInterval interval = content.intervals[index];
        require(interval.register() != 0, RegisterRestarts(interval.device()));
        uint32 device = deviceOf[meterRegistry.recordSignerOf(terms.meter).keyId];
        require(device == interval.device(), DeviceDiffers(device, interval.device()));
        // That it is live shows that it opened then; terms alone could have been written before, for a meter to sign them.
        require(settlement.isLive(terms, opening, toppedUpMicro), SessionNotLive());
        require(opening.openedAt >= content.periodEnd, SessionTooEarly(opening.openedAt, content.periodEnd));
        // Reverts unless the session's own meter signed the records for this session.
        meterSettlement.measure(terms, opening, toppedUpMicro, uint40(block.timestamp), records);
        _requireBelow(interval, records[0]);

        uint256 bondMicro = _takeBond(claimId);
        uint256 rewardMicro = bondMicro / 2;
        _settleContradiction(claimId, 0, rewardMicro, bondMicro - rewardMicro);
    }

    /// @dev A register only grows, and the begin of a record is rounded up.
    function _requireBelow(PackedInterval interval, SignedRecord calldata record) private view {
        (uint256 identification, , PackedReading begin, ) = meterSettlement.ocmfScanner().scanPacked(record.payload);
        // The first 32 of the scanner's 120 bits.
        uint32 register = uint32(identification >> 216);
        require(register == interval.register(), RegisterDiffers(interval.device(), register, interval.register()));
        require(begin.registerMicroWh() < interval.to(), NothingContradicted(begin.registerMicroWh(), interval.to()));
    }

    /// @inheritdoc IEnergyClaims
    function contradictByQuorum(uint256 claimId, bytes32 reasonHash, OracleSignature[] calldata signatures) external {
        _requireContradictable(claimId);
        oracleCommittee.requireQuorum(contradictionDigestOf(claimId, reasonHash), signatures);

        _settleContradiction(claimId, reasonHash, 0, _takeBond(claimId));
    }

    function _requireContradictable(uint256 claimId) private view {
        ClaimStatus status = _claims[claimId].status;
        require(status == ClaimStatus.Active || status == ClaimStatus.Retired, ClaimNotActive(claimId, status));
        uint256 deadline = _deadlineOf(claimId);
        require(block.timestamp <= deadline, WindowPassed(block.timestamp, deadline));
    }

    function _takeBond(uint256 claimId) private returns (uint64 bondMicro) {
        bondMicro = _claims[claimId].bondMicro;
        _claims[claimId].bondMicro = 0;
    }

    function _settleContradiction(
        uint256 claimId,
        bytes32 reasonHash,
        uint256 rewardMicro,
        uint256 beneficiaryMicro
    ) private {
        StoredClaim storage state = _claims[claimId];
        state.status = ClaimStatus.Contradicted;
        _owedMicro[msg.sender] += rewardMicro;
        _owedMicro[_purposes[state.purpose].beneficiary] += beneficiaryMicro;

        emit ClaimContradicted(claimId, msg.sender, reasonHash, rewardMicro, beneficiaryMicro);
    }

    /* PAYMENTS */

    /// @inheritdoc IEnergyClaims
    function releaseBond(uint256 claimId) external {
        StoredClaim storage state = _claims[claimId];
        require(state.bondMicro != 0, NoBond(claimId));
        uint256 deadline = _deadlineOf(claimId);
        require(block.timestamp > deadline, WindowOpen(block.timestamp, deadline));

        uint256 bondMicro = _takeBond(claimId);
        address claimant = _operatorOf(state.operator);
        _owedMicro[claimant] += bondMicro;

        emit BondReleased(claimId, claimant, bondMicro);
    }

    /// @inheritdoc IEnergyClaims
    function withdraw(address recipient) external nonReentrant {
        require(recipient != address(0), AddressZero());
        uint256 amountMicro = _owedMicro[msg.sender];
        require(amountMicro != 0, NothingOwed(msg.sender));

        _owedMicro[msg.sender] = 0;

        emit Withdrawn(msg.sender, recipient, amountMicro);

        _erc20.safeTransfer(recipient, amountMicro * _unit);
    }

    /* VIEWS */

    /// @inheritdoc IEnergyClaims
    function purposeOf(uint32 purpose) external view returns (Purpose memory content) {
        return _purposes[purpose];
    }

    /// @inheritdoc IEnergyClaims
    function claimOf(uint256 claimId) external view returns (ClaimState memory state) {
        StoredClaim storage stored = _claims[claimId];
        return
            ClaimState({
                claimant: _operatorOf(stored.operator),
                claimedAt: stored.claimedAt,
                purpose: stored.purpose,
                status: stored.status,
                bondMicro: stored.bondMicro,
                energyMicroWh: stored.energyMicroWh,
                claimHash: stored.claimHash
            });
    }

    /// @inheritdoc IEnergyClaims
    function claimHashOf(EnergyClaim calldata content) public pure returns (bytes32 claimHash) {
        return
            keccak256(
                abi.encode(
                    CLAIM_TYPEHASH,
                    content.operator,
                    content.purpose,
                    content.periodEnd,
                    content.root,
                    keccak256(abi.encodePacked(content.intervals))
                )
            );
    }

    /// @inheritdoc IEnergyClaims
    function claimDigestOf(EnergyClaim calldata content) external view returns (bytes32 digest) {
        return _hashTypedDataV4(claimHashOf(content));
    }

    /// @inheritdoc IEnergyClaims
    function contradictionDigestOf(uint256 claimId, bytes32 reasonHash) public view returns (bytes32 digest) {
        return _hashTypedDataV4(keccak256(abi.encode(CONTRADICTION_TYPEHASH, claimId, reasonHash)));
    }

    /// @inheritdoc IEnergyClaims
    function bondOf(uint32 purpose, uint256 energyMicroWh) public view returns (uint256 bondMicro) {
        return Math.ceilDiv(energyMicroWh * _purposes[purpose].bondMicroPerMwh, MICRO_WH_PER_MWH);
    }

    /// @inheritdoc IEnergyClaims
    function owedMicroOf(address account) external view returns (uint256) {
        return _owedMicro[account];
    }

    function _deadlineOf(uint256 claimId) private view returns (uint256) {
        StoredClaim storage state = _claims[claimId];
        return uint256(state.claimedAt) + _purposes[state.purpose].contradictionSeconds;
    }
}
