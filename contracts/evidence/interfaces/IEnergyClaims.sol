// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChargingSettlement, Opening, SessionTerms} from "../../interfaces/IChargingSettlement.sol";
import {IMeterRegistry} from "../../interfaces/IMeterRegistry.sol";
import {IMeterSettlement, SignedRecord} from "../../interfaces/IMeterSettlement.sol";
import {IOracleCommittee, OracleSignature} from "../../interfaces/IOracleCommittee.sol";
import {IClaimTransferRules} from "./IClaimTransferRules.sol";

/// @notice What is claimed of one device in one word, from the high bits to the low ones:
/// register (32): the first 32 bits of the scanner's code of the register that is billed; 0 for registers that restart with
/// each transaction; device (32): the number of the physical meter in this contract; from (64) and to (64): where the
/// register stood, in 10⁻⁶ Wh, or, if it restarts, the number of the last record before and of the last record claimed;
/// energyMicroWh (64): the energy claimed between the two, at most `to` − `from` unless the register restarts.
type PackedInterval is uint256;

/// @notice A purpose for which energy is claimed. It never changes.
struct Purpose {
    /// Energy that is claimed for one purpose of a group cannot be claimed for another purpose of it.
    uint32 group;
    /// The second (since 1970) from which on the contract takes claims; 0 if the purpose does not exist.
    uint40 activeFrom;
    /// How long after it is made a claim can be contradicted, in seconds.
    uint40 contradictionSeconds;
    /// What a claimant puts at stake, in 10⁻⁶ token for each megawatt-hour, rounded up.
    uint64 bondMicroPerMwh;
    /// Gets what no challenger gets of the bond of a contradicted claim.
    address beneficiary;
    /// Asked before a claim changes hands; the zero address if anybody may hold one.
    IClaimTransferRules transferRules;
    string name;
}

/// @notice A claim, as its operator sends it and a quorum of oracles signs it.
struct EnergyClaim {
    /// Who claims, for meters at EVSEs of its own.
    address operator;
    uint32 purpose;
    /// The end of the claimed period, in seconds since 1970, exclusive.
    uint40 periodEnd;
    /// The Merkle root of the dossier.
    bytes32 root;
    /// One for each device, or several in rising order of `from`.
    PackedInterval[] intervals;
}

/// @notice Where a claim is in its life.
enum ClaimStatus {
    None,
    Active,
    /// Used for good with an authority.
    Retired,
    /// Shown to be wrong. Final.
    Contradicted
}

/// @notice What is kept of a claim.
struct ClaimState {
    address claimant;
    uint40 claimedAt;
    uint32 purpose;
    ClaimStatus status;
    /// Still bound, in 10⁻⁶ token; 0 once it was released or lost.
    uint64 bondMicro;
    uint80 energyMicroWh;
    /// The EIP-712 struct hash of the `EnergyClaim`.
    bytes32 claimHash;
}

/// @notice How far the energy of a device is claimed in a group, and who can claim what follows.
struct ClaimMark {
    /// The `to` of the last claim.
    uint64 claimedTo;
    /// Until when the time of the device is used up for the power bound, in seconds since 1970.
    uint40 claimedUntil;
    /// The register by which the first claim counted; later claims count by the same.
    uint32 register;
    /// Whether there was a claim.
    bool isClaimed;
    /// The operator's number in this contract.
    uint32 operator;
    /// Number of the meter in the registry under which the device was enrolled last.
    uint32 meter;
    /// What its EVSE could deliver then, in watts.
    uint24 maximumPowerW;
}

/// @title Energy claims
/// @notice Lets operators claim, for a purpose such as a quota or a statement, the energy that their meters proved, and makes
/// sure that no kilowatt-hour is claimed twice within an exclusion group. A claim is a token (ERC-721): it can change hands
/// under the purpose's rules, be retired with an authority's reference, or be contradicted.
///
/// The contract keeps, for each device (physical meter) and group, how far it was claimed. A claim begins there or later and
/// moves the mark, so that energy is claimed once by construction, whoever signs. What is claimed is also at most what the
/// EVSE can deliver in the time since the last claim of the device ended. A quorum of the settlement's oracles signs that
/// the root stands for records that it verified.
///
/// The contract holds the claimants' bonds and touches no other money. It belongs to no scheme: a claim is a statement with
/// a proof, and no unit of an authority's register.
///
/// Assumptions for correctness: the quorum signs only what it verified; what it signs wrongly is bounded by the power of
/// the EVSEs, which their operators declare. Assumptions for liveness: a quorum that signs. Bonds come back by time alone.
///
/// Warning: energy that is left out of an interval, or between two of them, can never be claimed in the group again.
interface IEnergyClaims {
    /* EVENTS */

    /// @notice The owner of the oracle committee has added a purpose.
    event PurposeAdded(uint32 indexed purpose, uint32 indexed group, Purpose content);
    /// @notice An operator can claim the energy of a device in a group. Its time for the power bound begins at
    /// `claimedUntil`.
    event MeterEnrolled(
        uint32 indexed device,
        uint32 indexed group,
        uint32 indexed meter,
        address operator,
        uint24 maximumPowerW,
        uint40 claimedUntil
    );
    /// @notice A device turned out to be another one. `into` takes its marks; it can claim no more.
    event DeviceMerged(uint32 indexed device, uint32 indexed into);
    /// @notice Energy was claimed.
    event EnergyClaimed(
        uint256 indexed claimId,
        address indexed operator,
        uint32 indexed purpose,
        bytes32 root,
        uint40 periodEnd,
        uint256 energyMicroWh,
        uint256 bondMicro,
        PackedInterval[] intervals
    );
    /// @notice A claim was used for good; `reference_` is the authority's.
    event ClaimRetired(uint256 indexed claimId, address indexed holder, string reference_);
    /// @notice A claim was shown to be wrong. `reasonHash` is the quorum's; 0 if a meter's record showed it.
    event ClaimContradicted(
        uint256 indexed claimId,
        address indexed challenger,
        bytes32 reasonHash,
        uint256 rewardMicro,
        uint256 beneficiaryMicro
    );
    /// @notice The bond of a claim that nobody contradicted is its claimant's again.
    event BondReleased(uint256 indexed claimId, address indexed claimant, uint256 bondMicro);
    /// @notice Somebody took out what this contract owed.
    event Withdrawn(address indexed account, address indexed recipient, uint256 amountMicro);

    /* ERRORS */

    /// @notice Only the owner of the oracle committee can add purposes.
    error NotCommitteeOwner(address caller, address owner);
    /// @notice The purpose's name is empty or too long.
    error NameLengthOutOfRange(uint256 length, uint256 least, uint256 most);
    /// @notice The group has a number that would leave one out, or that is above the limit.
    error GroupOutOfRange(uint256 group, uint256 least, uint256 most);
    /// @notice Too short for anybody to look at a claim, or too long for anybody to mean it.
    error ContradictionTimeOutOfRange(uint256 contradictionSeconds, uint256 least, uint256 most);
    /// @notice The zero address cannot be a beneficiary or be paid.
    error AddressZero();
    /// @notice There is no purpose with this number.
    error PurposeUnknown(uint32 purpose);
    /// @notice The purpose takes no claims yet.
    error PurposeNotActive(uint32 purpose, uint256 timestamp, uint256 activeFrom);
    /// @notice There is no group with this number.
    error GroupUnknown(uint32 group);
    /// @notice Nobody enrolled a meter with this key.
    error KeyNotEnrolled(bytes32 keyId);
    /// @notice Only the operator can do this.
    error NotOperator(address caller, address operator);
    /// @notice The meter's records do not count at this time.
    error MeterNotValid(uint32 meter, uint256 timestamp, uint256 countsFrom, uint256 countsUntil);
    /// @notice The period has not ended.
    error PeriodNotOver(uint256 timestamp, uint256 periodEnd);
    /// @notice The claim has no interval.
    error NothingClaimed();
    /// @notice The caller has not enrolled the device in the purpose's group, or somebody else enrolled it later.
    error NotEnrolled(uint32 device, uint32 group);
    /// @notice The energy was claimed before: the interval begins before the device's mark.
    error EnergyClaimedBefore(uint32 device, uint256 from, uint256 claimedTo);
    /// @notice The interval ends where it begins or before.
    error IntervalEmpty(uint32 device, uint256 from, uint256 to);
    /// @notice The device was claimed by another register.
    error RegisterDiffers(uint32 device, uint32 register, uint32 expected);
    /// @notice More energy than the register counted in the interval.
    error EnergyAboveInterval(uint32 device, uint256 energyMicroWh, uint256 limitMicroWh);
    /// @notice More energy than the EVSE can deliver in the time since the last claim ended.
    error EnergyAbovePower(uint32 device, uint256 energyMicroWh, uint256 limitMicroWh);
    /// @notice The time of the device is used up until `claimedUntil`.
    error PeriodClaimed(uint32 device, uint256 periodEnd, uint256 claimedUntil);
    /// @notice The bond would be more than the contract can hold.
    error BondTooLarge(uint256 bondMicro, uint256 limitMicro);
    /// @notice The token moved another amount than was asked for.
    error TransferMismatch(uint256 received, uint256 expected);
    /// @notice The claim's status does not allow this.
    error ClaimNotActive(uint256 claimId, ClaimStatus status);
    /// @notice The purpose's rules do not let this account have the claim.
    error TransferRefused(uint256 claimId, address from, address to);
    /// @notice Only the holder of a claim can retire it.
    error NotHolder(address caller, address holder);
    /// @notice The authority's reference is empty or too long.
    error ReferenceLengthOutOfRange(uint256 length, uint256 least, uint256 most);
    /// @notice The claim can no longer be contradicted.
    error WindowPassed(uint256 timestamp, uint256 deadline);
    /// @notice The claim can still be contradicted.
    error WindowOpen(uint256 timestamp, uint256 deadline);
    /// @notice This is not what was claimed.
    error ClaimMismatch(uint256 claimId);
    /// @notice The claim has fewer intervals.
    error IntervalUnknown(uint256 index, uint256 count);
    /// @notice A register that restarts says nothing about earlier records; a quorum has to contradict.
    error RegisterRestarts(uint32 device);
    /// @notice The session is at another device than the interval.
    error DeviceDiffers(uint32 device, uint32 expected);
    /// @notice The session is not live, so that nothing shows that it opened, and when.
    error SessionNotLive();
    /// @notice The session opened before the claimed period ended.
    error SessionTooEarly(uint256 openedAt, uint256 periodEnd);
    /// @notice The record agrees with the claim: the register stood at the claimed end or above.
    error NothingContradicted(uint256 registerMicroWh, uint256 claimedTo);
    /// @notice The claim has no bond left.
    error NoBond(uint256 claimId);
    /// @notice There is nothing to take out.
    error NothingOwed(address account);

    /* PURPOSES */

    /// @notice Adds a purpose, which takes claims after the committee's `changeDelaySeconds`. Only the owner of the oracle
    /// committee. The delay lets authorities, buyers and oracles see a purpose before a claim can rest on it: a purpose in a
    /// group of its own could have the energy of another one claimed a second time.
    /// @param content `activeFrom` is ignored. A `group` one above `groupCount` begins another group.
    /// @return purpose Its number, from 1 up.
    function addPurpose(Purpose calldata content) external returns (uint32 purpose);

    /* ENROLMENT */

    /// @notice Enrols meters of the calling operator in a group: from now on their energy can be claimed in it. Energy counts
    /// for the power bound from the first enrolment on, so enrol a meter when it begins to work. To enrol again, under
    /// another meter number or after the power was lowered, keeps the time since the last claim; with another operator or
    /// at a higher power that time begins anew, so claim first.
    function enrol(uint32 group, uint32[] calldata meters) external;

    /// @notice Brings an enrolled key to the device of its physical meter, where a maker vouched for it since: of both marks
    /// the farther one counts in each group. To enrol the key again does the same; but this anybody may call, so that no
    /// operator can keep two marks for one meter.
    /// @return device The device of the key from now on.
    function joinPhysicalMeter(bytes32 keyId) external returns (uint32 device);

    /* CLAIM */

    /// @notice Claims energy for a purpose, and binds the claimant's bond. Only the operator of the claim.
    /// @param content What is claimed.
    /// @param signatures A quorum's signatures of `claimDigestOf(content)`, the EIP-712 digest of
    /// EnergyClaim(address operator,uint32 purpose,uint40 periodEnd,bytes32 root,uint256[] intervals)
    /// in the domain "Wattproof Energy Claims", version "1"; see IOracleCommittee.requireQuorum.
    /// @return claimId The number of the claim and its token, from 1 up.
    function claim(
        EnergyClaim calldata content,
        OracleSignature[] calldata signatures
    ) external returns (uint256 claimId);

    /// @notice Uses a claim for good. Only its holder. It never changes hands afterwards.
    /// @param reference_ The authority's reference, 1 to 128 bytes.
    function retire(uint256 claimId, string calldata reference_) external;

    /* CONTRADICTION */

    /// @notice Shows by a meter's records that a claim is wrong: a session that was opened after the claimed period began
    /// with the register below the claimed end. Anybody may call while the session is live, which shows when it opened; its
    /// records carry an idTag that nobody knew before. Half of the bond, rounded down, is the caller's, the rest the beneficiary's, so that nobody saves
    /// a bond by contradicting a claim of its own. Reverts as `IMeterSettlement.measure` does where the records do not prove
    /// the session.
    /// @param content What was claimed.
    /// @param index Which of its intervals.
    function contradict(
        uint256 claimId,
        EnergyClaim calldata content,
        uint256 index,
        SessionTerms calldata terms,
        Opening calldata opening,
        uint64 toppedUpMicro,
        SignedRecord[] calldata records
    ) external;

    /// @notice Shows the same by the word of a quorum, for meters whose records the contract cannot read and for sessions
    /// that were corrected after the claim. Anybody may send it. The whole bond is the beneficiary's.
    /// @param reasonHash Hash of the quorum's reasons, which are published elsewhere.
    /// @param signatures A quorum's signatures of `contradictionDigestOf(claimId, reasonHash)`, the EIP-712 digest of
    /// ClaimContradiction(uint256 claimId,bytes32 reasonHash).
    function contradictByQuorum(uint256 claimId, bytes32 reasonHash, OracleSignature[] calldata signatures) external;

    /* PAYMENTS */

    /// @notice Gives the bond of a claim back to its claimant's balance here once nobody can contradict it. Anybody may call.
    function releaseBond(uint256 claimId) external;

    /// @notice Pays out all that this contract owes the caller.
    function withdraw(address recipient) external;

    /* VIEWS */

    /// @notice The number of a key's device in this contract, from 1 up; 0 before it was enrolled. A device is a physical meter,
    /// as `IMeterRegistry.physicalMeterOf` knows it: keys of one maker and serial number share it, and its marks.
    function deviceOf(bytes32 keyId) external view returns (uint32 device);
    /// @notice How far a device is claimed in a group, and who can claim what follows.
    function markOf(uint32 device, uint32 group) external view returns (ClaimMark memory mark, address operator);
    /// @notice What is kept of a purpose; all zero if there is none with this number.
    function purposeOf(uint32 purpose) external view returns (Purpose memory content);
    /// @notice What is kept of a claim; all zero if there is none with this number.
    function claimOf(uint256 claimId) external view returns (ClaimState memory state);
    /// @notice The EIP-712 struct hash of a claim, to compare with `claimOf(claimId).claimHash`.
    function claimHashOf(EnergyClaim calldata content) external pure returns (bytes32 claimHash);
    /// @notice What oracles sign for a claim.
    function claimDigestOf(EnergyClaim calldata content) external view returns (bytes32 digest);
    /// @notice What oracles sign to contradict a claim.
    function contradictionDigestOf(uint256 claimId, bytes32 reasonHash) external view returns (bytes32 digest);
    /// @notice The bond of so much energy for a purpose, in 10⁻⁶ token.
    function bondOf(uint32 purpose, uint256 energyMicroWh) external view returns (uint256 bondMicro);
    /// @notice What this contract owes an account, in 10⁻⁶ token.
    function owedMicroOf(address account) external view returns (uint256);
    /// @notice How many claims there are; the last one has this number.
    function claimCount() external view returns (uint256);
    /// @notice How many purposes there are; the last one has this number.
    function purposeCount() external view returns (uint32);
    /// @notice How many groups there are; the last one has this number.
    function groupCount() external view returns (uint32);
    /// @notice The settlement whose oracles, meters and token count here.
    function settlement() external view returns (IChargingSettlement);
    /// @notice Who signs claims.
    function oracleCommittee() external view returns (IOracleCommittee);
    /// @notice What reads records.
    function meterSettlement() external view returns (IMeterSettlement);
    /// @notice Where the meters are.
    function meterRegistry() external view returns (IMeterRegistry);
}
