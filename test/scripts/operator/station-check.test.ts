import { expect } from "chai";

import { openChargingWorld, openPlace, type ChargingWorld } from "../../helpers/charging-world.ts";
import { startServiceChain, type ServiceChain } from "../../helpers/service-chain.ts";
import { runScript } from "../run-script.ts";

const stationId = "CS-BAD";
const hourSeconds = 3_600;

describe("wattproof station check", function () {
  this.timeout(120_000);
  let chain: ServiceChain;
  let world: ChargingWorld;

  before(async function () {
    chain = await startServiceChain();
  });
  beforeEach(async function () {
    world = await openChargingWorld(chain, { WATTPROOF_OCPP_CALL_TIMEOUT_MS: "1000" });
  });
  afterEach(async function () {
    await world.close();
  });
  after(async function () {
    await chain.close();
  });

  const run = (name: string, ...more: readonly string[]) =>
    runScript("wattproof", ["station", "check", name, "--data", world.dataPath, ...more]);

  async function check(): Promise<{ readonly code: number | null; readonly found: Readonly<Record<string, string>> }> {
    const { code, stdout, stderr } = await run(stationId, "--json");
    const { lines } = JSON.parse(stdout || stderr) as { lines: { check: string; verdict: string; detail: string }[] };
    return {
      code,
      found: Object.fromEntries(lines.map(({ check: name, verdict, detail }) => [name, `${verdict}: ${detail}`])),
    };
  }

  it("cannot judge a station that is not registered", async function () {
    const { code, stderr } = await run("CS-NONE");
    expect(code).to.equal(1);
    expect(stderr).to.contain("STATION_UNKNOWN");
  });

  it("says of a station that has sent nothing that nothing was seen", async function () {
    await world.connect(stationId, "ocpp1.6", [1]);
    const { code, found } = await check();
    expect(code).to.equal(0);
    expect(Object.values(found).every((verdict) => verdict.startsWith("unseen: "))).to.equal(true);
  });

  it("says what a station does wrong, line by line", async function () {
    const { point, session } = await openPlace(chain, world);
    const charger = await world.connect(stationId, "ocpp2.0.1", [point.evse]);
    charger.answers = () => null;
    await world.service.synchronise();
    const idToken = { idToken: session.idTag, type: "Central" };
    const event = { triggerReason: "RemoteStart", transactionInfo: { transactionId: "T-1" } };
    const started = {
      ...event,
      eventType: "Started",
      seqNo: 0,
      timestamp: world.at(-2 * hourSeconds),
      evse: { id: 1 },
      idToken,
    };
    await charger.call("TransactionEvent", started);
    const meterValue = [{ timestamp: world.at(-hourSeconds), sampledValue: [{ value: "many" }] }];
    await charger.call("TransactionEvent", {
      ...event,
      eventType: "Ended",
      seqNo: 2,
      timestamp: world.at(-hourSeconds),
      meterValue,
    });
    // What is missing is waited for.
    await world.pass(3 * hourSeconds);

    const { code, found } = await check();
    expect(code).to.equal(1);
    expect(found).to.have.property("boots", "unseen: no BootNotification has come");
    expect(found).to.have.property("tells-status", "unseen: no StatusNotification has come");
    expect(found["valid-messages"]).to.match(/^fails: TransactionEvent, frame \d+: /u);
    expect(found).to.have.property("answers-calls", "fails: RequestStartTransaction was not answered");
    expect(found).to.have.property("begins-with-id-tag", `holds: session ${session.sessionId}`);
    expect(found).to.have.property("begin-register", "fails: no register of the begin has come");
    expect(found).to.have.property("readings-between", "fails: none, in a charge of more than 15 minutes");
    expect(found).to.have.property("end-register", "fails: no register of the end has come");
    expect(found).to.have.property("numbers-events", "fails: 1 is missing");
    expect(found["clock"]).to.match(/^fails: \d+ s off at best$/u);
    expect(found).to.have.property("signed-and-bound", "fails: no signed value has come");
    expect(found["settles"]).to.match(/^fails: held: /u);
  });

  it("says that a transaction began with a tag of no session, and shows lines to people", async function () {
    const { point } = await openPlace(chain, world);
    const charger = await world.connect(stationId, "ocpp1.6", [point.evse]);
    await charger.call("StartTransaction", {
      connectorId: 1,
      idTag: "04A1B2C3",
      meterStart: 0,
      timestamp: world.at(0),
    });
    await world.settle();
    const { code, stdout } = await run(stationId);
    expect(code).to.equal(1);
    expect(stdout).to.match(/^fails {3}begins-with-id-tag {2}it began with 04A1B2C3, which is of no session$/mu);
  });
});
