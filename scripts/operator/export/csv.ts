import { csvCell } from "../../../services/domain/csv-cell.ts";
import { utc } from "../../command-line/amounts.ts";
import type { CdrSource } from "../ocpi/cdr.ts";
import { amountsOf } from "../ocpi/session-tariff.ts";

const columns = [
  "session_id",
  "id_tag",
  "evse_id",
  "meter",
  "start",
  "end",
  "settled",
  "energy_kwh",
  "charging_seconds",
  "connected_seconds",
  "currency",
  "net",
  "tax",
  "charged",
  "credited",
  "tariff_id",
  "entry",
] as const;

/**
 * RFC 4180, with a heading; amounts with six decimals. A session that was settled in the span has a row `settlement`. One
 * that was settled before it, and whose driver got money back within it, has a row `credit`, on which nothing is charged;
 * so the sums of all spans together are those of the sessions.
 */
export function csvOf(
  sources: readonly CdrSource[],
  isInSpan: (entry: { readonly atSeconds: number }) => boolean,
): string {
  const rows = sources.map((source) => {
    const { settled, lastUpdatedSeconds } = source;
    const isSettledNow = isInSpan({ atSeconds: lastUpdatedSeconds });
    const creditedMicro = source.corrections.filter(isInSpan).reduce((sum, { backMicro }) => sum + backMicro, 0n);
    const { netMicro, grossMicro } = amountsOf(settled);
    const now = (value: bigint): bigint => (isSettledNow ? value : 0n);
    return [
      source.id,
      source.idTag,
      String(source.location["evse_id"]),
      source.meterId,
      utc(settled.startSeconds),
      utc(settled.endSeconds),
      utc(lastUpdatedSeconds),
      exactKilowattHours(now(settled.energyMicroWh)),
      String(isSettledNow ? settled.chargingSeconds : 0),
      String(isSettledNow ? settled.connectedSeconds : 0),
      source.currency,
      sixDecimals(now(netMicro)),
      sixDecimals(now(grossMicro - netMicro)),
      sixDecimals(now(grossMicro)),
      sixDecimals(creditedMicro),
      source.tariffId,
      isSettledNow ? "settlement" : "credit",
    ];
  });
  return [columns, ...rows].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
}

/** Energy of 10⁻⁶ Wh in kWh, exactly, with three decimals at least. */
export function exactKilowattHours(energyMicroWh: bigint): string {
  const fraction = (energyMicroWh % 1_000_000_000n)
    .toString()
    .padStart(9, "0")
    .replace(/0{1,6}$/u, "");
  return `${energyMicroWh / 1_000_000_000n}.${fraction}`;
}

function sixDecimals(amountMicro: bigint): string {
  return `${amountMicro / 1_000_000n}.${(amountMicro % 1_000_000n).toString().padStart(6, "0")}`;
}
