describe("A sample", () => {
  before(() => {
    throw new Error("The hook fails.");
  });
  it("never begins", () => undefined);
  it("never begins either", () => undefined);
});
