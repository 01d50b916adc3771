import { z } from "zod";

// What the service answers. Texts in it may be hostile: they are shown as text and never as anything else.
const micro = z
  .string()
  .regex(/^[0-9]+$/)
  .transform(BigInt);
const energyWh = z.string().regex(/^[0-9]+(?:\.[0-9]+)?$/);
const count = z.number().int();

/** Why energy does not count for a purpose. */
export const outsideReasons = [
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
  "not-enrolled",
  "not-joined",
  "claimed-otherwise",
  "passed-by",
] as const;

/** What can be unusual. */
export const unusualKinds = [
  "power-unusual",
  "power-near-limit",
  "energy-unusual",
  "duration-unusual",
  "sessions-overlap",
  "register-stands",
  "energy-repeated",
  "energy-round",
  "standby-unusual",
  "begins-regular",
  "settled-otherwise",
] as const;

export const evidenceSchema = z.object({
  evidence: z
    .object({
      asOfMs: z.number(),
      purposes: z.array(z.object({ purpose: count, name: z.string().nullable() })),
      months: z.array(
        z.object({
          month: z.string(),
          purpose: count,
          claimedWh: energyWh,
          claimableWh: energyWh,
          outsideWh: energyWh,
        }),
      ),
      outside: z.array(z.object({ purpose: count, reason: z.enum(outsideReasons), sessions: count, energyWh })),
      claims: z.array(
        z.object({
          claimId: z.string(),
          purpose: count,
          status: z.enum(["active", "retired", "contradicted"]),
          holder: z.string(),
          root: z.string(),
          periodEndsAtMs: z.number(),
          energyWh,
          provenWh: energyWh,
        }),
      ),
      offers: z.array(
        z.object({
          offerId: z.string(),
          root: z.string(),
          isEnded: z.boolean(),
          priceMicro: micro,
          expiresAtMs: z.number(),
          sales: count,
          soldMicro: micro,
          driversMicro: micro,
        }),
      ),
      shares: z.array(
        z.object({
          share: z.string(),
          name: z.string(),
          symbol: z.string(),
          phase: z.enum(["selling", "issued", "failed"]),
          shareCount: count,
          pulledMicro: micro,
          holders: z.array(z.object({ holder: z.string(), count, owedMicro: micro })),
          holderCount: count,
        }),
      ),
      insight: z.object({
        sessions: count,
        alarms: count,
        shown: z.array(
          z.object({ kind: z.enum(unusualKinds), meter: count, sessionId: z.string().nullable(), score: count }),
        ),
        meters: z.array(z.object({ meter: count, evse: count, score: count })),
      }),
    })
    .nullable(),
});

export type Evidence = NonNullable<z.infer<typeof evidenceSchema>["evidence"]>;
export type MonthOfPurpose = Evidence["months"][number];
