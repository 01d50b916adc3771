describe("A sample", () => {
  it.only("keeps the others from running", () => undefined);
  it("does not run", () => undefined);
});
