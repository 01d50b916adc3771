import { expect } from "chai";

import { curveNumbers, finding, judgement, refusalReasons } from "../../../scripts/verify/contract-answers.ts";
import { curveParameters } from "../../../services/evidence/formats/ocmf/curves.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import {
  deployedOcmf,
  pointBytes,
  signedQuery,
  type InspectionQuery,
  type OcmfFixture,
} from "../../helpers/ocmf-chain.ts";
import { beginReading, bytesOf, createTestKey, curves, endReading, payloadText, testKey } from "../../helpers/ocmf.ts";

const onChainCurves = ["secp256r1", "secp256k1"] as const;

function hex(value: bigint): string {
  return `0x${value.toString(16).padStart(64, "0")}`;
}

describe("OcmfLens.inspect", () => {
  let fixture: OcmfFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedOcmf);
  });

  async function findingOf({ curve, publicKey, payload, r, s }: InspectionQuery): Promise<(bigint | string)[]> {
    const answer = await fixture.lens.inspect(curve, publicKey, payload, r, s);
    return [answer.judgement, answer.finding];
  }

  it("answers unsupported for the curves that it cannot verify, and for none", async () => {
    for (const curve of curves.filter((name) => !onChainCurves.some((onChain) => onChain === name))) {
      const query = { ...signedQuery(testKey("secp256r1"), bytesOf(payloadText())), curve: curveNumbers[curve] };
      expect(await findingOf(query)).to.deep.equal([judgement.unsupported, finding.curveNotVerifiable]);
    }
    const query = { ...signedQuery(testKey("secp256r1"), bytesOf(payloadText())), curve: 0n };
    expect(await findingOf(query)).to.deep.equal([judgement.unsupported, finding.curveNotVerifiable]);
  });

  for (const curve of onChainCurves) {
    const key = testKey(curve);
    const { n, p } = curveParameters[curve];

    it(`refuses a key of ${curve} of another length`, async () => {
      const query = signedQuery(key, bytesOf(payloadText()));
      for (const publicKey of [new Uint8Array(), query.publicKey.slice(1), Uint8Array.of(4, ...query.publicKey)]) {
        expect(await findingOf({ ...query, publicKey })).to.deep.equal([
          judgement.refused,
          finding.publicKeyLengthWrong,
        ]);
      }
    });

    it(`refuses a key of ${curve} that is no point, or whose coordinates are not reduced`, async () => {
      const query = signedQuery(key, bytesOf(payloadText()));
      const { x, y } = key.publicKey;
      const points = [
        [x, y ^ 1n],
        [0n, 0n],
        [p, y],
        [x, p],
        [2n ** 256n - 1n, y],
      ] as const;
      for (const [otherX, otherY] of points) {
        const publicKey = Buffer.from((hex(otherX) + hex(otherY).slice(2)).slice(2), "hex");
        expect(await findingOf({ ...query, publicKey })).to.deep.equal([judgement.refused, finding.publicKeyOffCurve]);
      }
    });

    it(`refuses a signature of ${curve} that is another key's, of other bytes, or out of range`, async () => {
      const query = signedQuery(key, bytesOf(payloadText()));
      const foreign = signedQuery(createTestKey(curve), query.payload);
      const { r, s } = query;
      for (const wrong of [
        { ...query, publicKey: foreign.publicKey },
        { ...query, payload: bytesOf(`${payloadText()} `) },
        { ...query, payload: new Uint8Array() },
        { ...query, r: s, s: r },
        { ...query, r: hex(0n) },
        { ...query, s: hex(0n) },
        { ...query, r: hex(n) },
        { ...query, s: hex(n) },
        { ...query, r: hex(2n ** 256n - 1n), s: hex(2n ** 256n - 1n) },
        // Equal modulo n: never reduced silently.
        ...(BigInt(s) + n < 2n ** 256n ? [{ ...query, s: hex(BigInt(s) + n) }] : []),
      ]) {
        expect(await findingOf(wrong)).to.deep.equal([judgement.refused, finding.signatureInvalid]);
      }
    });

    it(`accepts both twins of many signatures of ${curve}, for either parity of the hidden point`, async () => {
      for (let index = 0; index < 24; index += 1) {
        const query = signedQuery(key, bytesOf(payloadText({ PG: `"T${index}"` })));
        for (const s of [query.s, hex(n - BigInt(query.s))]) {
          expect(await findingOf({ ...query, s })).to.deep.equal([judgement.accepted, 0n]);
        }
      }
    });
  }

  it("tells a fault of the record from a limit of the contract, with the place", async () => {
    const { lens } = fixture;
    for (const [header, expected, reason] of [
      [{ PG: '"F1"' }, judgement.refused, "PaginationFiscal"],
      [{ FV: '"0.1"' }, judgement.unsupported, "VersionAboveLimit"],
    ] as const) {
      const payload = payloadText(header);
      const { curve, publicKey, r, s } = signedQuery(testKey("secp256r1"), bytesOf(payload));

      const answer = await lens.inspect(curve, publicKey, bytesOf(payload), r, s);

      expect([answer.judgement, answer.finding, answer.refusal, answer.position, answer.energyMicroWh]).to.deep.equal([
        expected,
        finding.contentRefused,
        BigInt(refusalReasons.findIndex(([name]) => name === reason)),
        BigInt(payload.indexOf(Object.values(header)[0] ?? "")),
        0n,
      ]);
    }
  });

  it("computes energy and proven duration, and no duration that the clocks do not prove", async () => {
    const { lens } = fixture;
    for (const [begin, end, seconds] of [
      [{}, {}, 5_400n],
      [{ TM: '"2026-03-01T10:00:00,001+0100 R"' }, {}, 5_399n],
      [{ TM: '"2026-03-01T10:00:00,000+0100 I"' }, {}, 5_400n],
      [{ TM: '"2026-03-01T10:00:00,000+0100 U"' }, {}, 0n],
      [{}, { TM: '"2026-03-01T11:30:00,000+0100 U"' }, 0n],
      [{}, { EF: '"t"' }, 0n],
      [{ EF: '"t"' }, { EF: '""' }, 0n],
    ] as const) {
      const payload = bytesOf(
        payloadText({}, [
          { ...beginReading, ...begin },
          { ...endReading, ...end },
        ]),
      );
      const { curve, publicKey, r, s } = signedQuery(testKey("secp256k1"), payload);

      const answer = await lens.inspect(curve, publicKey, payload, r, s);

      expect([answer.judgement, answer.energyMicroWh, answer.chargingSeconds]).to.deep.equal([
        judgement.accepted,
        12_345_000_000n,
        seconds,
      ]);
    }
  });
});

describe("OcmfLens.isOnCurve", () => {
  let fixture: OcmfFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedOcmf);
  });

  it("knows the points of the five curves whose field fits 256 bits, and no others", async () => {
    const { lens } = fixture;

    for (const curve of curves) {
      const isComputable = !curve.includes("384");
      for (let index = 0; index < 4; index += 1) {
        const point = pointBytes(createTestKey(curve).publicKey);
        const flipped = Uint8Array.from(point, (byte, place) => (place === point.length - 1 ? byte ^ 1 : byte));
        expect(await lens.isOnCurve(curveNumbers[curve], point)).to.equal(isComputable);
        expect(await lens.isOnCurve(curveNumbers[curve], flipped)).to.equal(false);
        expect(await lens.isOnCurve(curveNumbers[curve], point.slice(2))).to.equal(false);
        for (const other of curves.filter((name) => name !== curve)) {
          expect(await lens.isOnCurve(curveNumbers[other], point)).to.equal(false);
        }
      }
    }
    expect(await lens.isOnCurve(0, "0x")).to.equal(false);
  });
});
