// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PriceBreakdown, Tariff} from "../../../contracts/interfaces/ITariffRegistry.sol";
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
        (tariff.energyStepWh, tariff.chargingStepSeconds, tariff.connectedStepSeconds) = (0, 0, 0);
        tariff.chargesWithoutEnergy = true;
        PriceBreakdown memory price = tariff.breakdownRoundedDown(energyMicroWh, chargingSeconds, connectedSeconds);
        uint256 connected =
            connectedSeconds > tariff.connectedFreeSeconds ? connectedSeconds - tariff.connectedFreeSeconds : 0;

        cheats.assertEq(price.flatFeeMicro, tariff.flatFeeMicro, "the flat fee is another");
        _expectFloor(price.energyMicro, uint256(energyMicroWh) * tariff.priceMicroPerKwh, 1e9);
        _expectFloor(price.chargingMicro, uint256(chargingSeconds) * tariff.priceMicroPerChargingMinute, 60);
        _expectFloor(price.connectedMicro, connected * tariff.priceMicroPerConnectedMinute, 60);
        _expectFloor(price.taxMicro, price.netMicro * tariff.taxBps, 10_000);
    }

    /// hardhat-config: fuzz.runs = 2000
    function testFuzz_steps_never_charge_more_and_leave_less_than_a_step_uncharged(
        Tariff memory tariff,
        uint64 energyMicroWh,
        uint32 chargingSeconds,
        uint32 connectedSeconds
    ) public pure {
        // One unit per quantum, so that the component is the quantity that is charged.
        tariff.priceMicroPerKwh = 1e9;
        (tariff.priceMicroPerChargingMinute, tariff.priceMicroPerConnectedMinute) = (60, 60);
        (tariff.chargesWithoutEnergy, tariff.connectedFreeSeconds) = (true, 0);
        PriceBreakdown memory price = tariff.breakdownRoundedDown(energyMicroWh, chargingSeconds, connectedSeconds);

        _expectWholeSteps(price.energyMicro, energyMicroWh, uint256(tariff.energyStepWh) * 1e6);
        _expectWholeSteps(price.chargingMicro, chargingSeconds, tariff.chargingStepSeconds);
        _expectWholeSteps(price.connectedMicro, connectedSeconds, tariff.connectedStepSeconds);
    }

    /// hardhat-config: fuzz.runs = 2000
    function testFuzz_net_is_between_minimum_and_maximum(
        Tariff memory tariff,
        uint64 energyMicroWh,
        uint32 chargingSeconds,
        uint32 connectedSeconds
    ) public pure {
        tariff.chargesWithoutEnergy = true;
        if (tariff.maximumMicro != 0 && tariff.minimumMicro > tariff.maximumMicro) {
            (tariff.minimumMicro, tariff.maximumMicro) = (tariff.maximumMicro, tariff.minimumMicro);
        }
        PriceBreakdown memory price = tariff.breakdownRoundedDown(energyMicroWh, chargingSeconds, connectedSeconds);
        uint256 sum = price.flatFeeMicro + price.energyMicro + price.chargingMicro + price.connectedMicro;

        cheats.assertLe(tariff.minimumMicro, price.netMicro, "net is below the minimum");
        if (tariff.maximumMicro != 0) cheats.assertLe(price.netMicro, tariff.maximumMicro, "net is above the maximum");
        if (sum < tariff.minimumMicro)
            cheats.assertEq(price.netMicro, tariff.minimumMicro, "the minimum does not hold");
        else if (tariff.maximumMicro == 0 || sum <= tariff.maximumMicro) {
            cheats.assertEq(price.netMicro, sum, "net is not the sum of the components");
        }
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
        field = field % 12;
        unchecked {
            if (field == 0) ++tariff.flatFeeMicro;
            else if (field == 1) ++tariff.priceMicroPerKwh;
            else if (field == 2) ++tariff.priceMicroPerChargingMinute;
            else if (field == 3) ++tariff.priceMicroPerConnectedMinute;
            else if (field == 4) ++tariff.connectedFreeSeconds;
            else if (field == 5) ++tariff.energyStepWh;
            else if (field == 6) ++tariff.chargingStepSeconds;
            else if (field == 7) ++tariff.connectedStepSeconds;
            else if (field == 8) ++tariff.minimumMicro;
            else if (field == 9) ++tariff.maximumMicro;
            else if (field == 10) ++tariff.taxBps;
            else tariff.chargesWithoutEnergy = !tariff.chargesWithoutEnergy;
        }

        cheats.assertTrue(tariff.idOf() != id, "two tariffs have one id");
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
