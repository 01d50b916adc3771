import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { errorCatalogue, WattproofError, type ErrorCode } from "../errors.ts";
import type { StationCommands } from "../ocpp/commands.ts";
import type { ConnectedStation, StationPresence } from "../ocpp/station-presence.ts";
import type { Connections } from "../ocpp/wire/connections.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { CommandOutcome, StationCommand } from "../store/replicas.ts";
import type { Store } from "../store/store.ts";

/** Calls stations and finds them, whichever replica they are connected to. */
export interface StationCalls extends StationCommands, StationPresence {
  /** Carries out what other replicas want of stations of this one, until the signal. */
  run(signal: AbortSignal): Promise<void>;
}

const pollMs = 250;
/** What the other replica may take beside the charger. */
const graceMs = 5_000;
const takenAtOnce = 256;

export function createStationCalls(deps: {
  readonly store: Pick<
    Store,
    | "findStationHold"
    | "listReplicas"
    | "askStation"
    | "takeCommands"
    | "endCommand"
    | "findCommandOutcome"
    | "onSignal"
  >;
  readonly replicaId: string;
  /** Stations of this replica. */
  readonly connections: Connections;
  readonly commands: StationCommands;
  readonly callTimeoutMs: number;
  readonly desk: Pick<OperatorDesk, "alert">;
  readonly signal: AbortSignal;
}): StationCalls {
  const { store, replicaId, connections, commands, desk } = deps;
  const limitMs = deps.callTimeoutMs + graceMs;

  async function find(stationId: string): Promise<ConnectedStation | null> {
    const here = connections.find(stationId);
    if (here !== undefined) return here;
    const hold = await store.findStationHold(stationId);
    // This replica would know of its own.
    return hold === null || hold.replicaId === replicaId ? null : hold.connection;
  }

  /** Resolves with a signal, or after a pause: signals are hints. */
  function waitForMore(signal: AbortSignal): Promise<void> {
    const signalled = new AbortController();
    const end = store.onSignal(() => {
      signalled.abort();
    });
    return sleep(pollMs, undefined, { signal: AbortSignal.any([signal, signalled.signal]) })
      .catch(() => undefined)
      .finally(end);
  }

  async function askOther(stationId: string, action: string, payload: unknown): Promise<unknown> {
    const commandId = randomUUID();
    const limit = AbortSignal.any([AbortSignal.timeout(limitMs), deps.signal]);
    await store.askStation({ commandId, stationId, action, payload: JSON.stringify(payload ?? null) }, limitMs);
    while (!limit.aborted) {
      const outcome = await store.findCommandOutcome(commandId);
      if (outcome !== null) return resultOf(outcome);
      await waitForMore(limit);
    }
    throw new WattproofError("STATION_TIMEOUT", "The station's replica did not answer in time.");
  }

  async function carryOut({ commandId, stationId, action, payload }: StationCommand): Promise<void> {
    const outcome = await commands.callStation(stationId, action, JSON.parse(payload)).then(
      (answer): CommandOutcome => ({ kind: "answered", answer: JSON.stringify(answer ?? null) }),
      (error: unknown): CommandOutcome => {
        if (error instanceof WattproofError) return { kind: "failed", code: error.code, detail: error.detail };
        desk.alert("station-command-failed", { stationId, action, err: error });
        return { kind: "failed", code: "INTERNAL", detail: "" };
      },
    );
    await store.endCommand(commandId, outcome);
  }

  return {
    find,
    async count() {
      const others = (await store.listReplicas()).filter((other) => other.isAlive && other.replicaId !== replicaId);
      return others.reduce((sum, { stations }) => sum + stations, connections.size);
    },
    async callStation(stationId, action, payload) {
      if (connections.find(stationId) === undefined && (await find(stationId)) !== null) {
        return askOther(stationId, action, payload);
      }
      return commands.callStation(stationId, action, payload);
    },
    async run(signal) {
      const underWay = new Set<Promise<void>>();
      const isEnded = (): boolean => signal.aborted;
      while (!isEnded()) {
        try {
          for (const command of await store.takeCommands(replicaId, takenAtOnce)) {
            const work = carryOut(command)
              .catch((error: unknown) => {
                desk.alert("station-command-failed", {
                  stationId: command.stationId,
                  action: command.action,
                  err: error,
                });
              })
              .finally(() => underWay.delete(work));
            underWay.add(work);
          }
        } catch (error) {
          if (!isEnded()) desk.alert("loop-failed", { err: error });
        }
        await waitForMore(signal);
      }
      await Promise.all(underWay);
    },
  };
}

function resultOf(outcome: CommandOutcome): unknown {
  if (outcome.kind === "answered") {
    const answer: unknown = JSON.parse(outcome.answer);
    return answer;
  }
  throw new WattproofError(isErrorCode(outcome.code) ? outcome.code : "INTERNAL", outcome.detail);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}
