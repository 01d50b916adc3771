import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { runScript, startScript, type RunningScript, type ScriptRun } from "./run-script.ts";

type Json = Record<string, unknown>;

interface Answer {
  readonly isGood: boolean;
  readonly checks: readonly { readonly name: string; readonly outcome: string }[];
}

describe("npm run verify:receipt", function () {
  this.timeout(600_000);
  let folder = "";
  let demo: RunningScript;
  let rpcUrl = "";
  let receipts: Json[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "wattproof-receipt-"));
    demo = startScript("start", ["--data", join(folder, "data")]);
    const line = await demo.line(/^The service is at/u);
    rpcUrl = /the chain at (\S+),/u.exec(line)?.[1] ?? "";
    const path = join(folder, "data", "receipts");
    receipts = readdirSync(path).map((name) => JSON.parse(readFileSync(join(path, name), "utf8")) as Json);
  });

  after(async () => {
    demo.child.kill("SIGTERM");
    await demo.finished;
    rmSync(folder, { recursive: true, force: true });
  });

  async function verify(receipt: unknown, ...extra: string[]): Promise<ScriptRun> {
    const path = join(folder, "receipt.json");
    writeFileSync(path, JSON.stringify(receipt));

    return runScript("verify:receipt", [path, "--rpc", rpcUrl, "--json", ...extra]);
  }

  /** The names of the checks that fail. */
  async function failuresOf(receipt: unknown, ...extra: string[]): Promise<string[]> {
    const run = await verify(receipt, ...extra);
    const answer = JSON.parse(run.stdout) as Answer;
    expect(run.code).to.equal(answer.isGood ? 0 : 1);

    return answer.checks.filter(({ outcome }) => outcome === "fails").map(({ name }) => name);
  }

  const pick = (curve: string): Json => {
    const receipt = receipts.find(
      ({ meter, challenges }) => (meter as Json)["curve"] === curve && (challenges as Json[]).length === 0,
    );
    expect(receipt, curve).not.to.equal(undefined);

    return structuredClone(receipt ?? {});
  };
  /** A receipt of one whole record on secp256r1, changed. */
  const changed = (change: (receipt: Json) => void): Json => {
    const receipt = structuredClone(
      receipts.find(
        ({ meter, records, chargedMicro, holdMicro, challenges }) =>
          (meter as Json)["curve"] === "secp256r1" &&
          (records as unknown[]).length === 1 &&
          chargedMicro !== holdMicro &&
          (challenges as Json[]).length === 0,
      ) ?? {},
    );
    change(receipt);

    return receipt;
  };
  const part = (receipt: Json, name: string): Json => receipt[name] as Json;

  it("cannot check what it is not given, cannot read or cannot ask", async () => {
    expect((await runScript("verify:receipt", ["--rpc", rpcUrl])).code).to.equal(2);
    expect((await runScript("verify:receipt", [join(folder, "none.json"), "--rpc", rpcUrl])).code).to.equal(2);
    const path = join(folder, "receipt.json");
    writeFileSync(path, "{");
    expect((await runScript("verify:receipt", [path, "--rpc", rpcUrl])).code).to.equal(2);
    writeFileSync(path, JSON.stringify(receipts[0]));
    expect((await runScript("verify:receipt", [path])).code).to.equal(2);
    expect((await runScript("verify:receipt", [path, "--rpc", "http://127.0.0.1:1"])).code).to.equal(2);
  });

  it("refuses what has not the form of a receipt", async () => {
    expect(await failuresOf({})).to.deep.equal(["form"]);
    expect(await failuresOf(changed((receipt) => (receipt["surplus"] = 1)))).to.deep.equal(["form"]);
    const driver = (receipt: Json): string => part(receipt, "terms")["driver"] as string;
    const otherLetter = (letter: string): string =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
    // None of these is a value that a contract takes: another checksum, and more bits than there are.
    for (const change of [
      (receipt: Json) =>
        (part(receipt, "terms")["driver"] = driver(receipt).replace(/[a-f](?=[^a-f]*$)/iu, otherLetter)),
      (receipt: Json) => (part(receipt, "terms")["holdMicro"] = "9".repeat(39)),
      (receipt: Json) => (part(receipt, "terms")["lane"] = "4294967296"),
      (receipt: Json) => (part(receipt, "tariff")["flatFeeMicro"] = "9".repeat(20)),
      (receipt: Json) => (part(receipt, "tariff")["energyTaxBps"] = 65_536),
      (receipt: Json) => (part(receipt, "opening")["salt"] = 2 ** 24),
      (receipt: Json) => (part(receipt, "meter")["number"] = 2 ** 40),
    ]) {
      expect(await failuresOf(changed(change)), String(change)).to.deep.equal(["form"]);
    }
  });

  it("refuses a receipt of the form before sessions told when they opened, and says so", async () => {
    const older = changed((receipt) => {
      receipt["version"] = 2;
      delete part(receipt, "opening")["openedAt"];
      delete part(receipt, "opening")["salt"];
    });
    const path = join(folder, "older.json");
    writeFileSync(path, JSON.stringify(older));
    const { code, stdout } = await runScript("verify:receipt", [path, "--rpc", rpcUrl]);
    expect(code).to.equal(1);
    expect(stdout).to.include("version 2 is of contracts that did not tell when a session opened");
  });

  const forgeries: readonly (readonly [title: string, change: (receipt: Json) => void, failing: readonly string[]])[] =
    [
      [
        "other terms",
        (receipt) => (part(receipt, "terms")["expiresAt"] = "1999999999"),
        ["session id", "opening: event"],
      ],
      ["another idTag", (receipt) => (receipt["idTag"] = "AAAAAAAAAAAAAAAAAAAA"), ["idTag", "record 1: idTag"]],
      [
        "a cheaper tariff",
        (receipt) => (part(receipt, "tariff")["priceNanoPerKwh"] = "1000"),
        ["tariff", "price", "charged", "returned"],
      ],
      [
        "another charge",
        (receipt) => {
          receipt["chargedMicro"] = (BigInt(receipt["chargedMicro"] as string) + 1n).toString();
          receipt["returnedMicro"] = (BigInt(receipt["returnedMicro"] as string) - 1n).toString();
        },
        ["charged", "returned", "settlement: event"],
      ],
      [
        "more energy than the meter signed",
        (receipt) => (receipt["energyMicroWh"] = (BigInt(receipt["energyMicroWh"] as string) * 2n).toString()),
        ["energy", "price", "charged", "returned", "settlement: event"],
      ],
      [
        "a record with other energy",
        (receipt) => {
          const [record] = receipt["records"] as Json[];
          if (record !== undefined) record["text"] = (record["text"] as string).replace(/"RV":([0-9])/u, '"RV":9$1');
        },
        ["record 1: signature and content"],
      ],
      [
        "another hash of the record",
        (receipt) => {
          const [record] = receipt["records"] as Json[];
          if (record !== undefined) record["sha256"] = "00".repeat(32);
        },
        ["record 1: sha256"],
      ],
      [
        "another meter key",
        (receipt) =>
          (receipt["meter"] = { ...part(pick("secp256k1"), "meter"), number: part(receipt, "meter")["number"] }),
        ["record 1: signature and content", "meter key"],
      ],
      [
        "another transaction",
        (receipt) => (part(receipt, "transaction")["hash"] = part(receipt, "opening")["hash"]),
        ["settlement: block", "settlement: event"],
      ],
      [
        "another time of the opening",
        (receipt) => (part(receipt, "opening")["openedAt"] = Number(part(receipt, "opening")["openedAt"]) + 1),
        ["idTag", "opening: group"],
      ],
      [
        "another salt of the opening",
        (receipt) => (part(receipt, "opening")["salt"] = (Number(part(receipt, "opening")["salt"]) + 1) % 2 ** 24),
        ["idTag", "opening: group"],
      ],
      ["another place of the opening", (receipt) => (part(receipt, "opening")["logIndex"] = 99), ["opening: event"]],
      ["another chain", (receipt) => (receipt["chainId"] = 1), ["session id", "chain"]],
      [
        "another meter registry",
        (receipt) => (part(receipt, "contracts")["meterRegistry"] = part(receipt, "contracts")["tariffRegistry"]),
        [
          "contract meterSettlement: meterRegistry",
          "contract meterRegistry: oracleCommittee",
          "meter key",
          "meter at EVSE",
          "EVSE of operator",
          "meter valid",
          "meter provenance",
        ],
      ],
    ];
  for (const [title, change, failing] of forgeries) {
    it(`notices ${title}`, async () => {
      expect(await failuresOf(changed(change))).to.deep.equal(failing);
    });
  }

  it("knows a session that a challenge has put right, and notices another price or refund in it", async () => {
    const challenged = receipts.find(({ challenges }) => (challenges as Json[]).length === 1) ?? {};
    const [first] = challenged["challenges"] as Json[];
    const challenge = (change: Json): unknown => ({ ...challenged, challenges: [{ ...first, ...change }] });

    expect(await failuresOf(challenged)).to.deep.equal([]);
    expect(await failuresOf(challenge({ provenMicro: "5437431" }))).to.deep.equal([
      "proven price",
      "challenge: event",
      "challenge: refund",
      "challenge: sum",
    ]);
    expect(await failuresOf(challenge({ paidMicro: "9977631" }))).to.deep.equal([
      "challenge: event",
      "challenge: charged",
      "challenge: refund",
    ]);
    expect(await failuresOf({ ...challenged, refundedMicro: "4540201" })).to.deep.equal(["challenge: sum"]);
    expect(await failuresOf({ ...challenged, challenges: [], refundedMicro: "0" })).to.deep.equal([
      "energy",
      "energy as text",
    ]);
  });

  it("notices contracts that are not those of a deployment that is trusted", async () => {
    const path = join(folder, "trusted.json");
    const { contracts, ...rest } = JSON.parse(readFileSync(join(folder, "data", "deployment.json"), "utf8")) as {
      contracts: Json;
    };
    writeFileSync(path, JSON.stringify({ ...rest, contracts: { ...contracts, erc20: contracts["oracleCommittee"] } }));

    expect(
      await failuresOf(
        changed(() => undefined),
        "--deployment",
        path,
      ),
    ).to.deep.equal(["trusted contracts"]);
    // In whatever order they stand.
    const reversed = (receipt: Json): void => {
      receipt["contracts"] = Object.fromEntries(Object.entries(part(receipt, "contracts")).reverse());
    };
    for (const change of [() => undefined, reversed]) {
      const extra = ["--deployment", join(folder, "data", "deployment.json")];
      expect(await failuresOf(changed(change), ...extra)).to.deep.equal([]);
    }
  });

  it("notices that records are missing where the transaction proves nothing either", async () => {
    expect(await failuresOf(changed((receipt) => (receipt["records"] = [])))).to.deep.equal(["energy"]);
  });

  it("accepts the receipts of every curve, of one record and of two, and of none that the contract has seen", async () => {
    const seen = new Set<string>();
    for (const receipt of receipts) {
      const kind = `${String((receipt["meter"] as Json)["curve"])} ${(receipt["records"] as unknown[]).length}`;
      if (!seen.has(kind)) {
        seen.add(kind);
        expect(await failuresOf(receipt), kind).to.deep.equal([]);
      }
    }
    expect(seen.size).to.equal(9);
  });
});
