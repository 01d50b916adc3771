import { expect } from "chai";

describe("A sample", () => {
  it("passes", () => undefined);
  it("says one and means two", () => {
    expect({ value: 1 }).to.deep.equal({ value: 2 });
  });
});
