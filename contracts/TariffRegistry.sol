// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {
    ITariffRegistry,
    PackedConnectedFee,
    PackedLimits,
    PackedTaxes,
    PriceBreakdown,
    Tariff
} from "./interfaces/ITariffRegistry.sol";
import {TariffMath} from "./libraries/TariffMath.sol";
import {TariffParts} from "./libraries/TariffParts.sol";

/// @title Tariff registry
/// @dev See ITariffRegistry.
contract TariffRegistry is ITariffRegistry {
    using TariffMath for Tariff;
    using TariffParts for *;

    mapping(bytes32 tariffId => Tariff) private _tariffs;
    mapping(address operator => mapping(bytes32 tariffId => bool)) private _isOffered;

    /* PUBLICATION */

    /// @inheritdoc ITariffRegistry
    function publish(Tariff calldata tariff) external returns (bytes32 tariffId) {
        _requireTaxes(tariff.taxes);
        _requireLimits(tariff.limits);
        _requireBands(tariff.energyBands.word());
        // The price is in the highest bits: whatever else is set stands below it.
        PackedConnectedFee fee = tariff.connectedFee;
        require(fee.word() == 0 || fee.priceNanoPerHour() != 0, ConnectedFeeWithoutPrice());
        tariffId = tariff.idOf();
        require(!_isOffered[msg.sender][tariffId], TariffAlreadyPublished(tariffId, msg.sender));

        _isOffered[msg.sender][tariffId] = true;
        _tariffs[tariffId] = tariff;

        emit TariffPublished(tariffId, msg.sender, tariff);
    }

    function _requireTaxes(PackedTaxes taxes) private pure {
        uint256 highestBps = Math.max(
            Math.max(taxes.flatBps(), taxes.energyBps()),
            Math.max(taxes.chargingBps(), taxes.connectedBps())
        );
        require(highestBps <= TariffMath.BPS, TaxAboveLimit(highestBps, TariffMath.BPS));
    }

    /// @dev The limits with tax are what a tax of at most 100 % makes of those before tax.
    function _requireLimits(PackedLimits limits) private pure {
        uint256 minimumMicro = limits.minimumMicro();
        uint256 maximumMicro = limits.maximumMicro();
        uint256 minimumGrossMicro = limits.minimumGrossMicro();
        uint256 maximumGrossMicro = limits.maximumGrossMicro();
        require(
            minimumGrossMicro >= minimumMicro && minimumGrossMicro <= 2 * minimumMicro,
            GrossLimitOutOfRange(minimumMicro, minimumGrossMicro)
        );
        require(
            maximumGrossMicro >= maximumMicro && maximumGrossMicro <= 2 * maximumMicro,
            GrossLimitOutOfRange(maximumMicro, maximumGrossMicro)
        );
        if (maximumMicro == 0) return;
        require(minimumMicro <= maximumMicro, MinimumAboveMaximum(minimumMicro, maximumMicro));
        require(minimumGrossMicro <= maximumGrossMicro, MinimumAboveMaximum(minimumGrossMicro, maximumGrossMicro));
    }

    function _requireBands(uint256 bands) private pure {
        uint256 previousFromWh;
        for (uint256 band; bands != 0; ++band) {
            (uint256 fromWh, ) = TariffParts.firstBand(bands);
            require(fromWh > previousFromWh, EnergyBandsNotAscending(band, fromWh, previousFromWh));
            previousFromWh = fromWh;
            bands >>= TariffParts.BAND_BITS;
        }
    }

    /// @inheritdoc ITariffRegistry
    function retire(bytes32 tariffId) external {
        require(isOffered(msg.sender, tariffId), TariffNotOffered(tariffId, msg.sender));

        _isOffered[msg.sender][tariffId] = false;

        emit TariffRetired(tariffId, msg.sender);
    }

    /* VIEWS */

    /// @inheritdoc ITariffRegistry
    function isOffered(address operator, bytes32 tariffId) public view returns (bool) {
        return _isOffered[operator][tariffId];
    }

    /// @inheritdoc ITariffRegistry
    function tariffOf(bytes32 tariffId) external view returns (Tariff memory tariff) {
        return _tariffs[tariffId];
    }

    /// @inheritdoc ITariffRegistry
    function tariffIdOf(Tariff calldata tariff) external pure returns (bytes32 tariffId) {
        return tariff.idOf();
    }

    /// @inheritdoc ITariffRegistry
    function priceOf(
        Tariff calldata tariff,
        uint64 energyMicroWh,
        uint32 chargingSeconds,
        uint32 connectedSeconds
    ) external pure returns (PriceBreakdown memory price) {
        return tariff.breakdownRoundedDown(energyMicroWh, chargingSeconds, connectedSeconds);
    }
}
