import { expect } from "chai";
import { z } from "zod";

import { exitCode } from "../../../scripts/command-line/exit-codes.ts";
import { runVerb } from "../../../scripts/command-line/run-verb.ts";
import { defineVerb, type Run } from "../../../scripts/command-line/verb.ts";

describe("A command that is told to end", function () {
  const signals = ["SIGINT", "SIGTERM"] as const;
  const listeners = (): readonly number[] => signals.map((signal) => process.listenerCount(signal));

  async function run(act: (run: Run) => void): Promise<void> {
    const verb = defineVerb({
      path: ["wait"],
      summary: "waits",
      access: "none",
      examples: [""],
      input: z.object({}),
      run: (_input, running) => {
        act(running);
        return Promise.resolve(exitCode.done);
      },
    });
    await runVerb(verb, {}, {});
  }

  it("is ended by the signal itself, where it takes no notice of signals", async function () {
    const before = listeners();
    let during: readonly number[] = [];
    await run(() => {
      during = listeners();
    });
    expect(during).to.deep.equal(before);
  });

  it("is left to end its work by itself, where it looks at the signal, however often", async function () {
    const before = listeners();
    let during: readonly number[] = [];
    await run((running) => {
      expect([running.signal.aborted, running.signal.aborted]).to.deep.equal([false, false]);
      during = listeners();
    });
    expect(during).to.deep.equal(before.map((count) => count + 1));
    expect(listeners()).to.deep.equal(before);
  });
});
