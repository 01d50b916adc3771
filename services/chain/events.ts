import type { LogPosition } from "../domain/session.ts";
import type { SettlementResult } from "../domain/metering.ts";
import type { Opening } from "../domain/opening.ts";
import type { SessionTerms } from "../domain/terms.ts";
import { WattproofError } from "../errors.ts";
import type { ContractInterfaces } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import { readRegistryEvent, readSettlementEvent, type LogReading } from "./event-readers.ts";

/** What the contracts say that concerns the service, in the order of the chain. Amounts are in 10⁻⁶ token. */
export type ChainEvent = { readonly position: LogPosition } & (
  | {
      readonly kind: "session-opened";
      readonly sessionId: string;
      readonly terms: SessionTerms;
      readonly opening: Opening;
    }
  | { readonly kind: "session-topped-up"; readonly sessionId: string; readonly toppedUpMicro: bigint }
  | ({
      readonly kind: "session-settled";
      readonly sessionId: string;
      /** The oracles' batch, which can be challenged; `null`: settled from the meter's own signature. */
      readonly batch: number | null;
      /** The oracles say that the contract can read the records behind it; `null` where they did not settle it. */
      readonly isReadable: boolean | null;
    } & SettlementResult)
  /** One session of a batch, of oracles or of meters, was not settled. */
  | { readonly kind: "settlement-skipped"; readonly sessionId: string; readonly reason: string }
  /** The whole hold is free again: the session's time was over, or its operator released it. */
  | { readonly kind: "session-expired"; readonly sessionId: string; readonly returnedMicro: bigint }
  /** Driver and operator agreed what the session costs, whatever flowed. */
  | {
      readonly kind: "session-agreed";
      readonly sessionId: string;
      readonly chargedMicro: bigint;
      readonly returnedMicro: bigint;
    }
  /** A record lowered what the driver has paid from one amount to another. */
  | {
      readonly kind: "claim-challenged";
      readonly sessionId: string;
      readonly challenger: string;
      readonly paidMicro: bigint;
      readonly provenMicro: bigint;
    }
  /** The records behind a claim are to be shown. */
  | {
      readonly kind: "evidence-demanded";
      readonly sessionId: string;
      readonly demander: string;
      readonly evidenceRoot: string;
      /** The last second (since 1970) at which they can be. */
      readonly answerableUntil: number;
    }
  | { readonly kind: "evidence-shown"; readonly sessionId: string; readonly answerer: string }
  /** They were not shown in time, and the bonds owe this. */
  | {
      readonly kind: "evidence-missing";
      readonly sessionId: string;
      readonly driverMicro: bigint;
      readonly operatorMicro: bigint;
      readonly rewardMicro: bigint;
    }
  | { readonly kind: "session-refunded"; readonly sessionId: string; readonly amountMicro: bigint }
  | { readonly kind: "opening-skipped"; readonly sessionId: string; readonly reason: string }
  | {
      readonly kind: "operator-credited";
      readonly operator: string;
      readonly agreement: number;
      readonly amountMicro: bigint;
      readonly isFinal: boolean;
    }
  | { readonly kind: "evse-changed"; readonly evse: number }
  | { readonly kind: "meter-changed"; readonly meter: number }
  /** Every meter that the maker vouched for has changed. */
  | { readonly kind: "maker-revoked"; readonly maker: number }
);

/** A log as the endpoint gives it. */
export interface ChainLog extends LogPosition {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
}

/**
 * Reads the logs of whole blocks, in their order: some events only say together what happened.
 * @throws CHAIN_MISMATCH if they cannot be read
 */
export function readEvents(
  logs: readonly ChainLog[],
  deployment: Deployment,
  interfaces: ContractInterfaces,
): readonly ChainEvent[] {
  const { contracts } = deployment;
  const sources = new Map(
    (
      [
        [contracts.chargingSettlement, interfaces.settlement],
        [contracts.meterSettlement, interfaces.meterSettlement],
        [contracts.challenges, interfaces.challenges],
        [contracts.meterRegistry, interfaces.meterRegistry],
      ] as const
    ).map(([address, contract]) => [address.toLowerCase(), contract]),
  );
  const reading: LogReading = { group: null, unanchored: [], events: [] };
  for (const log of logs) {
    const { txHash, blockNumber, blockHash, logIndex } = log;
    try {
      const event = sources.get(log.address.toLowerCase())?.parseLog(log) ?? null;
      if (event === null) continue;
      const position = { txHash, blockNumber, blockHash, logIndex };
      const field = (name: string): unknown => event.args.getValue(name);
      if (log.address.toLowerCase() === contracts.meterRegistry.toLowerCase()) {
        readRegistryEvent(event.name, field, position, reading);
      } else {
        readSettlementEvent(event.name, field, position, reading, interfaces);
      }
    } catch (error) {
      throw new WattproofError("CHAIN_MISMATCH", `The event at ${txHash}, log ${logIndex}, cannot be read.`, {
        cause: error,
      });
    }
  }
  if (reading.unanchored.length > 0) {
    throw new WattproofError("CHAIN_MISMATCH", "Oracles settled a session, and no batch was anchored.");
  }
  return reading.events;
}
