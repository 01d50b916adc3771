// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITransferWithAuthorization} from "../../interfaces/ITransferWithAuthorization.sol";

/// @title Transfers by authorisation that anybody may send (ERC-3009)
/// @notice The other half of such tokens. Both functions have a second form for signatures of contract wallets, which is not
/// in the standard.
interface IAuthorizedTransfers is ITransferWithAuthorization {
    /// @notice Moves tokens from `from` to `to`. Anybody can call it with the signature of `from`.
    function transferWithAuthorization(
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
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;
}
