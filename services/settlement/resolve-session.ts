import type { Chain } from "../chain/chain.ts";
import { evidenceOfRecords, type Cdr } from "../domain/cdr.ts";
import { measure } from "../domain/evidence.ts";
import type { OperatorIdentity } from "../domain/operator-key.ts";
import { transition, type SessionEvent, type SessionState } from "../domain/session.ts";
import { stuckRules, type Resolution, type ResolutionWay } from "../domain/stuck-sessions.ts";
import { WattproofError } from "../errors.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { Store, StoredSession } from "../store/store.ts";
import { makeCdr, type CdrContent } from "../evidence/complete-session.ts";
import type { MeterDirectory } from "../evidence/meter-directory.ts";
import type { RecordVerifier } from "../evidence/verify-record.ts";
import { judgeRecords } from "../evidence/session-judge.ts";
import { readClaimClock } from "./claim-clock.ts";
import type { MeterProofs } from "./meter-proofs.ts";

export interface ResolutionOrder {
  readonly way: ResolutionWay;
  readonly reason: string;
  /** `assessment`, `records` or `record:<identity>`; `null` where none is named. */
  readonly evidence: string | null;
  readonly isDryRun: boolean;
}

/** What was, or would be, decided. */
export interface ResolutionOutcome {
  readonly session: StoredSession;
  readonly next: SessionState;
  /** What the session settles on; `null` where the chain ends it otherwise. */
  readonly cdr: Cdr | null;
}

/** Resolves sessions that nothing else moves, as an operator decides. */
export interface SessionResolver {
  /**
   * @throws SESSION_UNKNOWN, SESSION_CLOSED, RESOLUTION_UNAVAILABLE where the way does not exist, RESOLUTION_ABOVE_CAP where
   * the driver did not agree to pay so much for what no meter signed, STORE_CONTENDED
   */
  resolve(sessionId: string, order: ResolutionOrder, operator: OperatorIdentity): Promise<ResolutionOutcome>;
}

interface Evidence extends CdrContent {
  readonly isSigned: boolean;
}

export function createSessionResolver(deps: {
  readonly store: Store;
  readonly meters: MeterDirectory;
  readonly verifier: RecordVerifier;
  readonly proofs: MeterProofs;
  readonly chain: Pick<Chain, "readHead" | "readChangeDelaySeconds">;
  readonly desk: OperatorDesk;
  readonly now: () => number;
}): SessionResolver {
  const { store, meters, verifier, proofs, chain, desk, now } = deps;

  async function meterOf({ terms }: StoredSession): Promise<NonNullable<Awaited<ReturnType<typeof meters.readMeter>>>> {
    const meter = await meters.readMeter(terms.meter);
    if (meter === null) throw unavailable(`The registry has no meter ${terms.meter}.`);
    return meter;
  }

  async function evidenceOfRecord(session: StoredSession, identity: string | null): Promise<Evidence> {
    const meter = await meterOf(session);
    const stored = (await store.listRecords(session.sessionId)).filter(
      ({ recordIdentity }) => identity === null || recordIdentity === identity,
    );
    if (stored.length === 0) throw unavailable("The session has no such signed record.");
    const verified = stored.flatMap(({ record }) => {
      const reading = verifier.verify(record, meter);
      return "outcome" in reading ? [] : [reading];
    });
    const judgement = judgeRecords(verified);
    const metered = judgement.kind === "complete" ? measure(judgement.begin, judgement.end) : null;
    if (judgement.kind !== "complete" || metered === null) {
      throw unavailable("The signed records that were named do not tell begin and end without a contradiction.");
    }
    const isBoundToSession = stored.every((record) => record.isBoundToSession);
    const evidence = evidenceOfRecords(isBoundToSession);
    return { energyWh: judgement.energyWh, metered, evidence, isBoundToSession, isSigned: true };
  }

  async function evidenceOfAssessment({ sessionId }: StoredSession): Promise<Evidence> {
    const assessment = (await store.findTransactionOfSession(sessionId))?.assessment ?? null;
    if (assessment === null) throw unavailable("No charger's transaction of the session was assessed.");
    const { grade, reasons, flags, energyWh, energyMicroWh, chargingSeconds } = assessment;
    const isSigned = grade === "meter-signed" || grade === "meter-signed-bound";
    return {
      energyWh,
      metered: { energyMicroWh, chargingSeconds, connectedSeconds: chargingSeconds },
      // The operator has looked at what was disputed; it is no better than what nobody signed.
      evidence: { grade: isSigned ? grade : "plausible-unsigned", reasons, flags },
      isBoundToSession: grade === "meter-signed-bound",
      isSigned,
    };
  }

  function readEvidence(session: StoredSession, named: string | null): Promise<Evidence> {
    if (named === "assessment") return evidenceOfAssessment(session);
    if (named === "records") return evidenceOfRecord(session, null);
    if (named?.startsWith("record:") === true) return evidenceOfRecord(session, named.slice("record:".length));
    throw unavailable("Name the evidence: assessment, records, or record:<identity>.");
  }

  async function createCdrOf(session: StoredSession, found: Evidence): Promise<Cdr> {
    const { isSigned, ...content } = found;
    const cdr = await makeCdr({ store, meters }, session, content);
    const capMicro = (await store.findConsent(session.sessionId))?.capMicro ?? 0n;
    if (!isSigned && cdr.price.grossMicro > capMicro) {
      throw new WattproofError(
        "RESOLUTION_ABOVE_CAP",
        `It would cost ${cdr.price.grossMicro}; for what no meter signed the driver agreed to ${capMicro}, in 10⁻⁶ token.`,
      );
    }
    return cdr;
  }

  async function requireNotSent({ state }: StoredSession): Promise<void> {
    if (state.status !== "batched" || state.batchId === null) return;
    const transactions = await store.listTransactions(state.batchId);
    if (transactions.some(({ status }) => status === "prepared" || status === "sent" || status === "confirmed")) {
      throw unavailable("The transaction of its batch is on its way, and may settle it at any time.");
    }
  }

  /** @returns what it settles on, and whether that is new */
  async function settleOn(session: StoredSession, { way, evidence }: ResolutionOrder): Promise<[Cdr, boolean]> {
    await requireNotSent(session);
    if (way === "quorum") await requireQuorum(chain, session, now());
    if (way === "meter" && (await proofs.findProof(session.sessionId)) === null) {
      throw unavailable("The session has no signed records that the contract takes.");
    }
    const known = await store.findCdr(session.sessionId);
    if (known !== null) return [known, false];
    return [await createCdrOf(session, await readEvidence(session, way === "meter" ? "records" : evidence)), true];
  }

  return {
    async resolve(sessionId, order, { keyId, name: keyName }) {
      const session = await store.findSession(sessionId);
      if (session === null) throw new WattproofError("SESSION_UNKNOWN", "There is no session with this id.");
      const { status, reason, dispute, assessment } = session.state;
      const { way } = order;
      const rule = stuckRules[status];
      if (rule === null) throw new WattproofError("SESSION_CLOSED", `The session is ${status}.`);
      if (!rule.ways.includes(way)) throw unavailable(`A session that is ${status} can only: ${rule.ways.join(", ")}.`);
      const [cdr, isNew] = way === "meter" || way === "quorum" ? await settleOn(session, order) : [null, false];
      const resolution: Resolution = {
        way,
        reason: order.reason,
        evidence: isNew ? (way === "meter" ? "records" : order.evidence) : null,
        keyId,
        keyName,
        atMs: now(),
        before: { status, reason: reason ?? dispute?.reason ?? assessment?.hold ?? null },
      };
      const settled = cdr === null ? null : { ...cdr.evidence, energyWh: cdr.energyWh, hold: null };
      const event: SessionEvent = { kind: "resolved", resolution, assessment: settled };
      const next = transition(session.state, event);
      if (order.isDryRun) return { session, next, cdr };

      const change = { sessionId, expectedSequence: session.sequence, events: [event], next, atMs: now() };
      const outcome =
        status === "batched" && session.state.batchId !== null && cdr !== null
          ? await store.releaseSessions(session.state.batchId, [change], null)
          : (await store.commitStep({ session: { change, cdr: isNew ? cdr : null, acts: [] } })).outcome;
      if (outcome === "stale") throw new WattproofError("STORE_CONTENDED", "The session moved meanwhile.");
      const details = JSON.stringify(resolution);
      const entry = { atMs: now(), keyId, keyName, action: "session-resolution", subject: sessionId, details };
      await store.recordAction(entry);
      desk.note("session-resolved", { sessionId, way, keyId, operator: keyName, before: status });
      return { session, next, cdr };
    },
  };
}

/** Oracles settle a session only for a time after its opening. */
async function requireQuorum(
  chain: Pick<Chain, "readHead" | "readChangeDelaySeconds">,
  { state }: StoredSession,
  nowMs: number,
): Promise<void> {
  const { headSeconds, changeDelaySeconds } = await readClaimClock(chain, nowMs);
  const until = state.opening.openedAt + changeDelaySeconds;
  if (headSeconds < until) return;
  const closedAt = new Date(until * 1_000).toISOString();
  throw unavailable(`Oracles could settle it until ${closedAt}; what is left is its meter, or its expiry.`);
}

function unavailable(detail: string): WattproofError {
  return new WattproofError("RESOLUTION_UNAVAILABLE", detail);
}
