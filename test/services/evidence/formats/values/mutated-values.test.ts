import { expect } from "chai";

import { judgeFile } from "../../../../../services/evidence/formats/values/judge-file.ts";
import { nodeValueCryptography } from "../../../../../services/evidence/formats/values/node-value-cryptography.ts";
import { createRandom, type Random } from "../../../../helpers/random.ts";
import { type SignedSample } from "../../../../../scripts/simulator/formats/block.ts";
import { signedSamples } from "../../../../../scripts/simulator/formats/signed-samples.ts";

/** For all formats together; the long set asks for more than 10,000 in each. */
const mutationCount = Number(process.env["WATTPROOF_MUTATIONS"] ?? "300");
const seed = Number(process.env["WATTPROOF_SEED"] ?? "20261130");

/** A file with one or more places changed: a bit, a byte, a digit, a piece taken out, repeated or exchanged. */
function mutate(file: Uint8Array, random: Random): Uint8Array {
  const bytes = [...file];
  for (let changes = 1 + random.below(3); changes > 0; changes -= 1) {
    const at = random.below(bytes.length);
    const length = 1 + random.below(40);
    random.pick([
      () => bytes.splice(at, 1, (bytes[at] ?? 0) ^ (1 << random.below(8))),
      () => bytes.splice(at, 1, random.below(256)),
      () => bytes.splice(at, 1, 0x30 + random.below(10)),
      () => bytes.splice(at, length),
      () => bytes.splice(at, 0, ...bytes.slice(at, at + length)),
      () => bytes.splice(random.below(bytes.length), 0, ...bytes.splice(at, length)),
    ])();
  }
  return Uint8Array.from(bytes);
}

/** A changed file may still be accepted where the change met nothing signed, but never with another energy. */
function expectNothingGained(sample: SignedSample, random: Random, count: number): void {
  const genuine = judgeFile("file", sample.file, sample.signature, sample.key, nodeValueCryptography);
  const energies = new Set(genuine.map(({ energyWh }) => energyWh));
  for (let index = 0; index < count; index += 1) {
    const file = mutate(sample.file, random);
    const lines = judgeFile("file", file, sample.signature, sample.key, nodeValueCryptography);
    for (const { verdict, energyWh } of lines) {
      const isSame = verdict !== "accepted" || energyWh === null || energies.has(energyWh);
      expect(isSame, `seed ${seed}, ${sample.name}, mutation ${index}: ${energyWh ?? ""}`).to.equal(true);
    }
  }
}

describe("Changed signed values", () => {
  for (const [index, sample] of signedSamples().entries()) {
    it(`never prove another energy: ${sample.name}, ${mutationCount} changes`, () => {
      expectNothingGained(sample, createRandom(seed + index), mutationCount);
    }).timeout(600_000);
  }
});
