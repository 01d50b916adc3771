// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Curve} from "../interfaces/IMeterRegistry.sol";
import {MeterSignature} from "../libraries/MeterSignature.sol";

/// @notice Verifies one signature and says what that cost, so that it can be tried on chains of older rules, on which
/// nothing else of a record can be read. Tests only.
contract MeterSignatureProbe {
    function verify(
        Curve curve,
        bytes calldata publicKey,
        bytes calldata payload,
        bytes32 r,
        bytes32 s
    ) external view returns (bool isValid, uint256 gasSpent) {
        (uint256 x, uint256 y) = abi.decode(publicKey, (uint256, uint256));
        uint256 gasBefore = gasleft();
        isValid = MeterSignature.isValid(curve, x, y, payload, r, s);
        gasSpent = gasBefore - gasleft();
    }
}
