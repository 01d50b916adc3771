describe("A sample", () => {
  it("ends its process", () => {
    process.stdout.write("the last words\n");
    process.exit(0);
  });
  it("never begins", () => undefined);
});
