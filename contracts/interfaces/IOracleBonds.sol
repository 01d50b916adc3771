// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOracleCommittee} from "./IOracleCommittee.sol";
import {IPartnerAgreements} from "./IPartnerAgreements.sol";
import {ITokenHolder} from "./ITokenHolder.sol";

/// @notice What a quorum answers for that did not show what it settled by. Amounts in 10⁻⁶ token.
struct Loss {
    bytes32 sessionId;
    /// The oracles that signed, and when the batch was settled (seconds since 1970).
    address[] liable;
    uint40 settledAt;
    /// What the driver paid without proof.
    address driver;
    uint64 driverMicro;
    /// What the operator was credited too little, as its meter's records show.
    address operator;
    uint32 agreement;
    uint64 operatorMicro;
    /// What showed it, if anything is paid for that.
    address challenger;
    uint64 rewardMicro;
}

/// @notice All losses of one oracle from its first default on, until its whole liability for what it had signed is over.
struct BondCase {
    /// When it began, and from when on it can be closed (seconds since 1970); both 0 if there is no such case.
    uint40 openedAt;
    uint40 closesAt;
    bool isClosed;
    /// The oracle's whole bond when the case began.
    uint64 poolMicro;
    /// What drivers and operators lost, and what is promised to challengers.
    uint128 lossMicro;
    uint128 rewardMicro;
    /// What is paid of these two; known once the case is closed.
    uint64 paidLossMicro;
    uint64 paidRewardMicro;
}

/// @title Oracle bonds
/// @notice Holds what oracles stake on the batches that they sign, in tokens of its own. A quorum settles only while each
/// signer has the least bond.
///
/// An oracle's first default freezes its whole bond in a case; only a new bond lets it sign again. The case stays open
/// until everything that the oracle had signed by then can be demanded and concluded no more. Then the pool pays all
/// losses in proportion, rewards after them, and as much as it pays is burnt: it stays here for ever and belongs to
/// nobody. So a quorum that challenges itself does not outrun its victims, and loses half of what it pays itself. What is
/// left of the pool is the oracle's bond again.
///
/// Assumptions for correctness: `challenges` claims only losses that happened; the token moves what it is told to.
/// Assumptions for liveness: somebody closes a case; anybody can.
interface IOracleBonds is ITokenHolder {
    /// @notice An oracle's bond grew.
    event BondPosted(address indexed oracle, address indexed payer, uint256 amountMicro);
    /// @notice An oracle that is no longer liable took bond back.
    event BondWithdrawn(address indexed oracle, address indexed recipient, uint256 amountMicro);
    /// @notice An oracle's whole bond is frozen until `closesAt`.
    event CaseOpened(address indexed oracle, uint256 indexed number, uint256 poolMicro, uint256 closesAt);
    /// @notice A loss counts in an oracle's case with this part, all in 10⁻⁶ token.
    event LossClaimed(
        address indexed oracle,
        uint256 indexed number,
        bytes32 indexed sessionId,
        uint256 driverMicro,
        uint256 operatorMicro,
        uint256 rewardMicro
    );
    /// @notice What the pool pays for losses and rewards, what is burnt, and what is the oracle's bond again.
    event CaseClosed(
        address indexed oracle,
        uint256 indexed number,
        uint256 paidLossMicro,
        uint256 paidRewardMicro,
        uint256 burntMicro,
        uint256 returnedMicro
    );
    /// @notice A credit grew by what a closed case pays to an account.
    event PayoutCollected(
        address indexed oracle,
        uint256 indexed number,
        address indexed account,
        uint32 agreement,
        uint256 amountMicro
    );
    /// @notice Somebody deposited what an answer costs.
    event DepositTaken(address indexed payer, uint256 amountMicro);
    /// @notice A deposit became somebody's credit.
    event DepositCredited(address indexed account, uint256 amountMicro);
    /// @notice A party's credit shrank by a withdrawal.
    event CreditWithdrawn(
        address indexed account,
        uint32 indexed agreement,
        address indexed party,
        address recipient,
        uint256 amountMicro
    );

    /// @notice Only the contract of challenges can do this.
    error NotChallenges(address caller);
    /// @notice The oracle still answers for claims it has signed or can sign.
    error BondBound(address oracle);
    /// @notice An oracle signed a batch with less than the least bond.
    error BondTooLow(address oracle, uint256 bondMicro, uint256 leastMicro);
    /// @notice There is no such case, or it is closed.
    error CaseNotOpen(address oracle, uint256 number);
    /// @notice Losses can still be claimed in the case.
    error CaseStillOpen(uint256 timestamp, uint256 closesAt);
    /// @notice The case pays nothing to the account, or not any more.
    error NothingToCollect(address oracle, uint256 number, address account);

    /// @notice Takes tokens from the caller into an oracle's bond.
    /// @param amount In the token's smallest unit; a multiple of `unit()`.
    function postBond(address oracle, uint256 amount) external;

    /// @notice Pays out of the calling oracle's bond, once it answers for nothing any more.
    /// @param amount In the token's smallest unit; a multiple of `unit()`.
    function withdrawBond(uint256 amount, address recipient) external;

    /// @notice Closes a case whose time is over. Anybody may call.
    function closeCase(address oracle, uint32 number) external;

    /// @notice Turns what a closed case pays to an account into its credit here. Anybody may call.
    function collect(address oracle, uint32 number, address account, uint32 agreement) external;

    /// @notice Pays out of the caller's part of a credit here.
    /// @param account Whose credit; the caller is this account, or a partner under the agreement.
    /// @param agreement 0 for none.
    /// @param amount In the token's smallest unit; a multiple of `unit()`.
    function withdrawCredit(address account, uint32 agreement, uint256 amount, address recipient) external;

    /// @notice Takes a deposit from an account, which has allowed this contract to. Only `challenges`.
    function takeDeposit(address payer, uint64 amountMicro) external;

    /// @notice Makes a deposit an account's credit. Only `challenges`.
    function creditDeposit(address account, uint64 amountMicro) external;

    /// @notice Counts a loss against the bonds of those who signed, in proportion to them. Only `challenges`.
    function claimLoss(Loss calldata loss) external;

    /// @notice Reverts unless each of these members of a committee has the least bond. Anybody may call; who was found to
    /// have it is remembered until any bond shrinks.
    /// @param signers One bit for each member, the first member's the lowest.
    function requireBonded(uint24 committee, uint16 signers) external;

    /// @notice What an oracle has bonded and is not frozen in a case.
    function bondOf(address oracle) external view returns (uint64);
    /// @notice How many cases an oracle has had; they are numbered from 1.
    function caseCountOf(address oracle) external view returns (uint32);
    /// @notice One case of an oracle.
    function caseOf(address oracle, uint32 number) external view returns (BondCase memory);
    /// @notice What counts for an account in a case: losses and rewards.
    function claimOf(
        address oracle,
        uint32 number,
        address account,
        uint32 agreement
    ) external view returns (uint64 lossMicro, uint64 rewardMicro);
    /// @notice All that was ever credited to an account here, for all parties of the agreement together.
    function creditOf(address account, uint32 agreement) external view returns (uint64);
    /// @notice What a party can withdraw of it.
    function withdrawableOf(address account, uint32 agreement, address party) external view returns (uint64);
    /// @notice What stays here for ever.
    function burntMicro() external view returns (uint64);
    /// @notice What each signer of a batch must have bonded.
    function leastBondMicro() external view returns (uint64);
    /// @notice Who must sign, and how long they answer.
    function oracleCommittee() external view returns (IOracleCommittee);
    /// @notice Where partners agree.
    function partnerAgreements() external view returns (IPartnerAgreements);
    /// @notice Who says what was lost.
    function challenges() external view returns (address);
}
