// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Oracle set
/// @notice Which accounts may settle sessions and attest meters. Every change takes effect after a delay that is longer
/// than the longest session, so that a session is settled by an oracle its driver could know when opening it.
/// The owner is meant to be a multi-signature account; it has no way to any money.
interface IOracleSet {
    /// @notice The oracle's term begins at `activeFrom` (seconds since 1970).
    event OracleAdded(address indexed oracle, uint256 activeFrom);
    /// @notice The oracle's term ends at `activeUntil` (seconds since 1970).
    event OracleRemoved(address indexed oracle, uint256 activeUntil);

    /// @notice The delay would put changes off for longer than anybody could mean.
    error ChangeDelayTooLong(uint256 delaySeconds, uint256 limitSeconds);
    /// @notice The zero address cannot be an oracle.
    error OracleIsZero();
    /// @notice The account has, or is about to have, a term as oracle.
    error OracleAlreadyAdded(address oracle);
    /// @notice The account has no term as oracle that could be ended.
    error OracleNotAdded(address oracle);

    /// @notice Lets an account settle sessions from `changeDelaySeconds` on. Only the owner.
    function addOracle(address oracle) external;

    /// @notice Ends an account's term `changeDelaySeconds` from now; a term that has not begun never begins. Only the
    /// owner.
    function removeOracle(address oracle) external;

    /// @notice Whether the account is an oracle at the time of this block.
    function isOracle(address account) external view returns (bool);

    /// @notice The account's term: an oracle from `activeFrom` (inclusive) to `activeUntil` (exclusive), in seconds.
    function termOf(address account) external view returns (uint256 activeFrom, uint256 activeUntil);

    /// @notice How long after a change is made it takes effect, in seconds.
    function changeDelaySeconds() external view returns (uint256);
}
