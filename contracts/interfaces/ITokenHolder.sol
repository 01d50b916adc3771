// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Token holder
/// @notice A contract that keeps one ERC-20 token for others and counts in 10⁻⁶ token, whatever the token's decimals.
interface ITokenHolder {
    /// @notice The token has fewer than 6 or more than 18 decimals.
    error DecimalsOutOfRange(uint256 decimals, uint256 least, uint256 most);
    /// @notice The amount is zero.
    error AmountZero();
    /// @notice The amount, in the token's smallest unit, is not a whole number of 10⁻⁶ token.
    error AmountNotMultiple(uint256 amount, uint256 unit);
    /// @notice The zero address cannot own anything here or receive money.
    error AddressZero();
    /// @notice The contract cannot be paid by itself: that money would belong to nobody.
    error RecipientIsHolder();
    /// @notice More would be owed than the ledger can hold.
    error LedgerFull(uint256 owedMicro, uint256 limitMicro);
    /// @notice The token moved another amount than was asked for.
    error TransferMismatch(uint256 received, uint256 expected);
    /// @notice The amount is above the balance.
    error BalanceTooLow(uint256 amountMicro, uint256 balanceMicro);

    /// @notice All that is owed to others. The token balance is never below it.
    function owedMicro() external view returns (uint64);

    /// @notice The token of this instance.
    function erc20() external view returns (IERC20);

    /// @notice The smallest amount that can be stored, in the token's smallest unit: 10^(decimals − 6).
    function unit() external view returns (uint256);
}
