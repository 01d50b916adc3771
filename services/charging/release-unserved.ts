import type { SessionReleases } from "../chain/session-releases.ts";
import { sessionNotBegun } from "../domain/session.ts";
import { WattproofError } from "../errors.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Store, StoredSession } from "../store/store.ts";
import { mayHaveBegun } from "./may-have-begun.ts";
import type { CircumstanceReader } from "./session-circumstances.ts";

/**
 * Gives holds back at once of sessions that are not served and that no charger has begun, instead of leaving them to their
 * expiry. Only where the operator has appointed the service's account, and only where nothing happened at the EVSE that
 * may be the session's energy.
 */
export interface UnservedReleaser {
  releaseUnserved(signal: AbortSignal): Promise<void>;
}

const pageLimit = 100;
/** A session whose release is on its way, or is not possible now, is looked at again after this. */
const lookAgainMs = 60_000;
/** Whose budget the calls count in, beside the driver's. */
const client = "service";

/** @param deps.releases `null`: the service sends nothing for others. */
export function createUnservedReleaser(deps: {
  readonly store: Pick<Store, "findStart" | "findStationOfEvse" | "findTransactionOfSession" | "listSessions">;
  readonly releases: SessionReleases | null;
  readonly readCircumstances: CircumstanceReader;
  readonly desk: OperatorDesk;
  /** Milliseconds since whenever, by a clock that never steps. */
  readonly elapsedMs: () => number;
}): UnservedReleaser {
  const { store, releases, readCircumstances, desk, elapsedMs } = deps;
  const nextAtMs = new Map<string, number>();

  /** Whether nothing can have flowed for it. That a station was asked says nothing once it has said that it is idle. */
  async function isUnbegun(session: StoredSession): Promise<boolean> {
    const { state, sessionId } = session;
    if (state.stage !== "none" || state.closing !== null) return false;
    if (state.reason !== sessionNotBegun && (await mayHaveBegun(store, session))) return false;
    if ((await store.findTransactionOfSession(sessionId)) !== null) return false;
    const { findings, isOpen } = await readCircumstances(session, null);
    return findings.length === 0 && !isOpen;
  }

  async function release(session: StoredSession, through: SessionReleases): Promise<void> {
    if (!(await isUnbegun(session)) || !(await through.canRelease(session))) return;
    const { sessionId, state } = session;
    try {
      const { txHash } = await through.release(session, client);
      desk.note("session-released", { sessionId, reason: state.reason, txHash });
    } catch (error) {
      if (!(error instanceof WattproofError)) throw error;
      desk.note("session-release-failed", { sessionId, code: error.code });
    }
  }

  return {
    async releaseUnserved(signal) {
      if (releases === null) return;
      const seen = new Set<string>();
      for (let after: string | null = null; ;) {
        const page: readonly StoredSession[] = await store.listSessions({
          status: "unservable",
          limit: pageLimit,
          after,
        });
        for (const session of page) {
          if (signal.aborted) return;
          const { sessionId } = session;
          seen.add(sessionId);
          if (elapsedMs() < (nextAtMs.get(sessionId) ?? -Infinity)) continue;
          nextAtMs.set(sessionId, elapsedMs() + lookAgainMs);
          await release(session, releases);
        }
        after = page.at(-1)?.sessionId ?? null;
        if (page.length < pageLimit) break;
      }
      for (const sessionId of nextAtMs.keys()) if (!seen.has(sessionId)) nextAtMs.delete(sessionId);
    },
  };
}
