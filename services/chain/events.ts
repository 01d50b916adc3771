import type { Interface } from "ethers";
import { z } from "zod";

import type { LogPosition } from "../domain/session.ts";
import { unpackSettlementResult } from "../domain/metering.ts";
import type { SessionTerms } from "../domain/terms.ts";
import { unpackTerms } from "../domain/terms.ts";
import { WattproofError } from "../errors.ts";
import type { Deployment } from "./deployment.ts";

/** What the contracts say that concerns the service, in the order of the chain. */
export type ChainEvent =
  | {
      readonly kind: "session-opened";
      readonly position: LogPosition;
      readonly sessionId: string;
      readonly terms: SessionTerms;
    }
  | {
      readonly kind: "session-settled";
      readonly position: LogPosition;
      readonly sessionId: string;
      readonly energyMicroWh: bigint;
      readonly chargingSeconds: number;
      readonly idleSeconds: number;
      readonly chargedMicro: bigint;
      readonly returnedMicro: bigint;
    }
  | {
      readonly kind: "settlement-skipped";
      readonly position: LogPosition;
      readonly sessionId: string;
      readonly reason: string;
    }
  | {
      readonly kind: "session-expired";
      readonly position: LogPosition;
      readonly sessionId: string;
      readonly returnedMicro: bigint;
    }
  | {
      readonly kind: "opening-skipped";
      readonly position: LogPosition;
      readonly sessionId: string;
      readonly reason: string;
    }
  | { readonly kind: "meter-changed"; readonly position: LogPosition; readonly meter: number };

/** A log as the endpoint gives it. */
export interface ChainLog extends LogPosition {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

// In the order of the contract's enums.
const settlementRefusals = ["NONE", "NO_LIVE_SESSION", "TERMS_MISMATCH"];
const openingRefusals = [
  "NONE",
  "SIGNATURE_INVALID",
  "SESSION_LIVE",
  "NONCE_MISMATCH",
  "HOLD_ZERO",
  "HOLD_ABOVE_BALANCE",
  "EXPIRY_PASSED",
  "EXPIRY_TOO_LATE",
  "NONCE_EXHAUSTED",
  "TARIFF_NOT_OFFERED",
];

const text = z.string();
const integer = z.bigint();

/** @returns `null` for an event that does not concern the service. @throws CHAIN_MISMATCH if it cannot be read */
export function readEvent(
  log: ChainLog,
  deployment: Deployment,
  settlement: Interface,
  meterRegistry: Interface,
): ChainEvent | null {
  const { txHash, blockNumber, blockHash, logIndex } = log;
  const position = { txHash, blockNumber, blockHash, logIndex };
  const isRegistry = log.address.toLowerCase() === deployment.contracts.meterRegistry.toLowerCase();
  try {
    const event = (isRegistry ? meterRegistry : settlement).parseLog(log);
    if (event === null) return null;
    const field = (name: string): unknown => event.args.getValue(name);
    return isRegistry ? readMeterEvent(event.name, field, position) : readSessionEvent(event.name, field, position);
  } catch (error) {
    throw new WattproofError("CHAIN_MISMATCH", `The event at ${txHash}, log ${logIndex}, cannot be read.`, {
      cause: error,
    });
  }
}

function readMeterEvent(name: string, field: (name: string) => unknown, position: LogPosition): ChainEvent | null {
  if (!["MeterRegistered", "MeterActivated", "MeterRetired", "MeterRevoked"].includes(name)) return null;
  return { kind: "meter-changed", position, meter: Number(integer.parse(field("meter"))) };
}

function readSessionEvent(name: string, field: (name: string) => unknown, position: LogPosition): ChainEvent | null {
  const sessionId = (): string => text.parse(field("sessionId"));
  switch (name) {
    case "SessionOpened": {
      const terms = unpackTerms(integer.parse(field("terms")), {
        driver: text.parse(field("driver")),
        operator: text.parse(field("operator")),
        tariffId: text.parse(field("tariffId")),
      });
      return { kind: "session-opened", position, sessionId: sessionId(), terms };
    }
    case "SessionSettled":
      return {
        kind: "session-settled",
        position,
        sessionId: sessionId(),
        ...unpackSettlementResult(integer.parse(field("result"))),
      };
    case "SettlementSkipped":
      return {
        kind: "settlement-skipped",
        position,
        sessionId: sessionId(),
        reason: named(settlementRefusals, field("reason")),
      };
    case "OpeningSkipped":
      return {
        kind: "opening-skipped",
        position,
        sessionId: sessionId(),
        reason: named(openingRefusals, field("reason")),
      };
    case "SessionExpired":
      return {
        kind: "session-expired",
        position,
        sessionId: sessionId(),
        returnedMicro: integer.parse(field("returnedMicro")),
      };
    default:
      return null;
  }
}

function named(names: readonly string[], value: unknown): string {
  const number = Number(integer.parse(value));
  return names[number] ?? `REASON_${number}`;
}
