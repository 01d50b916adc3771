import { expect } from "chai";
import { id } from "ethers";

import { createSoftwarePasskey } from "../../../scripts/gas/software-passkey.ts";
import { findAssertionFault, isP256Point } from "../../../services/chain/passkey-assertion.ts";

const origin = "https://charge.example";

describe("An assertion of a passkey", function () {
  const passkey = createSoftwarePasskey({ rpId: "charge.example", origin });
  const challenge = id("a batch");

  it("is of the page where its client data, its domain and its user say so", function () {
    expect(findAssertionFault(passkey.assert(challenge), { challenge, origin })).to.equal(null);
    expect(
      findAssertionFault(passkey.assert(challenge), { challenge: challenge.toUpperCase().replace("X", "x"), origin }),
    ).to.equal(null);
  });

  it("is refused where it is nothing that a browser and an authenticator write", function () {
    const good = passkey.assert(challenge);
    for (const [fault, changes] of [
      ["type", { clientDataJson: "no JSON" }],
      ["type", { clientDataJson: "{}" }],
      ["challenge", { clientDataJson: JSON.stringify({ type: "webauthn.get", challenge: "§", origin }) }],
      ["rpId", { authenticatorData: good.authenticatorData.slice(0, 2 + 2 * 36) }],
      ["rpId", { authenticatorData: "0x" }],
    ] as const) {
      expect(findAssertionFault({ ...good, ...changes }, { challenge, origin }), JSON.stringify(changes)).to.equal(
        fault,
      );
    }
  });

  it("is of another page on another port or under another name of the domain", function () {
    for (const other of ["https://charge.example:8443", "https://pay.charge.example", "http://charge.example"]) {
      const assertion = passkey.assert(challenge, { origin: other });
      expect(findAssertionFault(assertion, { challenge, origin })).to.equal("origin");
    }
  });
});

describe("A passkey's point", function () {
  it("is on secp256r1, with coordinates below its prime", function () {
    const { point } = createSoftwarePasskey();
    const prime = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
    expect(isP256Point(point)).to.equal(true);
    expect(isP256Point({ x: point.y, y: point.x })).to.equal(false);
    expect(isP256Point({ x: `0x${"0".repeat(64)}`, y: `0x${"0".repeat(64)}` })).to.equal(false);
    expect(isP256Point({ ...point, y: `0x${(BigInt(point.y) + prime).toString(16)}` })).to.equal(false);
  });
});
