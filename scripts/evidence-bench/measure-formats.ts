import { createPublicKey, verify } from "node:crypto";

import { createRecordJudge } from "../../services/evidence/formats/all-formats.ts";
import { fromInteger } from "../../services/evidence/formats/ocmf/bytes.ts";
import { curveParameters } from "../../services/evidence/formats/ocmf/curves.ts";
import { nodeCryptography } from "../../services/evidence/formats/ocmf/node-cryptography.ts";
import { encodeSubjectPublicKeyInfo } from "../../services/evidence/formats/ocmf/public-key.ts";
import type { Curve, EcdsaSignature, PublicKey } from "../../services/evidence/formats/ocmf/types.ts";
import type { SignedSample } from "../simulator/formats/block.ts";
import { recordOfSample, signedSamples } from "../simulator/formats/signed-samples.ts";
import { median, processorMs } from "./processor-time.ts";

/** How many signed values of a format a core verifies, beside how many signatures alone. */
export interface FormatRow {
  readonly format: string;
  readonly curve: Curve;
  readonly bytesPerValue: number;
  readonly perCoreSecond: number;
  readonly barePerCoreSecond: number;
  /** The median over the rounds, each measured side by side. */
  readonly ratio: number;
}

const warmUpRepeats = 2_000;
const judge = createRecordJudge({ cryptography: nodeCryptography });

/** Verifies a record of each format as the service does; the yard-stick checks the same signatures and reads nothing. */
export function measureFormats(repeats: number, rounds: number): readonly FormatRow[] {
  return signedSamples().map((sample) => measureFormat(sample, repeats, rounds));
}

function measureFormat(sample: SignedSample, repeats: number, rounds: number): FormatRow {
  const record = recordOfSample(sample);
  const { curve } = sample;
  const key = publicKeyOf(sample);
  const checked: { readonly payload: Uint8Array; readonly bytes: Uint8Array }[] = [];
  const listening = {
    ...nodeCryptography,
    verifyEcdsaSha256: (given: PublicKey, payload: Uint8Array, signature: EcdsaSignature): boolean => {
      const isGood = nodeCryptography.verifyEcdsaSha256(given, payload, signature);
      if (isGood) checked.push({ payload, bytes: bytesOf(curve, signature) });
      return isGood;
    },
  };
  const verdict = createRecordJudge({ cryptography: listening }).verifyRecord(record, key);
  if (verdict.verdict !== "accepted") throw new Error(verdict.reason);
  const imported = createPublicKey({
    key: Buffer.from(encodeSubjectPublicKeyInfo(key)),
    format: "der",
    type: "spki",
  });
  const bare = (): void => {
    for (const { payload, bytes } of checked) {
      verify("sha256", payload, { key: imported, dsaEncoding: "ieee-p1363" }, bytes);
    }
  };
  const own = (): void => void judge.verifyRecord(record, key);
  // For nothing, until the program is compiled: a service verifies for months.
  timeOf(warmUpRepeats, bare);
  timeOf(warmUpRepeats, own);
  const timed = Array.from({ length: rounds }, () => ({ bareMs: timeOf(repeats, bare), ownMs: timeOf(repeats, own) }));
  const perSecond = (milliseconds: number): number => Math.round(((repeats * checked.length) / milliseconds) * 1_000);
  return {
    format: sample.name,
    curve,
    bytesPerValue: Math.round(record.length / checked.length),
    perCoreSecond: perSecond(median(timed.map(({ ownMs }) => ownMs))),
    barePerCoreSecond: perSecond(median(timed.map(({ bareMs }) => bareMs))),
    ratio: median(timed.map(({ bareMs, ownMs }) => bareMs / ownMs)),
  };
}

function publicKeyOf({ curve, point }: SignedSample): PublicKey {
  const half = point.length / 2;
  return { curve, x: BigInt(`0x${point.slice(0, half)}`), y: BigInt(`0x${point.slice(half)}`) };
}

function bytesOf(curve: Curve, { r, s }: EcdsaSignature): Uint8Array {
  const { scalarBytes } = curveParameters[curve];
  return Buffer.concat([fromInteger(r, scalarBytes), fromInteger(s, scalarBytes)]);
}

function timeOf(repeats: number, work: () => unknown): number {
  const before = process.cpuUsage();
  for (let index = 0; index < repeats; index += 1) work();
  return processorMs(before);
}
