import { z } from "zod";

import type { OracleSignature } from "../../chain/chain.ts";
import { WattproofError } from "../../errors.ts";
import { addressSchema } from "../../contract-values.ts";
import { commitmentSchema, signatureSchema, type DossierCommitment } from "../format/dossier-schema.ts";
import type { DossierRequest } from "./dossier-maker.ts";

/** Identifiers of ten thousand EVSEs fit. */
export const dossierRequestLimitBytes = 4 * 1024 * 1024;

const seconds = z
  .int()
  .min(0)
  .max(2 ** 40 - 1);
const evseNumber = z
  .int()
  .min(1)
  .max(2 ** 32 - 1);

const consentOrder = {
  scopes: z
    .int()
    .min(1)
    .max(2 ** 32 - 1),
  shareBps: z.int().min(0).max(10_000),
};

/** What a dossier is asked to be, without the seed and the block of consents, which the service chooses. */
export const dossierOrderSchema = z
  .strictObject({
    purpose: z.string().regex(/^[A-Z0-9][A-Z0-9-]{0,39}$/u),
    operator: addressSchema,
    fromSeconds: seconds,
    toSeconds: seconds,
    evses: z.array(evseNumber).min(1).max(10_000).nullable(),
    identifiers: z.record(z.string().regex(/^[1-9][0-9]{0,9}$/u), z.record(z.string().max(64), z.string().max(256))),
    /** Leaves out sessions of drivers who did not consent to these scopes for this part of a price, or less. */
    consent: z.strictObject(consentOrder).nullable().default(null),
  })
  .refine(({ fromSeconds, toSeconds }) => fromSeconds < toSeconds, "the period ends before it begins");

export const dossierRequestSchema = z.strictObject({
  request: dossierOrderSchema.safeExtend({
    seed: z.string().regex(/^0x[0-9a-f]{64}$/u),
    consent: z.strictObject({ ...consentOrder, blockNumber: z.int().nonnegative() }).nullable(),
  }),
  commitment: commitmentSchema,
});

export function encodeDossierRequest(request: DossierRequest, commitment: DossierCommitment): string {
  return JSON.stringify({ request, commitment });
}

/** @throws ENVELOPE_INVALID */
export function decodeDossierRequest(body: Uint8Array): {
  readonly request: DossierRequest;
  readonly commitment: DossierCommitment;
} {
  return parse(dossierRequestSchema, body);
}

/** @throws ENVELOPE_INVALID */
export function decodeDossierSignature(body: Uint8Array): OracleSignature {
  return parse(signatureSchema, body);
}

function parse<Value>(schema: z.ZodType<Value>, body: Uint8Array): Value {
  try {
    return schema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  } catch (error) {
    throw new WattproofError("ENVELOPE_INVALID", "This is no message about a dossier.", { cause: error });
  }
}
