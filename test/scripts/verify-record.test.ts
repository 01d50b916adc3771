import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { signedSamples } from "../../scripts/simulator/formats/signed-samples.ts";

const script = fileURLToPath(new URL("../../scripts/verify-record.ts", import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly stderr: string;
}

function run(...parameters: readonly string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", script, ...parameters],
    { encoding: "utf8" },
  );
  const lines = stdout.split("\n").filter((line) => line !== "");
  return { code: status, lines: lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>), stderr };
}

describe("Command verify:record", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "wattproof-verify-record-"));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it("writes a line for each value and one for the session, and ends with 0 although a value is refused", async () => {
    const sample = signedSamples().find(({ name }) => name === "Mennekes");
    const text = Buffer.from(sample?.file ?? []).toString();
    const [good, bad] = [join(folder, "good.xml"), join(folder, "bad.xml")];
    await writeFile(good, text);
    await writeFile(bad, text.replace("<Value>519116<", "<Value>519117<"));

    expect(run(good, "--json", "--key", sample?.key ?? "")).to.deep.include({
      code: 0,
      lines: [
        { id: `${good}#value-1`, format: "Mennekes", verdict: "accepted", reason: null, energyWh: null },
        { id: `${good}#value-2`, format: "Mennekes", verdict: "accepted", reason: null, energyWh: null },
        { id: `${good}#session-1`, format: "Mennekes", verdict: "accepted", reason: null, energyWh: "1419" },
      ],
    });
    const refused = run(bad, "--json");
    expect(refused.code).to.equal(0);
    expect(refused.lines.map(({ reason, keyFrom }) => [reason, keyFrom])).to.deep.equal([
      ["SIGNED_VALUE_SIGNATURE_MISMATCH", "file"],
      [null, "file"],
      ["SIGNED_VALUE_SIGNATURE_MISMATCH", "file"],
    ]);
  });

  it("takes the signature from the file beside it and the key as PEM", async () => {
    const sample = signedSamples().find(({ name }) => name === "ChargePoint");
    const path = join(folder, "secrrct");
    await writeFile(path, sample?.file ?? "");
    await writeFile(`${path}.sign`, sample?.signature ?? "");
    const base64 = Buffer.from(sample?.key ?? "", "hex").toString("base64");
    const pem = `-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----\n`;

    const { code, lines } = run(path, "--json", "--key", pem);

    expect(code).to.equal(0);
    expect(lines.map(({ id, verdict, energyWh }) => [id, verdict, energyWh])).to.deep.equal([
      [path, "accepted", "8500"],
      [`${path}#session-1`, "accepted", "8500"],
    ]);
  });

  it("ends with 2 for a file that cannot be read", () => {
    const { code, lines, stderr } = run(join(folder, "nothing"), "--json");

    expect(code).to.equal(2);
    expect(`${JSON.stringify(lines)}${stderr}`).to.contain("INPUT_UNREADABLE");
  });
});
