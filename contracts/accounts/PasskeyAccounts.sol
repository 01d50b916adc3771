// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Execution} from "@openzeppelin/contracts/interfaces/draft-IERC7579.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

import {IPasskeyAccount} from "../interfaces/IPasskeyAccount.sol";
import {IPasskeyAccounts} from "../interfaces/IPasskeyAccounts.sol";
import {PasskeyAccount} from "./PasskeyAccount.sol";

/// @title Passkey accounts
/// @dev See IPasskeyAccounts.
contract PasskeyAccounts is IPasskeyAccounts {
    address public immutable implementation = address(new PasskeyAccount());

    /* CREATION */

    /// @inheritdoc IPasskeyAccounts
    function create(bytes32 x, bytes32 y, address recovery) public returns (address account) {
        account = addressOf(x, y, recovery);
        if (account.code.length != 0) return account;

        Clones.cloneDeterministic(implementation, _saltOf(x, y, recovery));

        emit AccountCreated(account, keccak256(abi.encode(x, y)), recovery, x, y);

        IPasskeyAccount(account).initialize(x, y, recovery);
    }

    /// @inheritdoc IPasskeyAccounts
    function createAndExecute(
        bytes32 x,
        bytes32 y,
        address recovery,
        Execution[] calldata calls,
        uint256 nonce,
        uint256 deadline,
        bytes calldata assertion
    ) external returns (address account) {
        account = create(x, y, recovery);

        IPasskeyAccount(account).executeBatch(calls, nonce, deadline, assertion);
    }

    /* VIEWS */

    /// @inheritdoc IPasskeyAccounts
    function addressOf(bytes32 x, bytes32 y, address recovery) public view returns (address account) {
        return Clones.predictDeterministicAddress(implementation, _saltOf(x, y, recovery));
    }

    function _saltOf(bytes32 x, bytes32 y, address recovery) private pure returns (bytes32) {
        return keccak256(abi.encode(x, y, recovery));
    }
}
