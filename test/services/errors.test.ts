import { readdirSync, readFileSync } from "node:fs";

import { expect } from "chai";

import { errorCatalogue } from "../../services/errors.ts";

describe("The catalogue of errors", function () {
  it("has every code of every file in errors/, and each of them once", function () {
    const folder = new URL("../../services/errors/", import.meta.url);
    const texts = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8"));
    const codes = texts.flatMap((text) => [...text.matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(([, code]) => code));
    expect(codes).to.include.members(["ROUTE_UNKNOWN", "OCMF_HEADER_INVALID", "USAGE_INVALID"]);
    const others = ["CONFIGURATION_INVALID", "INTERNAL"];
    // One code in two files would be counted twice here, and the later file would silently win in the catalogue.
    expect([...others, ...codes].toSorted()).to.deep.equal(Object.keys(errorCatalogue).toSorted());
  });
});
