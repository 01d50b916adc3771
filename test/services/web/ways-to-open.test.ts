import { expect } from "chai";

import { waysToOpen } from "../../../services/web/page/screens/ways-to-open.ts";

const domain = { name: "Coin", version: "1", chainId: 1, verifyingContract: "0x0" };

describe("The ways to open a session", function () {
  it("are none where the coin cannot be paid by signature, or nobody brings one to the chain", function () {
    expect(waysToOpen(1n, null)).to.deep.equal([]);
    expect(waysToOpen(1n, { domain, permitNonce: null, takesAuthorizations: false })).to.deep.equal([]);
  });

  it("are one signature from a balance that suffices, else what the coin can, the permit first", function () {
    expect(waysToOpen(0n, null)).to.deep.equal(["signature"]);
    expect(waysToOpen(1n, { domain, permitNonce: 0n, takesAuthorizations: true })).to.deep.equal([
      "permit",
      "transfer",
    ]);
    expect(waysToOpen(1n, { domain, permitNonce: null, takesAuthorizations: true })).to.deep.equal(["transfer"]);
  });
});
