import { signRecord, type SimulatedMeter } from "../simulator/meter.ts";

/** Bytes of the signed section: the size of the records that a third of the charging stations in the field write. */
const payloadBytes = 395;

/** What differs from record to record. */
export interface BenchReading {
  readonly idTag: string;
  readonly pagination: number;
  /** The register, in kWh with four decimals. */
  readonly beginKwh: string;
  readonly endKwh: string;
  readonly beginSeconds: number;
  readonly endSeconds: number;
}

/** A record of begin and end with the fields and the size of a usual one: no vendor names, two readings of seven fields. */
export function benchRecord(meter: SimulatedMeter, reading: BenchReading): string {
  const { idTag, pagination, beginKwh, endKwh, beginSeconds, endSeconds } = reading;
  const readingOf = (transaction: string, kwh: string, seconds: number): string =>
    `{"TM":"${new Date(seconds * 1000).toISOString().slice(0, 19)},000+0000 S","TX":"${transaction}",` +
    `"EF":"","ST":"G","RV":${kwh},"RI":"1-b:1.8.0","RU":"kWh"}`;
  const payload =
    `{"FV":"1.0","GI":"Wattproof box","GS":"${meter.serial}","GV":"1.0.0","PG":"T${pagination.toString()}",` +
    `"IS":true,"IL":"VERIFIED","IF":["OCPP_AUTH_TLS"],"IT":"CENTRAL","ID":"${idTag}",` +
    `"RD":[${readingOf("B", beginKwh, beginSeconds)},${readingOf("E", endKwh, endSeconds)}]}`;
  if (payload.length !== payloadBytes) throw new Error(`the record has ${payload.length} bytes, not ${payloadBytes}`);

  return signRecord(meter.key, payload);
}
