import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { deployedRegistry, type RegistryFixture } from "../../helpers/meter-registry-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";

describe("MeterRegistry.registerEvse", () => {
  let fixture: RegistryFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedRegistry);
  });

  it("refuses an EVSE id of no or of more than 48 bytes", async () => {
    const { registry, operator } = fixture;

    for (const [evseId, length] of [
      ["", 0],
      ["x".repeat(49), 49],
      ["é".repeat(25), 50],
    ] as const) {
      await expect(registry.connect(operator).registerEvse(evseId))
        .to.be.revertedWithCustomError(registry, "EvseIdLengthOutOfRange")
        .withArgs(length, 1, 48);
    }
  });

  it("refuses an id that the operator has registered", async () => {
    const { registry, operator } = fixture;

    await expect(registry.connect(operator).registerEvse("DE*WPF*E2"))
      .to.be.revertedWithCustomError(registry, "EvseAlreadyRegistered")
      .withArgs(2);
  });

  it("numbers EVSEs from 1 on and keeps operator and id", async () => {
    const { registry, operator, otherOperator } = fixture;

    const receipt = await (await registry.connect(operator).registerEvse("x".repeat(48))).wait();

    expect(eventsOf(receipt, registry)).to.deep.equal([["EvseRegistered", 4n, operator.address, "x".repeat(48)]]);
    expect(await registry.evseOf(4)).to.deep.equal([operator.address, "x".repeat(48), 0n]);
    expect(await registry.evseOf(3)).to.deep.equal([otherOperator.address, "DE*OTH*E1", 0n]);
  });

  it("does not keep an operator from an id that another one uses", async () => {
    const { registry, otherOperator } = fixture;

    await registry.connect(otherOperator).registerEvse("DE*WPF*E1");

    expect(await registry.evseOf(4)).to.deep.equal([otherOperator.address, "DE*WPF*E1", 0n]);
  });
});
