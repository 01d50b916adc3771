// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IMeterRegistry, RecordSigner} from "../interfaces/IMeterRegistry.sol";
import {ClaimMark, IEnergyClaims, PackedInterval} from "./interfaces/IEnergyClaims.sol";
import {PackedIntervalLibrary} from "./PackedIntervalLibrary.sol";
import {PackedMark, PackedMarkLibrary} from "./PackedMarkLibrary.sol";

/// @title Marks of claims
/// @dev The part of the energy claims that knows how far each device is claimed in each group. All that a claim needs of a
/// device is in one slot; so a claim of many devices costs a read and a write of it and a look at the registry for each.
/// See IEnergyClaims.
abstract contract ClaimMarks is IEnergyClaims {
    using PackedIntervalLibrary for PackedInterval;
    using PackedMarkLibrary for ClaimMark;
    using PackedMarkLibrary for PackedMark;

    /// Devices that turn out to be one are merged in every group, so that there must not be many.
    uint256 private constant MOST_GROUPS = 32;

    IMeterRegistry public immutable meterRegistry;

    uint32 public groupCount;
    uint32 private _deviceCount;
    uint32 private _operatorCount;
    mapping(bytes32 physicalMeter => uint32 device) private _deviceByMeter;
    mapping(bytes32 keyId => uint32 device) public deviceOf;
    mapping(address account => uint32 operator) private _operatorNumbers;
    mapping(uint32 operator => address) private _operators;
    mapping(uint256 place => PackedMark) private _marks;

    constructor(IMeterRegistry meters) {
        meterRegistry = meters;
    }

    /* GROUPS */

    /// @dev Groups are numbered without gaps.
    function _useGroup(uint32 group) internal {
        uint256 most = Math.min(uint256(groupCount) + 1, MOST_GROUPS);
        require(group >= 1 && group <= most, GroupOutOfRange(group, 1, most));

        if (group > groupCount) groupCount = group;
    }

    /* ENROLMENT */

    /// @inheritdoc IEnergyClaims
    function enrol(uint32 group, uint32[] calldata meters) external {
        require(group >= 1 && group <= groupCount, GroupUnknown(group));
        uint32 operator = _numberOperator();
        for (uint256 i; i < meters.length; ++i) _enrol(group, meters[i], operator);
    }

    function _enrol(uint32 group, uint32 meter, uint32 operator) private {
        RecordSigner memory signer = meterRegistry.recordSignerOf(meter);
        require(msg.sender == signer.operator, NotOperator(msg.sender, signer.operator));
        require(
            block.timestamp >= signer.countsFrom && block.timestamp < signer.countsUntil,
            MeterNotValid(meter, block.timestamp, signer.countsFrom, signer.countsUntil)
        );
        uint24 maximumPowerW = meterRegistry.evseOf(signer.evse).maximumPowerW;

        uint32 device = _numberDevice(signer.keyId);
        uint256 place = _placeOf(device, group);
        ClaimMark memory mark = _marks[place].unpack();
        // Neither another operator's time nor a higher power may count for the time before.
        if (mark.operator != operator || maximumPowerW > mark.maximumPowerW) {
            mark.claimedUntil = uint40(Math.max(mark.claimedUntil, block.timestamp));
        }
        (mark.operator, mark.meter, mark.maximumPowerW) = (operator, meter, maximumPowerW);
        _marks[place] = mark.pack();

        emit MeterEnrolled(device, group, meter, msg.sender, maximumPowerW, mark.claimedUntil);
    }

    function _numberOperator() private returns (uint32 operator) {
        operator = _operatorNumbers[msg.sender];
        if (operator != 0) return operator;

        operator = ++_operatorCount;
        _operatorNumbers[msg.sender] = operator;
        _operators[operator] = msg.sender;
    }

    /// @inheritdoc IEnergyClaims
    function joinPhysicalMeter(bytes32 keyId) external returns (uint32 device) {
        require(deviceOf[keyId] != 0, KeyNotEnrolled(keyId));

        return _numberDevice(keyId);
    }

    /// @dev A key that was a device of its own and turns out to be of a known physical meter takes its marks along. No key
    /// leaves a physical meter again: the registry keeps the first word of a maker.
    function _numberDevice(bytes32 keyId) private returns (uint32 device) {
        bytes32 physicalMeter = meterRegistry.physicalMeterOf(keyId);
        uint32 known = deviceOf[keyId];
        device = _deviceByMeter[physicalMeter];
        if (device != 0 && device == known) return device;
        if (device == 0) {
            device = known != 0 ? known : ++_deviceCount;
            _deviceByMeter[physicalMeter] = device;
        } else if (known != 0) {
            _merge(known, device);
        }

        deviceOf[keyId] = device;
    }

    function _merge(uint32 device, uint32 into) private {
        for (uint32 group = 1; group <= groupCount; ++group) {
            PackedMark old = _marks[_placeOf(device, group)];
            if (old.operator() == 0) continue;

            uint256 place = _placeOf(into, group);
            ClaimMark memory mark = _marks[place].unpack();
            if (old.isClaimed() && !mark.isClaimed) (mark.isClaimed, mark.register) = (true, old.register());
            if (old.claimedTo() > mark.claimedTo) mark.claimedTo = old.claimedTo();
            if (old.claimedUntil() > mark.claimedUntil) mark.claimedUntil = old.claimedUntil();
            _marks[place] = mark.pack();
            _marks[_placeOf(device, group)] = PackedMark.wrap(0);
        }

        emit DeviceMerged(device, into);
    }

    /* CLAIM */

    /// @dev Moves the marks of all devices of the caller's claim. Reverts where any of it was claimed before, is another
    /// operator's, or cannot have flowed. Not by `require`, which computes the error for every good interval, too: 1,000 gas.
    function _advanceMarks(
        uint32 group,
        uint256 periodEnd,
        PackedInterval[] calldata intervals
    ) internal returns (uint256 energyMicroWh) {
        uint32 operator = _operatorNumbers[msg.sender];
        for (uint256 i; i < intervals.length; ++i) {
            PackedInterval interval = intervals[i];
            uint256 place = _placeOf(interval.device(), group);
            PackedMark mark = _marks[place];
            if (operator == 0 || mark.operator() != operator) revert NotEnrolled(interval.device(), group);
            _requireUnclaimed(interval, mark);
            uint256 countsUntil = _countsUntil(mark.meter(), periodEnd);
            _requirePossible(interval, mark, countsUntil);

            // At most the end of the period, which has 40 bits.
            _marks[place] = mark.advanced(interval.to(), uint40(countsUntil), interval.register());
            unchecked {
                // Each has 64 bits.
                energyMicroWh += interval.energyMicroWh();
            }
        }
    }

    function _requireUnclaimed(PackedInterval interval, PackedMark mark) private pure {
        if (interval.from() < mark.claimedTo()) {
            revert EnergyClaimedBefore(interval.device(), interval.from(), mark.claimedTo());
        }
        if (interval.to() <= interval.from()) revert IntervalEmpty(interval.device(), interval.from(), interval.to());
        // By another register of the same meter the same energy would count once more.
        if (mark.isClaimed() && mark.register() != interval.register()) {
            revert RegisterDiffers(interval.device(), interval.register(), mark.register());
        }
    }

    /// @dev The end of the meter's time for this claim: the period's, or where its records ceased to count before.
    function _countsUntil(uint32 meter, uint256 periodEnd) private view returns (uint256) {
        // Reads one slot; all that is known of the meter are six.
        if (periodEnd != 0 && meterRegistry.isValidAt(meter, periodEnd - 1)) return periodEnd;
        RecordSigner memory signer = meterRegistry.recordSignerOf(meter);
        require(periodEnd > signer.countsFrom, MeterNotValid(meter, periodEnd, signer.countsFrom, signer.countsUntil));
        return Math.min(periodEnd, signer.countsUntil);
    }

    function _requirePossible(PackedInterval interval, PackedMark mark, uint256 countsUntil) private pure {
        uint256 energyMicroWh = interval.energyMicroWh();
        // What the register counted flowed, claimed or not; one that restarts does not tell.
        uint256 flowedMicroWh = energyMicroWh;
        if (interval.register() != 0) {
            unchecked {
                // The interval is not empty.
                flowedMicroWh = interval.to() - interval.from();
            }
            if (energyMicroWh > flowedMicroWh) {
                revert EnergyAboveInterval(interval.device(), energyMicroWh, flowedMicroWh);
            }
        }
        if (countsUntil <= mark.claimedUntil()) {
            revert PeriodClaimed(interval.device(), countsUntil, mark.claimedUntil());
        }
        uint256 limitMicroWh;
        unchecked {
            // 40 and 24 bits.
            limitMicroWh = ((countsUntil - mark.claimedUntil()) * mark.maximumPowerW() * 1e6) / 1 hours;
        }
        if (flowedMicroWh > limitMicroWh) {
            revert EnergyAbovePower(interval.device(), flowedMicroWh, limitMicroWh);
        }
    }

    function _operatorNumberOf(address account) internal view returns (uint32 operator) {
        return _operatorNumbers[account];
    }

    function _operatorOf(uint32 operator) internal view returns (address) {
        return _operators[operator];
    }

    /* VIEWS */

    /// @inheritdoc IEnergyClaims
    function markOf(uint32 device, uint32 group) external view returns (ClaimMark memory mark, address operator) {
        mark = _marks[_placeOf(device, group)].unpack();
        operator = _operators[mark.operator];
    }

    function _placeOf(uint32 device, uint32 group) private pure returns (uint256) {
        return (uint256(device) << 32) | group;
    }
}
