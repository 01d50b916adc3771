import { randomBytes } from "node:crypto";

import { expect } from "chai";

import { codeOf, get, runService, type Answer, type RunningService } from "../helpers/running-service.ts";
import { sendFrom } from "../helpers/send-from.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";
import { dumpTables } from "../helpers/table-dump.ts";

const peer = `0x${"1".repeat(40)}`;
const otherPeer = `0x${"2".repeat(40)}`;
const key = "a-key-of-two-oracles";
const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_000_600 };

describe("An oracle that asks for too much", function () {
  let chain: ServiceChain;
  let running: RunningService;
  let point: ChargingPoint;
  let session: OpenedSession;
  let nowMs: number;

  before(async function () {
    chain = await startServiceChain();
    point = await chain.addChargingPoint();
  });
  after(async function () {
    await chain.close();
  });
  beforeEach(async function () {
    nowMs = Date.now();
    running = await runService(
      chain,
      {
        WATTPROOF_QUORUM_PEERS: `${peer} ${key} http://127.0.0.1:1, ${otherPeer} ${key} http://127.0.0.1:1`,
        WATTPROOF_QUORUM_REQUESTS_PER_MINUTE: "10",
        // An eighth at once is less than a whole request, which is taken then.
        WATTPROOF_QUORUM_BYTES_PER_DAY: "10485760",
      },
      { now: () => nowMs },
    );
    session = await chain.openSession(point);
    await running.service.synchronise();
  });
  afterEach(async function () {
    await running.close();
  });

  function ask(records: readonly Uint8Array[], address = peer, peerKey = key): Promise<Answer> {
    const claim = {
      sessionId: session.sessionId,
      ...session.opening,
      energyMicroWh: "0",
      chargingSeconds: 0,
      connectedSeconds: 0,
      toppedUpMicro: "0",
      isReadable: false,
    };
    const content = {
      claims: [{ ...claim, records: records.map((record) => Buffer.from(record).toString("base64")) }],
    };
    return sendFrom("127.0.0.1", `${running.service.url}/v1/quorum/signatures`, {
      method: "POST",
      headers: { "x-oracle-address": address, authorization: `Bearer ${peerKey}` },
      content,
    });
  }

  it("is answered 429 beyond its requests, is counted, and keeps no other oracle out", async function () {
    const statuses = [];
    for (let count = 0; count < 15; count += 1) statuses.push((await ask([])).status);
    expect(statuses).to.deep.equal([...Array.from({ length: 10 }, () => 200), ...Array.from({ length: 5 }, () => 429)]);
    expect((await ask([], otherPeer)).status).to.equal(200);
    const metrics = String((await get(running.service.url, "/metrics")).body);
    expect(metrics).to.include('wattproof_alerts_total{alert="peer-limited"} 1\n');
    expect(metrics).to.match(/wattproof_refused_requests_total\{limit="peer"\} 5\n/);
    nowMs += 60_000;
    expect((await ask([])).status).to.equal(200);
  });

  it("is answered 429 beyond its bytes, and nothing of what it sends is kept", async function () {
    const before = dumpTables(running.dataPath)["messages"];
    const megabyte = Array.from({ length: 16 }, () => randomBytes(65_536));
    const answers = [];
    for (let count = 0; count < 9; count += 1) answers.push(await ask(megabyte));
    expect(answers[0]?.status).to.equal(200);
    expect(answers[0]?.body).to.have.nested.property("refusals[0].sessionId", session.sessionId);
    expect(codeOf(answers.at(-1) ?? { status: 0, body: null })).to.equal("PEER_RATE_EXCEEDED");
    expect(dumpTables(running.dataPath)["messages"]).to.deep.equal(before);
  });

  it("is refused a record that is longer than any, and one that no meter signed, which is not kept", async function () {
    const before = dumpTables(running.dataPath)["messages"];
    expect(codeOf(await ask([randomBytes(65_537)]))).to.equal("ENVELOPE_INVALID");
    const forged = point.device
      .record({ idTag: session.idTag, energyMicroWh: 1n, ...times })
      .replace('"TX":"E"', '"TX":"L"');
    expect((await ask([Buffer.from(forged)])).body).to.deep.equal({
      refusals: [{ sessionId: session.sessionId, code: "OCMF_SIGNATURE_MISMATCH" }],
    });
    expect(dumpTables(running.dataPath)["messages"]).to.deep.equal(before);
  });

  it("has a record that is known here kept once, however many oracles send it", async function () {
    const record = Buffer.from(point.device.record({ idTag: session.idTag, energyMicroWh: 1_000_000n, ...times }));
    await ask([record, record]);
    const before = dumpTables(running.dataPath)["messages"];
    expect(before).to.have.length(1);
    for (const address of [peer, otherPeer]) await ask([record], address);
    expect(dumpTables(running.dataPath)["messages"]).to.deep.equal(before);
  });

  it("is not read at all without its key", async function () {
    const before = dumpTables(running.dataPath);
    expect((await ask([randomBytes(60_000)], peer, "wrong-key-of-two-oracles")).status).to.equal(401);
    expect(dumpTables(running.dataPath)).to.deep.equal(before);
  });
});
