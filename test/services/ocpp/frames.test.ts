import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";

import { expect } from "chai";

import { WattproofError } from "../../../services/errors.ts";
import type { OcppProtocol } from "../../../services/store/ocpp.ts";
import {
  connectStation,
  openOcppWorld,
  registerStation,
  type BareStation,
  type OcppWorld,
} from "../../helpers/ocpp-service.ts";

const boot16 = { chargePointVendor: "V", chargePointModel: "M" };
const boot20 = { reason: "PowerUp", chargingStation: { vendorName: "V", model: "M" } };
const start = { connectorId: 1, idTag: "OK1", meterStart: 5, timestamp: "2026-01-01T00:00:00Z" };

/** Type, id and code of a CALLERROR. */
function codeOf(answer: unknown): readonly unknown[] {
  return (answer as readonly unknown[]).slice(0, 3);
}

describe("Frames of stations", function () {
  let world: OcppWorld;
  let station: BareStation;
  let holdCommits: Promise<void> | null = null;
  let failCommits = false;

  before(async function () {
    world = await openOcppWorld({
      wrapStore: (store) => ({
        ...store,
        async commitFrame(frame, effects) {
          await holdCommits;
          if (failCommits) throw new WattproofError("STORE_UNAVAILABLE", "The disk is full.");
          return store.commitFrame(frame, effects);
        },
      }),
    });
    await registerStation(world.store, "CS-1");
  });
  after(async function () {
    await world.close();
  });
  afterEach(async function () {
    await station.close();
  });

  async function connect(protocol: OcppProtocol): Promise<BareStation> {
    return (station = await connectStation(world.url, "CS-1", { protocols: [protocol] }));
  }

  async function lastFrames(count: number) {
    const frames = await world.store.listFrames("CS-1", 0, 10_000);
    return frames.slice(-count);
  }

  const refusals: readonly (readonly [string, OcppProtocol, unknown, readonly unknown[]])[] = [
    ["an action that no version has", "ocpp1.6", [2, "a", "Frobnicate", {}], [4, "a", "NotImplemented"]],
    ["an action that no version has", "ocpp2.0.1", [2, "a", "Frobnicate", {}], [4, "a", "NotImplemented"]],
    ["an action of another version", "ocpp1.6", [2, "a", "TransactionEvent", {}], [4, "a", "NotImplemented"]],
    ["an action of another version", "ocpp2.0.1", [2, "a", "StartTransaction", {}], [4, "a", "NotImplemented"]],
    ["an action of 2.1", "ocpp2.0.1", [2, "a", "NotifySettlement", {}], [4, "a", "NotImplemented"]],
    ["an action that only the service may call", "ocpp1.6", [2, "a", "Reset", {}], [4, "a", "NotSupported"]],
    ["an action that is not offered", "ocpp2.1", [2, "a", "GetCertificateChainStatus", {}], [4, "a", "NotSupported"]],
    ["a payload that is missing", "ocpp1.6", [2, "a", "Heartbeat"], [4, "a", "FormationViolation"]],
    ["a payload that is missing", "ocpp2.0.1", [2, "a", "Heartbeat"], [4, "a", "FormatViolation"]],
    ["a payload that is a list", "ocpp2.1", [2, "a", "Heartbeat", []], [4, "a", "FormatViolation"]],
    [
      "a field that is missing",
      "ocpp1.6",
      [2, "a", "BootNotification", { chargePointVendor: "V" }],
      [4, "a", "OccurrenceConstraintViolation"],
    ],
    [
      "a field that is missing",
      "ocpp2.0.1",
      [2, "a", "BootNotification", { reason: "PowerUp" }],
      [4, "a", "OccurrenceConstraintViolation"],
    ],
    [
      "a field that does not exist",
      "ocpp1.6",
      [2, "a", "BootNotification", { ...boot16, mood: "good" }],
      [4, "a", "FormationViolation"],
    ],
    [
      "a field that does not exist",
      "ocpp2.1",
      [2, "a", "BootNotification", { ...boot20, mood: "good" }],
      [4, "a", "FormatViolation"],
    ],
    ["a field of a wrong type", "ocpp1.6", [2, "a", "Authorize", { idTag: 7 }], [4, "a", "TypeConstraintViolation"]],
    [
      "a value that is too long",
      "ocpp1.6",
      [2, "a", "Authorize", { idTag: "x".repeat(21) }],
      [4, "a", "PropertyConstraintViolation"],
    ],
    [
      "a word that is not in the list",
      "ocpp2.0.1",
      [2, "a", "BootNotification", { ...boot20, reason: "Boredom" }],
      [4, "a", "PropertyConstraintViolation"],
    ],
  ];
  for (const [name, protocol, frame, expected] of refusals) {
    it(`answers ${name} in ${protocol} with ${String(expected[2])}`, async function () {
      await connect(protocol);
      expect(codeOf(await station.ask(frame))).to.deep.equal(expected);
    });
  }

  const unreadable: readonly (readonly [string, OcppProtocol, string, readonly unknown[]])[] = [
    ["what is no JSON", "ocpp1.6", "{", [4, "-1", "FormationViolation"]],
    ["what is no JSON", "ocpp2.0.1", '[2,"a"', [4, "-1", "RpcFrameworkError"]],
    ["what is no list", "ocpp2.1", '{"a":1}', [4, "-1", "RpcFrameworkError"]],
    ["a message without an id", "ocpp2.0.1", '[2,7,"Heartbeat",{}]', [4, "-1", "RpcFrameworkError"]],
    ["a message without an action", "ocpp2.0.1", '[2,"a",7,{}]', [4, "a", "RpcFrameworkError"]],
    ["an unknown type", "ocpp2.0.1", '[9,"a","Heartbeat",{}]', [4, "a", "MessageTypeNotSupported"]],
  ];
  for (const [name, protocol, text, expected] of unreadable) {
    it(`answers ${name} in ${protocol} with ${String(expected[2])} and keeps it`, async function () {
      await connect(protocol);
      station.send(text);
      const answer = await station.next();
      expect(codeOf(answer)).to.deep.equal(expected);
      const [frame] = await lastFrames(1);
      expect(frame).to.include({ direction: "in", text, action: null, answer: JSON.stringify(answer) });
    });
  }

  it("ignores types that its version does not know, or that want no answer", async function () {
    await connect("ocpp1.6");
    station.send('[9,"a","Heartbeat",{}]');
    expect(codeOf(await station.ask([2, "b", "Heartbeat", {}])).slice(0, 2)).to.deep.equal([3, "b"]);
    await station.close();
    await connect("ocpp2.1");
    station.send('[6,"a","NotifyPeriodicEventStream",{}]');
    station.send('[5,"a","GenericError","",{}]');
    expect(codeOf(await station.ask([2, "b", "Heartbeat", {}])).slice(0, 2)).to.deep.equal([3, "b"]);
  });

  it("disconnects a station that sends nothing but what cannot be read", async function () {
    await connect("ocpp2.0.1");
    for (let sent = 0; sent <= 20; sent += 1) station.send("?");
    expect(await station.closed).to.equal(1002);
  });

  it("disconnects a station whose message is larger than the limit", async function () {
    await connect("ocpp1.6");
    station.send(JSON.stringify([2, "a", "DataTransfer", { vendorId: "v", data: "x".repeat(262_144) }]));
    expect(await station.closed).to.equal(1009);
  });

  it("disconnects a station that leaves too many messages unanswered", async function () {
    await connect("ocpp1.6");
    let release: () => void = () => undefined;
    holdCommits = new Promise((resolve) => (release = resolve));
    for (let sent = 0; sent <= 64; sent += 1) station.send(JSON.stringify([2, String(sent), "Heartbeat", {}]));
    const code = await station.closed;
    release();
    holdCommits = null;
    expect(code).to.equal(1008);
  });

  it("answers only after the commit", async function () {
    await connect("ocpp1.6");
    let release: () => void = () => undefined;
    holdCommits = new Promise((resolve) => (release = resolve));
    let isAnswered = false;
    const answer = station.ask([2, "a", "MeterValues", { connectorId: 1, meterValue: [] }]).then((value) => {
      isAnswered = true;
      return value;
    });
    const ponged = new Promise((resolve) => station.socket.once("pong", resolve));
    station.socket.ping();
    await ponged;
    expect(isAnswered).to.equal(false);
    release();
    holdCommits = null;
    expect(await answer).to.deep.equal([3, "a", {}]);
  });

  it("does not answer what could not be kept, and disconnects, so that the station sends it again", async function () {
    await connect("ocpp1.6");
    failCommits = true;
    station.send(JSON.stringify([2, "a", "StartTransaction", start]));
    const code = await station.closed;
    failCommits = false;
    expect(code).to.equal(1011);
    expect(world.alerts).to.include("ocpp-exchange-failed");
  });

  const faulty: readonly (readonly [string, OcppProtocol, string, unknown, (answer: unknown) => void])[] = [
    [
      "a start without a time",
      "ocpp1.6",
      "StartTransaction",
      { ...start, timestamp: undefined },
      (answer) => expect(answer).to.have.property("transactionId").that.is.a("number"),
    ],
    [
      "a start with a time without a zone",
      "ocpp1.6",
      "StartTransaction",
      { ...start, timestamp: "2026-01-01T00:00:00" },
      (answer) => expect(answer).to.have.deep.property("idTagInfo", { status: "Accepted" }),
    ],
    [
      "a start that is no object",
      "ocpp1.6",
      "StartTransaction",
      "start",
      (answer) => expect(answer).to.have.deep.property("idTagInfo", { status: "Invalid" }),
    ],
    ["a stop without anything", "ocpp1.6", "StopTransaction", {}, (answer) => expect(answer).to.deep.equal({})],
    [
      "readings with a context that does not exist",
      "ocpp1.6",
      "MeterValues",
      {
        connectorId: 1,
        meterValue: [{ timestamp: "2026-01-01T00:00:00Z", sampledValue: [{ value: "1", context: "?" }] }],
      },
      (answer) => expect(answer).to.deep.equal({}),
    ],
    [
      "readings without a sample",
      "ocpp2.0.1",
      "MeterValues",
      { evseId: 1, meterValue: [{ timestamp: "2026-01-01T00:00:00Z", sampledValue: [] }] },
      (answer) => expect(answer).to.deep.equal({}),
    ],
    [
      "an event without a number",
      "ocpp2.1",
      "TransactionEvent",
      {
        eventType: "Started",
        timestamp: "2026-01-01T00:00:00Z",
        triggerReason: "CablePluggedIn",
        transactionInfo: { transactionId: "T1" },
        idToken: { idToken: "OK1", type: "Central" },
      },
      (answer) => expect(answer).to.deep.equal({ idTokenInfo: { status: "Accepted" } }),
    ],
  ];
  for (const [name, protocol, action, payload, check] of faulty) {
    it(`answers ${name} in ${protocol} validly and quarantines it`, async function () {
      await connect(protocol);
      const answer = await station.ask([2, "a", action, payload]);
      expect(codeOf(answer).slice(0, 2)).to.deep.equal([3, "a"]);
      check((answer as readonly unknown[])[2]);
      const [frame] = await world.store.listQuarantinedFrames("CS-1", 1);
      expect(frame).to.include({ action, text: JSON.stringify([2, "a", action, payload]) });
      expect(frame?.faults).to.have.length.greaterThan(0);
      expect(world.alerts).to.include("ocpp-frame-quarantined");
    });
  }

  it("keeps a frame exactly as it came, with its answer", async function () {
    await connect("ocpp1.6");
    const text =
      '[ 2,"\\u0041","MeterValues" , {"connectorId":1,\n"meterValue":[{"timestamp":"2026-01-01T00:00:00.000Z",' +
      '"sampledValue":[{"value":"1.50"}]}]}]';
    station.send(text);
    expect(await station.next()).to.deep.equal([3, "A", {}]);
    const [frame] = await lastFrames(1);
    expect(frame).to.deep.include({
      stationId: "CS-1",
      protocol: "ocpp1.6",
      direction: "in",
      text,
      action: "MeterValues",
      messageId: "A",
      answer: '[3,"A",{}]',
      ocppTransactionId: null,
      faults: null,
    });
  });

  it("keeps the same message id as often as it comes", async function () {
    await connect("ocpp1.6");
    const before = (await world.store.listFrames("CS-1", 0, 10_000)).length;
    for (let round = 0; round < 3; round += 1) await station.ask([2, "same", "Heartbeat", {}]);
    expect((await world.store.listFrames("CS-1", 0, 10_000)).length).to.equal(before + 3);
  });

  it("never changes or removes a frame", async function () {
    await connect("ocpp1.6");
    await station.ask([2, "a", "Heartbeat", {}]);
    const database = new DatabaseSync(join(world.folder, "wattproof.sqlite"));
    try {
      expect(() => {
        database.exec("UPDATE ocpp_frames SET text = ''");
      }).to.throw("never changed");
      expect(() => {
        database.exec("DELETE FROM ocpp_frames");
      }).to.throw("never removed");
    } finally {
      database.close();
    }
  });
});
