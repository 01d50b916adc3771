import type { DestinationStream, Logger } from "pino";
import { destination, pino } from "pino";

import type { ServiceConfig } from "../config/config.ts";
import { redactAddresses } from "./redact-addresses.ts";

/** Lines of JSON on standard error: standard output belongs to the results of commands. */
export function createLogger(level: ServiceConfig["logLevel"], stream?: DestinationStream): Logger {
  const options = {
    level,
    base: { service: "wattproof" },
    // Neither a station's key nor what a driver may be known by belongs into a log.
    redact: { paths: ["authorization", "*.authorization", "headers", "*.headers", "record", "*.record"], remove: true },
    // Nor does the key that an endpoint's address has in it, which errors of libraries quote.
    hooks: { streamWrite: redactAddresses },
  };
  return pino(options, stream ?? destination({ fd: 2, sync: true }));
}

export type { Logger };
