import { createPublicKey, verify } from "node:crypto";

import { expect } from "chai";

import { simulatedCurveNames } from "../../../scripts/simulator/curves.ts";
import { demoMeterKey, generateMeterKey, type MeterKey } from "../../../scripts/simulator/demo-key.ts";
import { createSimulatedMeter } from "../../../scripts/simulator/meter.ts";
import { nodeCryptography } from "../../../services/evidence/formats/ocmf/node-cryptography.ts";
import { formatDecimal } from "../../../services/domain/decimal.ts";
import { createOcmfVerifier } from "../../../services/evidence/formats/ocmf/verifier.ts";
import { kilowattHoursOf } from "../../../scripts/simulator/payload.ts";

const session = { idTag: "AAAABBBBCCCCDDDDEEEE", energyMicroWh: 5_123_000_000n, beginSeconds: 1_483_263_000 };

describe("Simulated meter", () => {
  it("refuses a session that gives energy back or ends before it begins", () => {
    const meter = meterOf(demoMeterKey("secp256r1", "refusals"));

    expect(() => meter.record({ ...session, energyMicroWh: -1n, endSeconds: 1_483_263_001 })).to.throw(RangeError);
    expect(() => meter.record({ ...session, endSeconds: 1_483_262_999 })).to.throw(RangeError);
    expect(meter.state()).to.deep.equal({ registerMicroWh: 0n, pagination: 0n });
  });

  for (const curve of simulatedCurveNames) {
    it(`signs records that hold under its key on ${curve}`, () => {
      for (const key of [demoMeterKey(curve, "one"), generateMeterKey(curve)]) {
        const record = meterOf(key).record({ ...session, endSeconds: 1_483_266_600 });

        expect(isSignedBy(record, key)).to.equal(true);
        expect(isSignedBy(record.replace("5.1230", "5.1231"), key)).to.equal(false);
      }
    });

    it(`signs what the service's verifier accepts on ${curve}, in one record and in two`, () => {
      const verifier = createOcmfVerifier({ cryptography: nodeCryptography });
      const key = generateMeterKey(curve);
      const meter = meterOf(key);
      const pair = meter.recordPair({ ...session, endSeconds: 1_483_266_600 });
      const verdicts = [
        verifier.verifyRecord(
          Buffer.from(meter.record({ ...session, endSeconds: 1_483_266_600 })),
          key.publicKeySpkiHex,
        ),
        verifier.verifySession(pair.map((text) => ({ record: Buffer.from(text), publicKey: key.publicKeySpkiHex }))),
      ];

      for (const verdict of verdicts) {
        const energyWh = verdict.verdict === "accepted" ? verdict.energyWh : null;
        expect(energyWh === null ? verdict : formatDecimal(energyWh)).to.equal("5123");
      }
    });

    it(`makes the same demo key from the same seed and another from another on ${curve}`, () => {
      const key = demoMeterKey(curve, "one");

      expect(demoMeterKey(curve, "one").publicKeySpkiHex).to.equal(key.publicKeySpkiHex);
      expect(demoMeterKey(curve, "two").publicKeySpkiHex).not.to.equal(key.publicKeySpkiHex);
      expect(key.publicKeySpkiHex.endsWith(Buffer.from(key.publicKeyPoint).toString("hex"))).to.equal(true);
    });
  }

  it("adds the energy to its register and counts every record that it signs", () => {
    const meter = meterOf(demoMeterKey("secp256k1", "register"));

    const first = payloadOf(meter.record({ ...session, endSeconds: 1_483_266_600 }));
    const [begin, end] = meter.recordPair({ ...session, energyMicroWh: 1n, endSeconds: 1_483_266_600 });

    expect(first.PG).to.equal("T1");
    expect(readingsOf(first)).to.deep.equal(["B 2017-01-01T10:30:00,000+0100 S", "E 2017-01-01T11:30:00,000+0100 S"]);
    expect([payloadOf(begin).PG, payloadOf(end).PG]).to.deep.equal(["T2", "T3"]);
    expect([begin, end].map((record) => /"RV":([0-9.]+)/u.exec(record)?.[1])).to.deep.equal(["5.1230", "5.123000001"]);
    expect(meter.state()).to.deep.equal({ registerMicroWh: 5_123_000_001n, pagination: 3n });
  });

  it("carries the possession tag in a record without energy", () => {
    const record = meterOf(demoMeterKey("secp256r1", "tag")).possessionRecord("TAGTAGTAGTAGTAGTAGTA", 1_483_263_000);

    expect(payloadOf(record).ID).to.equal("TAGTAGTAGTAGTAGTAGTA");
  });

  it("writes kilowatt-hours with all the digits they have and at least four decimals", () => {
    expect(kilowattHoursOf(0n)).to.equal("0.0000");
    expect(kilowattHoursOf(1n)).to.equal("0.000000001");
    expect(kilowattHoursOf(16_068_480_000_000n)).to.equal("16068.4800");
    expect(() => kilowattHoursOf(-1n)).to.throw(RangeError);
  });
});

function meterOf(key: MeterKey): ReturnType<typeof createSimulatedMeter> {
  return createSimulatedMeter({ key, serial: "WP0001", evseId: "DE*WPR*E0001" });
}

function isSignedBy(record: string, key: MeterKey): boolean {
  const [, payload = "", signature = ""] = record.split("|");
  const publicKey = createPublicKey({ key: Buffer.from(key.publicKeySpkiHex, "hex"), format: "der", type: "spki" });

  return verify(
    "sha256",
    Buffer.from(payload),
    publicKey,
    Buffer.from(/"SD":"([0-9A-F]+)"/u.exec(signature)?.[1] ?? "", "hex"),
  );
}

interface Payload {
  readonly PG: string;
  readonly ID: string;
  readonly RD: readonly { readonly TX: string; readonly TM: string }[];
}

function payloadOf(record: string): Payload {
  return JSON.parse(record.split("|")[1] ?? "") as Payload;
}

function readingsOf(payload: Payload): string[] {
  return payload.RD.map(({ TX, TM }) => `${TX} ${TM}`);
}
