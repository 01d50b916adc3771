import { z } from "zod";

import { contractLinks } from "../../contracts.ts";
import { meterCurves } from "../../domain/meter-curve.ts";
import { provenances } from "../../domain/provenance.ts";
import {
  readChainId,
  readLogs,
  readTransaction,
  readView,
  receiptInterface,
  type MinedReceipt,
  type ReceiptChain,
} from "../../receipts/receipt-chain.ts";
import type { DossierManifest, DossierSession } from "../format/dossier-schema.ts";
import type { Findings } from "./findings.ts";
import { settledMicroWhIn } from "./settled-energy.ts";
import type { Subject } from "./subject.ts";

/** What is asked of a chain about a dossier. Each question that the chain answers otherwise is a finding. */
export interface DossierChainCheck {
  /** @returns false where it is another chain, and nothing else can be asked */
  checkContracts(): Promise<boolean>;
  checkMeters(subjects: ReadonlyMap<number, Subject>): Promise<void>;
  checkQuorum(signers: readonly string[]): Promise<void>;
  /** Finds what was corrected since a block, of all sessions: that is rare. Before `checkSessions`. */
  readCorrections(firstBlock: number): Promise<void>;
  checkSessions(sessions: readonly DossierSession[]): Promise<void>;
}

const committee = z.object({ members: z.array(z.string()), threshold: z.bigint() });
const meterView = z.object({
  evse: z.bigint(),
  curve: z.bigint(),
  publicKey: z.string(),
  possession: z.bigint(),
  validFrom: z.bigint(),
  validUntil: z.bigint(),
  calibrationExpiresAt: z.bigint(),
  status: z.bigint(),
  maker: z.bigint(),
});
const evseView = z.object({ operator: z.string(), maximumPowerW: z.bigint(), evseId: z.string() });

/** Sessions whose events are asked for at once: nodes take at least this many topics. */
export const sessionsAtOnce = 100;
/** Transactions that are remembered: the sessions of one are near each other. */
const rememberedTransactions = 256;
/** A quorum signed lately, or under one of so many committees before. */
const committeesBack = 16;
/** Of the registry's enums. */
const possessions = [null, "proven-on-chain", "attested-by-oracle"] as const;
const revoked = 4n;

export function createChainCheck(
  chain: ReceiptChain,
  manifest: DossierManifest,
  findings: Findings,
): DossierChainCheck {
  const { chainId, contracts } = manifest;
  const transactions = new Map<string, MinedReceipt | null>();
  const corrected = new Set<string>();

  async function transactionOf(hash: string): Promise<MinedReceipt | null> {
    const known = transactions.get(hash);
    if (known !== undefined) return known;
    const found = await readTransaction(chain, hash);
    const oldest = transactions.keys().next();
    if (transactions.size >= rememberedTransactions && oldest.done !== true) transactions.delete(oldest.value);
    transactions.set(hash, found);
    return found;
  }

  /** Sessions that an event of this name is about, of some or of all. */
  async function sessionsWith(
    event: "SessionExpired" | "SessionReleased" | "SessionCorrected" | "ClaimChallenged",
    sessionIds: readonly string[] | null,
    firstBlock: number,
  ): Promise<readonly string[]> {
    const topic = receiptInterface.getEvent(event)?.topicHash ?? "";
    const isChallenge = event === "ClaimChallenged";
    const address = isChallenge ? contracts.challenges : contracts.chargingSettlement;
    const topics = isChallenge ? [topic, null, sessionIds] : [topic, sessionIds];
    const logs = await readLogs(chain, address, topics, firstBlock);
    return logs.map((log) => log.topics[isChallenge ? 2 : 1] ?? "");
  }

  async function checkSome(sessions: readonly DossierSession[]): Promise<void> {
    const unsettled: DossierSession[] = [];
    for (const session of sessions) {
      const { hash, blockNumber, logIndex } = session.settlement;
      const transaction = await transactionOf(hash);
      const log = transaction?.logs.find((candidate) => candidate.logIndex === logIndex);
      const isInPlace =
        transaction?.blockNumber === blockNumber && isSameHex(log?.address, contracts.chargingSettlement);
      const settledMicroWh = log === undefined || !isInPlace ? null : settledMicroWhIn(log, session.sessionId);
      if (settledMicroWh === null) unsettled.push(session);
      else if (settledMicroWh !== BigInt(session.toMicroWh) - BigInt(session.fromMicroWh)) {
        findings.add("DOSSIER_SETTLEMENT_DIFFERS", `session ${session.sessionId}: ${settledMicroWh} × 10⁻⁶ Wh`);
      }
    }
    for (const { sessionId } of sessions) {
      if (corrected.has(sessionId)) findings.add("DOSSIER_SESSION_CORRECTED", `session ${sessionId}`);
    }
    if (unsettled.length === 0) return;
    const firstBlock = Math.min(...unsettled.map(({ settlement }) => settlement.blockNumber));
    const ids = unsettled.map(({ sessionId }) => sessionId);
    const expired = new Set([
      ...(await sessionsWith("SessionExpired", ids, firstBlock)),
      ...(await sessionsWith("SessionReleased", ids, firstBlock)),
    ]);
    for (const sessionId of ids) {
      const code = expired.has(sessionId) ? "DOSSIER_SESSION_EXPIRED" : "DOSSIER_SESSION_UNSETTLED";
      findings.add(code, `session ${sessionId}`);
    }
  }

  return {
    async checkContracts() {
      const actual = await readChainId(chain);
      if (actual !== chainId) {
        findings.add("DOSSIER_CHAIN_DIFFERS", `chain ${actual}, and the dossier is of ${chainId}`);
        return false;
      }
      for (const [holder, named] of contractLinks) {
        const address = await readView(chain, contracts[holder], named, []);
        if (!isSameHex(address, contracts[named]))
          findings.add("DOSSIER_CHAIN_DIFFERS", `${holder} names another ${named}`);
      }
      return true;
    },

    async checkMeters(subjects) {
      for (const subject of subjects.values()) {
        await checkMeter(chain, manifest, subject, findings);
        await checkProvenance(chain, manifest, subject, findings);
      }
    },

    async checkQuorum(signers) {
      const newest = z.bigint().safeParse(await readView(chain, contracts.oracleCommittee, "currentVersion", []));
      const current = newest.data ?? 0n;
      const known = new Set<string>();
      let isQuorum = false;
      for (let version = current; version > 0n && version > current - BigInt(committeesBack); version -= 1n) {
        const found = committee.safeParse(
          await readView(chain, contracts.oracleCommittee, "committeeOf", [version]),
        ).data;
        const members = new Set(found?.members.map((member) => member.toLowerCase()));
        const own = signers.filter((signer) => members.has(signer));
        for (const signer of own) known.add(signer);
        isQuorum ||= found !== undefined && BigInt(own.length) >= found.threshold;
      }
      for (const signer of signers) if (!known.has(signer)) findings.add("DOSSIER_SIGNER_UNKNOWN", signer);
      if (!isQuorum) findings.add("DOSSIER_QUORUM_LACKING", `${known.size} oracles signed`);
    },

    async readCorrections(firstBlock) {
      for (const event of ["SessionCorrected", "ClaimChallenged"] as const) {
        for (const sessionId of await sessionsWith(event, null, firstBlock)) corrected.add(sessionId);
      }
    },

    async checkSessions(sessions) {
      for (let at = 0; at < sessions.length; at += sessionsAtOnce) {
        await checkSome(sessions.slice(at, at + sessionsAtOnce));
      }
    },
  };
}

/** Nobody less vouches for the meter by now: a maker may have withdrawn its word. */
async function checkProvenance(
  chain: ReceiptChain,
  { contracts }: DossierManifest,
  { meter }: Subject,
  findings: Findings,
): Promise<void> {
  if (meter.provenance === null) return;
  const answer = await readView(chain, contracts.meterRegistry, "provenanceOf", [meter.number]);
  const level = z.bigint().catch(0n).parse(answer);
  if (level < BigInt(provenances.indexOf(meter.provenance) + 1)) {
    findings.add("DOSSIER_PROVENANCE_OVERSTATED", `meter ${meter.number}`);
  }
}

/** The registry has this meter, with this key, at this EVSE of the operator. */
async function checkMeter(
  chain: ReceiptChain,
  { contracts, operator }: DossierManifest,
  { meter, evse }: Subject,
  findings: Findings,
): Promise<void> {
  const where = `meter ${meter.number}`;
  const registered = meterView.safeParse(
    await readView(chain, contracts.meterRegistry, "meterOf", [meter.number]),
  ).data;
  const place = evseView.safeParse(await readView(chain, contracts.meterRegistry, "evseOf", [evse.number])).data;
  if (
    registered === undefined ||
    meterCurves[Number(registered.curve) - 1] !== meter.curve ||
    !isSameHex(registered.publicKey, meter.publicKey)
  ) {
    findings.add("DOSSIER_KEY_DIFFERS", where);
  }
  const isSame =
    registered?.evse === BigInt(meter.evse) &&
    registered.validFrom === BigInt(meter.validFrom) &&
    registered.validUntil === BigInt(meter.validUntil) &&
    registered.calibrationExpiresAt === BigInt(meter.calibrationExpiresAt) &&
    possessions[Number(registered.possession)] === meter.possession &&
    registered.maker === BigInt(meter.maker) &&
    registered.status !== revoked &&
    place !== undefined &&
    isSameHex(place.operator, operator) &&
    place.maximumPowerW === BigInt(evse.maximumPowerW) &&
    place.evseId === evse.evseId;
  if (!isSame) findings.add("DOSSIER_REGISTRATION_DIFFERS", `${where} at EVSE ${evse.number}`);
}

function isSameHex(left: unknown, right: string): boolean {
  return typeof left === "string" && left.toLowerCase() === right.toLowerCase();
}
