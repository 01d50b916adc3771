import { readFileSync } from "node:fs";

import { expect } from "chai";

import { alerts } from "../../../services/observability/alerts.ts";
import { checkRequest, hasRequest } from "../../../services/ocpp/schemas.ts";
import { pageOf } from "../../../services/web/document-pages.ts";
import { chargerCallOf, type ChargerCommand } from "../../../services/web/page/operator/commands/charger-commands.ts";
import {
  hrefOfOperator,
  parseOperatorRoute,
  type OperatorRoute,
} from "../../../services/web/page/operator/operator-route.ts";
import { sumsOf } from "../../../services/web/page/operator/session-sums.ts";

describe("Addresses of the operator's page", function () {
  const sessionId = `0x${"ab".repeat(32)}`;
  const routes: readonly OperatorRoute[] = [
    { kind: "today" },
    { kind: "people" },
    { kind: "session", sessionId },
    { kind: "charger", stationId: "CS:1.a*b-_" },
  ];
  for (const route of routes) {
    it(`lead where they come from: ${hrefOfOperator(route)}`, function () {
      expect(parseOperatorRoute(hrefOfOperator(route))).to.deep.equal(route);
    });
  }

  const strange = ["", "#/nowhere", "#/session/0x12", "#/charger/", "#/charger/%E0%A4%A", "#/charger/a b", "#/money/x"];
  for (const hash of strange) {
    it(`lead to today where they name nothing: ${hash}`, function () {
      expect(parseOperatorRoute(hash)).to.deep.equal({ kind: "today" });
    });
  }
});

describe("Commands of the operator's page", function () {
  const commands: readonly ChargerCommand[] = [
    { kind: "stop", ocppTransactionId: "42" },
    { kind: "unlock", evse: 2, connector: 1 },
    { kind: "restart" },
  ];
  for (const protocol of ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const) {
    for (const command of commands) {
      it(`are calls that the schemas of ${protocol} take: ${command.kind}`, function () {
        const { action, payload } = chargerCallOf(command, protocol);
        expect(hasRequest(protocol, action)).to.equal(true);
        expect(checkRequest(protocol, action, payload)).to.equal(null);
      });
    }
  }

  it("name the connector by its number in 1.6, and by its EVSE in 2.x", function () {
    const unlock = { kind: "unlock", evse: 2, connector: 1 } as const;
    expect(chargerCallOf(unlock, "ocpp1.6").payload).to.deep.equal({ connectorId: 2 });
    expect(chargerCallOf(unlock, "ocpp2.1").payload).to.deep.equal({ evseId: 2, connectorId: 1 });
  });
});

describe("The foot of the operator's list of sessions", function () {
  it("adds up to the last digit, and counts nothing for what is not known yet", function () {
    const known = { energyWh: "1000.000001", heldMicro: 30_000_000n, billedMicro: 1n, settledMicro: 1n };
    const unknown = { energyWh: null, heldMicro: 2n ** 60n, billedMicro: null, settledMicro: null };
    expect(sumsOf([known, unknown, { ...known, energyWh: "0.9999990" }])).to.deep.equal({
      energyWh: "1001",
      heldMicro: 60_000_000n + 2n ** 60n,
      billedMicro: 2n,
      settledMicro: 2n,
    });
    expect(sumsOf([])).to.deep.equal({ energyWh: "0", heldMicro: 0n, billedMicro: 0n, settledMicro: 0n });
  });
});

describe("Pages that documents are written as", function () {
  const page = pageOf(readFileSync(new URL("../../../docs/runbook.md", import.meta.url), "utf8"), [
    "assets/page-1.css",
  ]);

  it("have a place for each alert to lead to", function () {
    expect(alerts.length).to.be.greaterThan(40);
    expect(alerts.filter((alert) => !page.includes(`<h3 id="${alert}">`))).to.deep.equal([]);
  });

  it("lead to pages that there are, to places of their own, and to nothing else", function () {
    const targets = [...page.matchAll(/<a href="([^"]*)"/gu)].map(([, target = ""]) => target);
    expect(targets.length).to.be.greaterThan(5);
    for (const target of targets) {
      expect(target).to.match(
        /^(?:https:\/\/|#|\/operator\/(?:(?:runbook|configuration|errors|receipts|ocpp-energy)\.html)?)/u,
      );
      if (target.startsWith("#")) expect(page).to.contain(`id="${target.slice(1)}"`);
    }
  });

  it("hold tables that scroll by themselves and have a name", function () {
    expect(page).to.contain('<div class="scroll" role="group" tabindex="0" aria-label="');
    expect(page).to.not.contain("<script");
  });
});
