// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EnergyClaims} from "../evidence/EnergyClaims.sol";
import {IChargingSettlement} from "../interfaces/IChargingSettlement.sol";

/// @title Energy claims with vouched meters
/// @notice Lets a test say which physical meter a key belongs to, as a maker's word will. For tests only.
contract VouchedEnergyClaims is EnergyClaims {
    mapping(bytes32 keyId => bytes32 physicalMeter) private _physicalMeters;

    constructor(IChargingSettlement chargingSettlement) EnergyClaims(chargingSettlement) {}

    function vouch(bytes32 keyId, bytes32 physicalMeter) external {
        _physicalMeters[keyId] = physicalMeter;
    }

    function physicalMeterOf(bytes32 keyId) public view override returns (bytes32 physicalMeter) {
        physicalMeter = _physicalMeters[keyId];
        if (physicalMeter == 0) return super.physicalMeterOf(keyId);
    }
}
