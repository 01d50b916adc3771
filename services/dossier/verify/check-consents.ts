import { zeroPadValue } from "ethers";

import { readBlock, readLogs, type ReceiptChain } from "../../receipts/receipt-chain.ts";
import { consentsIn, isConsenting, neededScopesOf } from "../format/consents.ts";
import type { DossierManifest, DossierSession } from "../format/dossier-schema.ts";
import { topicOf } from "../format/evidence-interface.ts";
import type { Findings } from "./findings.ts";

/** Compares the drivers of sessions with their consents. */
export type ConsentCheck = (sessions: readonly DossierSession[]) => void;

/** A purpose that needs consents is served by a dossier that rests on them. */
export function checkConsentRule({ purpose, consent }: DossierManifest, findings: Findings): void {
  const needed = neededScopesOf(purpose);
  if (((consent?.scopes ?? 0) & needed) !== needed) findings.add("DOSSIER_CONSENT_MISSING", purpose);
}

/**
 * Reads the consents that the dossier rests on, as they stood at its block; `null` if it rests on none.
 *
 * A later first block than is true hides consents, and so lets no driver in who did not consent.
 */
export async function createConsentCheck(
  chain: ReceiptChain,
  { operator, consent }: DossierManifest,
  findings: Findings,
): Promise<ConsentCheck | null> {
  if (consent === undefined) return null;
  const { dataConsents, firstBlock, blockNumber } = consent;
  const block = await readBlock(chain, blockNumber);
  if (block === null) findings.add("DOSSIER_CONSENT_LACKING", `the chain has no block ${blockNumber}`);
  const events = ["DataConsentGranted", "DataConsentRevoked"].map(topicOf);
  const logs = await readLogs(chain, dataConsents, [events, null, zeroPadValue(operator, 32)], firstBlock);
  const standing = {
    byDriver: consentsIn(logs.filter((log) => log.blockNumber <= blockNumber)),
    timestamp: block?.timestamp ?? Number.MAX_SAFE_INTEGER,
  };
  return (sessions) => {
    for (const { sessionId, terms } of sessions) {
      if (isConsenting(standing, terms.driver, consent)) continue;
      findings.add("DOSSIER_CONSENT_LACKING", `session ${sessionId}, driver ${terms.driver}`);
    }
  };
}
