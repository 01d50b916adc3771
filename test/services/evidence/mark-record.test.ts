import { expect } from "chai";

import { WattproofError } from "../../../services/errors.ts";
import { isSettleableByMeter, type MarkedRecord } from "../../../services/evidence/mark-record.ts";

const payload = new Uint8Array([123, 125]);
const good: MarkedRecord = { meter: { curve: "secp256r1", possession: "proven-on-chain" }, isBound: true, payload };

/** A chain that gives one answer, and what it was asked. */
function chainThat(answer: () => Promise<boolean>) {
  const asked: Uint8Array[] = [];
  return {
    asked,
    canContractRead(questioned: Uint8Array) {
      asked.push(questioned);
      return answer();
    },
  };
}

describe("The mark of a record, whether the contract could take it", function () {
  const others = ["secp192r1", "secp192k1", "brainpoolP256r1", "secp384r1", "brainpoolP384r1"] as const;
  const beyond: readonly (readonly [string, MarkedRecord])[] = [
    ["the possession of its meter is not proven", { ...good, meter: { curve: "secp256r1", possession: null } }],
    [
      "an oracle attested the possession of its meter",
      { ...good, meter: { curve: "secp256r1", possession: "attested-by-oracle" } },
    ],
    ...others.map(
      (curve) =>
        [`its meter's curve is ${curve}`, { ...good, meter: { curve, possession: "proven-on-chain" } }] as const,
    ),
    ["it is not bound to its session", { ...good, isBound: false }],
  ];
  for (const [name, record] of beyond) {
    it(`is false, without a question to the chain, where ${name}`, async function () {
      const chain = chainThat(() => Promise.resolve(true));
      expect(await isSettleableByMeter(chain, record)).to.equal(false);
      expect(chain.asked).to.deep.equal([]);
    });
  }

  it("is false where the contract cannot read the payload", async function () {
    expect(
      await isSettleableByMeter(
        chainThat(() => Promise.resolve(false)),
        good,
      ),
    ).to.equal(false);
  });

  for (const code of ["CHAIN_UNAVAILABLE", "CHAIN_MISMATCH"] as const) {
    it(`is unknown, after one question, where the chain answers with ${code}`, async function () {
      const chain = chainThat(() => Promise.reject(new WattproofError(code, "")));
      expect(await isSettleableByMeter(chain, good)).to.equal(null);
      expect(chain.asked).to.deep.equal([payload]);
    });
  }

  for (const curve of ["secp256r1", "secp256k1"] as const) {
    it(`is true where the contract reads the payload, on ${curve}`, async function () {
      const chain = chainThat(() => Promise.resolve(true));
      const record = { ...good, meter: { curve, possession: "proven-on-chain" } } as const;
      expect(await isSettleableByMeter(chain, record)).to.equal(true);
      expect(chain.asked).to.deep.equal([payload]);
    });
  }
});
