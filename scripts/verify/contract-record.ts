import { createHash } from "node:crypto";

import type { SignedEnvelope } from "../../services/evidence/formats/ocmf/envelope.ts";
import type {
  BillingReading,
  Synchronisation,
  TransactionMarker,
  VerifiedRecord,
} from "../../services/evidence/formats/ocmf/types.ts";
import type { BillingReadingStructOutput, InspectionStructOutput } from "../../types/periphery/OcmfLens.ts";

/**
 * What the contract read, in the form in which the rules of sessions take it. The contract keeps serial numbers as
 * hashes, which is enough to tell two of them apart, and does not keep what it does not judge.
 */
export function toVerifiedRecord(envelope: SignedEnvelope, inspection: InspectionStructOutput): VerifiedRecord {
  const { payload, key, signature } = envelope;
  const { content } = inspection;
  const register = textOf(content.register);
  const begin = readingOf(content.begin, "B", register);
  const end = readingOf(content.end, "E", register);
  const position = Number(content.identificationPosition);
  const length = Number(content.identificationLength);
  return {
    verdict: "accepted",
    payload,
    payloadSha256: createHash("sha256").update(payload).digest("hex"),
    key,
    signature,
    pagination: { context: "T", number: content.pagination },
    formatVersion: null,
    identification: new TextDecoder("utf-8", { fatal: true }).decode(payload.subarray(position, position + length)),
    isAssigned: null,
    identificationLevel: null,
    identificationType: null,
    identificationFlags: [],
    gatewayIdentification: null,
    gatewaySerial: content.gatewaySerialHash,
    meterVendor: null,
    meterModel: null,
    meterSerial: content.meterSerialHash,
    meterFirmware: null,
    tariffText: null,
    chargePointIdentification: null,
    registers: [{ register, rank: 0, begin, end, readings: [begin, end].filter((reading) => reading !== null) }],
    begin,
    end,
    energyWh: begin !== null && end !== null ? { unscaled: inspection.energyMicroWh, scale: 6 } : null,
  };
}

function readingOf(
  reading: BillingReadingStructOutput,
  transaction: TransactionMarker,
  register: string,
): BillingReading | null {
  if (!reading.isPresent) return null;
  return {
    transaction,
    registerWh: { unscaled: reading.registerMicroWh, scale: 6 },
    register,
    time: {
      text: "",
      epochMs: Number(reading.epochMs),
      synchronisation: synchronisationOf(reading.synchronisation),
      hasTimeError: reading.hasTimeError,
    },
  };
}

function synchronisationOf(byte: string): Synchronisation {
  const letter = String.fromCharCode(Number(byte));
  return letter === "I" || letter === "S" || letter === "R" ? letter : "U";
}

/** Characters at the end of a word, with zeros before them. */
function textOf(word: string): string {
  return Buffer.from(word.slice(2), "hex").toString("latin1").replace(/^\0+/, "");
}
