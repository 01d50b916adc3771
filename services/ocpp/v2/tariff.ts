import type { Tariff } from "../../domain/tariff.ts";
import type { AnswerPayload } from "../action.ts";
import { ocppAmount, type ToldSession } from "../session-teller.ts";

/** OCPP has room for so many characters of an id; no two tariffs share these. */
const tariffIdLength = 60;
const nanoPerToken = 1_000_000_000;
const minutesPerHour = 60;
const bpsPerPercent = 100;

/** The id of a tariff as stations know it. */
export function ocppTariffIdOf(tariffId: string): string {
  return tariffId.slice(0, tariffIdLength);
}

/**
 * A session's tariff as TariffType of OCPP 2.1, for what the station shows and computes. It has no conditions of time: the
 * price of the begin holds. What the contract rounds down and OCPP does not stays the contract's: its price counts.
 * @returns `null` where OCPP has no word for it: a fee for the time connected with a cap, or taxed otherwise than charging
 */
export function tariffOfOcpp({
  tariff,
  tariffId,
  currency,
}: Pick<ToldSession, "tariff" | "tariffId" | "currency">): AnswerPayload | null {
  const hasBothTimes = tariff.priceNanoPerChargingHour > 0n && tariff.priceNanoPerConnectedHour > 0n;
  if (tariff.connectedMaximumMicro > 0n) return null;
  if (hasBothTimes && tariff.chargingTaxBps !== tariff.connectedTaxBps) return null;
  const { minimumMicro, minimumGrossMicro, maximumMicro, maximumGrossMicro } = tariff;
  const limit = (exclusive: bigint, inclusive: bigint): object => ({
    exclTax: ocppAmount(exclusive),
    inclTax: ocppAmount(inclusive),
  });
  return {
    tariffId: ocppTariffIdOf(tariffId),
    currency,
    ...(tariff.priceNanoPerKwh > 0n || tariff.energyBands.length > 0 ? { energy: energyOf(tariff) } : {}),
    ...timesOf(tariff),
    ...(tariff.flatFeeMicro > 0n
      ? { fixedFee: { prices: [{ priceFixed: ocppAmount(tariff.flatFeeMicro) }], ...taxOf(tariff.flatTaxBps) } }
      : {}),
    ...(minimumGrossMicro > 0n ? { minCost: limit(minimumMicro, minimumGrossMicro) } : {}),
    ...(maximumGrossMicro > 0n ? { maxCost: limit(maximumMicro, maximumGrossMicro) } : {}),
  };
}

function energyOf({ priceNanoPerKwh, energyBands, energyTaxBps }: Tariff): object {
  const spans = [{ fromWh: 0, priceNanoPerKwh }, ...energyBands];
  const prices = spans.map((span, index) => {
    const toWh = spans[index + 1]?.fromWh;
    const conditions = {
      ...(span.fromWh > 0 ? { minEnergy: span.fromWh } : {}),
      ...(toWh === undefined ? {} : { maxEnergy: toWh }),
    };
    const priceKwh = Number(span.priceNanoPerKwh) / nanoPerToken;
    return Object.keys(conditions).length === 0 ? { priceKwh } : { priceKwh, conditions };
  });
  return { prices, ...taxOf(energyTaxBps) };
}

/** The fee for the time connected is one for charging and for idling, from the end of its free span on. */
function timesOf(tariff: Tariff): object {
  const { priceNanoPerChargingHour, priceNanoPerConnectedHour, connectedFreeSeconds } = tariff;
  const { chargingTaxBps, connectedTaxBps } = tariff;
  const minutely = (nanoPerHour: bigint): number => Number(nanoPerHour) / nanoPerToken / minutesPerHour;
  const conditions = connectedFreeSeconds > 0 ? { conditions: { minTime: connectedFreeSeconds } } : {};
  const connected =
    priceNanoPerConnectedHour > 0n ? [{ priceMinute: minutely(priceNanoPerConnectedHour), ...conditions }] : [];
  const charging = priceNanoPerChargingHour > 0n ? [{ priceMinute: minutely(priceNanoPerChargingHour) }] : [];
  // The first price whose conditions hold counts, so that the one after the free span has both in it.
  const both =
    charging.length > 0 && connected.length > 0
      ? [{ priceMinute: minutely(priceNanoPerChargingHour + priceNanoPerConnectedHour), ...conditions }, ...charging]
      : [...connected, ...charging];
  const chargingPrices = connectedFreeSeconds === 0 ? both.slice(0, 1) : both;
  return {
    ...(chargingPrices.length > 0
      ? { chargingTime: { prices: chargingPrices, ...taxOf(charging.length > 0 ? chargingTaxBps : connectedTaxBps) } }
      : {}),
    ...(connected.length > 0 ? { idleTime: { prices: connected, ...taxOf(connectedTaxBps) } } : {}),
  };
}

function taxOf(taxBps: number): object {
  return taxBps === 0 ? {} : { taxRates: [{ type: "vat", tax: taxBps / bpsPerPercent }] };
}
