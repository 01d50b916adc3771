import type { RegisteredMeter } from "../chain/chain.ts";
import { greatestStoredNumber } from "../domain/evidence.ts";
import { isTakingRecords } from "../domain/session.ts";
import { WattproofError, type ErrorCode } from "../errors.ts";
import type { StoredMessage } from "../store/messages.ts";
import type { Store, StoredSession } from "../store/store.ts";
import { findSessionOfRecord, type UnboundRecords } from "./find-session.ts";
import type { FormatRegistry } from "./formats/format.ts";
import { recordIdentity } from "./formats/ocmf/record-identity.ts";
import type { PublicKey, Refusal, Unsupported, VerifiedRecord } from "./formats/ocmf/types.ts";
import type { PriceJudge } from "./judge-price.ts";
import { isValidAt, type MeterDirectory } from "./meter-directory.ts";

/** A verdict that ends the way of a record. */
export interface RecordRefusal {
  readonly outcome: "refused" | "unsupported";
  readonly code: ErrorCode;
  readonly detail: string;
}

/** From raw bytes to a reading that was verified under the registered key of the session's meter. */
export interface RecordVerifier {
  /**
   * What the record says that its meter was told of who charges, to find the session by. Nothing is verified: whoever sent
   * the record may have written it.
   */
  readIdentification(record: Uint8Array): { readonly identification: string | null } | RecordRefusal;
  /** @param meter Of the registry, or of a meter that is to be registered. */
  verify(record: Uint8Array, meter: Pick<RegisteredMeter, "curve" | "publicKey">): VerifiedRecord | RecordRefusal;
}

/** A record that its session's meter signed. */
export interface VerifiedClaim {
  readonly message: StoredMessage;
  /** As it was when the record was verified. */
  readonly session: StoredSession;
  readonly meter: RegisteredMeter;
  /** The meter signed the session's idTag. */
  readonly isBound: boolean;
  readonly verified: VerifiedRecord;
  /** By key and pagination: a record counts once. */
  readonly identity: string;
  readonly meterKeyId: string;
}

/**
 * Finds the session of a kept record, and verifies the record under the key of the session's meter. Writes nothing but
 * that a session is not served at its price.
 * @throws STATION_UNAUTHENTICATED where the station was removed, the codes of `findSessionOfRecord`, STATION_NOT_AT_EVSE,
 * SESSION_UNSERVABLE, METER_NOT_VALID, the verdict of the format, RECORD_OUT_OF_RANGE
 */
export type ClaimVerifier = (message: StoredMessage) => Promise<VerifiedClaim>;

export interface ClaimVerifierDeps {
  readonly store: Pick<Store, "findStation" | "findSession" | "findSessionByIdTag">;
  readonly meters: Pick<MeterDirectory, "readMeter">;
  readonly verifier: RecordVerifier;
  readonly prices: PriceJudge;
  readonly unboundRecords: UnboundRecords;
}

export function createClaimVerifier(deps: ClaimVerifierDeps): ClaimVerifier {
  const { store, meters, verifier } = deps;

  /** Where the sender may report from; `null`: wherever its record's session is. */
  async function readEvses({ source }: StoredMessage): Promise<readonly number[] | null> {
    // An oracle has no outlet: what it brings counts by the meter's signature alone.
    if (source.kind === "peer") return null;
    const station = await store.findStation(source.stationId);
    if (station === null) throw new WattproofError("STATION_UNAUTHENTICATED", "The station was removed.");
    return station.evses;
  }

  return async (message) => {
    const evses = await readEvses(message);
    const { identification } = accepted(verifier.readIdentification(message.record));
    // Inside a transaction the station has said which session it is, by the idTag that it began with.
    const unboundRecords = message.source.kind === "ocpp" ? "accept" : deps.unboundRecords;
    const found = await findSessionOfRecord(store, identification, message.sessionReference, unboundRecords);
    const session = await deps.prices.judge(found.session);
    if (evses?.includes(session.terms.evse) === false) {
      throw new WattproofError("STATION_NOT_AT_EVSE", `The session is at EVSE ${session.terms.evse}.`);
    }
    requireServed(session);
    const meter = await meters.readMeter(session.terms.meter);
    if (meter === null || !isValidAt(meter, Math.floor(message.receivedAtMs / 1_000))) {
      throw new WattproofError("METER_NOT_VALID", `Meter ${session.terms.meter} at the time of receipt.`);
    }
    const verified = accepted(verifier.verify(message.record, meter));
    const { pagination } = verified;
    if (pagination.number > greatestStoredNumber) {
      throw new WattproofError("RECORD_OUT_OF_RANGE", "The pagination number has more than 63 bits.");
    }
    const meterKeyId = `${meter.curve}:${meter.publicKey}`;
    const identity = recordIdentity(verified.key, pagination);
    return { message, session, meter, isBound: found.isBound, verified, identity, meterKeyId };
  };
}

/** @throws SESSION_UNSERVABLE */
export function requireServed({ state }: Pick<StoredSession, "state">): void {
  if (state.status === "unservable" && !isTakingRecords(state)) {
    throw new WattproofError("SESSION_UNSERVABLE", state.reason ?? "");
  }
}

export function createRecordVerifier(formatOf: FormatRegistry): RecordVerifier {
  return {
    readIdentification(record) {
      const reading = formatOf(record).readIdentification(record);
      return "verdict" in reading ? asRefusal(reading) : reading;
    },
    verify(record, meter) {
      const verdict = formatOf(record).verify(record, publicKeyOf(meter));
      return verdict.verdict === "accepted" ? verdict : asRefusal(verdict);
    },
  };
}

/** The registered key, as the verifier takes it. */
export function publicKeyOf(meter: Pick<RegisteredMeter, "curve" | "publicKey">): PublicKey {
  const digits = meter.publicKey.slice(2);
  const half = digits.length / 2;
  return { curve: meter.curve, x: BigInt(`0x${digits.slice(0, half)}`), y: BigInt(`0x${digits.slice(half)}`) };
}

function asRefusal(verdict: Refusal | Unsupported): RecordRefusal {
  return { outcome: verdict.verdict, code: verdict.reason, detail: verdict.detail };
}

function accepted<Reading extends object>(reading: Reading | RecordRefusal): Reading {
  if ("outcome" in reading) throw new WattproofError(reading.code, reading.detail);
  return reading;
}
