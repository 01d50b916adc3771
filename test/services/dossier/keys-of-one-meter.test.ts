import { expect } from "chai";
import { hexlify } from "ethers";

import { createDeviceCheck } from "../../../services/dossier/verify/check-devices.ts";
import { createFindings } from "../../../services/dossier/verify/findings.ts";
import { encodePoint } from "../../../services/evidence/formats/ocmf/public-key.ts";
import { ethers } from "../../helpers/chain.ts";
import { charge, createMeter, dossierOf, yearSeconds } from "../../helpers/dossier-world.ts";
import { activeMaker, vouchedMeter } from "../../helpers/meter-makers.ts";
import { deployedRegistry } from "../../helpers/meter-registry-fixture.ts";
import { createTestKey } from "../../helpers/ocmf.ts";

describe("Two keys of one physical meter in a dossier", function () {
  it("are found by the makers' words in the registry, where the dossier names other serial numbers", async function () {
    const fixture = await deployedRegistry();
    const maker = await activeMaker(fixture);
    const keys = [createTestKey("secp256r1"), createTestKey("secp256r1")];
    for (const key of keys) await vouchedMeter(fixture, maker, { key });
    const meters = [createMeter(1), createMeter(2)];
    // Both count from 0 on.
    for (const meter of meters) charge(meter, { atSeconds: yearSeconds, energyMicroWh: 5_000_000n });
    const { manifest, months } = structuredClone(dossierOf(meters));
    for (const [index, meter] of manifest.meters.entries()) {
      const key = keys[index]?.publicKey;
      if (key === undefined) throw new RangeError("There are two");
      Object.assign(meter, { maker: Number(maker.maker), publicKey: hexlify(encodePoint(key).subarray(1)) });
    }
    manifest.contracts.meterRegistry = await fixture.registry.getAddress();
    const chain = {
      request: (method: string, parameters: readonly unknown[]): Promise<unknown> =>
        ethers.provider.send(method, [...parameters]),
    };

    for (const [asked, codes] of [
      [null, []],
      [chain, ["DOSSIER_INTERVALS_OVERLAP"]],
    ] as const) {
      const findings = createFindings();
      const check = await createDeviceCheck(asked, manifest, findings);
      for (const month of months) check.take(month);
      check.end();
      expect(findings.list().map(({ code }) => code)).to.deep.equal(codes);
    }
  });
});
