// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChargingSettlement, PackedMetering, SessionTerms} from "./IChargingSettlement.sol";
import {IMeterSettlement, SignedRecord} from "./IMeterSettlement.sol";
import {IOracleBonds} from "./IOracleBonds.sol";
import {IOracleCommittee, OracleSignature} from "./IOracleCommittee.sol";
import {Tariff} from "./ITariffRegistry.sol";

/// @notice The rules of challenges. They are fixed at deployment.
struct ChallengeRules {
    /// How long a batch can be challenged, and how long a demand can be answered.
    uint40 windowSeconds;
    uint40 answerSeconds;
    /// The least reward, and the share of a loss that is the reward where that is more.
    uint64 rewardMicro;
    uint16 rewardShareBps;
    /// What an answer costs.
    uint64 demandDepositMicro;
    /// How many batches are kept at once.
    uint32 ringSize;
}

/// @notice A session at its place in the batch that settled it.
struct SettledClaim {
    /// Number of the batch, the session's place among all its claims from 0, and how many these are.
    uint256 batch;
    uint256 index;
    uint256 count;
    /// The siblings of the claim in the tree of settled claims, from the leaf up; see ClaimTree.
    bytes32[] proof;
    /// What the quorum signed beside the claims.
    bytes32 evidenceRoot;
    SessionTerms terms;
    Tariff tariff;
    /// What was claimed.
    PackedMetering metering;
    /// Whether the quorum said that the contract can read the records behind it.
    bool isReadable;
}

/// @notice Where a demand for the records behind a claim stands.
enum DemandStatus {
    None,
    /// Nobody has shown them yet.
    Open,
    /// They were shown, and are what was signed.
    Shown,
    /// They were not shown in time; the bonds pay.
    Defaulted
}

/// @notice A demand for the records behind one claim. Amounts in 10⁻⁶ token, times in seconds since 1970.
struct Demand {
    DemandStatus status;
    /// The last second at which it can be answered.
    uint40 answerableUntil;
    uint40 settledAt;
    uint24 committee;
    uint16 signers;
    bool isReadable;
    uint32 index;
    uint32 count;
    /// Who paid the deposit.
    address demander;
    /// Who is rewarded, and since which block it was committed; both 0 if nobody.
    address rewarded;
    uint40 committedAt;
    /// What the driver was charged by the claim.
    uint64 chargedMicro;
    /// Up to which price the operator is compensated.
    uint64 compensatedToMicro;
    PackedMetering metering;
    bytes32 evidenceRoot;
}

/// @title Challenges
/// @notice Keeps, for the challenge window, one word over the claims of each settled batch, and lets anybody show that one
/// was settled wrongly, in two ways. A third way is for sessions that a meter settled for which no maker vouches.
///
/// *By a record*: a session's meter signed something that costs the driver less. The difference is the driver's again at
/// once, out of the operator's provisional credit, and another record can lower the price further. It never costs a bond
/// and never pays the operator: a meter that signs twice is its operator's fault, and not that of the oracles who saw one
/// of the two.
///
/// *By a demand*: the quorum signed with its claims what records they rest on. Whoever asks for them deposits what an
/// answer costs; whoever shows them gets the deposit. What is shown must be what was signed, and, where the quorum said
/// that the contract can read it, give exactly the claim. Nobody can answer for claims that rest on nothing: then the
/// bonds of all who signed pay the driver what was charged without proof, the operator what its meter's records prove
/// beyond that, and a reward.
///
/// *By a quorum*: a key that only its operator calls a meter can sign anything. Within the challenge window a quorum that
/// knows better lowers what such a session costs; the difference is the driver's again at once, out of the operator's
/// provisional credit, within what oracles can give back to the operator's drivers in an epoch.
///
/// Warning: oracles who keep no records, or do not watch, lose bonds without having lied.
interface IChallenges {
    /// @notice A batch was settled. `settled` is the root of ClaimTree over its claims, zero for those that were not
    /// settled.
    event BatchAnchored(
        uint256 indexed batch,
        bytes32 settled,
        bytes32 evidenceRoot,
        uint256 count,
        uint24 committee,
        uint16 signers
    );
    /// @notice A record of the session's meter, or a quorum where no maker vouches for that meter, gives less than what the
    /// driver had paid until then.
    /// @param batch 2^256 − 1 where a meter settled the session and a quorum lowered its price.
    /// @param challenger Who sent it.
    event ClaimChallenged(
        uint256 indexed batch,
        bytes32 indexed sessionId,
        address indexed challenger,
        uint256 chargedMicro,
        uint256 provenMicro
    );
    /// @notice A meter for which no maker vouches settled a session at this price, which a quorum can lower within the
    /// challenge window.
    event PriceKept(bytes32 indexed sessionId, uint256 paidMicro);
    /// @notice Somebody promised to show something later; nobody can tell what.
    event DemandCommitted(bytes32 indexed commitment, address indexed sender);
    /// @notice The records behind a claim are to be shown until then. Told again where somebody with an older commitment
    /// comes later: `rewarded` is another account then.
    event EvidenceDemanded(
        uint256 indexed batch,
        bytes32 indexed sessionId,
        address indexed demander,
        address rewarded,
        bytes32 evidenceRoot,
        uint256 index,
        uint256 answerableUntil
    );
    /// @notice The records behind the claim were shown.
    event EvidenceShown(bytes32 indexed sessionId, address indexed answerer);
    /// @notice The records were not shown in time: the bonds owe the driver, the operator and the challenger this. Told
    /// again where a record proves later that the operator lost more.
    event EvidenceMissing(
        bytes32 indexed sessionId,
        address indexed rewarded,
        uint256 driverMicro,
        uint256 operatorMicro,
        uint256 rewardMicro
    );

    error NotSettlement(address caller);
    /// @notice A contract beside this one belongs to others.
    error NeighbourMismatch();
    error RingSizeOutOfRange(uint256 size, uint256 least, uint256 most);
    /// @notice The share of a loss that a challenger gets is above all of it.
    error RewardShareTooHigh(uint256 shareBps, uint256 mostBps);
    /// @notice Nobody could look at a settlement, or answer, in so little time.
    error WindowTooShort(uint256 windowSeconds, uint256 leastSeconds);
    /// @notice Oracles could take their bonds back before a demand can be concluded.
    error LiabilityTooShort(uint256 liabilitySeconds, uint256 windowsSeconds);
    /// @notice The batch is not known, or not any more.
    error BatchUnknown(uint256 batch);
    /// @notice The window is over; the settlement is final.
    error WindowPassed(uint256 timestamp, uint256 deadline);
    /// @notice The session with this claim is not, at this place, part of the batch.
    error ClaimNotInBatch(bytes32 sessionId);
    /// @notice The tariff is not the one that the terms name.
    error TariffMismatch(bytes32 tariffId, bytes32 expected);
    /// @notice The records, or the quorum, do not give less than what the driver has paid.
    error NothingToCorrect(uint256 provenMicro, uint256 paidMicro);
    /// @notice No meter without a maker's word settled this session at a price above nothing.
    error PriceNotKept(bytes32 sessionId);
    /// @notice The same was committed before.
    error AlreadyCommitted(bytes32 commitment);
    /// @notice The records were demanded, and whoever calls has no older commitment than the one who is rewarded.
    error AlreadyDemanded(bytes32 sessionId);
    /// @notice The demand is in another state than the call needs.
    error DemandNotOpen(bytes32 sessionId, DemandStatus status);
    /// @notice The time for an answer is over.
    error AnswerTooLate(uint256 timestamp, uint256 answerableUntil);
    /// @notice The demand can still be answered.
    error AnswerPending(uint256 timestamp, uint256 answerableUntil);
    /// @notice These are not the records that were signed.
    error EvidenceDiffers(bytes32 evidenceRoot);
    /// @notice The records that were signed give something else than was claimed.
    error MeasureDiffers(PackedMetering measured, PackedMetering claimed);
    /// @notice The demand was concluded, and the records prove no further loss of the operator.
    error NothingToCompensate(uint256 provenMicro, uint256 compensatedToMicro);

    /// @notice Keeps a batch. Only the settlement contract. Reverts unless each signer has the least bond.
    function anchor(bytes32 settled, bytes32 evidenceRoot, uint256 count, uint24 committee, uint16 signers) external;

    /// @notice Shows that a driver paid too much. Anybody may call, also again with a record that costs still less.
    function challenge(SettledClaim calldata claim, SignedRecord[] calldata records) external;

    /// @notice Keeps what a session costs that was settled by a meter for which no maker vouches. Only the settlement.
    function keepPrice(bytes32 sessionId, uint64 paidMicro) external;

    /// @notice Lowers what such a session costs, within the challenge window. Anybody may send what a quorum signed, also
    /// again with a lower price.
    /// @param priceMicro What the driver pays in the end; less than what the driver has paid until now.
    /// @param signatures Of `loweringDigestOf`.
    function lowerPrice(SessionTerms calldata terms, uint64 priceMicro, OracleSignature[] calldata signatures) external;

    /// @notice Promises a demand, so that nobody who sees it can take its reward.
    /// @param commitment keccak256(abi.encode(sender, batch, index, salt)), with the sender as address and the others as
    /// 32 bytes each. It counts from the next block on, for an hour.
    function commit(bytes32 commitment) external;

    /// @notice Demands the records behind a claim. Anybody may call who has allowed the bonds' contract to take the
    /// deposit. Where they are demanded already, an older commitment takes over the reward and pays nothing.
    /// @param salt Of the commitment; without one that counts, nobody is rewarded.
    function demandEvidence(SettledClaim calldata claim, bytes32 salt) external;

    /// @notice Shows records that the contract can read: exactly these were signed, and they give the claim. Anybody may
    /// call; the deposit is the caller's.
    /// @param proof The siblings of the session's evidence in the tree under `evidenceRoot`, in the shape of ClaimTree.
    function showRecords(
        SessionTerms calldata terms,
        SignedRecord[] calldata records,
        bytes32[] calldata proof
    ) external;

    /// @notice Shows records that the contract cannot read, byte for byte as they were signed for. Anybody may call; the
    /// deposit is the caller's.
    function showDocuments(SessionTerms calldata terms, bytes[] calldata documents, bytes32[] calldata proof) external;

    /// @notice Makes the bonds pay for a demand that was not answered in time. Anybody may call, also again with records
    /// that prove a higher price, as long as the signers' cases are open.
    /// @param records What the meter signed, if that is to the operator's favour; otherwise none.
    function conclude(SessionTerms calldata terms, Tariff calldata tariff, SignedRecord[] calldata records) external;

    /// @notice How many batches were settled; the next one has this number.
    function batchCount() external view returns (uint256);
    /// @notice What is kept of a batch; all zero if it is not, or not any more.
    /// @return root The first 160 bits of keccak256(abi.encode(settled, evidenceRoot, count)).
    function batchOf(
        uint256 batch
    ) external view returns (uint160 root, uint40 settledAt, uint24 committee, uint16 signers);
    /// @notice What became of the demand for a session's records.
    function demandOf(bytes32 sessionId) external view returns (Demand memory);
    /// @notice What records or a quorum have lowered a session's price to; the second is false if none did.
    function loweredTo(bytes32 sessionId) external view returns (uint64 paidMicro, bool isLowered);
    /// @notice The last second at which a quorum can lower what the session costs; 0 if it never could.
    function lowerableUntil(bytes32 sessionId) external view returns (uint256);
    /// @notice What oracles sign to lower a price: the digest, in the settlement's EIP-712 domain, of
    /// LoweredPrice(bytes32 sessionId,uint64 priceMicro).
    function loweringDigestOf(bytes32 sessionId, uint64 priceMicro) external view returns (bytes32);
    /// @notice How long a batch can be challenged, in seconds.
    function challengeWindowSeconds() external view returns (uint40);
    /// @notice How long a demand can be answered, in seconds.
    function answerWindowSeconds() external view returns (uint40);
    /// @notice The least reward for a demand that was not answered.
    function rewardMicro() external view returns (uint64);
    /// @notice The share of a loss that is the reward where that is more, in hundredths of a percent.
    function rewardShareBps() external view returns (uint16);
    /// @notice What an answer costs: who demands records deposits it.
    function demandDepositMicro() external view returns (uint64);
    /// @notice How many batches are kept at once.
    function ringSize() external view returns (uint32);
    /// @notice Where the money is.
    function settlement() external view returns (IChargingSettlement);
    /// @notice What measures a meter's records.
    function meterSettlement() external view returns (IMeterSettlement);
    /// @notice Whose claims are challenged.
    function oracleCommittee() external view returns (IOracleCommittee);
    /// @notice What pays.
    function oracleBonds() external view returns (IOracleBonds);
}
