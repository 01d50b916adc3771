import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { z } from "zod";

import { createServiceJudge } from "../../../../../services/evidence/judge.ts";
import { judgeDocket, readManifest, type DocketLine } from "../../../../../services/evidence/manifest.ts";
import { verifier } from "../../../../helpers/ocmf.ts";

const shared = process.env["WATTPROOF_SHARED"] ?? fileURLToPath(new URL("../../../../../../shared", import.meta.url));

const expectations = z.object({
  records: z.array(
    z.object({
      file: z.string(),
      expected: z.object({
        accept: z.enum(["must", "must-not", "policy"]),
        energy: z.object({ deltaWh: z.string().nullable() }).nullable(),
      }),
    }),
  ),
  sessions: z.array(
    z.object({
      id: z.string(),
      expected: z.object({ accept: z.enum(["must", "must-not", "policy"]), deltaWh: z.string().optional() }),
    }),
  ),
});

/** Judges a manifest of that form and returns each answer beside what the manifest expects. */
async function judgeManifest(path: string): Promise<{ accept: string; energyWh: string | null; line: DocketLine }[]> {
  const { records, sessions } = expectations.parse(JSON.parse(await readFile(path, "utf8")));
  const lines = await judgeDocket(await readManifest(path), createServiceJudge(verifier));
  const wanted = [
    ...records.map(({ file, expected }) => ({
      id: file,
      accept: expected.accept,
      energyWh: expected.energy?.deltaWh ?? null,
    })),
    ...sessions.map(({ id, expected }) => ({ id, accept: expected.accept, energyWh: expected.deltaWh ?? null })),
  ];
  expect(lines.map(({ id }) => id)).to.deep.equal(wanted.map(({ id }) => id));
  return wanted.map(({ accept, energyWh }, index) => {
    const line = lines[index];
    if (line === undefined) throw new RangeError("fewer answers than records");
    return { accept, energyWh, line };
  });
}

for (const [name, path] of [
  ["our own vectors", fileURLToPath(new URL("../../../../vectors/ocmf/manifest.json", import.meta.url))],
  ["the shared sample set", `${shared}/ocmf/manifest.json`],
] as const) {
  describe(`OCMF verifier on ${name}`, () => {
    let answers: Awaited<ReturnType<typeof judgeManifest>> = [];

    before(async function () {
      if (!existsSync(path)) {
        console.warn(`      ${path} is not there`);
        this.skip();
      }
      answers = await judgeManifest(path);
    });

    it("refuses everything that must not be accepted", () => {
      const others = answers.filter(({ accept, line }) => accept === "must-not" && line.verdict !== "refused");
      expect(others).to.deep.equal([]);
      expect(answers.filter(({ accept }) => accept === "must-not")).not.to.deep.equal([]);
    });

    it("accepts everything that must be accepted, with the exact energy", () => {
      const others = answers.filter(
        ({ accept, energyWh, line }) =>
          accept === "must" && (line.verdict !== "accepted" || line.energyWh !== energyWh),
      );
      expect(others).to.deep.equal([]);
      expect(answers.filter(({ accept }) => accept === "must")).not.to.deep.equal([]);
    });

    it("never gives another energy where accepting is a matter of policy", () => {
      const others = answers.filter(
        ({ accept, energyWh, line }) =>
          accept === "policy" && line.verdict === "accepted" && line.energyWh !== energyWh,
      );
      expect(others).to.deep.equal([]);
    });

    it("decides matters of policy as docs/ocmf.md says", async () => {
      const documented = await readFile(new URL("../../../../../docs/ocmf.md", import.meta.url), "utf8");
      const rows = new Map(
        [...documented.matchAll(/^\| `([^`]+)` +\| (accepted|refused|unsupported) /gm)].map((row) => [row[1], row[2]]),
      );
      const differing = answers
        .filter(({ accept }) => accept === "policy")
        .map(({ line }) => ({ id: line.id.replace(/^records\/(.*)\.ocmf$/, "$1"), verdict: line.verdict }))
        .filter(({ id, verdict }) => rows.get(id) !== verdict);
      expect(differing).to.deep.equal([]);
    });
  });
}
