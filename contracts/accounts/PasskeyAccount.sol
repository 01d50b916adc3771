// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC7821} from "@openzeppelin/contracts/account/extensions/draft-ERC7821.sol";
import {Execution} from "@openzeppelin/contracts/interfaces/draft-IERC7579.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {AbstractSigner} from "@openzeppelin/contracts/utils/cryptography/signers/AbstractSigner.sol";
import {ERC7739} from "@openzeppelin/contracts/utils/cryptography/signers/draft-ERC7739.sol";
import {SignerP256} from "@openzeppelin/contracts/utils/cryptography/signers/SignerP256.sol";
import {SignerWebAuthn} from "@openzeppelin/contracts/utils/cryptography/signers/SignerWebAuthn.sol";

import {IPasskeyAccount} from "../interfaces/IPasskeyAccount.sol";

/// @title Passkey account
/// @dev See IPasskeyAccount. Accounts are clones of one implementation, which itself belongs to a point of which nobody
/// has the private key.
contract PasskeyAccount is IPasskeyAccount, SignerWebAuthn, ERC7739, ERC7821 {
    uint256 public constant RECOVERY_DELAY_SECONDS = 3 days;

    bytes32 private constant EXECUTION_TYPEHASH = keccak256("Execution(address target,uint256 value,bytes callData)");
    bytes32 private constant BATCH_TYPEHASH = keccak256(
        "Batch(Execution[] calls,uint256 nonce,uint256 deadline)Execution(address target,uint256 value,bytes callData)"
    );
    /// SHA-256 of "Wattproof passkey account without a key 4", the first such hash that is the x of a point.
    bytes32 private constant NOBODYS_X = 0xa61a310c5f2638e0cd06e61b8717b456930eca7e79a29c5c1de560bfb1ebfab6;
    bytes32 private constant NOBODYS_Y = 0x0e982c823446b1366f6535f0548a25b6b95741de89fc8fbd13aafdf1d63fb6de;

    address private immutable _factory;

    /// One slot: with every field in use from the first batch on, later batches write no new slot.
    address public recovery;
    uint40 private _recoverableAt;
    uint56 private _nonce;

    modifier onlyAccount() {
        require(msg.sender == address(this), NotAccount(msg.sender));
        _;
    }

    constructor() SignerP256(NOBODYS_X, NOBODYS_Y) EIP712("Wattproof Passkey Account", "1") {
        _factory = msg.sender;
    }

    /// @notice Takes the chain's coin, which a batch can send on.
    receive() external payable {}

    /* KEY */

    /// @inheritdoc IPasskeyAccount
    function initialize(bytes32 x, bytes32 y, address recoveryAccount) external {
        require(msg.sender == _factory, NotFactory(msg.sender));

        _setSigner(x, y);
        if (recoveryAccount != address(0)) recovery = recoveryAccount;
    }

    /// @inheritdoc IPasskeyAccount
    function changeKey(bytes32 x, bytes32 y) external onlyAccount {
        _setSigner(x, y);
        _recoverableAt = 0;

        emit KeyChanged(keccak256(abi.encode(x, y)), x, y);
    }

    /* BATCH */

    /// @inheritdoc IPasskeyAccount
    function executeBatch(
        Execution[] calldata calls,
        uint256 batchNonce,
        uint256 deadline,
        bytes calldata assertion
    ) external payable {
        require(batchNonce == _nonce, NonceMismatch(batchNonce, _nonce));
        require(block.timestamp <= deadline, DeadlinePassed(block.timestamp, deadline));
        bytes32 digest = batchDigestOf(calls, batchNonce, deadline);
        require(_rawSignatureValidation(digest, assertion), AssertionInvalid());

        ++_nonce;

        emit BatchExecuted(batchNonce);

        for (uint256 i; i < calls.length; ++i) {
            Execution calldata call = calls[i];
            bool isMeant = call.callData.length == 0 || call.target.code.length != 0;
            require(isMeant, TargetWithoutCode(call.target));
            // solhint-disable-next-line avoid-low-level-calls
            (bool isDone, bytes memory returned) = call.target.call{value: call.value}(call.callData);
            Address.verifyCallResult(isDone, returned);
        }
    }

    /* RECOVERY */

    /// @inheritdoc IPasskeyAccount
    function changeRecovery(address recoveryAccount) external onlyAccount {
        require(recoveryAccount != address(this), RecoveryIsAccount());

        recovery = recoveryAccount;
        _recoverableAt = 0;

        emit RecoveryChanged(recoveryAccount);
    }

    /// @inheritdoc IPasskeyAccount
    function announceRecovery() external {
        require(msg.sender == recovery, NotRecovery(msg.sender, recovery));
        require(_recoverableAt == 0, RecoveryPending(_recoverableAt));

        // Far below 2^40.
        uint40 from = uint40(block.timestamp + RECOVERY_DELAY_SECONDS);
        _recoverableAt = from;

        emit RecoveryAnnounced(msg.sender, from);
    }

    /// @inheritdoc IPasskeyAccount
    function cancelRecovery() external onlyAccount {
        require(_recoverableAt != 0, RecoveryNotPending());

        _recoverableAt = 0;

        emit RecoveryCancelled(recovery);
    }

    /// @dev Beside the account itself, the recovery account after its delay.
    function _erc7821AuthorizedExecutor(
        address caller,
        bytes32 mode,
        bytes calldata executionData
    ) internal view override returns (bool) {
        bool isRipe = _recoverableAt != 0 && block.timestamp >= _recoverableAt;
        return (isRipe && caller == recovery) || super._erc7821AuthorizedExecutor(caller, mode, executionData);
    }

    /* VIEWS */

    /// @inheritdoc IPasskeyAccount
    function nonce() external view returns (uint256) {
        return _nonce;
    }

    /// @inheritdoc IPasskeyAccount
    function recoverableAt() external view returns (uint256) {
        return _recoverableAt;
    }

    /// @inheritdoc IPasskeyAccount
    function batchDigestOf(
        Execution[] calldata calls,
        uint256 batchNonce,
        uint256 deadline
    ) public view returns (bytes32 digest) {
        bytes32[] memory hashes = new bytes32[](calls.length);
        for (uint256 i; i < calls.length; ++i) {
            Execution calldata call = calls[i];
            hashes[i] = keccak256(abi.encode(EXECUTION_TYPEHASH, call.target, call.value, keccak256(call.callData)));
        }
        bytes32 callsHash = keccak256(abi.encodePacked(hashes));
        return _hashTypedDataV4(keccak256(abi.encode(BATCH_TYPEHASH, callsHash, batchNonce, deadline)));
    }

    /// @dev Both parts name the same function; the passkey's is meant.
    function _rawSignatureValidation(
        bytes32 hash,
        bytes calldata signature
    ) internal view override(AbstractSigner, SignerWebAuthn) returns (bool) {
        return super._rawSignatureValidation(hash, signature);
    }
}
