import { hexlify, randomBytes } from "ethers";

import { WattproofError } from "../../errors.ts";
import type { OcmfVerifier } from "../../evidence/formats/ocmf/types.ts";
import { readBlock, readHead, type ReceiptChain } from "../../receipts/receipt-chain.ts";
import {
  isShown,
  type DossierManifest,
  type DossierMonth,
  type DossierSample,
  type DossierSession,
  type DossierTotals,
} from "../format/dossier-schema.ts";
import { readDossier, type DossierBytes, type DossierPart } from "../format/read-dossier.ts";
import { createTotalsCounter, type TotalsCounter } from "../format/totals.ts";
import { createSpanCounter, type MeterSpan } from "../format/energy-claim.ts";
import { checkConsentRule, createConsentCheck, type ConsentCheck } from "./check-consents.ts";
import { checkClaims, noClaims, type FoundClaims } from "./check-claims.ts";
import { createDeviceCheck, type DeviceCheck } from "./check-devices.ts";
import { checkMonth, type MeterProgress } from "./check-month.ts";
import { checkRecords } from "./check-records.ts";
import { checkCommitment, checkSignatures, checkTotals } from "./check-sums.ts";
import { drawSample, type SampleRisks } from "./draw-sample.ts";
import { createFindings, type DossierReason, type Findings } from "./findings.ts";
import { createChainCheck, sessionsAtOnce, type DossierChainCheck } from "./on-chain.ts";
import { subjectsOf, type Subject } from "./subject.ts";
import { createKeyWatch } from "./watch-keys.ts";

/** What is known of a dossier after everything was checked that could be. */
export interface DossierVerdict {
  readonly verdict: "accepted" | "refused";
  /** Empty if it is accepted. */
  readonly reasons: readonly DossierReason[];
  readonly totals: { readonly claimableMicroWh: string; readonly excludedMicroWh: string };
  readonly sessions: number;
  /** How many sessions were drawn; 0 where all were looked at. */
  readonly sampled: number;
  /** What was not checked, in words. */
  readonly skipped: readonly string[];
}

export interface DossierVerification {
  /** Gives the file anew each time that it is called. */
  readonly open: () => DossierBytes;
  readonly verifier: OcmfVerifier;
  /** `null`: what only a chain knows is skipped. */
  readonly chain: ReceiptChain | null;
  /** Records and settlements of this many sessions are looked at, drawn from a block; `null`: of all. */
  readonly sampleCount: number | null;
  /** How unusual each session is, for a sample that looks there first; by default all have the same chance. */
  readonly readRisks?: () => Promise<SampleRisks>;
  /** Refuses a dossier whose energy nobody has claimed; otherwise that is listed as skipped. */
  readonly isClaimNeeded?: boolean;
  /** Called with the bytes that were read since the last call. */
  readonly onRead?: (bytes: number) => void;
}

/** The parts that are kept, apart from the months. */
interface Frame {
  root: string | null;
  depth: "T0" | "T2" | "sample";
  sample: DossierSample | null;
  manifest: DossierManifest | null;
  totals: DossierTotals | null;
  claimableMicroWh: string;
  excludedMicroWh: string;
  sessions: number;
}

/** What only the first look gives. */
interface FirstLook {
  readonly frame: Frame;
  readonly subjects: ReadonlyMap<number, Subject>;
  readonly signers: readonly string[];
  /** By their place among all sessions. */
  readonly shown: ReadonlySet<number> | null;
  readonly newestBlock: number;
  /** Of the settlements that are shown. */
  readonly oldestBlock: number;
  /** What a claim of all sessions claims; `null` where not all are shown. */
  readonly spans: readonly MeterSpan[] | null;
}

/**
 * Checks a dossier from its content alone, and a chain where there is one: sums, leaves and signatures first, and then the
 * records of all sessions, or of those that are drawn.
 *
 * Warning: who signed is compared with the oracles of the contracts that the dossier names. Compare those with the ones
 * that you know.
 *
 * @throws DOSSIER_UNREADABLE for what is no JSON, and what the chain's endpoint throws; never because of the content
 */
export async function verifyDossier(verification: DossierVerification): Promise<DossierVerdict> {
  const findings = createFindings();
  const skipped: string[] = [];
  try {
    const first = await lookAtSums(verification, findings);
    const sampled = await lookAtRecords(verification, first, findings, skipped);
    const { claimableMicroWh, excludedMicroWh, sessions } = first.frame;
    return verdictOf(findings, { claimableMicroWh, excludedMicroWh }, sessions, sampled, skipped);
  } catch (error) {
    const isOfForm =
      error instanceof WattproofError &&
      ["DOSSIER_FORM_INVALID", "DOSSIER_TOO_LARGE", "DOSSIER_VERSION_UNSUPPORTED"].includes(error.code);
    if (!isOfForm) throw error;
    findings.add(error.code, error.detail);
    return verdictOf(findings, { claimableMicroWh: "0", excludedMicroWh: "0" }, 0, 0, skipped);
  }
}

function verdictOf(
  findings: Findings,
  totals: DossierVerdict["totals"],
  sessions: number,
  sampled: number,
  skipped: readonly string[],
): DossierVerdict {
  const reasons = findings.list();
  return { verdict: reasons.length === 0 ? "accepted" : "refused", reasons, totals, sessions, sampled, skipped };
}

/** The first look: form, sums, leaves, continuity, commitment and who signed it. */
async function lookAtSums(verification: DossierVerification, findings: Findings): Promise<FirstLook> {
  const frame: Frame = {
    ...{ root: null, depth: "T2", sample: null, manifest: null, totals: null, sessions: 0 },
    ...{ claimableMicroWh: "0", excludedMicroWh: "0" },
  };
  const state = {
    subjects: new Map<number, Subject>() as ReadonlyMap<number, Subject>,
    counter: createTotalsCounter(),
    spanCounter: createSpanCounter(),
    shown: new Set<number>(),
    last: { meter: -1, month: "" },
    progress: null as MeterProgress | null,
    isComplete: true,
    isSample: false,
    newestBlock: 0,
    oldestBlock: Number.MAX_SAFE_INTEGER,
    signers: [] as readonly string[],
    summary: null as Extract<DossierPart, { name: "summary" }>["value"] | null,
    commitment: null as Extract<DossierPart, { name: "commitment" }>["value"] | null,
  };

  for await (const part of readDossier(counted(verification))) {
    if (part.name === "depth") frame.depth = part.value;
    state.isSample = frame.depth === "sample";
    if (part.name === "sample") frame.sample = part.value;
    if (part.name === "manifest") {
      frame.manifest = part.value;
      state.subjects = subjectsOf(part.value, findings);
    }
    if (part.name === "month" && frame.manifest !== null) takeMonth(part.value, frame.manifest, state, findings);
    if (part.name === "totals") frame.totals = part.value;
    if (part.name === "summary") state.summary = part.value;
    if (part.name === "commitment") state.commitment = part.value;
    if (part.name === "signatures" && frame.manifest !== null && state.commitment !== null && state.summary !== null) {
      const { manifest, totals } = frame;
      frame.root = state.commitment.root;
      checkDepth(frame, state.counter, state.isComplete, findings);
      checkCommitment({ manifest, totals, summary: state.summary, commitment: state.commitment }, findings);
      state.signers = checkSignatures(manifest, state.commitment, part.value, findings);
      const { claimableMicroWh, excludedMicroWh, sessions } = soundestOf(frame, state.summary, state);
      Object.assign(frame, { claimableMicroWh, excludedMicroWh, sessions });
    }
  }
  const shown = state.isComplete ? null : state.shown;
  return {
    frame,
    subjects: state.subjects,
    signers: state.signers,
    shown,
    newestBlock: state.newestBlock,
    oldestBlock: state.oldestBlock,
    spans: frame.depth !== "T0" && state.isComplete ? state.spanCounter.spans() : null,
  };
}

/** What was counted, where everything is shown; else what the oracles signed. */
function soundestOf(
  { depth, totals }: Frame,
  summary: Extract<DossierPart, { name: "summary" }>["value"],
  { counter, isComplete }: { readonly counter: TotalsCounter; readonly isComplete: boolean },
): Pick<DossierTotals, "claimableMicroWh" | "excludedMicroWh" | "sessions"> {
  return depth !== "T0" && isComplete ? counter.totals() : (totals ?? summary);
}

function takeMonth(
  month: DossierMonth,
  manifest: DossierManifest,
  state: {
    readonly subjects: ReadonlyMap<number, Subject>;
    readonly counter: TotalsCounter;
    readonly spanCounter: ReturnType<typeof createSpanCounter>;
    readonly shown: Set<number>;
    isSample: boolean;
    last: { meter: number; month: string };
    progress: MeterProgress | null;
    isComplete: boolean;
    newestBlock: number;
    oldestBlock: number;
  },
  findings: Findings,
): void {
  const { last, subjects } = state;
  const isInOrder = month.meter > last.meter || (month.meter === last.meter && month.month > last.month);
  if (!isInOrder) findings.add("DOSSIER_MONTHS_UNSORTED", `meter ${month.meter}, ${month.month}`);
  if (month.meter !== last.meter || state.progress === null) {
    state.progress = { sessionIds: new Set(), records: new Set(), position: null, hasHidden: false };
  }
  state.last = { meter: month.meter, month: month.month };
  const before = state.counter.sessions();
  state.spanCounter.add(month);
  for (const [index, session] of month.sessions.entries()) {
    if (!isShown(session)) continue;
    const { blockNumber } = session.settlement;
    state.newestBlock = Math.max(state.newestBlock, blockNumber);
    state.oldestBlock = Math.min(state.oldestBlock, blockNumber);
    if (state.isSample) state.shown.add(before + index);
  }
  const subject = subjects.get(month.meter);
  if (subject === undefined) {
    findings.add("DOSSIER_METER_UNKNOWN", `meter ${month.meter}`);
    state.counter.add(month, 0);
    return;
  }
  if (!checkMonth(month, subject, manifest, state.progress, findings)) state.isComplete = false;
  state.counter.add(month, subject.evse.number);
}

/** Each depth shows what it has to show, and nothing else. */
function checkDepth(
  { depth, sample, totals }: Frame,
  counter: TotalsCounter,
  isComplete: boolean,
  findings: Findings,
): void {
  const counted = counter.totals();
  const isFitting = {
    T0: totals === null && sample === null && counted.months.length === 0,
    T2: totals !== null && sample === null && isComplete,
    sample: totals !== null && sample !== null,
  }[depth];
  if (!isFitting) findings.add("DOSSIER_FORM_INVALID", `depth ${depth} shows too much or too little`);
  if (totals !== null) checkTotals(totals, counted, isComplete, findings);
}

/** The second look: the records of all sessions or of a sample, and the chain. @returns how many were drawn */
async function lookAtRecords(
  verification: DossierVerification,
  first: FirstLook,
  findings: Findings,
  skipped: string[],
): Promise<number> {
  const { chain } = verification;
  const { frame, subjects, signers } = first;
  const { manifest, depth } = frame;
  if (manifest === null) return 0;
  checkConsentRule(manifest, findings);
  let onChain: DossierChainCheck | null = null;
  let checkConsents: ConsentCheck | null = null;
  let claims = noClaims;
  if (chain === null) {
    skipped.push(
      "chain: registry of meters and EVSEs, the oracles' committee, settled, corrected and expired sessions, the claim",
    );
    if (manifest.consent !== undefined) skipped.push("chain: the consents of drivers");
  } else {
    onChain = createChainCheck(chain, manifest, findings);
    if (await onChain.checkContracts()) {
      await onChain.checkMeters(subjects);
      await onChain.checkQuorum(signers);
      await onChain.readCorrections(first.oldestBlock);
      checkConsents = await createConsentCheck(chain, manifest, findings);
      claims = await checkClaims(
        { chain, findings, skipped, isClaimNeeded: verification.isClaimNeeded ?? false },
        { manifest, root: frame.root, claimableMicroWh: BigInt(frame.claimableMicroWh), spans: first.spans },
      );
    } else onChain = null;
  }
  if (depth === "T0") {
    skipped.push("sessions: none is disclosed; the sums are what the oracles signed");
    return 0;
  }
  const drawn = await drawnOf(verification, first, claims, findings, skipped);
  const wanted = drawn ?? first.shown;
  // Of another chain nothing is asked.
  const devices = await createDeviceCheck(onChain === null ? null : chain, manifest, findings);
  await lookAtMonths(verification, subjects, wanted, { onChain, checkConsents, devices }, findings);
  return drawn?.size ?? 0;
}

async function lookAtMonths(
  verification: DossierVerification,
  subjects: ReadonlyMap<number, Subject>,
  wanted: ReadonlySet<number> | null,
  {
    onChain,
    checkConsents,
    devices,
  }: {
    readonly onChain: DossierChainCheck | null;
    readonly checkConsents: ConsentCheck | null;
    readonly devices: DeviceCheck;
  },
  findings: Findings,
): Promise<void> {
  const { verifier } = verification;
  const keys = createKeyWatch(findings);
  const waiting: DossierSession[] = [];
  let place = 0;
  for await (const part of readDossier(counted(verification))) {
    if (part.name !== "month") continue;
    const subject = subjects.get(part.value.meter);
    checkConsents?.(part.value.sessions.filter(isShown));
    devices.take(part.value);
    const chosen: DossierSession[] = [];
    for (const session of part.value.sessions) {
      const isWanted = wanted?.has(place) ?? true;
      place += 1;
      if (isWanted && isShown(session)) chosen.push(session);
    }
    if (subject === undefined || subject.key === null) continue;
    for (const session of chosen) {
      keys.take(part.value.meter, session, checkRecords(session, subject, subject.key, verifier));
    }
    if (onChain === null) continue;
    waiting.push(...chosen);
    if (waiting.length >= sessionsAtOnce) await onChain.checkSessions(waiting.splice(0));
  }
  await onChain?.checkSessions(waiting);
  keys.end();
  devices.end();
}

/** Which sessions are looked at; `null` for all that are shown. */
async function drawnOf(
  { chain, sampleCount, readRisks }: DossierVerification,
  { frame, shown, newestBlock }: FirstLook,
  claims: FoundClaims,
  findings: Findings,
  skipped: string[],
): Promise<ReadonlySet<number> | null> {
  const root = frame.totals?.root ?? null;
  if (frame.sample !== null) {
    const { blockNumber, blockHash, count } = frame.sample;
    skipped.push("sessions that were not drawn: their records, and the continuity of registers");
    const drawn = drawSample(blockHash, root, frame.sessions, count);
    if (shown !== null && !isSameSet(drawn, shown)) findings.add("DOSSIER_SAMPLE_DIFFERS", "sample");
    if (blockNumber <= newestBlock) findings.add("DOSSIER_SAMPLE_TOO_EARLY", `block ${blockNumber}`);
    if (claims.firstBlock !== null && blockNumber <= claims.firstBlock) {
      findings.add("DOSSIER_SAMPLE_BEFORE_CLAIM", `block ${blockNumber}, claimed in ${claims.firstBlock}`);
    }
    if (chain === null) skipped.push("chain: the block that the sample was drawn from");
    else if ((await readBlock(chain, blockNumber))?.hash !== blockHash) {
      findings.add("DOSSIER_SAMPLE_DIFFERS", `block ${blockNumber} has another hash`);
    }
    return drawn;
  }
  if (sampleCount === null) return null;
  skipped.push("sessions that were not drawn: their records and settlements");
  if (chain === null) skipped.push("sample: drawn at random, since there is no chain to draw it from");
  const seed = chain === null ? hexlify(randomBytes(32)) : (await readHead(chain)).hash;
  return drawSample(seed, root, frame.sessions, sampleCount, await readRisks?.());
}

function isSameSet(left: ReadonlySet<number>, right: ReadonlySet<number>): boolean {
  return left.size === right.size && [...left].every((member) => right.has(member));
}

async function* counted({ open, onRead }: DossierVerification): AsyncGenerator<Uint8Array> {
  for await (const chunk of open()) {
    onRead?.(chunk.length);
    yield chunk;
  }
}
