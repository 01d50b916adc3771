import { expect } from "chai";
import QRCode from "qrcode";

import { countryCodes, longCountryCodes } from "../../../services/domain/ocpi/countries.ts";
import { withNumber } from "../../../scripts/operator/evse/qr.ts";
import { priceLines } from "../../../scripts/operator/tariff/simulate.ts";
import { priceOf } from "../../../services/domain/tariff.ts";
import { testTariff } from "../../helpers/service-chain.ts";

describe("wattproof: labels and codes", () => {
  it("knows the countries that there are, by two letters and by three", () => {
    expect([countryCodes.size, longCountryCodes.size]).to.deep.equal([249, 249]);
    // The runtime's own table knows a name for each.
    const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
    expect([...countryCodes].filter((code) => names.of(code) === undefined)).to.deep.equal([]);
    for (const code of ["DE", "CH", "FR", "GB", "NO"]) expect(countryCodes.has(code), code).to.equal(true);
    for (const code of ["XX", "ZZ", "EU", "UK", "AA", "QO", "de"]) expect(countryCodes.has(code), code).to.equal(false);
    for (const code of ["DEU", "CHE", "FRA"]) expect(longCountryCodes.has(code), code).to.equal(true);
  });

  it("names parts of a price without a unit that they are not in", () => {
    const lines = priceLines(priceOf(testTariff, 10_000_000_000n, 600, 0));
    expect(lines.join("\n")).to.not.match(/micro/iu);
    expect(lines[0]).to.match(/^tokens +before tax +tax +with tax$/u);
    expect(lines[1]).to.match(/^flat fee +0\.35 +0\.02835 +0\.37835$/u);
  });

  it("draws the number under the code", async () => {
    const svg = await QRCode.toString("https://charge.example/#/evse/4711", { type: "svg" });
    const drawn = withNumber(svg, 4711);
    expect(drawn).to.match(/<text [^>]*>4711<\/text><\/svg>\s*$/u);
    const [, side, height] = /viewBox="0 0 ([0-9]+) ([0-9]+)"/u.exec(drawn) ?? [];
    expect(Number(height)).to.be.greaterThan(Number(side));
    expect(() => withNumber("<svg></svg>", 1)).to.throw();
  });
});
