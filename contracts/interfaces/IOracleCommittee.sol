// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice An oracle's secp256k1 signature in the compact form of ERC-2098.
struct OracleSignature {
    bytes32 r;
    bytes32 vs;
}

/// @title Oracle committee
/// @notice Who may claim what meters measured: `threshold` of the members must sign. Nobody becomes one before a delay is
/// over that is longer than the longest session, so that a session is settled by oracles its driver could know when
/// opening it. The owner is meant to be a multi-signature account; it has no way to any money, and cannot keep a member
/// and its bond: a member can resign at any time.
/// Warning: with fewer members left than the threshold there is no quorum until another committee is active.
interface IOracleCommittee {
    /// @notice From `activeFrom` (seconds since 1970) on this is the committee. It replaces one that was scheduled before
    /// and is not active yet.
    event CommitteeScheduled(uint24 indexed version, address[] members, uint8 threshold, uint256 activeFrom);
    /// @notice What the account signs counts no more. It is bound by its bond for `liabilitySeconds` longer.
    event MembershipResigned(address indexed member);

    /// @notice From `activeFrom` (seconds since 1970) on oracles can do this many times the least limits for the operator.
    event LimitScheduled(address indexed operator, uint256 multiple, uint256 activeFrom);

    error MemberCountOutOfRange(uint256 count, uint256 least, uint256 most);
    error ThresholdOutOfRange(uint256 threshold, uint256 least, uint256 most);
    /// @notice A member is the zero address, named twice, or has resigned.
    error MemberInvalid(address member);
    /// @notice The delay is not longer than members answer for what they signed, or longer than anybody could mean.
    error ChangeDelayOutOfRange(uint256 delaySeconds, uint256 least, uint256 most);
    /// @notice Fewer, or more, signatures than the threshold.
    error SignatureCountWrong(uint256 count, uint256 threshold);
    /// @notice A signature is not a member's.
    error SignerNotMember(address signer);
    /// @notice Signers must come in rising order of their addresses, so that none counts twice.
    error SignersNotSorted(address signer, address previous);
    /// @notice An operator for whom oracles could do nothing would not be paid.
    error MultipleZero();
    /// @notice The account is no member of the committee in force, nor of the scheduled one.
    error NotMember(address account);

    /// @notice Schedules another committee. Only the owner.
    /// @param members One to sixteen, all different.
    /// @param threshold How many of them must sign, at least one.
    function schedule(address[] calldata members, uint8 threshold) external;

    /// @notice Schedules how much oracles can do for an operator in an epoch: this many times the settlement's limits. It
    /// replaces what was scheduled and is not active yet. Only the owner. As with members, the delay is longer than the
    /// longest session, so no driver meets a limit higher than the one that could be known at the opening.
    /// @param multiple At least 1.
    function scheduleLimit(address operator, uint16 multiple) external;

    /// @notice Ends the caller's membership at once and for ever, in the committee in force and in the scheduled one.
    function resign() external;

    /// @notice Reverts unless exactly the threshold of current members signed the digest, in rising order of addresses.
    /// @return version Which committee it is.
    /// @return signers One bit for each member that signed, the first member's the lowest.
    function requireQuorum(
        bytes32 digest,
        OracleSignature[] calldata signatures
    ) external view returns (uint24 version, uint16 signers);

    /// @notice The members of a committee that these bits stand for, as `requireQuorum` gives them.
    function signersOf(uint24 version, uint16 signers) external view returns (address[] memory accounts);
    /// @notice How many times the settlement's limits of an epoch an operator has now; 1 unless it was scheduled otherwise.
    function limitMultipleOf(address operator) external view returns (uint256 multiple);
    /// @notice The multiple that is scheduled for an operator, and from when; 0 if there is none.
    function scheduledLimitOf(address operator) external view returns (uint16 multiple, uint256 activeFrom);
    /// @notice Whether the account is a member now.
    function isMember(address account) external view returns (bool);
    /// @notice Whether the account is a member, will be one, or was one, or resigned, less than `liabilitySeconds` ago.
    function isLiable(address account) external view returns (bool);
    /// @notice The committee in force.
    function currentVersion() external view returns (uint24 version);
    /// @notice The committee that is scheduled, and from when; 0 if there is none.
    function scheduledVersion() external view returns (uint24 version, uint256 activeFrom);
    /// @notice Members and threshold of a committee, past, present or scheduled, as it was scheduled: also those who
    /// resigned.
    function committeeOf(uint24 version) external view returns (address[] memory members, uint8 threshold);
    /// @notice How long after it is made a change takes effect, in seconds.
    function changeDelaySeconds() external view returns (uint256);
    /// @notice How long members answer with their bonds after they left, in seconds.
    function liabilitySeconds() external view returns (uint256);
}
