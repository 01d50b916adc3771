import { z } from "zod";

import { readFrame } from "../../../services/charging/read-frame.ts";
import {
  isTransactionMessage,
  type SampledReading,
  type TransactionMessage,
} from "../../../services/domain/charging/message.ts";
import type { ChargingTransaction } from "../../../services/store/charging.ts";
import type { OcppStationState, StoredFrame } from "../../../services/store/ocpp.ts";
import type { StoredSession } from "../../../services/store/sessions.ts";

/** What a line of the list for firmware engineers is shown to be by what a station has sent. */
export interface ConformanceLine {
  readonly check: ConformanceCheck;
  /** `unseen`: the station has sent nothing that shows it. */
  readonly verdict: "holds" | "fails" | "unseen";
  readonly detail: string;
}

/** The lines, in the order in which they are shown. docs/how-to/firmware.md says what each asks for. */
export const conformanceChecks = [
  "boots",
  "tells-status",
  "valid-messages",
  "answers-calls",
  "begins-with-id-tag",
  "begin-register",
  "readings-between",
  "end-register",
  "numbers-events",
  "clock",
  "signed-and-bound",
  "settles",
] as const;
export type ConformanceCheck = (typeof conformanceChecks)[number];

/** What the ledger has of a station and its newest transaction. */
export interface StationConduct {
  readonly station: OcppStationState;
  /** `null` where it has had none. */
  readonly transaction: ChargingTransaction | null;
  /** Those of the transaction. */
  readonly frames: readonly StoredFrame[];
  /** Everything in both directions from the begin of the transaction to its end. */
  readonly around: readonly StoredFrame[];
  readonly session: StoredSession | null;
}

type Finding = Omit<ConformanceLine, "check">;

/** CALLRESULT and CALLERROR. */
const answerFrame = z.tuple([z.union([z.literal(3), z.literal(4)]), z.string()]).rest(z.unknown());
/** A live message is as late as its way takes; the clock of a station that is further off is wrong. */
const clockLimitMs = 60_000;
/** A charge that is longer has to have a reading in between. */
const readingLimitMs = 15 * 60_000;

const holds = (detail: string): Finding => ({ verdict: "holds", detail });
const fails = (detail: string): Finding => ({ verdict: "fails", detail });
const unseen = (detail: string): Finding => ({ verdict: "unseen", detail });

/** Judges what a station has sent. */
export function judgeConduct(conduct: StationConduct): readonly ConformanceLine[] {
  const messages = conduct.frames.flatMap((frame) => readFrame(frame) ?? []).filter(isTransactionMessage);
  return conformanceChecks.map((check) => ({ check, ...judges[check](conduct, messages) }));
}

type Judge = (conduct: StationConduct, messages: readonly TransactionMessage[]) => Finding;

const noTransaction = unseen("the station has had no transaction");

const judges: Readonly<Record<ConformanceCheck, Judge>> = {
  boots: ({ station: { boot } }) =>
    boot === null ? unseen("no BootNotification has come") : holds(`${boot.vendor} ${boot.model}`),
  "tells-status": ({ station: { connectors } }) =>
    connectors.length === 0
      ? unseen("no StatusNotification has come")
      : holds(connectors.map(({ evse, status }) => `${evse}: ${status}`).join(", ")),
  "valid-messages": ({ around, transaction }) => {
    if (transaction === null) return noTransaction;
    const [first] = around.filter(({ faults }) => faults !== null);
    if (first === undefined) return holds(`${around.length} frames`);
    return fails(`${first.action ?? "a frame"}, frame ${first.frameId}: ${first.faults?.[0] ?? ""}`);
  },
  "answers-calls": ({ around, transaction }) => judgeAnswers(around, transaction),
  "begins-with-id-tag": ({ transaction }) => {
    if (transaction === null) return noTransaction;
    if (transaction.sessionId !== null) return holds(`session ${transaction.sessionId}`);
    return fails(`it began with ${transaction.idToken ?? "no idToken"}, which is of no session`);
  },
  "begin-register": ({ transaction }, messages) =>
    transaction === null ? noTransaction : judgeRegister("begin", messages),
  "readings-between": ({ transaction }, messages) => {
    if (transaction === null) return noTransaction;
    const { startedAtMs, endedAtMs } = transaction;
    const between = messages.filter((message) => !isEdge(message) && hasEnergy(message)).length;
    if (between > 0) return holds(`${between} messages with a reading`);
    if (startedAtMs === null || endedAtMs === null || endedAtMs - startedAtMs <= readingLimitMs) {
      return unseen("the charge was too short to need one");
    }
    return fails("none, in a charge of more than 15 minutes");
  },
  "end-register": ({ transaction }, messages) =>
    transaction === null
      ? noTransaction
      : transaction.endedAtMs === null
        ? unseen("the transaction goes on")
        : judgeRegister("end", messages),
  "numbers-events": ({ transaction }, messages) => {
    if (transaction === null) return noTransaction;
    if (transaction.protocol === "ocpp1.6") return unseen("1.6 has no numbers");
    const numbers = [...new Set(messages.flatMap(({ sequenceNumber }) => sequenceNumber ?? []))].sort((a, b) => a - b);
    const gap = numbers.findIndex((number, index) => number !== index);
    return gap < 0 ? holds(`0 to ${numbers.length - 1}`) : fails(`${gap} is missing`);
  },
  clock: ({ transaction }, messages) => {
    if (transaction === null) return noTransaction;
    const live = messages.filter(({ time, isOffline }) => time !== null && isOffline !== true);
    const off = live.map(({ time, receivedAtMs }) => Math.abs(receivedAtMs - (time?.epochMs ?? receivedAtMs)));
    if (off.length === 0) return unseen("no message was sent live");
    const least = Math.min(...off);
    return least <= clockLimitMs
      ? holds(`${least} ms off at best`)
      : fails(`${Math.round(least / 1_000)} s off at best`);
  },
  "signed-and-bound": ({ transaction, session }, messages) => {
    if (transaction === null) return noTransaction;
    if (messages.every(({ signed }) => signed.length === 0)) return fails("no signed value has come");
    const assessment = session?.state.assessment ?? null;
    if (assessment === null) return unseen("the session was not assessed yet");
    const { grade, reasons } = assessment;
    return grade === "meter-signed-bound" ? holds(grade) : fails(`${grade}: ${reasons.join(", ")}`);
  },
  settles: ({ session }) => {
    if (session === null) return unseen("there is no session");
    const { status, assessment } = session.state;
    const hold = assessment?.hold ?? null;
    if (hold !== null) return fails(`held: ${hold}`);
    return session.state.closing === null ? unseen(`the session is ${status}`) : holds(status);
  },
};

function judgeAnswers(around: readonly StoredFrame[], transaction: ChargingTransaction | null): Finding {
  if (transaction === null) return noTransaction;
  const calls = around.filter(({ direction, action }) => direction === "out" && action !== null);
  const answers = around.filter(({ direction, action }) => direction === "in" && action === null);
  const answered = new Set(answers.map(({ text }) => answeredIdOf(text)));
  const [silent] = calls.filter(({ messageId }) => !answered.has(messageId));
  if (calls.length === 0) return unseen("the service has asked nothing");
  return silent === undefined ? holds(`${calls.length} calls`) : fails(`${silent.action ?? ""} was not answered`);
}

/** Which call a frame answers; `null` for one that is no answer. */
function answeredIdOf(text: string): string | null {
  try {
    return answerFrame.parse(JSON.parse(text))[1];
  } catch {
    return null;
  }
}

function isEdge({ kind }: TransactionMessage): boolean {
  return kind === "transaction-started" || kind === "transaction-ended";
}

function isRegister({ measurand, value }: SampledReading): boolean {
  return measurand === "Energy.Active.Import.Register" && value !== null;
}

function hasEnergy({ readings, signed }: TransactionMessage): boolean {
  return signed.length > 0 || readings.some(isRegister);
}

function judgeRegister(edge: "begin" | "end", messages: readonly TransactionMessage[]): Finding {
  const [kind, context] =
    edge === "begin"
      ? (["transaction-started", "Transaction.Begin"] as const)
      : (["transaction-ended", "Transaction.End"] as const);
  const readings = messages.flatMap((message) =>
    message.readings.filter((reading) => isRegister(reading) && (message.kind === kind || reading.context === context)),
  );
  const [first] = readings;
  return first === undefined
    ? fails(`no register of the ${edge} has come`)
    : holds(`${first.valueText} ${first.unit ?? "Wh"}`);
}
