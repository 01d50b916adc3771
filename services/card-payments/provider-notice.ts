import { timingSafeEqual } from "node:crypto";

import { z } from "zod";

import { signatureOf } from "../delivery/signed-post.ts";
import { WattproofError } from "../errors.ts";

/** A notice that is older, or from later, is no notice: somebody repeats it, or a clock is wrong. */
const toleranceSeconds = 300;
const named = z.string().min(1).max(255);
const noticeSchema = z.object({ data: z.object({ object: z.object({ id: named, payment_intent: named.nullish() }) }) });

/**
 * The payments that a notice of the provider is about, by the provider's names. Nothing else of it counts: the provider is
 * asked how they stand. So a notice that comes twice, late or out of order does no harm.
 * @throws CARD_NOTICE_UNSIGNED; CARD_PAYMENT_INVALID if it is not of the documented form
 */
export function readProviderNotice(
  body: Uint8Array,
  signature: string | undefined,
  { secret, nowMs }: { readonly secret: string; readonly nowMs: number },
): readonly string[] {
  const text = new TextDecoder().decode(body);
  const { seconds, signatures } = readHeader(signature ?? "");
  const isTimely = Math.abs(nowMs / 1_000 - seconds) <= toleranceSeconds;
  const expected = Buffer.from(signatureOf(secret, seconds, text), "hex");
  const isSigned = signatures.some((given) => given.length === expected.length && timingSafeEqual(given, expected));
  if (!isTimely || !isSigned) {
    throw new WattproofError("CARD_NOTICE_UNSIGNED", isSigned ? "Its time is not now." : "No signature holds.");
  }
  try {
    const { object } = noticeSchema.parse(JSON.parse(text)).data;
    return [object.id, object.payment_intent ?? null].filter((name) => name !== null);
  } catch (error) {
    throw new WattproofError("CARD_PAYMENT_INVALID", "data.object.id: the provider's name.", { cause: error });
  }
}

/** `t=<seconds>,v1=<hex>`; several of `v1` while the secret is changed. */
function readHeader(header: string): { readonly seconds: number; readonly signatures: readonly Buffer[] } {
  const parts = header.split(",").map((part) => part.trim().split("="));
  const time = parts.find(([name]) => name === "t")?.[1] ?? "";
  const signatures = parts.flatMap(([name, value = ""]) =>
    name === "v1" && /^[0-9a-f]{64}$/.test(value) ? [Buffer.from(value, "hex")] : [],
  );
  return { seconds: /^[0-9]{1,12}$/.test(time) ? Number(time) : 0, signatures };
}
