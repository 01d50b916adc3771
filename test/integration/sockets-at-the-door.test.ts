import { connect } from "node:net";

import { expect } from "chai";

import { connectStation, registerStation } from "../helpers/ocpp-service.ts";
import { get, runService, type RunningService } from "../helpers/running-service.ts";
import { startServiceChain, type ServiceChain } from "../helpers/service-chain.ts";
import { becomesTrue, openSilentSockets, type SilentSockets } from "../helpers/silent-sockets.ts";

/** Another address of this machine than the one from which health is asked. */
const attacker = "127.0.0.2";
const isLinux = process.platform === "linux";
const halfHeader = "GET /v1/health HTTP/1.1\r\nhost: a\r\nx-never-ends: ";
const slowBody = `POST /v1/sessions/0x${"ab".repeat(32)}/stop HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{`;
const quickly = {
  WATTPROOF_REQUESTS_PER_MINUTE: "100000",
  WATTPROOF_HTTP_HEADERS_TIMEOUT_MS: "300",
  WATTPROOF_HTTP_REQUEST_TIMEOUT_MS: "600",
  WATTPROOF_HTTP_KEEP_ALIVE_MS: "300",
};
/** Longer than the test takes: what ends is ended by other limits. */
const slowly = {
  // Slow bodies are refused by another limit otherwise, before their time is over.
  WATTPROOF_REQUESTS_PER_MINUTE: "100000",
  WATTPROOF_HTTP_HEADERS_TIMEOUT_MS: "600000",
  WATTPROOF_HTTP_REQUEST_TIMEOUT_MS: "600000",
  WATTPROOF_HTTP_KEEP_ALIVE_MS: "600000",
};

describe("Sockets at the door", function () {
  let chain: ServiceChain;
  let running: RunningService | undefined;
  let sockets: SilentSockets[] = [];

  before(async function () {
    // Other systems have one address for themselves alone.
    if (!isLinux) this.skip();
    chain = await startServiceChain();
  });
  after(async function () {
    if (isLinux) await chain.close();
  });
  afterEach(async function () {
    for (const opened of sockets) opened.close();
    sockets = [];
    await running?.close();
    running = undefined;
  });

  async function run(settings: Readonly<Record<string, string>>): Promise<string> {
    running = await runService(chain, settings);
    return running.service.url;
  }

  async function hold(url: string, count: number, text?: string, from = attacker): Promise<SilentSockets> {
    const opened = await openSilentSockets(url, { count, from, ...(text === undefined ? {} : { text }) });
    sockets.push(opened);
    return opened;
  }

  async function expectServed(url: string): Promise<void> {
    expect((await get(url, "/v1/health")).status).to.equal(200);
    const store = running?.service.store;
    if (store === undefined) throw new Error("No service runs.");
    await registerStation(store, "CS-1");
    const station = await connectStation(url.replace("http", "ws"), "CS-1");
    await station.close();
  }

  /** How many sockets the service holds, without the one that asks. */
  async function countSockets(listener: "http" | "ocpp"): Promise<number> {
    const text = await metricsOf(running?.service.url ?? "");
    const count = new RegExp(`wattproof_open_sockets\\{listener="${listener}"\\} ([0-9]+)`).exec(text)?.[1];
    // Where the service is too busy to answer in time, there are more than it can look after.
    return Number(count ?? Infinity) - (listener === "http" ? 1 : 0);
  }

  async function metricsOf(url: string): Promise<string> {
    return String((await get(url, "/metrics")).body);
  }

  const kinds: readonly (readonly [string, string | undefined])[] = [
    ["silent sockets", undefined],
    ["half headers", halfHeader],
    ["bodies that never come whole", slowBody],
    ["requests that were answered and are followed by nothing", "GET /v1/health HTTP/1.1\r\nhost: a\r\n\r\n"],
  ];
  for (const [name, text] of kinds) {
    it(`of one address that opens 600 ${name} leave places for health and for a charger`, async function () {
      const url = await run({
        ...slowly,
        WATTPROOF_HTTP_CONNECTIONS: "256",
        WATTPROOF_HTTP_CONNECTIONS_PER_ADDRESS: "128",
      });
      await hold(url, 600, text);
      await expectServed(url);
      // The sockets of whoever asks stay open for a while, too.
      expect(await countSockets("http")).to.be.within(64, 128 + 8);
      expect(await metricsOf(url)).to.match(
        /wattproof_limited_connections_total\{listener="http",limited="interrupted"\} [1-9]/,
      );
      expect(await metricsOf(url)).to.include('wattproof_alerts_total{alert="connections-limited"} 1\n');
    });

    it(`are ended when their time is over: ${name}`, async function () {
      const url = await run(quickly);
      await hold(url, 200, text);
      expect(await countSockets("http")).to.be.greaterThan(0);
      expect(await becomesTrue(async () => (await countSockets("http")) === 0)).to.equal(true);
      await expectServed(url);
    });
  }

  it("of the same address as whoever asks for health leave a place for it, too", async function () {
    const url = await run({ ...slowly, WATTPROOF_HTTP_CONNECTIONS_PER_ADDRESS: "64" });
    await hold(url, 300, halfHeader, "127.0.0.1");
    await expectServed(url);
  });

  it("of many addresses that take every place give one to a newcomer", async function () {
    const url = await run({ ...slowly, WATTPROOF_HTTP_CONNECTIONS: "64" });
    for (let host = 2; host < 40; host += 1) await hold(url, 3, halfHeader, `127.0.0.${host}`);
    await expectServed(url);
  });

  it("whose request is being answered are not interrupted for others of their address", async function () {
    const url = await run({ ...slowly, WATTPROOF_HTTP_CONNECTIONS_PER_ADDRESS: "4" });
    const session = await chain.openSession(await chain.addChargingPoint());
    await running?.service.synchronise();
    const watching = new AbortController();
    const stream = await fetch(`${url}/v1/sessions/${session.sessionId}/events`, { signal: watching.signal });
    let isEnded = false;
    const reading = (async () => {
      for await (const chunk of stream.body ?? []) if (chunk === undefined) return;
    })().catch(() => undefined);
    void reading.then(() => (isEnded = true));
    await hold(url, 50, undefined, "127.0.0.1");
    await expectServed(url);
    expect(isEnded).to.equal(false);
    watching.abort();
    await reading;
  });

  it("on a port of chargers' own are limited like others, and do not keep a charger out", async function () {
    await run({ ...slowly, WATTPROOF_OCPP_PORT: "0", WATTPROOF_HTTP_CONNECTIONS_PER_ADDRESS: "64" });
    const service = running?.service;
    const url = service?.ocpp.door.urls.plain ?? "";
    await registerStation(service?.store ?? expect.fail(), "CS-1");
    await hold(url, 300, halfHeader);
    const station = await connectStation(url, "CS-1");
    expect(await countSockets("ocpp")).to.be.within(1, 64);
    await station.close();
    expect((await get(service?.url ?? "", "/v1/health")).status).to.equal(200);
  });

  it("on a port of chargers' own are ended when their time is over", async function () {
    await run({ ...quickly, WATTPROOF_OCPP_PORT: "0" });
    for (const text of [undefined, halfHeader, "GET / HTTP/1.1\r\nhost: a\r\n\r\n"]) {
      await hold(running?.service.ocpp.door.urls.plain ?? "", 50, text);
      expect(await becomesTrue(async () => (await countSockets("ocpp")) === 0)).to.equal(true);
    }
  });

  it("that close one side and never read are ended", async function () {
    const url = new URL(await run(quickly));
    const socket = connect({ host: url.hostname, port: Number(url.port), localAddress: attacker, allowHalfOpen: true });
    socket.on("error", () => undefined);
    // A request again and again, of whose answers nothing is ever read.
    const requests = "GET /v1/health HTTP/1.1\r\nhost: a\r\n\r\n".repeat(200);
    socket.pause();
    for (let count = 0; count < 30; count += 1) socket.write(requests);
    socket.end(halfHeader);
    expect(await becomesTrue(async () => (await countSockets("http")) === 0)).to.equal(true);
    socket.destroy();
    await expectServed(url.origin);
  });
});
