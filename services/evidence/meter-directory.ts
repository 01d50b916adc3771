import type { Chain, RegisteredEvse, RegisteredMeter } from "../chain/chain.ts";
import type { SessionTerms } from "../domain/terms.ts";

// A meter and an EVSE take about 300 bytes here.
const cacheLimit = 20_000;

/** The meter registry, as of the blocks that were followed. */
export interface MeterDirectory {
  readMeter(meter: number): Promise<RegisteredMeter | null>;
  readEvse(evse: number): Promise<RegisteredEvse | null>;
  /** Call when the chain says that a meter has changed. */
  forgetMeter(meter: number): void;
  /** Call when the chain says that an EVSE has changed. */
  forgetEvse(evse: number): void;
  /** Call when blocks were undone, or when the chain says that a maker's key was revoked. */
  forgetAll(): void;
  /** Why a session with these terms cannot be served: a code; `null` if it can. */
  findObstacle(terms: SessionTerms): Promise<string | null>;
}

export function createMeterDirectory(deps: {
  readonly chain: Pick<Chain, "readMeter" | "readEvse" | "readAgreement">;
  /** The only agreement under which sessions are served; `null`: any that binds, or none. */
  readonly servedAgreement?: number | null;
}): MeterDirectory {
  const meters = createCache((meter) => deps.chain.readMeter(meter));
  const evses = createCache((evse) => deps.chain.readEvse(evse));

  return {
    readMeter: (meter) => meters.read(meter),
    readEvse: (evse) => evses.read(evse),
    forgetMeter(meter) {
      meters.forget(meter);
    },
    forgetEvse(evse) {
      evses.forget(evse);
    },
    forgetAll() {
      meters.clear();
      evses.clear();
    },
    async findObstacle(terms) {
      const evse = await evses.read(terms.evse);
      if (evse === null) return "EVSE_UNKNOWN";
      if (evse.operator !== terms.operator) return "EVSE_OF_ANOTHER_OPERATOR";
      // The contract does not look it up: oracles could claim too much under terms with too much power.
      if (evse.maximumPowerW !== terms.maximumPowerW) return "MAXIMUM_POWER_DIFFERS";
      const { servedAgreement = null } = deps;
      if (servedAgreement !== null && terms.agreement !== servedAgreement) return "AGREEMENT_NOT_SERVED";
      if (terms.agreement !== 0) {
        const agreement = await deps.chain.readAgreement(terms.agreement);
        if (agreement?.operator !== terms.operator || !agreement.isSigned) return "AGREEMENT_NOT_BINDING";
      }
      const meter = await meters.read(terms.meter);
      if (meter === null) return "METER_UNKNOWN";
      if (meter.evse !== terms.evse) return "METER_AT_ANOTHER_EVSE";
      return isTrusted(meter) ? null : "METER_NOT_ACTIVE";
    },
  };
}

/**
 * Whether what the meter signed counts when it arrives at this time. The time is ours, not the meter's: a meter's clock
 * may be wrong by decades.
 */
export function isValidAt(meter: RegisteredMeter, atSeconds: number): boolean {
  return (
    isTrusted(meter) &&
    meter.validFrom <= atSeconds &&
    atSeconds < meter.validUntil &&
    atSeconds < meter.calibrationExpiresAt
  );
}

function isTrusted(meter: RegisteredMeter): boolean {
  return meter.possession !== null && (meter.status === "active" || meter.status === "retired");
}

/** Keeps what was found; what was not found may be registered any moment. */
function createCache<Value>(load: (number: number) => Promise<Value | null>): {
  read(number: number): Promise<Value | null>;
  forget(number: number): void;
  clear(): void;
} {
  const entries = new Map<number, Value>();
  // Raised by every `forget`, so that what was asked before a change is not kept after it.
  let generation = 0;

  return {
    async read(number) {
      const known = entries.get(number);
      if (known !== undefined) return known;
      const generationAtStart = generation;
      const value = await load(number);
      if (value === null || generation !== generationAtStart) return value;
      const oldest = entries.keys().next();
      if (entries.size >= cacheLimit && oldest.done !== true) entries.delete(oldest.value);
      entries.set(number, value);
      return value;
    },
    forget(number) {
      generation += 1;
      entries.delete(number);
    },
    clear() {
      generation += 1;
      entries.clear();
    },
  };
}
