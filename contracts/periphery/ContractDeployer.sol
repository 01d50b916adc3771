// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Create3} from "@openzeppelin/contracts/utils/Create3.sol";

import {IContractDeployer} from "../interfaces/IContractDeployer.sol";

/// @title Contract deployer
/// @dev See IContractDeployer.
contract ContractDeployer is IContractDeployer {
    mapping(address deployed => uint256 blockNumber) public blockOf;

    /// @inheritdoc IContractDeployer
    function deploy(bytes32 salt, bytes calldata creationCode) external returns (address deployed) {
        deployed = Create3.deploy(0, _saltOf(msg.sender, salt), creationCode);
        blockOf[deployed] = block.number;
    }

    /// @inheritdoc IContractDeployer
    function addressOf(address account, bytes32 salt) external view returns (address) {
        return Create3.computeAddress(_saltOf(account, salt));
    }

    /// @dev Nobody else can put other code where an account's contract is expected.
    function _saltOf(address account, bytes32 salt) private pure returns (bytes32) {
        return keccak256(abi.encode(account, salt));
    }
}
