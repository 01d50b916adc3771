import { stringify } from "yaml";

import { alertCatalogue, alerts } from "../../services/observability/alerts.ts";

/** What is promised of a service, and how it shows in the figures. Shares are of what went well. */
export const objectives = [
  {
    name: "messages-answered",
    promise: 0.999,
    meaning: "Messages of stations are answered without a fault of the service.",
    bad: (range: string) =>
      `sum(rate(wattproof_messages_total{code=~"INTERNAL|STORE_.+|SERVICE_.+|CHAIN_UNAVAILABLE"}[${range}]))`,
    all: (range: string) => `sum(rate(wattproof_messages_total[${range}]))`,
  },
  {
    name: "messages-fast",
    promise: 0.99,
    meaning: "Messages of stations are answered within a second.",
    bad: (range: string) =>
      `(sum(rate(wattproof_message_seconds_count[${range}])) - sum(rate(wattproof_message_seconds_bucket{le="1"}[${range}])))`,
    all: (range: string) => `sum(rate(wattproof_message_seconds_count[${range}]))`,
  },
] as const;

/** How fast the allowance of thirty days is used up, and over which spans that has to be seen (Google's SRE workbook, chapter 5). */
const burns = [
  { factor: 14.4, long: "1h", short: "5m", severity: "page" },
  { factor: 6, long: "6h", short: "30m", severity: "page" },
  { factor: 1, long: "3d", short: "6h", severity: "ticket" },
] as const;

const runbook = "docs/runbook.md";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

function ruleOf(name: (typeof alerts)[number]): Rule {
  const { meaning, action, page } = alertCatalogue[name];
  const lasts = page === "if it lasts";
  return {
    alert: name,
    expr: `increase(wattproof_alerts_total{alert="${name}"}[${lasts ? "10m" : "5m"}]) > 0`,
    ...(lasts && { for: "15m" }),
    labels: { severity: page === "no" ? "ticket" : "page" },
    annotations: { summary: meaning, action, runbook: `${runbook}#${name}` },
  };
}

/** Rules for Prometheus, from the one list of alerts and from the objectives. */
export function alertRules(): {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
} {
  const down: Rule = {
    alert: "service-down",
    expr: 'up{job="wattproof"} == 0',
    for: "2m",
    labels: { severity: "page" },
    annotations: { summary: "The service gives no figures.", action: "Look whether it runs.", runbook },
  };
  return {
    groups: [
      { name: "wattproof", rules: [down, ...alerts.map(ruleOf)] },
      {
        name: "wattproof-objectives",
        rules: objectives.flatMap(({ name, promise, meaning, bad, all }) =>
          burns.map(({ factor, long, short, severity }): Rule => {
            const limit = Number((factor * (1 - promise)).toPrecision(6));
            const over = (range: string): string => `${bad(range)} / ${all(range)} > ${limit}`;
            return {
              alert: `${name}-burns-${factor}-times`,
              expr: `(${over(long)}) and (${over(short)})`,
              labels: { severity },
              annotations: {
                summary: `${meaning} ${promise * 100} % are promised; the allowance is used ${factor} times too fast.`,
                action: "Look at the alerts beside it.",
                runbook,
              },
            };
          }),
        ),
      },
    ],
  };
}

export function writeAlertRules(): string {
  return `# Written from services/observability/alerts.ts by node test/helpers/reference-pages.ts.\n${stringify(alertRules(), { lineWidth: 0 })}`;
}

interface Panel {
  readonly title: string;
  readonly expr: string;
  readonly unit: string;
  readonly legend?: string;
}

/** What an operator looks at, from what is at the door to what is on the chain. */
const panels: readonly Panel[] = [
  { title: "Sessions by status", expr: "sum by (status) (wattproof_sessions)", unit: "short", legend: "{{status}}" },
  {
    title: "Longest in a status",
    expr: "max by (status) (wattproof_oldest_session_seconds)",
    unit: "s",
    legend: "{{status}}",
  },
  {
    title: "Messages of stations",
    expr: "sum by (outcome) (rate(wattproof_messages_total[5m]))",
    unit: "reqps",
    legend: "{{outcome}}",
  },
  {
    title: "Answers to messages, 99 of 100 within",
    expr: "histogram_quantile(0.99, sum by (le) (rate(wattproof_message_seconds_bucket[5m])))",
    unit: "s",
  },
  { title: "Chargers connected", expr: "sum(wattproof_ocpp_connections)", unit: "short" },
  {
    title: "OCPP frames",
    expr: "sum by (outcome) (rate(wattproof_ocpp_frames_total[5m]))",
    unit: "reqps",
    legend: "{{outcome}}",
  },
  { title: "Open batches", expr: "sum(wattproof_open_batches)", unit: "short" },
  { title: "Oldest open batch", expr: "max(wattproof_oldest_open_batch_seconds)", unit: "s" },
  { title: "Block that was read", expr: "max(wattproof_followed_block)", unit: "short" },
  { title: "Relayer's balance", expr: "min(wattproof_relayer_balance_gwei)", unit: "short" },
  {
    title: "Alerts of the last hour",
    expr: "sum by (alert) (increase(wattproof_alerts_total[1h])) > 0",
    unit: "short",
    legend: "{{alert}}",
  },
  { title: "Refused at the door", expr: "sum(rate(wattproof_refused_requests_total[5m]))", unit: "reqps" },
];

const panelWidth = 12;
const panelHeight = 8;

/** A dashboard for Grafana 11 and newer. */
export function dashboard(): object {
  const datasource = { type: "prometheus", uid: "${datasource}" };
  return {
    title: "Wattproof",
    uid: "wattproof",
    schemaVersion: 39,
    tags: ["wattproof"],
    timezone: "browser",
    refresh: "30s",
    time: { from: "now-6h", to: "now" },
    templating: { list: [{ name: "datasource", type: "datasource", query: "prometheus" }] },
    panels: panels.map(({ title, expr, unit, legend = title }, index) => ({
      id: index + 1,
      type: "timeseries",
      title,
      datasource,
      gridPos: { h: panelHeight, w: panelWidth, x: (index % 2) * panelWidth, y: Math.floor(index / 2) * panelHeight },
      fieldConfig: { defaults: { unit }, overrides: [] },
      targets: [{ refId: "A", datasource, expr, legendFormat: legend }],
    })),
  };
}

export function writeDashboard(): string {
  return `${JSON.stringify(dashboard(), null, 2)}\n`;
}

/** Every question to Prometheus that the two files ask. */
export function expressions(): readonly string[] {
  return [
    ...alertRules().groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
    ...panels.map(({ expr }) => expr),
  ];
}
