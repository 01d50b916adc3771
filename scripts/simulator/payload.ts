/** One reading of a simulated meter. */
export interface SimulatedReading {
  /** B begin, E end; C, T, … as in OCMF 1.4.1, table of readings. */
  readonly transaction: string;
  /** The register for energy delivered, in 10⁻⁶ Wh. */
  readonly registerMicroWh: bigint;
  /** Seconds since 1970 by the meter's clock. */
  readonly epochSeconds: number;
}

/** What a simulated meter writes into the signed section besides its readings. */
export interface SimulatedPayload {
  readonly serial: string;
  readonly pagination: bigint;
  /** What the charger was started with: the idTag. */
  readonly identification: string;
  readonly evseId: string;
  /** Clock state: S synchronised, I informative, U unknown, R relative. */
  readonly synchronisation: "S" | "I" | "U" | "R";
  readonly readings: readonly SimulatedReading[];
}

/** The signed section of a record: the text between its first and its second `|`. */
export function payloadOf(payload: SimulatedPayload): string {
  const head = JSON.stringify({
    FV: "1.0",
    GI: "Wattproof simulator",
    GS: payload.serial,
    GV: "1.0.0",
    PG: `T${payload.pagination.toString()}`,
    MV: "Wattproof",
    MM: "Simulated meter",
    MS: payload.serial,
    MF: "1.0",
    IS: true,
    IL: "VERIFIED",
    IF: ["OCPP_AUTH_TLS"],
    IT: "CENTRAL",
    ID: payload.identification,
    CT: "EVSEID",
    CI: payload.evseId,
  });
  const readings = payload.readings.map((reading) => readingOf(reading, payload.synchronisation));

  return `${head.slice(0, -1)},"RD":[${readings.join(",")}]}`;
}

/** Written by hand, because JSON.stringify cannot keep the trailing zeros by which a meter states its accuracy. */
function readingOf(reading: SimulatedReading, synchronisation: string): string {
  const time = `${localTimeOf(reading.epochSeconds)} ${synchronisation}`;
  const value = kilowattHoursOf(reading.registerMicroWh);

  return (
    `{"TM":"${time}","TX":"${reading.transaction}","RV":${value},` +
    `"RI":"1-b:1.8.0","RU":"kWh","RT":"AC","EF":"","ST":"G"}`
  );
}

/** A register value in kWh with as many decimals as it needs and at least four, like the displays of such meters. */
export function kilowattHoursOf(registerMicroWh: bigint): string {
  if (registerMicroWh < 0n) {
    throw new RangeError(`A register cannot be negative: ${registerMicroWh.toString()}`);
  }
  const digits = registerMicroWh.toString().padStart(10, "0");
  const decimals = digits.slice(-9).replace(/0{1,5}$/u, "");

  return `${digits.slice(0, -9)}.${decimals}`;
}

/** The time as OCMF writes it, at UTC+1. */
export function localTimeOf(epochSeconds: number): string {
  const shifted = new Date((epochSeconds + 3600) * 1000).toISOString();

  return `${shifted.slice(0, 19)},000+0100`;
}
