import { createPublicKey, verify } from "node:crypto";

import { fromInteger } from "../../services/evidence/formats/ocmf/bytes.ts";
import { curveParameters } from "../../services/evidence/formats/ocmf/curves.ts";
import { nodeCryptography } from "../../services/evidence/formats/ocmf/node-cryptography.ts";
import { parsePublicKey } from "../../services/evidence/formats/ocmf/public-key.ts";
import type { VerifiedRecord } from "../../services/evidence/formats/ocmf/types.ts";
import { createOcmfVerifier } from "../../services/evidence/formats/ocmf/verifier.ts";
import type { SimulatedCurve } from "../simulator/curves.ts";
import { demoMeterKey } from "../simulator/demo-key.ts";
import { createSimulatedMeter } from "../simulator/meter.ts";
import { median, processorMs } from "./processor-time.ts";

/** How many records a core verifies, beside how many signatures alone. */
export interface VerificationRow {
  readonly curve: SimulatedCurve;
  readonly perCoreSecond: number;
  readonly barePerCoreSecond: number;
  /** The median over the rounds, each measured side by side. */
  readonly ratio: number;
}

const verifier = createOcmfVerifier({ cryptography: nodeCryptography });
const beginSeconds = 1_772_355_600;

/**
 * Verifies records of one meter as the service does: framing, key, signature, content. The yard-stick checks the same
 * signatures over the same bytes with a key that is imported already, and reads nothing.
 */
export function measureVerification(curve: SimulatedCurve, records: number, rounds: number): VerificationRow {
  const key = demoMeterKey(curve, "bench");
  const publicKey = parsePublicKey(key.publicKeySpkiHex, curve);
  if ("verdict" in publicKey) throw new Error(publicKey.detail);
  const meter = createSimulatedMeter({ key, serial: "BENCH", evseId: "DE*BEN*E1" });
  const signed = Array.from({ length: records }, (_item, index) => {
    const session = { beginSeconds, endSeconds: beginSeconds + 60 * index };
    return Buffer.from(meter.record({ ...session, idTag: "ABCDEFGHIJKLMNOPQRST", energyMicroWh: 90_000_000n }));
  });
  const verifyOne = (record: Uint8Array): VerifiedRecord => {
    const verdict = verifier.verifyRecord(record, publicKey);
    if (verdict.verdict !== "accepted") throw new Error(verdict.reason);
    return verdict;
  };
  const bare = signed.map(verifyOne).map(({ payload, signature }) => ({ payload, bytes: bytesOf(curve, signature) }));
  const imported = createPublicKey({ key: Buffer.from(key.publicKeySpkiHex, "hex"), format: "der", type: "spki" });
  const verifyBare = ({ payload, bytes }: (typeof bare)[number]): void => {
    if (!verify("sha256", payload, { key: imported, dsaEncoding: "ieee-p1363" }, bytes)) throw new Error("Refused.");
  };

  const timed = Array.from({ length: rounds }, () => ({
    bareMs: timeOf(() => {
      bare.forEach(verifyBare);
    }),
    ownMs: timeOf(() => {
      signed.forEach(verifyOne);
    }),
  }));
  const perSecond = (milliseconds: number): number => Math.round((records / milliseconds) * 1_000);
  return {
    curve,
    perCoreSecond: perSecond(median(timed.map(({ ownMs }) => ownMs))),
    barePerCoreSecond: perSecond(median(timed.map(({ bareMs }) => bareMs))),
    ratio: median(timed.map(({ bareMs, ownMs }) => bareMs / ownMs)),
  };
}

function bytesOf(curve: SimulatedCurve, { r, s }: VerifiedRecord["signature"]): Uint8Array {
  const { coordinateBytes } = curveParameters[curve];
  return Buffer.concat([fromInteger(r, coordinateBytes), fromInteger(s, coordinateBytes)]);
}

function timeOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  return processorMs(before);
}
