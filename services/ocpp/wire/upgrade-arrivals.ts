import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** The sockets that ask to upgrade or have done so. */
export interface UpgradeArrivals {
  /** Begins the time within which the station must be let in; a socket that is not by then is destroyed. */
  note(request: IncomingMessage, socket: Socket, isTls: boolean): void;
  /** The station was let in or turned away: from here on pings watch the socket. */
  endDeadline(request: IncomingMessage): void;
  isTls(request: IncomingMessage): boolean;
  /** Resolves when all sockets are closed; after this time it destroys those that are left. */
  closed(graceMs: number): Promise<void>;
}

const closePollMs = 10;

export function createUpgradeArrivals(deadlineMs: number): UpgradeArrivals {
  const arrivals = new WeakMap<IncomingMessage, { readonly isTls: boolean; readonly deadline: NodeJS.Timeout }>();
  const sockets = new Set<Socket>();
  return {
    note(request, socket, isTls) {
      const deadline = setTimeout(() => socket.destroy(), deadlineMs);
      sockets.add(socket);
      socket.once("close", () => {
        clearTimeout(deadline);
        sockets.delete(socket);
      });
      arrivals.set(request, { isTls, deadline });
    },
    endDeadline(request) {
      clearTimeout(arrivals.get(request)?.deadline);
    },
    isTls: (request) => arrivals.get(request)?.isTls === true,
    async closed(graceMs) {
      for (let waitedMs = 0; sockets.size > 0 && waitedMs < graceMs; waitedMs += closePollMs) await delay(closePollMs);
      // Who does not answer the closing is gone already.
      for (const socket of sockets) socket.destroy();
    },
  };
}
