// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Prices of energy that apply after the first one, as three bands of 80 bits, the first in the lowest bits. Each
/// is, from the high bits to the low ones: fromWh (32): the energy from which on it applies; priceNanoPerKwh (48). A band
/// whose 80 bits are zero does not exist, nor does any after it.
type PackedEnergyBands is uint240;

/// @notice The fee for being connected, from the high bits to the low ones: priceNanoPerHour (64); maximumMicro (64): the
/// most that the fee alone comes to, before tax, 0 for no maximum; freeSeconds (32): the time that costs nothing;
/// stepSeconds (32): time after the free span counts in whole steps of this length, rounded down, 0 for every second.
type PackedConnectedFee is uint192;

/// @notice Tax rates in basis points, 16 bits each, from the high bits to the low ones: on the flat fee, on energy, on
/// charging time, on connected time.
type PackedTaxes is uint64;

/// @notice The least and the most that a session costs, 64 bits each, from the high bits to the low ones: minimumMicro,
/// maximumMicro (both before tax), minimumGrossMicro, maximumGrossMicro (both with tax). A maximum of 0 is no maximum.
type PackedLimits is uint256;

/// @notice The price of a charging session: a flat fee, energy, time charged and time connected. Prices per kilowatt-hour
/// and hour are integers of 10⁻⁹ token, amounts of 10⁻⁶ token, all before tax unless said otherwise. What most tariffs do
/// not have shares a word each, because every batch carries its tariffs: seven more words are 1,900 gas of a group.
struct Tariff {
    /// Charged once for a session that is charged at all.
    uint64 flatFeeMicro;
    /// Per kilowatt-hour, from the first on.
    uint64 priceNanoPerKwh;
    /// Energy counts in whole steps of this many watt-hours, rounded down; 0 charges the exact energy.
    uint32 energyStepWh;
    /// Per hour of charging.
    uint64 priceNanoPerChargingHour;
    /// Charging time counts in whole steps of this many seconds, rounded down; 0 charges every second.
    uint32 chargingStepSeconds;
    PackedTaxes taxes;
    PackedLimits limits;
    PackedEnergyBands energyBands;
    PackedConnectedFee connectedFee;
    /// Whether a session that delivered no energy is charged (flat fee, minimum, time). Off: it costs nothing.
    bool chargesWithoutEnergy;
}

/// @notice What a session costs, component by component, each rounded down to 10⁻⁶ token.
struct PriceBreakdown {
    uint256 flatFeeMicro;
    uint256 energyMicro;
    uint256 chargingMicro;
    uint256 connectedMicro;
    /// The taxes of the four, before minimum and maximum.
    uint256 flatTaxMicro;
    uint256 energyTaxMicro;
    uint256 chargingTaxMicro;
    uint256 connectedTaxMicro;
    /// The sum of the components after the minimum and maximum before tax.
    uint256 netMicro;
    /// gross − net.
    uint256 taxMicro;
    /// The sum of the components and their taxes after the minimum and maximum with tax.
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

    /// @notice A tax is above 100 %.
    error TaxAboveLimit(uint256 taxBps, uint256 limitBps);
    /// @notice The minimum is above the maximum, so no price could satisfy both.
    error MinimumAboveMaximum(uint256 minimumMicro, uint256 maximumMicro);
    /// @notice A limit with tax is below the limit before tax, or above its double, which a tax of 100 % gives.
    error GrossLimitOutOfRange(uint256 netMicro, uint256 grossMicro);
    /// @notice A band of energy begins where the one before it does, or earlier; the first begins after nothing.
    error EnergyBandsNotAscending(uint256 band, uint256 fromWh, uint256 previousFromWh);
    /// @notice A free span, a step or a maximum of the connected fee, and no price that it is about.
    error ConnectedFeeWithoutPrice();
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
