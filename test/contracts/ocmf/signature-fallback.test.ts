import { expect } from "chai";
import { network } from "hardhat";

import { curveParameters } from "../../../services/evidence/formats/ocmf/curves.ts";
import { signedQuery, type InspectionQuery } from "../../helpers/ocmf-chain.ts";
import { bytesOf, payloadText, testKey } from "../../helpers/ocmf.ts";

/** Where the rules put the precompiled contract for secp256r1 (EIP-7951), from the Osaka fork on. */
const precompileAddress = "0x0000000000000000000000000000000000000100";

/** Measured: 235,000 to 241,000 gas without the precompiled contract, 8,300 with it. */
const boundsGas = { prague: [150_000, 300_000], osaka: [7_000, 10_000] } as const;

const payload = bytesOf(payloadText());
const key = testKey("secp256r1");
const { n } = curveParameters.secp256r1;

const word = (value: bigint): string => `0x${value.toString(16).padStart(64, "0")}`;
const twinOf = (query: InspectionQuery): InspectionQuery => ({ ...query, s: word(n - BigInt(query.s)) });

for (const hardfork of ["prague", "osaka"] as const) {
  describe(`MeterSignature under the rules of ${hardfork}`, () => {
    async function probe() {
      const { ethers } = await network.create({ override: { hardfork } });
      const contract = await ethers.deployContract("MeterSignatureProbe");
      return { ethers, contract };
    }

    it(`runs ${hardfork === "prague" ? "without" : "with"} the precompiled contract`, async () => {
      const { ethers } = await probe();
      // The signature that OpenZeppelin's library asks with; an address without code answers with nothing.
      const answer = await ethers.provider.call({
        to: precompileAddress,
        data:
          "0xbb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023" +
          word(5n).slice(2) +
          word(1n).slice(2) +
          "a71af64de5126a4a4e02b7922d66ce9415ce88a4c9d25514d91082c8725ac957" +
          "5d47723c8fbe580bb369fec9c2665d8e30a435b9932645482e7c9f11e872296b",
      });
      expect(answer).to.equal(hardfork === "prague" ? "0x" : word(1n));
    });

    it("takes both twins of a signature of secp256r1, at the cost that is documented", async () => {
      const { contract } = await probe();
      const [least, most] = boundsGas[hardfork];
      for (let count = 0; count < 4; count += 1) {
        const signed = signedQuery(key, payload);
        for (const { curve, publicKey, r, s } of [signed, twinOf(signed)]) {
          const { isValid, gasSpent } = await contract.verify(curve, publicKey, payload, r, s);
          expect(isValid).to.equal(true);
          expect(Number(gasSpent)).to.be.within(least, most);
          if (process.env["WATTPROOF_PRINT_GAS"] === "1") console.log(`      ${gasSpent} gas`);
        }
      }
    });

    it("refuses another payload, another key, and scalars of 0, n and above", async () => {
      const { contract } = await probe();
      const { curve, publicKey, r, s } = signedQuery(key, payload);
      const otherKey = signedQuery(testKey("secp256k1"), payload).publicKey;
      const above = word(BigInt(r) + n < 2n ** 256n ? BigInt(r) + n : 2n ** 256n - 1n);
      for (const [candidateKey, bytes, first, second] of [
        [publicKey, bytesOf(payloadText({ PG: '"T8"' })), r, s],
        [otherKey, payload, r, s],
        [publicKey, payload, s, r],
        [publicKey, payload, word(0n), s],
        [publicKey, payload, r, word(0n)],
        [publicKey, payload, word(n), s],
        [publicKey, payload, r, word(n)],
        [publicKey, payload, above, s],
        [publicKey, payload, r, word(2n ** 256n - 1n)],
      ] as const) {
        const { isValid } = await contract.verify(curve, candidateKey, bytes, first, second);
        expect(isValid).to.equal(false);
      }
    });
  });
}
