import type { ServiceConfig } from "./config.ts";
import { WattproofError } from "./errors.ts";
import type { Store } from "./store/store.ts";

/** A running service. */
export interface Service {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** For the registration of stations. */
  readonly store: Store;
  /** Reads the chain up to its newest confirmed block and does what follows, without waiting for the next poll. */
  synchronise(): Promise<void>;
  /** Stops taking messages, finishes those begun, and closes the store. */
  close(): Promise<void>;
}

/** What a caller may put in place of the real thing. */
export interface ServiceOptions {
  /** Milliseconds since 1970; by default the system's clock. */
  readonly now?: () => number;
}

/**
 * Starts the service and resolves when it listens.
 * @throws CONFIGURATION_INVALID, DEPLOYMENT_INVALID, CHAIN_UNAVAILABLE, CHAIN_MISMATCH, STORE_UNAVAILABLE
 */
export function startService(config: ServiceConfig, options: ServiceOptions = {}): Promise<Service> {
  return Promise.reject(
    new WattproofError("SERVICE_NOT_READY", `Not wired yet: ${config.host}, ${String(options.now?.())}.`),
  );
}
