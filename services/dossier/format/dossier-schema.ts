/**
 * The dossier room: statements of proven energy, and what checks one without the service that wrote it. `format/` says
 * what a dossier is, `verify/` judges one from its content, meters' keys and a chain alone, `make/` writes one from the
 * ledger. Nothing of `format/` and `verify/` needs the service or Node, so that a page and strangers can run them. Who
 * calls: the commands of `scripts/`, and the doors of operators and of other oracles.
 */
import { z } from "zod";

import { forEachRole } from "../../contracts.ts";
import { meterCurves } from "../../domain/meter-curve.ts";
import { provenances } from "../../domain/provenance.ts";
import { addressSchema as address, uintText } from "../../contract-values.ts";

/** The form that this code writes, and the only one that it reads. */
export const dossierVersion = 2;

/** What a dossier may have at most; a file with more is refused before its content is looked at. */
export const dossierLimits = {
  fileBytes: 8 * 1024 ** 3,
  /** Of one part: the manifest, the totals, or one month of one meter. */
  partBytes: 64 * 1024 ** 2,
  /** Objects and lists inside each other. */
  depth: 12,
  evses: 10_000,
  meters: 10_000,
  /** Months of all meters together. */
  months: 200_000,
  sessionsOfMonth: 50_000,
  recordsOfSession: 1_440,
  signatures: 64,
} as const;

const hash = z.string().regex(/^0x[0-9a-f]{64}$/u);
/** A decimal integer of at most 128 bits. */
const whole = z.string().regex(/^(0|[1-9][0-9]{0,37})$/u);
const seconds = z
  .int()
  .min(0)
  .max(2 ** 40 - 1);
const number32 = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const month = z.string().regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/u);
const shortText = z.string().max(256);
const position = { hash, blockNumber: z.int().nonnegative(), logIndex: z.int().nonnegative() };

/** How a kilowatt-hour is proven; see `docs/dossier.md`. */
export const proofs = ["meter-signed-bound", "meter-signed", "quorum-attested"] as const;

/** Why a session is not counted. */
export const exclusionReasons = [
  "open",
  "disputed",
  "unsigned",
  "expired",
  "agreed",
  "skipped",
  "corrected",
  "no-records",
  "energy-differs",
  "key-not-valid",
  "calibration-expired",
  "power-exceeded",
  "another-register",
  "register-backwards",
  "order-unproven",
  "no-consent",
] as const;

/** What lies between two counted sessions. */
export const gapReasons = ["standby", "unsigned", "lost-records", "excluded"] as const;

const termsSchema = z.strictObject({
  driver: address,
  lane: number32,
  nonce: number32,
  operator: address,
  agreement: number32,
  evse: number32,
  meter: number32,
  maximumPowerW: z
    .int()
    .min(0)
    .max(2 ** 24 - 1),
  tariffId: hash,
  holdMicro: uintText(64),
  expiresAt: seconds,
});

const record = z.union([
  z.strictObject({ text: z.string().max(65_536), sha256: z.string().regex(/^[0-9a-f]{64}$/u) }),
  z.strictObject({ base64: z.base64().max(90_000), sha256: z.string().regex(/^[0-9a-f]{64}$/u) }),
]);

const shownSession = z.strictObject({
  sessionId: hash,
  terms: termsSchema,
  /** What the chain said when it opened; the idTag follows from it. */
  opening: z.strictObject({
    openedAt: seconds,
    salt: z
      .int()
      .min(0)
      .max(2 ** 24 - 1),
  }),
  /** Keeps the leaf from being guessed while it is not shown. */
  salt: hash,
  fromMicroWh: whole,
  toMicroWh: whole,
  beginSeconds: seconds,
  endSeconds: seconds,
  /** Who vouches for the times: the meter, or the blocks of opening and settlement. */
  clock: z.enum(["meter", "chain"]),
  /** Pagination of the first and the last record; 0 where the meter does not number its records. */
  firstPage: whole,
  lastPage: whole,
  proof: z.enum(proofs),
  settlement: z.strictObject(position),
  /** By pagination; `sha256` is of the signed bytes. */
  records: z.array(record).max(dossierLimits.recordsOfSession),
});

const hiddenSession = z.strictObject({ leaf: hash });

const exclusion = z.strictObject({
  sessionId: hash,
  reason: z.enum(exclusionReasons),
  /** By the blocks of the chain, or the meter's clock where it is proven. */
  atSeconds: seconds,
  /** What the chain settled; `null` where it did not. */
  energyMicroWh: whole.nullable(),
  /** What the meter signed; `null` where it did not. */
  interval: z
    .strictObject({
      ...{ fromMicroWh: whole, toMicroWh: whole, firstPage: whole, lastPage: whole },
      /** Of a meter that does not number its records, whose sessions are ordered by it. */
      beginSeconds: seconds.optional(),
    })
    .nullable(),
});

const gap = z.strictObject({
  fromMicroWh: whole,
  toMicroWh: whole,
  reason: z.enum(gapReasons),
  /** The excluded session whose interval this is. */
  sessionId: hash.nullable(),
});

/** One month of one meter: its continuity table, and what is behind it. */
export const monthSchema = z.strictObject({
  meter: number32,
  month,
  /** `null` where nothing was counted. */
  root: hash.nullable(),
  /** Of a register that never starts over; `null` for one that counts a transaction. */
  openingMicroWh: whole.nullable(),
  closingMicroWh: whole.nullable(),
  sessions: z.array(z.union([shownSession, hiddenSession])).max(dossierLimits.sessionsOfMonth),
  gaps: z.array(gap).max(2 * dossierLimits.sessionsOfMonth),
  exclusions: z.array(exclusion).max(dossierLimits.sessionsOfMonth),
});

const evse = z.strictObject({
  number: number32,
  evseId: shortText,
  maximumPowerW: number32,
  /** What the purpose asks for besides: a delivery point's EAN, an equipment's number. */
  identifiers: z.record(z.string().max(64), shortText),
});

const meter = z.strictObject({
  number: number32,
  evse: number32,
  curve: z.enum(meterCurves),
  /** X and Y, big-endian, each as long as the curve's field. */
  publicKey: z.string().regex(/^0x([0-9a-fA-F]{4}){1,96}$/u),
  /** How it is known that the operator has the meter; `null`: it is not known, and nothing of it counts. */
  possession: z.enum(["proven-on-chain", "attested-by-oracle"]).nullable(),
  /** Who says that the key belongs to a meter, when the dossier was made; `null`: nobody. */
  provenance: z.enum(provenances).nullable(),
  /** The number of the maker that vouches for the meter; 0 if none does. */
  maker: number32,
  validFrom: seconds,
  validUntil: seconds,
  calibrationExpiresAt: seconds,
  vendor: shortText.nullable(),
  model: shortText.nullable(),
  serial: shortText.nullable(),
  /** The OBIS code that is counted. */
  register: z.string().max(32),
  /** Whether the register starts over with each transaction. */
  restartsWithTransaction: z.boolean(),
  /** `false`: its records have no number, or all the same one. Not there where they are numbered. */
  hasCounter: z.literal(false).optional(),
});

/** On which drivers' consents a dossier rests: what they are about, for which part of a price, and when they stood. */
const consent = z.strictObject({
  dataConsents: address,
  /** One bit for each scope, as the contract has them. */
  scopes: number32.min(1),
  /** Sessions of drivers who ask for a larger part, in basis points, are left out. */
  shareBps: z.int().min(0).max(10_000),
  /** Where to begin to read consents. */
  firstBlock: z.int().nonnegative(),
  /** Consents count as they stood at the end of this block. */
  blockNumber: z.int().nonnegative(),
});

/** Whose energy, of which meters, when, and for what. */
export const manifestSchema = z.strictObject({
  purpose: z.string().regex(/^[A-Z0-9][A-Z0-9-]{0,39}$/u),
  /** Sessions that end at this time or later, and before the other. */
  fromSeconds: seconds,
  toSeconds: seconds,
  operator: address,
  chainId: z.int().positive(),
  contracts: z.strictObject(forEachRole(address)),
  /** Where the energy can be claimed; `null` where the deployment has no such contract. */
  energyClaims: address.nullable(),
  /** Not there where the dossier rests on no consent of drivers. */
  consent: consent.optional(),
  evses: z.array(evse).max(dossierLimits.evses),
  meters: z.array(meter).max(dossierLimits.meters),
});

const byProof = z.strictObject({
  "meter-signed-bound": whole,
  "meter-signed": whole,
  "quorum-attested": whole,
});

/** The sums, and what each part is held to. */
export const totalsSchema = z.strictObject({
  root: hash.nullable(),
  claimableMicroWh: whole,
  excludedMicroWh: whole,
  gapsMicroWh: whole,
  sessions: z.int().nonnegative(),
  excludedSessions: z.int().nonnegative(),
  byProofMicroWh: byProof,
  /** By EVSE and month. */
  cells: z
    .array(z.strictObject({ evse: number32, month, claimableMicroWh: whole, sessions: z.int().nonnegative() }))
    .max(dossierLimits.months),
  /** By meter and month, in the order of the parts. */
  months: z
    .array(
      z.strictObject({
        meter: number32,
        month,
        root: hash.nullable(),
        sessions: z.int().nonnegative(),
        openingMicroWh: whole.nullable(),
        closingMicroWh: whole.nullable(),
        sessionsMicroWh: whole,
        gapsMicroWh: whole,
        excludedMicroWh: whole,
        excludedSessions: z.int().nonnegative(),
        /** Keccak-256 of the canonical text of each list. */
        gaps: hash,
        exclusions: hash,
      }),
    )
    .max(dossierLimits.months),
});

/** What anybody may see: months of an EVSE with fewer than five sessions are joined. */
export const summarySchema = z.strictObject({
  claimableMicroWh: whole,
  excludedMicroWh: whole,
  sessions: z.int().nonnegative(),
  cells: z
    .array(
      z.strictObject({
        /** `null`: several EVSEs and months together. */
        evse: number32.nullable(),
        month: month.nullable(),
        claimableMicroWh: whole,
        sessions: z.int().nonnegative(),
      }),
    )
    .max(dossierLimits.months),
});

export const commitmentSchema = z.strictObject({ root: hash.nullable(), manifest: hash, totals: hash, summary: hash });
export const signatureSchema = z.strictObject({ signer: address, r: hash, vs: hash });
const sampleSchema = z.strictObject({
  blockNumber: z.int().nonnegative(),
  blockHash: hash,
  count: z.int().positive(),
});

/**
 * The parts of a dossier in the order in which they stand in the file. `T0` shows manifest and summary; `T2` everything;
 * `sample` everything but the sessions that were not drawn, of which it shows the leaves.
 */
export const dossierParts = {
  format: z.literal("wattproof-dossier"),
  version: z.literal(dossierVersion),
  depth: z.enum(["T0", "T2", "sample"]),
  /** From which block a sample was drawn. */
  sample: sampleSchema.nullable(),
  manifest: manifestSchema,
  months: z.array(monthSchema).max(dossierLimits.months),
  /** `null` in `T0`. */
  totals: totalsSchema.nullable(),
  summary: summarySchema,
  /** What is signed: root, and Keccak-256 of the canonical text of the other three. */
  commitment: commitmentSchema,
  signatures: z.array(signatureSchema).max(dossierLimits.signatures),
} as const;

export const dossierSchema = z.strictObject(dossierParts);

export type Dossier = z.infer<typeof dossierSchema>;
export type DossierManifest = z.infer<typeof manifestSchema>;
export type DossierMeter = z.infer<typeof meter>;
export type DossierEvse = z.infer<typeof evse>;
export type DossierMonth = z.infer<typeof monthSchema>;
export type DossierSession = z.infer<typeof shownSession>;
export type DossierRecord = z.infer<typeof record>;
export type DossierExclusion = z.infer<typeof exclusion>;
export type DossierGap = z.infer<typeof gap>;
export type DossierTotals = z.infer<typeof totalsSchema>;
export type DossierSummary = z.infer<typeof summarySchema>;
export type DossierCommitment = z.infer<typeof commitmentSchema>;
export type DossierSignature = z.infer<typeof signatureSchema>;
export type DossierSample = z.infer<typeof sampleSchema>;

/** Whether a session is shown, and not its leaf alone. */
export function isShown(session: DossierMonth["sessions"][number]): session is DossierSession {
  return "sessionId" in session;
}
