import type { StationHolds } from "../replicas/station-holds.ts";
import { isOvertaken } from "../replicas/overtaken.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { Store } from "../store/store.ts";
import type { Revisions } from "./revisions.ts";

/** What goes on of transactions and is not on disk yet, because its frames come again if it never is. */
export interface LaterSteps {
  keep(transaction: ChargingTransaction, frame: number): void;
  /** Another replica writes what belongs to the station. */
  drop(stationId: string): void;
  /**
   * Resolves when everything is on disk. A rejection leaves what is not for the next time, except for what another replica
   * has overtaken: the frames of that come again.
   */
  flush(): Promise<void>;
}

interface LaterStep {
  readonly transaction: ChargingTransaction;
  readonly frames: number[];
}

export function createLaterSteps(deps: {
  readonly store: Pick<Store, "commitChargingFrames">;
  readonly stations: Pick<StationHolds, "holderOf"> | undefined;
  readonly revisions: Revisions;
  readonly onOvertaken: (stationId: string) => void;
}): LaterSteps {
  const { store, stations, revisions, onOvertaken } = deps;
  /** By the transaction's ordinal. */
  let later = new Map<number, LaterStep>();
  let flushed: Promise<void> = Promise.resolve();

  function keep(transaction: ChargingTransaction, ...added: readonly number[]): void {
    const frames = later.get(transaction.ordinal)?.frames ?? [];
    frames.push(...added);
    later.set(transaction.ordinal, { transaction, frames });
  }

  async function write(steps: readonly LaterStep[]): Promise<void> {
    const written = steps.map(({ transaction, frames }) => ({
      ...{ transaction: revisions.over(transaction), frames },
      station: stations?.holderOf(transaction.stationId) ?? null,
    }));
    await store.commitChargingFrames(written);
    revisions.note(written.map(({ transaction: { ordinal, revision } }) => ({ ordinal, revision: revision + 1 })));
  }

  /** One that another replica has overtaken keeps no others from being written. */
  async function writeOneByOne(steps: readonly LaterStep[]): Promise<void> {
    for (const step of steps) {
      try {
        await write([step]);
      } catch (error) {
        if (isOvertaken(error)) onOvertaken(step.transaction.stationId);
        else keep(step.transaction, ...step.frames);
      }
    }
  }

  async function writeAll(): Promise<void> {
    if (later.size === 0) return;
    const steps = later;
    later = new Map();
    try {
      await write([...steps.values()]);
    } catch (error) {
      if (isOvertaken(error)) {
        await writeOneByOne([...steps.values()]);
        throw error;
      }
      const newer = later;
      later = steps;
      for (const { transaction, frames } of newer.values()) keep(transaction, ...frames);
      throw error;
    }
  }

  return {
    keep,
    drop(stationId) {
      for (const [ordinal, { transaction }] of later) if (transaction.stationId === stationId) later.delete(ordinal);
    },
    flush() {
      const turn = flushed.then(writeAll);
      flushed = turn.catch(() => undefined);
      return turn;
    },
  };
}
