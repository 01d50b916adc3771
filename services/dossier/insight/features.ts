import { isShown, type DossierManifest, type DossierMonth } from "../format/dossier-schema.ts";

/** What is looked at of a session. */
export interface SessionFeatures {
  /** Its place among all sessions of the dossier. */
  readonly place: number;
  readonly sessionId: string;
  readonly meter: number;
  readonly evse: number;
  readonly maximumPowerW: number;
  readonly beginSeconds: number;
  readonly endSeconds: number;
  readonly energyMicroWh: bigint;
  /** Mean power in milliwatts; 0 for a session that took no time. */
  readonly powerMilliW: bigint;
  /** What the register counted since the meter's session before; `null` for the first, or where registers start over. */
  readonly sinceMicroWh: bigint | null;
  readonly sinceSeconds: number | null;
}

/** What is known of an excluded session that its meter signed: what was settled, and what the meter signed. */
export interface DriftFeatures {
  readonly sessionId: string;
  readonly meter: number;
  readonly settledMicroWh: bigint;
  readonly signedMicroWh: bigint;
}

/** Collects features from months, meter by meter and in the order of time. */
export interface FeatureCollector {
  add(month: DossierMonth): void;
  readonly sessions: readonly SessionFeatures[];
  readonly drifts: readonly DriftFeatures[];
}

const secondsPerHour = 3_600n;
const milliWPerMicroWhAndSecond = secondsPerHour;

export function createFeatureCollector({ evses, meters }: Pick<DossierManifest, "evses" | "meters">): FeatureCollector {
  const sessions: SessionFeatures[] = [];
  const drifts: DriftFeatures[] = [];
  const places = new Map(meters.map((meter) => [meter.number, meter]));
  const powers = new Map(evses.map(({ number, maximumPowerW }) => [number, maximumPowerW]));
  let place = -1;
  let last: { meter: number; toMicroWh: bigint; endSeconds: number } | null = null;

  return {
    sessions,
    drifts,
    add({ meter, sessions: own, exclusions }) {
      const of = places.get(meter);
      for (const session of own) {
        place += 1;
        if (!isShown(session) || of === undefined) continue;
        const { beginSeconds, endSeconds, sessionId } = session;
        const [from, to] = [BigInt(session.fromMicroWh), BigInt(session.toMicroWh)];
        const seconds = BigInt(endSeconds - beginSeconds);
        const before = last?.meter === meter && !of.restartsWithTransaction ? last : null;
        sessions.push({
          ...{ place, sessionId, meter, evse: of.evse, maximumPowerW: powers.get(of.evse) ?? 0 },
          ...{ beginSeconds, endSeconds, energyMicroWh: to - from },
          powerMilliW: seconds <= 0n ? 0n : ((to - from) * milliWPerMicroWhAndSecond) / seconds / 1_000n,
          sinceMicroWh: before === null ? null : from - before.toMicroWh,
          sinceSeconds: before === null ? null : beginSeconds - before.endSeconds,
        });
        last = { meter, toMicroWh: to, endSeconds };
      }
      for (const { sessionId, interval, energyMicroWh } of exclusions) {
        if (interval === null || energyMicroWh === null) continue;
        const signedMicroWh = BigInt(interval.toMicroWh) - BigInt(interval.fromMicroWh);
        drifts.push({ sessionId, meter, settledMicroWh: BigInt(energyMicroWh), signedMicroWh });
      }
    },
  };
}
