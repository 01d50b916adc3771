// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PackedConnectedFee, PackedLimits, PackedTaxes, PriceBreakdown, Tariff} from "../interfaces/ITariffRegistry.sol";
import {TariffParts} from "./TariffParts.sol";

/// @title Tariff mathematics
/// @notice The price of a session. Energy and time are rounded down to their steps before they are priced, each price
/// component is rounded down, and so is the tax on each: no rounding is ever against the driver.
/// @dev Nothing here can overflow, divide by zero or otherwise revert, whatever the tariff and the metering: energy,
/// prices and amounts are below 2^64, times below 2^32, rates below 2^16, and every divisor is a constant. So an energy
/// component is below 2^128, all components together below 2^131, and tax multiplies that by less than 2^16.
library TariffMath {
    using TariffParts for *;

    bytes32 internal constant TYPEHASH = keccak256(
        "Tariff(uint64 flatFeeMicro,uint64 priceNanoPerKwh,uint32 energyStepWh,uint64 priceNanoPerChargingHour,"
        "uint32 chargingStepSeconds,uint64 taxes,uint256 limits,uint240 energyBands,uint192 connectedFee,"
        "bool chargesWithoutEnergy)"
    );

    uint256 internal constant MICRO_WH_PER_WH = 1e6;
    /// A price of 10⁻⁹ token per kWh on 10⁻⁶ Wh gives 10⁻¹² of 10⁻⁶ token.
    uint256 internal constant ENERGY_SCALE = 1e12;
    /// A price of 10⁻⁹ token per hour on a second gives 1 / 3,600,000 of 10⁻⁶ token.
    uint256 internal constant TIME_SCALE = 3_600_000;
    uint256 internal constant BPS = 10_000;

    /// @notice The EIP-712 struct hash of the tariff, which is its id.
    function idOf(Tariff memory tariff) internal pure returns (bytes32 tariffId) {
        bytes32 typehash = TYPEHASH;
        // What `keccak256(abi.encode(TYPEHASH, tariff))` computes: a struct of ten words lies in memory as it is encoded.
        assembly ("memory-safe") {
            let encoded := mload(0x40)
            mstore(encoded, typehash)
            mcopy(add(encoded, 0x20), tariff, 0x140)
            tariffId := keccak256(encoded, 0x160)
        }
    }

    /// @notice The gross price, rounded down.
    function grossRoundedDown(
        Tariff memory tariff,
        uint256 energyMicroWh,
        uint256 chargingSeconds,
        uint256 connectedSeconds
    ) internal pure returns (uint256 grossMicro) {
        unchecked {
            if (energyMicroWh == 0 && !tariff.chargesWithoutEnergy) return 0;

            PackedTaxes taxes = tariff.taxes;
            grossMicro =
                withTax(tariff.flatFeeMicro, taxes.flatBps()) +
                withTax(energyRoundedDown(tariff, energyMicroWh), taxes.energyBps());
            if (tariff.priceNanoPerChargingHour != 0) {
                grossMicro += withTax(chargingRoundedDown(tariff, chargingSeconds), taxes.chargingBps());
            }
            if (tariff.connectedFee.word() != 0) {
                grossMicro += withTax(connectedRoundedDown(tariff, connectedSeconds), taxes.connectedBps());
            }
            PackedLimits limits = tariff.limits;
            return limited(grossMicro, limits.minimumGrossMicro(), limits.maximumGrossMicro());
        }
    }

    /// @notice The same price, component by component. The limits before and with tax hold independently of each other,
    /// as in OCPI; of a published tariff gross is never below net.
    function breakdownRoundedDown(
        Tariff memory tariff,
        uint256 energyMicroWh,
        uint256 chargingSeconds,
        uint256 connectedSeconds
    ) internal pure returns (PriceBreakdown memory price) {
        if (energyMicroWh == 0 && !tariff.chargesWithoutEnergy) return price;

        PackedTaxes taxes = tariff.taxes;
        price.flatFeeMicro = tariff.flatFeeMicro;
        price.energyMicro = energyRoundedDown(tariff, energyMicroWh);
        price.chargingMicro = chargingRoundedDown(tariff, chargingSeconds);
        price.connectedMicro = connectedRoundedDown(tariff, connectedSeconds);
        price.flatTaxMicro = taxRoundedDown(price.flatFeeMicro, taxes.flatBps());
        price.energyTaxMicro = taxRoundedDown(price.energyMicro, taxes.energyBps());
        price.chargingTaxMicro = taxRoundedDown(price.chargingMicro, taxes.chargingBps());
        price.connectedTaxMicro = taxRoundedDown(price.connectedMicro, taxes.connectedBps());

        PackedLimits limits = tariff.limits;
        uint256 sumMicro = price.flatFeeMicro + price.energyMicro + price.chargingMicro + price.connectedMicro;
        uint256 taxMicro = price.flatTaxMicro + price.energyTaxMicro + price.chargingTaxMicro + price.connectedTaxMicro;
        price.netMicro = limited(sumMicro, limits.minimumMicro(), limits.maximumMicro());
        price.grossMicro = limited(sumMicro + taxMicro, limits.minimumGrossMicro(), limits.maximumGrossMicro());
        // Of a tariff that nobody could publish the limits may be crossed.
        if (price.netMicro > price.grossMicro) price.netMicro = price.grossMicro;
        price.taxMicro = price.grossMicro - price.netMicro;
    }

    function energyRoundedDown(Tariff memory tariff, uint256 energyMicroWh) internal pure returns (uint256) {
        unchecked {
            uint256 wholeSteps = stepRoundedDown(energyMicroWh, tariff.energyStepWh * MICRO_WH_PER_WH);
            uint256 bands = tariff.energyBands.word();
            if (bands == 0) return (wholeSteps * tariff.priceNanoPerKwh) / ENERGY_SCALE;
            return energyInBandsRoundedDown(wholeSteps, tariff.priceNanoPerKwh, bands);
        }
    }

    /// @dev Each part of the energy has the price of its band. They are added up before anything is rounded.
    function energyInBandsRoundedDown(
        uint256 energyMicroWh,
        uint256 priceNanoPerKwh,
        uint256 bands
    ) internal pure returns (uint256) {
        unchecked {
            uint256 scaled;
            uint256 pricedMicroWh;
            for (; bands != 0; bands >>= TariffParts.BAND_BITS) {
                (uint256 fromWh, uint256 nextPriceNanoPerKwh) = TariffParts.firstBand(bands);
                uint256 fromMicroWh = fromWh * MICRO_WH_PER_WH;
                if (energyMicroWh <= fromMicroWh) break;
                // Nothing of a band that begins before the one before it, which no published tariff has.
                if (fromMicroWh > pricedMicroWh) {
                    scaled += (fromMicroWh - pricedMicroWh) * priceNanoPerKwh;
                    pricedMicroWh = fromMicroWh;
                }
                priceNanoPerKwh = nextPriceNanoPerKwh;
            }
            return (scaled + (energyMicroWh - pricedMicroWh) * priceNanoPerKwh) / ENERGY_SCALE;
        }
    }

    function chargingRoundedDown(Tariff memory tariff, uint256 chargingSeconds) internal pure returns (uint256) {
        unchecked {
            uint256 wholeSteps = stepRoundedDown(chargingSeconds, tariff.chargingStepSeconds);
            return (wholeSteps * tariff.priceNanoPerChargingHour) / TIME_SCALE;
        }
    }

    function connectedRoundedDown(Tariff memory tariff, uint256 connectedSeconds) internal pure returns (uint256) {
        unchecked {
            PackedConnectedFee fee = tariff.connectedFee;
            if (connectedSeconds <= fee.freeSeconds()) return 0;
            uint256 wholeSteps = stepRoundedDown(connectedSeconds - fee.freeSeconds(), fee.stepSeconds());
            return limited((wholeSteps * fee.priceNanoPerHour()) / TIME_SCALE, 0, fee.maximumMicro());
        }
    }

    function withTax(uint256 netMicro, uint256 taxBps) internal pure returns (uint256) {
        unchecked {
            return netMicro + taxRoundedDown(netMicro, taxBps);
        }
    }

    function taxRoundedDown(uint256 netMicro, uint256 taxBps) internal pure returns (uint256) {
        unchecked {
            return (netMicro * taxBps) / BPS;
        }
    }

    /// @dev The maximum wins over the minimum; a published tariff has them in order.
    function limited(uint256 amountMicro, uint256 minimumMicro, uint256 maximumMicro) internal pure returns (uint256) {
        if (amountMicro < minimumMicro) amountMicro = minimumMicro;
        if (maximumMicro != 0 && amountMicro > maximumMicro) amountMicro = maximumMicro;
        return amountMicro;
    }

    function stepRoundedDown(uint256 quantity, uint256 step) internal pure returns (uint256) {
        unchecked {
            return step == 0 ? quantity : quantity - (quantity % step);
        }
    }
}
