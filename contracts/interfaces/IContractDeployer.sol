// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Contract deployer
/// @notice Deploys contracts at addresses that follow from the caller and a salt alone. Contracts that must know each
/// other from their beginning can be told where the others will be, and who runs a deployment again finds what is there.
interface IContractDeployer {
    /// @notice Deploys a contract at `addressOf(msg.sender, salt)`. Reverts if there is one already, and with the
    /// constructor's reason if that reverts.
    /// @param creationCode With the encoded arguments of the constructor at its end.
    function deploy(bytes32 salt, bytes calldata creationCode) external returns (address deployed);

    /// @notice Where an account's contract with this salt is, or will be.
    function addressOf(address account, bytes32 salt) external view returns (address);

    /// @notice The block in which this contract deployed another one, as the chain's `block.number` counts; 0 if it did not.
    function blockOf(address deployed) external view returns (uint256 blockNumber);
}
