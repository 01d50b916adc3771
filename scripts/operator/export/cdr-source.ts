import type { RegisteredMeter } from "../../../services/chain/chain.ts";
import { priceOf, type Tariff } from "../../../services/domain/tariff.ts";
import { WattproofError } from "../../../services/errors.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import type { OperatorProfile } from "../../command-line/profile.ts";
import { registryOf, requireMeter } from "../../command-line/registry.ts";
import type { ServiceClient } from "../../command-line/service-client.ts";
import type { CdrContent, CdrCorrection, CdrSource } from "../ocpi/cdr.ts";
import type { ChainSession } from "../sessions/session-book.ts";
import type { SessionEvidence } from "./evidence.ts";
import { createEvidenceReader } from "./evidence-reader.ts";
import { afterChallenge, afterMoneyBack, moneyBackOf, remarkOf } from "./money-back.ts";

/** A session's charge detail record in the making, and what of its evidence does not fit. */
export interface ReadSource {
  readonly source: CdrSource;
  readonly evseId: string;
  /** For people, each with the session's id. */
  readonly problems: readonly string[];
}

/** Reads what charge detail records are made of, from the chain and from the service where there is one. */
export interface SourceReader {
  /** When the session was settled or agreed on, and each time that its driver got money back; empty if it is neither. */
  readTimes(session: ChainSession): Promise<readonly number[]>;
  /** @throws errors of chain and service */
  readSource(session: ChainSession, locations: Readonly<Record<string, object>>): Promise<ReadSource>;
}

/** What is known of a session while its record is made. */
interface Subject {
  readonly session: ChainSession;
  readonly settlement: NonNullable<ChainSession["settlement"]>;
  readonly meter: RegisteredMeter;
  readonly tariff: Tariff;
  /** Filled with what does not fit. */
  readonly problems: string[];
}

export function createSourceReader(deps: {
  readonly chain: ChainAccess;
  readonly service: ServiceClient | null;
  readonly withEvidence: boolean;
  readonly profile: OperatorProfile;
}): SourceReader {
  const { chain, withEvidence, profile } = deps;
  const registry = registryOf(chain);
  const evidence = createEvidenceReader(deps);
  const known = new Map<number, number>();

  async function timeOf(blockNumber: number): Promise<number> {
    const time = known.get(blockNumber) ?? (await chain.provider.getBlock(blockNumber))?.timestamp;
    if (time === undefined) throw new WattproofError("CHAIN_UNAVAILABLE", `The endpoint has no block ${blockNumber}.`);
    known.set(blockNumber, time);
    return time;
  }

  /** The record as the session was settled. */
  async function readSettled({ session, settlement, meter, tariff, problems }: Subject): Promise<CdrContent> {
    const { sessionId, opening } = session;
    const found = await evidence.ofSettlement(session, meter);
    if (found !== null && found.unverified > 0) {
      problems.push(`${sessionId}: ${found.unverified} records do not verify and are left out`);
    }
    const isFitting = fits(found, settlement.energyMicroWh);
    if (!isFitting) problems.push(`${sessionId}: its records say another energy than was settled, and are left out`);
    const used = isFitting ? found : null;
    const { energyMicroWh, chargingSeconds, connectedSeconds, chargedMicro, position } = settlement;
    return {
      startSeconds: used?.startSeconds ?? (await timeOf(opening.blockNumber)),
      endSeconds: used?.endSeconds ?? (await timeOf(position.blockNumber)),
      energyMicroWh,
      chargingSeconds,
      connectedSeconds,
      price: priceOf(tariff, energyMicroWh, chargingSeconds, connectedSeconds),
      chargedMicro,
      creditedMicro: 0n,
      evidence: used === null || used.records.length === 0 ? null : used,
    };
  }

  /** What became of the record each time that money came back. */
  async function readCorrections(subject: Subject, settled: CdrContent): Promise<readonly CdrCorrection[]> {
    const { session, meter, tariff, problems } = subject;
    const { sessionId } = session;
    const corrections: CdrCorrection[] = [];
    let content = settled;
    for (const back of moneyBackOf(session)) {
      const { kind, blockNumber, txHash, amountMicro } = back;
      if (kind === "challenge") {
        const shown = await evidence.ofTransaction(txHash, sessionId, meter);
        const proven = afterChallenge(content, shown, tariff, withEvidence);
        if (proven === null) {
          problems.push(`${sessionId}: the records of its challenge are not in ${txHash} as they can be read`);
        }
        content = proven ?? { ...content, evidence: null };
      }
      content = afterMoneyBack(content, amountMicro);
      const atSeconds = await timeOf(blockNumber);
      corrections.push({ atSeconds, backMicro: amountMicro, remark: remarkOf(back), content });
    }
    return corrections;
  }

  return {
    async readTimes(session) {
      const settled = session.settlement ?? session.agreed;
      if (settled === null) return [];
      const blocks = [settled.position, ...moneyBackOf(session)].map(({ blockNumber }) => blockNumber);
      return Promise.all(blocks.map(timeOf));
    },

    async readSource(session, locations) {
      const { sessionId, terms, settlement } = session;
      if (settlement === null) throw new RangeError("Only what is settled has a charge detail record.");
      const [evse, meter, tariff] = await Promise.all([
        registry.readEvse(terms.evse),
        requireMeter(chain, terms.meter),
        registry.readTariff(terms.tariffId),
      ]);
      const subject: Subject = { session, settlement, meter, tariff, problems: [] };
      const settled = await readSettled(subject);
      const corrections = await readCorrections(subject, settled);
      const evseId = evse?.evseId ?? "";
      const source: CdrSource = {
        id: sessionId,
        idTag: session.idTag,
        lastUpdatedSeconds: await timeOf(settlement.position.blockNumber),
        currency: profile.currency,
        countryCode: profile.countryCode,
        partyId: profile.partyId,
        meterId: String(terms.meter),
        tariffId: terms.tariffId,
        tariff,
        location: { ...locations[evseId], evse_id: evseId },
        settled,
        corrections,
      };
      return { source, evseId, problems: subject.problems };
    },
  };
}

/** Begin and end that the records prove say the energy that was settled; one alone says nothing against it. */
function fits(evidence: SessionEvidence | null, energyMicroWh: bigint): boolean {
  return evidence === null || evidence.metered === null || evidence.metered.energyMicroWh === energyMicroWh;
}
