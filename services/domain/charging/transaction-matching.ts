import { compareDecimals, subtractDecimals } from "../decimal.ts";
import { normalizeIdTag } from "../id-tag.ts";
import { chooseEnergySeries, type SeriesPoint } from "./energy-series.ts";
import { coarserOf, distanceOf } from "./exactness.ts";
import { isStepPlausible } from "./register-walk.ts";
import type { Plug, StationMessage, TransactionEnded, TransactionMessage } from "./message.ts";

/** A transaction as far as later messages are matched to it. */
export interface KnownTransaction {
  readonly stationId: string;
  readonly ocppTransactionId: string;
  /** As its start told, or the first message that did: later ones may leave it out. */
  readonly plug: Plug;
  /** By the station's clock; `null` while its start is not known. */
  readonly startedAtMs: number | null;
  /** By the station's clock; `null` while it is open. */
  readonly endedAtMs: number | null;
  /** With which it began; `null` while that is not known. */
  readonly idToken?: string | null;
  /** What its register showed; absent where nobody has looked. */
  readonly register?: KnownRegister;
}

/** The register of a transaction as far as a stop can be compared with it. */
export interface KnownRegister {
  readonly begin: SeriesPoint | null;
  readonly last: SeriesPoint | null;
  /** The most that the outlet can deliver. */
  readonly ratedPowerW: number;
}

/** Whether an id means nothing, so that the register has to tell which transaction a stop is of. */
export function isUnnamedStop(message: TransactionMessage): message is TransactionEnded {
  return message.protocol === "ocpp1.6" && message.kind === "transaction-ended";
}

/** OCPP 1.6 carries transaction ids as signed integers of 32 bits. */
export const greatestTransactionId = 2 ** 31 - 1;

/**
 * The first free positive id of 31 bits at or after one drawn at random. It must be free for this station for ever, so
 * that a stop that comes years late cannot mean another transaction.
 * @param random Uniform in 0..2^31 − 1, from a source that cannot be guessed.
 * @param isTaken Whether this station was ever given the id.
 */
export function chooseTransactionId(random: number, isTaken: (id: number) => boolean): number {
  if (!Number.isInteger(random) || random < 0 || random > greatestTransactionId) {
    throw new RangeError("random is an integer of 31 bits.");
  }
  let id = random === 0 ? 1 : random;
  for (let attempts = 0; attempts < 10_000; attempts += 1) {
    if (!isTaken(id)) return id;
    id = id === greatestTransactionId ? 1 : id + 1;
  }
  throw new RangeError("10,000 ids in a row are taken.");
}

/**
 * The transaction that a message belongs to, among those of its own station; `null` if none, or more than one, fits.
 * An id that is known decides. A stop with an id that means nothing (−1, 0, or one that was never assigned, which
 * stations use for transactions that began offline) is matched by the begin that it reports, and failing that only if a
 * single open transaction can be meant, and its register can have run on to that of the stop.
 */
export function matchTransaction(
  message: TransactionMessage,
  known: readonly KnownTransaction[],
): KnownTransaction | null {
  const ofStation = known.filter(({ stationId }) => stationId === message.stationId);
  const withId = ofStation.filter(({ ocppTransactionId }) => ocppTransactionId === message.ocppTransactionId);
  if (withId.length === 1) return withId[0] ?? null;
  if (withId.length > 1) return amongOneId(withId, message.time?.epochMs ?? null);
  if (message.protocol !== "ocpp1.6") return null;
  if (message.kind === "transaction-ended") return matchStop(message, ofStation);
  return message.kind === "meter-values" ? matchByPlug(message, ofStation) : null;
}

/** The open transactions at an outlet that a new start there ends: a connector has one at a time. */
export function findDisplaced(
  started: TransactionMessage,
  open: readonly KnownTransaction[],
): readonly KnownTransaction[] {
  const startedAtMs = started.time?.epochMs ?? null;
  return open.filter(
    (transaction) =>
      transaction.stationId === started.stationId &&
      transaction.endedAtMs === null &&
      !isBegunBy(transaction, started) &&
      isSamePlug(transaction.plug, started.plug) &&
      // A start that is replayed late ends nothing that began after it.
      (startedAtMs === null || transaction.startedAtMs === null || transaction.startedAtMs < startedAtMs),
  );
}

/**
 * The messages without the starts of 1.6 that say what an earlier one said, their time apart: a station that dates its
 * retries anew has begun once, when it first said so.
 */
export function withoutRetriedStarts<Message extends StationMessage>(messages: readonly Message[]): readonly Message[] {
  const known = new Set<string>();
  return messages.filter((message) => {
    if (message.protocol !== "ocpp1.6" || message.kind !== "transaction-started") return true;
    const register = message.readings.find(({ source }) => source === "meter-start")?.valueText ?? null;
    const idToken = message.idToken === null ? null : normalizeIdTag(message.idToken);
    const key = JSON.stringify([message.plug.connectorId, idToken, register]);
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
}

/** A request to begin a session that a transaction names by its number, or that was answered with the transaction. */
export interface NamedRequest {
  readonly stationId: string;
  readonly stationEvse: number;
}

/** Whether a transaction can be what came of a request: the same station, and no other outlet of it. */
export function isOutcomeOf(
  transaction: { readonly stationId: string; readonly evse: number | null },
  request: NamedRequest,
): boolean {
  const isElsewhere = transaction.evse !== null && transaction.evse !== 0 && transaction.evse !== request.stationEvse;
  return transaction.stationId === request.stationId && !isElsewhere;
}

/** Whether a message says that what charged at this outlet is over: it is free again, or the station began anew. */
export function isEndSign(message: StationMessage, transaction: KnownTransaction): boolean {
  if (message.stationId !== transaction.stationId) return false;
  if (message.kind === "booted") return true;
  if (message.kind !== "connector-status" || message.state !== "available") return false;
  const atMs = message.time?.epochMs ?? message.receivedAtMs;
  const isAfterStart = transaction.startedAtMs === null || atMs > transaction.startedAtMs;
  return isAfterStart && isSamePlug(message.plug, transaction.plug);
}

function matchStop(ended: TransactionEnded, ofStation: readonly KnownTransaction[]): KnownTransaction | null {
  const beginMs = ended.readings.find(({ context }) => context === "Transaction.Begin")?.time?.epochMs ?? null;
  const endMs = ended.time?.epochMs ?? null;
  const repeated = ofStation.filter((transaction) => endMs !== null && isRepeat(ended, endMs, transaction));
  if (repeated.length === 1) return repeated[0] ?? null;
  // Two outlets may begin at one moment.
  const started = ofStation.filter(
    (one) => beginMs !== null && one.startedAtMs === beginMs && fitsRegister(ended, one),
  );
  if (started.length === 1) return started[0] ?? null;
  const open = ofStation.filter(
    ({ startedAtMs, endedAtMs }) =>
      endedAtMs === null && (startedAtMs === null || endMs === null || startedAtMs <= endMs),
  );
  const [only, second] = open.filter((transaction) => fitsRegister(ended, transaction));
  if (only === undefined || second !== undefined) return null;
  // One that names another token may be of a transaction that nobody knows here.
  const isForeign =
    ended.idToken !== null &&
    typeof only.idToken === "string" &&
    normalizeIdTag(ended.idToken) !== normalizeIdTag(only.idToken);
  return isForeign ? null : only;
}

/** Whether a transaction ended with this very stop: stations send it again until it is answered. */
function isRepeat(ended: TransactionEnded, endMs: number, { endedAtMs, register }: KnownTransaction): boolean {
  const last = register?.last ?? null;
  const stop = chooseEnergySeries([ended], ended).points.at(-1);
  return endedAtMs === endMs && last !== null && stop !== undefined && isSameRegister(stop, last);
}

function isSameRegister(left: SeriesPoint, right: SeriesPoint): boolean {
  return compareDecimals(left.registerWh, right.registerWh) === 0;
}

/** Whether the register of a transaction can have run on to what a stop reports. Without a value nothing says so. */
function fitsRegister(ended: TransactionEnded, { register }: KnownTransaction): boolean {
  if (register === undefined) return true;
  const { points } = chooseEnergySeries([ended], ended);
  const stop = points.at(-1);
  if (stop === undefined) return false;
  const { begin, last, ratedPowerW } = register;
  const told = points.find(({ role }) => role === "begin");
  if (told !== undefined && begin !== null) {
    const distanceWh = distanceOf(told.registerWh, begin.registerWh);
    if (compareDecimals(distanceWh, coarserOf(told.quantumWh, begin.quantumWh)) > 0) return false;
  }
  if (last === null) return begin === null;
  const energyWh = subtractDecimals(stop.registerWh, last.registerWh);
  const quantumWh = coarserOf(stop.quantumWh, last.quantumWh);
  if (energyWh.unscaled < 0n) return compareDecimals(distanceOf(stop.registerWh, last.registerWh), quantumWh) <= 0;
  const durationMs = Math.max(0, stop.time.epochMs - last.time.epochMs) + last.time.resolutionMs;
  return isStepPlausible({ energyWh, durationMs, quantumWh }, ratedPowerW);
}

function matchByPlug(message: TransactionMessage, ofStation: readonly KnownTransaction[]): KnownTransaction | null {
  // Values that name another transaction are not of this one.
  if (message.ocppTransactionId !== null || message.plug.connectorId === 0) return null;
  const atMs = message.readings[0]?.time?.epochMs ?? message.receivedAtMs;
  const running = ofStation.filter(
    ({ plug, startedAtMs, endedAtMs }) =>
      isSamePlug(plug, message.plug) &&
      startedAtMs !== null &&
      startedAtMs <= atMs &&
      (endedAtMs === null || atMs <= endedAtMs),
  );
  return running.length === 1 ? (running[0] ?? null) : null;
}

/** Ids may begin anew after a station's memory was cleared: then the latest that had begun is meant. */
/** Whether a start is that of the transaction: a station that lost its memory uses an id again, with another time. */
function isBegunBy({ ocppTransactionId, startedAtMs }: KnownTransaction, started: TransactionMessage): boolean {
  if (ocppTransactionId !== started.ocppTransactionId) return false;
  const atMs = started.time?.epochMs ?? null;
  return atMs === null || startedAtMs === null || startedAtMs === atMs;
}

/** The one that goes on, where the message can be of it: those before may lie in its future if the clock was set back. */
function amongOneId(withId: readonly KnownTransaction[], atMs: number | null): KnownTransaction | null {
  const open = withId.filter(({ endedAtMs }) => endedAtMs === null);
  return (open.length === 1 ? latestBefore(open, atMs) : null) ?? latestBefore(withId, atMs);
}

function latestBefore(candidates: readonly KnownTransaction[], atMs: number | null): KnownTransaction | null {
  const begun = candidates.filter(({ startedAtMs }) => startedAtMs !== null && (atMs === null || startedAtMs <= atMs));
  const sorted = begun.sort((left, right) => (right.startedAtMs ?? 0) - (left.startedAtMs ?? 0));
  return sorted[0] ?? null;
}

function isSamePlug(left: Plug, right: Plug): boolean {
  if (left.evseId !== null || right.evseId !== null) {
    const isSameConnector =
      left.connectorId === null || right.connectorId === null || left.connectorId === right.connectorId;
    return left.evseId === right.evseId && isSameConnector;
  }
  return left.connectorId !== null && left.connectorId === right.connectorId;
}
