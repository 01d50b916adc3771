// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {ITokenHolder} from "./interfaces/ITokenHolder.sol";

/// @title Token holder
/// @dev How the token comes in and goes out. Who owns how much of it is for the contracts that inherit this.
abstract contract TokenHolder is ITokenHolder {
    using SafeERC20 for IERC20;

    uint256 private constant LEAST_DECIMALS = 6;
    uint256 private constant MOST_DECIMALS = 18;

    IERC20 public immutable erc20;
    uint256 public immutable unit;

    /// All amounts that somebody owns are parts of this sum, so that none of them can overflow 64 bits.
    uint64 public owedMicro;

    constructor(IERC20Metadata token) {
        uint256 decimals = token.decimals();
        require(
            decimals >= LEAST_DECIMALS && decimals <= MOST_DECIMALS,
            DecimalsOutOfRange(decimals, LEAST_DECIMALS, MOST_DECIMALS)
        );

        erc20 = token;
        unit = 10 ** (decimals - LEAST_DECIMALS);
    }

    /// @dev The token comes in before it is owed, so that not even a call from within the transfer sees a deficit.
    /// @param limitMicro The most that can be owed.
    function _receive(address payer, uint256 amount, uint256 limitMicro) internal returns (uint64 amountMicro) {
        uint256 owed = owedMicro + _toMicro(amount);
        require(owed <= limitMicro, LedgerFull(owed, limitMicro));
        amountMicro = uint64(owed - owedMicro);

        uint256 balanceBefore = erc20.balanceOf(address(this));
        erc20.safeTransferFrom(payer, address(this), amount);
        uint256 received = erc20.balanceOf(address(this)) - balanceBefore;
        require(received == amount, TransferMismatch(received, amount));

        owedMicro = uint64(owed);
    }

    function _pay(address recipient, uint256 amount, uint256 amountMicro) internal {
        require(recipient != address(0), AddressZero());
        // What is paid to itself would belong to nobody.
        require(recipient != address(this), RecipientIsHolder());

        owedMicro -= uint64(amountMicro);

        erc20.safeTransfer(recipient, amount);
    }

    function _toMicro(uint256 amount) internal view returns (uint256) {
        require(amount != 0, AmountZero());
        require(amount % unit == 0, AmountNotMultiple(amount, unit));

        return amount / unit;
    }
}
