import { expect } from "chai";

import { runService, type RunningService } from "../../helpers/running-service.ts";
import { errorCodeOf, openOperatorWorld, type OperatorWorld } from "./operator-world.ts";

const operatorKey = "k".repeat(40);

describe("wattproof: sessions resolve", function () {
  this.timeout(300_000);
  let world: OperatorWorld;
  let running: RunningService;
  let sessionId: string;

  before(async () => {
    world = await openOperatorWorld();
    running = await runService(world.chain, { WATTPROOF_OPERATOR_KEY: operatorKey });
    const point = await world.chain.addChargingPoint();
    ({ sessionId } = await world.chain.openSession(point, { expiresInSeconds: 3_600, chargedSeconds: 0 }));
    await running.service.synchronise();
  });
  after(async () => {
    await running.close();
    await world.close();
  });

  const resolve = (...parameters: readonly string[]): ReturnType<OperatorWorld["runJson"]> =>
    world.runJson(["sessions", "resolve", sessionId, ...parameters, "--service", running.service.url], {
      WATTPROOF_OPERATOR_KEY: operatorKey,
    });

  it("refuses a way that there is not, a decision without a reason, and evidence that is not there", async () => {
    const [strange, silent, unproven] = await Promise.all([
      resolve("--as", "release", "--reason", "why not"),
      resolve("--as", "expire"),
      resolve("--as", "quorum", "--evidence", "records", "--reason", "looked at it"),
    ]);
    expect([strange.code, errorCodeOf(strange)]).to.deep.equal([2, "USAGE_INVALID"]);
    expect([silent.code, errorCodeOf(silent)]).to.deep.equal([2, "USAGE_INVALID"]);
    expect([unproven.code, errorCodeOf(unproven)]).to.deep.equal([1, "RESOLUTION_UNAVAILABLE"]);
  });

  it("leaves a session to expiry, says so, and frees its hold when the time is over", async () => {
    const planned = await resolve("--as", "expire", "--reason", "the charger is gone", "--dry-run");
    expect(planned.document).to.deep.include({ isDryRun: true, state: "opened", transaction: null });
    expect((await running.service.store.findSession(sessionId))?.state.resolution).to.equal(null);

    const left = await resolve("--as", "expire", "--reason", "the charger is gone");
    expect([left.code, left.document["transaction"]]).to.deep.equal([0, null]);
    const shown = await world.runJson(["sessions", "show", sessionId, "--service", running.service.url], {
      WATTPROOF_OPERATOR_KEY: operatorKey,
    });
    expect(shown.document).to.have.nested.property("resolution.reason", "the charger is gone");
    expect(shown.document).to.have.nested.property("resolution.before.status", "opened");

    await world.chain.request("evm_increaseTime", [3_700]);
    await world.chain.request("evm_mine");
    const freed = await resolve("--as", "expire", "--reason", "the charger is gone");
    expect(freed.code, freed.stderr).to.equal(0);
    expect(freed.document).to.have.nested.property("transaction.method", "expire");
    await running.service.synchronise();
    expect((await running.service.store.findSession(sessionId))?.state.status).to.equal("expired");
    const over = await resolve("--as", "expire", "--reason", "again");
    expect([over.code, errorCodeOf(over)]).to.deep.equal([1, "SESSION_CLOSED"]);
  });
});
