import { expect } from "chai";

import type { PlannedSession } from "../../../scripts/demo/plan.ts";
import type { PlannedMeter } from "../../../scripts/local-world/meters.ts";
import type { ManifestRecord } from "../../../scripts/demo/records-manifest.ts";
import { planThirdParty } from "../../../scripts/demo/third-party-plan.ts";
import { demoMeterKey } from "../../../scripts/simulator/demo-key.ts";
import { createSimulatedMeter, type MeterState } from "../../../scripts/simulator/meter.ts";

const key = demoMeterKey("secp256k1", "third-party plan");
const otherKey = demoMeterKey("brainpoolP256r1", "third-party plan");
const spare: PlannedMeter = {
  meterId: "spare",
  evseId: "DE*WPR*E0001",
  stationId: "SPARE",
  curve: "secp256r1",
  publicKeyPoint: new Uint8Array(64),
  possession: { kind: "none" },
};
const usual = {
  idTag: "04A1B2C3D4",
  energyMicroWh: 1_000_000_000n,
  beginSeconds: 1_700_000_000,
  endSeconds: 1_700_000_600,
};

function meterAt(pagination: bigint, registerMicroWh: bigint, meterKey = key) {
  const state: MeterState = { pagination: pagination - 1n, registerMicroWh };

  return createSimulatedMeter({ key: meterKey, serial: "M", evseId: "E", state });
}

function entry(file: string, record: string, publicKey: string | null = key.publicKeySpkiHex): ManifestRecord {
  return { file, record: Buffer.from(record), publicKey };
}

function summaryOf(records: readonly ManifestRecord[], sessions: Record<string, readonly string[]> = {}): unknown {
  const plan = planThirdParty(
    { records, sessions: Object.entries(sessions).map(([id, files]) => ({ id, files })) },
    spare,
  );
  const opened = { sessionId: "0x", idTag: "", openedSeconds: 0 };

  return plan.sessions.map((session: PlannedSession) => [
    session.name,
    session.ending,
    ...session.deliveries(opened).map(({ expected }) => expected),
  ]);
}

describe("Plan for records of real meters", () => {
  it("leaves a session to expire whose record is refused, or for which there is no key", () => {
    const whole = meterAt(1n, 0n).record(usual);
    const tampered = whole.replace("1.0000", "9.0000");

    expect(
      summaryOf([entry("tampered", tampered), entry("no key", whole, null), entry("no record", "x")]),
    ).to.deep.equal([
      ["tampered", "expired", "refused"],
      ["no key", "expired", "refused"],
      ["no record", "expired", "refused"],
    ]);
  });

  it("leaves a session to expire that has only a begin or only an end", () => {
    const [begin, end] = meterAt(5n, 0n).recordPair(usual);

    expect(summaryOf([entry("begin", begin), entry("end", end)])).to.deep.equal([
      ["begin", "expired", "accepted"],
      ["end", "expired", "accepted"],
    ]);
  });

  it("counts a key and pagination once, whichever file it is in", () => {
    const first = meterAt(3n, 0n).record(usual);
    const second = meterAt(3n, 0n).record({ ...usual, energyMicroWh: 5n });

    expect(summaryOf([entry("a", first), entry("b", first), entry("c", second)])).to.deep.equal([
      ["a", "settled", "accepted"],
      ["b", "expired", "refused"],
      ["c", "expired", "refused"],
    ]);
  });

  it("plays a meter's records in the order in which it signed them", () => {
    const meter = meterAt(8n, 0n);
    const first = meter.record(usual);
    const second = meter.record(usual);

    expect(summaryOf([entry("later", second), entry("earlier", first)])).to.deep.equal([
      ["earlier", "settled", "accepted"],
      ["later", "settled", "accepted"],
    ]);
  });

  it("does not settle what contradicts the register of the same meter, and lets other meters be", () => {
    const high = meterAt(1n, 50_000_000_000n).record(usual);
    const low = meterAt(2n, 7_000_000_000n).record(usual);
    const other = meterAt(2n, 7_000_000_000n, otherKey).record(usual);

    expect(
      summaryOf([entry("high", high), entry("low", low), entry("other", other, otherKey.publicKeySpkiHex)]),
    ).to.deep.equal([
      ["high", "settled", "accepted"],
      ["low", "expired", "accepted"],
      ["other", "settled", "accepted"],
    ]);
  });

  it("puts the records of a session together, in whatever order they are listed", () => {
    const [begin, end] = meterAt(1n, 0n).recordPair(usual);
    const records = [entry("begin", begin), entry("end", end)];

    expect(summaryOf(records, { forwards: ["begin", "end"] })).to.deep.equal([
      ["session forwards", "settled", "accepted", "accepted"],
    ]);
    expect(summaryOf(records, { backwards: ["end", "begin"] })).to.deep.equal([
      ["session backwards", "settled", "accepted", "accepted"],
    ]);
    expect(summaryOf(records, { twice: ["begin", "begin"], later: ["begin", "end"] })).to.deep.equal([
      ["session twice", "expired", "accepted", "duplicate"],
      ["session later", "expired", "refused", "accepted"],
    ]);
  });

  it("leaves a session to expire whose records have a gap or are of two meters", () => {
    const meter = meterAt(1n, 0n);
    const [begin] = meter.recordPair(usual);
    const [, end] = meter.recordPair(usual);
    const [, foreignEnd] = meterAt(1n, 0n, otherKey).recordPair(usual);
    const records = [entry("begin", begin), entry("end", end), entry("foreign", foreignEnd, otherKey.publicKeySpkiHex)];

    expect(summaryOf(records.slice(0, 2), { gap: ["begin", "end"] })).to.deep.equal([
      ["session gap", "expired", "accepted", "accepted"],
    ]);
    expect(summaryOf([entry("begin", begin), ...records.slice(2)], { mixed: ["begin", "foreign"] })).to.deep.equal([
      ["session mixed", "expired", "accepted", "refused"],
    ]);
  });
});
