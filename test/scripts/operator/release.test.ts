import { expect } from "chai";
import { Wallet } from "ethers";

import { runService, type RunningService } from "../../helpers/running-service.ts";
import type { OpenedSession } from "../../helpers/service-chain.ts";
import {
  developmentKey,
  errorDetailOf,
  openOperatorWorld,
  type JsonRun,
  type OperatorWorld,
} from "./operator-world.ts";

/** An account of the test chain that has coins and no part in any session. */
const releaserAccount = 9;

describe("wattproof: release", function () {
  this.timeout(300_000);
  let world: OperatorWorld;
  let running: RunningService;
  let sessions: readonly OpenedSession[];
  let releaser: string;
  const asReleaser = { WATTPROOF_RELEASER_PRIVATE_KEY: developmentKey(releaserAccount) };

  before(async () => {
    world = await openOperatorWorld();
    running = await runService(world.chain);
    const point = await world.chain.addChargingPoint();
    sessions = [await world.chain.openSession(point), await world.chain.openSession(point)];
    await running.service.synchronise();
    releaser = new Wallet(developmentKey(releaserAccount)).address;
  });
  after(async () => {
    await running.close();
    await world.close();
  });

  const sessionAt = (index: number): OpenedSession => sessions[index] ?? expect.fail("Sessions were opened.");
  const release = (index: number, ...more: readonly string[]): Promise<JsonRun> =>
    world.runJson(["release", sessionAt(index).sessionId, ...more], asReleaser);
  const change = (verb: string, ...more: readonly string[]): Promise<JsonRun> =>
    world.runJson(["operator", verb, releaser, ...more]);

  it("refuses an account that the operator has not appointed", async () => {
    const refused = await release(0, "--account", "RELEASER");
    expect(refused.code).to.equal(1);
    expect(errorDetailOf(refused)).to.match(/^NotReleaser\(/u);
  });

  it("changes nothing in a dry run", async () => {
    const session = sessionAt(0);
    const free = await world.chain.readFree(session);
    const planned = await release(0, "--dry-run");
    expect(planned.code, planned.stderr).to.equal(0);
    expect(planned.document).to.deep.include({ isDryRun: true, returnedMicro: session.terms.holdMicro.toString() });
    expect(await world.chain.readFree(session)).to.equal(free);
  });

  it("gives the whole hold back at once, and the service knows that the session is over", async () => {
    const session = sessionAt(0);
    const free = await world.chain.readFree(session);
    const released = await release(0);
    expect(released.code, released.stderr).to.equal(0);
    expect(await world.chain.readFree(session)).to.equal(free + session.terms.holdMicro);
    await running.service.synchronise();
    expect((await running.service.store.findSession(session.sessionId))?.state.status).to.equal("expired");
    const shown = await world.runJson(["sessions", "show", session.sessionId]);
    expect(shown.document["status"]).to.equal("expired");
  });

  it("refuses a session that is over", async () => {
    expect((await release(0)).code).to.equal(1);
  });

  it("is open to an account that was appointed, until it is dismissed", async () => {
    const appointed = await change("appoint-releaser");
    expect([appointed.code, appointed.document["isChanged"]]).to.deep.equal([0, true]);
    expect((await change("appoint-releaser")).document["isChanged"]).to.equal(false);
    expect((await release(1, "--account", "RELEASER", "--dry-run")).code).to.equal(0);

    expect((await change("dismiss-releaser")).document["isChanged"]).to.equal(true);
    expect(errorDetailOf(await release(1, "--account", "RELEASER"))).to.match(/^NotReleaser\(/u);

    await change("appoint-releaser");
    const session = sessionAt(1);
    const free = await world.chain.readFree(session);
    expect((await release(1, "--account", "RELEASER")).code).to.equal(0);
    expect(await world.chain.readFree(session)).to.equal(free + session.terms.holdMicro);
  });
});
