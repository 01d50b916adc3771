import { sign } from "node:crypto";

import { simulatedCurves } from "./curves.ts";
import type { MeterKey } from "./demo-key.ts";
import { payloadOf, type SimulatedPayload, type SimulatedReading } from "./payload.ts";

/** What a meter keeps when the power goes. */
export interface MeterState {
  /** Energy delivered since the meter was made, in 10⁻⁶ Wh. */
  readonly registerMicroWh: bigint;
  /** Number of the last record that was signed. */
  readonly pagination: bigint;
}

/** What is known of one simulated charging session. */
export interface SimulatedSession {
  readonly idTag: string;
  /** Energy that flows, in 10⁻⁶ Wh. */
  readonly energyMicroWh: bigint;
  /** By the meter's clock, in seconds since 1970. */
  readonly beginSeconds: number;
  readonly endSeconds: number;
}

/** A meter with a register, a pagination counter and a key. */
export interface SimulatedMeter {
  readonly key: MeterKey;
  readonly serial: string;
  readonly evseId: string;
  state(): MeterState;
  /** The energy flows; one record carries both readings. */
  record(session: SimulatedSession): string;
  /** The energy flows; one record carries the begin and another, with the next number, the end. */
  recordPair(session: SimulatedSession): readonly [begin: string, end: string];
  /** Energy flows, and one record carries the reading after it: B begins a session, C is one in between, E ends it. */
  step(reading: {
    readonly idTag: string;
    readonly transaction: "B" | "C" | "E";
    readonly energyMicroWh: bigint;
    readonly epochSeconds: number;
  }): string;
  /** A record without energy that carries the possession tag of the meter registry. */
  possessionRecord(tag: string, epochSeconds: number): string;
}

/** A meter as it comes from the factory, or with the state that it kept. */
export function createSimulatedMeter(options: {
  readonly key: MeterKey;
  readonly serial: string;
  readonly evseId: string;
  readonly synchronisation?: SimulatedPayload["synchronisation"];
  readonly state?: MeterState;
}): SimulatedMeter {
  const { key, serial, evseId, synchronisation = "S" } = options;
  let { registerMicroWh, pagination } = options.state ?? { registerMicroWh: 0n, pagination: 0n };

  function signed(identification: string, readings: readonly SimulatedReading[]): string {
    pagination += 1n;

    return signRecord(key, payloadOf({ serial, pagination, identification, evseId, synchronisation, readings }));
  }

  function readings(session: SimulatedSession): readonly [SimulatedReading, SimulatedReading] {
    if (session.energyMicroWh < 0n || session.endSeconds < session.beginSeconds) {
      throw new RangeError("Neither energy nor time of a session can be negative");
    }
    const begin = { transaction: "B", registerMicroWh, epochSeconds: session.beginSeconds };
    registerMicroWh += session.energyMicroWh;

    return [begin, { transaction: "E", registerMicroWh, epochSeconds: session.endSeconds }];
  }

  return {
    key,
    serial,
    evseId,
    state: () => ({ registerMicroWh, pagination }),
    record: (session) => signed(session.idTag, readings(session)),
    recordPair(session) {
      const [begin, end] = readings(session);

      return [signed(session.idTag, [begin]), signed(session.idTag, [end])];
    },
    step({ idTag, transaction, energyMicroWh, epochSeconds }) {
      if (energyMicroWh < 0n) {
        throw new RangeError("Energy cannot be negative");
      }
      registerMicroWh += energyMicroWh;

      return signed(idTag, [{ transaction, registerMicroWh, epochSeconds }]);
    },
    possessionRecord: (tag, epochSeconds) =>
      signed(tag, readings({ idTag: tag, energyMicroWh: 0n, beginSeconds: epochSeconds, endSeconds: epochSeconds })),
  };
}

/** The complete record: header, signed section, signature section. */
export function signRecord(key: MeterKey, payload: string): string {
  const signature = sign("sha256", Buffer.from(payload, "utf8"), key.privateKey).toString("hex").toUpperCase();

  return `OCMF|${payload}|${JSON.stringify({ SA: simulatedCurves[key.curve].algorithm, SD: signature })}`;
}
