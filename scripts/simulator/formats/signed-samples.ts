import { type SignedSample, type TestMeter } from "./block.ts";
import { compensatedEdl, edl40, isaEdl40, mennekes, meterValues } from "./edl.ts";
import { bsm, chargeIt, chargePoint, ptb } from "./json.ts";
import { alfen, pcdf } from "./texts.ts";

const makers: readonly ((tag: string | null, meter?: TestMeter) => SignedSample)[] = [
  edl40,
  compensatedEdl,
  meterValues,
  isaEdl40,
  mennekes,
  alfen,
  pcdf,
  chargeIt,
  bsm,
  ptb,
  chargePoint,
];

/** One genuine file in each format, of meters that were made for this run. */
export function signedSamples(): readonly SignedSample[] {
  return makers.map((make) => make(null));
}

/** The same by the same meters, which were told this of who charges. The container of the PTB does not sign it. */
export function signedFor(samples: readonly SignedSample[], tag: string): readonly SignedSample[] {
  return makers.map((make, index) => make(tag, samples[index]?.meter));
}

/** The sample as one record, as a station sends it: a receipt of ChargePoint together with its signature. */
export function recordOfSample({ file, signature }: SignedSample): Uint8Array {
  if (signature === null) return file;
  return Buffer.from(
    JSON.stringify({
      secrrct: Buffer.from(file).toString("base64"),
      "secrrct.sign": Buffer.from(signature).toString("base64"),
    }),
  );
}
