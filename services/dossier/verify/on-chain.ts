import { z } from "zod";

import { contractLinks } from "../../contracts.ts";
import { meterCurves } from "../../domain/meter-curve.ts";
import { unpackSettlementResult } from "../../domain/metering.ts";
import { settledInGroup } from "../../domain/settled-group.ts";
import {
  readChainId,
  readLogs,
  readTransaction,
  readView,
  receiptInterface,
  type ChainLog,
  type MinedReceipt,
  type ReceiptChain,
} from "../../receipts/receipt-chain.ts";
import type { DossierManifest, DossierSession } from "../format/dossier-schema.ts";
import type { Findings } from "./findings.ts";
import type { Subject } from "./subject.ts";

/** What is asked of a chain about a dossier. Each question that the chain answers otherwise is a finding. */
export interface DossierChainCheck {
  /** @returns false where it is another chain, and nothing else can be asked */
  checkContracts(): Promise<boolean>;
  checkMeters(subjects: ReadonlyMap<number, Subject>): Promise<void>;
  checkQuorum(signers: readonly string[]): Promise<void>;
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

  async function transactionOf(hash: string): Promise<MinedReceipt | null> {
    const known = transactions.get(hash);
    if (known !== undefined) return known;
    const found = await readTransaction(chain, hash);
    const oldest = transactions.keys().next();
    if (transactions.size >= rememberedTransactions && oldest.done !== true) transactions.delete(oldest.value);
    transactions.set(hash, found);
    return found;
  }

  /** Sessions of these that an event of this name is about. */
  async function sessionsWith(
    event: "SessionExpired" | "SessionReleased" | "SessionCorrected" | "ClaimChallenged",
    sessions: readonly DossierSession[],
  ): Promise<ReadonlySet<string>> {
    const ids = sessions.map(({ sessionId }) => sessionId);
    const topic = receiptInterface.getEvent(event)?.topicHash ?? "";
    const [address, topics] =
      event === "ClaimChallenged"
        ? [contracts.challenges, [topic, null, ids]]
        : [contracts.chargingSettlement, [topic, ids]];
    const logs = await readLogs(chain, address, topics);
    return new Set(logs.map((log) => log.topics[event === "ClaimChallenged" ? 2 : 1] ?? ""));
  }

  async function checkSome(sessions: readonly DossierSession[]): Promise<void> {
    const unsettled: DossierSession[] = [];
    for (const session of sessions) {
      const { hash, blockNumber, logIndex } = session.settlement;
      const transaction = await transactionOf(hash);
      const log = transaction?.logs.find((candidate) => candidate.logIndex === logIndex);
      const isInPlace =
        log !== undefined &&
        transaction?.blockNumber === blockNumber &&
        isSameHex(log.address, contracts.chargingSettlement);
      const settledMicroWh = isInPlace ? settledEnergyIn(log, session.sessionId) : null;
      if (settledMicroWh === null) {
        unsettled.push(session);
        continue;
      }
      if (settledMicroWh !== BigInt(session.toMicroWh) - BigInt(session.fromMicroWh)) {
        findings.add("DOSSIER_SETTLEMENT_DIFFERS", `session ${session.sessionId}: ${settledMicroWh} × 10⁻⁶ Wh`);
      }
    }
    if (unsettled.length > 0) {
      const expired = new Set([
        ...(await sessionsWith("SessionExpired", unsettled)),
        ...(await sessionsWith("SessionReleased", unsettled)),
      ]);
      for (const { sessionId } of unsettled) {
        const code = expired.has(sessionId) ? "DOSSIER_SESSION_EXPIRED" : "DOSSIER_SESSION_UNSETTLED";
        findings.add(code, `session ${sessionId}`);
      }
    }
    const corrected = new Set([
      ...(await sessionsWith("SessionCorrected", sessions)),
      ...(await sessionsWith("ClaimChallenged", sessions)),
    ]);
    for (const sessionId of corrected) findings.add("DOSSIER_SESSION_CORRECTED", `session ${sessionId}`);
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
      for (const subject of subjects.values()) await checkMeter(chain, manifest, subject, findings);
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

    async checkSessions(sessions) {
      for (let at = 0; at < sessions.length; at += sessionsAtOnce) {
        await checkSome(sessions.slice(at, at + sessionsAtOnce));
      }
    },
  };
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

/** The energy that this log settled a session at, alone or in a group, in 10⁻⁶ Wh; `null` if it did not. */
function settledEnergyIn({ topics, data }: ChainLog, sessionId: string): bigint | null {
  const event = receiptInterface.parseLog({ topics: [...topics], data });
  const field = (name: string): unknown => event?.args.getValue(name);
  if (event?.name === "SessionSettled") {
    if (field("sessionId") !== sessionId) return null;
    return unpackSettlementResult(z.bigint().parse(field("result"))).energyMicroWh;
  }
  if (event?.name !== "GroupSettled") return null;
  const settled = settledInGroup(field).find((one) => one.sessionId === sessionId);
  return settled?.result.energyMicroWh ?? null;
}
