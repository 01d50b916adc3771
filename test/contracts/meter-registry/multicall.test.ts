import { ZeroAddress } from "ethers";
import { expect } from "chai";

import { networkHelpers } from "../../helpers/chain.ts";
import { deployedRegistry, MAXIMUM_POWER_W, type RegistryFixture } from "../../helpers/meter-registry-fixture.ts";
import { eventsOf } from "../../helpers/outcome.ts";

/** As many charging points as a large site has. */
const many = 40;

describe("MeterRegistry.multicall", () => {
  let fixture: RegistryFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedRegistry);
  });

  it("makes none of the calls when one of them is refused, and gives its error", async () => {
    const { registry, operator } = fixture;
    const calls = [registrationOf("DE*WPF*E10"), registrationOf("DE*WPF*E2"), registrationOf("DE*WPF*E11")];

    await expect(registry.connect(operator).multicall(calls))
      .to.be.revertedWithCustomError(registry, "EvseAlreadyRegistered")
      .withArgs(2);

    expect(await registry.evseOf(4)).to.deep.equal([ZeroAddress, 0n, 0n, ""]);
  });

  it("makes the calls as its caller, who can do no more than alone", async () => {
    const { registry, operator, otherOperator } = fixture;
    const { interface: form } = registry;

    await expect(
      registry
        .connect(otherOperator)
        .multicall([registrationOf("DE*OTH*E2"), form.encodeFunctionData("changeMaximumPower", [1, 50_000])]),
    )
      .to.be.revertedWithCustomError(registry, "NotOperator")
      .withArgs(otherOperator.address, operator.address);
  });

  it("registers a site of many charging points at once and returns their numbers", async () => {
    const { registry, operator } = fixture;
    const calls = Array.from({ length: many }, (_, index) => registrationOf(`DE*WPF*E1${index}`));

    const answers = await registry.connect(operator).multicall.staticCall(calls);
    const receipt = await (await registry.connect(operator).multicall(calls)).wait();

    const expected = Array.from({ length: many }, (_, index) => BigInt(index + 4));
    expect(answers.map(BigInt)).to.deep.equal(expected);
    expect(eventsOf(receipt, registry)).to.deep.equal(
      expected.map((evse, index) => ["EvseRegistered", evse, operator.address, `DE*WPF*E1${index}`, MAXIMUM_POWER_W]),
    );
    expect(await registry.evseOf(43)).to.deep.equal([operator.address, MAXIMUM_POWER_W, 0n, "DE*WPF*E139"]);
  });

  function registrationOf(evseId: string): string {
    return fixture.registry.interface.encodeFunctionData("registerEvse", [evseId, MAXIMUM_POWER_W]);
  }
});
