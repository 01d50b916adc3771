import { priceOf, type Tariff } from "../tariff.ts";

/** How much of a session's hold is used up. Amounts are in 10⁻⁶ token, tax included. */
export interface HoldState {
  /** What energy and time cost so far, before any minimum price: what further energy adds to. */
  readonly usedMicro: bigint;
  readonly remainingMicro: bigint;
  /** Share of the hold that is used, in hundredths of a per cent; 10,000 and no more when nothing is left. */
  readonly usedBps: number;
  /** The station is to be stopped now. */
  readonly isStopDue: boolean;
}

/** The share of a hold at which charging is stopped, so that what flows until the car lets go can still be paid. */
export const defaultStopAtBps = 9_500;

const bpsPerWhole = 10_000n;

/**
 * Watches a hold while a car charges. Time counts although no energy has flowed yet: once it flows, the time is charged
 * too. A tariff whose maximum the hold can pay never stops a session, because the price cannot outgrow the hold.
 * @param session.energyMicroWh Energy so far, in 10⁻⁶ Wh.
 * @param stopAtBps 1..10,000.
 */
export function watchHold(
  tariff: Tariff,
  holdMicro: bigint,
  session: { readonly energyMicroWh: bigint; readonly chargingSeconds: number; readonly connectedSeconds: number },
  stopAtBps: number,
): HoldState {
  if (!Number.isInteger(stopAtBps) || stopAtBps < 1 || stopAtBps > 10_000) {
    throw new RangeError("stopAtBps is an integer of 1 to 10,000.");
  }
  const { energyMicroWh, chargingSeconds, connectedSeconds } = session;
  // The minimum is due from the first watt-hour on and grows no further, so it must not stop a session at once.
  const growing = { ...tariff, minimumMicro: 0n, minimumGrossMicro: 0n, chargesWithoutEnergy: true };
  const usedMicro = priceOf(growing, energyMicroWh, chargingSeconds, connectedSeconds).grossMicro;
  const isOutgrown = usedMicro >= holdMicro;
  const isBounded = tariff.maximumGrossMicro > 0n && tariff.maximumGrossMicro <= holdMicro;
  return {
    usedMicro,
    remainingMicro: isOutgrown ? 0n : holdMicro - usedMicro,
    usedBps: isOutgrown ? 10_000 : Number((usedMicro * bpsPerWhole) / holdMicro),
    isStopDue: !isBounded && usedMicro * bpsPerWhole >= holdMicro * BigInt(stopAtBps),
  };
}
