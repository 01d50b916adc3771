// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAuthorizedFunding} from "./interfaces/IAuthorizedFunding.sol";
import {IChallenges} from "./interfaces/IChallenges.sol";
import {
    Correction,
    IChargingSettlement,
    Neighbours,
    Opening,
    OpeningGroup,
    OpeningRefusal,
    PackedMetering,
    PackedTerms,
    Rules,
    SessionTerms,
    Settlement,
    SettlementGroup,
    SettlementRefusal,
    SignedOpening
} from "./interfaces/IChargingSettlement.sol";
import {IMeterSettlement} from "./interfaces/IMeterSettlement.sol";
import {IOpeningGuard} from "./interfaces/IOpeningGuard.sol";
import {OracleSignature} from "./interfaces/IOracleCommittee.sol";
import {ITariffRegistry, Tariff} from "./interfaces/ITariffRegistry.sol";
import {IVehicleConsents} from "./interfaces/IVehicleConsents.sol";
import {Account, AccountLibrary} from "./libraries/AccountLibrary.sol";
import {AccountSignature} from "./libraries/AccountSignature.sol";
import {Batch, BatchLibrary} from "./libraries/BatchLibrary.sol";
import {ClaimTree} from "./libraries/ClaimTree.sol";
import {EpochLimits, EpochLimitsLibrary} from "./libraries/EpochLimitsLibrary.sol";
import {PackedMeteringLibrary} from "./libraries/PackedMeteringLibrary.sol";
import {SessionRules} from "./libraries/SessionRules.sol";
import {SessionTermsLibrary} from "./libraries/SessionTermsLibrary.sol";
import {SettlementDomain} from "./libraries/SettlementDomain.sol";
import {TariffMath} from "./libraries/TariffMath.sol";
import {SettlementLedger} from "./SettlementLedger.sol";

/// @title Charging settlement
/// @dev See IChargingSettlement. A driver's account is one storage slot that is used again for every session; a live
/// session is a commitment in it to terms that callers supply again.
contract ChargingSettlement is SettlementLedger {
    using AccountLibrary for Account;
    using BatchLibrary for Batch;
    using EpochLimitsLibrary for EpochLimits;
    using PackedMeteringLibrary for PackedMetering;
    using SessionRules for PackedTerms;
    using SessionTermsLibrary for PackedTerms;
    using SessionTermsLibrary for SessionTerms;
    using TariffMath for Tariff;

    /// What a meter or a quorum says settles only with the sum by which the hold was raised. Without a time in which that
    /// cannot change, a driver could raise the hold ahead of every settlement until the session expires.
    uint256 private constant TOP_UP_MARGIN = 2 hours;
    /// A shorter epoch is a mistake of units.
    uint256 private constant LEAST_EPOCH = 1 hours;

    uint40 public immutable maximumSessionSeconds;
    ITariffRegistry public immutable tariffRegistry;
    IOpeningGuard public immutable openingGuard;
    IMeterSettlement public immutable meterSettlement;
    IChallenges public immutable challenges;
    IVehicleConsents public immutable vehicleConsents;
    IAuthorizedFunding public immutable authorizedFunding;
    /// How long after its opening a quorum can settle a session: no committee that was scheduled later is in force by then.
    uint256 private immutable _quorumSeconds;

    mapping(address operator => mapping(address account => bool)) public isReleaser;

    constructor(
        IERC20Metadata token,
        Neighbours memory neighbours,
        Rules memory rules
    )
        EIP712(SettlementDomain.NAME, SettlementDomain.VERSION)
        SettlementLedger(token, neighbours.partnerAgreements, neighbours.oracleCommittee, rules)
    {
        uint256 delaySeconds = neighbours.oracleCommittee.changeDelaySeconds();
        require(
            delaySeconds > rules.maximumSessionSeconds,
            ChangeDelayTooShort(delaySeconds, rules.maximumSessionSeconds)
        );
        uint256 leastSeconds = Math.max(neighbours.challenges.challengeWindowSeconds(), LEAST_EPOCH);
        require(rules.epochSeconds >= leastSeconds, EpochTooShort(rules.epochSeconds, leastSeconds));
        require(
            address(neighbours.challenges.settlement()) == address(this) &&
                neighbours.challenges.meterSettlement() == neighbours.meterSettlement &&
                neighbours.challenges.oracleCommittee() == neighbours.oracleCommittee &&
                address(neighbours.meterSettlement.settlement()) == address(this) &&
                // Another committee could attest meters here.
                neighbours.meterSettlement.meterRegistry().oracleCommittee() == neighbours.oracleCommittee &&
                address(neighbours.vehicleConsents.settlement()) == address(this) &&
                address(neighbours.authorizedFunding.settlement()) == address(this),
            NeighbourMismatch()
        );

        maximumSessionSeconds = rules.maximumSessionSeconds;
        tariffRegistry = neighbours.tariffRegistry;
        openingGuard = neighbours.openingGuard;
        meterSettlement = neighbours.meterSettlement;
        challenges = neighbours.challenges;
        vehicleConsents = neighbours.vehicleConsents;
        authorizedFunding = neighbours.authorizedFunding;
        _quorumSeconds = delaySeconds;
    }

    /* OPENING */

    /// @inheritdoc IChargingSettlement
    function open(SessionTerms calldata terms) external nonReentrant returns (bytes32 sessionId) {
        require(msg.sender == terms.driver, NotDriver(msg.sender, terms.driver));

        return _openOne(terms);
    }

    /// @inheritdoc IChargingSettlement
    function openSigned(
        SessionTerms calldata terms,
        bytes calldata signature
    ) external nonReentrant returns (bytes32 sessionId) {
        _requireSigned(terms.driver, sessionIdOf(terms), signature);

        return _openOne(terms);
    }

    /// @inheritdoc IChargingSettlement
    function openAuthorized(SessionTerms calldata terms) external nonReentrant returns (bytes32 sessionId) {
        require(
            msg.sender == address(vehicleConsents) || msg.sender == address(authorizedFunding),
            NotNeighbour(msg.sender)
        );

        return _openOne(terms);
    }

    /// @inheritdoc IChargingSettlement
    function openBatch(OpeningGroup[] calldata groups) external nonReentrant {
        require(!openingGuard.isOpeningPaused(), OpeningPaused());

        bytes32 domain = _domainSeparatorV4();
        for (uint256 g; g < groups.length; ++g) {
            address operator = groups[g].operator;
            uint32 agreement = groups[g].agreement;
            bytes32 tariffId = groups[g].tariffId;
            SignedOpening[] calldata openings = groups[g].openings;
            OpeningRefusal groupRefusal = _groupRefusal(operator, agreement, tariffId);

            PackedMetering opening = _emitOpening(operator, agreement, tariffId);

            for (uint256 i; i < openings.length; ++i) {
                SignedOpening calldata signed = openings[i];
                address driver = signed.driver;
                PackedTerms terms = signed.terms;
                bytes32 termsHash = SessionTermsLibrary.structHash(driver, operator, agreement, tariffId, terms);
                _openOrSkip(domain, termsHash, opening, signed, groupRefusal);
            }
        }
    }

    function _openOne(SessionTerms calldata terms) private returns (bytes32 sessionId) {
        require(!openingGuard.isOpeningPaused(), OpeningPaused());
        OpeningRefusal reason = _groupRefusal(terms.operator, terms.agreement, terms.tariffId);
        require(reason == OpeningRefusal.None, OpeningRefused(reason, 0, 0));

        PackedMetering opening = _emitOpening(terms.operator, terms.agreement, terms.tariffId);

        bytes32 termsHash = terms.hash();
        sessionId = _hashTypedDataV4(termsHash);
        uint256 actual;
        uint256 limit;
        (reason, actual, limit) = _open(sessionId, termsHash, opening, terms.driver, terms.pack());
        require(reason == OpeningRefusal.None, OpeningRefused(reason, actual, limit));
    }

    function _emitOpening(address operator, uint32 agreement, bytes32 tariffId) private returns (PackedMetering) {
        Opening memory opening = Opening(uint40(block.timestamp), uint24(uint256(blockhash(block.number - 1))));

        emit GroupOpened(operator, agreement, tariffId, opening.openedAt, opening.salt);

        return PackedMeteringLibrary.packOpening(opening, 0);
    }

    function _openOrSkip(
        bytes32 domain,
        bytes32 termsHash,
        PackedMetering opening,
        SignedOpening calldata signed,
        OpeningRefusal groupRefusal
    ) private {
        bytes32 sessionId = MessageHashUtils.toTypedDataHash(domain, termsHash);
        address driver = signed.driver;
        OpeningRefusal reason = groupRefusal;
        uint256 actual;
        uint256 limit;
        if (reason == OpeningRefusal.None) {
            (reason, actual, limit) = AccountSignature.isPlain(driver, sessionId, signed.r, signed.vs)
                ? _open(sessionId, termsHash, opening, driver, signed.terms)
                : (OpeningRefusal.SignatureInvalid, 0, 0);
        }
        if (reason != OpeningRefusal.None) emit OpeningSkipped(sessionId, driver, reason, actual, limit);
    }

    function _groupRefusal(address operator, uint32 agreement, bytes32 tariffId) private view returns (OpeningRefusal) {
        if (!tariffRegistry.isOffered(operator, tariffId)) return OpeningRefusal.TariffNotOffered;
        if (agreement == 0 || partnerAgreements.isBinding(operator, agreement)) return OpeningRefusal.None;
        return OpeningRefusal.AgreementNotBinding;
    }

    function _open(
        bytes32 sessionId,
        bytes32 termsHash,
        PackedMetering opening,
        address driver,
        PackedTerms terms
    ) private returns (OpeningRefusal reason, uint256 actual, uint256 limit) {
        AccountSlot storage slot = _slotOf(driver, terms.lane());
        Account account = slot.account;
        (reason, actual, limit) = SessionRules.openingRefusal(account, terms, maximumSessionSeconds);
        if (reason != OpeningRefusal.None) return (reason, actual, limit);

        slot.account = account.debited(terms.holdMicro()).withNextNonce().committed(
            SessionTermsLibrary.commitmentOf(termsHash, opening)
        );

        emit SessionOpened(sessionId, driver, terms);
    }

    /* TOP-UP */

    /// @inheritdoc IChargingSettlement
    function topUp(
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro,
        uint64 amountMicro
    ) external nonReentrant {
        require(msg.sender == terms.driver, NotDriver(msg.sender, terms.driver));

        _topUp(sessionIdOf(terms), terms, opening, toppedUpMicro, amountMicro);
    }

    /// @inheritdoc IChargingSettlement
    function topUpSigned(
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro,
        uint64 amountMicro,
        bytes calldata signature
    ) external nonReentrant {
        bytes32 sessionId = sessionIdOf(terms);
        bytes32 structHash = SettlementDomain.topUpHash(sessionId, toppedUpMicro, amountMicro);
        _requireSigned(terms.driver, _hashTypedDataV4(structHash), signature);

        _topUp(sessionId, terms, opening, toppedUpMicro, amountMicro);
    }

    function _topUp(
        bytes32 sessionId,
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro,
        uint64 amountMicro
    ) private {
        require(amountMicro != 0, AmountZero());
        (AccountSlot storage slot, Account account) = _requireLive(sessionId, terms, opening, toppedUpMicro);
        uint256 latest = terms.expiresAt > TOP_UP_MARGIN ? terms.expiresAt - TOP_UP_MARGIN : 0;
        require(block.timestamp <= latest, TopUpTooLate(block.timestamp, latest));
        require(amountMicro <= account.freeMicro(), BalanceTooLow(amountMicro, account.freeMicro()));

        // Both are parts of what is owed to the driver.
        uint64 raisedMicro = toppedUpMicro + amountMicro;
        uint160 commitment = _commitmentOf(terms, opening, raisedMicro);
        slot.account = account.debited(amountMicro).released().committed(commitment);

        emit SessionToppedUp(sessionId, terms.driver, raisedMicro);
    }

    /* SETTLEMENT */

    /// @inheritdoc IChargingSettlement
    function settleBatch(
        SettlementGroup[] calldata groups,
        bytes32 evidenceRoot,
        OracleSignature[] calldata signatures
    ) external nonReentrant {
        Batch memory batch = BatchLibrary.emptyFor(groups, _domainSeparatorV4());
        for (uint256 g; g < groups.length; ++g) {
            address operator = groups[g].operator;
            uint32 agreement = groups[g].agreement;
            Tariff memory tariff = groups[g].tariff;
            bytes32 tariffId = tariff.idOf();
            EpochLimits memory left = _limitsLeft(operator);
            EpochLimits memory used = left.copy();
            _settleClaims(batch, groups[g], tariffId, tariff, left);
            used = used.minus(left);
            _useLimits(operator, used);
            if (used.creditMicro != 0) _creditProvisionally(operator, agreement, tariffId, used.creditMicro);
        }

        // What was claimed is known only now; a batch that no quorum signed is undone as a whole.
        (bytes32 claims, bytes32 settled) = batch.rootsOf();
        (uint24 committee, uint16 signers) = oracleCommittee.requireQuorum(
            batchDigestOf(claims, evidenceRoot, batch.count),
            signatures
        );
        if (batch.skippedCount == batch.count) return;
        challenges.anchor(settled, evidenceRoot, batch.count, committee, signers);
    }

    /// @inheritdoc IChargingSettlement
    function settleProven(
        bytes32 sessionId,
        address operator,
        uint32 agreement,
        Tariff calldata tariff,
        Settlement calldata settlement,
        bool isVouched
    ) external nonReentrant returns (uint256 chargedMicro) {
        require(msg.sender == address(meterSettlement), NotNeighbour(msg.sender));

        // The records are bound to the id; it has to be that of the tariff that prices them.
        Tariff memory content = tariff;
        bytes32 tariffId = content.idOf();
        PackedTerms terms = settlement.terms;
        PackedMetering metering = settlement.metering;
        bytes32 termsHash = SessionTermsLibrary.structHash(settlement.driver, operator, agreement, tariffId, terms);
        require(
            sessionId == _hashTypedDataV4(termsHash),
            SettlementRefused(sessionId, SettlementRefusal.TermsMismatch)
        );
        uint256 heldMicro = terms.heldMicro(metering);
        SettlementRefusal reason;
        (reason, chargedMicro) = _settle(
            termsHash,
            settlement.driver,
            terms,
            metering,
            heldMicro,
            content,
            isVouched ? type(uint256).max : _limitsLeft(operator).creditMicro,
            type(uint256).max
        );
        require(reason == SettlementRefusal.None, SettlementRefused(sessionId, reason));

        emit SessionSettled(sessionId, metering.withSplit(chargedMicro, heldMicro - chargedMicro));

        if (chargedMicro == 0) return 0;
        if (isVouched) {
            _creditFinally(operator, agreement, tariffId, chargedMicro);
            return chargedMicro;
        }
        _useLimits(operator, EpochLimits(chargedMicro, 0, 0));
        _creditProvisionally(operator, agreement, tariffId, chargedMicro);
        challenges.keepPrice(sessionId, uint64(chargedMicro));
    }

    function _settleClaims(
        Batch memory batch,
        SettlementGroup calldata group,
        bytes32 tariffId,
        Tariff memory tariff,
        EpochLimits memory left
    ) private {
        // Read from the calldata once; each look there is checked.
        Settlement[] calldata settlements = group.settlements;
        address operator = group.operator;
        uint32 agreement = group.agreement;
        bool isReadable = group.isReadable;
        uint256 place = batch.count;
        uint256 skippedBefore = batch.skippedCount;
        bytes32[] memory sessionIds = new bytes32[](settlements.length);
        uint256[] memory results = new uint256[](settlements.length);
        for (uint256 i; i < settlements.length; ++i) {
            Settlement calldata settlement = settlements[i];
            address driver = settlement.driver;
            PackedTerms terms = settlement.terms;
            PackedMetering metering = settlement.metering;
            bytes32 termsHash = SessionTermsLibrary.structHash(driver, operator, agreement, tariffId, terms);
            bytes32 sessionId = MessageHashUtils.toTypedDataHash(batch.domain, termsHash);
            batch.claims[place] = ClaimTree.leafOf(sessionId, metering, isReadable);
            uint256 heldMicro = terms.heldMicro(metering);
            SettlementRefusal reason = SettlementRefusal.EpochLimitReached;
            uint256 chargedMicro;
            if (left.allowsHold(heldMicro, isReadable)) {
                (reason, chargedMicro) = _settle(
                    termsHash,
                    driver,
                    terms,
                    metering,
                    heldMicro,
                    tariff,
                    left.creditMicro,
                    _quorumSeconds
                );
            }
            unchecked {
                if (reason == SettlementRefusal.None) {
                    // What is charged is a part of what is held, and all are within the limits.
                    uint256 returnedMicro = heldMicro - chargedMicro;
                    (sessionIds[i], results[i]) = (sessionId, metering.withSplit(chargedMicro, returnedMicro));
                    left.creditMicro -= chargedMicro;
                    left.returnMicro -= returnedMicro;
                    if (!isReadable) left.unreadableMicro -= heldMicro;
                } else {
                    batch.skipped[batch.skippedCount++] = place;
                    emit SettlementSkipped(sessionId, driver, reason);
                }
                ++place;
            }
        }
        if (batch.skippedCount - skippedBefore != settlements.length) {
            emit GroupSettled(operator, agreement, tariffId, isReadable, batch.count, sessionIds, results);
        }
        batch.count = place;
    }

    /// @param limitMicro The most that can be charged without reaching the limit of the epoch.
    /// @param openSeconds How long after its opening the session can be settled so.
    function _settle(
        bytes32 termsHash,
        address driver,
        PackedTerms terms,
        PackedMetering metering,
        uint256 heldMicro,
        Tariff memory tariff,
        uint256 limitMicro,
        uint256 openSeconds
    ) private returns (SettlementRefusal reason, uint256 chargedMicro) {
        AccountSlot storage slot = _slotOf(driver, terms.lane());
        Account account = slot.account;
        if (account.commitment() == 0) return (SettlementRefusal.NoLiveSession, 0);
        if (account.commitment() != SessionTermsLibrary.commitmentOf(termsHash, metering))
            return (SettlementRefusal.TermsMismatch, 0);
        reason = terms.claimRefusal(metering, openSeconds);
        if (reason != SettlementRefusal.None) return (reason, 0);
        chargedMicro = tariff.grossRoundedDown(
            metering.energyMicroWh(),
            metering.chargingSeconds(),
            metering.connectedSeconds()
        );
        if (chargedMicro > heldMicro) chargedMicro = heldMicro;
        if (chargedMicro > limitMicro) return (SettlementRefusal.EpochLimitReached, 0);

        unchecked {
            // The smaller of price and hold.
            slot.account = account.released().credited(heldMicro - chargedMicro);
        }
    }

    /* AGREEMENT */

    /// @inheritdoc IChargingSettlement
    function settleAgreed(
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro,
        uint64 chargedMicro,
        bytes calldata driverSignature,
        bytes calldata operatorSignature
    ) external nonReentrant returns (bytes32 sessionId) {
        sessionId = sessionIdOf(terms);
        bytes32 structHash = SettlementDomain.agreementHash(sessionId, opening, toppedUpMicro, chargedMicro);
        bytes32 digest = _hashTypedDataV4(structHash);
        _requireSigned(terms.driver, digest, driverSignature);
        _requireSigned(terms.operator, digest, operatorSignature);
        uint256 returnedMicro = _end(sessionId, terms, opening, toppedUpMicro, chargedMicro);

        emit SessionAgreed(sessionId, terms.driver, terms.operator, chargedMicro, returnedMicro);

        if (chargedMicro != 0) _creditFinally(terms.operator, terms.agreement, terms.tariffId, chargedMicro);
    }

    /* RELEASE */

    /// @inheritdoc IChargingSettlement
    function release(
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro
    ) external nonReentrant returns (bytes32 sessionId) {
        address operator = terms.operator;
        require(msg.sender == operator || isReleaser[operator][msg.sender], NotReleaser(msg.sender, operator));

        sessionId = sessionIdOf(terms);
        uint256 returnedMicro = _end(sessionId, terms, opening, toppedUpMicro, 0);

        emit SessionReleased(sessionId, terms.driver, msg.sender, returnedMicro);
    }

    /// @inheritdoc IChargingSettlement
    function changeReleaser(address account, bool isAppointed) external nonReentrant {
        if (isReleaser[msg.sender][account] == isAppointed) return;

        isReleaser[msg.sender][account] = isAppointed;

        emit ReleaserChanged(msg.sender, account, isAppointed);
    }

    /* CORRECTION */

    /// @inheritdoc IChargingSettlement
    function correct(Correction calldata correction) external nonReentrant {
        require(msg.sender == address(challenges), NotNeighbour(msg.sender));

        if (correction.isByQuorum) _useReturns(correction.operator, correction.refundedMicro);
        _takeBack(correction);

        emit SessionCorrected(correction.sessionId, correction.challenger, correction.refundedMicro);
    }

    /* EXPIRY */

    /// @inheritdoc IChargingSettlement
    function expire(
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro
    ) external nonReentrant returns (bytes32 sessionId) {
        sessionId = sessionIdOf(terms);
        uint256 returnedMicro = _end(sessionId, terms, opening, toppedUpMicro, 0);
        require(block.timestamp > terms.expiresAt, NotExpired(block.timestamp, terms.expiresAt));

        emit SessionExpired(sessionId, terms.driver, returnedMicro);
    }

    /* REFUND */

    /// @inheritdoc IChargingSettlement
    function refund(SessionTerms calldata terms, uint64 amountMicro) external nonReentrant {
        require(msg.sender == terms.operator, NotOperator(msg.sender, terms.operator));
        require(amountMicro != 0, AmountZero());

        _useCredit(terms.operator, terms.agreement, terms.operator, amountMicro);
        AccountSlot storage slot = _slotOf(terms.driver, terms.lane);
        slot.account = slot.account.credited(amountMicro);

        emit SessionRefunded(
            sessionIdOf(terms),
            terms.driver,
            terms.operator,
            terms.lane,
            terms.agreement,
            amountMicro
        );
    }

    /* COMMITMENT */

    function _requireLive(
        bytes32 sessionId,
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro
    ) private view returns (AccountSlot storage slot, Account account) {
        slot = _slotOf(terms.driver, terms.lane);
        account = slot.account;
        require(account.commitment() == _commitmentOf(terms, opening, toppedUpMicro), NotLive(sessionId));
    }

    /// @dev Ends a live session at a price within its hold; the rest is free again.
    function _end(
        bytes32 sessionId,
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro,
        uint64 chargedMicro
    ) private returns (uint256 returnedMicro) {
        (AccountSlot storage slot, Account account) = _requireLive(sessionId, terms, opening, toppedUpMicro);
        uint256 heldMicro = uint256(terms.holdMicro) + toppedUpMicro;
        require(chargedMicro <= heldMicro, AmountAboveHold(chargedMicro, heldMicro));

        returnedMicro = heldMicro - chargedMicro;
        slot.account = account.released().credited(returnedMicro);
    }

    function _commitmentOf(
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro
    ) private pure returns (uint160) {
        return
            SessionTermsLibrary.commitmentOf(terms.hash(), PackedMeteringLibrary.packOpening(opening, toppedUpMicro));
    }

    /* VIEWS */

    /// @inheritdoc IChargingSettlement
    function sessionIdOf(SessionTerms calldata terms) public view returns (bytes32 sessionId) {
        return _hashTypedDataV4(terms.hash());
    }

    /// @inheritdoc IChargingSettlement
    function isLive(
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro
    ) external view returns (bool) {
        Account account = _slotOf(terms.driver, terms.lane).account;
        return account.commitment() == _commitmentOf(terms, opening, toppedUpMicro);
    }

    /// @inheritdoc IChargingSettlement
    function batchDigestOf(bytes32 claims, bytes32 evidenceRoot, uint256 count) public view returns (bytes32) {
        return _hashTypedDataV4(SettlementDomain.batchHash(claims, evidenceRoot, count));
    }
}
