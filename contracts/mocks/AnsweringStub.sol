// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Answering stub
/// @notice Answers each call with the word that was set for its selector. For tests only.
contract AnsweringStub {
    mapping(bytes4 selector => bytes32) private _answers;

    function answer(bytes4 selector, uint256 word) external {
        _answers[selector] = bytes32(word);
    }

    fallback(bytes calldata) external returns (bytes memory) {
        return abi.encode(_answers[msg.sig]);
    }
}
