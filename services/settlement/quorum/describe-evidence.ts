import type { Chain } from "../../chain/chain.ts";
import type { ClaimEvidence } from "../../domain/claim-evidence.ts";
import { claimWindowOf } from "../../domain/claim-window.ts";
import { packMetering } from "../../domain/metering.ts";
import { openingOf } from "../../domain/opening.ts";
import type { MeterDirectory } from "../../evidence/meter-directory.ts";
import type { RecordVerifier } from "../../evidence/verify-record.ts";
import type { Store } from "../../store/store.ts";
import { proofAmong } from "../meter-proofs.ts";
import type { ClaimWithEvidence } from "./peer.ts";

/** Says what a claim rests on, in the form in which it can be shown to the contract. */
export interface EvidenceDescriber {
  /**
   * Depends on the claim, its records and the chain alone, so that every oracle says the same. Readable only where the
   * contract itself measures exactly the claim.
   */
  describe(claim: Omit<ClaimWithEvidence, "isReadable">): Promise<ClaimEvidence>;
}

export function createEvidenceDescriber(deps: {
  readonly store: Pick<Store, "findSession">;
  readonly meters: Pick<MeterDirectory, "readMeter">;
  readonly verifier: Pick<RecordVerifier, "verify">;
  readonly chain: Pick<Chain, "measure">;
}): EvidenceDescriber {
  const { store, meters, verifier, chain } = deps;

  return {
    async describe(claim) {
      const { sessionId, toppedUpMicro } = claim;
      const terms = (await store.findSession(sessionId))?.terms;
      const meter = terms === undefined ? null : await meters.readMeter(terms.meter);
      // The contract takes no other meter's word; signatures of larger curves do not even fit its words.
      const proof = meter?.possession === "proven-on-chain" ? proofAmong(claim.records, meter, verifier) : null;
      if (terms !== undefined && proof !== null) {
        const { records } = proof;
        const opening = openingOf(claim);
        // At the first second at which the claim can settle: what the records give then, they give at any later one.
        const { energyFrom, timeFrom } = claimWindowOf(claim, opening, terms, 0);
        const settledAt = Math.max(energyFrom, timeFrom);
        const measured = Number.isFinite(settledAt)
          ? await chain.measure({ terms, opening, toppedUpMicro, settledAt, records })
          : null;
        if (measured === packMetering(claim)) return { sessionId, isReadable: true, records };
      }
      return { sessionId, isReadable: false, documents: outermostOf(claim.records) };
    },
  };
}

/** The first and the last: between them lies the energy, and an answer has to fit into a transaction. */
function outermostOf(records: readonly Uint8Array[]): readonly Uint8Array[] {
  const [first] = records;
  const last = records.at(-1);
  if (first === undefined || last === undefined) return [];
  return records.length === 1 ? [first] : [first, last];
}
