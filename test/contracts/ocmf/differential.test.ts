import { expect } from "chai";
import { hexlify, keccak256, toUtf8Bytes } from "ethers";

import { curveNumbers, judgement } from "../../../scripts/verify/contract-answers.ts";
import { formatDecimal, toMicroWh } from "../../../services/domain/decimal.ts";
import { openEnvelope } from "../../../services/evidence/formats/ocmf/envelope.ts";
import type { BillingReading, RecordVerdict, VerifiedRecord } from "../../../services/evidence/formats/ocmf/types.ts";
import type { BillingReadingStructOutput, InspectionStructOutput } from "../../../types/mocks/OcmfLensBatch.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import {
  deployedOcmf,
  inspectAll,
  nameOfRefusal,
  pointBytes,
  signedQuery,
  type InspectionQuery,
  type OcmfFixture,
} from "../../helpers/ocmf-chain.ts";
import { generatePayload, mutatePayload } from "../../helpers/ocmf-mutation.ts";
import { recordOf, testKey, verifier } from "../../helpers/ocmf.ts";
import { createRandom } from "../../helpers/random.ts";
import { readSharedRecords, sharedManifestPath } from "../../helpers/shared-records.ts";

const mutationCount = Number(process.env["WATTPROOF_MUTATIONS"] ?? "1500");
const seed = Number(process.env["WATTPROOF_DIFFERENTIAL_SEED"] ?? "20261124");

/** Both answers about one record. */
interface Comparison {
  readonly name: string;
  readonly query: InspectionQuery;
  readonly verdict: RecordVerdict;
}

describe("OCMF on chain and in the service", function () {
  this.timeout(30 * 60_000);

  let fixture: OcmfFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedOcmf);
  });

  it("takes from the sample set nothing that the service refuses, and the same energy", async function () {
    const comparisons = await sharedComparisons(this);

    const inspections = await inspectAll(
      fixture.batch,
      comparisons.map(({ query }) => query),
    );

    expect(disagreements(comparisons, inspections)).to.deep.equal([]);
  });

  it("takes every good record of the sample set with begin and end on both curves", async function () {
    const path = sharedManifestPath();
    if (path === null) return skip(this);
    const expected = (await readSharedRecords(path)).filter(
      ({ expectation, expectedEnergyWh }) => expectation === "must" && expectedEnergyWh !== null,
    );
    const rows: unknown[] = [];
    const expectedRows: unknown[] = [];
    for (const { file, record, publicKey, expectedEnergyWh } of expected) {
      const envelope = openEnvelope(record, publicKey);
      if (envelope.verdict !== "opened" || !isOnChainCurve(envelope.key.curve)) continue;
      const [inspection] = await inspectAll(fixture.batch, [queryOf(envelope)]);
      rows.push([file, inspection?.judgement, inspection?.energyMicroWh]);
      // Rounding begin and end apart takes from the energy what is finer than the unit.
      expectedRows.push([file, judgement.accepted, microWhOfText(expectedEnergyWh ?? "")]);
    }

    expect(rows).to.deep.equal(expectedRows);
    expect(rows.length).to.be.greaterThan(60);
  });

  it(`takes of ${mutationCount} generated records nothing that the service refuses, and the same energy`, async function () {
    const random = createRandom(seed);
    const samples = sharedManifestPath() === null ? [] : await sharedComparisons(this);
    const comparisons: Comparison[] = [];
    for (let index = 0; index < mutationCount; index += 1) {
      const sample = samples[random.below(2 * samples.length + 1)];
      const original = sample?.query.payload ?? new TextEncoder().encode(generatePayload(random));
      const payload = sample === undefined && random.below(2) === 0 ? original : mutatePayload(original, random);
      comparisons.push(signedComparison(`seed ${seed}, record ${index}`, payload, random.below(2) === 0));
    }

    const inspections = await inspectAll(
      fixture.batch,
      comparisons.map(({ query }) => query),
    );

    expect(disagreements(comparisons, inspections)).to.deep.equal([]);
    // Blind would be a test in which hardly anything is accepted, or hardly anything refused.
    const accepted = inspections.filter((inspection) => inspection.judgement === judgement.accepted).length;
    expect(accepted).to.be.within(mutationCount * 0.1, mutationCount * 0.9);
  });
});

async function sharedComparisons(context: Mocha.Context): Promise<Comparison[]> {
  const path = sharedManifestPath();
  if (path === null) return skip(context);
  const comparisons: Comparison[] = [];
  for (const { file, record, publicKey } of await readSharedRecords(path)) {
    const envelope = openEnvelope(record, publicKey);
    if (envelope.verdict !== "opened" || !isOnChainCurve(envelope.key.curve)) continue;
    comparisons.push({ name: file, query: queryOf(envelope), verdict: verifier.verifyRecord(record, publicKey) });
  }
  return comparisons;
}

function skip(context: Mocha.Context): never {
  console.warn("      the sample records are not there: set WATTPROOF_SHARED, or put them into ../shared");
  return context.skip();
}

function signedComparison(name: string, payload: Uint8Array, isKoblitz: boolean): Comparison {
  const key = testKey(isKoblitz ? "secp256k1" : "secp256r1");
  return {
    name,
    query: signedQuery(key, payload),
    verdict: verifier.verifyRecord(recordOf(payload, key), key.publicKey),
  };
}

function queryOf(envelope: Extract<ReturnType<typeof openEnvelope>, { verdict: "opened" }>): InspectionQuery {
  const { payload, key, signature } = envelope;
  const hex = (value: bigint): string => `0x${value.toString(16).padStart(64, "0")}`;
  return {
    curve: curveNumbers[key.curve],
    publicKey: pointBytes(key),
    payload,
    r: hex(signature.r),
    s: hex(signature.s),
  };
}

function isOnChainCurve(curve: string): boolean {
  return curve === "secp256r1" || curve === "secp256k1";
}

/** What contradicts the rule: the contract accepts only what the service accepts, and then says the same. */
function disagreements(comparisons: readonly Comparison[], inspections: readonly InspectionStructOutput[]): unknown[] {
  return comparisons.flatMap((comparison, index) => {
    const inspection = inspections[index];
    if (inspection === undefined) return [[comparison.name, "no answer"]];
    const { name, verdict, query } = comparison;
    const text = Buffer.from(query.payload).toString("latin1");
    if (inspection.judgement === judgement.accepted) {
      if (verdict.verdict !== "accepted") return [[name, "only the contract accepts", verdict.reason, text]];
      const onChain = chainView(inspection, query.payload);
      const offChain = serviceView(verdict);
      return JSON.stringify(onChain) === JSON.stringify(offChain) ? [] : [[name, onChain, offChain, text]];
    }
    // Where the contract calls a record bad and not only beyond its limits, the service says so too.
    if (inspection.judgement === judgement.refused && verdict.verdict === "accepted") {
      return [[name, "only the contract refuses", nameOfRefusal(inspection.refusal), inspection.position, text]];
    }
    return [];
  });
}

function chainView(inspection: InspectionStructOutput, payload: Uint8Array): unknown {
  const { content } = inspection;
  const position = Number(content.identificationPosition);
  const identification = payload.slice(position, position + Number(content.identificationLength));
  return {
    pagination: `T${content.pagination}`,
    identification: hexlify(identification),
    meterSerialHash: content.meterSerialHash,
    gatewaySerialHash: content.gatewaySerialHash,
    register: Buffer.from(content.register.slice(2), "hex").toString("latin1").replace(/^\0+/, ""),
    begin: chainReading(content.begin),
    end: chainReading(content.end),
    energyMicroWh: inspection.energyMicroWh.toString(),
    chargingSeconds: inspection.chargingSeconds.toString(),
  };
}

function chainReading(reading: BillingReadingStructOutput): unknown {
  if (!reading.isPresent) return null;
  return {
    registerMicroWh: reading.registerMicroWh.toString(),
    epochMs: Number(reading.epochMs),
    synchronisation: String.fromCharCode(Number(reading.synchronisation)),
    hasTimeError: reading.hasTimeError,
  };
}

function serviceView(record: VerifiedRecord): unknown {
  const { begin, end } = record;
  return {
    pagination: `${record.pagination.context}${record.pagination.number}`,
    identification: hexlify(toUtf8Bytes(record.identification ?? "")),
    meterSerialHash: serialHash(record.meterSerial),
    gatewaySerialHash: serialHash(record.gatewaySerial),
    register: (begin ?? end ?? record.registers[0]?.readings[0])?.register ?? "",
    begin: serviceReading(begin, "up"),
    end: serviceReading(end, "down"),
    energyMicroWh: (begin === null || end === null
      ? 0n
      : toMicroWh(end.registerWh, "down") - toMicroWh(begin.registerWh, "up")
    ).toString(),
    chargingSeconds: chargingSecondsOf(begin, end).toString(),
  };
}

function serviceReading(reading: BillingReading | null, rounding: "up" | "down"): unknown {
  if (reading === null) return null;
  return {
    registerMicroWh: toMicroWh(reading.registerWh, rounding).toString(),
    epochMs: reading.time.epochMs,
    synchronisation: reading.time.synchronisation,
    hasTimeError: reading.time.hasTimeError,
  };
}

/** Only where both clocks are at least informative and neither time is called unusable. */
function chargingSecondsOf(begin: BillingReading | null, end: BillingReading | null): number {
  if (begin === null || end === null) return 0;
  const isProven = [begin.time, end.time].every((time) => time.synchronisation !== "U" && !time.hasTimeError);
  return isProven ? Math.floor((end.time.epochMs - begin.time.epochMs) / 1000) : 0;
}

function serialHash(serial: string | null): string {
  return serial === null ? `0x${"0".repeat(64)}` : keccak256(toUtf8Bytes(serial));
}

function microWhOfText(wattHours: string): bigint {
  const [whole = "0", fraction = ""] = wattHours.split(".");
  const unscaled = BigInt(whole + fraction);
  expect(formatDecimal({ unscaled, scale: fraction.length })).to.equal(wattHours);
  return toMicroWh({ unscaled, scale: fraction.length }, "down");
}
