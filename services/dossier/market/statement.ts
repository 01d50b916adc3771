/**
 * The market's part of the dossier room: what oracles sign so that an operator can claim, offer and be paid for proven
 * energy. In come short statements and the sums of dossiers that this oracle signed before; out goes a signature, only
 * after the oracle's own ledger and the chain gave the same. Who calls: the doors of the operator and of other oracles.
 */
import { z } from "zod";

import { WattproofError } from "../../errors.ts";
import { addressSchema as address, uintText } from "../../contract-values.ts";
import { dossierLimits, manifestSchema, signatureSchema, totalsSchema } from "../format/dossier-schema.ts";

const hash = z.string().regex(/^0x[0-9a-f]{64}$/u);
const amount = uintText(64).refine((text) => text !== "0");
const number32 = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const seconds = z
  .int()
  .min(0)
  .max(2 ** 40 - 1);

/**
 * What is to be signed. What follows from the dossier and the chain is not stated: each oracle works it out.
 * - `claim`: that this dossier's energy is claimed for a purpose, whole.
 * - `contradiction`: that a claim says more than the records say now.
 * - `offer`: that this dossier is sold, and its drivers consented.
 * - `round`: which drivers get what of the sales since the last round.
 * - `arrival`: that a buyer's payment reached the sales without a sale.
 */
export const statementSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("claim"), purpose: number32.min(1) }),
  z.strictObject({ kind: z.literal("contradiction"), claimId: amount }),
  z.strictObject({
    kind: z.literal("offer"),
    agreement: number32.min(1),
    licenceHash: hash,
    priceMicro: amount,
    scopes: number32,
    expiresAt: seconds,
  }),
  z.strictObject({ kind: z.literal("round"), round: z.int().min(1), totalMicro: amount }),
  z.strictObject({ kind: z.literal("arrival"), buyer: address, nonce: hash, amountMicro: amount, txHash: hash }),
]);

/** The part of a dossier on which a statement rests: who signed what sums. */
export const backingSchema = z.strictObject({
  manifest: manifestSchema,
  totals: totalsSchema,
  signatures: z.array(signatureSchema).max(dossierLimits.signatures),
});

/** Dossiers that one round pays drivers of. */
const mostBackings = 64;

export const statementRequestSchema = z.strictObject({
  statement: statementSchema,
  /** One for a claim, a contradiction and an offer; of a round, of each dossier that was sold; none for an arrival. */
  backings: z.array(backingSchema).max(mostBackings),
});

/** What a peer is asked, besides: the digest that the asking oracle came to. */
export const peerStatementSchema = statementRequestSchema.extend({ digest: hash });

/** What the operator gets: what the contract takes, and as many signatures as the committee asks for. */
export const signedStatementSchema = z.object({
  content: z.record(z.string(), z.unknown()),
  signatures: z.array(signatureSchema).min(1),
});

export type Statement = z.output<typeof statementSchema>;
export type Backing = z.output<typeof backingSchema>;
export type StatementRequest = z.output<typeof statementRequestSchema>;
export type PeerStatement = z.output<typeof peerStatementSchema>;

/** Manifest and totals of ten thousand meters in twelve months fit. */
export const statementLimitBytes = 64 * 1024 * 1024;

/** @throws ENVELOPE_INVALID */
export function readStatementRequest<Value>(schema: z.ZodType<Value>, body: Uint8Array): Value {
  try {
    return schema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  } catch (error) {
    throw new WattproofError("ENVELOPE_INVALID", "This is no statement about a dossier.", { cause: error });
  }
}
