import type { EvidenceGrade } from "./charging/assess-transaction.ts";
import type { MeteredSession } from "./evidence.ts";
import type { PriceBreakdown, Tariff } from "./tariff.ts";
import { priceOf } from "./tariff.ts";
import type { SessionTerms } from "./terms.ts";

/** The key under which the session's records were verified. */
export interface CdrMeter {
  readonly number: number;
  readonly curve: string;
  /** X and Y, big-endian, each as long as the curve's field; `0x` and hexadecimal digits. */
  readonly publicKey: string;
}

/** Charge detail record: what a session delivered and what that costs. Written once and never changed. */
export interface Cdr extends MeteredSession {
  readonly sessionId: string;
  readonly meter: CdrMeter;
  /** The exact energy as a canonical decimal. */
  readonly energyWh: string;
  readonly price: PriceBreakdown;
  /** What the contract will charge: the price, at most what is held. */
  readonly chargedMicro: bigint;
  readonly returnedMicro: bigint;
  /** Every record carries the session's present idTag under the meter's signature. */
  readonly isBoundToSession: boolean;
  readonly evidence: CdrEvidence;
}

/** What the energy of a charge detail record rests on. */
export interface CdrEvidence {
  readonly grade: EvidenceGrade;
  /** Codes of `findingCatalogue`. */
  readonly reasons: readonly string[];
  readonly flags: readonly string[];
}

/** What a session rests on that was completed by records alone. */
export function evidenceOfRecords(isBoundToSession: boolean): CdrEvidence {
  return isBoundToSession
    ? { grade: "meter-signed-bound", reasons: ["SIGNED_AND_BOUND"], flags: [] }
    : { grade: "meter-signed", reasons: ["SIGNED"], flags: [] };
}

/** Prices a session at the tariff of its terms. */
export function createCdr(input: {
  readonly sessionId: string;
  readonly terms: SessionTerms;
  readonly tariff: Tariff;
  readonly meter: CdrMeter;
  readonly energyWh: string;
  readonly metered: MeteredSession;
  readonly isBoundToSession: boolean;
  readonly evidence: CdrEvidence;
  /** By how much the driver raised the hold so far. */
  readonly toppedUpMicro: bigint;
}): Cdr {
  const { sessionId, terms, tariff, meter, energyWh, metered, isBoundToSession, evidence } = input;
  const price = priceOf(tariff, metered.energyMicroWh, metered.chargingSeconds, metered.connectedSeconds);
  const split = splitOf(price, terms.holdMicro + input.toppedUpMicro);
  return { sessionId, meter, energyWh, ...metered, price, ...split, isBoundToSession, evidence };
}

/** The record as it is with another hold: a driver may raise it until the session is settled. */
export function withHold(cdr: Cdr, heldMicro: bigint): Cdr {
  return { ...cdr, ...splitOf(cdr.price, heldMicro) };
}

/** The record as it is since the session opened again with another idTag than its meter signed. */
export function withoutBinding(cdr: Cdr): Cdr {
  if (cdr.evidence.grade !== "meter-signed-bound") return { ...cdr, isBoundToSession: false };
  const { grade, reasons } = evidenceOfRecords(false);
  return { ...cdr, isBoundToSession: false, evidence: { ...cdr.evidence, grade, reasons } };
}

function splitOf(price: PriceBreakdown, heldMicro: bigint): Pick<Cdr, "chargedMicro" | "returnedMicro"> {
  const chargedMicro = price.grossMicro < heldMicro ? price.grossMicro : heldMicro;
  return { chargedMicro, returnedMicro: heldMicro - chargedMicro };
}
