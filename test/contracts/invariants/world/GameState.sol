// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Opening, PackedMetering, SessionTerms} from "../../../../contracts/interfaces/IChargingSettlement.sol";
import {Tariff} from "../../../../contracts/interfaces/ITariffRegistry.sol";
import {VehicleConsent} from "../../../../contracts/interfaces/IVehicleConsents.sol";
import {ContractSet} from "../../base/ContractSet.sol";
import {GameToken} from "../../base/GameToken.sol";
import {cheats, timeNow} from "../../base/TestBase.sol";
import {GamePeople} from "./GamePeople.sol";

/// @title State of the game
/// @notice What should be: balances, nonces, sessions, credits, bonds, kept without reading the contracts.
abstract contract GameState is ContractSet, GamePeople {
    enum Status {
        Live,
        Settled,
        Released,
        Expired
    }

    struct Session {
        SessionTerms terms;
        Tariff tariff;
        bytes32 id;
        Opening opening;
        Status status;
        uint256 toppedUpMicro;
        uint256 chargedMicro;
        uint256 returnedMicro;
        /// What the tariff gives for what was claimed or recorded, before the hold limits it.
        uint256 priceMicro;
        /// What challenges, or a quorum, gave back to the driver.
        uint256 refundedMicro;
        /// When a meter settled it for which no maker vouches, at more than nothing; 0 if that did not happen.
        uint256 provenAt;
        /// What the meter has seen: the first of its two record numbers, the register, the time.
        uint256 pagination;
        uint256 beginMicroWh;
        uint256 endMicroWh;
        uint256 chargingSeconds;
    }

    struct ModelAccount {
        uint256 freeMicro;
        uint256 nonce;
        /// Number of the live session plus one; 0 is none.
        uint256 live;
    }

    /// What a driver, with all lanes, has paid in and taken out, and has outside.
    struct ModelPurse {
        uint256 depositedMicro;
        uint256 withdrawnMicro;
        uint256 walletMicro;
        uint256 otherWalletMicro;
    }

    struct ModelCredit {
        uint256 finalMicro;
        mapping(uint256 epoch => uint256) provisionalMicro;
        mapping(address party => uint256) withdrawnMicro;
    }

    struct ModelAgreement {
        uint256 operator;
        uint256[] partners;
        uint256[] shareBps;
        uint256 signedCount;
        mapping(uint256 partner => bool) hasSigned;
        bool isRetired;
    }

    /// A settled claim, and its place among all of its batch.
    struct ModelClaim {
        uint256 session;
        uint256 index;
        PackedMetering metering;
        /// What the driver has paid of it.
        uint256 paidMicro;
        /// A demand for the records behind it, and whether it was shown or concluded.
        uint256 answerableUntil;
        bool isShown;
        bool isDefaulted;
        uint256 compensatedToMicro;
    }

    struct ModelBatch {
        uint256 settledAt;
        /// Oracles that signed, in the order of the committee's members.
        uint256[] signers;
        bytes32 evidenceRoot;
        /// The leaves of all claims, zero for those that were not settled, and of what is behind them.
        bytes32[] leaves;
        bytes32[] evidence;
        ModelClaim[] claims;
    }

    /// A case of an oracle: its bond when it began, and what counts against it.
    struct ModelCase {
        uint256 openedAt;
        uint256 poolMicro;
        uint256 claimedMicro;
        bool isClosed;
    }

    struct ModelCommittee {
        uint256[] members;
        uint256 threshold;
    }

    struct ModelMeter {
        uint256 nextPagination;
        uint256 registerMicroWh;
        /// What the meter lane has consumed.
        bool isUsed;
        uint256 lastPagination;
        uint256 lastRegisterMicroWh;
    }

    struct ModelConsent {
        VehicleConsent consent;
        bool isGranted;
        uint256 grantedAt;
        uint256 period;
        uint256 heldMicro;
    }

    uint256 internal constant WINDOW = 24 hours;
    uint256 internal constant ANSWER_WINDOW = 12 hours;
    uint256 internal constant TOP_UP_MARGIN = 2 hours;
    uint256 internal constant EPOCH = 24 hours;
    uint256 internal constant LONGEST_SESSION = 48 hours;
    uint256 internal constant LIABILITY = 48 hours;
    uint256 internal constant CHANGE_DELAY = 72 hours;
    uint256 public constant EPOCH_LIMIT = 15_000_000;
    uint256 internal constant REWARD = 500_000;
    uint256 internal constant RING = 8;
    uint256 internal constant MOST_AGREEMENTS = 6;

    GameToken public erc20;
    uint256 public donatedMicro;
    bool public isPaused;

    mapping(uint256 driver => mapping(uint256 lane => ModelAccount)) public accounts;
    mapping(uint256 driver => ModelPurse) public purses;
    mapping(address account => uint256) public earnedMicro;
    mapping(uint256 operator => mapping(uint256 agreement => ModelCredit)) internal _credits;
    /// What oracles credited an operator with in an epoch.
    mapping(uint256 operator => mapping(uint256 epoch => uint256)) public epochUseMicro;
    /// Whether the relayer can release an operator's sessions.
    mapping(uint256 operator => bool) public isRelayerAppointed;
    mapping(uint256 oracle => uint256) public bondsMicro;
    mapping(uint256 operator => Tariff) internal _offered;
    mapping(uint256 operator => ModelMeter) public meters;
    mapping(uint256 driver => ModelConsent) internal _consents;
    mapping(uint256 agreement => ModelAgreement) internal _agreements;
    uint256 public agreementCount;
    Session[] internal _sessions;
    ModelBatch[] internal _batches;
    mapping(uint256 oracle => ModelCase[]) internal _cases;
    uint256 public burntMicro;
    /// Epochs before this one are final.
    uint256 internal _firstOpenEpoch;

    mapping(uint256 version => ModelCommittee) internal _committees;
    uint256 internal _committeeCount;
    uint256 internal _previousCommittee;
    uint256 internal _currentCommittee;
    uint256 internal _currentFrom;
    uint256 internal _nextCommittee;
    uint256 internal _nextFrom;
    mapping(uint256 oracle => uint256) internal _resignedAt;

    /// Calls that did what they should, by what they did.
    mapping(string action => uint256) public successes;
    uint256 public steps;
    uint256 public successSum;
    /// What a handler saw that must never be; empty is well. The key is the number of the invariant, 0 is none of them.
    mapping(uint256 invariantNumber => string) public broken;

    /* TIME */

    function _warp(uint256 timestamp) internal {
        cheats.warp(timestamp);
        if (_nextCommittee != 0 && timestamp >= _nextFrom) {
            (_previousCommittee, _currentCommittee, _currentFrom) = (_currentCommittee, _nextCommittee, _nextFrom);
            (_nextCommittee, _nextFrom) = (0, 0);
        }
        for (; _firstOpenEpoch + 2 <= timestamp / EPOCH; ++_firstOpenEpoch) {
            for (uint256 operator; operator < OPERATORS; ++operator) {
                for (uint256 agreement; agreement <= agreementCount; ++agreement) {
                    ModelCredit storage credit = _credits[operator][agreement];
                    credit.finalMicro += credit.provisionalMicro[_firstOpenEpoch];
                    credit.provisionalMicro[_firstOpenEpoch] = 0;
                }
            }
        }
    }

    /* VIEWS */

    function sessionCount() public view returns (uint256) {
        return _sessions.length;
    }

    function sessionAt(uint256 index) public view returns (Session memory) {
        return _sessions[index];
    }

    function batchCount() public view returns (uint256) {
        return _batches.length;
    }

    function creditOf(
        uint256 operator,
        uint256 agreement
    ) public view returns (uint256 finalMicro, uint256 provisionalMicro) {
        ModelCredit storage credit = _credits[operator][agreement];
        for (uint256 epoch = _firstOpenEpoch; epoch <= timeNow() / EPOCH; ++epoch) {
            provisionalMicro += credit.provisionalMicro[epoch];
        }
        return (credit.finalMicro, provisionalMicro);
    }

    function withdrawnOf(uint256 operator, uint256 agreement, address party) public view returns (uint256) {
        return _credits[operator][agreement].withdrawnMicro[party];
    }

    function agreementPartners(uint256 agreement) public view returns (uint256 operator, uint256[] memory partners) {
        return (_agreements[agreement].operator, _agreements[agreement].partners);
    }

    function _break(uint256 invariantNumber, string memory what) internal {
        broken[invariantNumber] = what;
    }
}
