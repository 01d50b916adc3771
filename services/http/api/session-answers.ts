import { z } from "zod";

import {
  address,
  assessment,
  challenge,
  closing,
  count,
  dispute,
  energyWh,
  grade,
  hash,
  hexBytes,
  integerText,
  logPosition,
  micro,
  notServed,
  price,
  resolution,
  sessionStatus,
  stationId,
  termsAsText,
  timeMs,
} from "./values.ts";

const chainsWord = {
  sessionId: hash,
  idTag: z.string(),
  terms: termsAsText,
  toppedUpMicro: micro,
  opening: logPosition.extend({ openedAt: count, salt: count }),
  closing: closing.nullable(),
  challenge: challenge.nullable(),
  refundedMicro: micro,
};

/** A session as everybody sees it: what the chain tells. */
export const publicSession = z
  .object({
    ...chainsWord,
    state: z.enum(["opened", "settled", "expired", "unconfirmed", "unservable"]),
    reason: z.string().nullable().optional(),
    notServed: notServed.nullable().optional(),
  })
  .meta({ id: "PublicSession" });

/** A session as its driver and the operator see it. */
export const wholeSession = z
  .object({
    ...chainsWord,
    state: sessionStatus,
    evidence: z.enum(["none", "begun", "complete"]),
    dispute: dispute.nullable(),
    assessment: assessment.nullable(),
    reason: z.string().nullable(),
    notServed: notServed.nullable(),
    batchId: z.string().nullable(),
    resolution: resolution.nullable(),
  })
  .meta({ id: "WholeSession" });

/** What a session delivered and what that costs. */
export const chargeDetailRecord = z
  .object({
    sessionId: hash,
    meter: z.object({ number: count, curve: z.string(), publicKey: hexBytes }),
    energyMicroWh: micro,
    energyWh,
    chargingSeconds: count,
    connectedSeconds: count,
    price,
    chargedMicro: micro,
    returnedMicro: micro,
    isBoundToSession: z.boolean(),
    evidence: z.object({ grade, reasons: z.array(z.string()), flags: z.array(z.string()) }),
  })
  .meta({ id: "ChargeDetailRecord" });

const chainReading = { eventBlocks: z.array(count), followedBlock: count.nullable() };

export const sessionAnswer = z.discriminatedUnion("visibility", [
  z.object({ visibility: z.literal("public"), session: publicSession, ...chainReading }),
  z.object({
    visibility: z.literal("whole"),
    session: wholeSession,
    ...chainReading,
    cdr: chargeDetailRecord.nullable(),
    unsignedEnergyConsent: z.object({ capMicro: micro }).nullable(),
    ocppTransaction: z
      .object({
        stationId,
        ocppTransactionId: z.string(),
        isOpen: z.boolean(),
        startedAtMs: timeMs.nullable(),
        endedAtMs: timeMs.nullable(),
        lastMessageAtMs: timeMs,
        energyWhSoFar: energyWh.nullable(),
        isStopOrdered: z.boolean(),
      })
      .nullable(),
    records: z.array(
      z.object({
        recordIdentity: z.string(),
        payloadSha256: z.string(),
        isBoundToSession: z.boolean(),
        isSettleableByMeter: z.boolean().nullable(),
        energyWh: energyWh.nullable(),
      }),
    ),
  }),
]);

export const sessionsAnswer = z.object({
  sessions: z.array(z.union([wholeSession, publicSession])),
  next: hash.nullable(),
  followedBlock: count.nullable(),
});

const reading = z.object({ atMs: timeMs, energyMicroWh: integerText });

/** The data of one server-sent event. */
export const sessionEvent = z.discriminatedUnion("visibility", [
  z.object({ visibility: z.literal("public"), session: publicSession }),
  z.object({
    visibility: z.literal("whole"),
    session: wholeSession,
    cdr: chargeDetailRecord.nullable(),
    readings: z.array(reading),
    unsigned: reading.extend({ durationMs: z.number(), sinceMs: timeMs }).nullable(),
  }),
]);

export const meterValueAnswer = z.object({
  outcome: z.literal("accepted"),
  recordIdentity: z.string(),
  sessionId: hash,
  sessionState: sessionStatus,
  energyWh: energyWh.nullable(),
  duplicate: z.boolean(),
});

const relayed = { txHash: hash.nullable(), callId: z.string().optional() };
export const openingAnswer = z.object({ sessionId: hash, status: z.enum(["open", "sent"]), ...relayed });
export const driverOrderAnswer = z.object({ status: z.enum(["done", "sent"]), ...relayed });
export const passkeyBatchAnswer = z.object({
  account: address,
  status: z.enum(["done", "sent"]),
  sessionId: hash.optional(),
  ...relayed,
});
export const relayedCallAnswer = z.object({
  callId: z.string(),
  kind: z.enum([
    "opening",
    "funded-opening",
    "top-up",
    "withdrawal",
    "vehicle-opening",
    "wallet-opening",
    "new-wallet-opening",
    "passkey-batch",
    "release",
  ]),
  status: z.enum(["pending", "confirmed", "failed"]),
  code: z.string().nullable(),
  txHash: hash.nullable(),
  createdAtMs: timeMs,
});
export const stopAnswer = z.object({
  sessionId: hash,
  status: z.enum(["cancelled", "requested"]),
  txHash: hash.nullable().optional(),
});
