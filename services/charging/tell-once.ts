import type { Alert } from "../observability/alerts.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Store } from "../store/store.ts";

/** Tells the operator of what rounds find again and again: once for each cause, also across restarts. */
export interface OnceDesk {
  /** @param cause What it is about, in ids; one alert of one cause is given once. */
  alert(alert: Alert, cause: string, details: Readonly<Record<string, unknown>>): Promise<void>;
  note(event: string, cause: string, details: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Causes kept in memory, so that a round does not read each from the disk. */
const memoryLimit = 10_000;

export function createOnceDesk(deps: {
  readonly store: Pick<Store, "isTold" | "putTold">;
  readonly desk: OperatorDesk;
  readonly now: () => number;
}): OnceDesk {
  const { store, desk, now } = deps;
  const known = new Set<string>();

  async function once(cause: string, tell: () => void): Promise<void> {
    if (known.has(cause)) return;
    const isTold = await store.isTold(cause);
    // Told twice is better than not at all, if the service ends in between.
    if (!isTold) {
      tell();
      await store.putTold(cause, now());
    }
    if (known.size >= memoryLimit) known.clear();
    known.add(cause);
  }

  return {
    alert: (alert, cause, details) =>
      once(`${alert} ${cause}`, () => {
        desk.alert(alert, details);
      }),
    note: (event, cause, details) =>
      once(`${event} ${cause}`, () => {
        desk.note(event, details);
      }),
  };
}
