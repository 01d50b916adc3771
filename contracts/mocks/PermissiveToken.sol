// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PermitToken} from "./PermitToken.sol";

/// @title Permissive token
/// @notice Play money whose fallback accepts every call, as that of some wrapped coins does, and which then moves tokens
/// that have nothing to do with the call. For tests only.
contract PermissiveToken is PermitToken {
    enum Answer {
        Nothing,
        Zero,
        One
    }

    Answer public answer;
    address public payer;
    uint256 public amount;

    /// @notice What the fallback answers, and what it moves from whom to its caller.
    function set(Answer newAnswer, address newPayer, uint256 newAmount) external {
        (answer, payer, amount) = (newAnswer, newPayer, newAmount);
    }

    // solhint-disable-next-line no-complex-fallback
    fallback(bytes calldata question) external returns (bytes memory) {
        // Not in a static call, which asks for a state.
        if (question.length > 100 && amount != 0) _transfer(payer, msg.sender, amount);
        if (answer == Answer.Nothing) return "";
        return abi.encode(answer == Answer.One);
    }
}
