import { Wallet } from "ethers";

import { demoMeterKey, type MeterKey } from "../../scripts/simulator/demo-key.ts";
import { createSimulatedMeter, type SimulatedMeter } from "../../scripts/simulator/meter.ts";
import { contractRoles, type ContractAddresses, forEachRole } from "../../services/contracts.ts";
import { idTagOf } from "../../services/domain/id-tag.ts";
import { sessionIdOf, type SessionTerms } from "../../services/domain/terms.ts";
import { commitmentOf, dossierDigestOf } from "../../services/dossier/format/commitment.ts";
import {
  dossierVersion,
  isShown,
  type Dossier,
  type DossierManifest,
  type DossierMonth,
  type DossierSession,
} from "../../services/dossier/format/dossier-schema.ts";
import { leafOf, rootOf } from "../../services/dossier/format/leaves.ts";
import { createTotalsCounter, summaryOf } from "../../services/dossier/format/totals.ts";
import type { ProvenSession, UnprovenSession } from "../../services/dossier/make/judge-session.ts";
import { layOutMonths } from "../../services/dossier/make/lay-out-months.ts";
import { verifyDossier, type DossierVerdict } from "../../services/dossier/verify/verify-dossier.ts";
import { nodeCryptography } from "../../services/evidence/formats/ocmf/node-cryptography.ts";
import { createOcmfVerifier } from "../../services/evidence/formats/ocmf/verifier.ts";

export const verifier = createOcmfVerifier({ cryptography: nodeCryptography });
export const oracle = new Wallet(`0x${"07".repeat(32)}`);
export const operator = "0x00000000000000000000000000000000000000aa";
export const seed = `0x${"5e".repeat(32)}`;
const maximumPowerW = 22_000;
/** 2026-01-01 in UTC. */
export const yearSeconds = 1_767_225_600;
const contracts: ContractAddresses = Object.assign(
  forEachRole(""),
  Object.fromEntries(contractRoles.map((role, index) => [role, `0x${(index + 1).toString(16).padStart(40, "0")}`])),
);
const domain = { chainId: 31_337, verifyingContract: contracts.chargingSettlement };

/** A meter of a test, with what it signed so far. */
export interface TestMeter {
  readonly number: number;
  readonly key: MeterKey;
  readonly simulated: SimulatedMeter;
  found: (ProvenSession | UnprovenSession)[];
  nonce: number;
}

export function createMeter(number: number): TestMeter {
  const key = demoMeterKey("secp256r1", `dossier ${number}`);
  const simulated = createSimulatedMeter({ key, serial: `DOSSIER${number}`, evseId: `DE*TST*E${number}` });
  return { number, key, simulated, found: [], nonce: 0 };
}

export function termsOf(meter: TestMeter, owner = operator): SessionTerms {
  meter.nonce += 1;
  return {
    driver: `0x${"d".repeat(40)}`,
    lane: meter.number,
    nonce: meter.nonce,
    operator: owner,
    agreement: 0,
    evse: meter.number,
    meter: meter.number,
    maximumPowerW,
    tariffId: `0x${"11".repeat(32)}`,
    holdMicro: 40_000_000n,
    expiresAt: 2_000_000_000,
  };
}

/** A session that the meter signs, in one record or in two, and that the chain settled. */
export function charge(
  meter: TestMeter,
  options: {
    readonly atSeconds: number;
    readonly energyMicroWh: bigint;
    readonly durationSeconds?: number;
    readonly terms?: SessionTerms;
    readonly isPair?: boolean;
    readonly exclusion?: ProvenSession["exclusion"];
    readonly idTag?: string;
  },
): ProvenSession {
  const { atSeconds, energyMicroWh, durationSeconds = 3_600, exclusion = null } = options;
  const terms = options.terms ?? termsOf(meter);
  const sessionId = sessionIdOf(terms, domain);
  const opening = { openedAt: atSeconds - 60, salt: meter.nonce };
  const { registerMicroWh, pagination } = meter.simulated.state();
  const content = {
    idTag: options.idTag ?? idTagOf(sessionId, opening),
    ...{ energyMicroWh, beginSeconds: atSeconds, endSeconds: atSeconds + durationSeconds },
  };
  const texts = options.isPair === true ? meter.simulated.recordPair(content) : [meter.simulated.record(content)];
  const records = texts.map((text) => {
    const verdict = verifier.verifyRecord(Buffer.from(text), meter.key.publicKeySpkiHex);
    if (verdict.verdict !== "accepted") throw new Error(verdict.reason);
    return { text, sha256: verdict.payloadSha256 };
  });
  const session: ProvenSession = {
    kind: "proven",
    session: {
      sessionId,
      terms: { ...terms, holdMicro: terms.holdMicro.toString() },
      opening,
      fromMicroWh: registerMicroWh.toString(),
      toMicroWh: (registerMicroWh + energyMicroWh).toString(),
      ...{ beginSeconds: atSeconds, endSeconds: atSeconds + durationSeconds, clock: "meter" },
      firstPage: (pagination + 1n).toString(),
      lastPage: (pagination + BigInt(texts.length)).toString(),
      proof: "meter-signed-bound",
      settlement: { hash: `0x${"22".repeat(32)}`, blockNumber: meter.nonce, logIndex: 0 },
      records,
    },
    identity: identityOf(meter),
    exclusion,
    settledMicroWh: energyMicroWh,
  };
  meter.found.push(session);
  return session;
}

function identityOf(meter: TestMeter): ProvenSession["identity"] {
  return {
    vendor: null,
    model: null,
    serial: `DOSSIER${meter.number}`,
    register: "1-b:1.8.0",
    restartsWithTransaction: false,
  };
}

export function manifestOf(meters: readonly TestMeter[]): DossierManifest {
  return {
    purpose: "NL-ERE-2026",
    fromSeconds: yearSeconds,
    toSeconds: yearSeconds + 365 * 86_400,
    operator,
    chainId: domain.chainId,
    contracts,
    energyClaims: null,
    evses: meters.map(({ number }) => ({
      ...{ number, evseId: `DE*TST*E${number}`, maximumPowerW },
      identifiers: { ean: `8712345678901234${number}` },
    })),
    meters: meters.map((meter) => ({
      ...{ number: meter.number, evse: meter.number, curve: "secp256r1" as const },
      publicKey: `0x${Buffer.from(meter.key.publicKeyPoint).toString("hex")}`,
      ...{ possession: "proven-on-chain" as const, provenance: "self-declared" as const, maker: 0 },
      ...{ validFrom: 0, validUntil: 2 ** 40 - 1 },
      calibrationExpiresAt: yearSeconds + 8 * 365 * 86_400,
      ...(meter.found.find((one) => one.kind === "proven")?.identity ?? identityOf(meter)),
    })),
  };
}

/** The dossier of these meters, sealed. */
export function dossierOf(meters: readonly TestMeter[]): Dossier {
  const manifest = manifestOf(meters);
  const months = meters.flatMap((meter, index) => {
    const identity = manifest.meters[index];
    return identity === undefined ? [] : layOutMonths(meter.number, meter.found, identity, seed);
  });
  return seal({ manifest, months });
}

/** Two meters in two months, with standby, a pair of records, an excluded session and one that nobody signed. */
export function usualDossier(): Dossier {
  const [left, right] = [createMeter(1), createMeter(2)];
  for (const [index, meter] of [left, right].entries()) {
    const at = yearSeconds + index * 1_000;
    charge(meter, { atSeconds: at + 10_000, energyMicroWh: 10_123_456_789n });
    // The meter counts on while nobody charges.
    meter.simulated.step({ idTag: "", transaction: "C", energyMicroWh: 5_000_001n, epochSeconds: at + 20_000 });
    charge(meter, { atSeconds: at + 30_000, energyMicroWh: 7_000_000_000n, isPair: true });
    charge(meter, { atSeconds: at + 40_000, energyMicroWh: 3_000_000_000n, exclusion: "corrected" });
    charge(meter, { atSeconds: at + 50_000, energyMicroWh: 0n });
    charge(meter, { atSeconds: at + 60_000, energyMicroWh: 2_500_000_000n });
    meter.found.push({
      kind: "unproven",
      exclusion: {
        sessionId: sessionIdOf(termsOf(meter), domain),
        ...{ reason: "unsigned", atSeconds: at + 70_000, energyMicroWh: "1500000000", interval: null },
      },
    });
    charge(meter, { atSeconds: at + 40 * 86_400, energyMicroWh: 11_000_000_001n });
  }
  return dossierOf([left, right]);
}

/** Computes everything that follows from manifest and months anew, and signs it: what a dishonest quorum could do. */
export function seal({ manifest, months }: Pick<Dossier, "manifest" | "months">): Dossier {
  const counter = createTotalsCounter();
  const rooted = months.map((month): DossierMonth => ({
    ...month,
    root: rootOf(month.sessions.map((session) => (isShown(session) ? leafOf(session) : session.leaf))),
  }));
  for (const month of rooted) {
    counter.add(month, manifest.meters.find(({ number }) => number === month.meter)?.evse ?? 0);
  }
  const totals = counter.totals();
  const summary = summaryOf(totals);
  const commitment = commitmentOf(manifest, totals, summary);
  const { chainId, contracts: named } = manifest;
  const digest = dossierDigestOf(commitment, { chainId, verifyingContract: named.chargingSettlement });
  const { r, yParityAndS: vs } = oracle.signingKey.sign(digest);
  return {
    ...{ format: "wattproof-dossier", version: dossierVersion, depth: "T2", sample: null },
    ...{ manifest, months: rooted, totals, summary, commitment },
    signatures: [{ signer: oracle.address, r, vs }],
  };
}

/** The shown session at this place of this month. */
export function sessionAt(dossier: Dossier, month: number, session: number): DossierSession {
  const found = dossier.months[month]?.sessions[session];
  if (found === undefined || !isShown(found)) throw new RangeError(`There is no session ${session} in month ${month}`);
  return found;
}

export function bytesOf(content: unknown): Uint8Array {
  return Buffer.from(typeof content === "string" ? content : JSON.stringify(content));
}

export function judge(content: unknown, sampleCount: number | null = null): Promise<DossierVerdict> {
  return verifyDossier({ open: () => [bytesOf(content)], verifier, chain: null, sampleCount });
}

/** The codes of the reasons, each once, in their order. */
export async function codesOf(content: unknown): Promise<readonly string[]> {
  return [...new Set((await judge(content)).reasons.map(({ code }) => code))];
}
