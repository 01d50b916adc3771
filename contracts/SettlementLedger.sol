// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {Correction, IChargingSettlement, Rules, Withdrawal} from "./interfaces/IChargingSettlement.sol";
import {IOracleCommittee} from "./interfaces/IOracleCommittee.sol";
import {IPartnerAgreements} from "./interfaces/IPartnerAgreements.sol";
import {Account, AccountLibrary} from "./libraries/AccountLibrary.sol";
import {AccountSignature} from "./libraries/AccountSignature.sol";
import {Credit, CreditLibrary} from "./libraries/CreditLibrary.sol";
import {EpochLimits, EpochLimitsLibrary, EpochUse} from "./libraries/EpochLimitsLibrary.sol";
import {SessionRules} from "./libraries/SessionRules.sol";
import {TokenHolder} from "./TokenHolder.sol";

/// @title Settlement ledger
/// @dev The half of the settlement that knows who is owed what: accounts of drivers, credits of operators and their
/// partners. See IChargingSettlement.
abstract contract SettlementLedger is IChargingSettlement, TokenHolder, EIP712, ReentrancyGuardTransient {
    using AccountLibrary for Account;
    using CreditLibrary for Credit;
    using EpochLimitsLibrary for EpochLimits;
    using EpochLimitsLibrary for EpochUse;

    /// So that there is a pointer to an account, and its place is computed once.
    struct AccountSlot {
        Account account;
    }

    bytes32 private constant WITHDRAWAL_TYPEHASH = keccak256(
        "Withdrawal(address driver,uint32 lane,uint32 nonce,uint256 amount,address recipient,uint40 deadline)"
    );

    uint40 public immutable epochSeconds;
    uint64 public immutable epochLimitMicro;
    uint64 public immutable epochReturnLimitMicro;
    uint64 public immutable epochUnreadableLimitMicro;
    IPartnerAgreements public immutable partnerAgreements;
    IOracleCommittee public immutable oracleCommittee;

    mapping(uint256 accountKey => AccountSlot) private _accounts;
    mapping(address operator => mapping(uint32 agreement => Credit)) private _credits;
    mapping(address operator => mapping(uint32 agreement => mapping(address party => uint64))) private _withdrawnMicro;
    mapping(address operator => EpochUse) private _epochUses;

    constructor(
        IERC20Metadata token,
        IPartnerAgreements agreements,
        IOracleCommittee oracles,
        Rules memory rules
    ) TokenHolder(token) {
        epochSeconds = rules.epochSeconds;
        epochLimitMicro = rules.epochLimitMicro;
        epochReturnLimitMicro = rules.epochReturnLimitMicro;
        epochUnreadableLimitMicro = rules.epochUnreadableLimitMicro;
        partnerAgreements = agreements;
        oracleCommittee = oracles;
    }

    /* FUNDING */

    /// @inheritdoc IChargingSettlement
    function deposit(address driver, uint32 lane, uint256 amount) external nonReentrant {
        require(driver != address(0), AddressZero());
        uint256 amountMicro = _receive(msg.sender, amount, type(uint64).max);

        AccountSlot storage slot = _slotOf(driver, lane);
        slot.account = slot.account.credited(amountMicro);

        emit Deposited(driver, lane, msg.sender, amountMicro);
    }

    /// @inheritdoc IChargingSettlement
    function withdraw(uint32 lane, uint256 amount, address recipient) external nonReentrant {
        AccountSlot storage slot = _slotOf(msg.sender, lane);

        _withdraw(slot, slot.account, msg.sender, lane, amount, recipient);
    }

    /// @inheritdoc IChargingSettlement
    function withdrawSigned(Withdrawal calldata withdrawal, bytes calldata signature) external nonReentrant {
        address driver = withdrawal.driver;
        require(block.timestamp <= withdrawal.deadline, DeadlinePassed(block.timestamp, withdrawal.deadline));
        AccountSlot storage slot = _slotOf(driver, withdrawal.lane);
        Account account = slot.account;
        require(withdrawal.nonce == account.nonce(), NonceMismatch(withdrawal.nonce, account.nonce()));
        _requireSigned(driver, _hashTypedDataV4(keccak256(abi.encode(WITHDRAWAL_TYPEHASH, withdrawal))), signature);

        account = _useNonce(driver, withdrawal.lane, account);
        _withdraw(slot, account, driver, withdrawal.lane, withdrawal.amount, withdrawal.recipient);
    }

    /// @inheritdoc IChargingSettlement
    function advanceNonce(uint32 lane) external nonReentrant {
        AccountSlot storage slot = _slotOf(msg.sender, lane);

        slot.account = _useNonce(msg.sender, lane, slot.account);
    }

    function _withdraw(
        AccountSlot storage slot,
        Account account,
        address driver,
        uint32 lane,
        uint256 amount,
        address recipient
    ) private {
        uint256 amountMicro = _toMicro(amount);
        require(amountMicro <= account.freeMicro(), BalanceTooLow(amountMicro, account.freeMicro()));

        slot.account = account.debited(amountMicro);

        emit Withdrawn(driver, lane, recipient, amountMicro);

        _pay(recipient, amount, amountMicro);
    }

    function _useNonce(address driver, uint32 lane, Account account) private returns (Account advanced) {
        require(account.nonce() < SessionRules.LAST_NONCE, NonceExhausted());

        advanced = account.withNextNonce();

        emit NonceAdvanced(driver, lane, advanced.nonce());
    }

    function _requireSigned(address driver, bytes32 digest, bytes calldata signature) internal view {
        require(AccountSignature.isValid(driver, digest, signature), SignatureInvalid(driver));
    }

    /* CREDIT */

    /// @inheritdoc IChargingSettlement
    function withdrawCredit(
        address operator,
        uint32 agreement,
        uint256 amount,
        address recipient
    ) external nonReentrant {
        uint256 amountMicro = _toMicro(amount);

        _useCredit(operator, agreement, msg.sender, amountMicro);

        emit CreditWithdrawn(operator, agreement, msg.sender, recipient, amountMicro);

        _pay(recipient, amount, amountMicro);
    }

    function _useCredit(address operator, uint32 agreement, address party, uint256 amountMicro) internal {
        uint64 withdrawable = withdrawableOf(operator, agreement, party);
        require(amountMicro <= withdrawable, BalanceTooLow(amountMicro, withdrawable));

        _withdrawnMicro[operator][agreement][party] += uint64(amountMicro);
    }

    function _creditProvisionally(address operator, uint32 agreement, bytes32 tariffId, uint256 amountMicro) internal {
        Credit memory credit = _credits[operator][agreement].at(_epoch());
        credit.currentMicro += uint64(amountMicro);
        _credits[operator][agreement] = credit;

        emit OperatorCredited(operator, agreement, tariffId, amountMicro, false);
    }

    function _creditFinally(address operator, uint32 agreement, bytes32 tariffId, uint256 amountMicro) internal {
        _credits[operator][agreement].finalMicro += uint64(amountMicro);

        emit OperatorCredited(operator, agreement, tariffId, amountMicro, true);
    }

    /// @dev Within the challenge window the credit of the settlement's epoch is provisional and holds the amount.
    function _takeBack(Correction calldata correction) internal {
        uint64 amountMicro = correction.refundedMicro;
        uint32 epoch = _epoch();
        Credit memory credit = _credits[correction.operator][correction.agreement].at(epoch);
        if (correction.settledAt / epochSeconds == epoch) credit.currentMicro -= amountMicro;
        else credit.previousMicro -= amountMicro;
        _credits[correction.operator][correction.agreement] = credit;
        AccountSlot storage slot = _slotOf(correction.driver, correction.lane);
        slot.account = slot.account.credited(amountMicro);
    }

    /// @dev What a quorum gives back of a meter's settlement counts as what it gives back in its own.
    function _useReturns(address operator, uint64 amountMicro) internal {
        EpochLimits memory left = _limitsLeft(operator);
        require(amountMicro <= left.returnMicro, ReturnLimitReached(amountMicro, left.returnMicro));

        _useLimits(operator, EpochLimits(0, amountMicro, 0));
    }

    function _limitsLeft(address operator) internal view returns (EpochLimits memory) {
        EpochLimits memory least = EpochLimits(epochLimitMicro, epochReturnLimitMicro, epochUnreadableLimitMicro);
        return least.times(oracleCommittee.limitMultipleOf(operator)).less(_useOf(operator));
    }

    function _useLimits(address operator, EpochLimits memory used) internal {
        _epochUses[operator] = _useOf(operator).plus(used);
    }

    function _useOf(address operator) private view returns (EpochUse memory use) {
        use = _epochUses[operator];
        if (use.epoch != _epoch()) return EpochUse(0, 0, 0, _epoch());
    }

    function _epoch() private view returns (uint32) {
        return uint32(block.timestamp / epochSeconds);
    }

    /* VIEWS */

    /// @inheritdoc IChargingSettlement
    function accountOf(
        address driver,
        uint32 lane
    ) external view returns (uint64 freeMicro, uint32 nonce, uint160 commitment) {
        Account account = _slotOf(driver, lane).account;
        return (account.freeMicro(), account.nonce(), account.commitment());
    }

    /// @inheritdoc IChargingSettlement
    function creditOf(
        address operator,
        uint32 agreement
    ) external view returns (uint64 finalMicro, uint64 provisionalMicro) {
        Credit memory credit = _credits[operator][agreement].at(_epoch());
        return (credit.finalMicro, credit.currentMicro + credit.previousMicro);
    }

    /// @inheritdoc IChargingSettlement
    function withdrawableOf(address operator, uint32 agreement, address party) public view returns (uint64) {
        uint64 finalMicro = _credits[operator][agreement].at(_epoch()).finalMicro;
        uint64 partMicro = partnerAgreements.partOf(operator, agreement, party, finalMicro);
        return partMicro - _withdrawnMicro[operator][agreement][party];
    }

    function _slotOf(address driver, uint32 lane) internal view returns (AccountSlot storage) {
        return _accounts[(uint256(uint160(driver)) << 32) | lane];
    }
}
