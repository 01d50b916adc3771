import { expect } from "chai";

import { errorCatalogue, type ErrorCode } from "../../../services/errors.ts";
import { exitCodes } from "../../../scripts/command-line/command.ts";
import { exitCode, exitCodeOf } from "../../../scripts/command-line/exit-codes.ts";

describe("The exit codes of the operator's program", function () {
  it("are those of every command", function () {
    expect(Object.values(exitCode)).to.deep.equal(Object.values(exitCodes));
  });
  it("say of every error whether it was refused or could not be done", function () {
    for (const code of Object.keys(errorCatalogue) as ErrorCode[]) expect([1, 2], code).to.include(exitCodeOf(code));
  });
  it("tell a refusal from what is out of reach", function () {
    const codes = ["SESSION_UNKNOWN", "CHAIN_UNAVAILABLE", "KEY_UNAVAILABLE", "INTERNAL"] as const;
    expect(codes.map(exitCodeOf)).to.deep.equal([1, 2, 2, 2]);
  });
});
