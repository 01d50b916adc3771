// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The price of a charging session. Amounts are integers of 10⁻⁶ token, before tax unless said otherwise.
/// Its parts are a flat fee, energy, time charged and time connected.
struct Tariff {
    /// Charged once for a session that is charged at all.
    uint64 flatFeeMicro;
    /// Per kilowatt-hour of energy delivered.
    uint64 priceMicroPerKwh;
    /// Per minute of charging.
    uint64 priceMicroPerChargingMinute;
    /// Per minute of being connected, after the free span.
    uint64 priceMicroPerConnectedMinute;
    /// Being connected costs nothing for this many seconds.
    uint32 connectedFreeSeconds;
    /// Energy is charged in whole steps of this many watt-hours, rounded down; 0 charges the exact energy.
    uint32 energyStepWh;
    /// Charging time is charged in whole steps of this many seconds, rounded down; 0 charges every second.
    uint32 chargingStepSeconds;
    /// Connected time after the free span is charged in whole steps of this many seconds, rounded down; 0 charges every second.
    uint32 connectedStepSeconds;
    /// The least that a session which is charged at all costs, before tax.
    uint64 minimumMicro;
    /// The most that a session costs, before tax; 0 is no maximum.
    uint64 maximumMicro;
    /// Tax on the price, in basis points, at most 10,000.
    uint16 taxBps;
    /// Whether a session that delivered no energy is charged (flat fee, minimum, time). Off: it costs nothing.
    bool chargesWithoutEnergy;
}

/// @notice What a session costs, component by component, each rounded down to 10⁻⁶ token.
struct PriceBreakdown {
    uint256 flatFeeMicro;
    uint256 energyMicro;
    uint256 chargingMicro;
    uint256 connectedMicro;
    /// The sum of the components after minimum and maximum.
    uint256 netMicro;
    uint256 taxMicro;
    /// net + tax.
    uint256 grossMicro;
}

/// @title Tariff registry
/// @notice Publication of tariffs. A tariff is named by the hash of its content and so can never change; an operator
/// can only retire it, which keeps later sessions from opening with it and leaves open sessions as they are, and offer it
/// again.
interface ITariffRegistry {
    /// @notice An operator offers sessions at this tariff from now on.
    event TariffPublished(bytes32 indexed tariffId, address indexed operator, Tariff tariff);
    /// @notice The operator's sessions can no longer be opened at this tariff.
    event TariffRetired(bytes32 indexed tariffId, address indexed operator);

    /// @notice The tax is above 100 %.
    error TaxAboveLimit(uint256 taxBps, uint256 limitBps);
    /// @notice The minimum is above the maximum, so no price could satisfy both.
    error MinimumAboveMaximum(uint256 minimumMicro, uint256 maximumMicro);
    /// @notice The operator offers this tariff already.
    error TariffAlreadyPublished(bytes32 tariffId, address operator);
    /// @notice The operator does not offer this tariff.
    error TariffNotOffered(bytes32 tariffId, address operator);

    /// @notice Publishes a tariff of the calling operator.
    /// @return tariffId The EIP-712 struct hash of the tariff.
    function publish(Tariff calldata tariff) external returns (bytes32 tariffId);

    /// @notice Ends the offer of a tariff by the calling operator, until it publishes it again. Open sessions keep it.
    function retire(bytes32 tariffId) external;

    /// @notice Whether sessions of this operator can be opened at this tariff now.
    function isOffered(address operator, bytes32 tariffId) external view returns (bool);

    /// @notice The content of a tariff that anybody has published; all zero if nobody has.
    function tariffOf(bytes32 tariffId) external view returns (Tariff memory tariff);

    /// @notice The id that a tariff with this content has.
    function tariffIdOf(Tariff calldata tariff) external pure returns (bytes32 tariffId);

    /// @notice What a session costs at this tariff, before the hold limits it.
    /// @param energyMicroWh Energy delivered, in 10⁻⁶ Wh.
    /// @param chargingSeconds Time charged, in seconds.
    /// @param connectedSeconds Time from plugging in to the end, in seconds, free span included.
    function priceOf(
        Tariff calldata tariff,
        uint64 energyMicroWh,
        uint32 chargingSeconds,
        uint32 connectedSeconds
    ) external pure returns (PriceBreakdown memory price);
}
