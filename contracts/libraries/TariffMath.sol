// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PriceBreakdown, Tariff} from "../interfaces/ITariffRegistry.sol";

/// @title Tariff mathematics
/// @notice The price of a session. Energy and time are rounded down to their steps before they are priced, each price
/// component is rounded down, and so is the tax: no rounding is ever against the driver.
library TariffMath {
    bytes32 internal constant TYPEHASH = keccak256(
        "Tariff(uint64 flatFeeMicro,uint64 priceMicroPerKwh,uint64 priceMicroPerChargingMinute,"
        "uint64 priceMicroPerConnectedMinute,uint32 connectedFreeSeconds,uint32 energyStepWh,uint32 chargingStepSeconds,"
        "uint32 connectedStepSeconds,uint64 minimumMicro,uint64 maximumMicro,uint16 taxBps,bool chargesWithoutEnergy)"
    );

    uint256 internal constant MICRO_WH_PER_WH = 1e6;
    uint256 internal constant MICRO_WH_PER_KWH = 1e9;
    uint256 internal constant SECONDS_PER_MINUTE = 60;
    uint256 internal constant BPS = 10_000;

    /// @notice The EIP-712 struct hash of the tariff, which is its id.
    function idOf(Tariff memory tariff) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, tariff));
    }

    /// @notice The gross price, rounded down.
    /// @dev Every factor is below 2^64 and every divisor a constant, so that nothing here can overflow, divide by zero or
    /// otherwise revert: products are below 2^128, their sum below 2^131, and tax multiplies that by less than 2^16.
    function grossRoundedDown(
        Tariff memory tariff,
        uint256 energyMicroWh,
        uint256 chargingSeconds,
        uint256 connectedSeconds
    ) internal pure returns (uint256) {
        unchecked {
            if (energyMicroWh == 0 && !tariff.chargesWithoutEnergy) return 0;

            uint256 netMicro = clamp(
                tariff,
                tariff.flatFeeMicro +
                    energyRoundedDown(tariff, energyMicroWh) +
                    chargingRoundedDown(tariff, chargingSeconds) +
                    connectedRoundedDown(tariff, connectedSeconds)
            );
            return netMicro + taxRoundedDown(tariff, netMicro);
        }
    }

    /// @notice The same price, component by component.
    function breakdownRoundedDown(
        Tariff memory tariff,
        uint256 energyMicroWh,
        uint256 chargingSeconds,
        uint256 connectedSeconds
    ) internal pure returns (PriceBreakdown memory price) {
        if (energyMicroWh == 0 && !tariff.chargesWithoutEnergy) return price;

        price.flatFeeMicro = tariff.flatFeeMicro;
        price.energyMicro = energyRoundedDown(tariff, energyMicroWh);
        price.chargingMicro = chargingRoundedDown(tariff, chargingSeconds);
        price.connectedMicro = connectedRoundedDown(tariff, connectedSeconds);
        price.netMicro = clamp(
            tariff,
            price.flatFeeMicro + price.energyMicro + price.chargingMicro + price.connectedMicro
        );
        price.taxMicro = taxRoundedDown(tariff, price.netMicro);
        price.grossMicro = price.netMicro + price.taxMicro;
    }

    function energyRoundedDown(Tariff memory tariff, uint256 energyMicroWh) internal pure returns (uint256) {
        unchecked {
            uint256 wholeSteps = stepRoundedDown(energyMicroWh, tariff.energyStepWh * MICRO_WH_PER_WH);
            return (wholeSteps * tariff.priceMicroPerKwh) / MICRO_WH_PER_KWH;
        }
    }

    function chargingRoundedDown(Tariff memory tariff, uint256 chargingSeconds) internal pure returns (uint256) {
        unchecked {
            uint256 wholeSteps = stepRoundedDown(chargingSeconds, tariff.chargingStepSeconds);
            return (wholeSteps * tariff.priceMicroPerChargingMinute) / SECONDS_PER_MINUTE;
        }
    }

    function connectedRoundedDown(Tariff memory tariff, uint256 connectedSeconds) internal pure returns (uint256) {
        unchecked {
            if (connectedSeconds <= tariff.connectedFreeSeconds) return 0;
            uint256 wholeSteps = stepRoundedDown(
                connectedSeconds - tariff.connectedFreeSeconds,
                tariff.connectedStepSeconds
            );
            return (wholeSteps * tariff.priceMicroPerConnectedMinute) / SECONDS_PER_MINUTE;
        }
    }

    function taxRoundedDown(Tariff memory tariff, uint256 netMicro) internal pure returns (uint256) {
        unchecked {
            return (netMicro * tariff.taxBps) / BPS;
        }
    }

    /// @dev The maximum wins over the minimum; a published tariff has them in order.
    function clamp(Tariff memory tariff, uint256 amountMicro) internal pure returns (uint256) {
        if (amountMicro < tariff.minimumMicro) amountMicro = tariff.minimumMicro;
        if (tariff.maximumMicro != 0 && amountMicro > tariff.maximumMicro) amountMicro = tariff.maximumMicro;
        return amountMicro;
    }

    function stepRoundedDown(uint256 quantity, uint256 step) internal pure returns (uint256) {
        unchecked {
            return step == 0 ? quantity : quantity - (quantity % step);
        }
    }
}
