import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { curveNumbers } from "../../../scripts/verify/contract-answers.ts";
import { networkHelpers } from "../../helpers/chain.ts";
import { activeMaker, committeeOwner, makerArguments, vouchedMeter } from "../../helpers/meter-makers.ts";
import {
  activeMeter,
  deployedRegistry,
  eventsAt,
  keyIdOfTestKey,
  Provenance,
  type RegistryFixture,
} from "../../helpers/meter-registry-fixture.ts";
import { createTestKey, curves, testKey } from "../../helpers/ocmf.ts";
import { CHANGE_DELAY_SECONDS, DAY } from "../../helpers/settlement-fixture.ts";

const key = testKey("secp256r1");
const LONGEST_NAME = 64;

describe("MeterRegistry.registerMaker", () => {
  let fixture: RegistryFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedRegistry);
  });

  it("refuses everybody but the owner of the oracle committee", async () => {
    const { registry, operator } = fixture;
    const owner = await committeeOwner();

    await expect(registry.connect(operator).registerMaker(...makerArguments(key)))
      .to.be.revertedWithCustomError(registry, "NotCommitteeOwner")
      .withArgs(operator.address, owner.address);
  });

  it("refuses every curve that the contract cannot verify", async () => {
    const registry = fixture.registry.connect(await committeeOwner());
    const { x, y } = key.publicKey;

    for (const curve of curves.filter((name) => name !== "secp256r1" && name !== "secp256k1")) {
      await expect(registry.registerMaker(curveNumbers[curve], x, y, "Maker"))
        .to.be.revertedWithCustomError(registry, "CurveNotVerifiable")
        .withArgs(curveNumbers[curve]);
    }
    await expect(registry.registerMaker(0, x, y, "Maker"))
      .to.be.revertedWithCustomError(registry, "CurveNotVerifiable")
      .withArgs(0);
  });

  it("refuses a point off the curve, and a name that is empty or too long", async () => {
    const registry = fixture.registry.connect(await committeeOwner());
    const { x, y } = key.publicKey;

    await expect(registry.registerMaker(curveNumbers.secp256r1, x, y + 1n, "Maker")).to.be.revertedWithCustomError(
      registry,
      "PublicKeyOffCurve",
    );
    for (const name of ["", "x".repeat(LONGEST_NAME + 1)]) {
      await expect(registry.registerMaker(...makerArguments(key, name)))
        .to.be.revertedWithCustomError(registry, "TextLengthOutOfRange")
        .withArgs(name.length, 1, LONGEST_NAME);
    }
    await registry.registerMaker(...makerArguments(key, "x".repeat(LONGEST_NAME)));
  });

  it("refuses a key that was registered before, revoked or not", async () => {
    const registry = fixture.registry.connect(await committeeOwner());
    await registry.registerMaker(...makerArguments(key));
    const again = (): Promise<unknown> => registry.registerMaker(...makerArguments(key, "Another name"));

    await expect(again()).to.be.revertedWithCustomError(registry, "MakerKeyKnown").withArgs(1);
    await registry.revokeMaker(1);
    await expect(again()).to.be.revertedWithCustomError(registry, "MakerKeyKnown").withArgs(1);
  });

  it("numbers makers from 1 and announces each a change delay ahead", async () => {
    const { startedAt } = fixture;
    const registry = fixture.registry.connect(await committeeOwner());
    const now = startedAt + DAY;
    const { x, y } = key.publicKey;

    const events = await eventsAt(fixture, now, () => registry.registerMaker(...makerArguments(key, "Maker")));

    const activeFrom = now + CHANGE_DELAY_SECONDS;
    expect(events).to.deep.equal([
      ["MakerRegistered", 1n, keyIdOfTestKey(key), curveNumbers.secp256r1, x, y, "Maker", activeFrom],
    ]);
    expect([...(await registry.makerOf(1))]).to.deep.equal([curveNumbers.secp256r1, activeFrom, 0n, x, y, "Maker"]);
    expect((await registry.makerOf(2)).curve).to.equal(0n);
    expect(await registry.registerMaker.staticCall(...makerArguments(createTestKey("secp256k1")))).to.equal(2n);
  });

  it("has no owner but the committee's, also after that one changed", async () => {
    const { registry, oracleCommittee, stranger } = fixture;
    const owner = await committeeOwner();
    await oracleCommittee.connect(owner).transferOwnership(stranger.address);
    await registry.connect(owner).registerMaker(...makerArguments(key));
    await oracleCommittee.connect(stranger).acceptOwnership();

    await expect(registry.connect(owner).revokeMaker(1))
      .to.be.revertedWithCustomError(registry, "NotCommitteeOwner")
      .withArgs(owner.address, stranger.address);
    await registry.connect(stranger).revokeMaker(1);
    await oracleCommittee.connect(stranger).renounceOwnership();
    await expect(registry.connect(stranger).registerMaker(...makerArguments(createTestKey("secp256r1"))))
      .to.be.revertedWithCustomError(registry, "NotCommitteeOwner")
      .withArgs(stranger.address, ZeroAddress);
  });
});

describe("MeterRegistry.revokeMaker", () => {
  let fixture: RegistryFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedRegistry);
  });

  it("refuses everybody but the owner, a maker that does not exist, and one that was revoked", async () => {
    const { registry, operator } = fixture;
    const owner = await committeeOwner();
    const { maker } = await activeMaker(fixture, key);

    await expect(registry.connect(operator).revokeMaker(maker))
      .to.be.revertedWithCustomError(registry, "NotCommitteeOwner")
      .withArgs(operator.address, owner.address);
    await expect(registry.connect(owner).revokeMaker(9))
      .to.be.revertedWithCustomError(registry, "MakerUnknown")
      .withArgs(9);
    await registry.connect(owner).revokeMaker(maker);
    await expect(registry.connect(owner).revokeMaker(maker)).to.be.revertedWithCustomError(registry, "MakerNotActive");
  });

  it("takes the level from the maker's meters from then on, and from nobody else's", async () => {
    const { registry, startedAt } = fixture;
    const owner = await committeeOwner();
    const [mine, other] = [await activeMaker(fixture), await activeMaker(fixture)];
    const meters = [
      await vouchedMeter(fixture, mine, { meter: await activeMeter(fixture) }),
      await vouchedMeter(fixture, other, {
        meter: await activeMeter(fixture, { evse: 2n, key: createTestKey("secp256k1") }),
      }),
    ];
    const levels = (): Promise<bigint[]> => Promise.all(meters.map((meter) => registry.provenanceOf(meter)));
    expect(await levels()).to.deep.equal([Provenance.VouchedByMaker, Provenance.VouchedByMaker]);
    const now = startedAt + 20n * DAY;

    const events = await eventsAt(fixture, now, () => registry.connect(owner).revokeMaker(mine.maker));

    expect(events).to.deep.equal([["MakerRevoked", mine.maker, keyIdOfTestKey(mine.key)]]);
    expect((await registry.makerOf(mine.maker)).revokedAt).to.equal(now);
    expect(await levels()).to.deep.equal([Provenance.SelfDeclared, Provenance.VouchedByMaker]);
    expect((await registry.recordSignerOf(meters[0] ?? 0n)).provenance).to.equal(Provenance.SelfDeclared);
    // The meter measures as before: only its level is lower.
    expect(await registry.isValidAt(meters[0] ?? 0n, now)).to.equal(true);
    await vouchedMeter(fixture, other, { meter: meters[0] ?? 0n });
    expect(await levels()).to.deep.equal([Provenance.VouchedByMaker, Provenance.VouchedByMaker]);
  });

  it("keeps a key from ever vouching that was revoked before its delay was over", async () => {
    const { registry } = fixture;
    const owner = await committeeOwner();
    await registry.connect(owner).registerMaker(...makerArguments(key));
    await registry.connect(owner).revokeMaker(1);
    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);

    await expect(vouchedMeter(fixture, { maker: 1n, key })).to.be.revertedWithCustomError(registry, "MakerNotActive");
  });
});
