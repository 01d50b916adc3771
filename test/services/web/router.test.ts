import { expect } from "chai";

import { hrefOf, parseRoute, routeOfCode } from "../../../services/web/page/shell/router.ts";

describe("The page's router", function () {
  const sessionId = `0x${"ab".repeat(32)}`;

  it("knows no route for what is none", function () {
    const wrong = [
      "#/evse/0",
      "#/evse/-1",
      "#/evse/4294967296",
      "#/evse/1x",
      "#/evse/",
      "#/session/0x12",
      `#/session/${sessionId}00`,
      "#/receipt/1",
      "#/<img src=x>",
      "#history",
    ];
    for (const hash of wrong) expect(parseRoute(hash), hash).to.deep.equal({ kind: "unknown" });
  });

  it("reads what it writes", function () {
    const routes = [
      { kind: "start" },
      { kind: "evse", evse: 4_294_967_295 },
      { kind: "session", sessionId },
      { kind: "history" },
      { kind: "account" },
      { kind: "data" },
      { kind: "receipt" },
      { kind: "sites" },
      { kind: "settings" },
      { kind: "components" },
    ] as const;
    for (const route of routes) expect(parseRoute(hrefOf(route))).to.deep.equal(route);
  });

  it("takes the address on a code, whatever host it names, and the number alone; of any other code it makes nothing", function () {
    const evse = { kind: "evse", evse: 17 };
    for (const code of ["https://charge.example/#/evse/17", "http://10.0.0.1:8080/#/evse/17/", " 17 ", "#/evse/17"]) {
      expect(routeOfCode(code), code).to.deep.equal(evse);
    }
    for (const code of [
      "https://pay.example/17",
      "#/session/1",
      "#/account",
      "17x",
      "",
      "javascript:alert(1)#/evse/x",
    ]) {
      expect(routeOfCode(code), code).to.equal(null);
    }
  });

  it("takes an empty address for the start, and ids in either case", function () {
    expect(parseRoute("")).to.deep.equal({ kind: "start" });
    expect(parseRoute("#/history/")).to.deep.equal({ kind: "history" });
    expect(parseRoute(`#/session/0x${"AB".repeat(32)}`)).to.deep.equal({ kind: "session", sessionId });
  });
});
