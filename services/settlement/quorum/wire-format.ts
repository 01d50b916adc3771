import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import type { ClaimWithEvidence, LoweringWithEvidence, PeerAnswer } from "./peer.ts";

/** The largest request, with which a batch of 500 sessions with 8 kB of records each fits. */
export const requestLimitBytes = 8 * 1024 * 1024;
/** As long as a record may be at all, whoever it comes from. */
const recordLimitBytes = 65_536;
/** Of one session; a session of a day with a record a minute. */
const recordLimit = 1_440;
const claimLimit = 500;
/** The answer names at most every claim. */
export const answerLimitBytes = 256 * 1024;

const sessionId = z.string().regex(/^0x[0-9a-f]{64}$/);
const seconds = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const word64 = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,19})$/)
  .transform(BigInt)
  .refine((value) => value < 1n << 64n);
const word = z.string().regex(/^0x[0-9a-fA-F]{64}$/);

const records = z
  .array(
    z
      .base64()
      .transform((text): Uint8Array => Buffer.from(text, "base64"))
      .refine(({ length }) => length <= recordLimitBytes),
  )
  .max(recordLimit);

export const loweringSchema = z.strictObject({
  lowering: z.strictObject({ sessionId, priceMicro: word64, records }),
});

export const requestSchema = z.strictObject({
  claims: z
    .array(
      z.strictObject({
        sessionId,
        openedAt: z
          .int()
          .min(0)
          .max(2 ** 40 - 1),
        salt: z
          .int()
          .min(0)
          .max(2 ** 24 - 1),
        energyMicroWh: word64,
        chargingSeconds: seconds,
        connectedSeconds: seconds,
        toppedUpMicro: word64,
        isReadable: z.boolean(),
        // None where a session is settled from what was never signed: that one is refused, and not the whole request.
        records,
      }),
    )
    .min(1)
    .max(claimLimit),
});

export const answerSchema = z.union([
  z.strictObject({ signature: z.strictObject({ r: word, vs: word }) }),
  z.strictObject({
    refusals: z
      .array(z.strictObject({ sessionId, code: z.string().regex(/^[A-Z0-9_]{1,64}$/) }))
      .min(1)
      .max(claimLimit),
  }),
]);

export function encodeRequest(claims: readonly ClaimWithEvidence[]): string {
  return JSON.stringify({
    claims: claims.map(({ records: shown, energyMicroWh, toppedUpMicro, ...claim }) => ({
      ...claim,
      energyMicroWh: energyMicroWh.toString(),
      toppedUpMicro: toppedUpMicro.toString(),
      records: shown.map(textOf),
    })),
  });
}

/** @throws ENVELOPE_INVALID */
export function decodeRequest(body: Uint8Array): readonly ClaimWithEvidence[] {
  const { claims } = parse(requestSchema, body);
  if (new Set(claims.map((claim) => claim.sessionId)).size !== claims.length) {
    throw new WattproofError("ENVELOPE_INVALID", "A session is named twice.");
  }
  return claims;
}

export function encodeLowering({ sessionId: id, priceMicro, records: shown }: LoweringWithEvidence): string {
  return JSON.stringify({
    lowering: { sessionId: id, priceMicro: priceMicro.toString(), records: shown.map(textOf) },
  });
}

/** @throws ENVELOPE_INVALID */
export function decodeLowering(body: Uint8Array): LoweringWithEvidence {
  return parse(loweringSchema, body).lowering;
}

export function encodeAnswer(answer: PeerAnswer): unknown {
  return answer.kind === "signed"
    ? { signature: { r: answer.r, vs: answer.vs } }
    : { refusals: answer.refusals.map(({ sessionId: id, code }) => ({ sessionId: id, code })) };
}

/** @throws ENVELOPE_INVALID */
export function decodeAnswer(body: Uint8Array): PeerAnswer {
  const answer = parse(answerSchema, body);
  return "signature" in answer ? { kind: "signed", ...answer.signature } : { kind: "refused", ...answer };
}

function textOf(record: Uint8Array): string {
  return Buffer.from(record).toString("base64");
}

function parse<Value>(schema: z.ZodType<Value>, body: Uint8Array): Value {
  try {
    return schema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  } catch (error) {
    throw new WattproofError("ENVELOPE_INVALID", "This is no message between oracles.", { cause: error });
  }
}
