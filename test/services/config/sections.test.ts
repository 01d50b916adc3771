import { expect } from "chai";

import { parseConfiguration, prefix, sections } from "../../../services/config/config.ts";
import { WattproofError } from "../../../services/errors.ts";

const settings = sections.flatMap((section) => section.settings);
/** How a name ends whose values have a unit. */
const endings: Readonly<Record<string, RegExp>> = {
  ms: /_MS$/,
  s: /_SECONDS$/,
  bps: /_BPS$/,
  bytes: /_BYTES(?:_PER_DAY)?$/,
  gwei: /_GWEI$/,
  gas: /_GAS_PER_DAY$/,
  "micro-tokens": /_MICRO$/,
  characters: /_NAME$/,
};

function refusalOf(environment: Readonly<Record<string, string>>): string {
  try {
    parseConfiguration(environment);
  } catch (error) {
    if (error instanceof WattproofError) return error.detail;
    throw error;
  }
  throw new Error("It was accepted.");
}

describe("The sections of settings", function () {
  it("name each setting once", function () {
    const names = settings.map(({ name }) => name);
    expect(names.length).to.be.greaterThan(90);
    expect([...new Set(names)]).to.deep.equal(names);
  });

  it("say the unit of a number at the end of its name, and nowhere else one", function () {
    for (const { name, kind } of settings) {
      const unit = / (?:to|or) \S+ ([a-z-]+)$/.exec(kind.values)?.[1];
      const named = Object.keys(endings).find((key) => endings[key]?.test(name) === true);
      expect(unit, name).to.equal(named);
    }
  });

  it("say each meaning in whole sentences", function () {
    expect(settings.filter(({ meaning }) => !/^[A-Z0-9`].*\.$/.test(meaning)).map(({ name }) => name)).to.deep.equal(
      [],
    );
  });

  it("tell of every wrong setting at once, with the values that it takes", function () {
    expect(
      refusalOf({
        WATTPROOF_PORT: "x",
        WATTPROOF_RPC_URL: "ftp://a",
        WATTPROOF_ORACLE_PRIVATE_KEY: "secret",
        WATTPROOF_CONFIRMATION: "3",
        WATTPROOF_CHALLENGES: "never",
        WATTPROOF_OCPP_TLS_PORT: "0",
      }).split("; "),
    ).to.have.members([
      "WATTPROOF_CONFIRMATION: there is no such setting",
      "WATTPROOF_DEPLOYMENT: is required",
      "WATTPROOF_DATA: is required",
      "WATTPROOF_RPC_URL: must be a URL that begins with http:// or https://",
      "WATTPROOF_PORT: must be a whole number from 0 to 65535",
      "WATTPROOF_CHALLENGES: must be one of send, watch",
      "WATTPROOF_ORACLE_PRIVATE_KEY: must be 0x and 64 hexadecimal digits",
      "WATTPROOF_OCPP_TLS_PORT: give this, WATTPROOF_OCPP_TLS_CERTIFICATE and WATTPROOF_OCPP_TLS_KEY together",
    ]);
  });

  it("never repeat the value that they refuse", function () {
    const value = "0123secret'\"<value>";
    for (const { name } of settings) {
      expect(refusalOf({ [`${prefix}${name}`]: value }), name).to.not.include(value);
    }
  });
});
