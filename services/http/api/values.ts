/**
 * What answers are made of. The schemas say what the service sends; a test holds every answer to them, and the client
 * package parses with them. They run in a browser, too.
 */
import { z } from "zod";

import { sessionStatuses } from "../../domain/session.ts";
import { resolutionWays } from "../../domain/stuck-sessions.ts";

export const hash = z.string().regex(/^0x[0-9a-f]{64}$/);
export const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);
export const hexBytes = z.string().regex(/^0x(?:[0-9a-fA-F]{2})*$/);
/** An amount in micro-tokens (1e-6), as decimal text. */
export const micro = z.string().regex(/^(?:0|[1-9][0-9]*)$/);
/** Any other integer that may be above 53 bits, as decimal text. */
export const integerText = z.string().regex(/^-?(?:0|[1-9][0-9]*)$/);
export const energyWh = z.string().regex(/^(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/);
export const count = z.int().min(0);
export const timeMs = z.number();
export const evseNumber = z.int().min(1);
export const stationId = z.string();

export const sessionStatus = z.enum(sessionStatuses).meta({ id: "SessionStatus" });
export const grade = z
  .enum(["meter-signed-bound", "meter-signed", "plausible-unsigned", "disputed"])
  .meta({ id: "EvidenceGrade" });

/** An error of the catalogue, as every refusal is answered. */
export const refusal = z
  .object({
    error: z.object({
      code: z.string().regex(/^[A-Z0-9_]+$/),
      title: z.string(),
      detail: z.string(),
      retryable: z.boolean(),
    }),
  })
  .meta({ id: "Refusal" });

/** Where an event stands on the chain. */
export const logPosition = z
  .object({ txHash: hash, blockNumber: count, blockHash: hash, logIndex: count })
  .meta({ id: "LogPosition" });

/** The terms that the driver signed; every number as decimal text. */
export const termsAsText = z
  .object({
    driver: address,
    lane: integerText,
    nonce: integerText,
    operator: address,
    agreement: integerText,
    evse: integerText,
    meter: integerText,
    maximumPowerW: integerText,
    tariffId: hash,
    holdMicro: micro,
    expiresAt: integerText,
  })
  .meta({ id: "SessionTermsAsText" });

export const opening = z.object({ openedAt: count, salt: count });

export const tariff = z
  .object({
    flatFeeMicro: micro,
    priceNanoPerKwh: micro,
    energyBands: z.array(z.object({ fromWh: count, priceNanoPerKwh: micro })),
    energyStepWh: count,
    priceNanoPerChargingHour: micro,
    chargingStepSeconds: count,
    priceNanoPerConnectedHour: micro,
    connectedFreeSeconds: count,
    connectedStepSeconds: count,
    connectedMaximumMicro: micro,
    flatTaxBps: count,
    energyTaxBps: count,
    chargingTaxBps: count,
    connectedTaxBps: count,
    minimumMicro: micro,
    minimumGrossMicro: micro,
    maximumMicro: micro,
    maximumGrossMicro: micro,
    chargesWithoutEnergy: z.boolean(),
  })
  .meta({ id: "Tariff" });

export const price = z
  .object({
    flatFeeMicro: micro,
    energyMicro: micro,
    chargingMicro: micro,
    connectedMicro: micro,
    flatTaxMicro: micro,
    energyTaxMicro: micro,
    chargingTaxMicro: micro,
    connectedTaxMicro: micro,
    netMicro: micro,
    taxMicro: micro,
    grossMicro: micro,
  })
  .meta({ id: "Price" });

/** How the chain ended a session. */
export const closing = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("settled"),
      position: logPosition,
      energyMicroWh: micro,
      chargingSeconds: count,
      connectedSeconds: count,
      chargedMicro: micro,
      returnedMicro: micro,
      batch: count.nullable(),
      isReadable: z.boolean().nullable(),
    }),
    z.object({ kind: z.literal("agreed"), position: logPosition, chargedMicro: micro, returnedMicro: micro }),
    z.object({ kind: z.literal("expired"), position: logPosition, returnedMicro: micro }),
    z.object({ kind: z.literal("skipped"), position: logPosition }),
  ])
  .meta({ id: "Closing" });

/** A record showed that the driver had paid too much. */
export interface ChallengeView {
  readonly position: z.infer<typeof logPosition>;
  readonly challenger: string;
  readonly chargedMicro: string;
  readonly provenMicro: string;
  readonly earlier: ChallengeView | null;
}
export const challenge: z.ZodType<ChallengeView> = z
  .object({
    position: logPosition,
    challenger: address,
    chargedMicro: micro,
    provenMicro: micro,
    earlier: z.lazy(() => challenge.nullable()),
  })
  .meta({ id: "Challenge" });

export const dispute = z.object({ reason: z.string(), isFinal: z.boolean() });

export const assessment = z.object({
  grade,
  reasons: z.array(z.string()),
  flags: z.array(z.string()),
  energyWh,
  hold: z.string().nullable(),
});

export const resolution = z.object({
  way: z.enum(resolutionWays),
  reason: z.string(),
  evidence: z.string().nullable(),
  keyId: z.string(),
  keyName: z.string().nullable(),
  atMs: timeMs,
  before: z.object({ status: sessionStatus, reason: z.string().nullable() }),
});

/** Why nobody begins the session, and when its hold returns. */
export const notServed = z.object({ code: z.string(), message: z.string(), holdReturnsAt: count });
