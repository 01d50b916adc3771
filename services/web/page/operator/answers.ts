import { z } from "zod";

import { operatorRoles } from "../../../domain/operator-key.ts";
import { sessionStatuses } from "../../../domain/session.ts";

// What the service answers. Texts in it may be hostile: they are shown as text and never as anything else.
const micro = z
  .string()
  .regex(/^[0-9]+$/)
  .transform(BigInt);
const maybeMicro = micro.nullable();
const energyWh = z.string().regex(/^[0-9]+(?:\.[0-9]+)?$/);
const count = z.number().int();

export const overviewSchema = z.object({
  nowMs: z.number(),
  service: z.object({ chainName: z.string(), followedBlock: z.number().nullable() }),
  operators: z.array(z.string()),
  sessions: z.object({ running: count, hanging: count, ended: count, expired: count }),
  stations: z.object({ registered: count, connected: count }),
  pipeline: z.object({
    opened: count,
    received: count,
    verified: count,
    batched: count,
    sent: count,
    confirmed: count,
  }),
  hanging: z.object({
    held: count,
    disputed: count,
    givenUp: count,
    unservable: count,
    unconfirmed: count,
    messagesWaiting: count,
    framesParked: count,
    disputeActsOpen: count,
    disputeActsGivenUp: count,
  }),
  batches: z.object({ open: count, oldestAtMs: z.number().nullable() }),
  alerts: z.array(
    z.object({
      alert: z.string(),
      count,
      lastAtMs: z.number(),
      lastSessionId: z.string().nullable(),
      lastStationId: z.string().nullable(),
      runbook: z.string(),
    }),
  ),
});

export const connectorStates = ["free", "occupied", "faulted", "offline", "unknown"] as const;
const stationSchema = z.object({
  stationId: z.string(),
  evses: z.array(z.number()),
  isConnected: z.boolean(),
  protocol: z.string().nullable(),
  lastSeenAtMs: z.number().nullable(),
  lastMessageAtMs: z.number().nullable().default(null),
  boot: z
    .looseObject({ vendor: z.string().nullish(), model: z.string().nullish(), firmwareVersion: z.string().nullish() })
    .nullable(),
  connectors: z.array(
    z.object({
      evse: z.number(),
      connector: z.number(),
      state: z.enum(connectorStates),
      status: z.string(),
      errorCode: z.string().nullish(),
    }),
  ),
});
export const stationsSchema = z.object({
  stations: z.array(stationSchema),
  next: z.string().nullable(),
  wantsToJoin: z.array(
    z.object({
      stationId: z.string(),
      address: z.string(),
      protocols: z.string(),
      lastSeenAtMs: z.number(),
      attempts: count,
    }),
  ),
  wantsToJoinCount: count,
});
/** One charger, with its latest messages that no rule could take. */
export const stationAnswerSchema = z.object({
  station: stationSchema,
  quarantined: z.array(
    z.object({
      frameId: z.string(),
      receivedAtMs: z.number(),
      action: z.string().nullable(),
      faults: z.array(z.string()).nullable(),
    }),
  ),
});

export const sessionsSchema = z.object({
  sessions: z.array(
    z.object({
      sessionId: z.string(),
      state: z.enum(sessionStatuses),
      reason: z.string().nullable(),
      grade: z.enum(["meter-signed-bound", "meter-signed", "plausible-unsigned", "disputed"]).nullable(),
      holdCode: z.string().nullable(),
      evse: z.number(),
      operator: z.string(),
      stationId: z.string().nullable(),
      ocppTransactionId: z.string().nullable(),
      protocol: z.string().nullable(),
      openedAtMs: z.number(),
      changedAtMs: z.number(),
      heldMicro: micro,
      energyWh: energyWh.nullable(),
      billedMicro: maybeMicro,
      settledMicro: maybeMicro,
      isChallenged: z.boolean(),
    }),
  ),
  next: z.string().nullable(),
});

const totals = z.object({ sessions: count, energyWh, billedMicro: micro, settledMicro: micro });
export const totalsSchema = z.object({
  buckets: z.array(totals.extend({ startsAtMs: z.number(), endsAtMs: z.number() })),
  sum: totals,
});

export const moneySchema = z.object({
  symbol: z.string(),
  credits: z.array(
    z.object({
      operator: z.string(),
      agreement: z.number(),
      parties: z.array(
        z.object({
          party: z.string(),
          role: z.enum(["operator", "partner"]),
          shareBps: z.number(),
          withdrawableMicro: micro,
          pendingMicro: micro,
          earnedMicro: micro,
        }),
      ),
    }),
  ),
  next: z.string().nullable(),
});

/** What the operator's account has to send for a refund. */
export const refundSchema = z.object({
  chainId: count,
  from: z.string(),
  to: z.string(),
  data: z.string(),
});
export const ownKeySchema = z.object({ name: z.string(), role: z.enum(operatorRoles) });
export const keysSchema = z.object({
  keys: z.array(
    ownKeySchema.extend({
      addedAtMs: z.number(),
      addedBy: z.string(),
      revokedAtMs: z.number().nullable(),
      revokedBy: z.string().nullable(),
    }),
  ),
});
export const actionsSchema = z.object({
  actions: z.array(
    z.object({
      ordinal: count,
      atMs: z.number(),
      keyId: z.string(),
      keyName: z.string().nullable(),
      action: z.string(),
      subject: z.string(),
      details: z.string(),
      result: z.string(),
    }),
  ),
  next: count.nullable(),
});
export const sitesSchema = z.object({
  sites: z.array(
    z.object({
      name: z.string(),
      street: z.string().optional(),
      town: z.string().optional(),
      evses: z.array(z.object({ evse: z.number(), state: z.enum(connectorStates) })),
    }),
  ),
});

/** Who works on the ledger. Times are the ledger's, `nowMs` is that of the replica that answers. */
export const replicasSchema = z.object({
  answeredBy: z.string(),
  replicas: z.array(
    z.object({
      replicaId: z.string(),
      version: z.string().nullable(),
      startedAtMs: z.number(),
      lastBeatAtMs: z.number().nullable(),
      untilMs: z.number(),
      isAlive: z.boolean(),
      stations: count,
    }),
  ),
  leases: z.array(
    z.object({ name: z.string(), replicaId: z.string().nullable(), epoch: z.number(), untilMs: z.number() }),
  ),
  standbys: z
    .array(
      z.object({
        name: z.string(),
        waits: z.enum(["sync", "quorum", "potential", "async"]).nullable(),
        behindBytes: z.number().nullable(),
        behindMs: z.number().nullable(),
      }),
    )
    .nullable(),
});

export type Replicas = z.infer<typeof replicasSchema>;
export type OwnKey = z.infer<typeof ownKeySchema>;
export type Actions = z.infer<typeof actionsSchema>;
export type Sites = z.infer<typeof sitesSchema>;
export type Station = z.infer<typeof stationSchema>;
export type Overview = z.infer<typeof overviewSchema>;
export type Stations = z.infer<typeof stationsSchema>;
export type Sessions = z.infer<typeof sessionsSchema>;
export type Totals = z.infer<typeof totalsSchema>;
export type Money = z.infer<typeof moneySchema>;
