import { AbiCoder, keccak256, toUtf8Bytes, TypedDataEncoder } from "ethers";

import { normalizeIdTag, tagOf } from "./id-tag.ts";

/*
 * Proof of possession: before a meter is registered it signs a record whose `ID` is a tag that is made from its key, its
 * EVSE and the EVSE's operator. Nobody can have the tag signed who does not have the meter, and the record proves nothing
 * for anybody else.
 */

/** What the tag is made of. */
export interface PossessionClaim {
  readonly chainId: number;
  /** Address of the registry in which the meter is to be registered. */
  readonly meterRegistry: string;
  /** The operator of the EVSE. */
  readonly registrant: string;
  /** Number of the EVSE. */
  readonly evse: number;
  /** Number of the curve, as in `Curve` of IMeterRegistry.sol. */
  readonly curveNumber: number;
  /** X and Y, big-endian; `0x` and hexadecimal digits. */
  readonly publicKey: string;
  /** How often the key was activated: a proof serves one activation. */
  readonly activations: number;
}

/** Which charges with a possession tag are let begin, and how far they go. */
export const possessionLimits = {
  /** How long a tag is taken after the operator named it: time to send somebody to the charger. */
  expectedMs: 3_600_000,
  /** Charges in this time: some for a cable that is plugged in badly, and no more. */
  starts: 5,
  /** Nobody pays for it. A meter signs the end of a charge, so the service ends it after this time. */
  chargeMs: 60_000,
  /** A charger without network may bring the record, or the charge, so much after the tag has expired. */
  lateMs: 7 * 86_400_000,
  /** The charge ends as soon as a reading says that so much has flowed, and the operator is told; watt-hours. */
  energyWh: 500n,
  /** Tags that are awaited at once, and tags that are kept. */
  awaited: 100,
  kept: 1_000,
} as const;

/** What is known of a meter that is to prove itself. */
export interface AwaitedPossession {
  readonly expiresAtMs: number;
  /** Charges that were let begin. */
  readonly starts: number;
  /** The record has come. */
  readonly hasRecord: boolean;
}

/** What a charger is told about a possession tag. */
export type PossessionAnswer = "Accepted" | "Expired" | "Invalid" | "NotAtThisTime";

const types = {
  MeterPossession: [
    { name: "registrant", type: "address" },
    { name: "evse", type: "uint32" },
    { name: "keyId", type: "bytes32" },
    { name: "activations", type: "uint32" },
  ],
};

/** The 20 characters that the meter has to sign as `ID`: the registry's `possessionTagOf`. */
export function possessionTagOf(claim: PossessionClaim): string {
  const { chainId, meterRegistry, registrant, evse, curveNumber, publicKey, activations } = claim;
  const keyId = keccak256(AbiCoder.defaultAbiCoder().encode(["uint8", "bytes"], [curveNumber, publicKey]));
  const domain = { name: "Wattproof Meter Registry", version: "1", chainId, verifyingContract: meterRegistry };
  return tagOf(TypedDataEncoder.hash(domain, types, { registrant, evse, keyId, activations }));
}

/** Numbers of requests that one tag has, so that a charger does not take the next request for a repeat. */
const startIdsPerTag = 256;

/**
 * The number under which a charger of 2.x is asked to begin a charge with the tag, of 30 bits. It says which tag that is,
 * because some chargers name the request in what they report, and not the idToken.
 */
export function possessionStartIdOf(tag: string, nowMs: number): number {
  return startNumberOf(tag) * startIdsPerTag + (Math.floor(nowMs / 1_000) % startIdsPerTag);
}

/** Whether a charge that names this request was asked for with the tag. */
export function isPossessionStart(tag: string, remoteStartId: number): boolean {
  return Math.floor(remoteStartId / startIdsPerTag) === startNumberOf(tag);
}

/** 22 bits of the tag's hash. */
function startNumberOf(tag: string): number {
  return Number(BigInt(keccak256(toUtf8Bytes(normalizeIdTag(tag)))) >> 234n);
}

/**
 * Whether a charge with the tag may begin. Whoever learns the tag gets a few charges of a minute at one EVSE and no more,
 * and none after the meter has proven itself.
 * @param isPlaceTaken A session is open at the EVSE: a charge beside it would keep it from settling.
 */
export function judgePossessionStart(
  { expiresAtMs, starts, hasRecord }: AwaitedPossession,
  isPlaceTaken: boolean,
  nowMs: number,
): PossessionAnswer {
  if (nowMs >= expiresAtMs) return "Expired";
  if (hasRecord || starts >= possessionLimits.starts) return "Invalid";
  return isPlaceTaken ? "NotAtThisTime" : "Accepted";
}

/** Whether a charge with the tag may go on: while there is something to prove. */
export function judgePossessionCharge({ expiresAtMs, hasRecord }: AwaitedPossession, nowMs: number): PossessionAnswer {
  if (nowMs >= expiresAtMs) return "Expired";
  return hasRecord ? "Invalid" : "Accepted";
}

/** The state of a possession, for the operator. */
export function possessionStatusOf(
  { expiresAtMs, hasRecord }: AwaitedPossession,
  nowMs: number,
): "received" | "awaited" | "expired" {
  if (hasRecord) return "received";
  return nowMs < expiresAtMs ? "awaited" : "expired";
}
