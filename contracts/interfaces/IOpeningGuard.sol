// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Opening guard
/// @notice Lets a guardian stop new sessions from opening, and nothing else: open sessions settle, expire and pay out as
/// ever. The owner, meant to be a multi-signature account, names the guardian.
/// Warning: an owner who renounces ownership while opening is paused leaves only the guardian to resume it.
interface IOpeningGuard {
    /// @notice The owner has named another guardian.
    event GuardianChanged(address indexed guardian);
    /// @notice No session opens from now on.
    event OpeningPaused(address indexed guardian);
    /// @notice Sessions open again.
    event OpeningResumed(address indexed by);

    /// @notice Only the guardian can pause; guardian and owner can resume.
    error NotGuardian(address caller);

    /// @notice Names another guardian. Only the owner. Opening stays paused if it was. Naming the same one again changes
    /// nothing.
    /// @param guardian The zero address if nobody is to pause opening.
    function changeGuardian(address guardian) external;

    /// @notice Stops new sessions. Only the guardian. Doing it again changes nothing.
    function pauseOpening() external;

    /// @notice Lets sessions open again. Guardian or owner. Doing it again changes nothing.
    function resumeOpening() external;

    /// @notice Whether new sessions are stopped.
    function isOpeningPaused() external view returns (bool);

    /// @notice Who can stop them; the zero address if nobody can.
    function guardian() external view returns (address);
}
