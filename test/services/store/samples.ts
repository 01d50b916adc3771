import type { Cdr } from "../../../services/domain/cdr.ts";
import type { SessionEvent } from "../../../services/domain/session.ts";
import { openSession, transition } from "../../../services/domain/session.ts";
import type { NewChargingTransaction } from "../../../services/store/charging.ts";
import type { NewFrame } from "../../../services/store/ocpp.ts";
import type {
  BlockMark,
  EvidenceRecord,
  NewSession,
  RawMessage,
  SessionChange,
  SettlementTransaction,
  StoredSession,
} from "../../../services/store/store.ts";
import { testOpening } from "../../helpers/test-opening.ts";

export const accepted = { outcome: "accepted", code: null, detail: null, recordIdentity: "r" } as const;
export const refused = { outcome: "refused", code: "SESSION_UNKNOWN", detail: "d", recordIdentity: null } as const;
export const tariffId = `0x${"77".repeat(32)}`;

export function block(number: number, branch = "a"): BlockMark {
  return { number, hash: `0x${branch}${number}` };
}

export function message(id: string, body = `body ${id}`): RawMessage {
  const bytes = new Uint8Array(Buffer.from(body));
  return {
    messageId: id,
    source: { kind: "http", stationId: "CS-1", body: bytes, mediaType: "text/plain" },
    record: bytes,
    sessionReference: null,
    receivedAtMs: 1,
  };
}

export function newSession(name: string, blockNumber: number): NewSession {
  const opening = { txHash: `0xt${name}`, blockNumber, blockHash: `0xa${blockNumber}`, logIndex: 0, ...testOpening };
  const event = { kind: "opened", opening, unservableReason: null } as const;
  const terms = {
    driver: "0xd",
    lane: 0,
    nonce: 1,
    operator: "0xo",
    agreement: 0,
    maximumPowerW: 22_000,
    evse: 1,
    meter: 1,
    tariffId,
    holdMicro: 2n ** 64n - 1n,
    expiresAt: 9,
  };
  return { sessionId: `0x${name}`, idTag: `TAG${name}`, terms, event, state: openSession(event), atMs: 1 };
}

export function changeOf(session: StoredSession, event: SessionEvent, atMs = 5): SessionChange {
  const { sessionId, sequence, state } = session;
  return { sessionId, expectedSequence: sequence, events: [event], next: transition(state, event), atMs };
}

export function recordOf(
  name: string,
  sessionId: string,
  pagination: bigint,
  beginMicroWh: bigint,
  endMicroWh: bigint,
): EvidenceRecord {
  return {
    recordIdentity: name,
    sessionId,
    messageId: name,
    // The bytes of its message.
    record: message(name).record,
    payloadSha256: "00",
    meterKeyId: "key",
    paginationContext: "T",
    paginationNumber: pagination,
    isBoundToSession: true,
    isSettleableByMeter: true,
    energyWh: "1.5",
    spans: [{ register: "1.8.0", beginMicroWh, endMicroWh }],
    reading: `says ${name}`,
    isBoundary: true,
  };
}

export function cdrOf(sessionId: string): Cdr {
  const price = {
    flatFeeMicro: 1n,
    energyMicro: 2n,
    chargingMicro: 3n,
    connectedMicro: 0n,
    ...{ flatTaxMicro: 0n, energyTaxMicro: 1n, chargingTaxMicro: 0n, connectedTaxMicro: 0n },
    netMicro: 6n,
    taxMicro: 1n,
    grossMicro: 7n,
  };
  return {
    sessionId,
    meter: { number: 1, curve: "secp256r1", publicKey: "0x" },
    energyWh: "1.5",
    energyMicroWh: 1_500_000n,
    chargingSeconds: 3,
    connectedSeconds: 3,
    price,
    chargedMicro: 7n,
    returnedMicro: 2n ** 64n - 8n,
    isBoundToSession: true,
    evidence: { grade: "meter-signed-bound", reasons: ["SIGNED_AND_BOUND"], flags: [] },
  };
}

export function transactionOf(batchId: string, attempt: number, nonce: number): SettlementTransaction {
  return {
    txHash: `0x${batchId}${attempt}`,
    batchId,
    attempt,
    nonce,
    gasLimit: 100n,
    maxFeePerGas: 2n ** 70n,
    maxPriorityFeePerGas: 1n,
    calldata: "0x01",
    rawTransaction: "0x02",
    status: "prepared",
    sentAtMs: null,
    blockNumber: null,
  };
}

/** A frame of a station, as it came or was sent. */
export function frameOf(
  stationId: string,
  direction: NewFrame["direction"] = "in",
  action: string | null = "MeterValues",
  other: Partial<NewFrame> = {},
): NewFrame {
  return {
    stationId,
    protocol: "ocpp1.6",
    direction,
    receivedAtMs: 1,
    text: "[]",
    action,
    messageId: "1",
    answer: null,
    faults: null,
    ...other,
  };
}

/** What the messages of a station say about a transaction that has begun and of which nothing else is known. */
export function chargingOf(
  stationId: string,
  ocppTransactionId: string,
  other: Partial<NewChargingTransaction> = {},
): NewChargingTransaction {
  return {
    stationId,
    protocol: "ocpp1.6",
    ocppTransactionId,
    evse: 1,
    connector: null,
    idToken: null,
    remoteStartId: null,
    sessionId: null,
    startedAtMs: null,
    endedAtMs: null,
    lastMessageAtMs: 1,
    endSignAtMs: null,
    askedAtMs: null,
    isOpen: true,
    watched: null,
    stopOrder: null,
    assessment: null,
    assessedFrame: null,
    assessedAtMs: null,
    assessDueAtMs: null,
    waitUntilMs: null,
    lateFrames: 0,
    ...other,
  };
}
