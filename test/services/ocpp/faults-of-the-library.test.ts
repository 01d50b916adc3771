import { request } from "node:http";

import { expect } from "chai";

import {
  connectClient,
  connectRefused,
  connectStation,
  openOcppWorld,
  registerStation,
  type OcppWorld,
} from "../../helpers/ocpp-service.ts";

/** Asks to upgrade with an address that no client library would send. */
function upgradeAt(url: string, path: string): Promise<number | null> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const headers = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" };
    const asked = request({ hostname, port, path, headers: { ...headers, "sec-websocket-key": "A".repeat(24) } });
    asked.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? null);
    });
    asked.on("error", () => {
      resolve(null);
    });
    asked.end();
  });
}

describe("The five faults of the OCPP library", function () {
  let world: OcppWorld;
  let release: (() => void) | null = null;

  before(async function () {
    world = await openOcppWorld({
      decide: async ({ idToken }) => {
        if (idToken === "SLOW") await new Promise<void>((resolve) => (release = resolve));
        return { status: "Accepted", expiresAtMs: null };
      },
    });
    for (const stationId of ["CS-1", "CS-2", "CS-3"]) await registerStation(world.store, stationId);
  });
  after(async function () {
    await world.close();
  });

  it("a path with malformed percent-encoding is refused, and the service goes on", async function () {
    for (const path of ["/%E0%A4%A", "/ocpp/%E0%A4%A", "/ocpp/%", "/ocpp/CS-1/%ff", "//%"]) {
      expect(await upgradeAt(world.url, path), path).to.equal(400);
    }
    const station = await connectStation(world.url, "CS-1");
    expect(await station.ask([2, "1", "Authorize", { idTag: "A" }])).to.deep.equal([
      3,
      "1",
      { idTagInfo: { status: "Accepted" } },
    ]);
    await station.close();
  });

  it("a station that offers no subprotocol, or none that is known, is disconnected before it can say anything", async function () {
    expect(await connectRefused(world.url, "CS-1", { protocols: [] })).to.deep.equal({ status: null, code: 1002 });
    // The client itself gives up when it is granted no subprotocol.
    expect(await connectRefused(world.url, "CS-1", { protocols: ["ocpp1.5"] })).to.have.property("status", null);
    expect(world.ocpp.door.connections.find("CS-1")).to.equal(undefined);
  });

  it("calls of OCPP 2.1 pass the check of the schemas, and are held to it", async function () {
    const client = await connectClient(world.url, "CS-1", "ocpp2.1");
    const answer = await client.call("BootNotification", {
      reason: "PowerUp",
      chargingStation: { model: "M", vendorName: "V" },
    });
    expect(answer).to.include({ status: "Accepted", interval: 300 });
    const refusal = await client.call("BootNotification", { reason: "PowerUp" }).catch((error: unknown) => error);
    expect(refusal).to.include({ rpcErrorCode: "OccurrenceConstraintViolation" });
    await client.close();
  });

  it("messages of one station are handled one after the other and answered in their order", async function () {
    const station = await connectStation(world.url, "CS-2");
    station.send(JSON.stringify([2, "slow", "Authorize", { idTag: "SLOW" }]));
    station.send(JSON.stringify([2, "fast", "Authorize", { idTag: "FAST" }]));
    station.send(JSON.stringify([2, "beat", "Heartbeat", {}]));
    // Another station is not held up by it.
    const other = await connectStation(world.url, "CS-3");
    await other.ask([2, "1", "Authorize", { idTag: "A" }]);
    await other.close();
    expect(world.questions.map(({ idToken }) => idToken)).to.not.include("FAST");
    release?.();
    const answers = [await station.next(), await station.next(), await station.next()];
    expect(answers.map((answer) => (answer as readonly unknown[])[1])).to.deep.equal(["slow", "fast", "beat"]);
    await station.close();
  });

  it("of two sockets with one identity the older is closed", async function () {
    const older = await connectStation(world.url, "CS-3");
    const younger = await connectStation(world.url, "CS-3");
    expect(await older.closed).to.equal(1008);
    expect(await younger.ask([2, "1", "Authorize", { idTag: "A" }])).to.deep.equal([
      3,
      "1",
      { idTagInfo: { status: "Accepted" } },
    ]);
    expect(world.ocpp.door.connections.find("CS-3")?.stationId).to.equal("CS-3");
    await younger.close();
  });
});
