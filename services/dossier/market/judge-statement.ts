import type { Chain } from "../../chain/chain.ts";
import type { EvidenceMarket } from "../../chain/evidence-market.ts";
import { WattproofError } from "../../errors.ts";
import { canonicalHashOf } from "../format/commitment.ts";
import type { StandingConsent } from "../format/consents.ts";
import {
  arrivalDigestOf,
  driversRootOf,
  offerDigestOf,
  offerIdOf,
  roundDigestOf,
  roundTreeOf,
  type OfferContent,
} from "../format/dossier-sale.ts";
import {
  claimDigestOf,
  claimHashOf,
  contradictionDigestOf,
  intervalWordsOf,
  rootWordOf,
  type EnergyClaimContent,
} from "../format/energy-claim.ts";
import type { DossierMaker } from "../make/dossier-maker.ts";
import { divideRound } from "./divide-round.ts";
import { isSameTotals, readOwnSums, requireOwnSignature, type OwnSums } from "./own-sums.ts";
import type { Backing, Statement, StatementRequest } from "./statement.ts";

/** What a statement comes to by this oracle's own records, and what an oracle signs for it. */
export interface JudgedStatement {
  readonly digest: string;
  /** What the contract is called with, apart from the signatures. JSON. */
  readonly content: object;
}

/** Works statements out. */
export interface StatementJudge {
  /**
   * @throws DOSSIER_NOT_SIGNED_HERE, DOSSIER_OTHERWISE_KNOWN, CLAIM_…, CONSENT_…, ROUND_…, PAYMENT_NOT_ARRIVED,
   * EVIDENCE_NOT_DEPLOYED, and what ledger and chain throw
   */
  judge(request: StatementRequest): Promise<JudgedStatement>;
}

export interface StatementJudgeDeps {
  readonly maker: DossierMaker;
  readonly chain: Pick<Chain, "domain" | "oracle" | "readHead">;
  readonly market: EvidenceMarket;
}

type Of<Kind extends Statement["kind"]> = Extract<Statement, { kind: Kind }>;

export function createStatementJudge(deps: StatementJudgeDeps): StatementJudge {
  const { maker, chain, market } = deps;
  const { chainId } = market;

  /** The sums of a dossier that this oracle signed. @throws DOSSIER_NOT_SIGNED_HERE */
  async function ownSums(backing: Backing): Promise<OwnSums | null> {
    requireOwnSignature(backing, chain);
    return readOwnSums(backing, maker);
  }

  /** @throws DOSSIER_OTHERWISE_KNOWN if the ledger says something else by now */
  async function sameSums(backing: Backing): Promise<OwnSums> {
    const own = await ownSums(backing);
    if (own === null || !isSameTotals(own.totals, backing.totals)) {
      throw new WattproofError("DOSSIER_OTHERWISE_KNOWN", "The records have changed since it was signed.");
    }
    return own;
  }

  async function judgeClaim({ purpose }: Of<"claim">, backing: Backing): Promise<JudgedStatement> {
    const { manifest, totals } = backing;
    const energyClaims = market.addressOf("energyClaims");
    const found = await market.readPurpose(purpose);
    if (found?.name !== manifest.purpose) {
      throw new WattproofError("CLAIM_PURPOSE_DIFFERS", `${purpose} is ${found?.name ?? "not there"}`);
    }
    const { timestamp } = await chain.readHead();
    if (manifest.toSeconds > timestamp) {
      throw new WattproofError("CLAIM_PERIOD_OPEN", `It ends ${manifest.toSeconds - timestamp} seconds from now.`);
    }
    const { spans } = await sameSums(backing);
    const devices = await devicesOf(market, backing, spans);
    const content: EnergyClaimContent = {
      ...{ operator: manifest.operator, purpose, periodEnd: manifest.toSeconds, root: rootWordOf(totals.root) },
      intervals: intervalWordsOf(spans, manifest, (meter) => devices.get(meter) ?? 0),
    };
    return { digest: claimDigestOf(content, chainId, energyClaims), content };
  }

  async function judgeContradiction({ claimId }: Of<"contradiction">, backing: Backing): Promise<JudgedStatement> {
    const claim = await market.readClaim(BigInt(claimId));
    const root = rootWordOf(backing.totals.root);
    if (claim?.root !== root) throw new WattproofError("CLAIM_UNKNOWN", `${claimId} is not of this dossier.`);
    const own = await ownSums(backing);
    const meters = overstated(backing, own);
    if (meters.length === 0) throw new WattproofError("CLAIM_STANDS", `claim ${claimId}`);
    const reasons = { claim: claimHashOf(claim), root, meters };
    const reasonHash = canonicalHashOf(reasons);
    const digest = contradictionDigestOf(BigInt(claimId), reasonHash, chainId, market.addressOf("energyClaims"));
    return { digest, content: { claimId, reasonHash, reasons } };
  }

  async function judgeOffer(statement: Of<"offer">, backing: Backing): Promise<JudgedStatement> {
    const { kind, scopes, ...terms } = statement;
    const { operator } = backing.manifest;
    const { drivers } = await sameSums(backing);
    const consents = scopes === 0 ? [] : await requireConsents(deps, [...drivers.keys()], operator, scopes);
    const content: OfferContent = {
      ...{ operator, root: rootWordOf(backing.totals.root), ...terms, scopes },
      leastDriversBps: Math.max(0, ...consents.map(({ shareBps }) => shareBps)),
      driversRoot: driversRootOf(scopes === 0 ? [] : [...drivers.keys()]),
    };
    const digest = offerDigestOf(content, chainId, market.addressOf("evidenceSales"));
    return { digest, content: { kind, offerId: offerIdOf(content), offer: content, drivers: drivers.size } };
  }

  async function judgeRound(statement: Of<"round">, backings: readonly Backing[]): Promise<JudgedStatement> {
    const sums = new Map<string, OwnSums>();
    for (const backing of backings) {
      requireOwnSignature(backing, chain);
      const own = await readOwnSums(backing, maker);
      if (own !== null) sums.set(rootWordOf(backing.totals.root), own);
    }
    const totalMicro = BigInt(statement.totalMicro);
    const shares = divideRound(await market.readPool(), { round: statement.round, totalMicro }, (root) => {
      return sums.get(root)?.drivers ?? null;
    });
    const operatorOf = new Map(backings.map(({ manifest, totals }) => [rootWordOf(totals.root), manifest.operator]));
    const parts = [];
    for (const { driver, root, amountMicro } of shares) {
      const { lane } = await market.readConsent(driver, operatorOf.get(root) ?? driver);
      parts.push({ driver, lane, amountMicro });
    }
    const merged = mergeParts(parts);
    const content = { round: statement.round, root: roundTreeOf(merged).root, totalMicro: statement.totalMicro };
    const digest = roundDigestOf(
      { round: BigInt(statement.round), root: content.root, totalMicro },
      ...([chainId, market.addressOf("evidenceSales")] as const),
    );
    return { digest, content: { ...content, parts: merged } };
  }

  async function judgeArrival({ buyer, nonce, amountMicro, txHash }: Of<"arrival">): Promise<JudgedStatement> {
    const arrived = { buyer, nonce, amountMicro: BigInt(amountMicro) };
    if (!(await market.hasArrived(txHash, buyer, nonce, arrived.amountMicro))) {
      throw new WattproofError("PAYMENT_NOT_ARRIVED", txHash);
    }
    const digest = arrivalDigestOf(arrived, chainId, market.addressOf("evidenceSales"));
    return { digest, content: { buyer, nonce, amountMicro } };
  }

  return {
    async judge({ statement, backings }) {
      const [backing] = backings;
      if (statement.kind === "arrival") return judgeArrival(statement);
      if (statement.kind === "round") return judgeRound(statement, backings);
      if (backing === undefined) throw new WattproofError("ENVELOPE_INVALID", "There is no dossier to rest on.");
      switch (statement.kind) {
        case "claim":
          return judgeClaim(statement, backing);
        case "contradiction":
          return judgeContradiction(statement, backing);
        case "offer":
          return judgeOffer(statement, backing);
      }
    },
  };
}

/**
 * The device of each meter of which something is counted. What one physical meter counted must not be claimed by each of
 * its keys, so all of them have to be one device.
 * @throws CLAIM_METER_NOT_ENROLLED, CLAIM_METER_NOT_JOINED
 */
async function devicesOf(
  market: EvidenceMarket,
  { manifest }: Backing,
  spans: OwnSums["spans"],
): Promise<ReadonlyMap<number, number>> {
  const meters = manifest.meters.filter(({ number }) => spans.some(({ meter }) => meter === number));
  const found = await market.readDevices(meters);
  const devices = new Map<number, number>();
  for (const [index, { number }] of meters.entries()) {
    const { device, others } = found[index] ?? { device: 0, others: [] };
    if (device === 0) throw new WattproofError("CLAIM_METER_NOT_ENROLLED", `meter ${number}`);
    if (others.length > 0) {
      const numbers = [number, ...others.map(({ meter }) => meter)];
      throw new WattproofError("CLAIM_METER_NOT_JOINED", `meters ${numbers.join(" and ")}`);
    }
    devices.set(number, device);
  }
  return devices;
}

/** @throws CONSENT_LACKING unless every driver lets the operator do all of this now */
async function requireConsents(
  { chain, market }: Pick<StatementJudgeDeps, "chain" | "market">,
  drivers: readonly string[],
  operator: string,
  scopes: number,
): Promise<readonly StandingConsent[]> {
  const { timestamp } = await chain.readHead();
  const consents: StandingConsent[] = [];
  for (const driver of drivers) {
    const consent = await market.readConsent(driver, operator);
    if ((consent.scopes & scopes) === scopes && consent.until > timestamp) consents.push(consent);
  }
  const lacking = drivers.length - consents.length;
  if (lacking > 0) throw new WattproofError("CONSENT_LACKING", `${lacking} of ${drivers.length} drivers`);
  return consents;
}

/** The meters of which less is proven now than the dossier counted. */
function overstated({ totals }: Backing, own: OwnSums | null): readonly object[] {
  const claimed = new Map<number, bigint>();
  for (const { meter, sessionsMicroWh } of totals.months) {
    claimed.set(meter, (claimed.get(meter) ?? 0n) + BigInt(sessionsMicroWh));
  }
  return [...claimed].flatMap(([meter, claimedMicroWh]) => {
    const provenMicroWh = own?.spans.find((span) => span.meter === meter)?.energyMicroWh ?? 0n;
    if (provenMicroWh >= claimedMicroWh) return [];
    return [{ meter, claimedMicroWh: claimedMicroWh.toString(), provenMicroWh: provenMicroWh.toString() }];
  });
}

/** One part for each driver and lane, in a fixed order. */
function mergeParts(
  parts: readonly { readonly driver: string; readonly lane: number; readonly amountMicro: bigint }[],
): { driver: string; lane: number; amountMicro: string }[] {
  const sums = new Map<string, { driver: string; lane: number; amountMicro: bigint }>();
  for (const { driver, lane, amountMicro } of parts) {
    const key = `${driver.toLowerCase()} ${lane}`;
    const sum = sums.get(key)?.amountMicro ?? 0n;
    sums.set(key, { driver, lane, amountMicro: sum + amountMicro });
  }
  return [...sums]
    .filter(([, { amountMicro }]) => amountMicro > 0n)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, part]) => ({ ...part, amountMicro: part.amountMicro.toString() }));
}
