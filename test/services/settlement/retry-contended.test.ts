import { expect } from "chai";

import { WattproofError } from "../../../services/errors.ts";
import { retryContended } from "../../../services/settlement/retry-contended.ts";

async function attemptsUntil(
  error: Error,
  failures: number,
): Promise<{ readonly attempts: number; readonly end: unknown }> {
  let attempts = 0;
  const end: unknown = await retryContended(() => {
    attempts += 1;
    return attempts > failures ? Promise.resolve("done") : Promise.reject(error);
  }).catch((thrown: unknown) => thrown);
  return { attempts, end };
}

describe("Computing again where a session moved meanwhile", function () {
  const contended = new WattproofError("STORE_CONTENDED", "A session moved.");

  it("gives up after eight attempts", async function () {
    expect(await attemptsUntil(contended, 9)).to.deep.equal({ attempts: 8, end: contended });
  });

  it("does not try anything else again", async function () {
    const other = new WattproofError("CHAIN_UNAVAILABLE", "The endpoint is away.");
    expect(await attemptsUntil(other, 1)).to.deep.equal({ attempts: 1, end: other });
  });

  it("gives the first result that there is", async function () {
    expect(await attemptsUntil(contended, 7)).to.deep.equal({ attempts: 8, end: "done" });
    expect(await attemptsUntil(contended, 0)).to.deep.equal({ attempts: 1, end: "done" });
  });
});
