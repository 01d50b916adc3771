import type { Tariff } from "../../services/domain/tariff.ts";

/**
 * What a session has to cost, worked out anew for the comparison with what the chain charged: on purpose this shares no
 * line with the contract or the service. All divisions are of non-negative numbers, so they round down.
 *
 * A car is connected as long as it charges.
 *
 * @returns 10⁻⁶ token, tax included, at most the hold.
 */
export function expectedChargeMicro(
  tariff: Tariff,
  metered: { readonly energyMicroWh: bigint; readonly chargingSeconds: number },
  holdMicro: bigint,
): bigint {
  const { energyMicroWh } = metered;
  if (energyMicroWh === 0n && !tariff.chargesWithoutEnergy) {
    return 0n;
  }
  const microWhStep = tariff.energyStepWh === 0 ? 1n : BigInt(tariff.energyStepWh) * 1_000_000n;
  const secondsStep = BigInt(tariff.chargingStepSeconds === 0 ? 1 : tariff.chargingStepSeconds);
  const chargedMicroWh = (energyMicroWh / microWhStep) * microWhStep;
  const chargedSeconds = (BigInt(metered.chargingSeconds) / secondsStep) * secondsStep;
  const connectedStep = BigInt(tariff.connectedStepSeconds === 0 ? 1 : tariff.connectedStepSeconds);
  const afterFree = BigInt(Math.max(0, metered.chargingSeconds - tariff.connectedFreeSeconds));
  const overstayed = (afterFree / connectedStep) * connectedStep;
  const parts = [
    tariff.flatFeeMicro,
    (chargedMicroWh * tariff.priceMicroPerKwh) / 1_000_000_000n,
    (chargedSeconds * tariff.priceMicroPerChargingMinute) / 60n,
    (overstayed * tariff.priceMicroPerConnectedMinute) / 60n,
  ];
  const sum = parts.reduce((total, part) => total + part);
  const atLeast = sum > tariff.minimumMicro ? sum : tariff.minimumMicro;
  const net = tariff.maximumMicro !== 0n && atLeast > tariff.maximumMicro ? tariff.maximumMicro : atLeast;
  const gross = net + (net * BigInt(tariff.taxBps)) / 10_000n;

  return gross > holdMicro ? holdMicro : gross;
}
