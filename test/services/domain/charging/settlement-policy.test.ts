import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import { expect } from "chai";

import { decideSettlement, defaultEvidencePolicy } from "../../../../services/domain/charging/settlement-policy.ts";
import {
  findingCatalogue,
  resolutionOf,
  severityOf,
  sortFindings,
  type FindingCode,
} from "../../../../services/domain/charging/findings.ts";

const unsigned = {
  grade: "plausible-unsigned",
  reasons: ["UNSIGNED"],
  flags: [],
  completeness: "incomplete",
} as const;
const price = { kind: "priced" as const, grossMicro: 500n, unsignedCapMicro: 500n };

describe("The policy of grades", function () {
  it("settles nothing that has no price, however well it is signed", function () {
    const unpriced = { kind: "unpriced" } as const;
    const decide = (grade: "meter-signed-bound" | "disputed") =>
      decideSettlement({ ...unsigned, grade, reasons: [] }, defaultEvidencePolicy, unpriced);
    expect(decide("meter-signed-bound")).to.deep.equal({ kind: "hold", reason: "UNRESOLVED" });
    expect(decide("disputed")).to.deep.equal({ kind: "hold", reason: "DISPUTED" });
  });

  it("frees the hold of a session that no station began, whatever becomes of unsigned energy", function () {
    const unbegun = { ...unsigned, reasons: ["NOT_STARTED"] } as const;
    const grades = { ...defaultEvidencePolicy.grades, "plausible-unsigned": "hold" } as const;
    const holding = { ...defaultEvidencePolicy, grades };
    expect(decideSettlement(unbegun, holding, { ...price, grossMicro: 0n })).to.deep.equal({ kind: "settle" });
    expect(decideSettlement(unbegun, holding, price)).to.deep.equal({ kind: "hold", reason: "GRADE_HELD" });
  });

  it("never settles what is disputed, whatever it says", function () {
    const grades = {
      "meter-signed-bound": "settle",
      "meter-signed": "settle",
      "plausible-unsigned": "settle",
    } as const;
    const policy = { grades, settlesSuspicious: true, requiresEveryMessage: false };
    const disputed = { ...unsigned, grade: "disputed", reasons: ["REGISTER_RESET"] } as const;
    expect(decideSettlement(disputed, policy, price)).to.deep.equal({ kind: "hold", reason: "DISPUTED" });
  });
  it("holds a grade that the operator holds", function () {
    const grades = { ...defaultEvidencePolicy.grades, "meter-signed": "hold" } as const;
    const decision = decideSettlement(
      { ...unsigned, grade: "meter-signed" },
      { ...defaultEvidencePolicy, grades },
      price,
    );
    expect(decision).to.deep.equal({ kind: "hold", reason: "GRADE_HELD" });
  });
  it("holds unsigned energy that is suspicious, unless the operator lets it go", function () {
    const suspicious = { ...unsigned, reasons: ["UNSIGNED", "SIGNED_VALUE_INVALID"] } as const;
    expect(decideSettlement(suspicious, defaultEvidencePolicy, price)).to.deep.equal({
      kind: "hold",
      reason: "SUSPICIOUS",
    });
    const policy = { ...defaultEvidencePolicy, settlesSuspicious: true };
    expect(decideSettlement(suspicious, policy, price)).to.deep.equal({ kind: "settle" });
  });
  it("holds unsigned energy beside which something is not understood, whatever the operator's policy", function () {
    const grades = { ...defaultEvidencePolicy.grades, "plausible-unsigned": "settle" } as const;
    const policy = { grades, settlesSuspicious: true, requiresEveryMessage: false };
    const unresolved = { ...unsigned, reasons: ["UNSIGNED", "ENERGY_UNMATCHED"] } as const;
    const free = { kind: "priced", grossMicro: 0n, unsignedCapMicro: null } as const;
    expect(decideSettlement(unresolved, policy, free)).to.deep.equal({ kind: "hold", reason: "UNRESOLVED" });
  });
  it("lets signed energy settle whatever was not understood beside it", function () {
    const signed = { ...unsigned, grade: "meter-signed", reasons: ["SIGNED"], flags: ["ENERGY_UNMATCHED"] } as const;
    expect(decideSettlement(signed, defaultEvidencePolicy, price)).to.deep.equal({ kind: "settle" });
  });
  it("holds whatever was signed at a price that is not offered there, and disputes before that", function () {
    const signed = { ...unsigned, grade: "meter-signed-bound", reasons: ["SIGNED_AND_BOUND"] } as const;
    const refused = { kind: "priced", grossMicro: 0n, unsignedCapMicro: null, isRefused: true } as const;
    expect(decideSettlement(signed, defaultEvidencePolicy, refused)).to.deep.equal({
      kind: "hold",
      reason: "TARIFF_NOT_ASSIGNED",
    });
    const disputed = { ...signed, grade: "disputed" } as const;
    expect(decideSettlement(disputed, defaultEvidencePolicy, refused)).to.deep.equal({
      kind: "hold",
      reason: "DISPUTED",
    });
  });
  it("holds incomplete evidence where the operator wants every message", function () {
    const policy = { ...defaultEvidencePolicy, requiresEveryMessage: true };
    expect(decideSettlement(unsigned, policy, price)).to.deep.equal({ kind: "hold", reason: "INCOMPLETE" });
    expect(decideSettlement({ ...unsigned, completeness: "unknown" }, policy, price)).to.deep.equal({ kind: "settle" });
  });
  it("holds unsigned energy without a cap, and above it", function () {
    const decide = (changes: Partial<typeof price> | { unsignedCapMicro: null }) =>
      decideSettlement(unsigned, defaultEvidencePolicy, { ...price, ...changes });
    expect(decide({ unsignedCapMicro: null })).to.deep.equal({ kind: "hold", reason: "CAP_NOT_AGREED" });
    expect(decide({ grossMicro: 501n })).to.deep.equal({ kind: "hold", reason: "CAP_EXCEEDED" });
    expect(decide({})).to.deep.equal({ kind: "settle" });
  });
  it("settles signed energy without a cap", function () {
    for (const grade of ["meter-signed-bound", "meter-signed"] as const) {
      const decision = decideSettlement({ ...unsigned, grade }, defaultEvidencePolicy, {
        ...price,
        unsignedCapMicro: null,
      });
      expect(decision).to.deep.equal({ kind: "settle" });
    }
  });
});

describe("Findings", function () {
  it("are listed once each, in the order of the catalogue", function () {
    expect(sortFindings(["STOP_MISSING", "REGISTER_RESET", "STOP_MISSING"])).to.deep.equal([
      "REGISTER_RESET",
      "STOP_MISSING",
    ]);
  });
  it("have a severity and a title that is a sentence", function () {
    for (const [code, { severity, title }] of Object.entries(findingCatalogue)) {
      expect(["notice", "suspicion", "unresolved", "dispute", "signed-dispute"], code).to.include(severity);
      expect(title, code).to.match(/^[A-Z].*\.$/);
    }
    expect(severityOf("REGISTER_RESET")).to.equal("dispute");
  });
  it("say what would resolve them, unless nothing has to be resolved", async function () {
    const codes = sortFindings(Object.keys(findingCatalogue).filter(isFindingCode));
    for (const code of codes) {
      const resolution = resolutionOf(code);
      if (severityOf(code) === "notice") expect(resolution, code).to.equal(null);
      else expect(resolution, code).to.match(/^[A-Z].*\.$/);
    }
    const page = await readFile(resolve(import.meta.dirname, "../../../../docs/ocpp-energy.md"), "utf8");
    const rows = [...page.matchAll(/^\| `([A-Z_]+)` +\| ([^|]+?) +\|$/gm)].map((row) => row.slice(1));
    const expected = codes.flatMap((code) => (resolutionOf(code) === null ? [] : [[code, resolutionOf(code)]]));
    expect(rows).to.deep.equal(expected);
  });
  it("are all in the documentation, as they are in the catalogue", async function () {
    const page = await readFile(resolve(import.meta.dirname, "../../../../docs/ocpp-energy.md"), "utf8");
    const rows = [...page.matchAll(/^\| `([A-Z_]+)` +\| (\S+) +\| (.+?) +\|$/gm)].map((row) => row.slice(1));
    const expected = Object.entries(findingCatalogue).map(([code, { severity, title }]) => [code, severity, title]);
    expect(rows).to.deep.equal(expected);
  });
});

function isFindingCode(code: string): code is FindingCode {
  return Object.hasOwn(findingCatalogue, code);
}
