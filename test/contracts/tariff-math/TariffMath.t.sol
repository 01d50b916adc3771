// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    PackedConnectedFee,
    PackedEnergyBands,
    PackedLimits,
    PackedTaxes,
    PriceBreakdown,
    Tariff
} from "../../../contracts/interfaces/ITariffRegistry.sol";
import {TariffMath} from "../../../contracts/libraries/TariffMath.sol";
import {cheats, TestBase} from "../base/TestBase.sol";

/// @title Properties of the tariff mathematics
/// @notice For every tariff and every session, those included that no registry would take.
contract TariffMathTest is TestBase {
    using TariffMath for Tariff;

    /// hardhat-config: fuzz.runs = 2000
    function testFuzz_what_is_settled_is_what_the_registry_tells(
        Tariff memory tariff,
        uint64 energyMicroWh,
        uint32 chargingSeconds,
        uint32 connectedSeconds
    ) public pure {
        PriceBreakdown memory price = tariff.breakdownRoundedDown(energyMicroWh, chargingSeconds, connectedSeconds);

        uint256 gross = tariff.grossRoundedDown(energyMicroWh, chargingSeconds, connectedSeconds);
        cheats.assertEq(gross, price.grossMicro, "settlement and registry have two prices");
        cheats.assertEq(price.grossMicro, price.netMicro + price.taxMicro, "gross is not net and tax");
    }

    /// hardhat-config: fuzz.runs = 2000
    function testFuzz_every_component_is_the_exact_price_rounded_down_by_less_than_one(
        Tariff memory tariff,
        uint64 energyMicroWh,
        uint32 chargingSeconds,
        uint32 connectedSeconds
    ) public pure {
        (tariff.energyStepWh, tariff.chargingStepSeconds) = (0, 0);
        tariff.energyBands = PackedEnergyBands.wrap(0);
        tariff.connectedFee = _feeOf(tariff, 0, 0);
        tariff.chargesWithoutEnergy = true;
        PriceBreakdown memory price = tariff.breakdownRoundedDown(energyMicroWh, chargingSeconds, connectedSeconds);
        uint256 taxes = PackedTaxes.unwrap(tariff.taxes);
        uint256 fee = PackedConnectedFee.unwrap(tariff.connectedFee);
        uint256 free = uint32(fee >> 32);
        uint256 connected = connectedSeconds > free ? connectedSeconds - free : 0;

        cheats.assertEq(price.flatFeeMicro, tariff.flatFeeMicro, "the flat fee is another");
        _expectFloor(price.energyMicro, uint256(energyMicroWh) * tariff.priceNanoPerKwh, 1e12);
        _expectFloor(price.chargingMicro, uint256(chargingSeconds) * tariff.priceNanoPerChargingHour, 3.6e6);
        _expectFloor(price.connectedMicro, connected * (fee >> 128), 3.6e6);
        _expectFloor(price.flatTaxMicro, price.flatFeeMicro * (taxes >> 48), 10_000);
        _expectFloor(price.energyTaxMicro, price.energyMicro * uint16(taxes >> 32), 10_000);
        _expectFloor(price.chargingTaxMicro, price.chargingMicro * uint16(taxes >> 16), 10_000);
        _expectFloor(price.connectedTaxMicro, price.connectedMicro * uint16(taxes), 10_000);
    }

    /// hardhat-config: fuzz.runs = 2000
    function testFuzz_steps_never_charge_more_and_leave_less_than_a_step_uncharged(
        Tariff memory tariff,
        uint64 energyMicroWh,
        uint32 chargingSeconds,
        uint32 connectedSeconds,
        uint32 connectedStepSeconds
    ) public pure {
        // One unit per quantum, so that the component is the quantity that is charged.
        (tariff.priceNanoPerKwh, tariff.energyBands) = (1e12, PackedEnergyBands.wrap(0));
        tariff.priceNanoPerChargingHour = 3.6e6;
        tariff.connectedFee = PackedConnectedFee.wrap((uint192(3.6e6) << 128) | connectedStepSeconds);
        tariff.chargesWithoutEnergy = true;
        PriceBreakdown memory price = tariff.breakdownRoundedDown(energyMicroWh, chargingSeconds, connectedSeconds);

        _expectWholeSteps(price.energyMicro, energyMicroWh, uint256(tariff.energyStepWh) * 1e6);
        _expectWholeSteps(price.chargingMicro, chargingSeconds, tariff.chargingStepSeconds);
        _expectWholeSteps(price.connectedMicro, connectedSeconds, connectedStepSeconds);
    }

    /// hardhat-config: fuzz.runs = 2000
    function testFuzz_of_what_can_be_published_net_and_gross_keep_their_limits_and_gross_is_never_below_net(
        Tariff memory tariff,
        uint64 energyMicroWh,
        uint32 chargingSeconds,
        uint32 connectedSeconds
    ) public pure {
        tariff.chargesWithoutEnergy = true;
        (uint256 minimum, uint256 maximum, uint256 minimumGross, uint256 maximumGross) = _publishable(tariff);
        PriceBreakdown memory price = tariff.breakdownRoundedDown(energyMicroWh, chargingSeconds, connectedSeconds);
        uint256 sum = price.flatFeeMicro + price.energyMicro + price.chargingMicro + price.connectedMicro;
        uint256 tax = price.flatTaxMicro + price.energyTaxMicro + price.chargingTaxMicro + price.connectedTaxMicro;

        _expectLimited(price.netMicro, sum, minimum, maximum);
        _expectLimited(price.grossMicro, sum + tax, minimumGross, maximumGross);
        cheats.assertEq(price.taxMicro, price.grossMicro - price.netMicro, "tax is not what gross has beyond net");
    }

    /// hardhat-config: fuzz.runs = 2000
    function testFuzz_bands_of_one_price_are_no_bands_and_a_cheaper_band_never_costs_more(
        Tariff memory tariff,
        uint64 energyMicroWh,
        uint32 firstWh,
        uint32 secondWh,
        uint48 price,
        uint48 other
    ) public pure {
        if (firstWh == 0) firstWh = 1;
        if (secondWh <= firstWh) secondWh = firstWh < type(uint32).max ? firstWh + 1 : firstWh;
        (tariff.priceNanoPerKwh, tariff.chargesWithoutEnergy) = (price, true);
        tariff.energyBands = PackedEnergyBands.wrap(0);
        uint256 plain = tariff.breakdownRoundedDown(energyMicroWh, 0, 0).energyMicro;
        tariff.energyBands = _bandsOf(firstWh, price, secondWh, price);
        cheats.assertEq(tariff.breakdownRoundedDown(energyMicroWh, 0, 0).energyMicro, plain, "bands change the price");
        tariff.energyBands = _bandsOf(firstWh, other, secondWh, price);
        uint256 banded = tariff.breakdownRoundedDown(energyMicroWh, 0, 0).energyMicro;
        if (other <= price) cheats.assertLe(banded, plain, "a cheaper band costs more");
        else cheats.assertLe(plain, banded, "a dearer band costs less");
    }

    /// hardhat-config: fuzz.runs = 2000
    function testFuzz_more_energy_or_time_never_costs_less(
        Tariff memory tariff,
        uint64 energyMicroWh,
        uint32 chargingSeconds,
        uint32 connectedSeconds,
        uint64 moreEnergyMicroWh,
        uint32 moreSeconds
    ) public pure {
        uint256 gross = tariff.grossRoundedDown(energyMicroWh, chargingSeconds, connectedSeconds);
        uint256 moreEnergy = uint256(energyMicroWh) + moreEnergyMicroWh;
        if (moreEnergy > type(uint64).max) moreEnergy = type(uint64).max;
        uint256 moreCharging = uint256(chargingSeconds) + moreSeconds;
        if (moreCharging > type(uint32).max) moreCharging = type(uint32).max;
        uint256 moreConnected = uint256(connectedSeconds) + moreSeconds;
        if (moreConnected > type(uint32).max) moreConnected = type(uint32).max;

        cheats.assertLe(gross, tariff.grossRoundedDown(moreEnergy, chargingSeconds, connectedSeconds), "energy");
        cheats.assertLe(gross, tariff.grossRoundedDown(energyMicroWh, moreCharging, connectedSeconds), "charging");
        cheats.assertLe(gross, tariff.grossRoundedDown(energyMicroWh, chargingSeconds, moreConnected), "connected");
    }

    /// hardhat-config: fuzz.runs = 2000
    function testFuzz_no_energy_costs_nothing_unless_the_tariff_says_so(
        Tariff memory tariff,
        uint32 chargingSeconds,
        uint32 connectedSeconds
    ) public pure {
        tariff.chargesWithoutEnergy = false;

        cheats.assertEq(
            tariff.grossRoundedDown(0, chargingSeconds, connectedSeconds),
            0,
            "a failed start costs something"
        );
        PriceBreakdown memory price = tariff.breakdownRoundedDown(0, chargingSeconds, connectedSeconds);
        PriceBreakdown memory nothing;
        cheats.assertTrue(
            keccak256(abi.encode(price)) == keccak256(abi.encode(nothing)),
            "a failed start has a price component"
        );
    }

    /// hardhat-config: fuzz.runs = 2000
    function testFuzz_another_field_is_another_id(Tariff memory tariff, uint8 field) public pure {
        bytes32 id = tariff.idOf();
        field = field % 10;
        unchecked {
            if (field == 0) ++tariff.flatFeeMicro;
            else if (field == 1) ++tariff.priceNanoPerKwh;
            else if (field == 2) ++tariff.energyStepWh;
            else if (field == 3) ++tariff.priceNanoPerChargingHour;
            else if (field == 4) ++tariff.chargingStepSeconds;
            else if (field == 5) tariff.taxes = PackedTaxes.wrap(PackedTaxes.unwrap(tariff.taxes) + 1);
            else if (field == 6) tariff.limits = PackedLimits.wrap(PackedLimits.unwrap(tariff.limits) + 1);
            else if (field == 7) {
                tariff.energyBands = PackedEnergyBands.wrap(PackedEnergyBands.unwrap(tariff.energyBands) + 1);
            } else if (field == 8) {
                tariff.connectedFee = PackedConnectedFee.wrap(PackedConnectedFee.unwrap(tariff.connectedFee) + 1);
            } else tariff.chargesWithoutEnergy = !tariff.chargesWithoutEnergy;
        }

        cheats.assertTrue(tariff.idOf() != id, "two tariffs have one id");
    }

    /// @dev The tariff's connected fee with another maximum and step.
    function _feeOf(Tariff memory tariff, uint64 maximum, uint32 step) private pure returns (PackedConnectedFee) {
        uint192 fee = PackedConnectedFee.unwrap(tariff.connectedFee);
        uint192 priceAndFree = ((fee >> 128) << 128) | (uint192(uint32(fee >> 32)) << 32);
        return PackedConnectedFee.wrap(priceAndFree | (uint192(maximum) << 64) | step);
    }

    function _bandsOf(
        uint32 firstWh,
        uint48 firstPrice,
        uint32 secondWh,
        uint48 secondPrice
    ) private pure returns (PackedEnergyBands) {
        uint240 second = (uint240(secondWh) << 48) | secondPrice;
        return PackedEnergyBands.wrap((second << 80) | (uint240(firstWh) << 48) | firstPrice);
    }

    /// @dev Puts the tariff's limits in an order that the registry takes: half of 64 bits leaves room for the tax.
    function _publishable(
        Tariff memory tariff
    ) private pure returns (uint256 minimum, uint256 maximum, uint256 minimumGross, uint256 maximumGross) {
        uint256 limits = PackedLimits.unwrap(tariff.limits);
        (minimum, maximum) = (uint64(limits >> 193), uint64(limits >> 129) >> 1);
        if (maximum != 0 && minimum > maximum) (minimum, maximum) = (maximum, minimum);
        minimumGross = minimum + (minimum * uint32(limits >> 32)) / type(uint32).max;
        maximumGross = maximum + (maximum * uint32(limits)) / type(uint32).max;
        if (maximum != 0 && minimumGross > maximumGross) minimumGross = minimum;
        tariff.limits = PackedLimits.wrap((minimum << 192) | (maximum << 128) | (minimumGross << 64) | maximumGross);
    }

    function _expectLimited(uint256 amount, uint256 sum, uint256 minimum, uint256 maximum) private pure {
        cheats.assertLe(minimum, amount, "below the minimum");
        if (maximum != 0) cheats.assertLe(amount, maximum, "above the maximum");
        if (sum < minimum) cheats.assertEq(amount, minimum, "the minimum does not hold");
        else if (maximum == 0 || sum <= maximum) cheats.assertEq(amount, sum, "not the sum of the components");
    }

    function _expectFloor(uint256 quotient, uint256 dividend, uint256 divisor) private pure {
        cheats.assertLe(quotient * divisor, dividend, "rounded up");
        cheats.assertTrue(dividend - quotient * divisor < divisor, "rounded down by one or more");
    }

    function _expectWholeSteps(uint256 charged, uint256 quantity, uint256 step) private pure {
        cheats.assertLe(charged, quantity, "more is charged than was used");
        if (step == 0) cheats.assertEq(charged, quantity, "without steps everything is charged");
        else {
            cheats.assertEq(charged % step, 0, "not a whole number of steps is charged");
            cheats.assertTrue(quantity - charged < step, "a whole step is not charged");
        }
    }
}
