// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Hostile wallet
/// @notice A contract that answers questions about its signatures (ERC-1271) as a test tells it. For tests only.
contract HostileWallet {
    enum Answer {
        Valid,
        Invalid,
        Revert,
        Nothing,
        /// Calls somebody, and finds the signature valid if that call succeeded.
        Call
    }

    bytes4 private constant MAGIC = 0x1626ba7e;

    Answer public answer;
    address public target;
    bytes public callData;

    error Unwilling();

    function setAnswer(Answer newAnswer) external {
        answer = newAnswer;
    }

    function setCall(address newTarget, bytes calldata newCallData) external {
        answer = Answer.Call;
        target = newTarget;
        callData = newCallData;
    }

    function act(address callee, bytes calldata data) external {
        // solhint-disable-next-line avoid-low-level-calls
        (bool isSuccess, bytes memory returned) = callee.call(data);
        if (!isSuccess) {
            assembly {
                revert(add(returned, 32), mload(returned))
            }
        }
    }

    /// @dev Not `view`, as a hostile one would be.
    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        require(answer != Answer.Revert, Unwilling());
        if (answer == Answer.Nothing) {
            assembly {
                return(0, 0)
            }
        }
        if (answer == Answer.Valid) return MAGIC;
        if (answer == Answer.Invalid) return 0xffffffff;
        // solhint-disable-next-line avoid-low-level-calls
        (bool isSuccess, ) = target.call(callData);
        return isSuccess ? MAGIC : bytes4(0xffffffff);
    }
}
