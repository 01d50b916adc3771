import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { deGlossary } from "../../../services/web/page/text/glossary/de.ts";
import { enGlossary } from "../../../services/web/page/text/glossary/en.ts";
import { frGlossary } from "../../../services/web/page/text/glossary/fr.ts";
import { itGlossary } from "../../../services/web/page/text/glossary/it.ts";
import { catalogues, chooseLanguage, fill, languages } from "../../../services/web/page/text/translation.ts";

const glossaries = { en: enGlossary, de: deGlossary, fr: frGlossary, it: itGlossary };
const pageFolder = fileURLToPath(new URL("../../../services/web/page/", import.meta.url));

describe("The page's texts", function () {
  const english = new Map<string, string>(Object.entries(catalogues.en));

  for (const language of languages) {
    it(`are all there in ${language}, none is empty, and each has the places of the English one`, function () {
      const texts = new Map<string, string>(Object.entries(catalogues[language]));
      expect([...texts.keys()].sort()).to.deep.equal([...english.keys()].sort());
      for (const [key, text] of texts) {
        expect(text.trim(), key).to.not.equal("");
        expect(placesOf(text), key).to.deep.equal(placesOf(english.get(key) ?? ""));
      }
    });
  }

  it("are all used by the page", function () {
    const sources = readdirSync(pageFolder, { recursive: true, encoding: "utf8" })
      .filter((path) => /\.tsx?$/.test(path) && !/^text\/(?:(?:en|de|fr|it)(?:-money)?|[a-z-]+-texts)\.ts$/.test(path))
      .map((path) => readFileSync(join(pageFolder, path), "utf8"))
      .join("\n");
    // Keys that are put together from a prefix and a value of the code's own types.
    const built = /^(?:refusal_|evseState\.|hold\.|grade\.|reason\.|reasonPlain\.)/;
    const unused = [...english.keys()].filter((key) => !built.test(key) && !sources.includes(key));
    expect(unused).to.deep.equal([]);
  });

  it("are translated, but for words that are the same everywhere", function () {
    const same = new Set(["appName", "refusal_other", "priceExample"]);
    for (const language of ["de", "fr", "it"] as const) {
      const equal = [...english].filter(([key, text]) => !same.has(key) && textOf(language, key) === text);
      // Session, Transaction, Date and the like.
      expect(equal.length, equal.map(([key]) => key).join()).to.be.at.most(6);
    }
  });

  for (const [language, { never, terms }] of Object.entries(glossaries)) {
    it(`use the words of the glossary in ${language}, and none that it forbids`, function () {
      const texts = Object.entries(catalogues[language as keyof typeof glossaries]);
      for (const { word, instead } of never) {
        const wrong = texts.filter(([, text]) => word.test(text)).map(([key]) => key);
        expect(wrong, `${String(word)}: say ${instead}`).to.deep.equal([]);
      }
      const all = texts.map(([, text]) => text.toLowerCase()).join(" ");
      const first = terms.map(({ term }) => (term.split(",")[0] ?? "").toLowerCase());
      expect(first.filter((term) => !all.includes(term))).to.deep.equal([]);
    });
  }

  it("take what is filled in as it is, and never as a place", function () {
    expect(fill("{a} and {b}", { a: "{b}", b: "<b>" })).to.equal("{b} and <b>");
    expect(fill("{a} {missing}", { a: "$&" })).to.equal("$& {missing}");
  });

  it("begin no line with the colon or the mark that French sets behind a space", function () {
    expect(fill("Prix : {price} ; payer ?", { price: "1 : 2" })).to.equal("Prix\u00a0: 1 : 2\u00a0; payer\u00a0?");
  });

  it("come in the first wanted language that there is", function () {
    expect(chooseLanguage(["rm-CH", "FR-ch", "de"])).to.equal("fr");
    expect(chooseLanguage(["it"])).to.equal("it");
    expect(chooseLanguage(["ja", "itx"])).to.equal("en");
    expect(chooseLanguage([])).to.equal("en");
  });
});

function placesOf(text: string): readonly string[] {
  return [...text.matchAll(/\{([a-zA-Z]+)\}/g)].map(([, name = ""]) => name).sort();
}

function textOf(language: (typeof languages)[number], key: string): string | undefined {
  return new Map<string, string>(Object.entries(catalogues[language])).get(key);
}
