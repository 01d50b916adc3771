import { kilowattHours, utc } from "../core/amounts.ts";
import type { CdrSource } from "../ocpi/cdr.ts";

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
  "idle_seconds",
  "currency",
  "net",
  "tax",
  "charged",
  "credited",
  "tariff_id",
] as const;

/** RFC 4180, with a heading; amounts with six decimals. */
export function csvOf(sources: readonly CdrSource[], credits: ReadonlyMap<string, bigint>): string {
  const rows = sources.map((source) => [
    source.id,
    source.idTag,
    String(source.location["evse_id"]),
    source.meterId,
    utc(source.startSeconds),
    utc(source.endSeconds),
    utc(source.lastUpdatedSeconds),
    kilowattHours(source.energyMicroWh),
    String(source.chargingSeconds),
    String(source.idleSeconds),
    source.currency,
    sixDecimals(source.price.netMicro),
    sixDecimals(source.price.taxMicro),
    sixDecimals(source.chargedMicro),
    sixDecimals(credits.get(source.id) ?? 0n),
    source.tariffId,
  ]);
  return [columns, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

/** Quoted where it has to be. What a spreadsheet would take for a formula is made text. */
function field(text: string): string {
  const safe = /^[=+@\t-]/u.test(text) ? `'${text}` : text;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function sixDecimals(amountMicro: bigint): string {
  return `${amountMicro / 1_000_000n}.${(amountMicro % 1_000_000n).toString().padStart(6, "0")}`;
}
