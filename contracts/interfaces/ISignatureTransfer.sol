// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A token and how much of it its owner lets go.
struct TokenPermissions {
    address token;
    uint256 amount;
}

/// @notice What the owner of tokens signs for Permit2, apart from spender and witness.
struct PermitTransferFrom {
    TokenPermissions permitted;
    /// Any number that the owner has not used with Permit2 before.
    uint256 nonce;
    /// The last second (since 1970) at which it can be used.
    uint256 deadline;
}

/// @notice What the spender asks of Permit2.
struct SignatureTransferDetails {
    address to;
    uint256 requestedAmount;
}

/// @title Signature transfers of Permit2
/// @notice The one function of the Permit2 contract that is used here.
interface ISignatureTransfer {
    /// @notice Moves the owner's tokens by a signature that names the calling contract as spender and carries a witness:
    /// the hash of a struct of the spender's, whose type completes the signed type.
    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external;
}
