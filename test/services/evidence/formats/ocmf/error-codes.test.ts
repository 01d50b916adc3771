import { readdir, readFile } from "node:fs/promises";

import { expect } from "chai";

import { errorCatalogue } from "../../../../../services/errors.ts";

/** Texts of the TypeScript files in and below a folder of the repository. */
async function sourceOf(folder: string): Promise<string> {
  const root = new URL(`../../../../../${folder}/`, import.meta.url);
  const names = (await readdir(root, { recursive: true })).filter((name) => name.endsWith(".ts"));
  return (await Promise.all(names.map((name) => readFile(new URL(name, root), "utf8")))).join("\n");
}

describe("Error codes of OCMF", () => {
  // Codes of the contract as judge are of another module.
  const codes = Object.keys(errorCatalogue).filter((code) => /^OCMF_(?!ON_CHAIN_)/.test(code));

  it("are all answered by the code and expected by a test", async () => {
    const code = (await sourceOf("services")) + (await sourceOf("scripts"));
    const tests = await sourceOf("test");
    expect(codes.filter((each) => !code.includes(`"${each}"`))).to.deep.equal([]);
    expect(codes.filter((each) => !tests.includes(`"${each}"`))).to.deep.equal([]);
  });

  it("say with their HTTP status whether the record was judged", () => {
    for (const [code, { httpStatus, isRetryable }] of Object.entries(errorCatalogue)) {
      if (!codes.includes(code) || httpStatus === 400) continue;
      expect([code, httpStatus, isRetryable]).to.deep.equal([code, code.endsWith("_UNSUPPORTED") ? 501 : 422, false]);
    }
  });
});
