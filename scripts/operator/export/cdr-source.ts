import type { RegisteredMeter } from "../../../services/chain/chain.ts";
import { refundedBy } from "../../../services/domain/session-amounts.ts";
import { priceOf } from "../../../services/domain/tariff.ts";
import { WattproofError } from "../../../services/errors.ts";
import { tokens } from "../../command-line/amounts.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import type { OperatorProfile } from "../../command-line/profile.ts";
import { registryOf, requireMeter } from "../../command-line/registry.ts";
import type { ServiceClient } from "../../command-line/service-client.ts";
import type { CdrContent, CdrCorrection, CdrSource } from "../ocpi/cdr.ts";
import type { ChainSession } from "../sessions/session-book.ts";
import { evidenceOf, readEvidence, type SessionEvidence } from "./evidence.ts";
import { readShownRecords } from "./shown-records.ts";

/** Money that came back to a driver, by an event of the chain. */
interface MoneyBack {
  readonly kind: "challenge" | "refund";
  readonly blockNumber: number;
  readonly logIndex: number;
  readonly txHash: string;
  readonly amountMicro: bigint;
}

/** A session's charge detail record in the making, and what of its evidence does not fit. */
export interface ReadSource {
  readonly source: CdrSource;
  readonly evseId: string;
  /** For people, each with the session's id. */
  readonly problems: readonly string[];
}

/** Reads what charge detail records are made of, from the chain and from the service where there is one. */
export interface SourceReader {
  /** When the session was settled and each time that its driver got money back; empty if it is not settled. */
  readTimes(session: ChainSession): Promise<readonly number[]>;
  /** @throws errors of chain and service */
  readSource(session: ChainSession, locations: Readonly<Record<string, object>>): Promise<ReadSource>;
}

export function createSourceReader(deps: {
  readonly chain: ChainAccess;
  readonly service: ServiceClient | null;
  readonly withEvidence: boolean;
  readonly profile: OperatorProfile;
}): SourceReader {
  const { chain, service, withEvidence, profile } = deps;
  const registry = registryOf(chain);
  const known = new Map<number, number>();

  async function timeOf(blockNumber: number): Promise<number> {
    const time = known.get(blockNumber) ?? (await chain.provider.getBlock(blockNumber))?.timestamp;
    if (time === undefined) throw new WattproofError("CHAIN_UNAVAILABLE", `The endpoint has no block ${blockNumber}.`);
    known.set(blockNumber, time);
    return time;
  }

  async function evidenceIn(
    txHash: string,
    sessionId: string,
    meter: RegisteredMeter,
  ): Promise<SessionEvidence | null> {
    const records = await readShownRecords(chain, txHash, sessionId, meter.curve);
    const evidence = evidenceOf(records, meter);
    return evidence.records.length === 0 ? null : evidence;
  }

  /** What the meter showed the contract, else what the service has. */
  async function evidenceOfSettlement(
    { sessionId, settlement }: ChainSession,
    meter: RegisteredMeter,
  ): Promise<SessionEvidence | null> {
    if (!withEvidence) return null;
    const isByMeter = settlement !== null && settlement.batch === null;
    const shown = isByMeter ? await evidenceIn(settlement.position.txHash, sessionId, meter) : null;
    return shown ?? (service === null ? null : await readEvidence(service, sessionId));
  }

  return {
    async readTimes(session) {
      if (session.settlement === null) return [];
      const blocks = [session.settlement.position, ...moneyBackOf(session)].map(({ blockNumber }) => blockNumber);
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
      const settledAt = await timeOf(settlement.position.blockNumber);
      const problems: string[] = [];
      const evidence = await evidenceOfSettlement(session, meter);
      if (evidence !== null && evidence.unverified > 0) {
        problems.push(`${sessionId}: ${evidence.unverified} records do not verify and are left out`);
      }
      const isFitting = fits(evidence, settlement.energyMicroWh);
      if (!isFitting) problems.push(`${sessionId}: its records say another energy than was settled, and are left out`);
      const used = isFitting ? evidence : null;
      const { energyMicroWh, chargingSeconds, idleSeconds, chargedMicro } = settlement;
      const settled: CdrContent = {
        startSeconds: used?.startSeconds ?? (await timeOf(session.opening.blockNumber)),
        endSeconds: used?.endSeconds ?? settledAt,
        energyMicroWh,
        chargingSeconds,
        idleSeconds,
        price: priceOf(tariff, energyMicroWh, chargingSeconds, idleSeconds),
        chargedMicro,
        creditedMicro: 0n,
        evidence: used === null || used.records.length === 0 ? null : used,
      };

      const corrections: CdrCorrection[] = [];
      let content = settled;
      for (const { kind, blockNumber, txHash, amountMicro } of moneyBackOf(session)) {
        const chargedLeftMicro = content.chargedMicro > amountMicro ? content.chargedMicro - amountMicro : 0n;
        const creditedMicro = content.creditedMicro + amountMicro;
        let remark = `the operator gave ${tokens(amountMicro)} back.`;
        if (kind === "challenge") {
          remark = "the meter signed another energy than was settled.";
          // The contract took the records; they are read again for what they say, not for whether they count.
          const shown = await evidenceIn(txHash, sessionId, meter);
          const proven = shown?.metered ?? null;
          if (shown === null || proven === null) {
            problems.push(`${sessionId}: the records of its challenge are not in ${txHash} as they can be read`);
            content = { ...content, evidence: null };
          } else {
            const price = priceOf(tariff, proven.energyMicroWh, proven.chargingSeconds, 0);
            const { startSeconds, endSeconds } = content;
            content = {
              ...content,
              ...proven,
              startSeconds: shown.startSeconds ?? startSeconds,
              endSeconds: shown.endSeconds ?? endSeconds,
              idleSeconds: 0,
              price,
              // What is taken back is what the other energy costs less, which is in the price.
              evidence: withEvidence ? shown : null,
            };
          }
        }
        content = { ...content, chargedMicro: chargedLeftMicro, creditedMicro };
        corrections.push({ atSeconds: await timeOf(blockNumber), backMicro: amountMicro, remark, content });
      }
      const evseId = evse?.evseId ?? "";
      const source: CdrSource = {
        id: sessionId,
        idTag: session.idTag,
        lastUpdatedSeconds: settledAt,
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
      return { source, evseId, problems };
    },
  };
}

/** Begin and end that the records prove say the energy that was settled; one alone says nothing against it. */
function fits(evidence: SessionEvidence | null, energyMicroWh: bigint): boolean {
  return evidence === null || evidence.metered === null || evidence.metered.energyMicroWh === energyMicroWh;
}

/** What the driver got back, in the order of the chain. A challenge that proves more gives the driver nothing. */
function moneyBackOf({ challenge, refunds }: ChainSession): readonly MoneyBack[] {
  const backMicro = challenge === null ? 0n : refundedBy(challenge);
  const all: MoneyBack[] = [
    ...(challenge === null || backMicro === 0n
      ? []
      : [{ kind: "challenge" as const, ...placeOf(challenge), amountMicro: backMicro }]),
    ...refunds.map((refund) => ({ kind: "refund" as const, ...placeOf(refund), amountMicro: refund.amountMicro })),
  ];
  return all.toSorted((left, right) => left.blockNumber - right.blockNumber || left.logIndex - right.logIndex);
}

function placeOf({
  position,
}: {
  readonly position: { readonly blockNumber: number; readonly logIndex: number; readonly txHash: string };
}): Pick<MoneyBack, "blockNumber" | "logIndex" | "txHash"> {
  const { blockNumber, logIndex, txHash } = position;
  return { blockNumber, logIndex, txHash };
}
