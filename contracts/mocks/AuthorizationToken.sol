// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {ITransferWithAuthorization} from "../interfaces/ITransferWithAuthorization.sol";
import {DemoToken} from "./DemoToken.sol";

/// @title Authorisation token
/// @notice Play money that can also be moved by ERC-3009 authorisations to the caller. For tests only.
contract AuthorizationToken is DemoToken, ITransferWithAuthorization {
    bytes32 private constant RECEIVE_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,"
        "bytes32 nonce)"
    );

    mapping(address authorizer => mapping(bytes32 nonce => bool)) public authorizationState;

    error CallerNotPayee(address caller, address payee);
    error AuthorizationNotYetValid(uint256 timestamp, uint256 validAfter);
    error AuthorizationExpired(uint256 timestamp, uint256 validBefore);
    error AuthorizationUsed(address authorizer, bytes32 nonce);
    error AuthorizationInvalid(address authorizer);

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
    ) external {
        _receive(from, to, value, validAfter, validBefore, nonce, abi.encodePacked(r, s, v));
    }

    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        _receive(from, to, value, validAfter, validBefore, nonce, signature);
    }

    function _receive(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) private {
        require(to == msg.sender, CallerNotPayee(msg.sender, to));
        require(block.timestamp > validAfter, AuthorizationNotYetValid(block.timestamp, validAfter));
        require(block.timestamp < validBefore, AuthorizationExpired(block.timestamp, validBefore));
        require(!authorizationState[from][nonce], AuthorizationUsed(from, nonce));
        bytes32 structHash = keccak256(abi.encode(RECEIVE_TYPEHASH, from, to, value, validAfter, validBefore, nonce));
        require(
            SignatureChecker.isValidSignatureNow(from, _hashTypedDataV4(structHash), signature),
            AuthorizationInvalid(from)
        );

        authorizationState[from][nonce] = true;

        _transfer(from, to, value);
    }
}
