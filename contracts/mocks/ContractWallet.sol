// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Contract wallet
/// @notice A wallet whose signatures (ERC-1271) are its owner's, and which calls what its owner tells it to. For tests
/// only.
contract ContractWallet is IERC1271 {
    address public immutable owner;

    error NotOwner(address caller);

    constructor(address walletOwner) {
        owner = walletOwner;
    }

    function execute(address target, bytes calldata callData) external {
        require(msg.sender == owner, NotOwner(msg.sender));
        // solhint-disable-next-line avoid-low-level-calls
        (bool isSuccess, bytes memory returned) = target.call(callData);
        if (!isSuccess) {
            assembly {
                revert(add(returned, 32), mload(returned))
            }
        }
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address signer, , ) = ECDSA.tryRecoverCalldata(hash, signature);
        return signer == owner ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
