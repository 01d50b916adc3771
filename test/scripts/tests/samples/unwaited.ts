import { setImmediate } from "node:timers/promises";

describe("A sample", () => {
  it("waits for less than it began", async () => {
    void Promise.reject(new Error("Nobody waits for it."));
    await setImmediate();
  });
});
