import { readFileSync } from "node:fs";

import { parser } from "@prometheus-io/lezer-promql";
import { expect } from "chai";
import { parse } from "yaml";

import { alertCatalogue, alerts } from "../../services/observability/alerts.ts";
import { createMetrics } from "../../services/observability/metrics.ts";
import { createOcppCounts } from "../../services/ocpp/wire/counts.ts";
import { alertRules, dashboard, expressions } from "../helpers/monitoring-files.ts";
import { alertRulesFile, dashboardFile } from "../helpers/reference-pages.ts";

/** What Prometheus' own grammar has against an expression. */
function faultsOf(expression: string): readonly string[] {
  const faults: string[] = [];
  parser.parse(expression).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) faults.push(`${from}-${to}: ${expression.slice(from, to)}`);
    },
  });
  return faults;
}

describe("What Prometheus and Grafana are given", function () {
  it("is what the list of alerts gives", function () {
    expect(parse(readFileSync(alertRulesFile, "utf8"))).to.deep.equal(alertRules());
    expect(JSON.parse(readFileSync(dashboardFile, "utf8"))).to.deep.equal(dashboard());
  });

  it("has one rule for every alert, which calls a person where the list says so", function () {
    const rules = alertRules().groups[0]?.rules ?? [];
    const named = new Map(rules.map((rule) => [rule.alert, rule]));
    expect(alerts.filter((name) => !named.has(name))).to.deep.equal([]);
    for (const name of alerts) {
      const { page } = alertCatalogue[name];
      expect(named.get(name)?.labels["severity"], name).to.equal(page === "no" ? "ticket" : "page");
      expect(named.get(name)?.for, name).to.equal(page === "if it lasts" ? "15m" : undefined);
    }
  });

  it("has no expression that Prometheus' grammar refuses", function () {
    expect(faultsOf("sum(rate(x[5m])")).to.not.deep.equal([]);
    for (const expression of expressions()) expect(faultsOf(expression), expression).to.deep.equal([]);
  });

  it("asks only for figures that the service gives", async function () {
    const { registry } = createMetrics();
    createOcppCounts(registry);
    const given = new Set((await registry.getMetricsAsJSON()).map(({ name }) => name));
    const asked = expressions().flatMap((text) => [...text.matchAll(/\bwattproof_[a-z_]+/gu)].map(([name]) => name));
    const known = (name: string): boolean => given.has(name) || given.has(name.replace(/_(?:bucket|count|sum)$/u, ""));
    expect(asked.length).to.be.greaterThan(20);
    expect([...new Set(asked)].filter((name) => !known(name))).to.deep.equal([]);
  });
});
