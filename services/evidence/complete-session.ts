import { createCdr, type Cdr, type CdrEvidence } from "../domain/cdr.ts";
import type { TransactionAssessment } from "../domain/charging/assess-transaction.ts";
import { severityOf, type FindingCode } from "../domain/charging/findings.ts";
import {
  decideSettlement,
  type EvidencePolicy,
  type SettlementDecision,
  type SettlementPrice,
} from "../domain/charging/settlement-policy.ts";
import { dueAtOnceMs, isContradicted } from "../domain/dispute.ts";
import type { MeteredSession } from "../domain/evidence.ts";
import { totalOf } from "../domain/session-amounts.ts";
import {
  isPriceRefused,
  transition,
  type Dispute,
  type SessionAssessment,
  type SessionEvent,
  type SessionState,
} from "../domain/session.ts";
import { priceOf, type Tariff } from "../domain/tariff.ts";
import { WattproofError } from "../errors.ts";
import type { OperatorDesk } from "../observability/operator-desk.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { SessionStep } from "../store/steps.ts";
import type { Store, StoredSession } from "../store/store.ts";
import type { MeterDirectory } from "./meter-directory.ts";

/** The evidence of a session as a whole, whichever way it came. */
export interface FoundEvidence {
  readonly assessment: Pick<TransactionAssessment, "grade" | "reasons" | "flags" | "completeness">;
  /** The exact energy as a canonical decimal. */
  readonly energyWh: string;
  /** What is priced: energy and time, rounded to the driver's favour. */
  readonly metered: MeteredSession;
}

/** What is known beside the session's own transaction. */
export interface KnownBeside {
  readonly findings: readonly FindingCode[];
  /** A transaction beside it goes on. */
  readonly isOpen: boolean;
}

/** A session whose evidence is to be judged now. */
export interface Conclusion {
  /** What the evidence is worth, together with what is known beside it. @returns `null`: it is not judged now */
  judge(beside: KnownBeside): FoundEvidence | null;
  /** The session's own transaction, where the caller knows it better than the store. */
  readonly own?: ChargingTransaction | null;
  readonly atMs: number;
  /** This service does not settle the session before; another one is about to. */
  readonly notBeforeMs?: number | undefined;
}

/**
 * Decides what a session is settled on, or why it is held. Nothing else calls the settlement decision, makes charge detail
 * records, or makes the steps by which evidence moves sessions (docs/decisions/0026).
 */
export interface SessionCompleter {
  /**
   * The step that the evidence of a session leads to. The caller commits it, together with what it was computed from.
   * Computing it writes nothing.
   * @returns `null` if it leads nowhere: nothing that nobody signed says anything against what the chain settled
   * @throws TARIFF_MISSING, CHAIN_MISMATCH if the meter is gone
   */
  conclude(session: StoredSession, conclusion: Conclusion): Promise<SessionStep | null>;
  /** Tells the operator of a step that was committed, if it holds or disputes the session and that is news. */
  announce(before: StoredSession, step: SessionStep): void;
}

/** What a CDR is made of, beside the session. */
export type CdrContent = Pick<FoundEvidence, "energyWh" | "metered"> & {
  readonly evidence: CdrEvidence;
  /** Every record carries the session's idTag under the meter's signature. */
  readonly isBoundToSession: boolean;
};

interface CdrDeps {
  readonly store: Pick<Store, "findTariff">;
  readonly meters: Pick<MeterDirectory, "readMeter">;
}

export function createSessionCompleter(
  deps: CdrDeps & {
    readonly store: Pick<Store, "findCdr" | "findConsent" | "findTariff" | "findTransactionOfSession">;
    readonly policy: EvidencePolicy;
    readonly readCircumstances: (session: StoredSession, own: ChargingTransaction | null) => Promise<KnownBeside>;
    readonly desk: Pick<OperatorDesk, "alert">;
  },
): SessionCompleter {
  const { store, policy, desk } = deps;

  async function readPrice({ sessionId, terms, state }: StoredSession, { metered }: FoundEvidence) {
    const tariff = await findTariff(store, terms.tariffId);
    const { grossMicro } = priceOf(tariff, metered.energyMicroWh, metered.chargingSeconds, metered.connectedSeconds);
    const consent = await store.findConsent(sessionId);
    const unsignedCapMicro = consent?.capMicro ?? null;
    return { kind: "priced", grossMicro, unsignedCapMicro, isRefused: isPriceRefused(state) } as const;
  }

  /** The chain has settled the session: only what its meter signed can show that this was wrong. */
  async function contradict(session: StoredSession, found: FoundEvidence, atMs: number): Promise<SessionStep | null> {
    if (!isSigned(found)) return null;
    if (session.state.dispute?.isFinal === true) return evidenceStep(session, { kind: "evidence-added" }, atMs);
    const assessment = viewOf(found, null);
    const cdr = await makeCdr(deps, session, contentOf(found));
    return evidenceStep(session, { kind: "evidence-completed", assessment }, atMs, cdr);
  }

  async function decide(session: StoredSession, found: FoundEvidence, conclusion: Conclusion): Promise<SessionStep> {
    const { state } = session;
    const final = state.dispute?.isFinal === true ? state.dispute : null;
    const grade = final === null ? found.assessment.grade : "disputed";
    const judged = { ...found, assessment: { ...found.assessment, grade } };
    // Energy that evidence contradicts has no price.
    const price: SettlementPrice = grade === "disputed" ? { kind: "unpriced" } : await readPrice(session, found);
    const decision = decideSettlement(judged.assessment, policy, price);
    if (decision.kind === "hold") return evidenceStep(session, heldEvent(judged, decision, final), conclusion.atMs);
    const cdr = await makeCdr(deps, session, contentOf(found));
    const event = completedEvent(viewOf(found, null), conclusion);
    return evidenceStep(session, event, conclusion.atMs, cdr);
  }

  return {
    async conclude(session, conclusion) {
      const { sessionId, state } = session;
      const own = conclusion.own === undefined ? await store.findTransactionOfSession(sessionId) : conclusion.own;
      const found = conclusion.judge(await deps.readCircumstances(session, own));
      if (found === null) return null;
      const { atMs } = conclusion;
      const known = await store.findCdr(sessionId);
      // A CDR never changes: what comes after it agrees with it, or disputes the session.
      if (known?.energyWh === found.energyWh) return evidenceStep(session, completedEvent(null, conclusion), atMs);
      if (known !== null) return evidenceStep(session, finalDispute("EVIDENCE_CONTRADICTORY"), atMs);
      return state.closing === null ? decide(session, found, conclusion) : contradict(session, found, atMs);
    },
    announce({ sessionId, state: before }, step) {
      if (isSameHold(before, step)) return;
      const [event] = step.change.events;
      const { dispute } = step.change.next;
      // That the meter has contradicted itself for good was told when it did.
      if (before.dispute?.isFinal === true) return;
      if (event?.kind === "evidence-held") {
        const { grade, reasons, hold } = event.assessment;
        desk.alert(grade === "disputed" ? "session-disputed" : "session-held", { sessionId, hold, reasons });
      } else if (dispute !== null && before.dispute?.reason !== dispute.reason) {
        desk.alert("session-disputed", { sessionId, ...dispute });
      }
    },
  };
}

/** The step that one event of evidence makes, and the challenge that it calls for. */
export function evidenceStep(
  { sessionId, sequence, state }: Pick<StoredSession, "sessionId" | "sequence" | "state">,
  event: Extract<SessionEvent, { readonly kind: `evidence-${string}` }>,
  atMs: number,
  cdr: Cdr | null = null,
): SessionStep {
  const next = transition(state, event);
  const isWrong = isContradicted(next.closing, cdr, next);
  return {
    change: { sessionId, expectedSequence: sequence, events: [event], next, atMs },
    cdr,
    acts: isWrong ? [{ sessionId, act: "challenge", dueAtMs: dueAtOnceMs }] : [],
  };
}

/** A contradiction that no further record heals. */
export function finalDispute(reason: string) {
  return { kind: "evidence-disputed", reason, isFinal: true } as const;
}

/** The session is held for the same already: saying so again would be no news. */
export function isSameHold({ assessment }: Pick<SessionState, "assessment">, { change }: SessionStep): boolean {
  const [event] = change.events;
  return event?.kind === "evidence-held" && JSON.stringify(assessment) === JSON.stringify(event.assessment);
}

/**
 * The charge detail record of a session at its tariff and under its meter's key.
 * @throws TARIFF_MISSING, CHAIN_MISMATCH if the meter is gone
 */
export async function makeCdr(
  { store, meters }: CdrDeps,
  { sessionId, terms, state }: StoredSession,
  content: CdrContent,
): Promise<Cdr> {
  const tariff = await findTariff(store, terms.tariffId);
  const meter = await meters.readMeter(terms.meter);
  if (meter === null) throw new WattproofError("CHAIN_MISMATCH", `Meter ${terms.meter} is gone.`);
  const { number, curve, publicKey } = meter;
  const toppedUpMicro = totalOf(state.topUps);
  return createCdr({ ...content, sessionId, terms, tariff, meter: { number, curve, publicKey }, toppedUpMicro });
}

async function findTariff(store: Pick<Store, "findTariff">, tariffId: string): Promise<Tariff> {
  const tariff = await store.findTariff(tariffId);
  if (tariff === null) throw new WattproofError("TARIFF_MISSING", `Tariff ${tariffId}.`);
  return tariff;
}

function completedEvent(assessment: SessionAssessment | null, { notBeforeMs }: Conclusion) {
  return {
    kind: "evidence-completed",
    ...(assessment === null ? {} : { assessment }),
    ...(notBeforeMs === undefined ? {} : { notBeforeMs }),
  } as const;
}

function heldEvent(
  found: FoundEvidence,
  { reason }: Extract<SettlementDecision, { kind: "hold" }>,
  final: Dispute | null,
) {
  const assessment = viewOf(found, reason);
  if (found.assessment.grade !== "disputed") return { kind: "evidence-held", assessment, dispute: null } as const;
  const reasons = final === null ? assessment.reasons : [final.reason];
  const dispute = final ?? disputeOf(found.assessment.reasons);
  return { kind: "evidence-held", assessment: { ...assessment, reasons }, dispute } as const;
}

/** A contradiction of what was signed is final; a signed value can still overrule any other. */
function disputeOf(reasons: readonly FindingCode[]): Dispute {
  const signed = reasons.find((code) => severityOf(code) === "signed-dispute");
  return { reason: signed ?? reasons[0] ?? "DISPUTED", isFinal: signed !== undefined };
}

function viewOf({ assessment, energyWh }: FoundEvidence, hold: string | null): SessionAssessment {
  const { grade, reasons, flags } = assessment;
  return { grade, reasons, flags, energyWh, hold };
}

function contentOf({ assessment, energyWh, metered }: FoundEvidence): CdrContent {
  const { grade, reasons, flags } = assessment;
  const isBoundToSession = grade === "meter-signed-bound";
  return { energyWh, metered, evidence: { grade, reasons, flags }, isBoundToSession };
}

function isSigned({ assessment: { grade } }: FoundEvidence): boolean {
  return grade === "meter-signed" || grade === "meter-signed-bound";
}
