import { execFileSync, spawn } from "node:child_process";

import { expect } from "chai";
import { z } from "zod";

import { generateMeterKey } from "../../../scripts/simulator/demo-key.ts";
import { createSimulatedMeter } from "../../../scripts/simulator/meter.ts";
import { developmentKey, errorCodeOf, errorDetailOf, openOperatorWorld, type OperatorWorld } from "./operator-world.ts";

describe("wattproof: partners, oracles", function () {
  this.timeout(300_000);
  let world: OperatorWorld;

  before(async () => {
    world = await openOperatorWorld({ oracleCount: 2, threshold: 2 });
  });
  after(async () => {
    await world.close();
  });

  it("proposes an agreement, which binds when its partner has signed", async () => {
    const { driver: partner, operator } = world.chain;
    const propose = ["partners", "propose", "--share", `${partner}=1500`];
    const [tooMuch, none, unknown] = await Promise.all([
      world.runJson([...propose, "--share", `${operator}=9000`]),
      world.runJson(["partners", "propose"]),
      world.runJson(["partners", "show", "77"]),
    ]);
    expect([tooMuch, none, unknown].map((run) => [run.code, errorCodeOf(run)])).to.deep.equal([
      [2, "USAGE_INVALID"],
      [2, "USAGE_INVALID"],
      [1, "REGISTRY_ENTRY_UNKNOWN"],
    ]);
    const head = await world.headBlock();
    expect((await world.runJson([...propose, "--dry-run"])).document).to.deep.include({ agreement: 1 });
    expect(await world.headBlock()).to.equal(head);
    expect((await world.runJson(propose)).document).to.deep.include({ agreement: 1, operator });

    const stranger = await world.runJson(["partners", "sign", "1", "--account", "OPERATOR"]);
    expect(errorDetailOf(stranger)).to.match(/^NotPartner\(/u);
    const signed = await world.runJson(["partners", "sign", "1"], { WATTPROOF_PARTNER_PRIVATE_KEY: developmentKey(2) });
    expect(signed.document).to.deep.include({ status: "binding", partner });
    const shown = await world.runJson(["partners", "show", "--operator", operator]);
    expect(shown.document["agreements"]).to.have.nested.property("[0].shares[0].hasSigned", true);
    expect(shown.document["agreements"]).to.have.nested.property("[0].withdrawable[1].amountMicro", "0");
  });

  it("attests a meter only with the record that proves it", async () => {
    const evse = await world.chain.addEvse("DE*WTP*E970");
    const device = createSimulatedMeter({ key: generateMeterKey("secp384r1"), serial: "A", evseId: "A" });
    const add = [
      "meter",
      "add",
      String(evse),
      "--key",
      device.key.publicKeySpkiHex,
      "--calibrated-until",
      "2040-01-01",
    ];
    const tag = (await world.runJson(["meter", "tag", String(evse), "--key", device.key.publicKeySpkiHex])).document[
      "possessionTag"
    ];
    const record = world.write("p.ocmf", device.possessionRecord(String(tag), 1_700_000_000));
    const { document } = await world.runJson([...add, "--record", record]);
    const attest = ["oracle", "attest", String(document["meter"]), "--record"];
    const other = world.write("o.ocmf", device.possessionRecord("AAAAAAAAAAAAAAAAAAAA", 1_700_000_000));
    const keys = world.chain.oracles.map(({ privateKey }) => ({ WATTPROOF_ORACLE_PRIVATE_KEY: privateKey }));
    expect(errorCodeOf(await world.runJson([...attest, other], keys[0]))).to.equal("POSSESSION_UNPROVEN");
    const attestations = [];
    for (const key of keys)
      attestations.push("--attestation", String((await world.runJson([...attest, record], key)).document["signature"]));
    const active = await world.runJson([...add, "--record", record, ...attestations]);
    expect(active.document).to.deep.include({ status: "active", curve: "secp384r1" });
  });

  it("completes nouns, verbs and options in bash, and answers through Hardhat", async () => {
    const script = world.write("completion.bash", (await world.run(["completion", "bash"])).stdout);
    const words = (...line: readonly string[]): string => {
      const asked = `source ${script}; COMP_WORDS=(wattproof ${line.join(" ")}); COMP_CWORD=${line.length}; _wattproof; echo "\${COMPREPLY[@]}"`;
      return execFileSync("bash", ["-c", asked], { encoding: "utf8" }).trim();
    };
    expect(words("met")).to.equal("meter");
    expect(words("evse", "q")).to.equal("qr");
    expect(words("evse", "qr", "7", "--s")).to.equal("--svg");
    expect((await world.run(["completion", "zsh"])).stdout).to.match(/^#compdef wattproof/u);
    expect((await world.run(["completion", "fish"])).stdout).to.contain("-a qr");
    expect((await world.run(["completion", "csh"])).code).to.equal(2);
    const environment = {
      ...process.env,
      WATTPROOF_RPC_URL: world.chain.rpcUrl,
      WATTPROOF_DEPLOYMENT: world.chain.deploymentPath,
    };
    const task = spawn("node_modules/.bin/hardhat", ["wattproof", "--", "oracle", "status", "--json"], {
      env: environment,
    });
    let stdout = "";
    task.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    expect(await new Promise((resolve) => task.once("close", resolve))).to.equal(0);
    expect(JSON.parse(stdout)).to.have.property("hasQuorum", true);
  });

  it("shows the committee, and schedules another one as its owner alone", async () => {
    const { driver, operator } = world.chain;
    const rotate = ["oracle", "rotate", "--oracle", driver, "--oracle", operator, "--threshold", "1"];
    const [before, stranger] = await Promise.all([
      world.runJson(["oracle", "status"]),
      world.runJson([...rotate, "--account", "OPERATOR"]),
    ]);
    expect([before.code, before.document["scheduled"]]).to.deep.equal([0, null]);
    expect(before.document).to.have.nested.property("current.threshold", 2);
    expect(errorDetailOf(stranger)).to.match(/^OwnableUnauthorizedAccount\(/u);
    const owner = { WATTPROOF_OWNER_PRIVATE_KEY: developmentKey(0) };
    const head = await world.headBlock();
    const planned = await world.runJson([...rotate, "--dry-run"], owner);
    expect(await world.headBlock()).to.equal(head);
    expect(planned.document).to.have.nested.property("transactions[0].data");
    expect((await world.runJson(rotate, owner)).document).to.deep.include({ version: 2, threshold: 1 });
    const after = await world.runJson(["oracle", "status"]);
    expect(after.document).to.have.nested.property("scheduled.members[0].account", driver);
  });

  it("shows an operator's limits, and schedules others as the committee's owner alone", async () => {
    const { operator } = world.chain;
    const schedule = ["oracle", "schedule-limit", operator, "3"];
    const [before, none, stranger] = await Promise.all([
      world.runJson(["oracle", "limit", operator]),
      world.runJson(["oracle", "schedule-limit", operator, "0"]),
      world.runJson([...schedule, "--account", "OPERATOR"]),
    ]);
    expect([none.code, errorCodeOf(none)]).to.deep.equal([2, "USAGE_INVALID"]);
    expect(errorDetailOf(stranger)).to.match(/^OwnableUnauthorizedAccount\(/u);
    expect(before.document).to.deep.include({ operator, scheduled: null });
    expect(before.document).to.have.nested.property("current.multiple", 1);
    const creditMicro = creditOf(before.document["current"]);

    const owner = { WATTPROOF_OWNER_PRIVATE_KEY: developmentKey(0) };
    const head = await world.headBlock();
    const planned = await world.runJson([...schedule, "--dry-run"], owner);
    expect(await world.headBlock()).to.equal(head);
    expect(planned.document).to.deep.include({ isDryRun: true, multiple: 3 });
    expect(creditOf(planned.document)).to.equal(3n * creditMicro);
    const done = await world.runJson(schedule, owner);
    expect(done.document).to.deep.include({ isDryRun: false, operator, multiple: 3 });

    const after = await world.runJson(["oracle", "limit", operator]);
    expect(after.document).to.have.nested.property("current.multiple", 1);
    expect(after.document).to.have.nested.property("scheduled.multiple", 3);
    expect(after.document).to.have.nested.property("scheduled.activeFrom", done.document["activeFrom"]);
    expect(creditOf(after.document["scheduled"])).to.equal(3n * creditMicro);
  });
});

function creditOf(document: unknown): bigint {
  return BigInt(z.object({ creditMicro: z.string() }).parse(document).creditMicro);
}
