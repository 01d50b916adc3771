// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A driver's account in one word, from the high bits to the low ones: the commitment to the live session (160)
/// or 0, nonce (32), freeMicro (64). It is a word and not a struct because the compiler writes the members of a
/// struct one by one: 600 gas more for every opening and every settlement.
type Account is uint256;

/// @title Account
/// @notice What can happen to a driver's account. Callers have checked that it may.
library AccountLibrary {
    uint256 private constant NONCE_SHIFT = 64;
    uint256 private constant COMMITMENT_SHIFT = 96;
    uint256 private constant WITHOUT_COMMITMENT = (1 << COMMITMENT_SHIFT) - 1;

    function freeMicro(Account account) internal pure returns (uint64) {
        return uint64(Account.unwrap(account));
    }

    function nonce(Account account) internal pure returns (uint32) {
        return uint32(Account.unwrap(account) >> NONCE_SHIFT);
    }

    /// @notice The commitment to the live session, its opening and its top-up; 0 if there is none.
    function commitment(Account account) internal pure returns (uint160) {
        return uint160(Account.unwrap(account) >> COMMITMENT_SHIFT);
    }

    /// @notice The free balance grows. `amountMicro` is part of what the ledger owes, and so the sum is below 2^64.
    function credited(Account account, uint256 amountMicro) internal pure returns (Account) {
        unchecked {
            return Account.wrap(Account.unwrap(account) + amountMicro);
        }
    }

    /// @notice The free balance shrinks. `amountMicro` is at most the free balance.
    function debited(Account account, uint256 amountMicro) internal pure returns (Account) {
        unchecked {
            return Account.wrap(Account.unwrap(account) - amountMicro);
        }
    }

    /// @notice The nonce is used up. It is below 2^32 − 1.
    function withNextNonce(Account account) internal pure returns (Account) {
        unchecked {
            return Account.wrap(Account.unwrap(account) + (1 << NONCE_SHIFT));
        }
    }

    /// @notice A session is live. There was none before.
    function committed(Account account, uint160 sessionCommitment) internal pure returns (Account) {
        return Account.wrap(Account.unwrap(account) | (uint256(sessionCommitment) << COMMITMENT_SHIFT));
    }

    /// @notice The live session is over.
    function released(Account account) internal pure returns (Account) {
        return Account.wrap(Account.unwrap(account) & WITHOUT_COMMITMENT);
    }
}
