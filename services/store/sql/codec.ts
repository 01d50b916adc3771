import { z } from "zod";

import { evidenceOfRecords, type Cdr } from "../../domain/cdr.ts";
import type { Challenge } from "../../domain/session-amounts.ts";
import type { SessionState } from "../../domain/session.ts";
import { sessionStatuses } from "../../domain/session.ts";
import { resolutionWays } from "../../domain/stuck-sessions.ts";
import type { Tariff } from "../../domain/tariff.ts";
import type { SessionTerms } from "../../domain/terms.ts";
import { WattproofError } from "../../errors.ts";
import { tariffOfOlderForm, withComponentTaxes, withConnectedTime } from "./connected-time.ts";

// JSON has no integers of this size, so they stand in it as decimal text.
const bigInteger = z
  .string()
  .regex(/^-?[0-9]+$/)
  .transform(BigInt);

const position = z.strictObject({
  txHash: z.string(),
  blockNumber: z.number(),
  blockHash: z.string(),
  logIndex: z.number(),
});

// The first contracts told no time and drew no salt; nothing of theirs settles here.
const opening = position.extend({ openedAt: z.number().default(0), salt: z.number().default(0) });

const closing = z.preprocess(
  withConnectedTime,
  z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("settled"),
      position,
      energyMicroWh: bigInteger,
      chargingSeconds: z.number(),
      connectedSeconds: z.number(),
      chargedMicro: bigInteger,
      returnedMicro: bigInteger,
      batch: z.number().nullable().default(null),
      isReadable: z.boolean().nullable().default(null),
    }),
    z.strictObject({ kind: z.literal("agreed"), position, chargedMicro: bigInteger, returnedMicro: bigInteger }),
    z.strictObject({ kind: z.literal("expired"), position, returnedMicro: bigInteger }),
    z.strictObject({ kind: z.literal("skipped"), position }),
  ]),
);

const tallies = z.array(z.strictObject({ position, totalMicro: bigInteger })).default([]);
const nextTry = z.strictObject({
  lane: z.enum(["oracles", "meter"]),
  notBeforeMs: z.number().nullable(),
  quorumLackingSinceMs: z.number().nullable(),
});
// Older stores also have how a challenge could be answered; nothing rests on that any more.
const challenge: z.ZodType<Challenge> = z.object({
  position,
  challenger: z.string(),
  chargedMicro: bigInteger,
  provenMicro: bigInteger,
  earlier: z.lazy(() => challenge.nullable()).default(null),
});

const resolution = z.strictObject({
  way: z.enum(resolutionWays),
  reason: z.string(),
  evidence: z.string().nullable(),
  keyId: z.string(),
  keyName: z.string().nullable().default(null),
  atMs: z.number(),
  before: z.strictObject({ status: z.enum(sessionStatuses), reason: z.string().nullable() }),
});

const grade = z.enum(["meter-signed-bound", "meter-signed", "plausible-unsigned", "disputed"]);
const codes = z.array(z.string());
const assessment = z.strictObject({
  grade,
  reasons: codes,
  flags: codes,
  energyWh: z.string(),
  hold: z.string().nullable(),
});

// What has a default came later than the first stores.
const state = z.strictObject({
  status: z.enum(sessionStatuses),
  stage: z.enum(["none", "begun", "complete"]),
  dispute: z.strictObject({ reason: z.string(), isFinal: z.boolean() }).nullable(),
  assessment: assessment.nullable().default(null),
  reason: z.string().nullable(),
  batchId: z.string().nullable(),
  failedAttempts: z.number(),
  nextTry: nextTry.default({ lane: "oracles", notBeforeMs: null, quorumLackingSinceMs: null }),
  opening,
  closing: closing.nullable(),
  topUps: tallies,
  refunds: tallies,
  challenge: challenge.nullable().default(null),
  resolution: resolution.nullable().default(null),
});

const terms = z.strictObject({
  driver: z.string(),
  lane: z.number(),
  nonce: z.number(),
  operator: z.string(),
  agreement: z.number().default(0),
  evse: z.number(),
  meter: z.number(),
  maximumPowerW: z.number().default(0),
  tariffId: z.string(),
  holdMicro: bigInteger,
  expiresAt: z.number(),
});

const energyBand = z.strictObject({ fromWh: z.number(), priceNanoPerKwh: bigInteger });
const tariff = z.strictObject({
  flatFeeMicro: bigInteger,
  priceNanoPerKwh: bigInteger,
  energyBands: z.array(energyBand),
  energyStepWh: z.number(),
  priceNanoPerChargingHour: bigInteger,
  chargingStepSeconds: z.number(),
  priceNanoPerConnectedHour: bigInteger,
  connectedFreeSeconds: z.number(),
  connectedStepSeconds: z.number(),
  connectedMaximumMicro: bigInteger,
  flatTaxBps: z.number(),
  energyTaxBps: z.number(),
  chargingTaxBps: z.number(),
  connectedTaxBps: z.number(),
  minimumMicro: bigInteger,
  minimumGrossMicro: bigInteger,
  maximumMicro: bigInteger,
  maximumGrossMicro: bigInteger,
  chargesWithoutEnergy: z.boolean(),
});
const anyTariff = z.unknown().transform((content): Tariff => tariffOfOlderForm(content) ?? tariff.parse(content));

const price = z.preprocess(
  withComponentTaxes,
  z.strictObject({
    flatFeeMicro: bigInteger,
    energyMicro: bigInteger,
    chargingMicro: bigInteger,
    connectedMicro: bigInteger,
    flatTaxMicro: bigInteger,
    energyTaxMicro: bigInteger,
    chargingTaxMicro: bigInteger,
    connectedTaxMicro: bigInteger,
    netMicro: bigInteger,
    taxMicro: bigInteger,
    grossMicro: bigInteger,
  }),
);

const cdr = z.preprocess(
  withConnectedTime,
  z
    .strictObject({
      sessionId: z.string(),
      meter: z.strictObject({ number: z.number(), curve: z.string(), publicKey: z.string() }),
      energyWh: z.string(),
      energyMicroWh: bigInteger,
      chargingSeconds: z.number(),
      connectedSeconds: z.number(),
      price,
      chargedMicro: bigInteger,
      returnedMicro: bigInteger,
      isBoundToSession: z.boolean(),
      evidence: z.strictObject({ grade, reasons: codes, flags: codes }).optional(),
    })
    // The first stores knew of nothing but records.
    .transform((content) => ({
      ...content,
      evidence: content.evidence ?? evidenceOfRecords(content.isBoundToSession),
    })),
);

/** JSON text of a value of the domain, for a column that no query looks into. */
export function encode(value: object): string {
  return JSON.stringify(value, (_key, member: unknown) => (typeof member === "bigint" ? member.toString() : member));
}

export const decodeState: (text: unknown) => SessionState = remembering(decoder("session state", state));
export const decodeTerms: (text: unknown) => SessionTerms = remembering(decoder("session terms", terms));
export const decodeTariff: (text: unknown) => Tariff = remembering(decoder("tariff", anyTariff));
export const decodeCdr: (text: unknown) => Cdr = decoder("CDR", cdr);

function decoder<Value>(what: string, schema: z.ZodType<Value>): (text: unknown) => Value {
  return (text) => {
    try {
      return schema.parse(JSON.parse(z.string().parse(text)));
    } catch (error) {
      throw new WattproofError("STORE_CORRUPT", `A stored ${what} cannot be read.`, { cause: error });
    }
  };
}

/** Values that are read with every message, of which a thousand stations have some; about 2 kB each. */
const rememberedTexts = 4_096;

/** The same text has the same value, which nobody changes: it is read once as long as it is in use. */
function remembering<Value>(decode: (text: unknown) => Value): (text: unknown) => Value {
  const known = new Map<unknown, Value>();
  return (text) => {
    const remembered = known.get(text);
    if (remembered !== undefined) return remembered;
    const value = decode(text);
    if (known.size >= rememberedTexts) known.clear();
    known.set(text, value);
    return value;
  };
}
