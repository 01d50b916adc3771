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
  const chargedMicroWh = (energyMicroWh / microWhStep) * microWhStep;
  // The energy of each band is what lies between its beginning and that of the next one.
  const prices = [{ fromWh: 0, priceNanoPerKwh: tariff.priceNanoPerKwh }, ...tariff.energyBands];
  const energyNano = prices.reduce((sum, { fromWh, priceNanoPerKwh }, index) => {
    const from = BigInt(fromWh) * 1_000_000n;
    const next = prices[index + 1];
    const until = next === undefined ? chargedMicroWh : BigInt(next.fromWh) * 1_000_000n;
    const end = until < chargedMicroWh ? until : chargedMicroWh;
    return end > from ? sum + (end - from) * priceNanoPerKwh : sum;
  }, 0n);
  const wholeSteps = (seconds: number, step: number): bigint =>
    BigInt(step === 0 ? seconds : Math.floor(seconds / step) * step);
  const chargedSeconds = wholeSteps(metered.chargingSeconds, tariff.chargingStepSeconds);
  const overstayed = Math.max(0, metered.chargingSeconds - tariff.connectedFreeSeconds);
  const overstayedSeconds = wholeSteps(overstayed, tariff.connectedStepSeconds);
  const fee = (overstayedSeconds * tariff.priceNanoPerConnectedHour) / 3_600_000n;
  const feeLimit = tariff.connectedMaximumMicro;
  const parts: readonly (readonly [netMicro: bigint, taxBps: number])[] = [
    [tariff.flatFeeMicro, tariff.flatTaxBps],
    [energyNano / 1_000_000_000_000n, tariff.energyTaxBps],
    [(chargedSeconds * tariff.priceNanoPerChargingHour) / 3_600_000n, tariff.chargingTaxBps],
    [feeLimit > 0n && fee > feeLimit ? feeLimit : fee, tariff.connectedTaxBps],
  ];
  const sum = parts.reduce((total, [net, taxBps]) => total + net + (net * BigInt(taxBps)) / 10_000n, 0n);
  const atLeast = sum > tariff.minimumGrossMicro ? sum : tariff.minimumGrossMicro;
  const { maximumGrossMicro } = tariff;
  const gross = maximumGrossMicro !== 0n && atLeast > maximumGrossMicro ? maximumGrossMicro : atLeast;

  return gross > holdMicro ? holdMicro : gross;
}
