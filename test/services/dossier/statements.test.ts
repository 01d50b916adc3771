import { expect } from "chai";

import { evidenceAddressOf } from "../../../services/chain/deployment.ts";
import type { EvidenceMarket } from "../../../services/chain/evidence-market.ts";
import { commitmentOf } from "../../../services/dossier/format/commitment.ts";
import type { Dossier } from "../../../services/dossier/format/dossier-schema.ts";
import {
  claimDigestOf,
  unpackInterval,
  type EnergyClaimContent,
} from "../../../services/dossier/format/energy-claim.ts";
import { createTotalsCounter, summaryOf } from "../../../services/dossier/format/totals.ts";
import type { DossierMaker } from "../../../services/dossier/make/dossier-maker.ts";
import { createStatementJudge } from "../../../services/dossier/market/judge-statement.ts";
import { createStatementSigner } from "../../../services/dossier/market/sign-statements.ts";
import type { Backing, Statement } from "../../../services/dossier/market/statement.ts";
import { WattproofError } from "../../../services/errors.ts";
import {
  charge,
  createMeter,
  dossierOf,
  operator,
  oracle,
  usualDossier,
  yearSeconds,
} from "../../helpers/dossier-world.ts";

const energyClaims = `0x${"c1".repeat(20)}`;
const evidenceSales = `0x${"5a".repeat(20)}`;
const driver = `0x${"d".repeat(40)}`;
const hash = (byte: string): string => `0x${byte.repeat(32)}`;

/** A ledger that holds what a dossier says. */
function ledgerOf(read: () => Dossier): DossierMaker {
  return {
    readManifest() {
      const { manifest } = read();
      if (read().months.length === 0) throw new WattproofError("DOSSIER_EMPTY", "There is no session.");
      return Promise.resolve(manifest);
    },
    // eslint-disable-next-line @typescript-eslint/require-await
    async *makeMonths(_request, manifest) {
      const counter = createTotalsCounter();
      for (const month of read().months) {
        counter.add(month, month.meter);
        yield month;
      }
      const totals = counter.totals();
      const summary = summaryOf(totals);
      return { totals, summary, commitment: commitmentOf(manifest, totals, summary) };
    },
  };
}

/** What the chain has: purpose 1, all meters enrolled, no consent, nothing sold. */
const usualMarket: EvidenceMarket = {
  chainId: 31_337,
  addressOf: (role) => evidenceAddressOf({ chainId: 31_337, evidence: { energyClaims, evidenceSales } }, role),
  readPurpose: (purpose) => Promise.resolve(purpose === 1 ? { name: "NL-ERE-2026", group: 1 } : null),
  readDevices: (meters) => Promise.resolve(meters.map(() => ({ device: 7, others: [] }))),
  readClaim: () => Promise.resolve(null),
  readConsent: () => Promise.resolve({ scopes: 0, until: 0, shareBps: 0, lane: 0 }),
  readConsentsAt: () => Promise.resolve({ byDriver: new Map(), timestamp: 0 }),
  readPool: () => Promise.resolve({ events: [], rounds: 0, unallottedMicro: 0n }),
  readOffer: () => Promise.resolve(null),
  hasArrived: () => Promise.resolve(false),
  findPayment: () => Promise.resolve(null),
  readToken: () => Promise.resolve({ address: hash("00").slice(0, 42), unit: 1n, name: "", version: "" }),
  hasBought: () => Promise.resolve(false),
  hasSigned: () => Promise.resolve(false),
};

const afterPeriod = yearSeconds + 366 * 86_400;

interface World {
  readonly ledger?: () => Dossier;
  readonly market?: Partial<EvidenceMarket>;
  readonly timestamp?: number;
}

function chainOf(dossier: Dossier, timestamp: number) {
  const { chainId, contracts } = dossier.manifest;
  return {
    domain: { chainId, verifyingContract: contracts.chargingSettlement },
    oracle: oracle.address,
    readHead: () => Promise.resolve({ number: 9, hash: hash("09"), timestamp }),
    signDossier(digest: string) {
      const { r, yParityAndS: vs } = oracle.signingKey.sign(digest);
      return Promise.resolve({ signer: oracle.address, r, vs });
    },
  };
}

function judgeOf(dossier: Dossier, { ledger = () => dossier, market = {}, timestamp = afterPeriod }: World) {
  const chain = chainOf(dossier, timestamp);
  return createStatementJudge({ maker: ledgerOf(ledger), chain, market: { ...usualMarket, ...market } });
}

function backingOf({ manifest, totals, signatures }: Dossier): Backing {
  if (totals === null) throw new Error("It shows no totals.");
  return { manifest, totals, signatures };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    if (error instanceof WattproofError) return error.code;
    throw error;
  }
}

const claim: Statement = { kind: "claim", purpose: 1 };
const offer: Statement = {
  ...{ kind: "offer", agreement: 1, licenceHash: hash("11"), priceMicro: "5", scopes: 3, expiresAt: afterPeriod + 9 },
};

describe("What an oracle signs of the market", function () {
  this.timeout(20_000);
  const dossier = usualDossier();

  const refusal = (statement: Statement, world: World = {}, backing = backingOf(dossier)): Promise<string> =>
    codeOf(judgeOf(dossier, world).judge({ statement, backings: [backing] }));

  it("rests on a dossier that it signed itself, with just these sums", async function () {
    const altered = structuredClone(backingOf(dossier));
    altered.totals.claimableMicroWh = "1";
    for (const backing of [altered, { ...backingOf(dossier), signatures: [] }]) {
      expect(await refusal(claim, {}, backing)).to.equal("DOSSIER_NOT_SIGNED_HERE");
    }
    const judge = judgeOf(dossier, {});
    expect(await codeOf(judge.judge({ statement: claim, backings: [] }))).to.equal("ENVELOPE_INVALID");
  });

  it("is nothing that its records no longer give, whatever it signed before", async function () {
    const meter = createMeter(1);
    charge(meter, { atSeconds: yearSeconds, energyMicroWh: 5n });
    const ledger = (): Dossier => dossierOf([meter]);
    expect(await refusal(claim, { ledger })).to.equal("DOSSIER_OTHERWISE_KNOWN");
    const empty = (): Dossier => ({ ...dossier, months: [] });
    expect(await refusal(claim, { ledger: empty })).to.equal("DOSSIER_OTHERWISE_KNOWN");
  });

  it("is no claim for another purpose, before the period is over, or of a meter that is not enrolled", async function () {
    expect(await refusal({ kind: "claim", purpose: 2 })).to.equal("CLAIM_PURPOSE_DIFFERS");
    expect(await refusal(claim, { timestamp: yearSeconds })).to.equal("CLAIM_PERIOD_OPEN");
    const market = { readDevices: () => Promise.resolve([{ device: 0, others: [] }]) };
    expect(await refusal(claim, { market })).to.equal("CLAIM_METER_NOT_ENROLLED");
    const none = { addressOf: () => evidenceAddressOf({ chainId: 31_337 }, "energyClaims") };
    expect(await refusal(claim, { market: none })).to.equal("EVIDENCE_NOT_DEPLOYED");
  });

  it("is no claim of a meter that is several devices in the claims contract", async function () {
    const market: Partial<EvidenceMarket> = {
      readDevices: (meters) =>
        Promise.resolve(
          meters.map((_meter, index) => ({ device: 7, others: index > 0 ? [] : [{ meter: 40, device: 8 }] })),
        ),
    };
    const judged = judgeOf(dossier, { market }).judge({ statement: claim, backings: [backingOf(dossier)] });
    const [first] = dossier.manifest.meters;
    expect(await judged.catch((error: unknown) => error)).to.include({
      ...{ code: "CLAIM_METER_NOT_JOINED", message: `CLAIM_METER_NOT_JOINED: meters ${first?.number} and 40` },
    });
  });

  it("is a claim of all the dossier's energy, from the first register to the last", async function () {
    const market: Partial<EvidenceMarket> = {
      readDevices: (meters) =>
        Promise.resolve(
          meters.map(({ publicKey }) => ({ device: Number(BigInt(publicKey.slice(0, 6)) % 99n) + 1, others: [] })),
        ),
    };
    const { digest, content } = await judgeOf(dossier, { market }).judge({
      statement: claim,
      backings: [backingOf(dossier)],
    });
    const claimed = content as EnergyClaimContent;
    expect(digest).to.equal(claimDigestOf(claimed, 31_337, energyClaims));
    const intervals = claimed.intervals.map(unpackInterval);
    const sum = intervals.reduce((total, { energyMicroWh }) => total + energyMicroWh, 0n);
    expect(sum.toString()).to.equal(dossier.totals?.claimableMicroWh);
    for (const { from, to, energyMicroWh } of intervals) expect(to - from >= energyMicroWh).to.equal(true);
    expect(claimed).to.include({ operator, purpose: 1, periodEnd: dossier.manifest.toSeconds });
  });

  it("contradicts a claim only where the records prove less by now", async function () {
    const content = { operator, purpose: 1, periodEnd: 1, root: dossier.commitment.root ?? "", intervals: [] };
    const statement: Statement = { kind: "contradiction", claimId: "4" };
    expect(await refusal(statement)).to.equal("CLAIM_UNKNOWN");
    const market = { readClaim: () => Promise.resolve(content) };
    expect(await refusal(statement, { market })).to.equal("CLAIM_STANDS");
    const less = structuredClone(dossier);
    less.months[0]?.sessions.splice(0, 1);
    const world = { market, ledger: () => less };
    const judged = await judgeOf(dossier, world).judge({ statement, backings: [backingOf(dossier)] });
    expect(judged.content).to.have.nested.property("reasons.meters[0].meter", 1);
    expect(judged.content).to.have.nested.property("reasons.meters.length", 1);
  });

  it("is an offer only with every driver's consent to all of it, now", async function () {
    const now = { scopes: 3, until: afterPeriod + 1, shareBps: 1_500, lane: 4 };
    for (const changes of [{ scopes: 1 }, { until: afterPeriod }, { scopes: 0 }]) {
      const market = { readConsent: () => Promise.resolve({ ...now, ...changes }) };
      expect(await refusal(offer, { market })).to.equal("CONSENT_LACKING");
    }
    const market = { readConsent: () => Promise.resolve(now) };
    const { content } = await judgeOf(dossier, { market }).judge({ statement: offer, backings: [backingOf(dossier)] });
    expect(content).to.have.nested.property("offer.leastDriversBps", 1_500);
    expect(content).to.have.property("drivers", 1);
  });

  it("pays a driver on the lane of the consent, and says of no payment that it came unless it did", async function () {
    const root = dossier.commitment.root ?? "";
    const market: Partial<EvidenceMarket> = {
      readConsent: () => Promise.resolve({ scopes: 3, until: 0, shareBps: 0, lane: 4 }),
      readPool: () =>
        Promise.resolve({
          events: [{ kind: "sold", operator, root, amountMicro: 9n }],
          rounds: 0,
          unallottedMicro: 9n,
        }),
    };
    const round: Statement = { kind: "round", round: 1, totalMicro: "9" };
    const { content } = await judgeOf(dossier, { market }).judge({ statement: round, backings: [backingOf(dossier)] });
    expect(content).to.deep.include({ parts: [{ driver, lane: 4, amountMicro: "9" }] });
    const arrival: Statement = {
      kind: "arrival",
      buyer: operator,
      nonce: hash("22"),
      amountMicro: "9",
      txHash: hash("33"),
    };
    expect(await refusal(arrival)).to.equal("PAYMENT_NOT_ARRIVED");
  });
});

describe("The signatures of a statement", function () {
  this.timeout(20_000);
  const dossier = usualDossier();
  const backings = [backingOf(dossier)];

  function signerOf(threshold: number, peers: Parameters<typeof createStatementSigner>[0]["peers"] = []) {
    const chain = {
      ...chainOf(dossier, afterPeriod),
      readCommittee: () =>
        Promise.resolve({ version: 1, members: [oracle.address, ...peers.map(({ address }) => address)], threshold }),
    };
    return createStatementSigner({
      ...{ judge: judgeOf(dossier, {}), chain, peers, catchUp: () => Promise.resolve() },
      ...{ desk: { alert: () => undefined, note: () => undefined }, signal: new AbortController().signal },
    });
  }

  it("are refused to a peer who came to something else", async function () {
    const asked = { statement: claim, backings, digest: hash("44") };
    expect(await codeOf(signerOf(1).signFor(asked))).to.equal("STATEMENT_OTHERWISE_KNOWN");
    const { digest } = await judgeOf(dossier, {}).judge({ statement: claim, backings });
    expect(await codeOf(signerOf(1).signFor({ statement: claim, backings, digest }))).to.equal("none");
  });

  it("are as many as the committee asks for, or none", async function () {
    const { signatures } = await signerOf(1).signTogether({ statement: claim, backings });
    expect(signatures.map(({ signer }) => signer)).to.deep.equal([oracle.address]);
    const silent = {
      address: operator,
      requestStatementSignature: () => Promise.reject(new WattproofError("PEER_UNAVAILABLE", "It is silent.")),
    };
    const lacking = signerOf(2, [silent]).signTogether({ statement: claim, backings });
    expect(await codeOf(lacking)).to.equal("STATEMENT_QUORUM_LACKING");
  });
});
