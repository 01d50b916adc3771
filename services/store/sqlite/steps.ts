import type { JudgedMessage, SessionStep, Step, StepOutcome, StepStore } from "../steps.ts";
import type { Access } from "./access.ts";
import { addFrames, isCurrentTransaction, putTransaction } from "./charging-writes.ts";
import { encode } from "./codec.ts";
import { requireHolder } from "./fences.ts";
import { insertActs } from "./disputes.ts";
import { countRecords, insertRecord } from "./evidence.ts";
import { writeVerdict } from "./messages.ts";
import { applyChange, areCurrent } from "./sessions.ts";

export function createStepStore(access: Access): StepStore {
  function isCurrent(session: SessionStep | null, message: JudgedMessage | null): boolean {
    if (message !== null && countRecords(access, message.meterKeyId) !== message.expectedRecordCount) return false;
    if (session === null) return true;
    const { change, cdr } = session;
    if (!areCurrent(access, [change])) return false;
    return cdr === null || access.get("SELECT 1 FROM cdrs WHERE session_id = ?", cdr.sessionId) === undefined;
  }

  function move({ change, cdr, acts }: SessionStep, messageId: string | null): void {
    applyChange(access, change, messageId);
    insertActs(access, acts);
    if (cdr === null) return;
    access.run(
      "INSERT INTO cdrs (session_id, content, created_at_ms) VALUES (?, ?, ?)",
      cdr.sessionId,
      encode(cdr),
      change.atMs,
    );
  }

  function commit({
    session = null,
    message = null,
    transaction = null,
    frame = null,
    station = null,
  }: Step): StepOutcome {
    if (station !== null) requireHolder(access, station);
    if (transaction !== null && !isCurrentTransaction(access, transaction))
      return { outcome: "stale", transaction: null };
    if (!isCurrent(session, message)) return { outcome: "stale", transaction: null };
    const stored = transaction === null ? null : putTransaction(access, transaction);
    if (stored !== null && frame !== null) addFrames(access, stored, [frame]);
    if (message !== null && message.record !== null) insertRecord(access, message.record);
    if (session !== null) move(session, message?.messageId ?? null);
    if (message !== null) writeVerdict(access, message.messageId, message.verdict);
    return { outcome: "stored", transaction: stored };
  }

  return { commitStep: (step) => access.write(() => commit(step)) };
}
