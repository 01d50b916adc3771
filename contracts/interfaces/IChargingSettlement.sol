// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IMeterSettlement} from "./IMeterSettlement.sol";
import {IOracleSet} from "./IOracleSet.sol";
import {ITariffRegistry, Tariff} from "./ITariffRegistry.sol";

/// @notice What driver and operator agree to before energy flows. Its EIP-712 digest is the session id, and the first
/// 100 bits of that, in base32, are the idTag that the meter signs.
struct SessionTerms {
    /// Pays; gets the remainder of the hold back.
    address driver;
    /// The driver's account; a driver with several sessions at once uses several lanes.
    uint32 lane;
    /// The account's nonce when the session is opened; used once.
    uint32 nonce;
    /// The charge point operator, who is paid.
    address operator;
    /// Number of the EVSE in the meter registry.
    uint32 evse;
    /// Number of the meter in the meter registry.
    uint32 meter;
    /// The price, by the hash of its content.
    bytes32 tariffId;
    /// The most that the session can cost, in 10⁻⁶ token.
    uint64 holdMicro;
    /// After this second (since 1970) anybody can return the hold to the driver.
    uint40 expiresAt;
}

/// @notice The terms that differ from session to session in one word, from the high bits to the low ones:
/// 24 bits that mean nothing, lane (32), nonce (32), evse (32), meter (32), holdMicro (64), expiresAt (40).
type PackedTerms is uint256;

/// @notice What a meter measured in one word, from the high bits to the low ones: 128 bits that mean nothing,
/// energyMicroWh (64): energy delivered, in 10⁻⁶ Wh; chargingSeconds (32): time charged; idleSeconds (32): time
/// connected and not charging, grace period included. Each is rounded down.
type PackedMetering is uint256;

/// @notice A session to be opened by a relayer, with the driver's signature.
struct Opening {
    address driver;
    PackedTerms terms;
    /// The driver's secp256k1 signature of the session id in the compact form of ERC-2098.
    bytes32 r;
    bytes32 vs;
}

/// @notice Sessions to be opened with one operator at one tariff.
struct OpeningGroup {
    address operator;
    bytes32 tariffId;
    Opening[] openings;
}

/// @notice A session to be settled, with what its meter measured.
struct Settlement {
    address driver;
    PackedTerms terms;
    PackedMetering metering;
}

/// @notice Sessions to be settled with one operator at one tariff.
struct SettlementGroup {
    address operator;
    Tariff tariff;
    Settlement[] settlements;
}

/// @notice Why a session cannot be opened, in the order in which it is checked, but for the last two: the tariff is
/// checked before everything else, and whether nonces are used up after the nonce. `actual` and `limit` in the error and
/// in the event are what the reason compares; both are 0 where nothing is compared.
enum OpeningRefusal {
    None,
    /// The driver did not sign these terms.
    SignatureInvalid,
    /// The account has a live session already; use another lane.
    SessionLive,
    /// The terms carry another nonce (actual) than the account's (limit).
    NonceMismatch,
    /// The hold is zero.
    HoldZero,
    /// The hold (actual) is above the account's free balance (limit).
    HoldAboveBalance,
    /// The expiry (actual) is not after the time of the block (limit).
    ExpiryPassed,
    /// The expiry (actual) is later than the longest session allows (limit).
    ExpiryTooLate,
    /// The account's nonces are used up.
    NonceExhausted,
    /// The operator does not offer the tariff.
    TariffNotOffered
}

/// @notice Why a session cannot be settled.
enum SettlementRefusal {
    None,
    /// The account has no live session: it was settled or has expired.
    NoLiveSession,
    /// The account's live session has other terms.
    TermsMismatch
}

/// @title Charging settlement
/// @notice Holds the money of charging sessions in one ERC-20 token and splits it between driver and operator when the
/// meter's value is in. There is no owner and no route to anybody else's money.
///
/// Amounts ending in `Micro` are integers of 10⁻⁶ token, whatever the decimals of the token.
///
/// Assumptions for correctness: the token does not change balances by itself (no rebasing, no fee on transfer; a fee is
/// detected and refused). Oracles report what meters signed; what a wrong report can cost is bounded by the hold.
/// Assumptions for liveness: none for the way out. A free balance can be withdrawn at any time, and a hold is free
/// after its expiry, whatever oracle and operator do.
interface IChargingSettlement {
    /* EVENTS */

    /// @notice A driver's free balance grew by a deposit.
    event Deposited(address indexed driver, uint32 indexed lane, address indexed payer, uint256 amountMicro);
    /// @notice A driver's free balance shrank by a withdrawal.
    event Withdrawn(address indexed driver, uint32 indexed lane, address indexed recipient, uint256 amountMicro);
    /// @notice A driver made signed terms with the old nonce void.
    event NonceAdvanced(address indexed driver, uint32 indexed lane, uint256 nonce);
    /// @notice A session is live and its hold is bound. With driver, operator and tariff the packed terms are the terms
    /// in full.
    event SessionOpened(
        bytes32 indexed sessionId,
        address indexed driver,
        address indexed operator,
        bytes32 tariffId,
        PackedTerms terms
    );
    /// @notice One session of a batch was not opened; nothing changed for it.
    event OpeningSkipped(
        bytes32 indexed sessionId,
        address indexed driver,
        OpeningRefusal reason,
        uint256 actual,
        uint256 limit
    );
    /// @notice A session was settled: the operator is credited with `chargedMicro`, the rest of the hold is free again.
    /// `result` holds, from the high bits to the low ones: energyMicroWh (64), chargingSeconds (32), idleSeconds (32),
    /// chargedMicro (64), returnedMicro (64).
    event SessionSettled(bytes32 indexed sessionId, uint256 result);
    /// @notice One session of a batch was not settled; nothing changed for it.
    event SettlementSkipped(bytes32 indexed sessionId, address indexed driver, SettlementRefusal reason);
    /// @notice The sum of the sessions that were settled for this operator in one group of a batch.
    event OperatorCredited(address indexed operator, bytes32 indexed tariffId, uint256 amountMicro);
    /// @notice A session ended by time; its whole hold is free again.
    event SessionExpired(bytes32 indexed sessionId, address indexed driver, uint256 returnedMicro);
    /// @notice An operator's credit shrank by a withdrawal.
    event CreditWithdrawn(address indexed operator, address indexed recipient, uint256 amountMicro);

    /* ERRORS */

    /// @notice The token has fewer than 6 or more than 18 decimals.
    error DecimalsOutOfRange(uint256 decimals, uint256 least, uint256 most);
    /// @notice An oracle's change would take effect within the longest session.
    error ChangeDelayTooShort(uint256 delaySeconds, uint256 maximumSessionSeconds);
    /// @notice The amount is zero.
    error AmountZero();
    /// @notice The amount, in the token's smallest unit, is not a whole number of 10⁻⁶ token.
    error AmountNotMultiple(uint256 amount, uint256 unit);
    /// @notice The zero address cannot own an account or receive money.
    error AddressZero();
    /// @notice The settlement cannot be paid by itself.
    error RecipientIsSettlement();
    /// @notice More would be owed than the ledger can hold.
    error LedgerFull(uint256 owedMicro, uint256 limitMicro);
    /// @notice The token moved another amount than was asked for.
    error TransferMismatch(uint256 received, uint256 expected);
    /// @notice The withdrawal is above the balance.
    error BalanceTooLow(uint256 amountMicro, uint256 balanceMicro);
    /// @notice The account's nonces are used up; use another lane.
    error NonceExhausted();
    /// @notice The session cannot be opened, and why.
    error OpeningRefused(OpeningRefusal reason, uint256 actual, uint256 limit);
    /// @notice Only the driver named in the terms can open them without a signature.
    error NotDriver(address caller, address driver);
    /// @notice Only an oracle can settle.
    error NotOracle(address caller);
    /// @notice Only the contract that verifies meters' signatures can settle this way.
    error NotMeterSettlement(address caller);
    /// @notice The session cannot be settled, and why.
    error SettlementRefused(bytes32 sessionId, SettlementRefusal reason);
    /// @notice The account's live session, if any, does not have these terms.
    error NotLive(bytes32 sessionId);
    /// @notice The session cannot expire yet.
    error NotExpired(uint256 timestamp, uint256 expiresAt);

    /* FUNDING */

    /// @notice Takes tokens from the caller into a driver's free balance.
    /// @param driver Whose account; anybody may pay in.
    /// @param lane Which of the driver's accounts; 0 is the usual one.
    /// @param amount In the token's smallest unit; a multiple of `unit()`.
    function deposit(address driver, uint32 lane, uint256 amount) external;

    /// @notice Pays out of the caller's free balance, at any time.
    /// @param lane Which of the caller's accounts.
    /// @param amount In the token's smallest unit; a multiple of `unit()`.
    /// @param recipient Who gets it.
    function withdraw(uint32 lane, uint256 amount, address recipient) external;

    /// @notice Makes terms that the caller signed and nobody opened yet void, by using up their nonce.
    function advanceNonce(uint32 lane) external;

    /* OPENING */

    /// @notice Opens a session of the caller.
    /// @return sessionId The EIP-712 digest of the terms.
    function open(SessionTerms calldata terms) external returns (bytes32 sessionId);

    /// @notice Opens sessions with their drivers' signatures. Anybody may relay them. A session that cannot be opened
    /// is skipped with an event; the others open.
    function openBatch(OpeningGroup[] calldata groups) external;

    /* SETTLEMENT */

    /// @notice Settles sessions: the price follows from the meter's value and the tariff of the terms, at most the hold;
    /// the operator is credited, the rest is free again. Only an oracle. A session that cannot be settled is skipped
    /// with an event; the others settle. A session can be settled until somebody expires it.
    function settleBatch(SettlementGroup[] calldata groups) external;

    /// @notice Settles one session from what its meter signed. Only `meterSettlement`, which has verified the records.
    /// @param sessionId The session to which the records are bound; refused unless it is that of the other arguments.
    /// @return chargedMicro What the operator is credited with.
    function settleProven(
        bytes32 sessionId,
        address operator,
        Tariff calldata tariff,
        Settlement calldata settlement
    ) external returns (uint256 chargedMicro);

    /* EXPIRY */

    /// @notice Frees the whole hold of a session after its expiry. Anybody may call; the money stays with the driver.
    /// @return sessionId The EIP-712 digest of the terms.
    function expire(SessionTerms calldata terms) external returns (bytes32 sessionId);

    /* OPERATOR */

    /// @notice Pays out of the calling operator's credit.
    /// @param amount In the token's smallest unit; a multiple of `unit()`.
    /// @param recipient Who gets it.
    function withdrawCredit(uint256 amount, address recipient) external;

    /* VIEWS */

    /// @notice A driver's account.
    /// @return freeMicro What can be withdrawn or held.
    /// @return nonce The nonce that the next session's terms must carry.
    /// @return commitment The first 160 bits of the live session's id; 0 if there is none.
    function accountOf(
        address driver,
        uint32 lane
    ) external view returns (uint64 freeMicro, uint32 nonce, uint160 commitment);

    /// @notice An operator's account.
    /// @return creditMicro What can be withdrawn.
    /// @return creditedMicro All that was ever credited.
    function operatorAccountOf(address operator) external view returns (uint128 creditMicro, uint128 creditedMicro);

    /// @notice The EIP-712 digest of the terms, for this chain and this contract.
    function sessionIdOf(SessionTerms calldata terms) external view returns (bytes32 sessionId);

    /// @notice Whether the session with these terms is open and neither settled nor expired.
    function isLive(SessionTerms calldata terms) external view returns (bool);

    /// @notice All that is owed to drivers and operators, held or free. The token balance is never below it.
    function owedMicro() external view returns (uint64);

    /// @notice The token of this instance.
    function erc20() external view returns (IERC20);

    /// @notice The smallest amount that can be stored, in the token's smallest unit: 10^(decimals − 6).
    function unit() external view returns (uint256);

    /// @notice The longest time between opening and expiry, in seconds.
    function maximumSessionSeconds() external view returns (uint40);

    /// @notice Where tariffs are published.
    function tariffRegistry() external view returns (ITariffRegistry);

    /// @notice What settles from the meter's own signature, without an oracle; deployed with this contract.
    function meterSettlement() external view returns (IMeterSettlement);

    /// @notice Who may settle from an oracle's word.
    function oracleSet() external view returns (IOracleSet);
}
