import { expect } from "chai";

import {
  codeOf,
  get,
  getAsOperator,
  operatorKey,
  runService,
  type RunningService,
} from "../helpers/running-service.ts";
import { sendFrom } from "../helpers/send-from.ts";
import { startServiceChain, type ServiceChain } from "../helpers/service-chain.ts";

const someId = `0x${"ab".repeat(32)}`;

describe("Wrong keys over HTTP", function () {
  let chain: ServiceChain;
  let running: RunningService;
  let nowMs: number;

  before(async function () {
    // Other systems have one address for themselves alone.
    if (process.platform !== "linux") this.skip();
    chain = await startServiceChain();
  });
  after(async function () {
    if (process.platform === "linux") await chain.close();
  });
  beforeEach(async function () {
    nowMs = Date.now();
    running = await runService(chain, {}, { now: () => nowMs });
  });
  afterEach(async function () {
    await running.close();
  });

  function guess(path: string, key: string, from = "127.0.0.2", headers: Readonly<Record<string, string>> = {}) {
    return sendFrom(from, `${running.service.url}${path}`, {
      ...(path === "/v1/meter-values" ? { method: "POST", content: "x" } : {}),
      headers: { authorization: `Bearer ${key}`, ...headers },
    });
  }

  const doors: readonly (readonly [string, string, string, Readonly<Record<string, string>>])[] = [
    ["operator", "/v1/stations", "OPERATOR_UNAUTHENTICATED", {}],
    ["operator", "/v1/operator/overview", "OPERATOR_UNAUTHENTICATED", {}],
    ["session", `/v1/sessions/${someId}`, "SESSION_UNAUTHENTICATED", {}],
    ["station", "/v1/meter-values", "STATION_UNAUTHENTICATED", { "x-station-id": "CS-1" }],
  ];
  for (const [door, path, code, headers] of doors) {
    it(`of the ${door} at ${path} are slowed down, counted and told, and lock nobody else out`, async function () {
      const codes = [];
      for (let count = 0; count < 60; count += 1) {
        codes.push(codeOf(await guess(path, `wrong-${String(count).padStart(40, "0")}`, "127.0.0.2", headers)));
      }
      expect(codes.filter((one) => one === code)).to.have.length(10);
      expect(codes.slice(10)).to.deep.equal(Array.from({ length: 50 }, () => "CLIENT_RATE_EXCEEDED"));
      // The right key elsewhere, and whoever has none at the same address.
      expect((await getAsOperator(running.service.url, "/v1/stations")).status).to.equal(200);
      expect((await sendFrom("127.0.0.2", `${running.service.url}/v1/health`)).status).to.equal(200);
      const metrics = String((await get(running.service.url, "/metrics")).body);
      expect(metrics).to.match(new RegExp(`wattproof_wrong_keys_total\\{door="${door}"\\} 10\n`));
      expect(metrics).to.match(/wattproof_refused_requests_total\{limit="wrong-keys"\} 50\n/);
    });
  }

  it("for the right one the same address has to wait, and no longer than a minute", async function () {
    for (let count = 0; count < 20; count += 1) await guess("/v1/stations", "w".repeat(40));
    expect((await guess("/v1/stations", operatorKey)).status).to.equal(429);
    nowMs += 60_000;
    expect((await guess("/v1/stations", operatorKey)).status).to.equal(200);
  });

  it("are told once for an address, however long it goes on within ten minutes", async function () {
    for (let minute = 0; minute < 9; minute += 1) {
      for (let count = 0; count < 12; count += 1) await guess("/v1/stations", "w".repeat(40));
      nowMs += 60_000;
    }
    const metrics = String((await get(running.service.url, "/metrics")).body);
    expect(metrics).to.include('wattproof_alerts_total{alert="wrong-keys"} 1\n');
  });
});
