import { readFileSync } from "node:fs";

import { expect } from "chai";

import { exitCode, exitCodeMeanings, exitCodeOf } from "../../../scripts/command-line/exit-codes.ts";
import { errorCatalogue, type ErrorCode } from "../../../services/errors.ts";

const pages = ["README.md", "docs/operator.md", "docs/demo.md"];

describe("The one table of exit codes", function () {
  it("has a meaning for each code, and no code twice", function () {
    const codes = Object.values(exitCode);
    expect(codes).to.deep.equal([0, 1, 2]);
    expect(Object.keys(exitCodeMeanings).map(Number)).to.deep.equal(codes);
  });

  it("says of every error of the catalogue whether something was refused or could not be done", function () {
    for (const code of Object.keys(errorCatalogue) as ErrorCode[]) expect([1, 2], code).to.include(exitCodeOf(code));
  });

  it("tells a refusal from what is out of reach or cannot be read", function () {
    const refused = ["SESSION_UNKNOWN", "CONTRACT_REFUSED", "DEPLOYMENT_DIFFERS", "STATION_REFUSED"] as const;
    const notDone = [
      ...(["CHAIN_UNAVAILABLE", "CHAIN_EVENTS_MISSING", "KEY_UNAVAILABLE", "SERVICE_UNREACHABLE"] as const),
      ...(["USAGE_INVALID", "MANIFEST_INVALID", "OCMF_INPUT_UNREADABLE", "OCMF_ON_CHAIN_UNAVAILABLE"] as const),
      ...(["SESSIONS_FILE_INVALID", "DATA_FOLDER_IN_USE", "TRANSACTION_FAILED", "INTERNAL"] as const),
    ];
    expect(refused.map(exitCodeOf)).to.deep.equal(refused.map(() => 1));
    expect(notDone.map(exitCodeOf)).to.deep.equal(notDone.map(() => 2));
  });

  for (const page of pages) {
    it(`stands in ${page} as it is`, function () {
      const rows = [...readFileSync(page, "utf8").matchAll(/^\| *(?<code>[0-9]) *\| *(?<meaning>[^|]+?) *\|$/gmu)];
      const table = rows.map(({ groups }) => [Number(groups?.["code"]), groups?.["meaning"]]);
      expect(table).to.deep.equal(Object.entries(exitCodeMeanings).map(([code, meaning]) => [Number(code), meaning]));
    });
  }
});
