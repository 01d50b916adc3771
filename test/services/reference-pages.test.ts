import { readFileSync } from "node:fs";

import { expect } from "chai";

import { alerts } from "../../services/observability/metrics.ts";
import { configurationPage, errorsPage, writeConfigurationPage, writeErrorsPage } from "../helpers/reference-pages.ts";

describe("The reference pages", function () {
  it("show every setting as the schema has it", function () {
    expect(contentOf(readFileSync(configurationPage, "utf8"))).to.deep.equal(contentOf(writeConfigurationPage()));
  });

  it("show every error as the catalogue has it", function () {
    expect(contentOf(readFileSync(errorsPage, "utf8"))).to.deep.equal(contentOf(writeErrorsPage()));
  });

  it("tell what to do about every alert", function () {
    const runbook = readFileSync(new URL("../../docs/runbook.md", import.meta.url), "utf8");
    const sections = [...runbook.matchAll(/^### `([a-z-]+)`$/gm)].map(([, name]) => name);
    expect(sections.toSorted()).to.deep.equal([...alerts].sort());
  });
});

/** The formatter pads the cells of a table; words are what counts. */
function contentOf(page: string): readonly string[] {
  return page.split("\n").map((line) => line.replace(/-{2,}:?/g, "-").replace(/ +/g, " "));
}
