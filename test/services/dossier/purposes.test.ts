import { readdirSync } from "node:fs";

import { expect } from "chai";

import type { Dossier } from "../../../services/dossier/format/dossier-schema.ts";
import { readDossier } from "../../../services/dossier/format/read-dossier.ts";
import { findPurpose, listPurposes } from "../../../services/dossier/purposes/purpose.ts";
import { rowsOf, type ColumnCell } from "../../../services/dossier/purposes/rows.ts";
import { WattproofError } from "../../../services/errors.ts";
import { bytesOf, usualDossier } from "../../helpers/dossier-world.ts";

async function tableOf(dossier: Dossier, id: string): Promise<readonly (readonly ColumnCell[])[]> {
  const purpose = findPurpose(id) ?? expect.fail(`${id} has no columns`);
  const rows: (readonly ColumnCell[])[] = [];
  for await (const row of rowsOf(readDossier([bytesOf(dossier)]), purpose)) rows.push(row);
  return rows;
}

/** The energy of each row, whatever its unit. */
function energies(rows: readonly (readonly ColumnCell[])[]): readonly bigint[] {
  return rows.map((row) => row.flatMap((cell) => (cell.kind === "energy" ? [cell.microWh] : []))[0] ?? -1n);
}

describe("The purposes of dossiers", function () {
  it("are one file each, with a source for every column, and none has a column twice", function () {
    const purposes = listPurposes();
    const files = readdirSync(new URL("../../../services/dossier/purposes/", import.meta.url));
    expect(files.filter((name) => name.endsWith(".json"))).to.have.length(purposes.length);
    for (const { id, columns } of purposes) {
      const names = columns.map(({ name }) => name);
      expect(new Set(names).size, id).to.equal(names.length);
      expect(
        columns.filter(({ source }) => source.trim() === ""),
        id,
      ).to.deep.equal([]);
      expect(columns.filter((column) => (column.content === "identifier") !== "identifier" in column)).to.deep.equal(
        [],
      );
    }
  });

  it("are found by their beginning, and refused where nobody knows them", function () {
    expect(findPurpose("US-CA-LCFS-2026Q4")?.id).to.equal("US-CA-LCFS");
    expect(findPurpose("FLEET")?.id).to.equal("FLEET");
    expect(findPurpose("X-OURS")).to.equal(null);
    expect(() => findPurpose("FLEETING")).to.throw(WattproofError, "DOSSIER_PURPOSE_UNKNOWN");
  });

  it("have rows whose energy is that of the dossier, whatever a row is", async function () {
    const dossier = usualDossier();
    for (const { id, row } of listPurposes()) {
      const rows = await tableOf(dossier, id);
      const sum = energies(rows).reduce((total, energy) => total + energy, 0n);
      // A reading is no sum of sessions.
      if (row !== "meter-and-period")
        expect([id, sum.toString()]).to.deep.equal([id, dossier.totals?.claimableMicroWh]);
      expect([id, rows.length]).to.deep.equal([
        id,
        { "evse-and-month": 4, "evse-and-quarter": 2, "meter-and-period": 2, session: 10 }[row],
      ]);
    }
  });

  it("show readings whose difference is what sessions and gaps add up to", async function () {
    const [row = []] = await tableOf(usualDossier(), "FR-TIRUERT");
    const values = new Map(
      findPurpose("FR-TIRUERT")?.columns.map(({ content }, index) => [content, row[index]] as const),
    );
    const of = (content: "closing-kwh" | "opening-kwh" | "kwh" | "gaps-kwh"): bigint => {
      const cell = values.get(content);
      return cell?.kind === "energy" ? cell.microWh : -1n;
    };
    expect(of("closing-kwh") - of("opening-kwh")).to.equal(of("kwh") + of("gaps-kwh"));
  });

  it("show what a purpose asks for besides, from the manifest", async function () {
    const [row = []] = await tableOf(usualDossier(), "NL-ERE");
    expect(row[0]).to.deep.equal({ kind: "text", text: "87123456789012341" });
  });
});
