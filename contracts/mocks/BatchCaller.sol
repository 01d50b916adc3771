// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Batch caller
/// @notice Many static calls of one contract in a single one. For tests only.
contract BatchCaller {
    error CallFailed(uint256 index, bytes answer);

    function callAll(address target, bytes[] calldata calls) external view returns (bytes[] memory answers) {
        answers = new bytes[](calls.length);
        for (uint256 i; i < calls.length; ++i) {
            // solhint-disable-next-line avoid-low-level-calls
            (bool isSuccess, bytes memory answer) = target.staticcall(calls[i]);
            require(isSuccess, CallFailed(i, answer));
            answers[i] = answer;
        }
    }
}
