// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChargingSettlement, SessionTerms} from "./IChargingSettlement.sol";
import {ISignatureTransfer} from "./ISignatureTransfer.sol";

/// @notice An allowance that the owner of tokens has signed for this contract (ERC-2612).
struct TokenPermit {
    /// In the token's smallest unit.
    uint256 value;
    /// The last second (since 1970) at which it can be used.
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @notice A transfer to this contract that the owner of tokens has signed (ERC-3009), apart from the nonce, which is the
/// session id.
struct TransferAuthorization {
    /// In the token's smallest unit.
    uint256 value;
    /// It can be used after this second (since 1970) …
    uint256 validAfter;
    /// … and before this one.
    uint256 validBefore;
}

/// @notice A transfer that the owner of tokens has signed for Permit2 with the terms as its witness.
struct WitnessedTransfer {
    /// In the token's smallest unit.
    uint256 amount;
    /// Any number that the owner has not used with Permit2 before.
    uint256 nonce;
    /// The last second (since 1970) at which it can be used.
    uint256 deadline;
    bytes signature;
}

/// @title Authorised funding
/// @notice Ways to fund a driver's account, and to open a session in the same transaction, by signatures instead of a
/// transaction that approves. Money only passes through: what is pulled is deposited at once, into the account of who
/// signed, and the contract's own token balance is never used. Where one signature both funds and opens it names the
/// session: its terms are what the driver signed.
/// Warning: with an allowance to this contract in place, the driver's signature of terms is enough to take what the hold
/// lacks from the driver's wallet. Prefer permits of the exact amount to endless allowances.
interface IAuthorizedFunding {
    /* EVENTS */

    /// @notice Tokens of `payer` went to the account (driver, lane).
    event Funded(address indexed payer, address indexed driver, uint32 indexed lane, uint256 amount);

    /* ERRORS */

    /// @notice The token did not take the permit, and without it the allowance does not suffice.
    error PermitRefused(uint256 allowance, uint256 amount);
    /// @notice The allowance does not suffice, the permit included.
    error AllowanceTooLow(uint256 allowance, uint256 amount);
    /// @notice The token moved another amount than was asked for.
    error TransferMismatch(uint256 received, uint256 expected);
    /// @notice The token counted the driver's authorisation of this session as used or cancelled before.
    error AuthorizationUsed(address driver, bytes32 sessionId);
    /// @notice The token took the call and did not use the driver's authorisation: it knows no such authorisations.
    error AuthorizationNotTaken(address driver, bytes32 sessionId);
    /// @notice This chain has no Permit2 contract.
    error Permit2Missing(address permit2);

    /* PERMIT */

    /// @notice Deposits tokens of the caller by the caller's permit. A permit that somebody has sent before does no harm:
    /// what counts is the allowance.
    /// @param driver Whose account.
    /// @param lane Which of the driver's accounts.
    /// @param amount In the token's smallest unit; a multiple of the settlement contract's unit.
    function depositWithPermit(address driver, uint32 lane, uint256 amount, TokenPermit calldata permit) external;

    /// @notice Takes from the driver's wallet, by the driver's permit, what the hold is above the free balance, and opens
    /// the session by the driver's signature of the session id, as for `openSigned`. Anybody may send it.
    /// @return sessionId The EIP-712 digest of the terms.
    function depositWithPermitAndOpen(
        SessionTerms calldata terms,
        TokenPermit calldata permit,
        bytes calldata signature
    ) external returns (bytes32 sessionId);

    /* TRANSFER AUTHORIZATION */

    /// @notice Deposits by the driver's ERC-3009 authorisation of a transfer to this contract, whose nonce is the session
    /// id, and opens the session: the one signature does both. Anybody may send it. The token has to tell by
    /// `authorizationState` that it used the authorisation.
    /// @return sessionId The EIP-712 digest of the terms.
    function openWithTransferAuthorization(
        SessionTerms calldata terms,
        TransferAuthorization calldata authorization,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (bytes32 sessionId);

    /// @notice The same for a contract wallet, where the token takes signatures by ERC-1271.
    function openWithWalletTransferAuthorization(
        SessionTerms calldata terms,
        TransferAuthorization calldata authorization,
        bytes calldata signature
    ) external returns (bytes32 sessionId);

    /* PERMIT2 */

    /// @notice Deposits by the driver's Permit2 signature, with this contract as spender and the terms as witness
    /// (`SessionTerms witness`), and opens the session: the one signature does both. Anybody may send it.
    /// @return sessionId The EIP-712 digest of the terms.
    function openWithPermit2(
        SessionTerms calldata terms,
        WitnessedTransfer calldata transfer
    ) external returns (bytes32 sessionId);

    /* VIEWS */

    /// @notice Where the money goes.
    function settlement() external view returns (IChargingSettlement);

    /// @notice The Permit2 contract; it has the same address on every chain that has it.
    function permit2() external pure returns (ISignatureTransfer);
}
