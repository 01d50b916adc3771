import { expect } from "chai";

import { openLyingEndpoint, type Lie, type LyingEndpoint } from "../../helpers/lying-endpoint.ts";
import { runService, type RunningService } from "../../helpers/running-service.ts";
import type { OpenedSession } from "../../helpers/service-chain.ts";
import { startScript } from "../run-script.ts";
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

describe("wattproof, on a long chain", function () {
  this.timeout(300_000);
  const blocks = 600;
  let world: OperatorWorld;
  let endpoint: LyingEndpoint;
  let running: RunningService;
  let session: OpenedSession;

  before(async function () {
    world = await openOperatorWorld();
    endpoint = await openLyingEndpoint(world.chain.rpcUrl);
    await world.chain.request("hardhat_mine", [`0x${blocks.toString(16)}`]);
    session = await world.chain.openSession(await world.chain.addChargingPoint());
    await world.chain.request("hardhat_mine", [`0x${blocks.toString(16)}`]);
    running = await runService(world.chain);
    await running.service.synchronise();
  });
  beforeEach(function () {
    endpoint.tellTruth();
    endpoint.asked.clear();
  });
  after(async function () {
    await running.close();
    await endpoint.close();
    await world.close();
  });

  const show = (...words: readonly string[]): ReturnType<OperatorWorld["runJson"]> =>
    world.runJson(["sessions", "show", session.sessionId, ...words, "--rpc", endpoint.url]);
  const headersAsked = (): number => endpoint.asked.get("eth_getBlockByNumber") ?? 0;
  const service = (): readonly string[] => ["--service", running.service.url];

  it("reads of one session the blocks that the service names and newer ones, which give the same", async function () {
    const whole = await show();
    expect(whole.code, whole.stderr).to.equal(0);
    expect(headersAsked()).to.be.greaterThan(2 * blocks);
    endpoint.asked.clear();
    // An operator's decision is asked with the operator's key; the address alone of the service is enough here.
    const known = await world.runJson(["sessions", "show", session.sessionId, "--rpc", endpoint.url], {
      WATTPROOF_SERVICE_URL: running.service.url,
    });
    expect(known.document).to.deep.equal(whole.document);
    expect(headersAsked()).to.be.lessThan(60);
    endpoint.asked.clear();
    const planned = ["refund", session.sessionId, "0.5", "--dry-run", "--rpc", endpoint.url, ...service()];
    // The session is open, so that the contract refuses; what is asked before that are few blocks.
    expect((await world.runJson(planned)).code).to.equal(1);
    expect(headersAsked()).to.be.lessThan(60);
  });

  it("lists the latest sessions from the blocks that the service names, which gives the same, by every filter", async function () {
    const { operator, driver, evse } = { operator: world.chain.operator, driver: session.terms.driver, evse: "1" };
    const environment = { WATTPROOF_SERVICE_URL: running.service.url };
    const listed = (...words: readonly string[]) =>
      world.runJson(["sessions", "list", ...words, "--rpc", endpoint.url], environment);
    const whole = await listed("--whole-history");
    expect(whole.document["sessions"], whole.stderr).to.have.length(1);
    expect(headersAsked()).to.be.greaterThan(2 * blocks);
    const all = ["--operator", operator, "--driver", driver, "--evse", evse, "--status", "open"];
    const filters = [[], all];
    for (const filter of filters) {
      endpoint.asked.clear();
      const known = await listed(...filter, "--limit", "1");
      expect(known.document, `${filter.join(" ")} ${known.stderr}`).to.deep.equal(whole.document);
      expect(headersAsked()).to.be.lessThan(60);
    }
    for (const filter of [
      ["--status", "settled"],
      ["--operator", `0x${"12".repeat(20)}`],
    ]) {
      expect((await listed(...filter)).document["sessions"]).to.deep.equal([]);
    }
  });

  it("lists what the service has not read yet, and nothing of it where it is not the newest", async function () {
    const environment = { WATTPROOF_SERVICE_URL: running.service.url };
    const newer = await world.chain.openSession(await world.chain.addChargingPoint());
    const listed = await world.runJson(["sessions", "list", "--limit", "1", "--rpc", endpoint.url], environment);
    const ids = (listed.document["sessions"] as readonly { readonly sessionId: string }[]).map((one) => one.sessionId);
    expect(ids).to.deep.equal([newer.sessionId]);
    const away = { WATTPROOF_SERVICE_URL: "http://127.0.0.1:1" };
    const alone = await world.runJson(["sessions", "list", "--rpc", endpoint.url], away);
    expect(alone.document["sessions"]).to.have.length(2);
    expect(alone.stderr).to.contain("SERVICE_UNREACHABLE");
  });

  it("reads everything where it is told to, and where the service does not know the session or is away", async function () {
    const environment = { WATTPROOF_SERVICE_URL: running.service.url };
    const words = ["sessions", "show", session.sessionId, "--rpc", endpoint.url];
    expect((await world.runJson([...words, "--whole-history"], environment)).code).to.equal(0);
    expect(headersAsked()).to.be.greaterThan(2 * blocks);
    endpoint.asked.clear();
    const away = await world.runJson(words, { WATTPROOF_SERVICE_URL: "http://127.0.0.1:1" });
    expect([away.code, away.document["sessionId"]]).to.deep.equal([0, session.sessionId]);
    expect(away.stderr).to.contain("SERVICE_UNREACHABLE");
    const unknown = ["sessions", "show", `0x${"12".repeat(32)}`, "--rpc", endpoint.url];
    const nowhere = await world.runJson(unknown, environment);
    expect([nowhere.code, errorCodeOf(nowhere)]).to.deep.equal([1, "REGISTRY_ENTRY_UNKNOWN"]);
    expect(nowhere.stderr).to.contain("SESSION_UNKNOWN");
  });

  it("ends at the first Ctrl-C, and says that it was not done", async function () {
    const reached = Promise.withResolvers<undefined>();
    endpoint.lies["eth_getBlockByNumber"] = async (truth) => {
      reached.resolve(undefined);
      // Never in the time of this test: only the signal can end the reading.
      await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
      return truth;
    };
    const script = startScript("wattproof", ["sessions", "list", "--json"], {
      WATTPROOF_RPC_URL: endpoint.url,
      WATTPROOF_DEPLOYMENT: world.chain.deploymentPath,
    });
    await reached.promise;
    const interruptedAtMs = Date.now();
    script.child.kill("SIGINT");
    const { code, stdout } = await script.finished;
    expect([code, JSON.parse(stdout)]).to.have.nested.property("[1].error.code", "INTERRUPTED");
    expect(code).to.equal(2);
    expect(Date.now() - interruptedAtMs).to.be.lessThan(20_000);
  });
});
