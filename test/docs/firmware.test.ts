import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import { conformanceChecks } from "../../scripts/operator/station/conformance.ts";
import {
  isShown,
  readConversations,
  readExchanges,
  withMeanings,
  type Conversation,
  type Meanings,
} from "../helpers/conversation.ts";
import { connectStation, registerStation, type BareStation } from "../helpers/ocpp-service.ts";
import { addStation, get, runService, type RunningService } from "../helpers/running-service.ts";
import { startServiceChain, type OpenedSession, type ServiceChain } from "../helpers/service-chain.ts";

const page = readFileSync("docs/how-to/firmware.md", "utf8");
const shown = readConversations(page);
const conversations = shown.filter(({ protocol }) => protocol !== "http");
const stationId = "CS-0042";
const energyMicroWh = 7_420_500_000n;
const chargedSeconds = 3_600;
const frameWaitMs = 20_000;
const lookMs = 20;

describe("The page for firmware engineers", function () {
  this.timeout(120_000);
  let chain: ServiceChain;
  let running: RunningService;
  let station: BareStation | undefined;
  let frames: unknown[];
  let rounds: Promise<void>;

  before(async function () {
    chain = await startServiceChain();
  });
  beforeEach(async function () {
    running = await runService(chain);
  });
  afterEach(async function () {
    await station?.close();
    station = undefined;
    await running.close();
  });
  after(async function () {
    await chain.close();
  });

  async function connect(protocol: string): Promise<void> {
    await station?.close();
    frames = [];
    station = await connectStation(running.service.url.replace(/^http/u, "ws"), stationId, { protocols: [protocol] });
    station.socket.on("message", (data: Buffer) => frames.push(JSON.parse(data.toString())));
  }

  /** Waits until the service says this. A call of its own comes in a round, which ends once the charger has answered. */
  async function expectFrame(text: string, meanings: Meanings): Promise<void> {
    const deadlineMs = performance.now() + frameWaitMs;
    if (text.startsWith("[2")) rounds = rounds.then(() => running.service.synchronise());
    for (;;) {
      const found = frames.findIndex((frame) => isShown(text, frame, meanings));
      if (found >= 0) {
        frames.splice(found, 1);
        return;
      }
      if (performance.now() > deadlineMs) expect.fail(`Not said: ${text}\nbut: ${JSON.stringify(frames)}`);
      await sleep(lookMs);
    }
  }

  async function hold({ protocol, lines }: Conversation, meanings: Meanings): Promise<void> {
    rounds = Promise.resolve();
    await connect(protocol);
    for (const line of lines) {
      if (line.from === "network") await connect(protocol);
      else if (line.from === "service") await expectFrame(line.text, meanings);
      else station?.send(withMeanings(line.text, meanings));
    }
    await rounds;
  }

  /** Times of an hour that ends now, and what the meter signs of it. */
  async function openCharge(): Promise<{ readonly session: OpenedSession; readonly meanings: Meanings }> {
    const point = await chain.addChargingPoint();
    const session = await chain.openSession(point, { chargedSeconds });
    await registerStation(running.service.store, stationId, { evses: [point.evse] });
    const end = Math.floor(Date.now() / 1_000);
    const begin = end - chargedSeconds;
    const record = point.device.record({
      idTag: session.idTag,
      energyMicroWh,
      beginSeconds: begin,
      endSeconds: end,
    });
    const at = (seconds: number) => new Date(seconds * 1_000).toISOString();
    const meanings: Meanings = new Map<string, unknown>([
      ["begin", at(begin)],
      ["half an hour later", at(begin + chargedSeconds / 2)],
      ["end", at(end)],
      ["record in base64", Buffer.from(record).toString("base64")],
      ["record", record],
      ["record with another reading", record.replace(/"RV":(\d)/u, (_, digit) => `"RV":${(Number(digit) + 1) % 10}`)],
    ]);
    return { session, meanings };
  }

  async function requireSettled({ sessionId }: OpenedSession): Promise<void> {
    for (let round = 0; round < 3; round += 1) await running.service.synchronise();
    const { body } = await get(running.service.url, `/v1/receipts/${sessionId}`);
    expect(body).to.deep.include({ energyWh: "7420.5", isBoundToSession: true });
    expect(body).to.have.nested.property("evidence.grade", "meter-signed-bound");
  }

  it("shows a conversation of each version", function () {
    expect(new Set(conversations.map(({ protocol }) => protocol))).to.deep.equal(
      new Set(["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]),
    );
  });

  for (const [index, conversation] of conversations.entries()) {
    it(`shows what a charger and the service say: conversation ${index + 1}, ${conversation.protocol}`, async function () {
      const { session, meanings } = await openCharge();
      await hold(conversation, meanings);
      await requireSettled(session);
      expect(frames, "what the page does not show").to.deep.equal([]);
    });
  }

  it("shows what the service answers over HTTP", async function () {
    const { session, meanings } = await openCharge();
    await running.service.synchronise();
    const { evses = [] } = (await running.service.store.findOcppStation(stationId)) ?? {};
    meanings.set("API key", (await addStation(running.service.store, stationId, evses)).apiKey);
    meanings.set("session id", session.sessionId);
    const exchanges = shown.filter(({ protocol }) => protocol === "http").flatMap(readExchanges);
    expect(exchanges).to.have.length(3);
    for (const { method, path, headers, body, status, answer } of exchanges) {
      const response = await fetch(`${running.service.url}${path}`, {
        method,
        headers: Object.entries(headers).map(([name, value]): [string, string] => [
          name,
          withMeanings(value, meanings),
        ]),
        body: withMeanings(body, meanings),
      });
      const got: unknown = await response.json();
      expect(response.status, JSON.stringify(got)).to.equal(status);
      expect(isShown(answer, got, meanings), JSON.stringify(got)).to.equal(true);
    }
    await requireSettled(session);
  });

  it("lists what the command checks, line by line", function () {
    const listed = [...page.matchAll(/^\| `(?<check>[a-z-]+)`/gmu)].map(({ groups }) => groups?.["check"]);
    expect(listed).to.deep.equal([...conformanceChecks]);
  });
});
