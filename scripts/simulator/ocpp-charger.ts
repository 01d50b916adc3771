import { answerService } from "./charger-answers.ts";
import { createChargerEvents, type ChargerEvents } from "./charger-events.ts";
import { stayConnected } from "./charger-line.ts";
import { pause } from "./charger-pause.ts";
import {
  createChargerMemory,
  type ChargerMemory,
  type ChargerState,
  type ChargerTransaction,
} from "./charger-state.ts";
import type { MeterKey } from "./demo-key.ts";

/** A charging station of one EVSE that speaks OCPP 2.0.1, with a car that always has room. */
export interface OcppCharger {
  /** Ends it as a loss of power does: what it kept goes on with the next one. */
  close(): Promise<void>;
}

/** How the charger behaves; a person who watches sees something at once. */
export interface ChargerHabits {
  /** How long a person needs to plug in. */
  readonly plugInMs: number;
  readonly readingMs: number;
  readonly powerW: number;
  /** Nobody charges longer than this. */
  readonly longestSeconds: number;
}

const idleMs = 250;
const microWhPerWh = 1_000_000n;
const msPerHour = 3_600_000n;

/**
 * Starts a charger, which goes on from the state that it kept: whatever happens is in `keepState` before it is told, and
 * is told until the service has answered it.
 */
export function startOcppCharger(options: {
  readonly url: string;
  readonly stationId: string;
  readonly stationKey: string;
  readonly evseId: string;
  readonly meter: { readonly key: MeterKey; readonly serial: string };
  readonly habits: ChargerHabits;
  /** `null`: it comes from the factory. */
  readonly state: ChargerState | null;
  /** Puts the state on the disk; when it returns it is there. */
  readonly keepState: (state: ChargerState) => void;
  readonly nowSeconds: () => number;
}): OcppCharger {
  const { url, stationId, stationKey, evseId, meter, habits, nowSeconds } = options;
  const closing = new AbortController();
  const { signal } = closing;
  const memory = createChargerMemory(options.state, options.keepState);
  const events = createChargerEvents({ memory, evseId, meter, powerW: habits.powerW, nowSeconds });
  const outlet = createOutlet({ memory, events, habits, nowSeconds, signal });
  const running = Promise.all([
    outlet.charge(),
    stayConnected({
      ...{ url, stationId, stationKey, memory, nowSeconds, signal },
      serialNumber: meter.serial,
      answerTo: (call) =>
        answerService(call, memory, {
          onChange: () => {
            outlet.nudge();
          },
          tellStatus: () => {
            events.tellStatus();
          },
        }),
    }),
  ]);

  return {
    async close() {
      closing.abort();
      outlet.nudge();
      await running;
    },
  };
}

/** The charger's one outlet, which charges what its memory says. */
function createOutlet(deps: {
  readonly memory: ChargerMemory;
  readonly events: ChargerEvents;
  readonly habits: ChargerHabits;
  readonly nowSeconds: () => number;
  /** Ends the charging. */
  readonly signal: AbortSignal;
}): {
  charge(): Promise<void>;
  /** Ends a pause of the charging before its time. */
  nudge(): void;
} {
  const { memory, events, habits, nowSeconds, signal } = deps;
  const isClosing = (): boolean => signal.aborted;
  let nudge = new AbortController();

  async function goOn(transaction: ChargerTransaction, beganAtSeconds: number): Promise<void> {
    const isOver = nowSeconds() - beganAtSeconds >= habits.longestSeconds;
    if (transaction.isToStop || isOver) {
      const trigger = isOver ? "EVDeparted" : "RemoteStop";
      events.tell(transaction, { type: "Ended", trigger, energyMicroWh: 0n });
      events.tellStatus();
      return;
    }
    const waitedFrom = performance.now();
    await pause(habits.readingMs, nudge.signal);
    const current = memory.read().transaction;
    if (isClosing() || current === null) {
      return;
    }
    const flowedMs = Math.min(habits.readingMs, Math.round(performance.now() - waitedFrom));
    const energyMicroWh = (BigInt(habits.powerW) * BigInt(flowedMs) * microWhPerWh) / msPerHour;
    events.tell(current, { type: "Updated", trigger: "MeterValuePeriodic", energyMicroWh });
  }

  return {
    async charge() {
      while (!isClosing()) {
        const { transaction } = memory.read();
        if (transaction === null) {
          await pause(idleMs, nudge.signal);
        } else if (transaction.beganAtSeconds === null) {
          await pause(habits.plugInMs, signal);
          // It may have been told to stop meanwhile.
          if (!isClosing()) {
            const current = memory.read().transaction ?? transaction;
            events.tell(current, { type: "Started", trigger: "RemoteStart", energyMicroWh: 0n });
            events.tellStatus();
          }
        } else {
          await goOn(transaction, transaction.beganAtSeconds);
        }
        if (nudge.signal.aborted && !isClosing()) {
          nudge = new AbortController();
        }
      }
    },
    nudge() {
      nudge.abort();
    },
  };
}
