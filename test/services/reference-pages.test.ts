import { readFileSync } from "node:fs";

import { expect } from "chai";

import { alertCatalogue, alerts } from "../../services/observability/alerts.ts";
import { writeApiPage } from "../helpers/api-page.ts";
import {
  apiPage,
  configurationPage,
  dossierSchemaFile,
  errorsPage,
  runbookPage,
  withAlertTable,
  writeConfigurationPage,
  writeDossierSchema,
  writeErrorsPage,
} from "../helpers/reference-pages.ts";

describe("The reference pages", function () {
  it("show every setting as the schema has it", function () {
    expect(contentOf(readFileSync(configurationPage, "utf8"))).to.deep.equal(contentOf(writeConfigurationPage()));
  });

  it("show every error as the catalogue has it", function () {
    expect(contentOf(readFileSync(errorsPage, "utf8"))).to.deep.equal(contentOf(writeErrorsPage()));
  });

  it("show every operation of the HTTP interface as its schemas have it", function () {
    const written = contentOf(writeApiPage()).filter((line) => line !== "");
    expect(contentOf(readFileSync(apiPage, "utf8")).filter((line) => line !== "")).to.deep.equal(written);
  });

  it("show the form of a dossier as the schema has it", function () {
    expect(JSON.parse(readFileSync(dossierSchemaFile, "utf8"))).to.deep.equal(JSON.parse(writeDossierSchema()));
  });

  it("tell what to do about every alert", function () {
    const runbook = readFileSync(runbookPage, "utf8");
    const sections = [...runbook.matchAll(/^### `([a-z-]+)`$/gm)].map(([, name]) => name);
    expect(sections.toSorted()).to.deep.equal([...alerts].sort());
  });

  it("show every alert as the list has it", function () {
    const runbook = readFileSync(runbookPage, "utf8");
    expect(contentOf(runbook)).to.deep.equal(contentOf(withAlertTable(runbook)));
  });

  it("call a person for the alerts for which the list says so", function () {
    const runbook = readFileSync(runbookPage, "utf8");
    const pages = [...runbook.matchAll(/^### `([a-z-]+)`$(.*?)(?=^### |(?![^]))/gms)].map(([, name, text = ""]) => [
      name,
      text.includes("**Page.**") ? "at once" : text.includes("**Page**") ? "if it lasts" : "no",
    ]);
    expect(Object.fromEntries(pages)).to.deep.equal(
      Object.fromEntries(alerts.map((name) => [name, alertCatalogue[name].page])),
    );
  });
});

/** The formatter pads the cells of a table; words are what counts. */
function contentOf(page: string): readonly string[] {
  return page.split("\n").map((line) => line.replace(/-{2,}:?/g, "-").replace(/ +/g, " "));
}
