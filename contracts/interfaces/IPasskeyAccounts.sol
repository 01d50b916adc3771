// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Execution} from "@openzeppelin/contracts/interfaces/draft-IERC7579.sol";

/// @title Passkey accounts
/// @notice Makes the accounts of drivers who have a passkey. An account's address follows from its first passkey and its
/// first recovery account, so that money can be sent there before the account exists. Its first batch creates it.
interface IPasskeyAccounts {
    /* EVENTS */

    /// @notice An account was created. `keyId` is keccak256(x, y): a device that knows its passkey's key only after an
    /// assertion finds the account by it.
    event AccountCreated(
        address indexed account,
        bytes32 indexed keyId,
        address indexed recovery,
        bytes32 x,
        bytes32 y
    );

    /* CREATION */

    /// @notice Creates an account unless it is there. Refused for a point that is not on secp256r1.
    /// @param x The passkey's point. @param y See `x`.
    /// @param recovery Who may recover the account; zero: nobody.
    function create(bytes32 x, bytes32 y, address recovery) external returns (address account);

    /// @notice Creates an account unless it is there, and carries out a batch that its passkey has signed; see
    /// `IPasskeyAccount.executeBatch`.
    function createAndExecute(
        bytes32 x,
        bytes32 y,
        address recovery,
        Execution[] calldata calls,
        uint256 nonce,
        uint256 deadline,
        bytes calldata assertion
    ) external returns (address account);

    /* VIEWS */

    /// @notice The code that all accounts share.
    function implementation() external view returns (address);

    /// @notice Where the account is, or will be.
    function addressOf(bytes32 x, bytes32 y, address recovery) external view returns (address account);
}
