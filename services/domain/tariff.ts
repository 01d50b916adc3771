import { structHashOf } from "./terms.ts";

/** The price of a charging session: `Tariff` of the tariff registry. Amounts are in 10⁻⁶ token, before tax. */
export interface Tariff {
  readonly flatFeeMicro: bigint;
  readonly priceMicroPerKwh: bigint;
  readonly priceMicroPerChargingMinute: bigint;
  readonly priceMicroPerConnectedMinute: bigint;
  readonly connectedFreeSeconds: number;
  /** 0 charges the exact energy. */
  readonly energyStepWh: number;
  /** 0 charges every second. */
  readonly chargingStepSeconds: number;
  /** 0 charges every second. */
  readonly connectedStepSeconds: number;
  readonly minimumMicro: bigint;
  /** 0 is no maximum. */
  readonly maximumMicro: bigint;
  readonly taxBps: number;
  readonly chargesWithoutEnergy: boolean;
}

/** What a session costs, component by component, each rounded down to 10⁻⁶ token. */
export interface PriceBreakdown {
  readonly flatFeeMicro: bigint;
  readonly energyMicro: bigint;
  readonly chargingMicro: bigint;
  readonly connectedMicro: bigint;
  /** The sum of the components after minimum and maximum. */
  readonly netMicro: bigint;
  readonly taxMicro: bigint;
  /** net + tax. */
  readonly grossMicro: bigint;
}

const microWhPerWh = 1_000_000n;
const microWhPerKwh = 1_000_000_000n;
const secondsPerMinute = 60n;
const bpsPerWhole = 10_000n;

/**
 * What a session costs at a tariff, before the hold limits it. The contract computes the same; this one tells it before.
 * @param energyMicroWh Energy delivered, in 10⁻⁶ Wh.
 * @param chargingSeconds Time charged.
 * @param connectedSeconds Time from plugging in to the end, free span and charging included.
 */
export function priceOf(
  tariff: Tariff,
  energyMicroWh: bigint,
  chargingSeconds: number,
  connectedSeconds: number,
): PriceBreakdown {
  if (energyMicroWh < 0n || chargingSeconds < 0 || connectedSeconds < 0) {
    throw new RangeError("Energy and times are not negative.");
  }
  if (energyMicroWh === 0n && !tariff.chargesWithoutEnergy) {
    return {
      flatFeeMicro: 0n,
      energyMicro: 0n,
      chargingMicro: 0n,
      connectedMicro: 0n,
      netMicro: 0n,
      taxMicro: 0n,
      grossMicro: 0n,
    };
  }

  const energy = roundDownToStep(energyMicroWh, BigInt(tariff.energyStepWh) * microWhPerWh);
  const energyMicro = (energy * tariff.priceMicroPerKwh) / microWhPerKwh;

  const charging = roundDownToStep(BigInt(chargingSeconds), BigInt(tariff.chargingStepSeconds));
  const chargingMicro = (charging * tariff.priceMicroPerChargingMinute) / secondsPerMinute;

  const afterFreeSpan = Math.max(0, connectedSeconds - tariff.connectedFreeSeconds);
  const connected = roundDownToStep(BigInt(afterFreeSpan), BigInt(tariff.connectedStepSeconds));
  const connectedMicro = (connected * tariff.priceMicroPerConnectedMinute) / secondsPerMinute;

  let netMicro = tariff.flatFeeMicro + energyMicro + chargingMicro + connectedMicro;
  if (netMicro < tariff.minimumMicro) netMicro = tariff.minimumMicro;
  if (tariff.maximumMicro > 0n && netMicro > tariff.maximumMicro) netMicro = tariff.maximumMicro;
  const taxMicro = (netMicro * BigInt(tariff.taxBps)) / bpsPerWhole;

  return {
    flatFeeMicro: tariff.flatFeeMicro,
    energyMicro,
    chargingMicro,
    connectedMicro,
    netMicro,
    taxMicro,
    grossMicro: netMicro + taxMicro,
  };
}

function roundDownToStep(value: bigint, step: bigint): bigint {
  return step === 0n ? value : value - (value % step);
}

/** The members of the contract's `Tariff` in their order, with their types in Solidity. */
export const tariffFields = [
  ["flatFeeMicro", "uint64"],
  ["priceMicroPerKwh", "uint64"],
  ["priceMicroPerChargingMinute", "uint64"],
  ["priceMicroPerConnectedMinute", "uint64"],
  ["connectedFreeSeconds", "uint32"],
  ["energyStepWh", "uint32"],
  ["chargingStepSeconds", "uint32"],
  ["connectedStepSeconds", "uint32"],
  ["minimumMicro", "uint64"],
  ["maximumMicro", "uint64"],
  ["taxBps", "uint16"],
  ["chargesWithoutEnergy", "bool"],
] as const;

/** The id of a tariff: the EIP-712 struct hash of its content. */
export function tariffIdOf(tariff: Tariff): string {
  const members = tariffFields.map(([name, type]) => `${type} ${name}`).join(",");
  return structHashOf(
    `Tariff(${members})`,
    tariffFields.map(([, type]) => type),
    tariffFields.map(([name]) => tariff[name]),
  );
}
