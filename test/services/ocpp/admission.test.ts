import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { createAuthority, writePem, type Certified } from "../../helpers/certificates.ts";
import {
  connectClient,
  connectRefused,
  connectStation,
  openOcppWorld,
  registerStation,
  stationKey,
  type ConnectOptions,
  type OcppWorld,
} from "../../helpers/ocpp-service.ts";

describe("Letting stations in", function () {
  let folder: string;
  let world: OcppWorld;
  let strangers: Certified;
  let own: Certified;
  let others: Certified;
  let ca: string;

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), "wattproof-tls-"));
    const authority = await createAuthority("Wattproof tests");
    const elsewhere = await createAuthority("Somebody else");
    const server = await authority.certify("localhost");
    ca = authority.certificate;
    own = await authority.certify("CS-CERT");
    others = await authority.certify("CS-OTHER");
    strangers = await elsewhere.certify("CS-CERT");
    world = await openOcppWorld({
      config: {
        tls: {
          port: 0,
          certificatePath: await writePem(folder, "server.pem", server.certificate),
          keyPath: await writePem(folder, "server.key", server.key),
          clientAuthorityPath: await writePem(folder, "ca.pem", ca),
        },
      },
    });
    await registerStation(world.store, "CS-OPEN", { profile: 0, key: null });
    await registerStation(world.store, "CS-BASIC");
    await registerStation(world.store, "CS-TLS", { profile: 2 });
    await registerStation(world.store, "CS-CERT", { profile: 3, key: null });
    await registerStation(world.store, "CS-OTHER", { profile: 3 });
    await world.store.putStation({ stationId: "CS-HTTP", apiKeySha256: "00", evses: [9] });
  });
  after(async function () {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });

  const plain = () => world.url;
  const secure = () => (world.ocpp.door.urls.tls ?? "").replace("127.0.0.1", "localhost");
  const withTls = (certified?: Certified) => ({
    tls: { ca, ...(certified === undefined ? {} : { cert: certified.certificate, key: certified.key }) },
  });

  const refusals: readonly (readonly [string, () => string, string, () => ConnectOptions, number])[] = [
    ["a path that is not for stations", plain, "CS-BASIC", () => ({ path: "/elsewhere/CS-BASIC" }), 404],
    ["a path below a station's", plain, "CS-BASIC", () => ({ path: "/ocpp/CS-BASIC/more" }), 404],
    ["a station that nobody registered", plain, "NOBODY", () => ({}), 404],
    ["an identity that no station can have", plain, "CS BASIC", () => ({}), 404],
    ["a station that is registered for HTTP alone", plain, "CS-HTTP", () => ({}), 401],
    ["a station without a password", plain, "CS-BASIC", () => ({ password: null }), 401],
    ["a station with an empty password", plain, "CS-BASIC", () => ({ password: "" }), 401],
    ["a station with a wrong password", plain, "CS-BASIC", () => ({ password: `${stationKey.slice(0, -1)}2` }), 401],
    ["a user who is not the station of the path", plain, "CS-BASIC", () => ({ user: "CS-TLS" }), 401],
    ["a station of profile 2 without TLS", plain, "CS-TLS", () => ({}), 401],
    ["a station of profile 3 without TLS", plain, "CS-OTHER", () => ({}), 401],
    ["a station of profile 2 with a wrong password", secure, "CS-TLS", () => ({ ...withTls(), password: "x" }), 401],
    ["a station of profile 3 with a password alone", secure, "CS-OTHER", () => withTls(), 401],
    ["a certificate of another station", secure, "CS-CERT", () => withTls(others), 401],
    ["a certificate of another station beside the right password", secure, "CS-TLS", () => withTls(own), 401],
    ["a certificate of another authority", secure, "CS-CERT", () => ({ ...withTls(strangers), password: null }), 401],
  ];
  for (const [name, url, stationId, options, status] of refusals) {
    it(`refuses ${name}`, async function () {
      expect(await connectRefused(url(), stationId, options())).to.deep.equal({ status, code: null });
    });
  }

  it("refuses a station without authentication where others than this machine can connect", async function () {
    const exposed = await openOcppWorld({ host: "0.0.0.0" });
    await registerStation(exposed.store, "CS-OPEN", { profile: 0, key: null });
    const url = exposed.url.replace("0.0.0.0", "127.0.0.1");
    expect(await connectRefused(url, "CS-OPEN", { password: null })).to.have.property("status", 401);
    await exposed.close();

    const allowed = await openOcppWorld({ host: "0.0.0.0", config: { isProfile0Allowed: true } });
    await registerStation(allowed.store, "CS-OPEN", { profile: 0, key: null });
    const station = await connectStation(allowed.url.replace("0.0.0.0", "127.0.0.1"), "CS-OPEN", { password: null });
    await station.close();
    await allowed.close();
  });

  it("refuses more connections than the limits, and takes one again when one has ended", async function () {
    const small = await openOcppWorld({ config: { connectionsPerAddress: 1 } });
    for (const stationId of ["CS-1", "CS-2"]) await registerStation(small.store, stationId);
    const first = await connectStation(small.url, "CS-1");
    expect(await connectRefused(small.url, "CS-2")).to.have.property("status", 503);
    await first.close();
    const second = await connectStation(small.url, "CS-2");
    await second.close();
    await small.close();
  });

  const admissions: readonly (readonly [string, () => string, string, () => ConnectOptions, number])[] = [
    ["0 on loopback", plain, "CS-OPEN", () => ({ password: null }), 0],
    ["1 by the key's bytes", plain, "CS-BASIC", () => ({ password: Buffer.from(stationKey, "hex") }), 1],
    ["1 by the key's text", plain, "CS-BASIC", () => ({ password: stationKey }), 1],
    ["1 by the key's text in capitals", plain, "CS-BASIC", () => ({ password: stationKey.toUpperCase() }), 1],
    ["2", secure, "CS-TLS", () => withTls(), 2],
    ["2 where 1 would do", secure, "CS-BASIC", () => withTls(), 2],
    ["3", secure, "CS-CERT", () => ({ ...withTls(own), password: null }), 3],
  ];
  for (const [name, url, stationId, options, profile] of admissions) {
    it(`takes a station by security profile ${name}`, async function () {
      const station = await connectStation(url(), stationId, options());
      expect(world.ocpp.door.connections.find(stationId)?.securityProfile).to.equal(profile);
      await station.close();
    });
  }

  it("takes the client of ocpp-rpc with its form of a binary key", async function () {
    const client = await connectClient(plain(), "CS-BASIC", "ocpp1.6", { password: Buffer.from(stationKey, "hex") });
    expect(await client.call("Heartbeat", {})).to.have.property("currentTime");
    await client.close();
  });

  it("speaks the version that the station prefers", async function () {
    for (const protocols of [
      ["ocpp1.6", "ocpp2.1"],
      ["ocpp2.1", "ocpp2.0.1", "ocpp1.6"],
      ["ocpp9", "ocpp2.0.1"],
    ]) {
      const station = await connectStation(plain(), "CS-BASIC", { protocols });
      expect(station.socket.protocol).to.equal(protocols.find((protocol) => protocol !== "ocpp9"));
      await station.close();
    }
  });

  it("shows which stations want to join, the latest ones only, until they are registered", async function () {
    for (const stationId of ["NEW-1", "NEW-2", "NEW-3", "NEW-4", "not/one"]) await connectRefused(plain(), stationId);
    const wanting = await world.store.listUnknownStations();
    expect(wanting.map(({ stationId }) => stationId).sort()).to.deep.equal(["NEW-2", "NEW-3", "NEW-4"]);
    expect(wanting[0]).to.include({ address: "127.0.0.1", protocols: "ocpp1.6", attempts: 1 });
    expect(world.alerts).to.include("ocpp-unknown-station");
    await registerStation(world.store, "NEW-4");
    expect((await world.store.listUnknownStations()).map(({ stationId }) => stationId)).to.not.include("NEW-4");
  });
});
