import { idTagOf } from "../domain/id-tag.ts";
import type { SessionEvent, SessionState } from "../domain/session.ts";
import { openSession, transition } from "../domain/session.ts";
import type { SessionTerms } from "../domain/terms.ts";
import { WattproofError } from "../errors.ts";
import type { ChainProgress, NewSession, SessionChange, Store } from "../store/store.ts";

/** Collects the steps of sessions of one range, where a session may be new and take several. */
export function createDraft(
  store: Store,
  atMs: number,
): {
  open(sessionId: string, terms: SessionTerms, event: Extract<SessionEvent, { kind: "opened" }>): Promise<void>;
  change(sessionId: string, event: SessionEvent): Promise<void>;
  /** As it is after the steps so far; `null` if the session is not known. */
  stateOf(sessionId: string): Promise<SessionState | null>;
  result(): Pick<ChainProgress, "openings" | "changes" | "reopenings">;
} {
  const openings: NewSession[] = [];
  const reopenings = new Map<string, string>();
  const touched = new Map<string, { state: SessionState; expectedSequence: number; events: SessionEvent[] }>();

  async function load(sessionId: string): Promise<{ state: SessionState; events: SessionEvent[] } | null> {
    const known = touched.get(sessionId);
    if (known !== undefined) return known;
    const session = await store.findSession(sessionId);
    if (session === null) return null;
    const entry = { state: session.state, expectedSequence: session.sequence, events: [] };
    touched.set(sessionId, entry);
    return entry;
  }

  async function change(sessionId: string, event: SessionEvent): Promise<void> {
    const entry = await load(sessionId);
    // A session that was opened before the first block of the deployment cannot be.
    if (entry === null) throw new WattproofError("CHAIN_MISMATCH", `Session ${sessionId} was never opened.`);
    entry.state = transition(entry.state, event);
    entry.events.push(event);
  }

  return {
    async open(sessionId, terms, event) {
      const idTag = idTagOf(sessionId, event.opening);
      if ((await load(sessionId)) !== null) {
        await change(sessionId, event);
        reopenings.set(sessionId, idTag);
        return;
      }
      const state = openSession(event);
      openings.push({ sessionId, idTag, terms, event, state, atMs });
      touched.set(sessionId, { state, expectedSequence: 1, events: [] });
    },
    change,
    stateOf: async (sessionId) => (await load(sessionId))?.state ?? null,
    result() {
      const changes = [...touched].flatMap(([sessionId, { state, expectedSequence, events }]): SessionChange[] =>
        events.length === 0 ? [] : [{ sessionId, expectedSequence, events, next: state, atMs }],
      );
      return { openings, changes, reopenings: [...reopenings].map(([sessionId, idTag]) => ({ sessionId, idTag })) };
    },
  };
}
