import { mostEnergyBands, type EnergyBand, type Tariff } from "./tariff.ts";
import { structHashOf } from "./terms.ts";

/** A tariff as the contract takes it: what most tariffs do not have shares a word each (ITariffRegistry.sol). */
export interface PackedTariff {
  readonly flatFeeMicro: bigint;
  readonly priceNanoPerKwh: bigint;
  readonly energyStepWh: number;
  readonly priceNanoPerChargingHour: bigint;
  readonly chargingStepSeconds: number;
  readonly taxes: bigint;
  readonly limits: bigint;
  readonly energyBands: bigint;
  readonly connectedFee: bigint;
  readonly chargesWithoutEnergy: boolean;
}

/** The members of the contract's `Tariff` in their order, with their types in Solidity. */
export const tariffFields = [
  ["flatFeeMicro", "uint64"],
  ["priceNanoPerKwh", "uint64"],
  ["energyStepWh", "uint32"],
  ["priceNanoPerChargingHour", "uint64"],
  ["chargingStepSeconds", "uint32"],
  ["taxes", "uint64"],
  ["limits", "uint256"],
  ["energyBands", "uint240"],
  ["connectedFee", "uint192"],
  ["chargesWithoutEnergy", "bool"],
] as const;

const bandBits = 80n;

/** @throws RangeError for a part that does not fit its bits, and for more bands than there is room for */
export function packTariff(tariff: Tariff): PackedTariff {
  const { energyBands, connectedFreeSeconds, connectedStepSeconds } = tariff;
  if (energyBands.length > mostEnergyBands) throw new RangeError(`A tariff has at most ${mostEnergyBands} bands.`);
  return {
    flatFeeMicro: tariff.flatFeeMicro,
    priceNanoPerKwh: tariff.priceNanoPerKwh,
    energyStepWh: tariff.energyStepWh,
    priceNanoPerChargingHour: tariff.priceNanoPerChargingHour,
    chargingStepSeconds: tariff.chargingStepSeconds,
    taxes: packed([
      [BigInt(tariff.flatTaxBps), 16n],
      [BigInt(tariff.energyTaxBps), 16n],
      [BigInt(tariff.chargingTaxBps), 16n],
      [BigInt(tariff.connectedTaxBps), 16n],
    ]),
    limits: packed([
      [tariff.minimumMicro, 64n],
      [tariff.maximumMicro, 64n],
      [tariff.minimumGrossMicro, 64n],
      [tariff.maximumGrossMicro, 64n],
    ]),
    // The first band is in the lowest bits.
    energyBands: packed(
      energyBands.toReversed().flatMap(({ fromWh, priceNanoPerKwh }) => [
        [BigInt(fromWh), 32n],
        [priceNanoPerKwh, 48n],
      ]),
    ),
    connectedFee: packed([
      [tariff.priceNanoPerConnectedHour, 64n],
      [tariff.connectedMaximumMicro, 64n],
      [BigInt(connectedFreeSeconds), 32n],
      [BigInt(connectedStepSeconds), 32n],
    ]),
    chargesWithoutEnergy: tariff.chargesWithoutEnergy,
  };
}

export function unpackTariff({ taxes, limits, energyBands: bands, connectedFee, ...plain }: PackedTariff): Tariff {
  const energyBands: EnergyBand[] = [];
  for (let rest = bands; rest !== 0n; rest >>= bandBits) {
    energyBands.push({ fromWh: Number(bitsOf(rest, 48n, 32n)), priceNanoPerKwh: bitsOf(rest, 0n, 48n) });
  }
  return {
    ...plain,
    energyBands,
    priceNanoPerConnectedHour: bitsOf(connectedFee, 128n, 64n),
    connectedMaximumMicro: bitsOf(connectedFee, 64n, 64n),
    connectedFreeSeconds: Number(bitsOf(connectedFee, 32n, 32n)),
    connectedStepSeconds: Number(bitsOf(connectedFee, 0n, 32n)),
    flatTaxBps: Number(bitsOf(taxes, 48n, 16n)),
    energyTaxBps: Number(bitsOf(taxes, 32n, 16n)),
    chargingTaxBps: Number(bitsOf(taxes, 16n, 16n)),
    connectedTaxBps: Number(bitsOf(taxes, 0n, 16n)),
    minimumMicro: bitsOf(limits, 192n, 64n),
    maximumMicro: bitsOf(limits, 128n, 64n),
    minimumGrossMicro: bitsOf(limits, 64n, 64n),
    maximumGrossMicro: bitsOf(limits, 0n, 64n),
  };
}

/** The id of a tariff: the EIP-712 struct hash of what the contract takes. */
export function tariffIdOf(tariff: Tariff): string {
  const content = packTariff(tariff);
  const members = tariffFields.map(([name, type]) => `${type} ${name}`).join(",");
  return structHashOf(
    `Tariff(${members})`,
    tariffFields.map(([, type]) => type),
    tariffFields.map(([name]) => content[name]),
  );
}

function packed(fields: readonly (readonly [value: bigint, bits: bigint])[]): bigint {
  return fields.reduce((word, [value, bits]) => {
    if (value < 0n || value >> bits !== 0n) throw new RangeError(`${value.toString()} does not fit ${bits} bits.`);
    return (word << bits) | value;
  }, 0n);
}

function bitsOf(word: bigint, shift: bigint, bits: bigint): bigint {
  return (word >> shift) & ((1n << bits) - 1n);
}
