import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { Store } from "../../store/store.ts";
import { stationIdGrammar } from "../../http/station/authentication.ts";
import type { Client } from "../../http/entrance/client-address.ts";
import { createRateLimit } from "../../http/entrance/limits.ts";

/** How often one of them is written down anew; more would let anybody write to the disk as often as they like. */
const pauseMs = 60_000;
const writesPerMinute = 120;
/** Of one address, so that nobody keeps others from being noticed. */
const writesPerMinuteAndAddress = 20;

/** Remembers stations that nobody registered and that want to join. */
export interface UnknownStations {
  note(stationId: string, client: Pick<Client, "address" | "key">, protocols: string): Promise<void>;
}

export function createUnknownStations(deps: {
  readonly store: Pick<Store, "noteUnknownStation">;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  readonly limit: number;
}): UnknownStations {
  const { store, desk, now, limit } = deps;
  const notedAtMs = new Map<string, number>();
  const addresses = createRateLimit(writesPerMinuteAndAddress / 60, now, undefined, {
    burst: writesPerMinuteAndAddress,
  });
  let minute = 0;
  let writes = 0;

  function isDue(stationId: string, atMs: number): boolean {
    const last = notedAtMs.get(stationId);
    // A clock that was set back keeps nobody from being noticed.
    if (last !== undefined && Math.abs(atMs - last) < pauseMs) return false;
    const thisMinute = Math.floor(atMs / 60_000);
    if (thisMinute !== minute) {
      minute = thisMinute;
      writes = 0;
    }
    return writes < writesPerMinute;
  }

  return {
    async note(stationId, { address, key }, protocols) {
      const atMs = now();
      if (limit === 0 || !stationIdGrammar.test(stationId) || !isDue(stationId, atMs)) return;
      if (!addresses.take(key)) return;
      writes += 1;
      if (!notedAtMs.has(stationId)) desk.alert("ocpp-unknown-station", { stationId, address, protocols });
      notedAtMs.delete(stationId);
      notedAtMs.set(stationId, atMs);
      const oldest = notedAtMs.keys().next();
      if (notedAtMs.size > limit && oldest.done !== true) notedAtMs.delete(oldest.value);
      await store.noteUnknownStation({ stationId, address, protocols, atMs }, limit);
    },
  };
}
