// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthorizedFunding} from "./IAuthorizedFunding.sol";
import {IChallenges} from "./IChallenges.sol";
import {IMeterSettlement} from "./IMeterSettlement.sol";
import {IOpeningGuard} from "./IOpeningGuard.sol";
import {IOracleCommittee, OracleSignature} from "./IOracleCommittee.sol";
import {IPartnerAgreements} from "./IPartnerAgreements.sol";
import {ITariffRegistry, Tariff} from "./ITariffRegistry.sol";
import {ITokenHolder} from "./ITokenHolder.sol";
import {IVehicleConsents} from "./IVehicleConsents.sol";

/// @notice What driver and operator agree to before energy flows. Its EIP-712 digest is the session id.
struct SessionTerms {
    /// Pays; gets the remainder of the hold back.
    address driver;
    /// The driver's account; a driver with several sessions at once uses several lanes.
    uint32 lane;
    /// The account's nonce when the session is opened; used once.
    uint32 nonce;
    /// The charge point operator, who is paid.
    address operator;
    /// Number of the partner agreement by which the operator shares; 0 if there is none.
    uint32 agreement;
    /// Number of the EVSE in the meter registry.
    uint32 evse;
    /// Number of the meter in the meter registry.
    uint32 meter;
    /// The most that the EVSE can deliver, in watts. Oracles cannot claim more energy than this gives over time.
    uint24 maximumPowerW;
    /// The price, by the hash of its content.
    bytes32 tariffId;
    /// The most that the session can cost unless the driver tops it up, in 10⁻⁶ token.
    uint64 holdMicro;
    /// After this second (since 1970) anybody can return the hold to the driver.
    uint40 expiresAt;
}

/// @notice The terms that differ from session to session in one word, from the high bits to the low ones:
/// maximumPowerW (24), lane (32), nonce (32), evse (32), meter (32), holdMicro (64), expiresAt (40).
type PackedTerms is uint256;

/// @notice The block in which a session opened. The account's commitment holds both, and nobody knows both earlier: the
/// first 100 bits of keccak256(abi.encode(sessionId, openedAt, salt)), in base32, are the idTag that the meter signs.
struct Opening {
    /// The block's time (seconds since 1970).
    uint40 openedAt;
    /// The last 24 bits of the hash of the block before it.
    uint24 salt;
}

/// @notice What a meter measured in one word, from the high bits to the low ones: openedAt (40) and salt (24) of the
/// opening; toppedUpMicro (64): by how much the driver raised the hold; energyMicroWh (64): energy delivered, in 10⁻⁶ Wh;
/// chargingSeconds (32): time charged; connectedSeconds (32): time from plugging in to unplugging or to the end, which is
/// not less. Energy and times are rounded down.
type PackedMetering is uint256;

/// @notice What all sessions of a group have in common when they open.
struct OpeningGroup {
    address operator;
    uint32 agreement;
    bytes32 tariffId;
    SignedOpening[] openings;
}

/// @notice A session to be opened by a relayer, with the driver's signature.
struct SignedOpening {
    address driver;
    PackedTerms terms;
    /// The driver's secp256k1 signature of the session id in the compact form of ERC-2098.
    bytes32 r;
    bytes32 vs;
}

/// @notice What all sessions of a group have in common when they are settled.
struct SettlementGroup {
    address operator;
    uint32 agreement;
    /// Whether the quorum says that the contract can read the records behind each of these claims. Claims by others have
    /// a limit of their own.
    bool isReadable;
    Tariff tariff;
    Settlement[] settlements;
}

/// @notice A session to be settled, with what its meter measured.
struct Settlement {
    address driver;
    PackedTerms terms;
    PackedMetering metering;
}

/// @notice A driver's order to pay out, signed for somebody else to send.
struct Withdrawal {
    address driver;
    uint32 lane;
    /// The account's nonce; used once.
    uint32 nonce;
    /// In the token's smallest unit.
    uint256 amount;
    address recipient;
    /// The last second (since 1970) at which it can be sent.
    uint40 deadline;
}

/// @notice What a challenge has shown that a driver paid too much, for the ledger to put right.
struct Correction {
    bytes32 sessionId;
    address driver;
    uint32 lane;
    address operator;
    uint32 agreement;
    /// When the session was settled (seconds since 1970).
    uint40 settledAt;
    uint64 refundedMicro;
    address challenger;
    /// Whether a quorum said so, and not the meter: its limit of an epoch applies.
    bool isByQuorum;
}

/// @notice The contracts beside the settlement. They are fixed when it is deployed.
struct Neighbours {
    ITariffRegistry tariffRegistry;
    IPartnerAgreements partnerAgreements;
    IOracleCommittee oracleCommittee;
    IOpeningGuard openingGuard;
    IMeterSettlement meterSettlement;
    IChallenges challenges;
    IVehicleConsents vehicleConsents;
    IAuthorizedFunding authorizedFunding;
}

/// @notice The rules of an instance. They are fixed when it is deployed.
struct Rules {
    uint40 maximumSessionSeconds;
    uint40 epochSeconds;
    /// What oracles can credit an operator with in an epoch, and likewise below, unless its limits were raised.
    uint64 epochLimitMicro;
    /// What oracles can give back to one operator's drivers in an epoch: settling at nothing is limited, too.
    uint64 epochReturnLimitMicro;
    /// The holds of one operator's sessions that oracles can settle in an epoch by records that the contract cannot read.
    uint64 epochUnreadableLimitMicro;
}

/// @notice Why a session cannot be opened, in the order in which it is checked. `actual` and `limit` in the error and in
/// the event are what the reason compares; both are 0 where nothing is compared.
enum OpeningRefusal {
    None,
    /// The operator does not offer the tariff.
    TariffNotOffered,
    /// The agreement is not the operator's, or not all its partners have signed, or it was retired.
    AgreementNotBinding,
    /// The driver did not sign these terms.
    SignatureInvalid,
    /// The account has a live session already; use another lane.
    SessionLive,
    /// The terms carry another nonce (actual) than the account's (limit).
    NonceMismatch,
    /// The account's nonces are used up.
    NonceExhausted,
    /// The hold is zero.
    HoldZero,
    /// The hold (actual) is above the account's free balance (limit).
    HoldAboveBalance,
    /// The expiry (actual) is not after the time of the block (limit).
    ExpiryPassed,
    /// The expiry (actual) is later than the longest session allows (limit).
    ExpiryTooLate
}

/// @notice Why a session cannot be settled, in the order in which it is checked.
enum SettlementRefusal {
    None,
    /// The account has no live session: it was settled or has expired.
    NoLiveSession,
    /// The account's live session has other terms, opened in another block, or was topped up by another amount.
    TermsMismatch,
    /// A committee that was scheduled after the opening could be in force; only the meter's signature settles now.
    QuorumTooLate,
    /// More charging time than time connected, or more of that than has passed since the opening.
    TimeOutOfBounds,
    /// More energy than the EVSE's maximum power gives in the time since the opening.
    EnergyAbovePower,
    /// Oracles have credited the operator, or given its drivers back, or settled by unreadable records, as much as they
    /// may in this epoch.
    EpochLimitReached
}

/// @title Charging settlement
/// @notice Holds the money of charging sessions in one ERC-20 token and splits it between driver and operator when the
/// meter's value is in. There is no owner and no route to anybody else's money. This contract is the only place where
/// balances change; what proves, agrees or authorises lives in contracts beside it.
///
/// Amounts ending in `Micro` are integers of 10⁻⁶ token, whatever the decimals of the token.
///
/// A signature in `bytes` is tried as the account's plain signature (65 bytes) first, and then, where the account has code,
/// by ERC-1271 with at most 500,000 gas; so accounts with a delegation (EIP-7702) can sign by their key.
///
/// Assumptions for correctness: the token does not change balances by itself (no rebasing, no fee on transfer; a fee is
/// detected and refused). What a quorum of oracles claims is what meters signed, or somebody shows within the challenge
/// window what they did sign; what an undisputed wrong claim can cost is bounded by holds, power and the epoch's limit.
/// Assumptions for liveness: none for the way out. A free balance can be withdrawn at any time, and a hold is free
/// after its expiry, whatever oracles and operator do.
interface IChargingSettlement is ITokenHolder {
    /* EVENTS */

    /// @notice A driver's free balance grew by a deposit.
    event Deposited(address indexed driver, uint32 indexed lane, address indexed payer, uint256 amountMicro);
    /// @notice A driver's free balance shrank by a withdrawal.
    event Withdrawn(address indexed driver, uint32 indexed lane, address indexed recipient, uint256 amountMicro);
    /// @notice A driver used a nonce otherwise than by opening: signed terms and withdrawals with the old one are void.
    event NonceAdvanced(address indexed driver, uint32 indexed lane, uint256 nonce);
    /// @notice The sessions that open next in this transaction, until another such event, have these terms and this opening
    /// in common.
    event GroupOpened(
        address indexed operator,
        uint32 indexed agreement,
        bytes32 indexed tariffId,
        uint40 openedAt,
        uint24 salt
    );
    /// @notice A session is live and its hold is bound. With the group's event before it these are its terms in full.
    event SessionOpened(bytes32 indexed sessionId, address indexed driver, PackedTerms terms);
    /// @notice One session of a batch was not opened; nothing changed for it.
    event OpeningSkipped(
        bytes32 indexed sessionId,
        address indexed driver,
        OpeningRefusal reason,
        uint256 actual,
        uint256 limit
    );
    /// @notice The driver raised the hold of a live session to holdMicro + `toppedUpMicro`.
    event SessionToppedUp(bytes32 indexed sessionId, address indexed driver, uint256 toppedUpMicro);
    /// @notice Sessions of a group were settled by a quorum. The claim at place i of the group is number `firstIndex` + i
    /// of its batch; `sessionIds[i]` and `results[i]`, which is as in `SessionSettled`, are 0 where it was skipped.
    event GroupSettled(
        address indexed operator,
        uint32 indexed agreement,
        bytes32 indexed tariffId,
        bool isReadable,
        uint256 firstIndex,
        bytes32[] sessionIds,
        uint256[] results
    );
    /// @notice A session was settled by its meter's word: the operator is credited with `chargedMicro`, the rest of the hold is free again.
    /// `result` holds, from the high bits to the low ones: energyMicroWh (64), chargingSeconds (32), connectedSeconds (32),
    /// chargedMicro (64), returnedMicro (64).
    event SessionSettled(bytes32 indexed sessionId, uint256 result);
    /// @notice One session of a batch was not settled; nothing changed for it.
    event SettlementSkipped(bytes32 indexed sessionId, address indexed driver, SettlementRefusal reason);
    /// @notice The sum of sessions that were settled together. A provisional credit becomes final after the challenge
    /// window, without anybody's doing.
    event OperatorCredited(
        address indexed operator,
        uint32 indexed agreement,
        bytes32 indexed tariffId,
        uint256 amountMicro,
        bool isFinal
    );
    /// @notice A challenge was right: the driver got `refundedMicro` back from the operator's provisional credit.
    event SessionCorrected(bytes32 indexed sessionId, address indexed challenger, uint256 refundedMicro);
    /// @notice Driver and operator agreed what the session costs; the credit is final, the rest of the hold free again.
    event SessionAgreed(
        bytes32 indexed sessionId,
        address indexed driver,
        address indexed operator,
        uint256 chargedMicro,
        uint256 returnedMicro
    );
    /// @notice The operator, or an account that it appointed, gave a session up; its whole hold is free again.
    event SessionReleased(
        bytes32 indexed sessionId,
        address indexed driver,
        address indexed releaser,
        uint256 returnedMicro
    );
    /// @notice From now on the account can, or cannot, release the operator's sessions.
    event ReleaserChanged(address indexed operator, address indexed account, bool isAppointed);
    /// @notice A session ended by time; its whole hold is free again.
    event SessionExpired(bytes32 indexed sessionId, address indexed driver, uint256 returnedMicro);
    /// @notice A party's credit shrank by a withdrawal.
    event CreditWithdrawn(
        address indexed operator,
        uint32 indexed agreement,
        address indexed party,
        address recipient,
        uint256 amountMicro
    );
    /// @notice An operator gave money of a session back to its driver. Lane and agreement are there because nothing proves
    /// that the session was ever opened.
    event SessionRefunded(
        bytes32 indexed sessionId,
        address indexed driver,
        address indexed operator,
        uint32 lane,
        uint32 agreement,
        uint256 amountMicro
    );

    /* ERRORS */

    /// @notice A change of oracles would take effect within the longest session.
    error ChangeDelayTooShort(uint256 delaySeconds, uint256 maximumSessionSeconds);
    /// @notice A credit could become final within the challenge window, or within an hour.
    error EpochTooShort(uint256 epochSeconds, uint256 leastSeconds);
    /// @notice A contract beside this one belongs to another settlement, or has another rule.
    error NeighbourMismatch();
    /// @notice The deadline has passed.
    error DeadlinePassed(uint256 timestamp, uint256 deadline);
    /// @notice The signature is not this account's.
    error SignatureInvalid(address account);
    /// @notice The order carries another nonce than the account.
    error NonceMismatch(uint256 nonce, uint256 accountNonce);
    /// @notice The account's nonces are used up; use another lane.
    error NonceExhausted();
    /// @notice The guardian has paused opening.
    error OpeningPaused();
    /// @notice The session cannot be opened, and why.
    error OpeningRefused(OpeningRefusal reason, uint256 actual, uint256 limit);
    /// @notice Only the driver named in the terms can do this without a signature.
    error NotDriver(address caller, address driver);
    /// @notice Only the operator named in the terms can do this.
    error NotOperator(address caller, address operator);
    /// @notice Only the operator named in the terms, or an account that it appointed, can do this.
    error NotReleaser(address caller, address operator);
    /// @notice Driver and operator cannot agree on more than what is held.
    error AmountAboveHold(uint256 amountMicro, uint256 heldMicro);
    /// @notice Only a contract beside this one can do this.
    error NotNeighbour(address caller);
    /// @notice Oracles may give back no more than this to the operator's drivers in this epoch.
    error ReturnLimitReached(uint256 amountMicro, uint256 leftMicro);
    /// @notice The session cannot be settled, and why.
    error SettlementRefused(bytes32 sessionId, SettlementRefusal reason);
    /// @notice The account's live session, if any, does not have these terms, opened in another block, or was topped up by
    /// another amount.
    error NotLive(bytes32 sessionId);
    /// @notice The hold cannot be raised any more: what settles the session must not be outrun by its driver.
    error TopUpTooLate(uint256 timestamp, uint256 latest);
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

    /// @notice Pays out of a driver's free balance by the driver's signature. Anybody may send it.
    /// @param signature Of the EIP-712 digest of the order; plain, or by ERC-1271.
    function withdrawSigned(Withdrawal calldata withdrawal, bytes calldata signature) external;

    /// @notice Makes terms and withdrawals that the caller signed and nobody sent yet void, by using up their nonce.
    function advanceNonce(uint32 lane) external;

    /* OPENING */

    /// @notice Opens a session of the caller.
    /// @return sessionId The EIP-712 digest of the terms.
    function open(SessionTerms calldata terms) external returns (bytes32 sessionId);

    /// @notice Opens a session by the driver's signature of the session id; plain, or by ERC-1271. Anybody may send it.
    function openSigned(SessionTerms calldata terms, bytes calldata signature) external returns (bytes32 sessionId);

    /// @notice Opens a session that a contract beside this one has found to be the driver's will: by a vehicle's key under
    /// a consent, or by a transfer authorisation that names the session. Only those two contracts.
    function openAuthorized(SessionTerms calldata terms) external returns (bytes32 sessionId);

    /// @notice Opens sessions with their drivers' signatures. Anybody may relay them. A session that cannot be opened
    /// is skipped with an event; the others open. Takes plain signatures only: to ask a wallet would let it use up the gas
    /// of all others.
    function openBatch(OpeningGroup[] calldata groups) external;

    /// @notice Raises the hold of a live session from the caller's free balance, until two hours before it expires.
    /// @param opening The block in which it opened.
    /// @param toppedUpMicro By how much it was raised before.
    /// @param amountMicro By how much to raise it now.
    function topUp(
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro,
        uint64 amountMicro
    ) external;

    /// @notice The same by the driver's signature of the EIP-712 digest of
    /// TopUp(bytes32 sessionId,uint64 toppedUpMicro,uint64 amountMicro). Anybody may send it.
    function topUpSigned(
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro,
        uint64 amountMicro,
        bytes calldata signature
    ) external;

    /* SETTLEMENT */

    /// @notice Settles sessions on the claim of a quorum of oracles: the price follows from the claim and the tariff of
    /// the terms, at most the hold; the operator is credited provisionally, the rest is free again. Anybody may send what
    /// the quorum signed. A session that cannot be settled is skipped with an event; the others settle. A session can be
    /// settled so before `changeDelaySeconds` of the committee have passed since its opening, unless somebody expired it.
    /// @param evidenceRoot The root of a tree over (session id, hash of the records, whether the contract can read them)
    /// of the same claims in the same order; it is not computed here, but whoever signed it must show what is behind it
    /// when somebody demands that.
    /// @param signatures Of the EIP-712 digest of SettlementBatch(bytes32 claims,bytes32 evidenceRoot,uint256 count), where
    /// `claims` is the root of ClaimTree over every session of the batch in order.
    function settleBatch(
        SettlementGroup[] calldata groups,
        bytes32 evidenceRoot,
        OracleSignature[] calldata signatures
    ) external;

    /// @notice Settles one session from what its meter signed, until somebody expires it. Where a maker vouches for the
    /// meter, the credit is final. Otherwise it is provisional and counts against what oracles can credit the operator with
    /// in the epoch, and a quorum can lower it within the challenge window. Only `meterSettlement`, which has verified the
    /// records.
    /// @param sessionId The session to which the records are bound; refused unless it is that of the other arguments.
    /// @param isVouched Whether a maker vouches for the meter.
    /// @return chargedMicro What the operator is credited with.
    function settleProven(
        bytes32 sessionId,
        address operator,
        uint32 agreement,
        Tariff calldata tariff,
        Settlement calldata settlement,
        bool isVouched
    ) external returns (uint256 chargedMicro);

    /// @notice Puts right what a challenge has shown. Only `challenges`.
    function correct(Correction calldata correction) external;

    /* AGREEMENT */

    /// @notice Settles a live session at what its driver and its operator both signed; the credit is final and counts
    /// against no limit. Anybody may send it.
    /// @param opening The block in which it opened.
    /// @param toppedUpMicro By how much the driver raised the hold.
    /// @param chargedMicro What the operator is credited with; at most the hold, and it may be 0.
    /// @param driverSignature Of the EIP-712 digest of AgreedSettlement(bytes32 sessionId,uint40 openedAt,uint24 salt,
    /// uint64 toppedUpMicro,uint64 chargedMicro); plain, or by ERC-1271.
    /// @param operatorSignature Of the same digest.
    /// @return sessionId The EIP-712 digest of the terms.
    function settleAgreed(
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro,
        uint64 chargedMicro,
        bytes calldata driverSignature,
        bytes calldata operatorSignature
    ) external returns (bytes32 sessionId);

    /* RELEASE */

    /// @notice Frees the whole hold of a live session at once: the charge is cancelled, or never began. Only the operator
    /// of the session, or an account that it appointed.
    /// @param opening The block in which it opened.
    /// @param toppedUpMicro By how much the driver raised the hold.
    /// @return sessionId The EIP-712 digest of the terms.
    function release(
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro
    ) external returns (bytes32 sessionId);

    /// @notice Appoints or dismisses an account that can release the calling operator's sessions. Without effect if it is
    /// so already. Warning: whoever has its key can make the operator lose what live sessions would still earn.
    function changeReleaser(address account, bool isAppointed) external;

    /* EXPIRY */

    /// @notice Frees the whole hold of a session after its expiry. Anybody may call; the money stays with the driver.
    /// @param opening The block in which it opened.
    /// @param toppedUpMicro By how much the driver raised the hold.
    /// @return sessionId The EIP-712 digest of the terms.
    function expire(
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro
    ) external returns (bytes32 sessionId);

    /* CREDIT */

    /// @notice Pays out of the caller's part of an operator's final credit.
    /// @param operator Whose credit; the caller is this operator or a partner.
    /// @param agreement Under which agreement it was earned; 0 for none.
    /// @param amount In the token's smallest unit; a multiple of `unit()`.
    /// @param recipient Who gets it.
    function withdrawCredit(address operator, uint32 agreement, uint256 amount, address recipient) external;

    /// @notice Gives money of a session back to its driver, out of the calling operator's own part of the final credit.
    function refund(SessionTerms calldata terms, uint64 amountMicro) external;

    /* VIEWS */

    /// @notice A driver's account.
    /// @return freeMicro What can be withdrawn or held.
    /// @return nonce The nonce that the next session's terms must carry.
    /// @return commitment The first 160 bits of keccak256(abi.encodePacked(termsHash, openedAt, salt, toppedUpMicro)) of the
    /// live session, where `termsHash` is the EIP-712 struct hash of the terms; 0 if there is none.
    function accountOf(
        address driver,
        uint32 lane
    ) external view returns (uint64 freeMicro, uint32 nonce, uint160 commitment);

    /// @notice An operator's credit under an agreement, for all its parties together.
    /// @return finalMicro All that was ever credited for good.
    /// @return provisionalMicro What can still be challenged.
    function creditOf(
        address operator,
        uint32 agreement
    ) external view returns (uint64 finalMicro, uint64 provisionalMicro);

    /// @notice What a party can withdraw of it.
    function withdrawableOf(address operator, uint32 agreement, address party) external view returns (uint64);

    /// @notice The EIP-712 digest of the terms, for this chain and this contract.
    function sessionIdOf(SessionTerms calldata terms) external view returns (bytes32 sessionId);

    /// @notice Whether the session with these terms and this opening is live: neither settled nor released nor expired.
    function isLive(
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro
    ) external view returns (bool);

    /// @notice Whether the account can release the operator's sessions, as the operator itself can.
    function isReleaser(address operator, address account) external view returns (bool);

    /// @notice What oracles sign for a batch.
    function batchDigestOf(bytes32 claims, bytes32 evidenceRoot, uint256 count) external view returns (bytes32);

    /// @notice The longest time between opening and expiry, in seconds.
    function maximumSessionSeconds() external view returns (uint40);

    /// @notice How long an epoch is, in seconds. A provisional credit is final when the epoch after its own is over.
    function epochSeconds() external view returns (uint40);

    /// @notice What oracles can credit an operator with in an epoch, times the operator's `limitMultipleOf` in the committee;
    /// so are the two limits below.
    function epochLimitMicro() external view returns (uint64);

    /// @notice What oracles can give back to an operator's drivers in an epoch.
    function epochReturnLimitMicro() external view returns (uint64);

    /// @notice The holds of an operator's sessions that oracles can settle in an epoch by unreadable records.
    function epochUnreadableLimitMicro() external view returns (uint64);

    /// @notice Where tariffs are published.
    function tariffRegistry() external view returns (ITariffRegistry);

    /// @notice Where partners agree.
    function partnerAgreements() external view returns (IPartnerAgreements);

    /// @notice Whose claims settle.
    function oracleCommittee() external view returns (IOracleCommittee);

    /// @notice Who can pause opening.
    function openingGuard() external view returns (IOpeningGuard);

    /// @notice What settles from the meter's own signature, without an oracle.
    function meterSettlement() external view returns (IMeterSettlement);

    /// @notice Where wrong claims are shown to be wrong.
    function challenges() external view returns (IChallenges);

    /// @notice What opens sessions by vehicles' keys.
    function vehicleConsents() external view returns (IVehicleConsents);

    /// @notice What opens sessions by transfer authorisations.
    function authorizedFunding() external view returns (IAuthorizedFunding);
}
