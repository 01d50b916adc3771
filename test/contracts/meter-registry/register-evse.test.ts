import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { deployedRegistry, MAXIMUM_POWER_W, type RegistryFixture } from "../../helpers/meter-registry-fixture.ts";
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
      await expect(registry.connect(operator).registerEvse(evseId, MAXIMUM_POWER_W))
        .to.be.revertedWithCustomError(registry, "EvseIdLengthOutOfRange")
        .withArgs(length, 1, 48);
    }
  });

  it("refuses an EVSE that delivers nothing", async () => {
    const { registry, operator } = fixture;

    await expect(registry.connect(operator).registerEvse("DE*WPF*E9", 0)).to.be.revertedWithCustomError(
      registry,
      "MaximumPowerZero",
    );
  });

  it("refuses an id that the operator has registered", async () => {
    const { registry, operator } = fixture;

    await expect(registry.connect(operator).registerEvse("DE*WPF*E2", MAXIMUM_POWER_W))
      .to.be.revertedWithCustomError(registry, "EvseAlreadyRegistered")
      .withArgs(2);
  });

  it("numbers EVSEs from 1 on and keeps operator, power and id", async () => {
    const { registry, operator, otherOperator } = fixture;

    const receipt = await (await registry.connect(operator).registerEvse("x".repeat(48), 1)).wait();

    expect(eventsOf(receipt, registry)).to.deep.equal([["EvseRegistered", 4n, operator.address, "x".repeat(48), 1n]]);
    expect(await registry.evseOf(4)).to.deep.equal([operator.address, 1n, 0n, "x".repeat(48)]);
    expect(await registry.evseOf(3)).to.deep.equal([otherOperator.address, MAXIMUM_POWER_W, 0n, "DE*OTH*E1"]);
  });

  it("does not keep an operator from an id that another one uses", async () => {
    const { registry, otherOperator } = fixture;

    await registry.connect(otherOperator).registerEvse("DE*WPF*E1", MAXIMUM_POWER_W);

    expect(await registry.evseOf(4)).to.deep.equal([otherOperator.address, MAXIMUM_POWER_W, 0n, "DE*WPF*E1"]);
  });
});
