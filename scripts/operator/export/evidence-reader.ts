import type { RegisteredMeter } from "../../../services/chain/chain.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import type { ServiceClient } from "../../command-line/service-client.ts";
import type { ChainSession } from "../sessions/session-book.ts";
import { evidenceOf, readEvidence, type SessionEvidence } from "./evidence.ts";
import { readShownRecords } from "./shown-records.ts";

/** Reads what meters signed: from the transactions that showed it to the contract, and from the service. */
export interface EvidenceReader {
  /** What a transaction showed the contract of a session; `null` if nothing that can be read. */
  ofTransaction(txHash: string, sessionId: string, meter: RegisteredMeter): Promise<SessionEvidence | null>;
  /** What the meter showed the contract, else what the service has; `null` where evidence is left out. */
  ofSettlement(session: ChainSession, meter: RegisteredMeter): Promise<SessionEvidence | null>;
}

export function createEvidenceReader(deps: {
  readonly chain: ChainAccess;
  /** `null` where the service is not asked. */
  readonly service: ServiceClient | null;
  readonly withEvidence: boolean;
}): EvidenceReader {
  const { chain, service, withEvidence } = deps;

  const ofTransaction: EvidenceReader["ofTransaction"] = async (txHash, sessionId, meter) => {
    const records = await readShownRecords(chain, txHash, sessionId, meter.curve);
    const evidence = evidenceOf(records, meter);
    return evidence.records.length === 0 ? null : evidence;
  };

  return {
    ofTransaction,
    async ofSettlement({ sessionId, settlement }, meter) {
      if (!withEvidence) return null;
      const isByMeter = settlement !== null && settlement.batch === null;
      const shown = isByMeter ? await ofTransaction(settlement.position.txHash, sessionId, meter) : null;
      return shown ?? (service === null ? null : await readEvidence(service, sessionId));
    },
  };
}
