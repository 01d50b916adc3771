import { WattproofError } from "../../errors.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { ConnectionLimited } from "./connection-guard.ts";
import { createRateLimit, type RateLimit } from "./limits.ts";
import { createSparingAlerts } from "./sparing-alerts.ts";

/** Where a key was wrong. */
export type KeyDoor = "operator" | "station" | "peer" | "session" | "ocpp";

/** Whose sockets are counted together. */
export type Listener = "http" | "ocpp" | "ocpp-tls";

/** Watches who knocks: counts, slows down and tells the operator. Of each address little is kept, and of few. */
export interface DoorWatch {
  /** Before a key is looked at. @throws CLIENT_RATE_EXCEEDED while an address has guessed too often */
  admitKey(client: string, name: string): void;
  /** After a key was found to be wrong. `name`: whose key it was meant to be. */
  noteWrongKey(door: KeyDoor, client: string, name: string): void;
  noteOpenSockets(listener: Listener, open: number): void;
  noteConnection(listener: Listener, limited: ConnectionLimited, address: string): void;
  notePeerLimited(peer: string, limit: string): void;
  /** A request that one client may make only so often. */
  noteRefusedRequest(limit: string, client: string): void;
}

/** Behind one address there may be many chargers, one of which has a wrong key and does not give up. */
const namesPerAddress = 6;
/** From here on it is no mistyped key any more. */
const alertAfter = 20;

export function createDoorWatch(deps: {
  readonly desk: Pick<OperatorDesk, "alert">;
  readonly metrics: Metrics;
  /** Milliseconds since whenever, by a clock that never steps. */
  readonly elapsedMs: () => number;
  /** Per address and name; an address has a multiple of it. */
  readonly wrongKeysPerMinute: number;
}): DoorWatch {
  const { metrics, elapsedMs, wrongKeysPerMinute } = deps;
  const alertOnce = createSparingAlerts(deps);
  const perSecond = wrongKeysPerMinute / 60;
  const burst = { burst: wrongKeysPerMinute };
  const names: RateLimit = createRateLimit(perSecond, elapsedMs, "CLIENT_RATE_EXCEEDED", burst);
  const addressBurst = { burst: wrongKeysPerMinute * namesPerAddress };
  const addresses = createRateLimit(perSecond * namesPerAddress, elapsedMs, "CLIENT_RATE_EXCEEDED", addressBurst);
  const wrongOnes = createRateLimit(alertAfter / 3_600, elapsedMs, "CLIENT_RATE_EXCEEDED", { burst: alertAfter });

  return {
    admitKey(client, name) {
      if (names.isLeft(`${client} ${name}`) && addresses.isLeft(client)) return;
      metrics.refusedRequests.inc({ limit: "wrong-keys" });
      throw new WattproofError("CLIENT_RATE_EXCEEDED", "Too many wrong keys came from this address; wait a minute.");
    },
    noteWrongKey(door, client, name) {
      metrics.wrongKeys.inc({ door });
      names.take(`${client} ${name}`);
      addresses.take(client);
      if (!wrongOnes.take(client)) alertOnce("wrong-keys", client, { door });
    },
    noteOpenSockets(listener, open) {
      metrics.openSockets.set({ listener }, open);
    },
    noteConnection(listener, limited, address) {
      metrics.limitedConnections.inc({ listener, limited });
      alertOnce("connections-limited", address, { listener });
    },
    notePeerLimited(peer, limit) {
      metrics.refusedRequests.inc({ limit: "peer" });
      alertOnce("peer-limited", peer, { limit });
    },
    noteRefusedRequest(limit, client) {
      metrics.refusedRequests.inc({ limit });
      alertOnce("client-limited", client, { limit });
    },
  };
}
