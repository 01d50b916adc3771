import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { deployedRegistry, type RegistryFixture } from "../../helpers/meter-registry-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";

const MOST = 2n ** 24n - 1n;

describe("MeterRegistry.changeMaximumPower", () => {
  let fixture: RegistryFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedRegistry);
  });

  it("refuses an EVSE that does not exist", async () => {
    const { registry, operator } = fixture;

    for (const evse of [0, 9]) {
      await expect(registry.connect(operator).changeMaximumPower(evse, 1))
        .to.be.revertedWithCustomError(registry, "EvseUnknown")
        .withArgs(evse);
    }
  });

  it("refuses everybody but the EVSE's operator", async () => {
    const { registry, operator, otherOperator, oracles, stranger } = fixture;

    for (const caller of [otherOperator, stranger, ...oracles]) {
      await expect(registry.connect(caller).changeMaximumPower(1, 1))
        .to.be.revertedWithCustomError(registry, "NotOperator")
        .withArgs(caller.address, operator.address);
    }
  });

  it("refuses to let an EVSE deliver nothing", async () => {
    const { registry, operator } = fixture;

    await expect(registry.connect(operator).changeMaximumPower(1, 0)).to.be.revertedWithCustomError(
      registry,
      "MaximumPowerZero",
    );
  });

  it("changes the power of this EVSE and nothing else, from 1 W to 16.7 MW", async () => {
    const { registry, operator } = fixture;
    const before = [...(await registry.evseOf(1))];
    const other = [...(await registry.evseOf(2))];

    for (const maximumPowerW of [1n, MOST]) {
      const receipt = await (await registry.connect(operator).changeMaximumPower(1, maximumPowerW)).wait();

      expect(eventsOf(receipt, registry)).to.deep.equal([["MaximumPowerChanged", 1n, maximumPowerW]]);
      expect([...(await registry.evseOf(1))]).to.deep.equal(before.with(1, maximumPowerW));
    }
    expect([...(await registry.evseOf(2))]).to.deep.equal(other);
  });
});
