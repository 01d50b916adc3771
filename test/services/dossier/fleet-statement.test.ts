import { expect } from "chai";
import fc from "fast-check";

import { fleetCsvColumns, fleetCsvLines } from "../../../services/dossier/fleet/fleet-csv.ts";
import {
  composeFleetStatement,
  fleetCodeOf,
  printedCode,
  type FleetSession,
  type FleetTerms,
} from "../../../services/dossier/fleet/fleet-statement.ts";
import { isShown, type DossierSession } from "../../../services/dossier/format/dossier-schema.ts";
import { usualDossier } from "../../helpers/dossier-world.ts";

const dossier = usualDossier();
const sessions = dossier.months.flatMap((month) => month.sessions.filter(isShown));
const euros: FleetTerms = { timeZone: "UTC", price: { microPerKwh: 321_500n, currency: "EUR", decimals: 2 } };
const bare: FleetTerms = { timeZone: "UTC", price: null };

function byMeter(): readonly FleetSession[] {
  return sessions.map((session) => ({ vehicle: `car ${session.terms.meter}`, session }));
}

function energyOf({ fromMicroWh, toMicroWh }: DossierSession): bigint {
  return BigInt(toMicroWh) - BigInt(fromMicroWh);
}

describe("A fleet statement", function () {
  it("has each charge once, by vehicle and month, and sums that are those of its printed lines", function () {
    const statement = composeFleetStatement(byMeter(), dossier.manifest, euros);
    expect(statement.groups.map(({ vehicle, month, lines }) => [vehicle, month, lines.length])).to.deep.equal([
      ["car 1", "2026-01", 4],
      ["car 1", "2026-02", 1],
      ["car 2", "2026-01", 4],
      ["car 2", "2026-02", 1],
    ]);
    const lines = statement.groups.flatMap((group) => group.lines);
    const exact = sessions.reduce((sum, session) => sum + energyOf(session), 0n);
    expect(statement.printedWh).to.equal((exact + 500_000n) / 1_000_000n);
    expect(lines.reduce((sum, { printedWh }) => sum + printedWh, 0n)).to.equal(statement.printedWh);
    for (const group of statement.groups) {
      expect(group.printedWh).to.equal(group.lines.reduce((sum, { printedWh }) => sum + printedWh, 0n));
    }
    for (const { energyMicroWh, printedWh } of lines) {
      expect(printedWh * 1_000_000n - energyMicroWh < 1_000_000n).to.equal(true);
      expect(energyMicroWh - printedWh * 1_000_000n < 1_000_000n).to.equal(true);
    }
    expect(lines.reduce((sum, { amount }) => sum + (amount ?? 0n), 0n)).to.equal(statement.amount);
    // 10.123456789 kWh stand in it twice; one is rounded up, so that both add up. At 0.3215 it is 3.2548…, so 3.25.
    expect(lines[0]).to.include({ printedWh: 10_124n, amount: 325n, evseId: "DE*TST*E1", meter: "DOSSIER1" });
    expect(composeFleetStatement(byMeter().toReversed(), dossier.manifest, euros)).to.deep.equal(statement);
  });

  it("adds up whatever the energies are", function () {
    const [template] = sessions;
    if (template === undefined) return expect.fail("There is no session.");
    const energies = fc.array(fc.bigInt({ min: 0n, max: 10n ** 13n }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(energies, (all) => {
        const own = all.map((energy, index) => ({
          vehicle: `car ${index % 3}`,
          session: { ...template, fromMicroWh: "0", toMicroWh: energy.toString(), beginSeconds: index },
        }));
        const { groups, printedWh, amount } = composeFleetStatement(own, dossier.manifest, euros);
        const lines = groups.flatMap((group) => group.lines);
        expect(lines.reduce((sum, line) => sum + line.printedWh, 0n)).to.equal(printedWh);
        expect(lines.reduce((sum, line) => sum + (line.amount ?? 0n), 0n)).to.equal(amount);
        const exact = all.reduce((sum, energy) => sum + energy, 0n);
        expect(printedWh).to.equal((exact + 500_000n) / 1_000_000n);
      }),
    );
    return undefined;
  });

  it("puts a charge into the month of its own time zone, also where the day is another", function () {
    const [first] = sessions;
    if (first === undefined) return expect.fail("There is no session.");
    // 23:30 UTC on 31 January is February in Zurich.
    const endSeconds = Date.UTC(2026, 0, 31, 23, 30) / 1_000;
    const late = [{ vehicle: "car", session: { ...first, beginSeconds: endSeconds - 3_600, endSeconds } }];
    const monthIn = (timeZone: string): string | undefined =>
      composeFleetStatement(late, dossier.manifest, { ...bare, timeZone }).groups[0]?.month;
    expect([monthIn("UTC"), monthIn("Europe/Zurich")]).to.deep.equal(["2026-01", "2026-02"]);
    const [, line] = fleetCsvLines(
      composeFleetStatement(late, dossier.manifest, { ...bare, timeZone: "Europe/Zurich" }),
    );
    expect(line).to.contain(",2026-01-31T23:30:00+01:00,2026-02-01T00:30:00+01:00,");
    return undefined;
  });

  it("gives each charge a code that no other charge has, and that changes with everything that is said of it", function () {
    const codes = sessions.map(fleetCodeOf);
    expect(new Set(codes).size).to.equal(sessions.length);
    const [first] = sessions;
    if (first === undefined) return expect.fail("There is no session.");
    const other = { salt: `0x${"ab".repeat(32)}`, toMicroWh: "1", beginSeconds: 1, endSeconds: 2, records: [] };
    for (const [name, value] of Object.entries(other)) {
      expect(fleetCodeOf({ ...first, [name]: value }), name).to.not.equal(codes[0]);
    }
    expect(printedCode(codes[0] ?? "")).to.match(/^(?:[A-Z2-7]{5}-){3}[A-Z2-7]{5}$/u);
    return undefined;
  });

  it("is written as CSV with a row for each charge, month and the total, and takes no name for a formula", function () {
    const named = byMeter().map((one) => ({ ...one, vehicle: `=1+${one.vehicle}` }));
    const lines = fleetCsvLines(composeFleetStatement(named, dossier.manifest, euros));
    expect(lines[0]).to.equal(fleetCsvColumns.join(","));
    expect(lines).to.have.lengthOf(1 + 10 + 4 + 1);
    expect(lines[1]).to.match(/^session,'=1\+car 1,2026-01,.*,10\.124,10\.123456789,0\.321500,3\.25,EUR,UTC,/u);
    expect(lines[5]).to.match(/^month,'=1\+car 1,2026-01,,,,,19\.624,,,[0-9.]+,EUR,UTC,$/u);
    expect(lines.at(-1)).to.match(/^total,,,,,,,61\.247,,,[0-9.]+,EUR,UTC,$/u);
  });
});
