// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Execution} from "@openzeppelin/contracts/interfaces/draft-IERC7579.sol";

/// @title Passkey account
/// @notice The account of a driver who has a passkey (WebAuthn, secp256r1) and no wallet. One assertion of the passkey is
/// good for one batch of calls. Anybody may submit that batch; the submitter pays the gas and cannot change the calls.
/// The account answers for signatures to other contracts by ERC-1271, nested in its own domain (ERC-7739), so that an
/// assertion for one account says nothing for another account of the same passkey.
/// An account may name a recovery account. That one can do nothing at first; after announcing and waiting for
/// `RECOVERY_DELAY_SECONDS`, in which the passkey can cancel, it can call whatever the account can call (ERC-7821).
/// Correctness: the authenticator keeps the key and asserts only for the domain (rpId) that the passkey was made for, and
/// only after it has verified its user. The account checks that the user was verified; it knows no domain, since the key
/// itself belongs to one.
/// Liveness: without passkey and without recovery account nobody can move what the account holds.
/// Warning: the owner of the domain can show visitors a page that asks them for assertions.
interface IPasskeyAccount {
    /* EVENTS */

    /// @notice The account belongs to another passkey from now on. `keyId` is keccak256(x, y).
    event KeyChanged(bytes32 indexed keyId, bytes32 x, bytes32 y);
    /// @notice Another account may announce recoveries from now on; zero: none.
    event RecoveryChanged(address indexed recovery);
    /// @notice The recovery account can act from this second (since 1970) on, unless it is cancelled.
    event RecoveryAnnounced(address indexed recovery, uint256 recoverableAt);
    /// @notice What the recovery account had announced counts no more.
    event RecoveryCancelled(address indexed recovery);
    /// @notice A batch that the passkey has signed was carried out.
    event BatchExecuted(uint256 indexed nonce);

    /* ERRORS */

    /// @notice Only the factory gives an account its first passkey.
    error NotFactory(address caller);
    /// @notice Only the account itself can do this, in a batch.
    error NotAccount(address caller);
    /// @notice Only the recovery account can announce a recovery.
    error NotRecovery(address caller, address recovery);
    /// @notice A recovery is announced already. A second announcement would restart the delay.
    error RecoveryPending(uint256 recoverableAt);
    /// @notice No recovery is announced, so none can be cancelled.
    error RecoveryNotPending();
    /// @notice The account itself cannot recover itself.
    error RecoveryIsAccount();
    /// @notice The batch was signed for another nonce than the account's next.
    error NonceMismatch(uint256 nonce, uint256 expected);
    /// @notice The batch can no longer be carried out. Times in seconds since 1970.
    error DeadlinePassed(uint256 timestamp, uint256 deadline);
    /// @notice A call with data would do nothing there, and seem to be done.
    error TargetWithoutCode(address target);
    /// @notice The account's passkey did not sign this batch, or its user was not verified.
    error AssertionInvalid();

    /* KEY */

    /// @notice Gives a new account its passkey and its recovery account (zero: none). Called by the factory alone.
    function initialize(bytes32 x, bytes32 y, address recoveryAccount) external;

    /// @notice Hands the account to another passkey. Ends an announced recovery. Called by the account alone.
    function changeKey(bytes32 x, bytes32 y) external;

    /* BATCH */

    /// @notice Carries out what the passkey has signed: all of it, or nothing.
    /// @param calls What is called, in order. A call that fails undoes the batch and passes its reason on.
    /// @param nonce The account's `nonce()`.
    /// @param deadline The last second (since 1970) in which it can be carried out.
    /// @param assertion The ABI-encoded `WebAuthnAuth` of OpenZeppelin's `WebAuthn`, whose challenge is the 32 bytes of
    /// `batchDigestOf`, with s in the lower half.
    function executeBatch(
        Execution[] calldata calls,
        uint256 nonce,
        uint256 deadline,
        bytes calldata assertion
    ) external payable;

    /* RECOVERY */

    /// @notice Names another recovery account; zero: none. Ends an announced recovery. Called by the account alone.
    function changeRecovery(address recoveryAccount) external;

    /// @notice Lets the recovery account act after the delay. Called by the recovery account.
    function announceRecovery() external;

    /// @notice Ends an announced recovery, also one whose delay is over. Called by the account alone.
    function cancelRecovery() external;

    /* VIEWS */

    /// @notice How long a recovery has to be announced, in seconds.
    function RECOVERY_DELAY_SECONDS() external view returns (uint256);

    /// @notice The nonce of the next batch.
    function nonce() external view returns (uint256);

    /// @notice Who may announce a recovery; zero: nobody.
    function recovery() external view returns (address);

    /// @notice From when on the recovery account can act, in seconds since 1970; 0: none is announced.
    function recoverableAt() external view returns (uint256);

    /// @notice What the passkey signs as its challenge: the EIP-712 digest of
    /// `Batch(Execution[] calls,uint256 nonce,uint256 deadline)` in the account's domain.
    function batchDigestOf(
        Execution[] calldata calls,
        uint256 batchNonce,
        uint256 deadline
    ) external view returns (bytes32 digest);
}
