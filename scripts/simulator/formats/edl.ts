import {
  type EdlSample,
  type SignedSample,
  type TestMeter,
  beginSeconds,
  blockOf,
  createMeter,
  edlSample,
  endOf,
  escapeXml,
  keyOf,
  logbook,
  offsetMinutes,
  safeXml,
  signBare,
  taggedWith,
} from "./block.ts";
import { edlParts, isaParts, smlOf } from "./sml.ts";

export function edl40(tag: string | null, meter = createMeter("prime192v1")): SignedSample {
  const begin = edlSample(taggedWith(tag));
  const data = [begin, endOf(begin)].map((sample) => smlOf(edlParts(meter, sample)).toString("hex"));
  const file = safeXml([
    { data: data[0] ?? "", key: meter.point, context: "Transaction.Begin" },
    { data: data[1] ?? "", key: meter.point, context: "Transaction.End" },
  ]);
  return { name: "EDL40", format: "EDL40", file, signature: null, ...keyOf(meter), energyWh: "1419" };
}

/** A meter with secp256r1 that compensates: of a status of 32 bits it signs other bits, and the register behind the cable. */
export const longStatus = 0x8004_0104;
export function compensatedPair(tag: string | null = null): readonly [begin: EdlSample, end: EdlSample] {
  const begin = edlSample({
    ...taggedWith(tag),
    status: 0x88,
    compensation: { historical: 500_000n, compensated: 400_000n },
  });
  return [begin, { ...endOf(begin), compensation: { historical: 514_190n, compensated: 413_800n } }];
}

export function compensatedEdl(tag: string | null, meter = createMeter("prime256v1")): SignedSample {
  const [begin, end] = compensatedPair(tag).map((sample) => smlOf(edlParts(meter, sample, longStatus)).toString("hex"));
  const file = safeXml([
    { data: begin ?? "", key: meter.point, context: "Transaction.Begin" },
    { data: end ?? "", key: meter.point, context: "Transaction.End" },
  ]);
  return {
    name: "EDL40 with compensation",
    format: "EDL40",
    file,
    signature: null,
    ...keyOf(meter),
    energyWh: "1380",
  };
}

/** The block itself in XML, as OCPP 1.5 and EMH carry it. */
export function meterValueXml(meter: TestMeter, sample: EdlSample): string {
  const block = blockOf(sample);
  const signature = Buffer.concat([signBare(meter, block), logbook]).toString("base64");
  const key = Buffer.from(meter.point, "hex").toString("base64");
  return (
    `<?xml version="1.0" encoding="UTF-8" ?><signedMeterValue>  <publicKey encoding="base64">${key}</publicKey>` +
    `  <meterValueSignature encoding="base64">${signature}</meterValueSignature>` +
    `  <signatureMethod>ECDSA${8 * meter.coordinateBytes}SHA256</signatureMethod>  <encodingMethod>EDL</encodingMethod>` +
    `  <encodedMeterValue encoding="base64">${block.toString("base64")}</encodedMeterValue></signedMeterValue>`
  );
}

export function meterValues(tag: string | null, meter = createMeter("prime192v1")): SignedSample {
  const begin = edlSample(taggedWith(tag));
  const data = [begin, endOf(begin)].map((sample) => escapeXml(meterValueXml(meter, sample)));
  const file = safeXml([
    { data: data[0] ?? "", key: "", context: "Transaction.Begin" },
    { data: data[1] ?? "", key: "", context: "Transaction.End" },
  ]);
  return { name: "signedMeterValue", format: "EDL40", file, signature: null, ...keyOf(meter), energyWh: "1419" };
}

export function isaEdl40(tag: string | null, meter = createMeter("prime256v1")): SignedSample {
  const data = smlOf(isaParts(meter, 256_959_316n, 257_182_610n, undefined, tag ?? undefined)).toString("base64");
  const file = safeXml([{ data, key: meter.point }]);
  return { name: "ISA-EDL40P", format: "EDL40", file, signature: null, ...keyOf(meter), energyWh: "22329.4" };
}

export function mennekesXml(meter: TestMeter, begin: EdlSample, end: EdlSample): string {
  const time = (seconds: number): string =>
    `${new Date(1_000 * (seconds + 60 * offsetMinutes)).toISOString().slice(0, 19)}+01:00`;
  const measurement = (name: string, sample: EdlSample): string =>
    `<${name}><Timestamp>${time(sample.seconds)}</Timestamp><Signature>${signBare(meter, blockOf(sample)).toString("hex")}</Signature>` +
    `<EventCounter>4</EventCounter><MeterStatus>${sample.status}</MeterStatus><Value>${sample.value}</Value><Scaler>${sample.scaler}</Scaler>` +
    `<Pagination>${sample.counter}</Pagination><SecondIndex>${sample.counter * 100}</SecondIndex></${name}>`;
  return (
    `<ChargingProcess><ServerId>${begin.meter}</ServerId><PublicKey>${meter.point}</PublicKey>` +
    `<CustomerIdent>${begin.identification.toString("hex")}</CustomerIdent>` +
    `<TimestampCustomerIdent>${time(beginSeconds)}</TimestampCustomerIdent>` +
    `${measurement("MeasurementStart", begin)}${measurement("MeasurementEnd", end)}</ChargingProcess>`
  );
}

export function mennekes(tag: string | null, meter = createMeter("prime192v1")): SignedSample {
  const begin = edlSample(taggedWith(tag));
  const file = Buffer.from(mennekesXml(meter, begin, endOf(begin)));
  return { name: "Mennekes", format: "Mennekes", file, signature: null, ...keyOf(meter), energyWh: "1419" };
}
