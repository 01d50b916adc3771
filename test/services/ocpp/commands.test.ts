import { expect } from "chai";
import { pino } from "pino";

import { createOperators } from "../../../services/http/operator/operators.ts";
import { openHttpServer, type HttpServer } from "../../../services/http/server.ts";
import { createStationDoors } from "../../../services/http/operator/stations.ts";
import { createMetrics } from "../../../services/observability/metrics.ts";
import { createTestEntrance } from "../../helpers/entrance.ts";
import { codeOf, get, type Answer } from "../../helpers/running-service.ts";
import {
  connectRefused,
  connectStation,
  openOcppWorld,
  registerStation,
  stationKey,
  type BareStation,
  type OcppWorld,
} from "../../helpers/ocpp-service.ts";
import { localPresence } from "../../helpers/local-presence.ts";

const operatorKey = "k".repeat(32);
const newKey = "11".repeat(20);

describe("Commands to stations", function () {
  let world: OcppWorld;
  let http: HttpServer;
  let station: BareStation;

  before(async function () {
    world = await openOcppWorld({ config: { callTimeoutMs: 3_000 } });
    await registerStation(world.store, "CS-1", { evses: [70, 12] });
    await registerStation(world.store, "CS-2", { evses: [13] });
    http = await openHttpServer(
      {
        entrance: createTestEntrance().entrance,
        answerTimeoutMs: 10_000,
        log: pino({ level: "silent" }),
        metrics: createMetrics(),
        doors: createStationDoors({
          store: world.store,
          connections: localPresence(world.ocpp.door.connections),
          commands: world.ocpp.commands,
          operators: createOperators({ store: world.store, operatorKey }),
          now: () => 1_700_000_000_000,
        }),
        upgrade: (request, socket, head) => {
          world.ocpp.door.upgrade(request, socket, head);
        },
      },
      "127.0.0.1",
      0,
    );
    station = await connectStation(world.url, "CS-1");
  });
  after(async function () {
    await station.close();
    await http.close();
    await world.close();
  });

  async function send(stationId: string, action: string, payload: unknown, key = operatorKey): Promise<Answer> {
    const body = typeof payload === "string" ? payload : JSON.stringify(payload);
    const response = await fetch(`${http.url}/v1/stations/${stationId}/commands/${action}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      body,
    });
    return { status: response.status, body: await response.json() };
  }

  /** Sends a command and lets the station answer its call. */
  async function exchange(
    action: string,
    payload: unknown,
    answer: (messageId: string) => unknown,
    asked: BareStation = station,
    stationId = "CS-1",
  ): Promise<{ readonly answer: Answer; readonly call: readonly unknown[] }> {
    const answered = send(stationId, action, payload);
    const call = (await asked.next()) as readonly unknown[];
    asked.send(JSON.stringify(answer(String(call[1]))));
    return { answer: await answered, call };
  }

  const refusals: readonly (readonly [string, string, string, unknown, string, number, string])[] = [
    ["a wrong operator's key", "CS-1", "Reset", { type: "Soft" }, "x".repeat(32), 401, "OPERATOR_UNAUTHENTICATED"],
    ["no operator's key", "CS-1", "Reset", { type: "Soft" }, "", 401, "OPERATOR_UNAUTHENTICATED"],
    ["a station that nobody registered", "CS-9", "Reset", { type: "Soft" }, operatorKey, 404, "STATION_UNKNOWN"],
    ["an identity that no station can have", "a%20b", "Reset", {}, operatorKey, 404, "STATION_UNKNOWN"],
    ["a station that is not connected", "CS-2", "Reset", { type: "Soft" }, operatorKey, 503, "STATION_OFFLINE"],
    ["an action of another version", "CS-1", "RequestStartTransaction", {}, operatorKey, 400, "OCPP_ACTION_UNKNOWN"],
    ["an action that stations call", "CS-1", "Heartbeat", {}, operatorKey, 400, "OCPP_ACTION_UNKNOWN"],
    ["a body that is no JSON", "CS-1", "Reset", "{", operatorKey, 400, "OCPP_PAYLOAD_INVALID"],
    ["a payload that is no object", "CS-1", "Reset", [], operatorKey, 400, "OCPP_PAYLOAD_INVALID"],
    ["a payload that breaks the schema", "CS-1", "Reset", { type: "Medium" }, operatorKey, 400, "OCPP_PAYLOAD_INVALID"],
    [
      "a key that is too short",
      "CS-1",
      "ChangeConfiguration",
      { key: "AuthorizationKey", value: "short" },
      operatorKey,
      400,
      "OCPP_PAYLOAD_INVALID",
    ],
  ];
  for (const [name, stationId, action, payload, key, status, code] of refusals) {
    it(`are refused for ${name}`, async function () {
      const answer = await send(stationId, action, payload, key);
      expect([answer.status, codeOf(answer)]).to.deep.equal([status, code]);
    });
  }

  it("are answered with the station's answer, and both frames are kept", async function () {
    const { answer, call } = await exchange("Reset", { type: "Soft" }, (id) => [3, id, { status: "Accepted" }]);
    expect(answer).to.deep.equal({ status: 200, body: { status: "Accepted" } });
    expect(call.slice(2)).to.deep.equal(["Reset", { type: "Soft" }]);
    const frames = (await world.store.listFrames("CS-1", 0, 10_000)).slice(-2);
    expect(frames.map(({ direction, action, text }) => ({ direction, action, text }))).to.deep.equal([
      { direction: "out", action: "Reset", text: JSON.stringify(call) },
      { direction: "in", action: null, text: JSON.stringify([3, call[1], { status: "Accepted" }]) },
    ]);
  });

  it("show the station's error", async function () {
    const { answer } = await exchange("Reset", { type: "Hard" }, (id) => [4, id, "NotSupported", "No reset", { a: 1 }]);
    expect([answer.status, codeOf(answer)]).to.deep.equal([502, "STATION_REFUSED"]);
    expect(answer.body).to.have.nested.property("error.detail", 'NotSupported: No reset {"a":1}');
  });

  it("end when the station does not answer in time, and a late answer does no harm", async function () {
    const answered = send("CS-1", "ClearCache", {});
    const call = (await station.next()) as readonly unknown[];
    const answer = await answered;
    expect([answer.status, codeOf(answer)]).to.deep.equal([504, "STATION_TIMEOUT"]);
    station.send(JSON.stringify([3, call[1], { status: "Accepted" }]));
    const next = await exchange("ClearCache", {}, (id) => [3, id, { status: "Rejected" }]);
    expect(next.answer).to.deep.equal({ status: 200, body: { status: "Rejected" } });
  });

  it("wait for each other, one call at a time", async function () {
    const both = [send("CS-1", "ClearCache", {}), send("CS-1", "GetLocalListVersion", {})];
    const first = (await station.next()) as readonly unknown[];
    station.send(JSON.stringify([3, first[1], { status: "Accepted" }]));
    const second = (await station.next()) as readonly unknown[];
    station.send(JSON.stringify([3, second[1], { listVersion: 1 }]));
    expect([first[2], second[2]]).to.have.members(["ClearCache", "GetLocalListVersion"]);
    expect((await Promise.all(both)).map(({ status }) => status)).to.deep.equal([200, 200]);
  });

  it("end when the station's connection ends", async function () {
    const second = await connectStation(world.url, "CS-2");
    const answered = send("CS-2", "ClearCache", {});
    await second.next();
    second.socket.terminate();
    expect([(await answered).status, codeOf(await answered)]).to.deep.equal([503, "STATION_OFFLINE"]);
  });

  const settlement: readonly (readonly ["ocpp1.6" | "ocpp2.0.1" | "ocpp2.1", string, unknown, unknown])[] = [
    ["ocpp1.6", "RemoteStartTransaction", { idTag: "A", connectorId: 1 }, { status: "Accepted" }],
    ["ocpp1.6", "RemoteStopTransaction", { transactionId: 1 }, { status: "Accepted" }],
    ["ocpp1.6", "TriggerMessage", { requestedMessage: "MeterValues" }, { status: "Accepted" }],
    ["ocpp1.6", "GetConfiguration", { key: [] }, { configurationKey: [] }],
    ["ocpp1.6", "ChangeConfiguration", { key: "MeterValueSampleInterval", value: "60" }, { status: "Accepted" }],
    ["ocpp1.6", "UnlockConnector", { connectorId: 1 }, { status: "Unlocked" }],
    ["ocpp1.6", "ChangeAvailability", { connectorId: 0, type: "Operative" }, { status: "Scheduled" }],
    ["ocpp1.6", "ClearChargingProfile", {}, { status: "Unknown" }],
    ["ocpp1.6", "CancelReservation", { reservationId: 1 }, { status: "Rejected" }],
    ["ocpp1.6", "DataTransfer", { vendorId: "V" }, { status: "UnknownVendorId" }],
    ...(["ocpp2.0.1", "ocpp2.1"] as const).flatMap(
      (protocol) =>
        [
          [
            protocol,
            "RequestStartTransaction",
            { remoteStartId: 1, idToken: { idToken: "A", type: "Central" } },
            { status: "Accepted" },
          ],
          [protocol, "RequestStopTransaction", { transactionId: "T" }, { status: "Accepted" }],
          [protocol, "TriggerMessage", { requestedMessage: "MeterValues" }, { status: "Accepted" }],
          [protocol, "GetBaseReport", { requestId: 1, reportBase: "FullInventory" }, { status: "Accepted" }],
          [protocol, "GetTransactionStatus", { transactionId: "T" }, { messagesInQueue: false }],
          [protocol, "UnlockConnector", { evseId: 1, connectorId: 1 }, { status: "Unlocked" }],
          [protocol, "Reset", { type: "OnIdle" }, { status: "Scheduled" }],
          [protocol, "ChangeAvailability", { operationalStatus: "Operative" }, { status: "Accepted" }],
          [protocol, "CancelReservation", { reservationId: 1 }, { status: "Accepted" }],
          [protocol, "DataTransfer", { vendorId: "V" }, { status: "Accepted" }],
        ] as const,
    ),
  ];
  for (const [protocol, action, payload, result] of settlement) {
    it(`reach a station of ${protocol} as ${action}`, async function () {
      const other = await connectStation(world.url, "CS-2", { protocols: [protocol] });
      const { answer, call } = await exchange(action, payload, (id) => [3, id, result], other, "CS-2");
      await other.close();
      expect(answer).to.deep.equal({ status: 200, body: result });
      expect(call.slice(2)).to.deep.equal([action, payload]);
    });
  }

  it("that hand out a key let both keys in until the new one was used, and never keep it", async function () {
    const change = { key: "AuthorizationKey", value: newKey };
    await registerStation(world.store, "CS-3");
    const first = await connectStation(world.url, "CS-3");
    const refused = await exchange(
      "ChangeConfiguration",
      change,
      (id) => [3, id, { status: "Rejected" }],
      first,
      "CS-3",
    );
    expect(refused.answer.status).to.equal(200);
    expect(await connectRefused(world.url, "CS-3", { password: newKey })).to.have.property("status", 401);

    const taken = await exchange("ChangeConfiguration", change, (id) => [3, id, { status: "Accepted" }], first, "CS-3");
    expect(taken.call[3]).to.deep.equal(change);
    await first.close();
    const again = await connectStation(world.url, "CS-3", { password: stationKey });
    await again.close();
    const renewed = await connectStation(world.url, "CS-3", { password: Buffer.from(newKey, "hex") });
    await renewed.close();
    expect(await connectRefused(world.url, "CS-3", { password: stationKey })).to.have.property("status", 401);
    const texts = (await world.store.listFrames("CS-3", 0, 10_000)).map(({ text }) => text).join("\n");
    expect(texts).to.not.include(newKey);
  });

  it("that hand out a password of 2.x do the same", async function () {
    const password = "a password of 24 letters";
    const setVariableData = [
      { attributeValue: password, component: { name: "SecurityCtrlr" }, variable: { name: "BasicAuthPassword" } },
    ];
    await registerStation(world.store, "CS-4");
    const first = await connectStation(world.url, "CS-4", { protocols: ["ocpp2.0.1"] });
    const setVariableResult = [
      {
        attributeStatus: "Accepted",
        component: { name: "SecurityCtrlr" },
        variable: { name: "BasicAuthPassword" },
      },
    ];
    await exchange("SetVariables", { setVariableData }, (id) => [3, id, { setVariableResult }], first, "CS-4");
    await first.close();
    const renewed = await connectStation(world.url, "CS-4", { protocols: ["ocpp2.0.1"], password });
    await renewed.close();
    expect(await connectRefused(world.url, "CS-4", { password: stationKey })).to.have.property("status", 401);
    const texts = (await world.store.listFrames("CS-4", 0, 10_000)).map(({ text }) => text).join("\n");
    expect(texts).to.not.include(password);
  });

  it("are not needed to see the stations, but the operator's key is", async function () {
    expect(codeOf(await get(http.url, "/v1/stations"))).to.equal("OPERATOR_UNAUTHENTICATED");
    expect(codeOf(await get(http.url, "/v1/stations/CS-1"))).to.equal("OPERATOR_UNAUTHENTICATED");
    await station.ask([2, "1", "MeterValues", { connectorId: 1 }]);
    await station.ask([2, "1", "BootNotification", { chargePointVendor: "V", chargePointModel: "M" }]);
    const status = { connectorId: 1, errorCode: "NoError", status: "Charging" };
    await station.ask([2, "1", "StatusNotification", status]);
    const headers = { authorization: `Bearer ${operatorKey}` };
    const all = (await (await fetch(`${http.url}/v1/stations`, { headers })).json()) as {
      readonly stations: readonly Record<string, unknown>[];
    };
    const shown = all.stations.find(({ stationId }) => stationId === "CS-1");
    expect(shown).to.deep.include({ isConnected: true, protocol: "ocpp1.6", securityProfile: 1, evses: [70, 12] });
    expect(shown?.["connectors"]).to.have.nested.property("[0].state", "occupied");
    expect(JSON.stringify(all)).to.not.include("keySha256");
    const one = await (await fetch(`${http.url}/v1/stations/CS-1`, { headers })).json();
    expect(one).to.have.nested.property("quarantined[0].action", "MeterValues");
    expect(one).to.have.nested.property("station.boot.vendor", "V");
  });

  it("are not needed by a driver to see whether a connector is free", async function () {
    const expectState = async (evse: number, state: string, status: string | null) => {
      expect((await get(http.url, `/v1/evses/${evse}/state`)).body).to.deep.equal({ evse, state, status });
    };
    const report = (connectorId: number, status: string) =>
      station.ask([2, "1", "StatusNotification", { connectorId, errorCode: "NoError", status }]);
    await expectState(13, "offline", null);
    // The station's second connector is the second EVSE that it was registered for.
    await expectState(12, "unknown", null);
    await report(2, "Available");
    await expectState(12, "free", "Available");
    await report(2, "SuspendedEV");
    await expectState(12, "occupied", "SuspendedEV");
    await report(2, "Available");
    await report(0, "Faulted");
    await expectState(12, "faulted", "Faulted");
    await report(0, "Available");
    await expectState(70, "occupied", "Charging");
    const nowhere = await get(http.url, "/v1/evses/99/state");
    expect([nowhere.status, codeOf(nowhere)]).to.deep.equal([404, "EVSE_UNKNOWN"]);
    expect(codeOf(await get(http.url, "/v1/evses/x/state"))).to.equal("QUERY_INVALID");
  });

  it("go over the HTTP port, too, where chargers have none of their own", async function () {
    const other = await connectStation(http.url.replace("http", "ws"), "CS-2");
    expect(await other.ask([2, "1", "Authorize", { idTag: "OK" }])).to.deep.equal([
      3,
      "1",
      { idTagInfo: { status: "Accepted" } },
    ]);
    await other.close();
  });
});
