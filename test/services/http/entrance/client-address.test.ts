import type { IncomingMessage } from "node:http";

import { expect } from "chai";

import { createClientAddresses, type ProxyWord } from "../../../../services/http/entrance/client-address.ts";
import { hopsOfForwarded, hopsOfForwardedFor } from "../../../../services/http/entrance/forwarded.ts";
import { limitKeyOf, normalizeAddress, readNetworks } from "../../../../services/http/entrance/ip-address.ts";
import { readProxyHeader } from "../../../../services/http/entrance/proxy-protocol.ts";
import { networks } from "../../../helpers/entrance.ts";

describe("The address of a client", function () {
  describe("as text", function () {
    const spellings: readonly (readonly [string, string | null])[] = [
      ["192.0.2.7", "192.0.2.7"],
      ["::ffff:192.0.2.7", "192.0.2.7"],
      ["::FFFF:c000:207", "192.0.2.7"],
      ["0:0:0:0:0:ffff:c000:0207", "192.0.2.7"],
      ["2001:DB8::1", "2001:db8:0:0:0:0:0:1"],
      ["2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8:0:0:0:0:0:1"],
      ["fe80::1%eth0", "fe80:0:0:0:0:0:0:1"],
      ["::", "0:0:0:0:0:0:0:0"],
      ["64:ff9b::192.0.2.7", "64:ff9b:0:0:0:0:c000:207"],
      ["192.0.2.256", null],
      ["192.0.2.7:80", null],
      ["0300.0.2.7", null],
      ["2001:db8:::1", null],
      ["[2001:db8::1]", null],
      ["localhost", null],
      ["", null],
    ];
    for (const [text, normal] of spellings) {
      it(`has one spelling: ${JSON.stringify(text)}`, function () {
        expect(normalizeAddress(text)).to.equal(normal);
      });
    }

    it("counts by the first 64 bits of IPv6, and by all of IPv4", function () {
      const keys = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1", "192.0.2.7"].map((text) =>
        limitKeyOf(normalizeAddress(text) ?? ""),
      );
      expect(keys).to.deep.equal(["2001:db8:1:2::/64", "2001:db8:1:2::/64", "2001:db8:1:3::/64", "192.0.2.7"]);
    });

    for (const text of [
      "10.0.0.0/33",
      "0.0.0.0/0",
      "::/0",
      "10.0.0/8",
      "10.0.0.0/8/8",
      "fe80::1%a/64",
      "proxy",
      "10.0.0.0/-1",
    ]) {
      it(`refuses networks that are none, or everybody: ${text}`, function () {
        expect(readNetworks(text)).to.equal(null);
      });
    }
  });

  const named: readonly (readonly [string, ProxyWord, Readonly<Record<string, string>>, string, boolean, string?])[] = [
    ["is the socket's without a proxy", "x-forwarded-for", {}, "198.51.100.9", false, "198.51.100.9"],
    ["is this machine's", "x-forwarded-for", {}, "127.0.0.1", true, "127.0.0.1"],
    ["is this machine's by IPv6", "x-forwarded-for", {}, "0:0:0:0:0:0:0:1", true, "::1"],
    [
      "is not what somebody says who is no proxy",
      "x-forwarded-for",
      { "x-forwarded-for": "127.0.0.1" },
      "198.51.100.9",
      false,
      "198.51.100.9",
    ],
    [
      "is not surely this machine's where a proxy that nobody named is on it",
      "x-forwarded-for",
      { "x-forwarded-for": "198.51.100.9" },
      "127.0.0.1",
      false,
      "127.0.0.1",
    ],
    ["nor where it shows itself otherwise", "x-forwarded-for", { via: "1.1 a" }, "127.0.0.1", false, "127.0.0.1"],
    ["is the last hop", "x-forwarded-for", { "x-forwarded-for": "198.51.100.9" }, "198.51.100.9", false],
    [
      "is the last hop and not what came before it",
      "x-forwarded-for",
      { "x-forwarded-for": "127.0.0.1, 192.0.2.1, 198.51.100.9" },
      "198.51.100.9",
      false,
    ],
    [
      "is what a proxy behind the proxy says",
      "x-forwarded-for",
      { "x-forwarded-for": "192.0.2.1, 198.51.100.9:443, 10.1.2.3" },
      "198.51.100.9",
      false,
    ],
    [
      "is a proxy's own where it names nobody",
      "x-forwarded-for",
      { "x-forwarded-for": "192.0.2.1, unknown" },
      "10.0.0.1",
      false,
    ],
    ["is a proxy's own where it says nothing", "x-forwarded-for", {}, "10.0.0.1", false],
    [
      "is not in the header that the proxy does not write",
      "x-forwarded-for",
      { forwarded: "for=192.0.2.1", "x-forwarded-for": "198.51.100.9" },
      "198.51.100.9",
      false,
    ],
    [
      "is in Forwarded",
      "forwarded",
      { forwarded: 'for=192.0.2.1;proto=https, for="[2001:db8::7]:4711";by=_hidden', "x-forwarded-for": "127.0.0.1" },
      "2001:db8:0:0:0:0:0:7",
      false,
    ],
    ["is this machine's where the proxy says so", "forwarded", { forwarded: "For=127.0.0.1" }, "127.0.0.1", true],
    [
      "is nobody's where an element is none",
      "forwarded",
      { forwarded: "for=192.0.2.1, for=198.51.100.9;for=127.0.0.1" },
      "10.0.0.1",
      false,
    ],
    [
      "is nobody's where a quote does not end",
      "forwarded",
      { forwarded: 'for="192.0.2.1, for=127.0.0.1' },
      "10.0.0.1",
      false,
    ],
    ["is nobody's where it is hidden", "forwarded", { forwarded: "for=127.0.0.1, for=_a" }, "10.0.0.1", false],
  ];
  for (const [name, proxyWord, headers, address, isOnThisMachine, peer = "10.0.0.1"] of named) {
    it(name, function () {
      const clients = createClientAddresses({ trustedProxies: networks("10.0.0.0/8"), proxyWord });
      const client = clients.clientOf(requestOf(peer, headers));
      expect([client.address, client.isOnThisMachine]).to.deep.equal([address, isOnThisMachine]);
    });
  }

  it("is never surely this machine's where the proxies on this machine lead nowhere", function () {
    const clients = createClientAddresses({ trustedProxies: networks("127.0.0.1"), proxyWord: "x-forwarded-for" });
    for (const header of ["127.0.0.1", "unknown, 127.0.0.1", "127.0.0.1, 127.0.0.1"]) {
      expect(clients.clientOf(requestOf("::ffff:127.0.0.1", { "x-forwarded-for": header })).isOnThisMachine).to.equal(
        false,
      );
    }
  });

  it("is read from the end, however long the header is", function () {
    const spoofed = Array.from({ length: 1_000 }, () => "10.0.0.2");
    expect(hopsOfForwardedFor([...spoofed, "192.0.2.1"].join(", "))[0]).to.equal("192.0.2.1");
    expect(hopsOfForwarded([...spoofed.map((hop) => `for=${hop}`), "for=192.0.2.1"].join(","))[0]).to.equal(
      "192.0.2.1",
    );
    expect(hopsOfForwardedFor(spoofed.join(",")).length).to.be.at.most(16);
  });

  describe("in the PROXY protocol", function () {
    const binary = (rest: readonly number[]): Buffer =>
      Buffer.concat([Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1"), Buffer.from(rest)]);
    const v4 = [192, 0, 2, 7, 10, 0, 0, 1, 0, 80, 1, 187];
    const v6 = [0x20, 1, 0xd, 0xb8, ...Array.from({ length: 11 }, () => 0), 7, ...Array.from({ length: 20 }, () => 0)];
    const headers: readonly (readonly [string, Buffer, unknown])[] = [
      ["a line", Buffer.from("PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\nGET /"), [41, "192.0.2.7"]],
      ["a line of IPv6", Buffer.from("PROXY TCP6 2001:db8::7 ::1 56324 443\r\n"), [38, "2001:db8:0:0:0:0:0:7"]],
      ["a line of nobody", Buffer.from("PROXY UNKNOWN\r\n"), [15, null]],
      ["a block", binary([0x21, 0x11, 0, 12, ...v4]), [28, "192.0.2.7"]],
      ["a block of IPv6", binary([0x21, 0x21, 0, 36, ...v6]), [52, "2001:db8:0:0:0:0:0:7"]],
      ["a block with more behind", binary([0x21, 0x11, 0, 14, ...v4, 1, 2]), [30, "192.0.2.7"]],
      ["a block of the proxy itself", binary([0x20, 0, 0, 0]), [16, null]],
      ["half a line", Buffer.from("PROXY TCP4 192.0"), "incomplete"],
      ["the first letter of a line", Buffer.from("P"), "incomplete"],
      ["half a block", binary([0x21, 0x11, 0, 12, 192, 0]), "incomplete"],
      ["the begin of a block", binary([]).subarray(0, 5), "incomplete"],
      ["a request", Buffer.from("GET / HTTP/1.1\r\n"), "invalid"],
      ["a line that never ends", Buffer.from(`PROXY TCP4 ${"1".repeat(200)}`), "invalid"],
      ["a line of the wrong family", Buffer.from("PROXY TCP6 192.0.2.7 10.0.0.1 1 2\r\n"), "invalid"],
      ["a line with no address", Buffer.from("PROXY TCP4 localhost 10.0.0.1 1 2\r\n"), "invalid"],
      ["a line with two blanks", Buffer.from("PROXY TCP4  192.0.2.7 10.0.0.1 1 2\r\n"), "invalid"],
      ["a block of version 1", binary([0x11, 0x11, 0, 12, ...v4]), "invalid"],
      ["a block of another command", binary([0x22, 0x11, 0, 12, ...v4]), "invalid"],
      ["a block that is too short for its family", binary([0x21, 0x21, 0, 12, ...v4]), "invalid"],
      ["a block of a file", binary([0x21, 0x31, 0, 12, ...v4]), "invalid"],
      ["a block longer than any", binary([0x21, 0x11, 0xff, 0xff]), "invalid"],
    ];
    for (const [name, bytes, expected] of headers) {
      it(`reads ${name}`, function () {
        const header = readProxyHeader(bytes);
        expect(header.kind === "read" ? [header.lengthBytes, header.address] : header.kind).to.deep.equal(expected);
      });
    }
  });
});

function requestOf(peer: string, headers: Readonly<Record<string, string>>): IncomingMessage {
  return { socket: { remoteAddress: peer, remotePort: 1 }, headers } as unknown as IncomingMessage;
}
