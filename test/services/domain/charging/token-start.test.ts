import { expect } from "chai";

import { isBindable, isSameIdTokenType, normalizeIdToken } from "../../../../services/domain/charging/id-token.ts";
import { decideTokenStart, type TokenStartView } from "../../../../services/domain/charging/token-start.ts";

const limitMs = 900_000;
const view: TokenStartView = {
  nowMs: 2_000_000,
  startedAtMs: 2_000_000,
  lastMessageAtMs: 2_000_000,
  isPlaceKnown: true,
};
const decide = (changes: Partial<TokenStartView>) => decideTokenStart({ ...view, ...changes }, limitMs);

describe("A transaction that began with a bound idToken", function () {
  it("is not opened for if it began longer ago than the limit, whatever else is known", function () {
    const startedAtMs = view.nowMs - limitMs - 1;
    expect(decide({ startedAtMs })).to.deep.equal({ kind: "refuse", reason: "START_TOO_OLD" });
    expect(decide({ startedAtMs, isPlaceKnown: false })).to.deep.equal({ kind: "refuse", reason: "START_TOO_OLD" });
  });
  it("is waited for while its start or its place is missing, and given up after the limit", function () {
    for (const missing of [{ startedAtMs: null }, { isPlaceKnown: false }]) {
      expect(decide(missing)).to.deep.equal({ kind: "wait" });
      expect(decide({ ...missing, lastMessageAtMs: view.nowMs - limitMs })).to.deep.equal({ kind: "wait" });
      const silent = { ...missing, lastMessageAtMs: view.nowMs - limitMs - 1 };
      expect(decide(silent)).to.deep.equal({ kind: "refuse", reason: "START_INCOMPLETE" });
    }
  });
  it("is opened for up to the limit, and where the station's clock is ahead", function () {
    expect(decide({ startedAtMs: view.nowMs - limitMs })).to.deep.equal({ kind: "open" });
    expect(decide({ startedAtMs: view.nowMs + 3_600_000 })).to.deep.equal({ kind: "open" });
  });
});

describe("An idToken that is bound", function () {
  it("is no empty, long or unprintable one", function () {
    for (const idToken of ["", "x".repeat(37), "a b", 'a"b', "ä", "a\n"])
      expect(isBindable(idToken), idToken).to.equal(false);
    for (const idToken of ["04A1B2C3", "DE-8AA-CA2B3C4D5-N", "x".repeat(36)])
      expect(isBindable(idToken)).to.equal(true);
  });
  it("is compared without regard to case, and an eMAID without its hyphens", function () {
    expect(normalizeIdToken("de-8aa-ca2b3c4d5-n", "eMAID")).to.equal("DE8AACA2B3C4D5N");
    expect(normalizeIdToken("ab-cd", "Local")).to.equal("AB-CD");
    expect(isSameIdTokenType("emaid", "eMAID")).to.equal(true);
    expect(isSameIdTokenType("Local", "eMAID")).to.equal(false);
  });
});
