import { connect } from "node:net";

import { expect } from "chai";

import { errorCatalogue } from "../../services/errors.ts";
import {
  addStation,
  codeOf,
  post,
  runService,
  type RunningService,
  type StationCredentials,
} from "../helpers/running-service.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";
import { dumpTables } from "../helpers/table-dump.ts";

const textPlain = { "content-type": "text/plain" };
const json = { "content-type": "application/json" };
const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_000_600 };
const nobody = `0x${"00".repeat(20)}`;
const someId = `0x${"ab".repeat(32)}`;

describe("Hostile input", function () {
  let chain: ServiceChain;
  let running: RunningService;
  let point: ChargingPoint;
  let otherPoint: ChargingPoint;
  let station: StationCredentials;
  let session: OpenedSession;
  let url: string;
  /** A good record that has counted, one that has not, and one of the other charging point's session. */
  let counted: string;
  let fresh: string;
  let foreign: string;

  before(async function () {
    chain = await startServiceChain();
    running = await runService(chain);
    ({ url } = running.service);
    point = await chain.addChargingPoint();
    otherPoint = await chain.addChargingPoint();
    station = await addStation(running.service.store, "CS-1", [point.evse]);
    session = await chain.openSession(point);
    const later = await chain.openSession(point);
    const otherSession = await chain.openSession(otherPoint);
    await running.service.synchronise();
    counted = point.device.record({ idTag: session.idTag, energyMicroWh: 1_000_000n, ...times });
    fresh = point.device.record({ idTag: later.idTag, energyMicroWh: 1_000_000n, ...times });
    foreign = otherPoint.device.record({ idTag: otherSession.idTag, energyMicroWh: 1_000_000n, ...times });
    expect((await post(url, station, counted)).status).to.equal(200);
    await running.service.synchronise();
  });
  after(async function () {
    await running.close();
    await chain.close();
  });

  describe("POST /v1/meter-values", function () {
    const envelope = (content: unknown): string => JSON.stringify(content);
    // Refused before anything is kept.
    const atTheDoor: readonly (readonly [string, () => Promise<unknown>, string])[] = [
      ["no credentials", () => send("", { ...textPlain }), "STATION_UNAUTHENTICATED"],
      ["an unknown station", () => sendAs({ ...station, stationId: "CS-2" }, fresh), "STATION_UNAUTHENTICATED"],
      [
        "a wrong key",
        () => sendAs({ ...station, apiKey: `${station.apiKey.slice(1)}A` }, fresh),
        "STATION_UNAUTHENTICATED",
      ],
      [
        "a station id that is no such thing",
        () => sendAs({ ...station, stationId: "' OR 1=1 --" }, fresh),
        "STATION_UNAUTHENTICATED",
      ],
      [
        "another media type",
        () => sendAs(station, fresh, { "content-type": "application/xml" }),
        "MEDIA_TYPE_UNSUPPORTED",
      ],
      [
        "another character set",
        () => sendAs(station, fresh, { "content-type": "text/plain; charset=utf-16" }),
        "MEDIA_TYPE_UNSUPPORTED",
      ],
      [
        "a compressed body",
        () => sendAs(station, fresh, { ...textPlain, "content-encoding": "gzip" }),
        "MEDIA_TYPE_UNSUPPORTED",
      ],
      ["an empty body", () => sendAs(station, ""), "ENVELOPE_INVALID"],
      ["a body above the limit", () => sendAs(station, "A".repeat(65_537)), "BODY_TOO_LARGE"],
      ["JSON that is none", () => sendAs(station, '{"record":', json), "ENVELOPE_INVALID"],
      ["JSON that is not UTF-8", () => sendAs(station, new Uint8Array([0x7b, 0xff, 0x7d]), json), "ENVELOPE_INVALID"],
      ["JSON of another shape", () => sendAs(station, envelope([fresh]), json), "ENVELOPE_INVALID"],
      [
        "an envelope with an unknown field",
        () => sendAs(station, envelope({ record: fresh, key: "04" }), json),
        "ENVELOPE_INVALID",
      ],
      [
        "an envelope whose record is no text",
        () => sendAs(station, envelope({ record: { toString: 1 } }), json),
        "ENVELOPE_INVALID",
      ],
      [
        "base64 that is none",
        () => sendAs(station, envelope({ record: "@@@@", encoding: "base64" }), json),
        "ENVELOPE_INVALID",
      ],
      ["half a surrogate pair", () => sendAs(station, '{"record":"\\ud800"}', json), "ENVELOPE_INVALID"],
      [
        "a session id that is none",
        () => sendAs(station, envelope({ record: fresh, sessionId: "1" }), json),
        "ENVELOPE_INVALID",
      ],
      ["another method", () => answerTo("DELETE", "/v1/meter-values"), "METHOD_NOT_ALLOWED"],
    ];
    for (const [name, attempt, code] of atTheDoor) {
      it(`refuses ${name} with ${code}, and changes nothing`, async function () {
        const before = dumpTables(running.dataPath);
        const answer = await attempt();
        expectCatalogueError(answer, code);
        expect(dumpTables(running.dataPath)).to.deep.equal(before);
      });
    }

    // Kept as refused, with the reason, and nothing else.
    const afterTheDoor: readonly (readonly [string, () => string, string, Readonly<Record<string, string>>?])[] = [
      ["a body that is no record", () => "Hello", "OCMF_HEADER_INVALID"],
      ["a record without signature section", () => fresh.slice(0, fresh.lastIndexOf("|")), "OCMF_FRAMING_INVALID"],
      ["a payload that is cut off", () => 'OCMF|{"PG":|{}', "OCMF_JSON_SYNTAX"],
      ["a key twice in the payload", () => 'OCMF|{"ID":"A","ID":"B"}|{}', "OCMF_JSON_DUPLICATE_KEY"],
      ["a signature that is cut off", () => fresh.replace(/.{8}"\}$/, '"}'), "OCMF_SIGNATURE_MALFORMED"],
      ["a changed reading", () => fresh.replace('"TX":"E"', '"TX":"L"'), "OCMF_SIGNATURE_MISMATCH"],
      [
        "an ID that is no session's",
        () => fresh.replace(/"ID":"[A-Z2-7]+"/, '"ID":"AAAAAAAAAAAAAAAAAAAA"'),
        "SESSION_UNKNOWN",
      ],
      ["a record of another charger's session", () => foreign, "STATION_NOT_AT_EVSE"],
      [
        "a record of one session named for another",
        () => envelope({ record: fresh, sessionId: session.sessionId }),
        "SESSION_REFERENCE_MISMATCH",
        json,
      ],
      [
        "a counted record named for another session",
        () => envelope({ record: counted, sessionId: someId }),
        "SESSION_REFERENCE_MISMATCH",
        json,
      ],
      [
        "a record without tag for a session",
        () => envelope({ record: unbound(), sessionId: session.sessionId }),
        "RECORD_UNBOUND",
        json,
      ],
      [
        "a record for a session that nobody opened",
        () => envelope({ record: unbound(), sessionId: someId }),
        "SESSION_UNKNOWN",
        json,
      ],
      ["a new record for a session that is settled", () => anotherFor(session), "SESSION_CLOSED"],
      [
        "a record signed by another meter",
        () => otherPoint.device.record({ idTag: session.idTag, energyMicroWh: 1n, ...times }),
        "OCMF_SIGNATURE_MISMATCH",
      ],
    ];
    for (const [name, body, code, headers] of afterTheDoor) {
      it(`refuses ${name} with ${code}, and keeps no more than the message`, async function () {
        const { messages: messagesBefore = [], ...before } = dumpTables(running.dataPath);
        expectCatalogueError(await sendAs(station, body(), headers), code);
        const { messages = [], ...rest } = dumpTables(running.dataPath);
        expect(rest).to.deep.equal(before);
        expect(messages.slice(0, messagesBefore.length)).to.deep.equal(messagesBefore);
        expect(messages.slice(messagesBefore.length).map((row) => row["code"])).to.deep.equal([code]);
        expect(messages.at(-1)?.["outcome"]).to.equal("refused");
      });
    }

    it("keeps a refused message once, however often it is sent", async function () {
      await sendAs(station, "Hello again");
      const before = dumpTables(running.dataPath);
      for (let count = 0; count < 5; count += 1) await sendAs(station, "Hello again");
      expect(dumpTables(running.dataPath)).to.deep.equal(before);
    });

    it("answers a duplicate like the first time, and changes nothing", async function () {
      const before = dumpTables(running.dataPath);
      const answer = await post(url, station, counted);
      expect(answer.body).to.deep.include({ outcome: "accepted", duplicate: true, sessionState: "settled" });
      expect(dumpTables(running.dataPath)).to.deep.equal(before);
    });

    it("refuses a body that ends before its announced length, and changes nothing", async function () {
      const before = dumpTables(running.dataPath);
      const head = `POST /v1/meter-values HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${station.apiKey}\r\nx-station-id: CS-1\r\n`;
      const request = `${head}content-type: text/plain\r\ncontent-length: 500\r\n\r\n${fresh.slice(0, 100)}`;
      expect(await exchange(request)).to.match(/^HTTP\/1\.1 400 .*"code":"(ENVELOPE_INVALID|BODY_INCOMPLETE)"/s);
      expect(dumpTables(running.dataPath)).to.deep.equal(before);
    });

    it("answers what is no HTTP with an error of the catalogue", async function () {
      const answer = await exchange("OCMF|{}|{}\r\n\r\n");
      expect(answer).to.match(/^HTTP\/1\.1 400 /);
      expectCatalogueError(JSON.parse(answer.slice(answer.indexOf("{"))), "ENVELOPE_INVALID");
    });

    it("stops a station that sends more than it may, and no other", async function () {
      const slow = await runService(
        chain,
        { WATTPROOF_STATION_MESSAGES_PER_SECOND: "1" },
        { now: () => 1_700_000_000_000 },
      );
      const eager = await addStation(slow.service.store, "CS-8", [1]);
      const calm = await addStation(slow.service.store, "CS-9", [1]);
      const codes = [];
      for (let count = 0; count < 6; count += 1) codes.push(codeOf(await post(slow.service.url, eager, "Hello")));
      expect(codes.slice(4)).to.deep.equal(["OCMF_HEADER_INVALID", "STATION_RATE_EXCEEDED"]);
      expect(codeOf(await post(slow.service.url, calm, "Hello"))).to.equal("OCMF_HEADER_INVALID");
      await slow.close();
    });
  });

  const queries: readonly (readonly [string, string, string, string])[] = [
    ["an unknown address", "GET", "/v1/nothing", "ROUTE_UNKNOWN"],
    ["an address in other letters", "GET", "/Metrics", "ROUTE_UNKNOWN"],
    ["an address with a slash more", "GET", "/metrics/", "ROUTE_UNKNOWN"],
    ["a path that climbs", "GET", "/v1/sessions/..%2f..%2fetc%2fpasswd", "QUERY_INVALID"],
    ["an address that cannot be decoded", "GET", "/v1/sessions/%E0%A4%A", "QUERY_INVALID"],
    ["a session id that is none", "GET", "/v1/sessions/1", "QUERY_INVALID"],
    ["a session that is unknown", "GET", `/v1/sessions/${someId}`, "SESSION_UNKNOWN"],
    ["a state that is none", "GET", "/v1/sessions?state=paid", "QUERY_INVALID"],
    ["a state twice", "GET", "/v1/sessions?state=opened&state=settled", "QUERY_INVALID"],
    ["a limit of zero", "GET", "/v1/sessions?limit=0", "QUERY_INVALID"],
    ["a limit beyond the greatest", "GET", "/v1/sessions?limit=1001", "QUERY_INVALID"],
    ["an operator that is none", "GET", "/v1/sessions?operator=0x1", "QUERY_INVALID"],
    ["a driver twice", "GET", `/v1/sessions?driver=${nobody}&driver=${nobody}`, "QUERY_INVALID"],
    ["a charging point of no number", "GET", "/v1/sessions?evse=1e3", "QUERY_INVALID"],
    ["an order that is none", "GET", "/v1/sessions?order=random", "QUERY_INVALID"],
    ["an end that is neither", "GET", "/v1/sessions?ended=yes", "QUERY_INVALID"],
    ["an unknown parameter", "GET", "/v1/sessions?__proto__=1", "QUERY_INVALID"],
    ["a page after an unknown session", "GET", `/v1/sessions?after=${someId}`, "QUERY_INVALID"],
    ["a receipt of an unknown session", "GET", `/v1/receipts/${someId}`, "SESSION_UNKNOWN"],
    ["a receipt id that is none", "GET", "/v1/receipts/x", "QUERY_INVALID"],
    ["a method that sessions do not take", "POST", "/v1/sessions", "METHOD_NOT_ALLOWED"],
    ["a method that a session does not take", "PUT", `/v1/sessions/${someId}`, "METHOD_NOT_ALLOWED"],
    ["a method that receipts do not take", "DELETE", `/v1/receipts/${someId}`, "METHOD_NOT_ALLOWED"],
    ["a method that health does not take", "POST", "/v1/health", "METHOD_NOT_ALLOWED"],
    ["a method that readiness does not take", "POST", "/v1/ready", "METHOD_NOT_ALLOWED"],
    ["a method that metrics do not take", "POST", "/metrics", "METHOD_NOT_ALLOWED"],
  ];
  describe("Queries", function () {
    for (const [name, method, path, code] of queries) {
      it(`refuse ${name} with ${code}, and change nothing`, async function () {
        const before = dumpTables(running.dataPath);
        expectCatalogueError(await answerTo(method, path), code);
        expect(dumpTables(running.dataPath)).to.deep.equal(before);
      });
    }

    it("carry headers that keep browsers from doing harm, and none that names the software", async function () {
      const { headers } = await fetch(`${url}/v1/health`);
      expect(headers.get("x-content-type-options")).to.equal("nosniff");
      expect(headers.get("content-security-policy")).to.equal("default-src 'none'; frame-ancestors 'none'");
      expect(headers.get("x-powered-by")).to.equal(null);
    });
  });

  function unbound(): string {
    return point.device.record({ idTag: "HRWWBX8", energyMicroWh: 1n, ...times });
  }

  function anotherFor({ idTag }: OpenedSession): string {
    return point.device.record({ idTag, energyMicroWh: 1n, ...times });
  }

  async function send(body: string, headers: Readonly<Record<string, string>>): Promise<unknown> {
    return (await fetch(`${url}/v1/meter-values`, { method: "POST", headers, body })).json();
  }

  async function sendAs(
    credentials: StationCredentials,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Readonly<Record<string, string>> = textPlain,
  ): Promise<unknown> {
    return (await post(url, credentials, body, headers)).body;
  }

  async function answerTo(method: string, path: string): Promise<unknown> {
    return (await fetch(`${url}${path}`, { method })).json();
  }

  /** Sends bytes, ends the sending side, and reads what comes back. */
  function exchange(bytes: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(url);
      const socket = connect({ host: hostname, port: Number(port) }, () => {
        socket.end(bytes);
      });
      let answer = "";
      socket.on("data", (chunk) => (answer += chunk.toString()));
      socket.on("close", () => {
        resolve(answer);
      });
      socket.on("error", reject);
    });
  }
});

function expectCatalogueError(answer: unknown, code: string): void {
  expect(codeOf({ status: 0, body: answer }), JSON.stringify(answer)).to.equal(code);
  const entry = Object.entries(errorCatalogue).find(([name]) => name === code)?.[1];
  expect(answer).to.have.nested.property("error.title", entry?.title);
  expect(answer).to.have.nested.property("error.retryable", entry?.isRetryable);
  expect(answer).to.have.nested.property("error.detail").that.is.a("string");
  expect(Object.keys(typeof answer === "object" && answer !== null ? answer : {})).to.deep.equal(["error"]);
}
