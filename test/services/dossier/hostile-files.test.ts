import { expect } from "chai";
import { isAddress } from "ethers";

import { dossierLimits, dossierVersion, type Dossier } from "../../../services/dossier/format/dossier-schema.ts";
import { verifyDossier } from "../../../services/dossier/verify/verify-dossier.ts";
import { WattproofError } from "../../../services/errors.ts";
import { createRandom } from "../../helpers/random.ts";
import { codesOf, judge, usualDossier, verifier } from "../../helpers/dossier-world.ts";

/** The code that reading ends with. */
async function unreadable(content: string): Promise<string> {
  try {
    await judge(content);
  } catch (error) {
    if (error instanceof WattproofError) return error.code;
    throw error;
  }
  return "read";
}

describe("A file that is no dossier", function () {
  this.timeout(120_000);
  const text = JSON.stringify(usualDossier());

  it("is unreadable where it is no JSON, or ends too early", async function () {
    for (const content of ["", " ", "{", text.slice(0, -1), text.slice(0, 5_000), `${text}x`, '{"format":nonsense}']) {
      expect(await unreadable(content), content.slice(-20)).to.equal("DOSSIER_UNREADABLE");
    }
  });

  it("is refused where its form is another", async function () {
    const parts = usualDossier();
    const strange: readonly unknown[] = [
      ...[[], "null", "7", '"text"', {}, { format: "wattproof-dossier" }, { ...parts, more: 1 }],
      { ...parts, months: {} },
      { ...parts, months: null },
      { ...parts, months: [null] },
      { ...parts, format: "another" },
      { ...parts, manifest: null },
      { ...parts, signatures: [{ signer: "0x", r: "", vs: "" }] },
      { ...parts, summary: { ...parts.summary, sessions: -1 } },
      Object.fromEntries(Object.entries(parts).reverse()),
      text.replace('"purpose":', '"__proto__":'),
      text.replace('{"format"', '{"format":"wattproof-dossier","format"'),
    ];
    for (const content of strange) {
      expect(await codesOf(content), JSON.stringify(content).slice(0, 60)).to.deep.equal(["DOSSIER_FORM_INVALID"]);
    }
  });

  it("is refused where a value is none that a contract takes, or a member comes twice", async function () {
    const parts = usualDossier();
    const [shown] = parts.months.flatMap(({ sessions }) => sessions).filter((session) => "terms" in session);
    const driver = shown?.terms.driver ?? "";
    const { chargingSettlement } = parts.manifest.contracts;
    const misspelt = `0x${"aB".repeat(20)}`;
    expect(isAddress(misspelt)).to.equal(false);
    const changed = [
      text.replace(driver, misspelt),
      text.replace(`"chargingSettlement":"${chargingSettlement}"`, `"chargingSettlement":"${misspelt}"`),
      text.replace(/"holdMicro":"[0-9]+"/u, `"holdMicro":"${2n ** 64n}"`),
      text.replace(/"maximumPowerW":[0-9]+,"tariffId"/u, `"maximumPowerW":${2 ** 24},"tariffId"`),
      text.replace('"fromMicroWh":', '"fromMicroWh":"1","fromMicroWh":'),
      text.replace('"claimableMicroWh":', '"claimableMicroWh":"1","claimableMicroWh":'),
    ];
    for (const content of changed) {
      expect(content).to.not.equal(text);
      expect(await codesOf(content), content.slice(0, 300)).to.include("DOSSIER_FORM_INVALID");
    }
  });

  it("is refused where its version is not known", async function () {
    expect(await codesOf({ ...usualDossier(), version: dossierVersion + 1 })).to.deep.equal([
      "DOSSIER_VERSION_UNSUPPORTED",
    ]);
  });

  it("is refused where it shows more or less than its depth says", async function () {
    const whole = usualDossier();
    expect(await codesOf({ ...whole, depth: "T0" })).to.include("DOSSIER_FORM_INVALID");
    expect(await codesOf({ ...whole, depth: "sample" })).to.include("DOSSIER_FORM_INVALID");
    expect(await codesOf({ ...whole, totals: null })).to.include("DOSSIER_FORM_INVALID");
  });

  it("is accepted as a public summary, which says what nobody can check", async function () {
    const verdict = await judge({ ...usualDossier(), depth: "T0", months: [], totals: null });
    expect(verdict).to.include({ verdict: "accepted", sessions: 10 });
    expect(verdict.totals.claimableMicroWh).to.equal(usualDossier().totals?.claimableMicroWh);
    expect(verdict.skipped.join()).to.contain("none is disclosed");
  });

  it("is refused before it fills the memory, by depth and by length", async function () {
    expect(await codesOf(`{"format":${"[".repeat(100_000)}`)).to.deep.equal(["DOSSIER_TOO_LARGE"]);
    let given = 0;
    function* endless(): Generator<Uint8Array> {
      yield Buffer.from('{"format":"');
      for (;;) {
        given += 1 << 20;
        yield Buffer.alloc(1 << 20, "a");
      }
    }
    const verdict = await verifyDossier({ open: endless, verifier, chain: null, sampleCount: null });
    expect(verdict.reasons.map(({ code }) => code)).to.deep.equal(["DOSSIER_TOO_LARGE"]);
    expect(given).to.be.lessThan(dossierLimits.partBytes + 3 * (1 << 20));
  });

  it("never brings the verifier down, whatever bytes are changed", async function () {
    const random = createRandom(20_261_130);
    const honest = await judge(text);
    for (let round = 0; round < 300; round += 1) {
      const bytes = Buffer.from(text);
      for (let count = 0; count <= random.below(4); count += 1) bytes[random.below(bytes.length)] = random.below(256);
      try {
        const { verdict, totals } = await verifyDossier({
          ...{ open: () => [bytes], verifier, chain: null, sampleCount: null },
        });
        // An address may be in capitals, and what the chain alone knows may be anything.
        if (verdict === "accepted") expect(totals, `round ${round}`).to.deep.equal(honest.totals);
      } catch (error) {
        expect(error).to.be.instanceOf(WattproofError);
        if (error instanceof WattproofError) expect(error.code).to.equal("DOSSIER_UNREADABLE");
      }
    }
  });
});

describe("Seeded changes of a dossier", function () {
  this.timeout(120_000);

  /** Every decimal text and every number in a dossier, by its path. */
  function quantitiesOf(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
    if (typeof value === "number" || (typeof value === "string" && /^\d+$/u.test(value))) return [path];
    if (Array.isArray(value)) return value.flatMap((member, index) => quantitiesOf(member, [...path, index]));
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([name, member]) => quantitiesOf(member, [...path, name]));
  }

  function changeAt(dossier: Dossier, path: readonly (string | number)[], by: bigint): Dossier {
    const copy: unknown = structuredClone(dossier);
    let holder = copy as Record<string | number, unknown>;
    for (const name of path.slice(0, -1)) holder = holder[name] as Record<string | number, unknown>;
    const name = path.at(-1) ?? "";
    const value = holder[name];
    if (typeof value === "number") holder[name] = value + Number(by);
    else holder[name] = (BigInt(String(value)) + by).toString();
    return copy as Dossier;
  }

  it("are never accepted, whichever quantity they change and by how little", async function () {
    const dossier = usualDossier();
    const random = createRandom(7);
    // Where the chain settled a session is what the chain is asked about: `test/integration/dossier.test.ts`.
    const paths = quantitiesOf(dossier).filter((path) => !path.includes("settlement"));
    expect(paths.length).to.be.greaterThan(200);
    for (const path of paths) {
      const by = random.below(2) === 0 ? 1n : BigInt(1 + random.below(1_000_000));
      const { verdict } = await judge(changeAt(dossier, path, by));
      expect(verdict, `${path.join(".")} + ${by}`).to.equal("refused");
    }
  });

  it("are never accepted where a session, a gap, an exclusion, a month or a meter is left out", async function () {
    const dossier = usualDossier();
    const lists = (copy: Dossier): unknown[][] => [
      ...copy.months.flatMap(({ sessions, gaps, exclusions }) => [sessions, gaps, exclusions]),
      ...[copy.months, copy.manifest.meters, copy.manifest.evses, copy.signatures],
      ...[copy.totals?.cells ?? [], copy.totals?.months ?? [], copy.summary.cells],
    ];
    for (const [number, list] of lists(dossier).entries()) {
      for (const index of list.keys()) {
        const copy = structuredClone(dossier);
        lists(copy)[number]?.splice(index, 1);
        expect((await judge(copy)).verdict, `list ${number}, member ${index}`).to.equal("refused");
      }
    }
  });
});
