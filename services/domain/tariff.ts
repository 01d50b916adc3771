import { structHashOf } from "./terms.ts";

/** The price of a charging session: `Tariff` of the tariff registry. Amounts are in 10⁻⁶ token, before tax. */
export interface Tariff {
  readonly flatFeeMicro: bigint;
  readonly priceMicroPerKwh: bigint;
  readonly priceMicroPerChargingMinute: bigint;
  readonly priceMicroPerIdleMinute: bigint;
  readonly idleGraceSeconds: number;
  /** 0 charges the exact energy. */
  readonly energyStepWh: number;
  /** 0 charges every second. */
  readonly chargingStepSeconds: number;
  /** 0 charges every second. */
  readonly idleStepSeconds: number;
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
  readonly idleMicro: bigint;
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
 * @param idleSeconds Time connected and not charging, grace period included.
 */
export function priceOf(
  tariff: Tariff,
  energyMicroWh: bigint,
  chargingSeconds: number,
  idleSeconds: number,
): PriceBreakdown {
  if (energyMicroWh < 0n || chargingSeconds < 0 || idleSeconds < 0) {
    throw new RangeError("Energy and times are not negative.");
  }
  if (energyMicroWh === 0n && !tariff.chargesWithoutEnergy) {
    return {
      flatFeeMicro: 0n,
      energyMicro: 0n,
      chargingMicro: 0n,
      idleMicro: 0n,
      netMicro: 0n,
      taxMicro: 0n,
      grossMicro: 0n,
    };
  }

  const energy = roundDownToStep(energyMicroWh, BigInt(tariff.energyStepWh) * microWhPerWh);
  const energyMicro = (energy * tariff.priceMicroPerKwh) / microWhPerKwh;

  const charging = roundDownToStep(BigInt(chargingSeconds), BigInt(tariff.chargingStepSeconds));
  const chargingMicro = (charging * tariff.priceMicroPerChargingMinute) / secondsPerMinute;

  const idleAfterGrace = Math.max(0, idleSeconds - tariff.idleGraceSeconds);
  const idle = roundDownToStep(BigInt(idleAfterGrace), BigInt(tariff.idleStepSeconds));
  const idleMicro = (idle * tariff.priceMicroPerIdleMinute) / secondsPerMinute;

  let netMicro = tariff.flatFeeMicro + energyMicro + chargingMicro + idleMicro;
  if (netMicro < tariff.minimumMicro) netMicro = tariff.minimumMicro;
  if (tariff.maximumMicro > 0n && netMicro > tariff.maximumMicro) netMicro = tariff.maximumMicro;
  const taxMicro = (netMicro * BigInt(tariff.taxBps)) / bpsPerWhole;

  return {
    flatFeeMicro: tariff.flatFeeMicro,
    energyMicro,
    chargingMicro,
    idleMicro,
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
  ["priceMicroPerIdleMinute", "uint64"],
  ["idleGraceSeconds", "uint32"],
  ["energyStepWh", "uint32"],
  ["chargingStepSeconds", "uint32"],
  ["idleStepSeconds", "uint32"],
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
