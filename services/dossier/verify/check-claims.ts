import { AbiCoder, keccak256, toBeHex, zeroPadValue } from "ethers";
import { z } from "zod";

import { curveNumberOf } from "../../domain/meter-curve.ts";
import { findBlockSince, readLogs, readView, type PlacedLog, type ReceiptChain } from "../../receipts/receipt-chain.ts";
import type { DossierManifest } from "../format/dossier-schema.ts";
import {
  claimHashOf,
  intervalWordsOf,
  rootWordOf,
  unpackInterval,
  type EnergyClaimContent,
  type MeterSpan,
} from "../format/energy-claim.ts";
import { evidenceInterface, topicOf } from "../format/evidence-interface.ts";
import type { Findings } from "./findings.ts";

/** What was found of the dossier's claims. */
export interface FoundClaims {
  /** The block of the first claim of this dossier; `null` if there is none. */
  readonly firstBlock: number | null;
}

/** What is claimed of a dossier that nobody claimed. */
export const noClaims: FoundClaims = { firstBlock: null };

/** A dossier as its claims have to say it. */
export interface ClaimedDossier {
  readonly manifest: DossierManifest;
  readonly root: string | null;
  readonly claimableMicroWh: bigint;
  /** `null` where not all sessions are shown: then the sum alone is compared. */
  readonly spans: readonly MeterSpan[] | null;
}

interface ClaimEvent {
  readonly claimId: bigint;
  readonly blockNumber: number;
  readonly content: EnergyClaimContent;
}

const small = z.bigint().transform(Number);
const purposeView = z.object({ group: small, activeFrom: small, name: z.string() });
const claimView = z.object({ status: small, claimHash: z.string() });
const eventView = z.object({
  claimId: z.bigint(),
  operator: z.string(),
  purpose: small,
  root: z.string(),
  periodEnd: small,
});
const firstPurpose = 1;
/** As `ClaimStatus` of IEnergyClaims.sol numbers it. */
const contradicted = 3;

/**
 * Looks for the claims of a dossier: that each says what the dossier says, stands, and is the only one of its energy in the
 * group of its purpose.
 *
 * Warning: the contract is the one that the dossier names, and is known only to be one of this settlement. Compare its
 * address with the one that you know.
 */
export async function checkClaims(
  {
    chain,
    findings,
    skipped,
    isClaimNeeded,
  }: {
    readonly chain: ReceiptChain;
    readonly findings: Findings;
    readonly skipped: string[];
    readonly isClaimNeeded: boolean;
  },
  dossier: ClaimedDossier,
): Promise<FoundClaims> {
  const { manifest, root } = dossier;
  const { energyClaims, contracts } = manifest;
  const missing = (why: string): FoundClaims => {
    if (isClaimNeeded) findings.add("DOSSIER_CLAIM_MISSING", why);
    else skipped.push(`claim: ${why}`);
    return noClaims;
  };
  if (energyClaims === null) return missing("the dossier names no claims contract");
  const settlement = await readView(chain, energyClaims, "settlement", [], evidenceInterface);
  if (typeof settlement !== "string" || settlement.toLowerCase() !== contracts.chargingSettlement.toLowerCase()) {
    findings.add("DOSSIER_CLAIM_CONTRACT_DIFFERS", energyClaims);
    return noClaims;
  }
  const events = await readClaims(chain, energyClaims);
  const own = events.filter(({ content }) => content.root === rootWordOf(root));
  if (root === null || own.length === 0) return missing("nobody has claimed the energy of this dossier");
  const groups = await readGroups(chain, energyClaims, events);
  for (const claim of own) {
    await checkClaim(chain, claim, dossier, findings);
    checkExclusive(claim, events, groups, findings);
  }
  return { firstBlock: Math.min(...own.map(({ blockNumber }) => blockNumber)) };
}

async function checkClaim(
  chain: ReceiptChain,
  { claimId, content }: ClaimEvent,
  { manifest, claimableMicroWh, spans }: ClaimedDossier,
  findings: Findings,
): Promise<void> {
  const { energyClaims } = manifest;
  if (energyClaims === null) return;
  const where = `claim ${claimId}`;
  const ask = (name: string, values: readonly unknown[]): Promise<unknown> =>
    readView(chain, energyClaims, name, values, evidenceInterface);
  const state = claimView.safeParse(await ask("claimOf", [claimId])).data;
  const purpose = purposeView.safeParse(await ask("purposeOf", [content.purpose])).data;
  if (state?.status === contradicted) findings.add("DOSSIER_CLAIM_CONTRADICTED", where);
  const differs = (what: string): void => {
    findings.add("DOSSIER_CLAIM_DIFFERS", `${where}: ${what}`);
  };
  if (state?.claimHash !== claimHashOf(content)) differs("what the contract keeps of it");
  if (purpose?.name !== manifest.purpose) differs("purpose");
  if (content.operator.toLowerCase() !== manifest.operator.toLowerCase()) differs("operator");
  if (content.periodEnd !== manifest.toSeconds) differs("end of the period");
  const claimedMicroWh = content.intervals.reduce((sum, word) => sum + unpackInterval(word).energyMicroWh, 0n);
  if (claimedMicroWh !== claimableMicroWh) differs(`${claimedMicroWh} × 10⁻⁶ Wh`);
  if (spans === null) return;
  const devices = new Map<number, number>();
  for (const { number, curve, publicKey } of manifest.meters) {
    const keyId = keccak256(AbiCoder.defaultAbiCoder().encode(["uint8", "bytes"], [curveNumberOf(curve), publicKey]));
    devices.set(number, small.catch(0).parse(await ask("deviceOf", [keyId])));
  }
  const expected = intervalWordsOf(spans, manifest, (meter) => devices.get(meter) ?? 0);
  if (expected.join() !== content.intervals.join()) differs("registers of the meters");
}

/** No other claim of the group has any of the same energy, whatever the contract let pass. */
function checkExclusive(
  claim: ClaimEvent,
  events: readonly ClaimEvent[],
  groups: ReadonlyMap<number, number>,
  findings: Findings,
): void {
  const group = groups.get(claim.content.purpose);
  const own = claim.content.intervals.map(unpackInterval);
  for (const other of events) {
    if (other.claimId === claim.claimId || groups.get(other.content.purpose) !== group) continue;
    const isSame = other.content.intervals
      .map(unpackInterval)
      .some(({ device, from, to }) =>
        own.some((interval) => interval.device === device && interval.from < to && from < interval.to),
      );
    if (isSame) findings.add("DOSSIER_CLAIM_OVERLAPS", `claims ${claim.claimId} and ${other.claimId}`);
  }
}

/** The group of each purpose that somebody claimed for. */
async function readGroups(
  chain: ReceiptChain,
  energyClaims: string,
  events: readonly ClaimEvent[],
): Promise<ReadonlyMap<number, number>> {
  const groups = new Map<number, number>();
  for (const purpose of new Set(events.map(({ content }) => content.purpose))) {
    const answer = await readView(chain, energyClaims, "purposeOf", [purpose], evidenceInterface);
    groups.set(purpose, purposeView.safeParse(answer).data?.group ?? 0);
  }
  return groups;
}

/** All claims: none is older than the day from which on the contract takes claims for its first purpose. */
async function readClaims(chain: ReceiptChain, energyClaims: string): Promise<readonly ClaimEvent[]> {
  const answer = await readView(chain, energyClaims, "purposeOf", [firstPurpose], evidenceInterface);
  const activeFrom = purposeView.safeParse(answer).data?.activeFrom ?? 0;
  if (activeFrom === 0) return [];
  const firstBlock = await findBlockSince(chain, activeFrom);
  const logs = await readLogs(chain, energyClaims, [topicOf("EnergyClaimed")], firstBlock);
  return logs.flatMap((log) => claimIn(log) ?? []);
}

function claimIn({ topics, data, blockNumber }: PlacedLog): ClaimEvent | null {
  const parsed = evidenceInterface.parseLog({ topics, data });
  const values = parsed === null ? null : eventView.safeParse(parsed.args.toObject()).data;
  if (parsed === null || values === undefined || values === null) return null;
  const words = z.array(z.bigint()).parse(Array.from(parsed.args.getValue("intervals") as Iterable<unknown>));
  const { claimId, ...content } = values;
  return {
    claimId,
    blockNumber,
    content: { ...content, intervals: words.map((word) => zeroPadValue(toBeHex(word), 32)) },
  };
}
