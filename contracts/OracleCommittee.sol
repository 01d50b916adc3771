// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {IOracleCommittee, OracleSignature} from "./interfaces/IOracleCommittee.sol";

/// @title Oracle committee
/// @dev See IOracleCommittee. Committees are numbered from 1 and kept for ever, because a batch names the one that signed
/// it; which one is in force follows from the time alone.
contract OracleCommittee is IOracleCommittee, Ownable2Step {
    /// One slot: reading it is all that a quorum needs besides its members.
    struct Schedule {
        uint24 previous;
        uint24 current;
        /// 0 if none is scheduled.
        uint24 next;
        uint40 currentFrom;
        uint40 nextFrom;
        uint8 currentThreshold;
        uint8 nextThreshold;
    }

    struct Committee {
        address[] members;
        uint8 threshold;
    }

    /// How many times the least limits an operator has, from when on it is another number, and which; one slot.
    struct LimitSchedule {
        /// 0 for once, as long as nothing was scheduled.
        uint16 current;
        uint16 next;
        /// 0 if none is scheduled.
        uint40 nextFrom;
    }

    uint256 private constant MOST_MEMBERS = 16;
    /// A longer one is a mistake of units.
    uint256 private constant LONGEST_DELAY = 365 days;

    uint256 public immutable changeDelaySeconds;
    uint256 public immutable liabilitySeconds;

    Schedule private _schedule;
    uint24 private _versionCount;
    mapping(uint24 version => Committee) private _committees;
    /// Place in the list of members, from 1; 0 if the account is no member.
    mapping(uint24 version => mapping(address account => uint8)) private _places;
    mapping(address operator => LimitSchedule) private _limits;
    /// 0 if the account never resigned.
    mapping(address account => uint40) private _resignedAt;

    constructor(
        address owner,
        uint256 delaySeconds,
        uint256 answerSeconds,
        address[] memory members,
        uint8 threshold
    ) Ownable(owner) {
        // Otherwise a committee that still answers for what it signed could be two changes back and be forgotten.
        require(
            delaySeconds > answerSeconds && delaySeconds <= LONGEST_DELAY,
            ChangeDelayOutOfRange(delaySeconds, answerSeconds + 1, LONGEST_DELAY)
        );
        changeDelaySeconds = delaySeconds;
        liabilitySeconds = answerSeconds;
        _schedule.current = _create(members, threshold, block.timestamp);
        _schedule.currentFrom = uint40(block.timestamp);
        _schedule.currentThreshold = threshold;
    }

    /* CHANGES */

    /// @inheritdoc IOracleCommittee
    function schedule(address[] calldata members, uint8 threshold) external onlyOwner {
        Schedule memory settled = _settledSchedule();
        uint256 activeFrom = block.timestamp + changeDelaySeconds;

        settled.next = _create(members, threshold, activeFrom);
        settled.nextFrom = uint40(activeFrom);
        settled.nextThreshold = threshold;
        _schedule = settled;
    }

    function _create(address[] memory members, uint8 threshold, uint256 activeFrom) private returns (uint24 version) {
        uint256 count = members.length;
        require(count >= 1 && count <= MOST_MEMBERS, MemberCountOutOfRange(count, 1, MOST_MEMBERS));
        require(threshold >= 1 && threshold <= count, ThresholdOutOfRange(threshold, 1, count));

        version = ++_versionCount;
        for (uint256 i; i < count; ++i) {
            address member = members[i];
            require(
                member != address(0) && _places[version][member] == 0 && _resignedAt[member] == 0,
                MemberInvalid(member)
            );
            _places[version][member] = uint8(i + 1);
        }
        _committees[version] = Committee(members, threshold);

        emit CommitteeScheduled(version, members, threshold, activeFrom);
    }

    /// @inheritdoc IOracleCommittee
    function resign() external {
        Schedule memory settled = _settledSchedule();
        bool isNamed = _places[settled.current][msg.sender] != 0 || _places[settled.next][msg.sender] != 0;
        require(isNamed, NotMember(msg.sender));

        // Older committees sign no more; who answers for what they signed is read from their lists.
        delete _places[settled.current][msg.sender];
        delete _places[settled.next][msg.sender];
        _resignedAt[msg.sender] = uint40(block.timestamp);

        emit MembershipResigned(msg.sender);
    }

    /// @inheritdoc IOracleCommittee
    function scheduleLimit(address operator, uint16 multiple) external onlyOwner {
        require(multiple != 0, MultipleZero());
        uint256 activeFrom = block.timestamp + changeDelaySeconds;

        _limits[operator] = LimitSchedule(uint16(limitMultipleOf(operator)), multiple, uint40(activeFrom));

        emit LimitScheduled(operator, multiple, activeFrom);
    }

    /* QUORUM */

    /// @inheritdoc IOracleCommittee
    function requireQuorum(
        bytes32 digest,
        OracleSignature[] calldata signatures
    ) external view returns (uint24 version, uint16 signers) {
        Schedule memory settled = _settledSchedule();
        version = settled.current;
        require(
            signatures.length == settled.currentThreshold,
            SignatureCountWrong(signatures.length, settled.currentThreshold)
        );

        address previous;
        for (uint256 i; i < signatures.length; ++i) {
            address signer = ECDSA.recover(digest, signatures[i].r, signatures[i].vs);
            require(signer > previous, SignersNotSorted(signer, previous));
            uint8 place = _places[version][signer];
            require(place != 0, SignerNotMember(signer));
            signers |= uint16(1 << (place - 1));
            previous = signer;
        }
    }

    /* VIEWS */

    /// @inheritdoc IOracleCommittee
    function signersOf(uint24 version, uint16 signers) external view returns (address[] memory accounts) {
        Committee storage committee = _committees[version];
        uint256 count;
        for (uint256 bits = signers; bits != 0; bits &= bits - 1) ++count;
        accounts = new address[](count);
        count = 0;
        for (uint256 i; signers >> i != 0; ++i) {
            if ((signers >> i) & 1 == 1) accounts[count++] = committee.members[i];
        }
    }

    /// @inheritdoc IOracleCommittee
    function limitMultipleOf(address operator) public view returns (uint256 multiple) {
        LimitSchedule memory limit = _limits[operator];
        if (limit.nextFrom != 0 && block.timestamp >= limit.nextFrom) return limit.next;
        return limit.current == 0 ? 1 : limit.current;
    }

    /// @inheritdoc IOracleCommittee
    function scheduledLimitOf(address operator) external view returns (uint16 multiple, uint256 activeFrom) {
        LimitSchedule memory limit = _limits[operator];
        return block.timestamp < limit.nextFrom ? (limit.next, uint256(limit.nextFrom)) : (0, 0);
    }

    /// @inheritdoc IOracleCommittee
    function isMember(address account) external view returns (bool) {
        return _places[_settledSchedule().current][account] != 0;
    }

    /// @inheritdoc IOracleCommittee
    function isLiable(address account) external view returns (bool) {
        uint256 resignedAt = _resignedAt[account];
        if (resignedAt != 0) return block.timestamp < resignedAt + liabilitySeconds;
        Schedule memory settled = _settledSchedule();
        if (_places[settled.current][account] != 0 || _places[settled.next][account] != 0) return true;
        return _places[settled.previous][account] != 0 && block.timestamp < settled.currentFrom + liabilitySeconds;
    }

    /// @inheritdoc IOracleCommittee
    function currentVersion() external view returns (uint24 version) {
        return _settledSchedule().current;
    }

    /// @inheritdoc IOracleCommittee
    function scheduledVersion() external view returns (uint24 version, uint256 activeFrom) {
        Schedule memory settled = _settledSchedule();
        return (settled.next, settled.nextFrom);
    }

    /// @inheritdoc IOracleCommittee
    function committeeOf(uint24 version) external view returns (address[] memory members, uint8 threshold) {
        Committee memory committee = _committees[version];
        return (committee.members, committee.threshold);
    }

    /// @dev The schedule as the time of this block has it.
    function _settledSchedule() private view returns (Schedule memory settled) {
        settled = _schedule;
        if (settled.next == 0 || block.timestamp < settled.nextFrom) return settled;

        return Schedule(settled.current, settled.next, 0, settled.nextFrom, 0, settled.nextThreshold, 0);
    }
}
