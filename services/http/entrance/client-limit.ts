import type { Request } from "express";

import { WattproofError } from "../../errors.ts";
import type { Entrance } from "./entrance.ts";
import { createRateLimit } from "./limits.ts";

/** Half a minute's worth at once: several drivers may share an address. */
const burstShare = 2;

/** How much one client may ask for, whoever it says that it is. */
export interface ClientLimit {
  /** @throws CLIENT_RATE_EXCEEDED */
  admit(request: Request): void;
}

/** @param name of the limit, for metrics and log. */
export function createClientLimit(
  { clients, watch }: Entrance,
  now: () => number,
  name: string,
  perMinute: number,
): ClientLimit {
  const limit = createRateLimit(perMinute / 60, now, undefined, { burst: perMinute / burstShare });
  return {
    admit(request) {
      const { key } = clients.clientOf(request);
      if (limit.take(key)) return;
      watch.noteRefusedRequest(name, key);
      throw new WattproofError("CLIENT_RATE_EXCEEDED", `The limit is ${perMinute} a minute.`);
    },
  };
}
