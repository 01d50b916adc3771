import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { z } from "zod";

const script = fileURLToPath(new URL("../../scripts/verify-ocmf.ts", import.meta.url));
const vectors = fileURLToPath(new URL("../vectors/ocmf/", import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const lineSchema = z.strictObject({
  id: z.string(),
  verdict: z.enum(["accepted", "refused", "unsupported"]),
  reason: z.string().nullable(),
  energyWh: z.string().nullable(),
});

function run(...parameters: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, ...parameters]);
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output.stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (output.stderr += chunk));
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code, ...output });
    });
  });
}

function linesOf({ stdout }: Outcome): z.infer<typeof lineSchema>[] {
  expect(stdout.endsWith("\n")).to.equal(true);
  return stdout
    .slice(0, -1)
    .split("\n")
    .map((line) => lineSchema.parse(JSON.parse(line)));
}

describe("Command verify:ocmf", () => {
  let folder = "";
  let key = "";

  const write = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "wattproof-verify-ocmf-"));
    await cp(vectors, folder, { recursive: true });
    const manifest = z
      .object({ records: z.array(z.object({ file: z.string(), publicKey: z.string().nullable() })) })
      .parse(JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")));
    key = manifest.records.find(({ file }) => file === "records/exponent.ocmf")?.publicKey ?? "";
  });

  after(() => rm(folder, { recursive: true }));

  const misuses: readonly (readonly [string, () => Promise<readonly string[]>, string])[] = [
    ["no file", () => Promise.resolve([]), "Run it with --help"],
    ["two files", () => Promise.resolve(["a", "b"]), "Run it with --help"],
    ["an unknown option", () => Promise.resolve(["a", "--strict"]), "Run it with --help"],
    ["a key option without key", () => Promise.resolve(["a", "--key"]), "Run it with --help"],
    ["a manifest that is not there", () => Promise.resolve([join(folder, "none.json")]), "OCMF_INPUT_UNREADABLE"],
    ["a folder", () => Promise.resolve([folder]), "OCMF_INPUT_UNREADABLE"],
    [
      "a record that is not there",
      () => Promise.resolve([join(folder, "none"), "--key", "00"]),
      "OCMF_INPUT_UNREADABLE",
    ],
    ["a record without key", () => Promise.resolve([join(folder, "records/exponent.ocmf")]), "OCMF_MANIFEST_INVALID"],
    ["a manifest that is no JSON", async () => [await write("a.json", "{")], "OCMF_MANIFEST_INVALID"],
    [
      "a manifest that is not UTF-8",
      async () => {
        await writeFile(join(folder, "b.json"), Uint8Array.of(0xff));
        return [join(folder, "b.json")];
      },
      "OCMF_MANIFEST_INVALID",
    ],
    ["a manifest without records", async () => [await write("c.json", '{"sessions":[]}')], "OCMF_MANIFEST_INVALID"],
    [
      "a record without file",
      async () => [await write("d.json", '{"records":[{"publicKey":"00"}]}')],
      "OCMF_MANIFEST_INVALID",
    ],
    [
      "a key that is no text",
      async () => [await write("e.json", '{"records":[{"file":"a","publicKey":1}]}')],
      "OCMF_MANIFEST_INVALID",
    ],
    [
      "a manifest that names a file that is not there",
      async () => [await write("f.json", '{"records":[{"file":"records/none.ocmf"}]}')],
      "OCMF_INPUT_UNREADABLE",
    ],
    [
      "a session that names no record of the manifest",
      async () => [await write("g.json", '{"records":[],"sessions":[{"id":"s","records":["records/exponent.ocmf"]}]}')],
      "OCMF_MANIFEST_INVALID",
    ],
  ];
  for (const [what, parameters, message] of misuses) {
    it(`ends with exit code 2 and nothing on stdout for ${what}`, async () => {
      const outcome = await run(...(await parameters()), "--json");
      expect({ code: outcome.code, stdout: outcome.stdout }).to.deep.equal({ code: 2, stdout: "" });
      expect(outcome.stderr).to.contain(message);
    });
  }

  it("says which file cannot be read", async () => {
    const path = await write("h.json", '{"records":[{"file":"records/exponent.ocmf"},{"file":"records/none.ocmf"}]}');
    expect((await run(path, "--json")).stderr).to.contain(join(folder, "records/none.ocmf"));
  });

  it("prints one JSON object per record and then per session, in the order of the manifest", async () => {
    const outcome = await run(join(folder, "manifest.json"), "--json");
    expect({ code: outcome.code, stderr: outcome.stderr }).to.deep.equal({ code: 0, stderr: "" });
    const { records, sessions } = z
      .object({ records: z.array(z.object({ file: z.string() })), sessions: z.array(z.object({ id: z.string() })) })
      .parse(JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")));
    const lines = linesOf(outcome);
    expect(lines.map(({ id }) => id)).to.deep.equal([
      ...records.map(({ file }) => file),
      ...sessions.map(({ id }) => id),
    ]);
    expect(outcome.stdout.split("\n")[0]).to.equal(
      '{"id":"records/complete-secp192k1.ocmf","verdict":"accepted","reason":null,"energyWh":"12345"}',
    );
    const chosen = ["records/begin-only.ocmf", "records/no-key.ocmf", "records/fiscal.ocmf", "pair", "gap"];
    expect(lines.filter(({ id }) => chosen.includes(id))).to.deep.equal([
      { id: "records/begin-only.ocmf", verdict: "accepted", reason: null, energyWh: null },
      { id: "records/no-key.ocmf", verdict: "refused", reason: "OCMF_KEY_MISSING", energyWh: null },
      { id: "records/fiscal.ocmf", verdict: "refused", reason: "OCMF_FISCAL_RECORD", energyWh: null },
      { id: "pair", verdict: "accepted", reason: null, energyWh: "12345" },
      { id: "gap", verdict: "refused", reason: "OCMF_SESSION_PAGINATION_GAP", energyWh: null },
    ]);
  });

  it("does not read what a manifest expects, and needs no more than files and keys", async () => {
    const path = await write(
      "i.json",
      JSON.stringify({
        records: [
          { file: "records/exponent.ocmf", publicKey: key, expected: { accept: "must-not", energy: { deltaWh: "1" } } },
          { file: "./records/exponent.ocmf", publicKey: null },
          { file: "records/exponent.ocmf" },
        ],
        sessions: null,
      }),
    );
    expect(linesOf(await run(path, "--json"))).to.deep.equal([
      { id: "records/exponent.ocmf", verdict: "accepted", reason: null, energyWh: "12345" },
      { id: "./records/exponent.ocmf", verdict: "refused", reason: "OCMF_KEY_MISSING", energyWh: null },
      { id: "records/exponent.ocmf", verdict: "refused", reason: "OCMF_KEY_MISSING", energyWh: null },
    ]);
  });

  it("prints nothing for a manifest of nothing", async () => {
    const outcome = await run(await write("j.json", '{"records":[]}'), "--json");
    expect(outcome).to.deep.equal({ code: 0, stdout: "", stderr: "" });
  });

  it("judges one record by its key, under the path as given", async () => {
    const path = join(folder, "records/exponent.ocmf");
    expect(linesOf(await run(path, "--key", key, "--json"))).to.deep.equal([
      { id: path, verdict: "accepted", reason: null, energyWh: "12345" },
    ]);
    expect(linesOf(await run("--json", "--key=", path))).to.deep.equal([
      { id: path, verdict: "refused", reason: "OCMF_KEY_MISSING", energyWh: null },
    ]);
  });

  it("adds the sums for people where not nothing but JSON is asked for", async () => {
    const path = join(folder, "manifest.json");
    const { code, stdout, stderr } = await run(path);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "23 accepted, 14 refused, 0 unsupported\n" });
    expect(stdout).to.equal((await run(path, "--json")).stdout);
  });

  it("lets the contract judge, which never accepts what the service refuses", async () => {
    const path = join(folder, "manifest.json");
    const [service, contract] = [await run(path, "--json"), await run(path, "--json", "--on-chain")];

    expect({ code: contract.code, stderr: contract.stderr }).to.deep.equal({ code: 0, stderr: "" });
    const answers = linesOf(contract);
    const compared = linesOf(service).map((line, index) => {
      const answer = answers[index];
      return answer?.verdict === "unsupported" ? { ...line, ...answer } : line;
    });
    expect(answers.map(({ id, verdict, energyWh }) => ({ id, verdict, energyWh }))).to.deep.equal(
      compared.map(({ id, verdict, energyWh }) => ({ id, verdict, energyWh })),
    );
    const chosen = ["records/complete-secp192k1.ocmf", "records/complete-secp256r1.ocmf", "pair", "gap"];
    expect(answers.filter(({ id }) => chosen.includes(id))).to.deep.equal([
      {
        id: "records/complete-secp192k1.ocmf",
        verdict: "unsupported",
        reason: "OCMF_CURVE_UNSUPPORTED",
        energyWh: null,
      },
      { id: "records/complete-secp256r1.ocmf", verdict: "accepted", reason: null, energyWh: "12345" },
      { id: "pair", verdict: "accepted", reason: null, energyWh: "12345" },
      { id: "gap", verdict: "refused", reason: "OCMF_SESSION_PAGINATION_GAP", energyWh: null },
    ]);
  });

  it("does not let a file name write to the terminal", async () => {
    const path = await write("k.json", '{"records":[],"sessions":[{"id":"\\u001b[2Ja","records":[]}]}');
    expect((await run(path)).stdout).to.contain('{"id":"\\u001b[2Ja","verdict":"refused"');
  });

  it("says with --help how verify:ocmf is used", async () => {
    const { code, stdout, stderr } = await run("--help");
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    expect(stdout).to.contain("npm run -s verify:ocmf -- <manifest>");
  });
});
