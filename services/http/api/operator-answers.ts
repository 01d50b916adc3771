import { z } from "zod";

import { setUpReport } from "../../charging/set-up/set-up-station.ts";
import { boundIdTokenTypes } from "../../domain/charging/id-token.ts";
import {
  address,
  count,
  energyWh,
  evseNumber,
  grade,
  hash,
  hexBytes,
  integerText,
  micro,
  opening,
  resolution,
  sessionStatus,
  stationId,
  termsAsText,
  timeMs,
} from "./values.ts";

const connectorState = z.enum(["free", "occupied", "faulted", "offline", "unknown"]);
export const evseStateAnswer = z.object({ evse: evseNumber, state: connectorState, status: z.string().nullable() });

const protocol = z.enum(["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]).nullable();
const station = z
  .object({
    stationId,
    evses: z.array(evseNumber),
    leastSecurityProfile: z.int().min(0).max(3),
    bootStatus: z.enum(["Accepted", "Pending", "Rejected"]),
    isConnected: z.boolean(),
    protocol,
    securityProfile: z.int().min(0).max(3).nullable(),
    lastSeenAtMs: timeMs.nullable(),
    boot: z
      .object({
        vendor: z.string(),
        model: z.string(),
        serialNumber: z.string().nullable(),
        firmwareVersion: z.string().nullable(),
        reason: z.string().nullable(),
      })
      .nullable(),
    connectors: z.array(
      z.object({
        evse: count,
        connector: count,
        status: z.string(),
        errorCode: z.string().nullable(),
        timestampText: z.string().nullable(),
        receivedAtMs: timeMs,
        state: connectorState,
      }),
    ),
  })
  .meta({ id: "Station" });
const unknownStation = z.object({
  stationId,
  address: z.string(),
  protocols: z.string(),
  firstSeenAtMs: timeMs,
  lastSeenAtMs: timeMs,
  attempts: count,
});

export const stationsAnswer = z.object({ stations: z.array(station), wantsToJoin: z.array(unknownStation) });
export const stationAnswer = z.object({
  station,
  quarantined: z.array(
    z.object({
      frameId: z.string(),
      receivedAtMs: timeMs,
      action: z.string().nullable(),
      faults: z.array(z.string()).nullable(),
      text: z.string(),
    }),
  ),
});
export const boardStationsAnswer = z.object({
  stations: z.array(station.safeExtend({ lastMessageAtMs: timeMs.nullable() })),
  next: z.string().nullable(),
  wantsToJoin: z.array(unknownStation),
  wantsToJoinCount: count,
});
/** What the charger answered; its form is that of the action in OCPP. */
export const commandAnswer = z.unknown();

const parkedFrame = z.object({
  frameId: z.string(),
  stationId,
  protocol: z.enum(["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]),
  action: z.string().nullable(),
  receivedAt: z.iso.datetime(),
  text: z.string(),
});
export const parkedFramesAnswer = z.object({ frames: z.array(parkedFrame) });
export const parkedRetryAnswer = z.object({
  stationId,
  isDryRun: z.boolean(),
  before: count,
  left: z.array(parkedFrame),
});
export const parkedDiscardAnswer = z.object({
  isDryRun: z.boolean(),
  frame: parkedFrame,
  reason: z.string(),
  sessionIds: z.array(hash),
});

const idTokenType = z.enum(boundIdTokenTypes);
const binding = z
  .object({
    idToken: z.string(),
    type: idTokenType,
    types: z.array(idTokenType),
    consentId: hash,
    tariffId: hash,
    agreement: count,
    boundAtMs: timeMs,
    holdMicro: micro,
    hasCertificate: z.boolean(),
    consent: z.object({
      driver: address,
      lane: count,
      vehicleKey: hexBytes,
      operators: z.array(address),
      sessionCapMicro: micro,
      periodCapMicro: micro,
      periodSeconds: count,
      expiresAt: count,
    }),
  })
  .meta({ id: "IdTokenBinding" });
const tokenOpening = z.object({
  stationId,
  ocppTransactionId: z.string(),
  idToken: z.string(),
  status: z.enum(["prepared", "open", "attached", "refused"]),
  sessionId: hash.nullable(),
  reason: z.string().nullable(),
  atMs: timeMs,
});
export const idTokensAnswer = z.object({
  idTokens: z.array(binding),
  latest: z.array(tokenOpening),
  unpaid: z.array(tokenOpening),
});
export const idTokenAnswer = binding;
export const unboundAnswer = z.object({ idToken: z.string(), type: idTokenType });

export const possessionAnswer = z.object({
  tag: z.string(),
  evse: evseNumber,
  stationId,
  stationEvse: count,
  expiresAtMs: timeMs,
  starts: count,
  receivedAtMs: timeMs.nullable(),
  status: z.enum(["awaited", "received", "expired"]),
  isConnected: z.boolean(),
  record: z.base64().nullable(),
});
/** What the charger answered when it was asked to begin: its word, or an error's code; `null` where nobody asked it. */
export const namedPossessionAnswer = possessionAnswer.extend({ answerToStart: z.string().nullable() });

export const setUpStateAnswer = z.object({ stationId, isDue: z.boolean(), last: setUpReport.nullable() });
export const setUpAnswer = z.object({ stationId, isDryRun: z.boolean(), report: setUpReport });
export const screenCodeAnswer = z.object({
  stationId,
  validitySeconds: count,
  length: count,
  urlTemplate: z.string(),
});

const eventAtPlace = z.object({ kind: z.string(), sessionId: hash, blockNumber: count, txHash: hash });
export const rescanAnswer = z.object({
  from: count,
  to: count,
  isDryRun: z.boolean(),
  events: count,
  applied: z.array(eventAtPlace),
  contradicting: z.array(eventAtPlace),
});
export const resolutionAnswer = z.object({
  sessionId: hash,
  isDryRun: z.boolean(),
  resolution,
  state: sessionStatus,
  energyWh: energyWh.nullable(),
  chargedMicro: micro.nullable(),
  terms: termsAsText,
  opening,
  toppedUpMicro: micro,
});
export const retryAnswer = z.object({ sessionId: hash, state: sessionStatus, before: z.string().nullable() });

export const replicasAnswer = z.object({
  nowMs: timeMs,
  answeredBy: z.string(),
  replicas: z.array(
    z.object({
      replicaId: z.string(),
      version: z.string().nullable(),
      startedAtMs: timeMs,
      lastBeatAtMs: timeMs.nullable(),
      untilMs: timeMs,
      isAlive: z.boolean(),
      stations: count,
    }),
  ),
  leases: z.array(z.object({ name: z.string(), replicaId: z.string().nullable(), epoch: count, untilMs: timeMs })),
  standbys: z
    .array(
      z.object({
        name: z.string(),
        waits: z.enum(["sync", "quorum", "potential", "async"]).nullable(),
        behindBytes: count.nullable(),
        behindMs: z.number().nullable(),
      }),
    )
    .nullable(),
});
export const overviewAnswer = z.object({
  nowMs: timeMs,
  startedAtMs: timeMs,
  operators: z.array(address),
  sessions: z.object({ running: count, hanging: count, ended: count, expired: count }),
  service: z.object({
    chainId: count,
    chainName: z.string(),
    oracle: address,
    confirmations: count,
    followedBlock: count.nullable(),
  }),
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
  batches: z.object({ open: count, oldestAtMs: timeMs.nullable() }),
  alerts: z.array(
    z.object({
      alert: z.string(),
      count,
      lastAtMs: timeMs,
      lastSessionId: z.string().nullable(),
      lastStationId: z.string().nullable(),
      runbook: z.string(),
    }),
  ),
});
export const boardSessionsAnswer = z.object({
  sessions: z.array(
    z.object({
      sessionId: hash,
      idTag: z.string(),
      state: sessionStatus,
      reason: z.string().nullable(),
      grade: grade.nullable(),
      holdCode: z.string().nullable(),
      evse: evseNumber,
      operator: address,
      agreement: count,
      stationId: z.string().nullable(),
      ocppTransactionId: z.string().nullable(),
      protocol,
      openedAtMs: timeMs,
      changedAtMs: timeMs,
      expiresAt: count,
      heldMicro: micro,
      energyWh: energyWh.nullable(),
      billedMicro: micro.nullable(),
      settledMicro: micro.nullable(),
      returnedLaterMicro: micro,
      isChallenged: z.boolean(),
    }),
  ),
  next: hash.nullable(),
});
const sums = z.object({ sessions: count, energyWh, billedMicro: micro, settledMicro: micro });
export const totalsAnswer = z.object({
  by: z.enum(["hour", "day"]),
  timeZone: z.string(),
  buckets: z.array(sums.extend({ startsAtMs: timeMs, endsAtMs: timeMs })),
  sum: sums,
});
export const moneyAnswer = z.object({
  symbol: z.string(),
  credits: z.array(
    z.object({
      operator: address,
      agreement: count,
      finalMicro: micro,
      provisionalMicro: micro,
      parties: z.array(
        z.object({
          party: address,
          role: z.enum(["operator", "partner"]),
          shareBps: count,
          withdrawableMicro: integerText,
          pendingMicro: integerText,
          earnedMicro: integerText,
        }),
      ),
    }),
  ),
  next: z.string().nullable(),
});
