import { ZeroHash } from "ethers";

import type { Chain } from "../../chain/chain.ts";
import { WattproofError } from "../../errors.ts";
import type { ConsentRule } from "../format/consents.ts";
import { canonicalText, commitmentOf, dossierDigestOf, signerOf } from "../format/commitment.ts";
import { isShown, type DossierTotals } from "../format/dossier-schema.ts";
import { createSpanCounter, type MeterSpan } from "../format/energy-claim.ts";
import { summaryOf } from "../format/totals.ts";
import type { DossierMaker } from "../make/dossier-maker.ts";
import type { Backing } from "./statement.ts";

/** What this oracle's ledger says now of a dossier. */
export interface OwnSums {
  readonly totals: DossierTotals;
  readonly spans: readonly MeterSpan[];
  /** Energy by driver, of the sessions that count. */
  readonly drivers: ReadonlyMap<string, bigint>;
}

/** @throws DOSSIER_NOT_SIGNED_HERE unless this oracle signed the dossier with these sums */
export function requireOwnSignature(
  { manifest, totals, signatures }: Backing,
  { domain, oracle }: Pick<Chain, "domain" | "oracle">,
): void {
  const digest = dossierDigestOf(commitmentOf(manifest, totals, summaryOf(totals)), domain);
  const isSigned = signatures.some(({ r, vs }) => signerOf(digest, r, vs) === oracle.toLowerCase());
  if (!isSigned) throw new WattproofError("DOSSIER_NOT_SIGNED_HERE", `${oracle} has not signed it.`);
}

/**
 * Reads the ledger as for the dossier, without its salts, which only its file has. `null` if nothing of it is there.
 */
export async function readOwnSums(
  { manifest }: Pick<Backing, "manifest">,
  maker: DossierMaker,
): Promise<OwnSums | null> {
  const { purpose, operator, fromSeconds, toSeconds, evses, consent } = manifest;
  const request = {
    ...{ purpose, operator, fromSeconds, toSeconds, seed: ZeroHash },
    consent: consent === undefined ? null : ruleOf(consent),
    evses: evses.map(({ number }) => number),
    identifiers: Object.fromEntries(evses.map(({ number, identifiers }) => [String(number), identifiers])),
  };
  const spans = createSpanCounter();
  const drivers = new Map<string, bigint>();
  try {
    const months = maker.makeMonths(request, await maker.readManifest(request));
    for (;;) {
      const next = await months.next();
      if (next.done === true) return { totals: next.value.totals, spans: spans.spans(), drivers };
      spans.add(next.value);
      for (const session of next.value.sessions) {
        if (!isShown(session)) continue;
        const energyMicroWh = BigInt(session.toMicroWh) - BigInt(session.fromMicroWh);
        drivers.set(session.terms.driver, (drivers.get(session.terms.driver) ?? 0n) + energyMicroWh);
      }
    }
  } catch (error) {
    if (error instanceof WattproofError && error.code === "DOSSIER_EMPTY") return null;
    throw error;
  }
}

/** Whether two totals are the same but for the roots, which follow from salts. */
export function isSameTotals(left: DossierTotals, right: DossierTotals): boolean {
  return canonicalText(withoutRoots(left)) === canonicalText(withoutRoots(right));
}

function withoutRoots(totals: DossierTotals): DossierTotals {
  return { ...totals, root: null, months: totals.months.map((month) => ({ ...month, root: null })) };
}

function ruleOf({ scopes, shareBps, blockNumber }: ConsentRule): ConsentRule {
  return { scopes, shareBps, blockNumber };
}
