import { mkdtemp, rm } from "node:fs/promises";
import { once } from "node:events";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import type { Duplex } from "node:stream";

import { expect } from "chai";

import type { EntranceConfig } from "../../../services/http/entrance/entrance.ts";
import { createAuthority, writePem } from "../../helpers/certificates.ts";
import { networks } from "../../helpers/entrance.ts";
import { openOcppWorld, registerStation, stationKey, type OcppWorld } from "../../helpers/ocpp-service.ts";

const head = (stationId: string, lines: readonly string[] = []): string =>
  [
    `GET /ocpp/${stationId} HTTP/1.1`,
    "host: a",
    "connection: Upgrade",
    "upgrade: websocket",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version: 13",
    "sec-websocket-protocol: ocpp1.6",
    ...lines,
    "\r\n",
  ].join("\r\n");
const key = `authorization: Basic ${Buffer.from(`CS-KEY:${stationKey}`).toString("base64")}`;

describe("Chargers behind a proxy", function () {
  let world: OcppWorld | undefined;

  afterEach(async function () {
    await world?.close();
    world = undefined;
  });

  async function open(
    entrance: Partial<EntranceConfig>,
    config: Parameters<typeof openOcppWorld>[0] = {},
  ): Promise<OcppWorld> {
    world = await openOcppWorld({ entrance, ...config });
    await registerStation(world.store, "CS-OPEN", { profile: 0, key: null });
    await registerStation(world.store, "CS-KEY");
    return world;
  }

  /** The status line's number that comes back; `closed` where there is none. */
  async function statusOf(socket: Duplex, text: string): Promise<string> {
    let answer = "";
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
    socket.write(text);
    while (!answer.includes("\r\n\r\n") && !socket.destroyed) {
      await Promise.race([once(socket, "data"), once(socket, "close")]).catch(() => undefined);
    }
    socket.destroy();
    return /^HTTP\/1\.1 ([0-9]{3})/.exec(answer)?.[1] ?? "closed";
  }

  function ask(url: string, text: string): Promise<string> {
    const { hostname, port } = new URL(url);
    return statusOf(connect({ host: hostname, port: Number(port) }), text);
  }

  it("are let in without authentication on this machine alone, whatever stands between", async function () {
    const { url } = await open({});
    expect(await ask(url, head("CS-OPEN"))).to.equal("101");
    for (const line of [
      "x-forwarded-for: 198.51.100.9",
      "x-forwarded-for: 127.0.0.1",
      "forwarded: for=127.0.0.1",
      "x-real-ip: 127.0.0.1",
      "via: 1.1 proxy",
    ]) {
      expect(await ask(url, head("CS-OPEN", [line])), line).to.equal("401");
    }
    // With a key it is no matter where a charger comes from.
    expect(await ask(url, head("CS-KEY", [key, "x-forwarded-for: 198.51.100.9"]))).to.equal("101");
  });

  it("are where a trusted proxy says that they are", async function () {
    const { url } = await open({ trustedProxies: networks("127.0.0.1") });
    expect(await ask(url, head("CS-OPEN", ["x-forwarded-for: 198.51.100.9"]))).to.equal("401");
    expect(await ask(url, head("CS-OPEN", ["x-forwarded-for: 127.0.0.5, 198.51.100.9"]))).to.equal("401");
    expect(await ask(url, head("CS-OPEN"))).to.equal("401");
    expect(await ask(url, head("CS-OPEN", ["x-forwarded-for: 127.0.0.5"]))).to.equal("101");
  });

  it("are limited by their own address, of IPv6 by its first 64 bits", async function () {
    const { url } = await open(
      { trustedProxies: networks("127.0.0.0/8"), wrongKeysPerMinute: 2 },
      { now: () => 1_800_000_000_000 },
    );
    const guess = (address: string): Promise<string> => {
      const wrong = `authorization: Basic ${Buffer.from(`CS-KEY:${"w".repeat(20)}`).toString("base64")}`;
      return ask(url, head("CS-KEY", [wrong, `x-forwarded-for: ${address}`]));
    };
    const statuses = [];
    for (const address of ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1", "198.51.100.9"]) {
      statuses.push(await guess(address));
    }
    expect(statuses).to.deep.equal(["401", "401", "429", "401", "401"]);
  });

  it("are known by the PROXY protocol, and nobody comes in without it", async function () {
    const { url } = await open({
      trustedProxies: networks("127.0.0.0/8"),
      proxyWord: "proxy-protocol",
      headersTimeoutMs: 300,
    });
    const line = (address: string): string => `PROXY TCP4 ${address} 10.0.0.1 40000 443\r\n`;
    expect(await ask(url, line("198.51.100.9") + head("CS-OPEN"))).to.equal("401");
    expect(await ask(url, line("198.51.100.9") + head("CS-KEY", [key]))).to.equal("101");
    expect(await ask(url, head("CS-KEY", [key]))).to.equal("closed");
    // One that never comes is waited for only so long.
    expect(await ask(url, "PROXY TCP4 198.")).to.equal("closed");
    // The header comes in pieces, and the request in the last of them.
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, "connect");
    socket.write("PROXY TCP4 198.51.");
    await new Promise((resolve) => setImmediate(resolve));
    expect(await statusOf(socket, `100.9 10.0.0.1 40000 443\r\n${head("CS-KEY", [key])}`)).to.equal("101");
  });

  it("are known by the PROXY protocol before TLS", async function () {
    const folder = await mkdtemp(join(tmpdir(), "wattproof-proxy-"));
    const authority = await createAuthority("Wattproof tests");
    const server = await authority.certify("localhost");
    const tls = {
      port: 0,
      certificatePath: await writePem(folder, "server.pem", server.certificate),
      keyPath: await writePem(folder, "server.key", server.key),
      clientAuthorityPath: null,
    };
    const { ocpp } = await open(
      { trustedProxies: networks("127.0.0.0/8"), proxyWord: "proxy-protocol" },
      { config: { tls } },
    );
    const { hostname, port } = new URL(ocpp.door.urls.tls ?? "");
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, "connect");
    socket.write("PROXY TCP4 198.51.100.9 10.0.0.1 40000 443\r\n");
    const secure = connectTls({ socket, ca: authority.certificate, servername: "localhost" });
    await once(secure, "secureConnect");
    let answer = "";
    secure.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
    secure.write(head("CS-KEY", [key]));
    while (!answer.includes("\r\n\r\n")) await once(secure, "data");
    expect(answer).to.match(/^HTTP\/1\.1 101/);
    expect(ocpp.door.connections.find("CS-KEY")?.address).to.equal("198.51.100.9");
    secure.destroy();
    await rm(folder, { recursive: true, force: true });
  });
});
