// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITariffRegistry, PriceBreakdown, Tariff} from "./interfaces/ITariffRegistry.sol";
import {TariffMath} from "./libraries/TariffMath.sol";

/// @title Tariff registry
/// @dev See ITariffRegistry.
contract TariffRegistry is ITariffRegistry {
    using TariffMath for Tariff;

    mapping(bytes32 tariffId => Tariff) private _tariffs;
    mapping(address operator => mapping(bytes32 tariffId => bool)) private _isOffered;

    /* PUBLICATION */

    /// @inheritdoc ITariffRegistry
    function publish(Tariff calldata tariff) external returns (bytes32 tariffId) {
        require(tariff.taxBps <= TariffMath.BPS, TaxAboveLimit(tariff.taxBps, TariffMath.BPS));
        require(
            tariff.maximumMicro == 0 || tariff.minimumMicro <= tariff.maximumMicro,
            MinimumAboveMaximum(tariff.minimumMicro, tariff.maximumMicro)
        );
        tariffId = tariff.idOf();
        require(!_isOffered[msg.sender][tariffId], TariffAlreadyPublished(tariffId, msg.sender));

        _isOffered[msg.sender][tariffId] = true;
        _tariffs[tariffId] = tariff;

        emit TariffPublished(tariffId, msg.sender, tariff);
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
