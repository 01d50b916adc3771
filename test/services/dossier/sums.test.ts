import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";

import { isShown, type Dossier } from "../../../services/dossier/format/dossier-schema.ts";
import { leafTypes, leafValueOf, monthNumberOf, rootLeafTypes } from "../../../services/dossier/format/leaves.ts";
import { leastSessionsOfCell, summaryOf } from "../../../services/dossier/format/totals.ts";
import { charge, createMeter, dossierOf, judge, usualDossier, yearSeconds } from "../../helpers/dossier-world.ts";

/*
 * The second opinion: sums from the text of the records alone, by an arithmetic of its own (kilowatt-hours as digits, nine
 * behind the point), which shares no code with the service. It believes that signatures are good; the verifier checks them.
 */
function sumsOfRecords(text: string): { readonly microWh: bigint; readonly byMonth: Readonly<Record<string, bigint>> } {
  const parsed = JSON.parse(text) as {
    months: { sessions: { records: { text: string }[] }[] }[];
  };
  const byMonth: Record<string, bigint> = {};
  let microWh = 0n;
  for (const { sessions } of parsed.months) {
    for (const { records } of sessions) {
      const readings = records.flatMap(
        (record) =>
          (JSON.parse(record.text.slice(5, record.text.lastIndexOf("|"))) as { RD: { TM: string; RV: number }[] }).RD,
      );
      const values = records
        .flatMap((record) => [...record.text.matchAll(/"RV":(?<whole>\d+)(?:\.(?<part>\d+))?/gu)])
        .map(({ groups }) => BigInt((groups?.["whole"] ?? "") + (groups?.["part"] ?? "").padEnd(9, "0")));
      const energy = (values.at(-1) ?? 0n) - (values[0] ?? 0n);
      // The meter writes local time; in these tests an hour ahead of UTC, and never within an hour of midnight.
      const month = (readings.at(-1)?.TM ?? "").slice(0, 7);
      byMonth[month] = (byMonth[month] ?? 0n) + energy;
      microWh += energy;
    }
  }
  return { microWh, byMonth };
}

describe("The sums of a dossier", function () {
  it("are those that an independent reader of the records gets", async function () {
    const dossier = usualDossier();
    const independent = sumsOfRecords(JSON.stringify(dossier));
    const { totals, verdict } = await judge(dossier);
    expect(verdict).to.equal("accepted");
    expect(totals.claimableMicroWh).to.equal(independent.microWh.toString());
    const cells = dossier.totals?.cells ?? [];
    for (const [month, energy] of Object.entries(independent.byMonth)) {
      const sum = cells
        .filter((cell) => cell.month === month)
        .reduce((total, { claimableMicroWh }) => total + BigInt(claimableMicroWh), 0n);
      expect([month, sum]).to.deep.equal([month, energy]);
    }
    expect(Object.keys(independent.byMonth)).to.deep.equal(["2026-01", "2026-02"]);
  });

  it("with the gaps are the difference of the registers, meter by meter and month by month", function () {
    for (const month of usualDossier().totals?.months ?? []) {
      const { openingMicroWh, closingMicroWh, sessionsMicroWh, gapsMicroWh } = month;
      const difference = BigInt(closingMicroWh ?? 0) - BigInt(openingMicroWh ?? 0);
      expect(difference).to.equal(BigInt(sessionsMicroWh) + BigInt(gapsMicroWh));
    }
  });

  it("begin each month where the month before ended, and say what lies between", function () {
    const [january, february] = usualDossier().months;
    expect(february?.openingMicroWh).to.equal(january?.closingMicroWh);
    const reasons = january?.gaps.map(({ reason, fromMicroWh, toMicroWh }) => [
      reason,
      (BigInt(toMicroWh) - BigInt(fromMicroWh)).toString(),
    ]);
    // What the meter signed between the sessions was no session, so a number of its pagination is missing.
    expect(reasons).to.deep.equal([
      ["lost-records", "5000001"],
      ["excluded", "3000000000"],
    ]);
  });

  it("has roots that OpenZeppelin's standard tree gives for the same values", function () {
    const dossier = usualDossier();
    const roots = dossier.months.map(({ meter, month, root, sessions }) => {
      const tree = StandardMerkleTree.of(sessions.filter(isShown).map(leafValueOf), [...leafTypes]);
      expect(root).to.equal(tree.root);
      return [meter, monthNumberOf(month), root];
    });
    expect(dossier.totals?.root).to.equal(StandardMerkleTree.of(roots, [...rootLeafTypes]).root);
  });

  it("of a meter whose register starts over with each session need no register, but every page", async function () {
    const dossier = restarting();
    expect(dossier.months[0]).to.include({ openingMicroWh: null, closingMicroWh: null });
    expect(dossier.months[0]?.gaps.map(({ reason }) => reason)).to.deep.equal(["lost-records"]);
    const { reasons } = await judge(dossier);
    // The simulated meter has no such register; everything else has to hold.
    expect([...new Set(reasons.map(({ code }) => code))]).to.deep.equal(["DOSSIER_ENERGY_DIFFERS"]);
  });

  function restarting(): Dossier {
    const meter = createMeter(1);
    for (const at of [1_000, 11_000, 21_000]) {
      charge(meter, { atSeconds: yearSeconds + at, energyMicroWh: 1_000_000_000n });
      if (at === 11_000) meter.simulated.step({ idTag: "", transaction: "C", energyMicroWh: 0n, epochSeconds: 1 });
    }
    meter.found = meter.found.map((one) =>
      one.kind === "unproven"
        ? one
        : {
            ...one,
            session: { ...one.session, fromMicroWh: "0", toMicroWh: "1000000000" },
            identity: { ...one.identity, restartsWithTransaction: true },
          },
    );
    return dossierOf([meter]);
  }

  it("show no cell with fewer than five sessions to the public", function () {
    const meter = createMeter(1);
    for (let index = 0; index < 7; index += 1) {
      charge(meter, { atSeconds: yearSeconds + index * 10_000, energyMicroWh: 1_000n });
    }
    charge(meter, { atSeconds: yearSeconds + 40 * 86_400, energyMicroWh: 10n });
    const other = createMeter(2);
    for (let index = 0; index < 5; index += 1) {
      charge(other, { atSeconds: yearSeconds + index * 10_000, energyMicroWh: 1n });
    }
    const { totals } = dossierOf([meter, other]);
    if (totals === null) throw new Error("There are no totals");
    const { cells } = summaryOf(totals);
    expect(cells.every(({ sessions }) => sessions >= leastSessionsOfCell)).to.equal(true);
    expect(cells.reduce((sum, { sessions }) => sum + sessions, 0)).to.equal(13);
    expect(cells).to.deep.include({ evse: null, month: null, claimableMicroWh: "15", sessions: 6 });
  });
});
