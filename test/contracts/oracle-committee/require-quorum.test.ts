import { expect } from "chai";
import { MaxUint256, toBeHex, ZeroHash } from "ethers";

import { ethers, networkHelpers } from "../../helpers/chain.ts";
import { byAddress } from "../../helpers/claims.ts";
import {
  addressesOf,
  type CommitteeFixture,
  deployedCommittee,
  DIGEST,
  signaturesOf,
} from "../../helpers/committee-fixture.ts";
import { CHANGE_DELAY_SECONDS, type Signer } from "../../helpers/settlement-fixture.ts";

/** The order of secp256k1, from SEC 2 version 2.0. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const PARITY_BIT = 1n << 255n;

describe("OracleCommittee.requireQuorum", () => {
  let fixture: CommitteeFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedCommittee);
  });

  async function quorumOf(signers: readonly Signer[]) {
    return [...(await fixture.committee.requireQuorum(DIGEST, await signaturesOf(signers)))];
  }

  it("refuses fewer and more signatures than the threshold", async () => {
    const { committee, members } = fixture;

    for (const count of [0, 1, 3]) {
      await expect(committee.requireQuorum(DIGEST, await signaturesOf(members.slice(0, count))))
        .to.be.revertedWithCustomError(committee, "SignatureCountWrong")
        .withArgs(BigInt(count), 2n);
    }
  });

  it("refuses what recovers to nobody (invariant 15)", async () => {
    const { committee, members } = fixture;
    const [good] = await signaturesOf([members[0]]);
    if (good === undefined) throw new Error("There is no signature");

    for (const bad of [
      { r: ZeroHash, vs: ZeroHash },
      { r: ZeroHash, vs: good.vs },
      { r: toBeHex(MaxUint256, 32), vs: good.vs },
    ]) {
      await expect(committee.requireQuorum(DIGEST, [bad, good])).to.be.revertedWithCustomError(
        committee,
        "ECDSAInvalidSignature",
      );
    }
  });

  it("refuses the twin of a signature", async () => {
    const { committee, members } = fixture;
    const [good, other] = await signaturesOf([members[0], members[1]]);
    if (good === undefined || other === undefined) throw new Error("There are too few signatures");
    const parity = BigInt(good.vs) & PARITY_BIT;
    const twinS = ORDER - (BigInt(good.vs) & ~PARITY_BIT);
    // A high s reaches into the bit of the parity; where it does not, the library refuses it.
    const twin = { r: good.r, vs: toBeHex(((parity ^ PARITY_BIT) | twinS) & MaxUint256, 32) };

    await expect(committee.requireQuorum(DIGEST, [twin, other])).to.revert(ethers);
  });

  it("refuses an s just above half the order, by name", async () => {
    const { committee, members } = fixture;
    const [good] = await signaturesOf([members[0]]);
    if (good === undefined) throw new Error("There is no signature");
    const highS = toBeHex(ORDER / 2n + 1n, 32);

    await expect(committee.requireQuorum(DIGEST, [{ r: good.r, vs: highS }, good]))
      .to.be.revertedWithCustomError(committee, "ECDSAInvalidSignatureS")
      .withArgs(highS);
  });

  it("refuses signers that are not in rising order, and one that signed twice", async () => {
    const { committee, members } = fixture;
    const [first, second] = members;

    await expect(committee.requireQuorum(DIGEST, await signaturesOf([second, first])))
      .to.be.revertedWithCustomError(committee, "SignersNotSorted")
      .withArgs(first.address, second.address);
    await expect(committee.requireQuorum(DIGEST, await signaturesOf([second, second])))
      .to.be.revertedWithCustomError(committee, "SignersNotSorted")
      .withArgs(second.address, second.address);
  });

  it("refuses a signer that is no member", async () => {
    const { committee, members, thief } = fixture;

    for (const signers of [byAddress([members[0], thief]), byAddress([members[2], thief])]) {
      await expect(committee.requireQuorum(DIGEST, await signaturesOf(signers)))
        .to.be.revertedWithCustomError(committee, "SignerNotMember")
        .withArgs(thief.address);
    }
  });

  it("refuses what members signed for something else", async () => {
    const { committee, members } = fixture;
    const signatures = await signaturesOf(members.slice(0, 2), ZeroHash);

    await expect(committee.requireQuorum(DIGEST, signatures)).to.revert(ethers);
  });

  it("names the version and who signed, by place in the list of members", async () => {
    const [first, second, third] = fixture.members;

    expect(await quorumOf([first, second])).to.deep.equal([1n, 0b011n]);
    expect(await quorumOf([first, third])).to.deep.equal([1n, 0b101n]);
    expect(await quorumOf([second, third])).to.deep.equal([1n, 0b110n]);
  });

  it("counts places by the list, not by the order of addresses, up to the sixteenth", async () => {
    const { committee, owner, members, others } = fixture;
    const [first, second, third] = members;
    await committee.connect(owner).schedule(addressesOf([third, second, first]), 1);
    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);

    expect(await quorumOf([third])).to.deep.equal([2n, 0b001n]);
    expect(await quorumOf([first])).to.deep.equal([2n, 0b100n]);

    const fillers = Array.from({ length: 15 }, (_, index) => toBeHex(index + 1, 20));
    await committee.connect(owner).schedule([...fillers, others[0].address], 1);
    await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);
    expect(await quorumOf([others[0]])).to.deep.equal([3n, 1n << 15n]);
  });

  it("takes the old committee up to the second before the change, and only the new one from it on", async () => {
    const { committee, owner, members, others } = fixture;
    const now = fixture.startedAt + 100n;
    const activeFrom = now + CHANGE_DELAY_SECONDS;
    await networkHelpers.time.setNextBlockTimestamp(now);
    await committee.connect(owner).schedule(addressesOf(others), 3);
    const old = members.slice(0, 2);

    await networkHelpers.time.increaseTo(activeFrom - 1n);
    expect(await quorumOf(old)).to.deep.equal([1n, 0b011n]);
    await expect(committee.requireQuorum(DIGEST, await signaturesOf(others)))
      .to.be.revertedWithCustomError(committee, "SignatureCountWrong")
      .withArgs(3n, 2n);
    await networkHelpers.time.increaseTo(activeFrom);
    expect(await quorumOf(others)).to.deep.equal([2n, 0b111n]);
    await expect(committee.requireQuorum(DIGEST, await signaturesOf(old)))
      .to.be.revertedWithCustomError(committee, "SignatureCountWrong")
      .withArgs(2n, 3n);
    await expect(committee.requireQuorum(DIGEST, await signaturesOf(members)))
      .to.be.revertedWithCustomError(committee, "SignerNotMember")
      .withArgs(members[0].address);
  });
});
