import { priceOf } from "../../services/domain/tariff.ts";
import { demoTariff } from "../local-world/tariff.ts";
import { simulatedCurveNames, type SimulatedCurve } from "../simulator/curves.ts";
import { demoMeterKey } from "../simulator/demo-key.ts";
import { createSimulatedMeter, type MeterState, type SimulatedMeter } from "../simulator/meter.ts";
import { demoAgreements } from "./market/stands.ts";
import type { OpenedPlan, Plan, PlannedDelivery, PlannedSession } from "./plan.ts";
import type { PlannedMeter } from "../local-world/meters.ts";

/** The simulated part of the demo, with the meters that have to be restored and kept. */
export interface SimulatedPlan extends Plan {
  /** What the meters would keep when the power goes. */
  meterStates(): Record<string, MeterState>;
}

/** What a planned session needs besides its name; the rest is usual. */
interface Episode {
  readonly name: string;
  readonly curve: SimulatedCurve;
  readonly energyWh: number;
  readonly minutes: number;
  readonly driver?: string;
  readonly lane?: number;
  readonly holdMicro?: bigint;
  readonly depositMicro?: bigint;
  readonly agreement?: number;
  readonly ending?: PlannedSession["ending"];
  readonly paidBy?: PlannedSession["paidBy"];
  readonly settledBy?: PlannedSession["settledBy"];
  deliveries?(context: EpisodeContext): readonly PlannedDelivery[];
}

interface EpisodeContext {
  readonly meter: SimulatedMeter;
  readonly stationId: string;
  readonly opened: OpenedPlan;
  /** The usual record of this session: begin and end in one. */
  record(idTag?: string): Uint8Array;
  recordPair(): readonly [Uint8Array, Uint8Array];
}

const usualHoldMicro = 30_000_000n;
/** What the service asks a machine to have held: the price of 30 kWh. */
const vehicleHoldMicro = priceOf(demoTariff, 30_000_000_000n, 0, 0).grossMicro;

/** Sessions of many kinds at one simulated station per curve. */
export function planSimulation(states: Readonly<Record<string, MeterState>>): SimulatedPlan {
  const meters = new Map(
    simulatedCurveNames.map((curve, index) => {
      const meterId = `simulated ${curve}`;
      const state = states[meterId];
      const options = {
        key: demoMeterKey(curve, meterId),
        serial: `WPSIM${String(index + 1).padStart(4, "0")}`,
        evseId: evseIdOf(index),
      };

      return [curve, createSimulatedMeter(state === undefined ? options : { ...options, state })];
    }),
  );
  const meterOf = (curve: SimulatedCurve): SimulatedMeter => {
    const meter = meters.get(curve);
    if (meter === undefined) {
      throw new RangeError(`There is no simulated meter on ${curve}`);
    }

    return meter;
  };

  return {
    meters: simulatedCurveNames.map((curve) => plannedMeterOf(curve, meterOf(curve))),
    sessions: episodes().map((episode) => plannedSessionOf(episode, meterOf(episode.curve))),
    meterStates: () => Object.fromEntries([...meters].map(([curve, meter]) => [`simulated ${curve}`, meter.state()])),
  };
}

/** Identity of a station that reports for the meter on this curve. */
function stationIdOf(curve: SimulatedCurve): string {
  return `SIM-${curve}`;
}

function evseIdOf(index: number): string {
  return `DE*WPR*E${String(index + 1).padStart(4, "0")}`;
}

function plannedMeterOf(curve: SimulatedCurve, meter: SimulatedMeter): PlannedMeter {
  return {
    meterId: `simulated ${curve}`,
    evseId: meter.evseId,
    stationId: stationIdOf(curve),
    curve,
    publicKeyPoint: meter.key.publicKeyPoint,
    possession: { kind: "record", key: meter.key },
  };
}

function plannedSessionOf(episode: Episode, meter: SimulatedMeter): PlannedSession {
  const energyMicroWh = BigInt(episode.energyWh) * 1_000_000n;
  const chargingSeconds = episode.minutes * 60;
  const ending = episode.ending ?? "settled";
  const holdMicro = episode.holdMicro ?? usualHoldMicro;
  const stationId = stationIdOf(episode.curve);

  return {
    name: episode.name,
    origin: "simulator",
    meterId: `simulated ${episode.curve}`,
    driver: episode.driver ?? `driver of: ${episode.name}`,
    lane: episode.lane ?? 0,
    holdMicro,
    depositMicro: episode.depositMicro ?? holdMicro,
    agreement: episode.agreement ?? 0,
    ending,
    paidBy: episode.paidBy ?? "driver",
    settledBy: episode.settledBy ?? "service",
    metering: ending === "settled" ? { energyMicroWh, chargingSeconds } : null,
    deliveries(opened) {
      const session = (idTag: string) => ({
        idTag,
        energyMicroWh,
        beginSeconds: opened.openedSeconds + 60,
        endSeconds: opened.openedSeconds + 60 + chargingSeconds,
      });
      const context: EpisodeContext = {
        meter,
        stationId,
        opened,
        record: (idTag = opened.idTag) => Buffer.from(meter.record(session(idTag))),
        recordPair() {
          const [begin, end] = meter.recordPair(session(opened.idTag));

          return [Buffer.from(begin), Buffer.from(end)];
        },
      };

      return episode.deliveries?.(context) ?? [delivery(context, "record", context.record())];
    },
  };
}

function delivery(
  context: EpisodeContext,
  what: string,
  record: Uint8Array,
  change: Partial<PlannedDelivery> = {},
): PlannedDelivery {
  return { record, what, stationId: context.stationId, names: "nothing", expected: "accepted", ...change };
}

function episodes(): readonly Episode[] {
  return [...sharedEpisodes(), ...ordinaryEpisodes(), ...episodesOfRecords(), ...episodesOfMoney()];
}

/** Whose revenue is shared with the drivers' pool or with holders of shares. */
function sharedEpisodes(): readonly Episode[] {
  const { pool, share } = demoAgreements;
  return [
    { name: "shared with the drivers' pool", curve: "secp256k1", energyWh: 17_250, minutes: 47, agreement: pool },
    { name: "shared with holders of shares", curve: "secp256k1", energyWh: 24_750, minutes: 66, agreement: share },
  ];
}

/** Begin and end in one record, on every curve. */
function ordinaryEpisodes(): readonly Episode[] {
  const energiesWh = [7_412, 11_038, 22_750, 18_234, 5_001, 31_377, 14_920];

  return simulatedCurveNames.map((curve, index) => ({
    name: `ordinary on ${curve}`,
    curve,
    energyWh: energiesWh[index] ?? 10_000,
    minutes: 25 + 7 * index,
  }));
}

/** Whose records come in another way than one after the charge. */
function episodesOfRecords(): readonly Episode[] {
  return [
    {
      name: "begin and end in two records",
      curve: "secp256r1",
      energyWh: 12_345,
      minutes: 48,
      deliveries(context) {
        const [begin, end] = context.recordPair();

        return [delivery(context, "begin record", begin), delivery(context, "end record", end)];
      },
    },
    { name: "no energy delivered", curve: "secp256k1", energyWh: 0, minutes: 6 },
    {
      name: "first a tampered copy",
      curve: "secp256r1",
      energyWh: 9_870,
      minutes: 41,
      deliveries(context) {
        const record = context.record();

        return [
          delivery(context, "copy with more energy", withMoreEnergy(record), { expected: "refused" }),
          delivery(context, "record", record),
        ];
      },
    },
    {
      name: "delivered twice",
      curve: "secp256k1",
      energyWh: 6_543,
      minutes: 33,
      deliveries(context) {
        const record = context.record();

        return [
          delivery(context, "record", record),
          delivery(context, "the same record again", record, { expected: "duplicate" }),
        ];
      },
    },
    {
      name: "first from another station",
      curve: "secp256r1",
      energyWh: 15_600,
      minutes: 52,
      deliveries(context) {
        const record = context.record();

        return [
          delivery(context, "record, posted by a station elsewhere", record, {
            stationId: stationIdOf("secp256k1"),
            expected: "refused",
          }),
          delivery(context, "record", record),
        ];
      },
    },
    {
      name: "first under another session's name",
      curve: "secp256k1",
      energyWh: 8_080,
      minutes: 29,
      deliveries(context) {
        const record = context.record();

        return [
          delivery(context, "record, posted for another session", record, {
            names: "another session",
            expected: "refused",
          }),
          delivery(context, "record", record),
        ];
      },
    },
    {
      name: "idTag in lower case",
      curve: "secp256r1",
      energyWh: 4_321,
      minutes: 19,
      deliveries: (context) => [delivery(context, "record", context.record(context.opened.idTag.toLowerCase()))],
    },
  ];
}

/** In which somebody else pays or settles, or the money does not suffice. */
function episodesOfMoney(): readonly Episode[] {
  return [
    { name: "fleet, lane 0", curve: "secp256r1", energyWh: 21_000, minutes: 60, driver: "fleet", lane: 0 },
    { name: "fleet, lane 1", curve: "secp256k1", energyWh: 19_500, minutes: 60, driver: "fleet", lane: 1 },
    { name: "settled by a stranger", curve: "secp256k1", energyWh: 12_009, minutes: 38, settledBy: "stranger" },
    {
      name: "settled by a dishonest quorum",
      curve: "secp256r1",
      energyWh: 10_000,
      minutes: 40,
      settledBy: "dishonest quorum",
    },
    {
      name: "paid by the vehicle itself",
      curve: "secp256k1",
      energyWh: 16_000,
      minutes: 45,
      holdMicro: vehicleHoldMicro,
      paidBy: "vehicle",
    },
    { name: "dearer than the hold", curve: "secp256r1", energyWh: 40_000, minutes: 95, holdMicro: 5_000_000n },
    {
      name: "abandoned",
      curve: "secp256k1",
      energyWh: 0,
      minutes: 0,
      ending: "expired",
      deliveries: () => [],
    },
    {
      name: "hold above the balance",
      curve: "secp256r1",
      energyWh: 0,
      minutes: 0,
      depositMicro: 1_000_000n,
      ending: "not opened",
      deliveries: () => [],
    },
  ];
}

/** One digit of the last register value changed: the energy is another, the signature no longer holds. */
function withMoreEnergy(record: Uint8Array): Uint8Array {
  const text = Buffer.from(record).toString("utf8");
  const at = text.lastIndexOf('"RV":') + '"RV":'.length;

  return Buffer.from(`${text.slice(0, at)}9${text.slice(at)}`);
}
