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
    PackedTerms,
    SessionTerms,
    Settlement,
    SettlementGroup,
    SettlementRefusal
} from "./interfaces/IChargingSettlement.sol";
import {IOracleSet} from "./interfaces/IOracleSet.sol";
import {ITariffRegistry, Tariff} from "./interfaces/ITariffRegistry.sol";
import {SessionTermsLibrary} from "./libraries/SessionTermsLibrary.sol";
import {TariffMath} from "./libraries/TariffMath.sol";

/// @title Charging settlement
/// @dev See IChargingSettlement. A driver's account is one storage slot that is used again for every session; a live
/// session is a commitment in it to terms that callers supply again.
contract ChargingSettlement is IChargingSettlement, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using SessionTermsLibrary for PackedTerms;
    using SessionTermsLibrary for SessionTerms;
    using TariffMath for Tariff;

    struct Account {
        uint64 freeMicro;
        uint32 nonce;
        /// The first 160 bits of the live session's id; 0 if there is none.
        uint160 commitment;
    }

    struct OperatorAccount {
        uint128 creditMicro;
        /// Never falls, so that the slot of an operator who withdrew everything stays in use.
        uint128 creditedMicro;
    }

    uint256 private constant LEAST_DECIMALS = 6;
    uint256 private constant MOST_DECIMALS = 18;

    IERC20 public immutable erc20;
    uint256 public immutable unit;
    ITariffRegistry public immutable tariffRegistry;
    IOracleSet public immutable oracleSet;
    uint40 public immutable maximumSessionSeconds;

    /// All amounts in accounts are parts of this sum, so that none of them can overflow 64 bits.
    uint64 public owedMicro;
    mapping(uint256 accountKey => Account) private _accounts;
    mapping(address operator => OperatorAccount) private _operatorAccounts;

    constructor(
        IERC20Metadata token,
        ITariffRegistry tariffs,
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
        _accounts[_accountKey(driver, lane)].freeMicro += uint64(amountMicro);

        emit Deposited(driver, lane, msg.sender, amountMicro);
    }

    function withdraw(uint32 lane, uint256 amount, address recipient) external nonReentrant {
        Account storage account = _accounts[_accountKey(msg.sender, lane)];
        uint256 amountMicro = _toMicro(amount);
        uint256 freeMicro = account.freeMicro;
        require(amountMicro <= freeMicro, BalanceTooLow(amountMicro, freeMicro));

        account.freeMicro = uint64(freeMicro - amountMicro);

        emit Withdrawn(msg.sender, lane, recipient, amountMicro);

        _pay(recipient, amount, amountMicro);
    }

    function advanceNonce(uint32 lane) external nonReentrant {
        Account storage account = _accounts[_accountKey(msg.sender, lane)];

        uint32 nonce = ++account.nonce;

        emit NonceAdvanced(msg.sender, lane, nonce);
    }

    function _pay(address recipient, uint256 amount, uint256 amountMicro) private {
        require(recipient != address(0), AddressZero());

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
            OpeningGroup calldata group = groups[g];
            bool isOffered = tariffRegistry.isOffered(group.operator, group.tariffId);
            for (uint256 i; i < group.openings.length; ++i) {
                _openSigned(domain, group.operator, group.tariffId, isOffered, group.openings[i]);
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
        bytes32 sessionId = _sessionId(domain, opening.driver, operator, tariffId, opening.terms);
        OpeningRefusal reason;
        uint256 actual;
        uint256 limit;
        if (!isOffered) {
            reason = OpeningRefusal.TariffNotOffered;
        } else if (!_isSignedBy(opening.driver, sessionId, opening.r, opening.vs)) {
            reason = OpeningRefusal.SignatureInvalid;
        } else {
            (reason, actual, limit) = _open(sessionId, opening.driver, operator, tariffId, opening.terms);
        }
        if (reason != OpeningRefusal.None) {
            emit OpeningSkipped(sessionId, opening.driver, reason, actual, limit);
        }
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
        Account storage slot = _accounts[_accountKey(driver, terms.lane())];
        Account memory account = slot;
        (reason, actual, limit) = _openingRefusal(account, terms);
        if (reason != OpeningRefusal.None) return (reason, actual, limit);

        unchecked {
            // The refusals above have it that hold ≤ free balance and nonce < 2^32 − 1.
            account.freeMicro -= terms.holdMicro();
            account.nonce += 1;
        }
        account.commitment = _commitment(sessionId);
        _accounts[_accountKey(driver, terms.lane())] = account;

        emit SessionOpened(sessionId, driver, operator, tariffId, terms);
    }

    function _openingRefusal(
        Account memory account,
        PackedTerms terms
    ) private view returns (OpeningRefusal reason, uint256 actual, uint256 limit) {
        if (account.commitment != 0) return (OpeningRefusal.SessionLive, 0, 0);
        if (terms.nonce() != account.nonce) return (OpeningRefusal.NonceMismatch, terms.nonce(), account.nonce);
        if (account.nonce == type(uint32).max) return (OpeningRefusal.NonceExhausted, 0, 0);
        if (terms.holdMicro() == 0) return (OpeningRefusal.HoldZero, 0, 0);
        if (terms.holdMicro() > account.freeMicro) {
            return (OpeningRefusal.HoldAboveBalance, terms.holdMicro(), account.freeMicro);
        }
        if (terms.expiresAt() <= block.timestamp) {
            return (OpeningRefusal.ExpiryPassed, terms.expiresAt(), block.timestamp);
        }
        uint256 latestExpiry = block.timestamp + maximumSessionSeconds;
        if (terms.expiresAt() > latestExpiry) return (OpeningRefusal.ExpiryTooLate, terms.expiresAt(), latestExpiry);
    }

    /* SETTLEMENT */

    function settleBatch(SettlementGroup[] calldata groups) external nonReentrant {
        require(oracleSet.isOracle(msg.sender), NotOracle(msg.sender));

        bytes32 domain = _domainSeparatorV4();
        for (uint256 g; g < groups.length; ++g) {
            SettlementGroup calldata group = groups[g];
            Tariff memory tariff = group.tariff;
            bytes32 tariffId = tariff.idOf();
            uint256 creditMicro;
            for (uint256 i; i < group.settlements.length; ++i) {
                creditMicro += _settle(domain, group.operator, tariffId, tariff, group.settlements[i]);
            }
            if (creditMicro != 0) _credit(group.operator, tariffId, creditMicro);
        }
    }

    function _settle(
        bytes32 domain,
        address operator,
        bytes32 tariffId,
        Tariff memory tariff,
        Settlement calldata settlement
    ) private returns (uint256 chargedMicro) {
        PackedTerms terms = settlement.terms;
        bytes32 sessionId = _sessionId(domain, settlement.driver, operator, tariffId, terms);
        Account storage account = _accounts[_accountKey(settlement.driver, terms.lane())];
        uint160 commitment = account.commitment;
        if (commitment != _commitment(sessionId)) {
            emit SettlementSkipped(
                sessionId,
                settlement.driver,
                commitment == 0 ? SettlementRefusal.NoLiveSession : SettlementRefusal.TermsMismatch
            );
            return 0;
        }

        uint256 holdMicro = terms.holdMicro();
        uint256 priceMicro = tariff.grossRoundedDown(
            settlement.energyMicroWh,
            settlement.chargingSeconds,
            settlement.idleSeconds
        );
        chargedMicro = priceMicro < holdMicro ? priceMicro : holdMicro;
        uint256 returnedMicro = holdMicro - chargedMicro;

        account.commitment = 0;
        account.freeMicro += uint64(returnedMicro);

        emit SessionSettled(sessionId, _packMetering(settlement, chargedMicro, returnedMicro));
    }

    function _credit(address operator, bytes32 tariffId, uint256 amountMicro) private {
        OperatorAccount storage account = _operatorAccounts[operator];

        account.creditMicro += uint128(amountMicro);
        account.creditedMicro += uint128(amountMicro);

        emit OperatorCredited(operator, tariffId, amountMicro);
    }

    function _packMetering(
        Settlement calldata settlement,
        uint256 chargedMicro,
        uint256 returnedMicro
    ) private pure returns (uint256) {
        return
            (uint256(settlement.energyMicroWh) << 192) |
            (uint256(settlement.chargingSeconds) << 160) |
            (uint256(settlement.idleSeconds) << 128) |
            (chargedMicro << 64) |
            returnedMicro;
    }

    /* EXPIRY */

    function expire(SessionTerms calldata terms) external nonReentrant returns (bytes32 sessionId) {
        sessionId = sessionIdOf(terms);
        Account storage account = _accounts[_accountKey(terms.driver, terms.lane)];
        require(account.commitment == _commitment(sessionId), NotLive(sessionId));
        require(block.timestamp > terms.expiresAt, NotExpired(block.timestamp, terms.expiresAt));

        account.commitment = 0;
        account.freeMicro += terms.holdMicro;

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
        Account memory account = _accounts[_accountKey(driver, lane)];
        return (account.freeMicro, account.nonce, account.commitment);
    }

    function operatorAccountOf(address operator) external view returns (uint128 creditMicro, uint128 creditedMicro) {
        OperatorAccount memory account = _operatorAccounts[operator];
        return (account.creditMicro, account.creditedMicro);
    }

    function sessionIdOf(SessionTerms calldata terms) public view returns (bytes32 sessionId) {
        return _sessionId(_domainSeparatorV4(), terms.driver, terms.operator, terms.tariffId, terms.pack());
    }

    function isLive(SessionTerms calldata terms) external view returns (bool) {
        return _accounts[_accountKey(terms.driver, terms.lane)].commitment == _commitment(sessionIdOf(terms));
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

    function _accountKey(address driver, uint32 lane) private pure returns (uint256) {
        return (uint256(uint160(driver)) << 32) | lane;
    }
}
