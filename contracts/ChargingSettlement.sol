// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {
    IChargingSettlement,
    Opening,
    OpeningGroup,
    OpeningRefusal,
    PackedMetering,
    PackedTerms,
    SessionTerms,
    Settlement,
    SettlementGroup,
    SettlementRefusal
} from "./interfaces/IChargingSettlement.sol";
import {IMeterRegistry} from "./interfaces/IMeterRegistry.sol";
import {IMeterSettlement} from "./interfaces/IMeterSettlement.sol";
import {IOracleSet} from "./interfaces/IOracleSet.sol";
import {ITariffRegistry, Tariff} from "./interfaces/ITariffRegistry.sol";
import {Account, AccountLibrary} from "./libraries/AccountLibrary.sol";
import {PackedMeteringLibrary} from "./libraries/PackedMeteringLibrary.sol";
import {SessionTermsLibrary} from "./libraries/SessionTermsLibrary.sol";
import {TariffMath} from "./libraries/TariffMath.sol";
import {MeterSettlement} from "./MeterSettlement.sol";

/// @title Charging settlement
/// @dev See IChargingSettlement. A driver's account is one storage slot that is used again for every session; a live
/// session is a commitment in it to terms that callers supply again.
contract ChargingSettlement is IChargingSettlement, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using AccountLibrary for Account;
    using PackedMeteringLibrary for PackedMetering;
    using SessionTermsLibrary for PackedTerms;
    using SessionTermsLibrary for SessionTerms;
    using TariffMath for Tariff;

    struct AccountSlot {
        Account account;
    }

    struct OperatorAccount {
        uint128 creditMicro;
        /// Never falls, so that the slot of an operator who withdrew everything stays in use.
        uint128 creditedMicro;
    }

    uint256 private constant LEAST_DECIMALS = 6;
    uint256 private constant MOST_DECIMALS = 18;
    uint32 private constant LAST_NONCE = type(uint32).max;

    IERC20 public immutable erc20;
    uint256 public immutable unit;
    ITariffRegistry public immutable tariffRegistry;
    IMeterSettlement public immutable meterSettlement;
    IOracleSet public immutable oracleSet;
    uint40 public immutable maximumSessionSeconds;

    /// All amounts in accounts are parts of this sum, so that none of them can overflow 64 bits.
    uint64 public owedMicro;
    mapping(uint256 accountKey => AccountSlot) private _accounts;
    mapping(address operator => OperatorAccount) private _operatorAccounts;

    constructor(
        IERC20Metadata token,
        ITariffRegistry tariffs,
        IMeterRegistry meters,
        IOracleSet oracles,
        uint40 longestSessionSeconds
    ) EIP712("Wattproof Charging Settlement", "1") {
        uint256 decimals = token.decimals();
        require(
            decimals >= LEAST_DECIMALS && decimals <= MOST_DECIMALS,
            DecimalsOutOfRange(decimals, LEAST_DECIMALS, MOST_DECIMALS)
        );
        uint256 delaySeconds = oracles.changeDelaySeconds();
        require(delaySeconds > longestSessionSeconds, ChangeDelayTooShort(delaySeconds, longestSessionSeconds));

        erc20 = token;
        unit = 10 ** (decimals - LEAST_DECIMALS);
        tariffRegistry = tariffs;
        meterSettlement = new MeterSettlement(this, meters, longestSessionSeconds);
        oracleSet = oracles;
        maximumSessionSeconds = longestSessionSeconds;
    }

    /* FUNDING */

    function deposit(address driver, uint32 lane, uint256 amount) external nonReentrant {
        require(driver != address(0), AddressZero());
        uint256 amountMicro = _toMicro(amount);
        uint256 owed = owedMicro + amountMicro;
        require(owed <= type(uint64).max, LedgerFull(owed, type(uint64).max));

        // The token comes in before it is owed, so that not even a call from within the transfer sees a deficit.
        uint256 balanceBefore = erc20.balanceOf(address(this));
        erc20.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = erc20.balanceOf(address(this)) - balanceBefore;
        require(received == amount, TransferMismatch(received, amount));

        owedMicro = uint64(owed);
        AccountSlot storage slot = _slotOf(driver, lane);
        slot.account = slot.account.credited(amountMicro);

        emit Deposited(driver, lane, msg.sender, amountMicro);
    }

    function withdraw(uint32 lane, uint256 amount, address recipient) external nonReentrant {
        AccountSlot storage slot = _slotOf(msg.sender, lane);
        Account account = slot.account;
        uint256 amountMicro = _toMicro(amount);
        require(amountMicro <= account.freeMicro(), BalanceTooLow(amountMicro, account.freeMicro()));

        slot.account = account.debited(amountMicro);

        emit Withdrawn(msg.sender, lane, recipient, amountMicro);

        _pay(recipient, amount, amountMicro);
    }

    function advanceNonce(uint32 lane) external nonReentrant {
        AccountSlot storage slot = _slotOf(msg.sender, lane);
        Account account = slot.account;
        require(account.nonce() < LAST_NONCE, NonceExhausted());

        account = account.withNextNonce();
        slot.account = account;

        emit NonceAdvanced(msg.sender, lane, account.nonce());
    }

    function _pay(address recipient, uint256 amount, uint256 amountMicro) private {
        require(recipient != address(0), AddressZero());
        // What is paid to itself would belong to nobody.
        require(recipient != address(this), RecipientIsSettlement());

        owedMicro -= uint64(amountMicro);

        erc20.safeTransfer(recipient, amount);
    }

    function _toMicro(uint256 amount) private view returns (uint256) {
        require(amount != 0, AmountZero());
        require(amount % unit == 0, AmountNotMultiple(amount, unit));

        return amount / unit;
    }

    /* OPENING */

    function open(SessionTerms calldata terms) external nonReentrant returns (bytes32 sessionId) {
        require(msg.sender == terms.driver, NotDriver(msg.sender, terms.driver));
        require(
            tariffRegistry.isOffered(terms.operator, terms.tariffId),
            OpeningRefused(OpeningRefusal.TariffNotOffered, 0, 0)
        );

        PackedTerms packed = terms.pack();
        sessionId = sessionIdOf(terms);
        (OpeningRefusal reason, uint256 actual, uint256 limit) = _open(
            sessionId,
            terms.driver,
            terms.operator,
            terms.tariffId,
            packed
        );
        require(reason == OpeningRefusal.None, OpeningRefused(reason, actual, limit));
    }

    function openBatch(OpeningGroup[] calldata groups) external nonReentrant {
        bytes32 domain = _domainSeparatorV4();
        for (uint256 g; g < groups.length; ++g) {
            address operator = groups[g].operator;
            bytes32 tariffId = groups[g].tariffId;
            Opening[] calldata openings = groups[g].openings;
            bool isOffered = tariffRegistry.isOffered(operator, tariffId);
            for (uint256 i; i < openings.length; ++i) {
                _openSigned(domain, operator, tariffId, isOffered, openings[i]);
            }
        }
    }

    function _openSigned(
        bytes32 domain,
        address operator,
        bytes32 tariffId,
        bool isOffered,
        Opening calldata opening
    ) private {
        address driver = opening.driver;
        PackedTerms terms = opening.terms;
        bytes32 sessionId = _sessionId(domain, driver, operator, tariffId, terms);
        OpeningRefusal reason;
        uint256 actual;
        uint256 limit;
        if (!isOffered) {
            reason = OpeningRefusal.TariffNotOffered;
        } else if (!_isSignedBy(driver, sessionId, opening.r, opening.vs)) {
            reason = OpeningRefusal.SignatureInvalid;
        } else {
            (reason, actual, limit) = _open(sessionId, driver, operator, tariffId, terms);
        }
        if (reason != OpeningRefusal.None) emit OpeningSkipped(sessionId, driver, reason, actual, limit);
    }

    function _isSignedBy(address driver, bytes32 digest, bytes32 r, bytes32 vs) private pure returns (bool) {
        (address signer, ECDSA.RecoverError recoverError, ) = ECDSA.tryRecover(digest, r, vs);
        return recoverError == ECDSA.RecoverError.NoError && signer == driver;
    }

    function _open(
        bytes32 sessionId,
        address driver,
        address operator,
        bytes32 tariffId,
        PackedTerms terms
    ) private returns (OpeningRefusal reason, uint256 actual, uint256 limit) {
        AccountSlot storage slot = _slotOf(driver, terms.lane());
        Account account = slot.account;
        (reason, actual, limit) = _openingRefusal(account, terms);
        if (reason != OpeningRefusal.None) return (reason, actual, limit);

        slot.account = account.debited(terms.holdMicro()).withNextNonce().committed(_commitment(sessionId));

        emit SessionOpened(sessionId, driver, operator, tariffId, terms);
    }

    function _openingRefusal(
        Account account,
        PackedTerms terms
    ) private view returns (OpeningRefusal reason, uint256 actual, uint256 limit) {
        if (account.commitment() != 0) return (OpeningRefusal.SessionLive, 0, 0);
        if (terms.nonce() != account.nonce()) return (OpeningRefusal.NonceMismatch, terms.nonce(), account.nonce());
        if (terms.nonce() == LAST_NONCE) return (OpeningRefusal.NonceExhausted, 0, 0);
        if (terms.holdMicro() == 0) return (OpeningRefusal.HoldZero, 0, 0);
        if (terms.holdMicro() > account.freeMicro()) {
            return (OpeningRefusal.HoldAboveBalance, terms.holdMicro(), account.freeMicro());
        }
        if (terms.expiresAt() <= block.timestamp) {
            return (OpeningRefusal.ExpiryPassed, terms.expiresAt(), block.timestamp);
        }
        uint256 latestExpiry = _latestExpiry();
        if (terms.expiresAt() > latestExpiry) return (OpeningRefusal.ExpiryTooLate, terms.expiresAt(), latestExpiry);
    }

    function _latestExpiry() private view returns (uint256) {
        unchecked {
            // The sum of a time and 40 bits is far below 2^256.
            return block.timestamp + maximumSessionSeconds;
        }
    }

    /* SETTLEMENT */

    function settleBatch(SettlementGroup[] calldata groups) external nonReentrant {
        require(oracleSet.isOracle(msg.sender), NotOracle(msg.sender));

        bytes32 domain = _domainSeparatorV4();
        for (uint256 g; g < groups.length; ++g) {
            address operator = groups[g].operator;
            Tariff memory tariff = groups[g].tariff;
            Settlement[] calldata settlements = groups[g].settlements;
            bytes32 tariffId = tariff.idOf();
            uint256 creditMicro;
            for (uint256 i; i < settlements.length; ++i) {
                unchecked {
                    // Each part is at most a hold, below 2^64.
                    creditMicro += _settleOrSkip(domain, operator, tariffId, tariff, settlements[i]);
                }
            }
            if (creditMicro != 0) _credit(operator, tariffId, creditMicro);
        }
    }

    function settleProven(
        bytes32 sessionId,
        address operator,
        Tariff calldata tariff,
        Settlement calldata settlement
    ) external nonReentrant returns (uint256 chargedMicro) {
        require(msg.sender == address(meterSettlement), NotMeterSettlement(msg.sender));

        // The records are bound to the id; it has to be that of the tariff that prices them.
        bytes32 tariffId = tariff.idOf();
        require(
            sessionId == _sessionId(_domainSeparatorV4(), settlement.driver, operator, tariffId, settlement.terms),
            SettlementRefused(sessionId, SettlementRefusal.TermsMismatch)
        );
        SettlementRefusal reason;
        (reason, chargedMicro) = _settle(sessionId, settlement.driver, settlement.terms, settlement.metering, tariff);
        require(reason == SettlementRefusal.None, SettlementRefused(sessionId, reason));

        if (chargedMicro != 0) _credit(operator, tariffId, chargedMicro);
    }

    function _settleOrSkip(
        bytes32 domain,
        address operator,
        bytes32 tariffId,
        Tariff memory tariff,
        Settlement calldata settlement
    ) private returns (uint256 chargedMicro) {
        address driver = settlement.driver;
        bytes32 sessionId = _sessionId(domain, driver, operator, tariffId, settlement.terms);
        SettlementRefusal reason;
        (reason, chargedMicro) = _settle(sessionId, driver, settlement.terms, settlement.metering, tariff);
        if (reason != SettlementRefusal.None) emit SettlementSkipped(sessionId, driver, reason);
    }

    function _settle(
        bytes32 sessionId,
        address driver,
        PackedTerms terms,
        PackedMetering metering,
        Tariff memory tariff
    ) private returns (SettlementRefusal reason, uint256 chargedMicro) {
        AccountSlot storage slot = _slotOf(driver, terms.lane());
        Account account = slot.account;
        if (account.commitment() == 0) return (SettlementRefusal.NoLiveSession, 0);
        if (account.commitment() != _commitment(sessionId)) return (SettlementRefusal.TermsMismatch, 0);

        uint256 priceMicro = tariff.grossRoundedDown(
            metering.energyMicroWh(),
            metering.chargingSeconds(),
            metering.idleSeconds()
        );
        uint256 returnedMicro;
        (chargedMicro, returnedMicro) = _split(terms.holdMicro(), priceMicro);

        slot.account = account.released().credited(returnedMicro);

        emit SessionSettled(sessionId, metering.withSplit(chargedMicro, returnedMicro));
    }

    function _split(
        uint256 holdMicro,
        uint256 priceMicro
    ) private pure returns (uint256 chargedMicro, uint256 returnedMicro) {
        unchecked {
            return priceMicro < holdMicro ? (priceMicro, holdMicro - priceMicro) : (holdMicro, 0);
        }
    }

    function _credit(address operator, bytes32 tariffId, uint256 amountMicro) private {
        OperatorAccount storage account = _operatorAccounts[operator];

        account.creditMicro += uint128(amountMicro);
        account.creditedMicro += uint128(amountMicro);

        emit OperatorCredited(operator, tariffId, amountMicro);
    }

    /* EXPIRY */

    function expire(SessionTerms calldata terms) external nonReentrant returns (bytes32 sessionId) {
        sessionId = sessionIdOf(terms);
        AccountSlot storage slot = _slotOf(terms.driver, terms.lane);
        Account account = slot.account;
        require(account.commitment() == _commitment(sessionId), NotLive(sessionId));
        require(block.timestamp > terms.expiresAt, NotExpired(block.timestamp, terms.expiresAt));

        slot.account = account.released().credited(terms.holdMicro);

        emit SessionExpired(sessionId, terms.driver, terms.holdMicro);
    }

    /* OPERATOR */

    function withdrawCredit(uint256 amount, address recipient) external nonReentrant {
        OperatorAccount storage account = _operatorAccounts[msg.sender];
        uint256 amountMicro = _toMicro(amount);
        uint256 creditMicro = account.creditMicro;
        require(amountMicro <= creditMicro, BalanceTooLow(amountMicro, creditMicro));

        account.creditMicro = uint128(creditMicro - amountMicro);

        emit CreditWithdrawn(msg.sender, recipient, amountMicro);

        _pay(recipient, amount, amountMicro);
    }

    /* VIEWS */

    function accountOf(
        address driver,
        uint32 lane
    ) external view returns (uint64 freeMicro, uint32 nonce, uint160 commitment) {
        Account account = _slotOf(driver, lane).account;
        return (account.freeMicro(), account.nonce(), account.commitment());
    }

    function operatorAccountOf(address operator) external view returns (uint128 creditMicro, uint128 creditedMicro) {
        OperatorAccount memory account = _operatorAccounts[operator];
        return (account.creditMicro, account.creditedMicro);
    }

    function sessionIdOf(SessionTerms calldata terms) public view returns (bytes32 sessionId) {
        return _sessionId(_domainSeparatorV4(), terms.driver, terms.operator, terms.tariffId, terms.pack());
    }

    function isLive(SessionTerms calldata terms) external view returns (bool) {
        return _slotOf(terms.driver, terms.lane).account.commitment() == _commitment(sessionIdOf(terms));
    }

    function _sessionId(
        bytes32 domain,
        address driver,
        address operator,
        bytes32 tariffId,
        PackedTerms terms
    ) private pure returns (bytes32) {
        return
            MessageHashUtils.toTypedDataHash(domain, SessionTermsLibrary.structHash(driver, operator, tariffId, terms));
    }

    /// @dev 160 bits: two terms with one commitment would take about 2^80 hashes to find.
    function _commitment(bytes32 sessionId) private pure returns (uint160) {
        return uint160(bytes20(sessionId));
    }

    function _slotOf(address driver, uint32 lane) private view returns (AccountSlot storage) {
        return _accounts[(uint256(uint160(driver)) << 32) | lane];
    }
}
