import { expect } from "chai";

import { readFileSync } from "node:fs";

import { check } from "../../../services/receipts/receipt-check.ts";
import { reasonNames, reasonOfCheck, reasonsOf } from "../../../services/web/page/receipt/reasons.ts";

const words = readFileSync(new URL("../../../services/web/page/receipt/check-words.ts", import.meta.url), "utf8");

describe("The five sentences behind a seal", function () {
  it("carry every check that has words, so that none can fail behind a whole seal", function () {
    const names = [...words.matchAll(/\["([^"]+)", "check\./g)].map(([, name = ""]) => name);
    expect(names).to.include.members(["form", "price", "opening: event", "contracts of this page"]);
    for (const name of names) {
      const asMade = /^(?:signature and content|sha256)$/.test(name) ? `record 1: ${name}` : name;
      expect(reasonOfCheck(asMade), asMade).to.not.equal(null);
    }
    expect(reasonOfCheck("record 12: idTag")).to.equal("charge");
    expect(reasonOfCheck("contract meterRegistry: erc20")).to.equal("payment");
  });

  it("fall with one of their checks alone, and all of them with a check that nobody knows", function () {
    const good = check("price", true, "");
    expect(reasonsOf([good]).map(({ holds }) => holds)).to.deep.equal([true, true, true, true, true]);
    const fallen = reasonsOf([good, check("record 2: signature and content", false, "")]);
    expect(fallen.filter(({ holds }) => !holds).map(({ name }) => name)).to.deep.equal(["meter"]);
    expect(reasonsOf([check("something new", false, "")]).filter(({ holds }) => holds)).to.deep.equal([]);
    expect(reasonsOf([]).map(({ name }) => name)).to.deep.equal([...reasonNames]);
  });
});
