import { expect } from "chai";

import { openLyingEndpoint, type Lie, type LyingEndpoint } from "../../helpers/lying-endpoint.ts";
import type { OpenedSession } from "../../helpers/service-chain.ts";
import { errorCodeOf, openOperatorWorld, type OperatorWorld } from "./operator-world.ts";

describe("wattproof, at an endpoint that leaves events out", function () {
  this.timeout(300_000);
  let world: OperatorWorld;
  let endpoint: LyingEndpoint;
  let session: OpenedSession;

  before(async function () {
    world = await openOperatorWorld();
    endpoint = await openLyingEndpoint(world.chain.rpcUrl);
    session = await world.chain.openSession(await world.chain.addChargingPoint());
  });
  beforeEach(function () {
    endpoint.tellTruth();
    endpoint.lies["eth_getLogs"] = () => [];
  });
  after(async function () {
    await endpoint.close();
    await world.close();
  });

  const run = (...words: readonly string[]): ReturnType<OperatorWorld["runJson"]> =>
    world.runJson([...words, "--rpc", endpoint.url]);
  const withoutLogs: Lie = (truth) => (truth === null ? null : { ...(truth as object), logs: [] });

  it("lists sessions, charging points, meters and prices all the same, and says what was left out", async function () {
    const sessions = await run("sessions", "list");
    expect(sessions.code, sessions.stderr).to.equal(0);
    expect(sessions.document).to.have.nested.property("sessions[0].sessionId", session.sessionId);
    expect(sessions.stderr).to.match(/left 1 events of block \d+ out/u);
    for (const [noun, list] of [
      ["evse", "evses"],
      ["meter", "meters"],
    ] as const) {
      expect((await run(noun, "list")).document[list], noun).to.have.length(1);
    }
    expect((await run("tariff", "show")).document["tariffs"]).to.have.length(1);
  });

  it("ends with exit code 2 and shows nothing where receipts do not tell all either", async function () {
    endpoint.lies["eth_getTransactionReceipt"] = withoutLogs;
    endpoint.lies["eth_getBlockReceipts"] = () => null;
    const sessions = await run("sessions", "list");
    expect([sessions.code, errorCodeOf(sessions)]).to.deep.equal([2, "CHAIN_EVENTS_MISSING"]);
  });

  it("takes the endpoint's word where it is told to, and says so", async function () {
    const sessions = await run("sessions", "list", "--trust-endpoint");
    expect(sessions.code).to.equal(0);
    expect(sessions.document["sessions"]).to.deep.equal([]);
    expect(sessions.stderr).to.contain("The endpoint's word is taken");
    endpoint.tellTruth();
    expect((await run("sessions", "list", "--trust-endpoint")).document["sessions"]).to.have.length(1);
  });
});
