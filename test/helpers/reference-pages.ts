import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

import { z } from "zod";

import { dossierSchema } from "../../services/dossier/format/dossier-schema.ts";
import { prefix, sections } from "../../services/config/config.ts";
import { errorCatalogue } from "../../services/errors.ts";
import { alertCatalogue, alerts } from "../../services/observability/alerts.ts";
import { writeApiPage } from "./api-page.ts";
import { writeAlertRules, writeDashboard } from "./monitoring-files.ts";

const root = new URL("../../", import.meta.url);
export const configurationPage = new URL("docs/configuration.md", root);
export const runbookPage = new URL("docs/runbook.md", root);
export const errorsPage = new URL("docs/errors.md", root);
export const apiPage = new URL("docs/api.md", root);
export const alertRulesFile = new URL("packaging/prometheus/alerts.yml", root);
export const dashboardFile = new URL("packaging/grafana/wattproof.json", root);
export const dossierSchemaFile = new URL("docs/dossier.schema.json", root);
const alertTableBegin = "<!-- alerts -->";
const alertTableEnd = "<!-- end of alerts -->";
const command = "node test/helpers/reference-pages.ts";

/** The page of all settings, as their sections have them. */
export function writeConfigurationPage(): string {
  const tables = sections.flatMap(({ title, settings }) => [
    `## ${title}`,
    "",
    "| variable | values | default | meaning |",
    "| --- | --- | --- | --- |",
    ...settings.map(({ name, kind, byDefault, meaning: own }) => {
      const meaning = kind.isSecret === true ? `${own} A secret.` : own;
      const shown = byDefault === null ? "–" : byDefault === "required" ? byDefault : `\`${byDefault.text}\``;
      return `| \`${prefix}${name}\` | ${kind.values} | ${shown === "``" ? "empty" : shown} | ${meaning} |`;
    }),
    "",
  ]);
  return [
    "# Configuration of the service",
    "",
    "The service reads environment variables and nothing else. A value that is missing, unknown or out of range stops",
    "the start with exit code 2 and a message that names the variable, never its value. This page is written from the",
    `sections in \`services/config/\` by \`${command}\`; a test fails while the two differ.`,
    "",
    "What is called a secret can stand in a file instead: `WATTPROOF_OPERATOR_KEY_FILE=/run/secrets/operator-key` reads it from",
    "there, without the line break at its end. Giving both is an error.",
    "",
    "Numbers are whole numbers in decimal digits. A default of – means that the setting may be left out.",
    "",
    ...tables,
    "## What belongs together",
    "",
    "The oracle's key is given as `WATTPROOF_ORACLE_PRIVATE_KEY`, or as `WATTPROOF_ORACLE_KEYSTORE` with",
    "`WATTPROOF_ORACLE_KEYSTORE_PASSWORD`; both or neither is an error. Only one service may work on a data folder; a",
    "second one does not start.",
    "",
  ].join("\n");
}

/** The runbook with the table of all alerts as the list has them; the rest of it is written by hand. */
export function withAlertTable(runbook: string): string {
  const table = [
    "| alert | meaning | first | page |",
    "| --- | --- | --- | --- |",
    ...alerts.map((name) => {
      const { meaning, action, page } = alertCatalogue[name];
      return `| [\`${name}\`](#${name}) | ${meaning} | ${action} | ${page} |`;
    }),
  ];
  const before = runbook.slice(0, runbook.indexOf(alertTableBegin) + alertTableBegin.length);
  const after = runbook.slice(runbook.indexOf(alertTableEnd));
  return [before, "", ...table, "", after].join("\n");
}

/** The page of all errors, as the catalogue has them. */
export function writeErrorsPage(): string {
  const rows = Object.entries(errorCatalogue)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(
      ([code, { httpStatus, isRetryable, title }]) =>
        `| \`${code}\` | ${httpStatus} | ${isRetryable ? "yes" : "no"} | ${title.replaceAll("|", "\\|")} |`,
    );
  return [
    "# Errors",
    "",
    "Everything that goes wrong has a code of this catalogue. Codes are stable: programs may rely on them, and only on",
    'them. The HTTP door answers `{"error":{"code","title","detail","retryable"}}` with the status of the table; `detail`',
    "is for people and may quote hostile text, escaped.",
    "",
    "_Retry_ says whether the same request can succeed later without anybody changing it. A station repeats a message",
    "until it has an answer that is no such error; repeating is always safe, because a record counts once however often",
    `it arrives. This page is written from \`services/errors/\` by \`${command}\`; a test fails while the two differ.`,
    "",
    "| code | status | retry | meaning |",
    "| --- | --: | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

/** The form of a dossier, for programs that are not ours. */
export function writeDossierSchema(): string {
  const description = "A statement of proven energy; what its members mean is said in dossier.md.";
  const schema = { title: "wattproof-dossier", description, ...z.toJSONSchema(dossierSchema, { io: "input" }) };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

if (import.meta.url === pathToFileURL(argv[1] ?? "").href) {
  writeFileSync(fileURLToPath(configurationPage), writeConfigurationPage());
  writeFileSync(fileURLToPath(errorsPage), writeErrorsPage());
  writeFileSync(fileURLToPath(apiPage), writeApiPage());
  writeFileSync(fileURLToPath(alertRulesFile), writeAlertRules());
  writeFileSync(fileURLToPath(dashboardFile), writeDashboard());
  writeFileSync(fileURLToPath(dossierSchemaFile), writeDossierSchema());
  writeFileSync(fileURLToPath(runbookPage), withAlertTable(readFileSync(runbookPage, "utf8")));
}
