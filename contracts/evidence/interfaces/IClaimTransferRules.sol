// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Rules for the transfer of claims
/// @notice The hook that is asked before a claim changes hands.
interface IClaimTransferRules {
    /// @notice Whether the claim may go from one account to the other.
    function canTransferClaim(address from, address to, uint256 claimId) external view returns (bool);
}
