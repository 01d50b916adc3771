import { z } from "zod";

import { unpackSettlementResult, type SettlementResult } from "../domain/metering.ts";
import type { Opening } from "../domain/opening.ts";
import type { LogPosition } from "../domain/session.ts";
import { unpackTerms, type SessionTerms } from "../domain/terms.ts";
import type { ContractInterfaces } from "./contracts.ts";
import type { ChainEvent } from "./events.ts";
import { openingRefusalOf, settlementRefusalOf } from "./refusals.ts";
import { settledInGroup, type SettledInGroup } from "../domain/settled-group.ts";

/** What was read so far, and what later events need of it. */
export interface LogReading {
  /** What the sessions that open next in this transaction have in common. */
  group: {
    readonly txHash: string;
    readonly operator: string;
    readonly agreement: number;
    readonly tariffId: string;
    readonly opening: Opening;
  } | null;
  /** Sessions that oracles settled, until the event that numbers their batch. */
  readonly unanchored: (Pick<SettledInGroup, "sessionId" | "isReadable"> &
    SettlementResult & { readonly position: LogPosition })[];
  readonly events: ChainEvent[];
}

type Field = (name: string) => unknown;

const text = z.string();
const integer = z.bigint();
const small = integer.transform(Number);
const flag = z.boolean();

export function readRegistryEvent(name: string, field: Field, position: LogPosition, reading: LogReading): void {
  if (["MeterRegistered", "MeterActivated", "MeterVouched", "MeterRetired", "MeterRevoked"].includes(name)) {
    reading.events.push({ kind: "meter-changed", position, meter: Number(integer.parse(field("meter"))) });
  } else if (name === "EvseRegistered" || name === "MaximumPowerChanged") {
    reading.events.push({ kind: "evse-changed", position, evse: Number(integer.parse(field("evse"))) });
  } else if (name === "MakerRevoked") {
    reading.events.push({ kind: "maker-revoked", position, maker: Number(integer.parse(field("maker"))) });
  }
}

/** One event of the settlement, or of what proves and challenges for it, while it is read. */
interface SettlementLog {
  readonly field: Field;
  readonly position: LogPosition;
  readonly reading: LogReading;
  readonly interfaces: ContractInterfaces;
  readonly sessionId: () => string;
  readonly micro: (amount: string) => bigint;
}

/** An event of the settlement, or of what proves and challenges for it. Others say nothing that concerns the service. */
export function readSettlementEvent(
  name: string,
  field: Field,
  position: LogPosition,
  reading: LogReading,
  interfaces: ContractInterfaces,
): void {
  const sessionId = (): string => text.parse(field("sessionId"));
  const micro = (amount: string): bigint => integer.parse(field(amount));
  const log = { field, position, reading, interfaces, sessionId, micro };
  eventsInParts.get(name)?.(log);
  const event = wholeEvents.get(name)?.(log);
  if (event !== undefined) reading.events.push(event);
}

/** Events that say only together with others what happened. */
const eventsInParts: ReadonlyMap<string, (log: SettlementLog) => void> = new Map([
  ["GroupOpened", readGroup],
  [
    "GroupSettled",
    ({ field, position, reading }) => {
      for (const { sessionId, isReadable, result } of settledInGroup(field)) {
        reading.unanchored.push({ position, sessionId, isReadable, ...result });
      }
    },
  ],
  ["BatchAnchored", readAnchor],
]);

/** Events that say what happened by themselves. */
const wholeEvents: ReadonlyMap<string, (log: SettlementLog) => ChainEvent> = new Map<
  string,
  (log: SettlementLog) => ChainEvent
>([
  [
    "SessionOpened",
    ({ field, position, reading, sessionId }) => ({
      kind: "session-opened",
      position,
      sessionId: sessionId(),
      ...openedIn(field, position, reading),
    }),
  ],
  [
    "SessionToppedUp",
    ({ position, sessionId, micro }) => ({
      kind: "session-topped-up",
      position,
      sessionId: sessionId(),
      toppedUpMicro: micro("toppedUpMicro"),
    }),
  ],
  [
    "SessionSettled",
    ({ field, position, sessionId }) => ({
      kind: "session-settled",
      position,
      sessionId: sessionId(),
      batch: null,
      isReadable: null,
      ...unpackSettlementResult(integer.parse(field("result"))),
    }),
  ],
  [
    "SettlementSkipped",
    ({ field, position, sessionId }) => ({
      kind: "settlement-skipped",
      position,
      sessionId: sessionId(),
      reason: settlementRefusalOf(integer.parse(field("reason"))),
    }),
  ],
  [
    "ProofSkipped",
    ({ field, position, sessionId, interfaces }) => ({
      kind: "settlement-skipped",
      position,
      sessionId: sessionId(),
      reason: proofRefusal(text.parse(field("reason")), interfaces),
    }),
  ],
  [
    "OpeningSkipped",
    ({ field, position, sessionId }) => ({
      kind: "opening-skipped",
      position,
      sessionId: sessionId(),
      reason: openingRefusalOf(integer.parse(field("reason"))),
    }),
  ],
  [
    // The hold is free again and nothing was charged, as after an expiry.
    "SessionReleased",
    ({ position, sessionId, micro }) => ({
      kind: "session-expired",
      position,
      sessionId: sessionId(),
      returnedMicro: micro("returnedMicro"),
    }),
  ],
  [
    "SessionAgreed",
    ({ position, sessionId, micro }) => ({
      kind: "session-agreed",
      position,
      sessionId: sessionId(),
      chargedMicro: micro("chargedMicro"),
      returnedMicro: micro("returnedMicro"),
    }),
  ],
  [
    "SessionExpired",
    ({ position, sessionId, micro }) => ({
      kind: "session-expired",
      position,
      sessionId: sessionId(),
      returnedMicro: micro("returnedMicro"),
    }),
  ],
  [
    "ClaimChallenged",
    ({ field, position, sessionId, micro }) => ({
      kind: "claim-challenged",
      position,
      sessionId: sessionId(),
      challenger: text.parse(field("challenger")),
      paidMicro: micro("chargedMicro"),
      provenMicro: micro("provenMicro"),
    }),
  ],
  [
    "EvidenceDemanded",
    ({ field, position, sessionId }) => ({
      kind: "evidence-demanded",
      position,
      sessionId: sessionId(),
      demander: text.parse(field("demander")),
      evidenceRoot: text.parse(field("evidenceRoot")),
      answerableUntil: Number(integer.parse(field("answerableUntil"))),
    }),
  ],
  [
    "EvidenceShown",
    ({ field, position, sessionId }) => ({
      kind: "evidence-shown",
      position,
      sessionId: sessionId(),
      answerer: text.parse(field("answerer")),
    }),
  ],
  [
    "EvidenceMissing",
    ({ position, sessionId, micro }) => ({
      kind: "evidence-missing",
      position,
      sessionId: sessionId(),
      driverMicro: micro("driverMicro"),
      operatorMicro: micro("operatorMicro"),
      rewardMicro: micro("rewardMicro"),
    }),
  ],
  [
    "SessionRefunded",
    ({ position, sessionId, micro }) => ({
      kind: "session-refunded",
      position,
      sessionId: sessionId(),
      amountMicro: micro("amountMicro"),
    }),
  ],
  [
    "OperatorCredited",
    ({ field, position, micro }) => ({
      kind: "operator-credited",
      position,
      operator: text.parse(field("operator")),
      agreement: Number(integer.parse(field("agreement"))),
      amountMicro: micro("amountMicro"),
      isFinal: flag.parse(field("isFinal")),
    }),
  ],
]);

function readGroup({ field, position, reading }: SettlementLog): void {
  reading.group = {
    txHash: position.txHash,
    operator: text.parse(field("operator")),
    agreement: Number(integer.parse(field("agreement"))),
    tariffId: text.parse(field("tariffId")),
    opening: { openedAt: small.parse(field("openedAt")), salt: small.parse(field("salt")) },
  };
}

function readAnchor({ field, reading }: SettlementLog): void {
  const batch = Number(integer.parse(field("batch")));
  // The batch's transaction is the one of its sessions, whose events come before.
  const settled = reading.unanchored.splice(0).map((item) => ({ kind: "session-settled", ...item, batch }) as const);
  insertInOrder(reading.events, settled);
}

function openedIn(
  field: Field,
  position: LogPosition,
  { group }: LogReading,
): { readonly terms: SessionTerms; readonly opening: Opening } {
  if (group?.txHash !== position.txHash) throw new RangeError("A session opened outside any group.");
  const { operator, agreement, tariffId, opening } = group;
  const shared = { driver: text.parse(field("driver")), operator, agreement, tariffId };
  return { terms: unpackTerms(integer.parse(field("terms")), shared), opening };
}

/** Events that were known only later go where the chain has them. */
function insertInOrder(events: ChainEvent[], late: readonly ChainEvent[]): void {
  events.push(...late);
  events.sort(
    ({ position: left }, { position: right }) => left.blockNumber - right.blockNumber || left.logIndex - right.logIndex,
  );
}

/** The settlement's own reason where it gave one, else the name of the error with which the proof was refused. */
function proofRefusal(data: string, interfaces: ContractInterfaces): string {
  for (const contract of [interfaces.settlement, interfaces.meterSettlement, interfaces.ocmfScanner]) {
    const error = parseRefusal(contract, data);
    if (error?.name === "SettlementRefused") return settlementRefusalOf(integer.parse(error.args.getValue("reason")));
    if (error !== null) return error.name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
  }
  return "PROOF_REFUSED";
}

function parseRefusal(
  contract: ContractInterfaces["settlement"],
  data: string,
): ReturnType<typeof contract.parseError> {
  try {
    return contract.parseError(data);
  } catch {
    // Its first 260 bytes need not be all of it, and then it has no arguments to be read.
    return null;
  }
}
