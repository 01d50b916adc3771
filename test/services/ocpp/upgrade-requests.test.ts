import { connect } from "node:net";

import { expect } from "chai";

import {
  connectStation,
  openOcppWorld,
  registerStation,
  stationKey,
  type OcppWorld,
} from "../../helpers/ocpp-service.ts";

const key = "dGhlIHNhbXBsZSBub25jZQ==";
const authorization = `Basic ${Buffer.from(`CS-1:${stationKey}`).toString("base64")}`;
const good: readonly string[] = [
  "host: a",
  "connection: Upgrade",
  "upgrade: websocket",
  `sec-websocket-key: ${key}`,
  "sec-websocket-version: 13",
  "sec-websocket-protocol: ocpp1.6",
  `authorization: ${authorization}`,
];

describe("A request to upgrade", function () {
  let world: OcppWorld;

  before(async function () {
    world = await openOcppWorld();
    await registerStation(world.store, "CS-1");
  });
  after(async function () {
    await world.close();
  });

  /** Sends a head and reads the answer's head. */
  function ask(lines: readonly string[], start = "GET /ocpp/CS-1 HTTP/1.1"): Promise<string> {
    const { hostname, port } = new URL(world.url);
    return new Promise((resolve) => {
      const socket = connect({ host: hostname, port: Number(port) });
      let answer = "";
      socket.on("error", () => undefined);
      socket.on("data", (chunk: Buffer) => {
        answer += chunk.toString("latin1");
        // One that was taken stays open.
        if (answer.startsWith("HTTP/1.1 101") && answer.includes("\r\n\r\n")) socket.destroy();
      });
      socket.on("close", () => {
        resolve(answer);
      });
      socket.write(`${[start, ...lines].join("\r\n")}\r\n\r\n`);
    });
  }

  const without = (name: string): readonly string[] => good.filter((line) => !line.startsWith(`${name}:`));
  const withProtocols = (...values: readonly string[]): readonly string[] => [
    ...without("sec-websocket-protocol"),
    ...values.map((value) => `sec-websocket-protocol: ${value}`),
  ];

  const refused: readonly (readonly [string, readonly string[], number, string?])[] = [
    ["a name of a protocol twice", withProtocols("ocpp1.6, ocpp1.6"), 400],
    ["a name of a protocol in two headers", withProtocols("ocpp1.6", "ocpp1.6"), 400],
    ["an empty list of protocols", withProtocols(""), 400],
    ["an empty name of a protocol", withProtocols("ocpp1.6,,ocpp2.0.1"), 400],
    ["a list that ends with a comma", withProtocols("ocpp1.6,"), 400],
    ["a list that begins with one", withProtocols(", ocpp1.6"), 400],
    ["a name with a blank inside", withProtocols("ocpp 1.6"), 400],
    ["a name with characters of no name", withProtocols('"ocpp1.6"'), 400],
    ["a name with letters beyond ASCII", withProtocols("ocpp1.6, öcpp"), 400],
    [
      "more protocols than there are",
      withProtocols(Array.from({ length: 100 }, (_, index) => `p${index}`).join()),
      400,
    ],
    ["ten thousand protocols", withProtocols(Array.from({ length: 10_000 }, (_, index) => `p${index}`).join()), 431],
    ["no key", without("sec-websocket-key"), 400],
    ["a key that is too short", [...without("sec-websocket-key"), "sec-websocket-key: YQ=="], 400],
    ["two keys", [...good, `sec-websocket-key: ${key}`], 400],
    ["no version", without("sec-websocket-version"), 400],
    ["another version", [...without("sec-websocket-version"), "sec-websocket-version: 8"], 426],
    ["two versions", [...good, "sec-websocket-version: 13"], 400],
    ["another upgrade", [...without("upgrade"), "upgrade: h2c"], 426],
    ["two upgrades", [...without("upgrade"), "upgrade: websocket, websocket"], 426],
    ["two hosts", [...good, "host: b"], 400],
    ["no host", without("host"), 400],
    ["two authorizations", [...good, `authorization: ${authorization}`], 400],
    ["a body", [...good, "content-length: 4"], 400],
    ["a body in pieces", [...good, "transfer-encoding: chunked"], 400],
    ["both lengths of a body", [...good, "content-length: 4", "transfer-encoding: chunked"], 400],
    ["another method", good, 400, "POST /ocpp/CS-1 HTTP/1.1"],
    ["an older HTTP", good, 400, "GET /ocpp/CS-1 HTTP/1.0"],
    ["an address that cannot be decoded", good, 400, "GET /ocpp/%E0%A4%A HTTP/1.1"],
    ["an address that climbs", good, 404, "GET /ocpp/../etc HTTP/1.1"],
    ["an address of somebody else", good, 404, "GET http://b:99999999/ocpp/CS-1 HTTP/1.1"],
    ["no identity", good, 404, "GET /ocpp/ HTTP/1.1"],
    ["an identity with a zero in it", good, 404, "GET /ocpp/CS%00 HTTP/1.1"],
    ["an authorization that is none", [...without("authorization"), "authorization: Basic @@@"], 401],
  ];
  for (const [name, lines, status, start] of refused) {
    it(`is refused with ${status} for ${name}`, async function () {
      const answer = await ask(lines, start);
      expect(answer.slice(0, 12)).to.equal(`HTTP/1.1 ${status}`);
      expect(answer).to.match(/\r\nconnection: close\r\n/i);
      if (status === 426) expect(answer).to.match(/\r\nsec-websocket-version: 13\r\n/i);
    });
  }

  it("is told what is wrong with it", async function () {
    expect(await ask(withProtocols("ocpp1.6, ocpp1.6"))).to.match(/a name stands there twice\.$/);
  });

  it("is completed and closed where there is no common protocol, as OCPP-J wants it", async function () {
    for (const lines of [withProtocols("ocpp9"), without("sec-websocket-protocol")]) {
      const answer = await ask(lines);
      expect(answer)
        .to.match(/^HTTP\/1\.1 101 /)
        .and.not.match(/sec-websocket-protocol/i);
    }
  });

  it("is taken with blanks around names, in any case of the header's names, and with extensions", async function () {
    const lines = [
      ...withProtocols(" ocpp2.0.1 ,\tocpp1.6 ").map((line) =>
        line.replace("upgrade: websocket", "UPGRADE: WebSocket"),
      ),
      "sec-websocket-extensions: permessage-deflate; ,,",
    ];
    expect(await ask(lines)).to.match(/^HTTP\/1\.1 101 .*sec-websocket-protocol: ocpp2\.0\.1\r\n/is);
  });

  it("takes no place once it is refused", async function () {
    const small = await openOcppWorld({ config: { connectionsPerAddress: 1 } });
    await registerStation(small.store, "CS-1");
    const before = world;
    world = small;
    for (const [, lines, , start] of refused) await ask(lines, start);
    world = before;
    const station = await connectStation(small.url, "CS-1");
    await station.close();
    await small.close();
  });
});
