import type { JudgedMessage, SessionStep, Step, StepOutcome, StepStore } from "../steps.ts";
import type { Access } from "./access.ts";
import { addFrames, isCurrentTransaction, putTransaction } from "./charging-writes.ts";
import { encode } from "./codec.ts";
import { insertActs } from "./disputes.ts";
import { requireHolder } from "./fences.ts";
import { countRecords, insertRecord } from "./evidence.ts";
import { writeVerdict } from "./messages.ts";
import { applyChange, areCurrent } from "./sessions.ts";

export function createStepStore(access: Access): StepStore {
  async function isCurrent(session: SessionStep | null, message: JudgedMessage | null): Promise<boolean> {
    if (message !== null && (await countRecords(access, message.meterKeyId)) !== message.expectedRecordCount)
      return false;
    if (session === null) return true;
    const { change, cdr, isUnbegun = false } = session;
    if (!(await areCurrent(access, [change])) || (isUnbegun && (await mayHaveBegun(change.sessionId)))) return false;
    return cdr === null || (await access.get("SELECT 1 FROM cdrs WHERE session_id = ?", cdr.sessionId)) === undefined;
  }

  async function mayHaveBegun(sessionId: string): Promise<boolean> {
    const begun =
      (await access.get("SELECT 1 FROM charging_starts WHERE session_id = ? AND may_have_begun = 1", sessionId)) ??
      (await access.get("SELECT 1 FROM charging_transactions WHERE session_id = ?", sessionId));
    return begun !== undefined;
  }

  async function move({ change, cdr, acts }: SessionStep, messageId: string | null): Promise<void> {
    await applyChange(access, change, messageId);
    await insertActs(access, acts);
    if (cdr === null) return;
    await access.run(
      "INSERT INTO cdrs (session_id, content, created_at_ms) VALUES (?, ?, ?)",
      cdr.sessionId,
      encode(cdr),
      change.atMs,
    );
  }

  async function commit({
    session = null,
    message = null,
    transaction = null,
    frame = null,
    station = null,
  }: Step): Promise<StepOutcome> {
    if (station !== null) await requireHolder(access, station);
    const isKnown = transaction === null || (await isCurrentTransaction(access, transaction));
    if (!isKnown || !(await isCurrent(session, message))) return { outcome: "stale", transaction: null };
    const stored = transaction === null ? null : await putTransaction(access, transaction);
    if (stored !== null && frame !== null) await addFrames(access, stored, [frame]);
    if (message !== null && message.record !== null) await insertRecord(access, message.record);
    if (session !== null) await move(session, message?.messageId ?? null);
    if (message !== null) await writeVerdict(access, message.messageId, message.verdict);
    return { outcome: "stored", transaction: stored };
  }

  return { commitStep: (step) => access.write(() => commit(step)) };
}
