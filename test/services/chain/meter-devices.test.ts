import { expect } from "chai";
import { AbiCoder, keccak256 } from "ethers";

import { readMeterDevices, type MeterKey } from "../../../services/chain/meter-devices.ts";
import { evidenceInterface } from "../../../services/dossier/format/evidence-interface.ts";

const keyOf = (byte: string): MeterKey => ({ curve: "secp256r1", publicKey: `0x${byte.repeat(64)}` });
const keyIdOf = ({ publicKey }: MeterKey): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(["uint8", "bytes"], [1, publicKey]));

/** What the registry says when a maker vouches for a meter with this key. */
function vouching(meter: number, key: MeterKey, serialNumber: string, maker = 1) {
  return evidenceInterface.encodeEventLog("MeterVouched", [meter, maker, keyIdOf(key), "XM-3", serialNumber, 9]);
}

describe("The devices of meters in the claims contract", () => {
  const [first, second, third] = [keyOf("11"), keyOf("22"), keyOf("33")];

  function devicesOf(vouchings: Parameters<typeof readMeterDevices>[1], devices: readonly number[]) {
    const byKey = new Map([first, second, third].map((key, index) => [keyIdOf(key), devices[index] ?? 0]));
    return readMeterDevices([first, third], vouchings, (keyId) => Promise.resolve(BigInt(byKey.get(keyId) ?? 0)));
  }

  it("are the keys' own where no maker vouches", async () => {
    expect(await devicesOf([], [4, 5, 0])).to.deep.equal([
      { device: 4, others: [] },
      { device: 0, others: [] },
    ]);
  });

  it("are several where a maker says that two keys are of one meter, and nobody has joined them", async () => {
    const vouchings = [vouching(10, first, "A"), vouching(11, second, "A"), vouching(12, third, "B")];
    const [own, other] = await devicesOf(vouchings, [4, 5, 6]);
    expect(own).to.deep.equal({ device: 4, others: [{ meter: 11, device: 5 }] });
    expect(other).to.deep.equal({ device: 6, others: [] });
  });

  it("are one where the other key was joined or never enrolled, or is another maker's meter", async () => {
    const vouchings = [vouching(10, first, "A"), vouching(11, second, "A")];
    for (const device of [4, 0]) expect((await devicesOf(vouchings, [4, device]))[0]?.others).to.deep.equal([]);
    const elsewhere = [vouching(10, first, "A"), vouching(11, second, "A", 2)];
    expect((await devicesOf(elsewhere, [4, 5]))[0]?.others).to.deep.equal([]);
  });

  it("follow the first word about a key, as the registry does", async () => {
    const renamed = [vouching(10, first, "A"), vouching(11, second, "B"), vouching(11, second, "A")];
    expect((await devicesOf(renamed, [4, 5]))[0]?.others).to.deep.equal([]);
    const repeated = [vouching(10, first, "A"), vouching(11, second, "A"), vouching(13, second, "B")];
    expect((await devicesOf(repeated, [4, 5]))[0]?.others).to.deep.equal([{ meter: 11, device: 5 }]);
  });
});
