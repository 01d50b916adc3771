import { expect } from "chai";

describe("A sample", () => {
  it("passes", () => {
    expect(1).to.equal(1);
  });
  it.skip("is left out", () => undefined);
});
