import { expect } from "chai";

import { evidenceTexts } from "../../../services/web/page/operator/evidence/texts.ts";
import { catalogues } from "../../../services/web/page/operator/text/translation.ts";
import { languages } from "../../../services/web/page/text/languages.ts";

describe("The texts of the operator's page", function () {
  for (const language of languages) {
    it(`are all there in ${language}, none is empty, and each has the places of the English one`, function () {
      for (const texts of [catalogues, evidenceTexts]) {
        const english = Object.entries(texts.en);
        const others = new Map<string, string>(Object.entries(texts[language]));
        expect([...others.keys()].sort()).to.deep.equal(english.map(([key]) => key).sort());
        for (const [key, text] of english) {
          expect(others.get(key)?.trim(), key).to.be.a("string").with.length.greaterThan(0);
          expect(placesOf(others.get(key) ?? ""), key).to.deep.equal(placesOf(text));
        }
      }
    });
  }
});

function placesOf(text: string): readonly string[] {
  return [...text.matchAll(/\{([a-zA-Z]+)\}/g)].map(([, name = ""]) => name).sort();
}
