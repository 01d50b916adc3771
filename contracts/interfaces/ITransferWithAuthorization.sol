// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Transfers by authorisation (ERC-3009)
/// @notice What is used here of such tokens. The function that moves them has two forms. The second one is not in the standard, and is
/// there in tokens that take signatures of contract wallets.
interface ITransferWithAuthorization {
    /// @notice Moves tokens of `from` to `to`, which must be the caller, by the signature of `from`.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice The same; ERC-1271 for contract wallets.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    /// @notice Whether an authorisation was used or cancelled.
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool);
}
