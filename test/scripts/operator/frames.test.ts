import { expect } from "chai";

import type { StoredFrame } from "../../../services/store/ocpp.ts";
import { addStation, runService, type RunningService } from "../../helpers/running-service.ts";
import type { OpenedSession } from "../../helpers/service-chain.ts";
import { errorCodeOf, openOperatorWorld, type OperatorWorld } from "./operator-world.ts";

const operatorKey = "k".repeat(40);

describe("wattproof: frames list, retry and discard", function () {
  this.timeout(300_000);
  let world: OperatorWorld;
  let running: RunningService;
  let session: OpenedSession;
  let broken: StoredFrame;
  let whole: StoredFrame;

  const run = (...parameters: readonly string[]): ReturnType<OperatorWorld["runJson"]> =>
    world.runJson(["frames", ...parameters, "--service", running.service.url], { WATTPROOF_OPERATOR_KEY: operatorKey });
  const parkedIds = async () => {
    const frames = await running.service.store.listParkedFrames("CS-1", 9);
    return frames.map(({ frameId }) => frameId);
  };

  before(async () => {
    world = await openOperatorWorld();
  });
  beforeEach(async () => {
    running = await runService(world.chain, { WATTPROOF_OPERATOR_KEY: operatorKey });
    const point = await world.chain.addChargingPoint();
    session = await world.chain.openSession(point);
    const { store } = running.service;
    await addStation(store, "CS-1", [point.evse]);
    await running.service.synchronise();
    // What is no JSON can never be read, and what came after it waits.
    [broken, whole] = await Promise.all([
      frameOf("MeterValues", "[2,"),
      frameOf("Heartbeat", '[2,"2","Heartbeat",{}]'),
    ]);
    for (const { ordinal } of [broken, whole]) await store.parkFrame(ordinal, "CS-1");
  });
  afterEach(async () => {
    await running.close();
  });
  after(async () => {
    await world.close();
  });

  async function frameOf(action: string, text: string): Promise<StoredFrame> {
    const frame = {
      ...({ stationId: "CS-1", protocol: "ocpp1.6", direction: "in", receivedAtMs: Date.now(), text, action } as const),
      ...{ messageId: "1", answer: null, faults: null },
    };
    return (await running.service.store.commitFrame(frame, [])).frame;
  }

  it("refuse another key, a station and a frame that have nothing set aside, and a missing reason", async () => {
    const wrong = await world.runJson(["frames", "list", "--service", running.service.url], {
      WATTPROOF_OPERATOR_KEY: "x".repeat(40),
    });
    expect(errorCodeOf(wrong)).to.equal("OPERATOR_UNAUTHENTICATED");
    expect(errorCodeOf(await run("retry", "CS-2"))).to.equal("FRAME_NOT_PARKED");
    expect(errorCodeOf(await run("discard", "99999", "--reason", "none"))).to.equal("FRAME_NOT_PARKED");
    expect((await run("discard", broken.frameId)).code).to.equal(2);
    expect(await parkedIds()).to.deep.equal([broken.frameId, whole.frameId]);
  });

  it("say what they would do, and do nothing in a dry run", async () => {
    const retried = await run("retry", "CS-1", "--dry-run");
    expect([retried.code, retried.document["before"]]).to.deep.equal([0, 2]);
    const discarded = await run("discard", broken.frameId, "--reason", "no JSON", "--dry-run");
    expect(discarded.document).to.deep.include({ isDryRun: true, sessionIds: [session.sessionId] });
    expect(await parkedIds()).to.deep.equal([broken.frameId, whole.frameId]);
    expect(await running.service.store.hasUnmatched(session.sessionId)).to.equal(false);
    expect(await running.service.store.listActions(broken.frameId)).to.deep.equal([]);
  });

  it("try again in order, and give up what can never be read: its sessions are held, and the rest goes on", async () => {
    const listed = await run("list");
    expect(listed.code).to.equal(1);
    expect((await run("retry", "CS-1")).code).to.equal(1);
    expect(await parkedIds()).to.deep.equal([broken.frameId, whole.frameId]);

    expect((await run("discard", broken.frameId, "--reason", "no JSON")).code).to.equal(0);
    expect(await parkedIds()).to.deep.equal([]);
    expect((await run("list")).code).to.equal(0);
    const { store } = running.service;
    expect(await store.hasUnmatched(session.sessionId)).to.equal(true);
    const [action] = await store.listActions(broken.frameId);
    expect(action?.action).to.equal("frame-discard");
    expect(JSON.parse(action?.details ?? "")).to.deep.include({ reason: "no JSON", sessionIds: [session.sessionId] });
    // It is among the station's messages as before.
    const texts = (await store.listFrames("CS-1", 0, 9)).map(({ text }) => text);
    expect(texts).to.deep.equal([broken.text, whole.text]);
  });
});
