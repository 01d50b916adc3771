import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { Wallet } from "ethers";

import { generateMeterKey } from "../../../scripts/simulator/demo-key.ts";
import { createSimulatedMeter } from "../../../scripts/simulator/meter.ts";
import { contractNames } from "../../../scripts/deploy/contract-set.ts";
import { evidenceRoles } from "../../../services/contracts.ts";
import { wayRoles } from "../../../scripts/deploy/ways-set.ts";
import { signAsQuorum } from "../../../scripts/local-world/registration.ts";
import { errorCodeOf, errorDetailOf, openOperatorWorld, type OperatorWorld } from "./operator-world.ts";

describe("wattproof: operator, charging points, meters, doctor", function () {
  this.timeout(300_000);
  let world: OperatorWorld;

  before(async () => {
    world = await openOperatorWorld();
  });
  after(async () => {
    await world.close();
  });

  const later = ["--calibrated-until", "2040-01-01"];

  it("explains every verb with an example, and says what it does not understand", async () => {
    const help = await world.run(["meter", "add", "--help"]);
    expect(help.code).to.equal(0);
    expect(help.stdout).to.match(/--dry-run[\s\S]*Examples:\n {2}wattproof meter add/u);
    const runs = await Promise.all([
      world.run([]),
      world.run(["meter"]),
      world.run(["frobnicate"]),
      world.run(["evse", "add", "DE*WTP*E1", "--maximum-power-w", "0"]),
      world.run(["evse", "add", "DE*WTP*E1", "--maximum-power-w", "1", "--frobnicate"]),
      world.run(["evse", "add", "one", "--maximum-power-w", "1"]),
      // Codes that are free for private use, or of nobody.
      world.run(["evse", "add", "XX*WTP*E1", "--maximum-power-w", "1"]),
      world.run(["evse", "add", "EU*WTP*E1", "--maximum-power-w", "1"]),
      world.run(["evse", "add", "UKWTPE1", "--maximum-power-w", "1"]),
    ]);
    expect(runs.map(({ code }) => code)).to.deep.equal([2, 2, 2, 2, 2, 2, 2, 2, 2]);
    expect(runs.map(({ stdout }) => stdout).join("")).to.equal("");
    const run = await world.runJson(["evse", "add", "DE*WTP*E1"]);
    expect(run.document).to.deep.equal({
      error: {
        code: "USAGE_INVALID",
        title: "The command was not used as it is documented.",
        detail: "--maximum-power-w <watts> has to be given.",
        retryable: false,
      },
    });
  });

  it("tells apart a chain that is not there, a key that is not there, and a contract that refuses", async () => {
    const add = ["evse", "add", "DE*WTP*E900", "--maximum-power-w", "50000"];
    const unreachable = await world.runJson(add, { WATTPROOF_RPC_URL: "http://127.0.0.1:1" });
    expect([unreachable.code, errorCodeOf(unreachable)]).to.deep.equal([2, "CHAIN_UNAVAILABLE"]);
    const keyless = await world.runJson([...add, "--account", "NOBODY"]);
    expect([keyless.code, errorCodeOf(keyless)]).to.deep.equal([2, "KEY_UNAVAILABLE"]);
    await world.chain.addEvse("DE*WTP*E901");
    const refused = await world.runJson(["evse", "add", "DE*WTP*E901", "--maximum-power-w", "50000"]);
    expect([refused.code, errorCodeOf(refused)]).to.deep.equal([1, "CONTRACT_REFUSED"]);
    expect(errorDetailOf(refused)).to.match(/^EvseAlreadyRegistered\(evse \d+\)$/u);
  });

  it("says in a dry run what a charging point would cost, and registers it without", async () => {
    const add = ["evse", "add", "DE*WTP*E910*1", "--maximum-power-w", "150000"];
    const before = await world.headBlock();
    const planned = await world.runJson([...add, "--dry-run", "--from", world.chain.operator], {
      WATTPROOF_OPERATOR_PRIVATE_KEY: "",
    });
    expect(planned.code).to.equal(0);
    expect(await world.headBlock()).to.equal(before);
    expect(planned.document).to.deep.include({ isDryRun: true, evseId: "DE*WTP*E910*1", maximumPowerW: 150_000 });
    const [transaction] = planned.document["transactions"] as Record<string, unknown>[];
    expect(transaction).to.deep.include({ method: "registerEvse", txHash: null });
    expect(Number(transaction?.["gas"])).to.be.greaterThan(21_000);

    const added = await world.runJson(add);
    expect(added.document).to.deep.include({ isDryRun: false, evse: planned.document["evse"] });
    const listed = await world.runJson(["evse", "list", "--operator", world.chain.operator]);
    expect((listed.document["evses"] as unknown[]).at(-1)).to.deep.equal({
      evse: added.document["evse"],
      operator: world.chain.operator,
      maximumPowerW: 150_000,
      activeMeter: 0,
      evseId: "DE*WTP*E910*1",
      provenance: null,
    });
  });

  it("draws the QR code of a charging point on the terminal, as PNG and as SVG", async () => {
    const evse = String(await world.chain.addEvse("DE*WTP*E920"));
    const [png, svg] = [join(world.folder, "code.png"), join(world.folder, "code.svg")];
    const files = await world.runJson([
      "evse",
      "qr",
      evse,
      "--url",
      "https://charge.example/",
      "--png",
      png,
      "--svg",
      svg,
    ]);
    expect(files.document).to.deep.include({ link: `https://charge.example/#/evse/${evse}`, evseId: "DE*WTP*E920" });
    expect(readFileSync(png).subarray(1, 4).toString()).to.equal("PNG");
    expect(readFileSync(svg, "utf8")).to.match(/^<svg/u);
    const printed = (await world.run(["evse", "qr", evse, "--url", "https://charge.example"])).stdout;
    expect(printed).to.contain("█").and.contain(`number ${evse}, `);
    const unknown = await world.runJson(["evse", "qr", "4000", "--url", "https://charge.example"]);
    expect([unknown.code, errorCodeOf(unknown)]).to.deep.equal([1, "REGISTRY_ENTRY_UNKNOWN"]);
  });

  it("asks for a record that proves possession, and takes no other", async () => {
    const evse = await world.chain.addEvse("DE*WTP*E930");
    const key = generateMeterKey("secp256r1");
    const device = createSimulatedMeter({ key, serial: "CLI1", evseId: "DE*WTP*E930" });
    const add = ["meter", "add", String(evse), "--key", key.publicKeySpkiHex, ...later];
    const asked = await world.runJson(add);
    expect([asked.code, errorCodeOf(asked)]).to.deep.equal([1, "POSSESSION_UNPROVEN"]);
    const tag = (await world.runJson(["meter", "tag", String(evse), "--key", key.publicKeySpkiHex])).document[
      "possessionTag"
    ];
    expect(errorDetailOf(asked)).to.contain(String(tag));

    const others = world.write("others.ocmf", device.possessionRecord("AAAAAAAAAAAAAAAAAAAA", 1_700_000_000));
    expect(errorDetailOf(await world.runJson([...add, "--record", others]))).to.contain(
      'its ID is "AAAAAAAAAAAAAAAAAAAA"',
    );
    const stranger = createSimulatedMeter({ key: generateMeterKey("secp256r1"), serial: "X", evseId: "X" });
    const forged = world.write("forged.ocmf", stranger.possessionRecord(String(tag), 1_700_000_000));
    expect(errorDetailOf(await world.runJson([...add, "--record", forged]))).to.contain("OCMF_SIGNATURE_MISMATCH");
    const signature = await world.runJson(["meter", "add", String(evse), "--key", "3045022100", ...later]);
    expect([signature.code, errorCodeOf(signature)]).to.deep.equal([1, "METER_KEY_INVALID"]);
  });

  it("registers a meter by a bare point, replaces it, and revokes its key only when told twice", async () => {
    const evse = await world.chain.addEvse("DE*WTP*E940");
    const register = async (
      verb: "add" | "rotate",
      keyText: string,
      device: ReturnType<typeof createSimulatedMeter>,
      ...extra: string[]
    ) => {
      const tag = (await world.runJson(["meter", "tag", String(evse), "--key", keyText, ...extra])).document[
        "possessionTag"
      ];
      const record = world.write(`${verb}.ocmf`, `${device.possessionRecord(String(tag), 1_700_000_000)}\n`);
      return ["meter", verb, String(evse), "--key", keyText, "--record", record, ...later, ...extra];
    };
    const first = createSimulatedMeter({ key: generateMeterKey("secp256k1"), serial: "A", evseId: "A" });
    const point = Buffer.from(first.key.publicKeyPoint).toString("base64");
    const add = await register("add", point, first, "--curve", "secp256k1");
    const before = await world.headBlock();
    const planned = await world.runJson([...add, "--dry-run"]);
    expect(planned.document).to.deep.include({
      status: "planned",
      notSimulated: [{ method: "activateMeter", usualGas: "130684" }],
    });
    expect(await world.headBlock()).to.equal(before);
    const added = await world.runJson(add);
    expect(added.document).to.deep.include({ status: "active", curve: "secp256k1", replaces: null });
    expect(errorCodeOf(await world.runJson(add))).to.equal("EVSE_HAS_METER");

    const second = createSimulatedMeter({ key: generateMeterKey("secp256r1"), serial: "B", evseId: "B" });
    const rotated = await world.runJson(await register("rotate", `0x${second.key.publicKeySpkiHex}`, second));
    expect(rotated.document).to.deep.include({ status: "active", replaces: added.document["meter"] });
    const meter = String(rotated.document["meter"]);
    expect(errorCodeOf(await world.runJson(["meter", "revoke", meter]))).to.equal("USAGE_INVALID");
    expect((await world.runJson(["meter", "revoke", meter, "--yes"])).document).to.deep.include({ status: "revoked" });
    const retired = String(added.document["meter"]);
    expect(errorDetailOf(await world.runJson(["meter", "retire", retired]))).to.match(/^MeterNotActive/u);
    const listed = await world.runJson(["meter", "list", "--evse", String(evse)]);
    expect((listed.document["meters"] as { status: string }[]).map(({ status }) => status)).to.deep.equal([
      "retired",
      "revoked",
    ]);
  });

  it("leaves a meter pending whose curve the contract cannot verify, until oracles attest", async () => {
    const evse = await world.chain.addEvse("DE*WTP*E950");
    const device = createSimulatedMeter({ key: generateMeterKey("secp192r1"), serial: "C", evseId: "C" });
    const key = ["--key-file", world.write("key.der", Buffer.from(device.key.publicKeySpkiHex, "hex"))];
    const tag = (await world.runJson(["meter", "tag", String(evse), ...key])).document["possessionTag"];
    const record = world.write("p192.ocmf", device.possessionRecord(String(tag), 1_700_000_000));
    const add = ["meter", "add", String(evse), ...key, "--record", record, ...later];
    const pending = await world.runJson(add);
    expect([pending.code, pending.document["status"]]).to.deep.equal([1, "pending"]);
    const [attested] = signAsQuorum([world.chain.oracle], String(pending.document["attestationDigest"]));
    const signature = `${attested?.r ?? ""}${(attested?.vs ?? "").slice(2)}`;
    const active = await world.runJson([...add, "--attestation", signature]);
    expect(active.document).to.deep.include({ status: "active", meter: pending.document["meter"] });
  });

  it("makes an operator's encrypted key and profile once, which other verbs use", async () => {
    const keystore = join(world.folder, "operator.json");
    const profile = join(world.folder, "profile.json");
    const environment = {
      WATTPROOF_OPERATOR_PROFILE: profile,
      WATTPROOF_OPERATOR_KEYSTORE_PASSWORD_FILE: world.write("password", "correct horse battery\n"),
    };
    const add = [
      "operator",
      "add",
      "Example",
      "--country-code",
      "DE",
      "--party-id",
      "WTP",
      "--currency",
      "EUR",
      "--keystore",
      keystore,
    ];
    const weak = await world.runJson(add, { ...environment, WATTPROOF_OPERATOR_KEYSTORE_PASSWORD: "short" });
    expect([weak.code, errorCodeOf(weak)]).to.deep.equal([2, "KEY_UNAVAILABLE"]);
    await world.runJson([...add, "--dry-run"], environment);
    expect([existsSync(keystore), existsSync(profile)]).to.deep.equal([false, false]);
    const added = await world.runJson([...add, "--service", "https://charge.example/"], environment);
    expect(statSync(keystore).mode & 0o777).to.equal(0o600);
    const { address } = added.document["profile"] as { address: string };
    expect((await Wallet.fromEncryptedJson(readFileSync(keystore, "utf8"), "correct horse battery")).address).to.equal(
      address,
    );
    expect(errorCodeOf(await world.runJson([...add.slice(0, 2), "Other", ...add.slice(3)], environment))).to.equal(
      "PROFILE_DIFFERS",
    );

    await world.chain.request("hardhat_setBalance", [address, "0xde0b6b3a7640000"]);
    const { WATTPROOF_OPERATOR_PROFILE, WATTPROOF_OPERATOR_KEYSTORE_PASSWORD_FILE } = environment;
    const keyed = {
      WATTPROOF_OPERATOR_PROFILE,
      WATTPROOF_OPERATOR_KEYSTORE_PASSWORD_FILE,
      WATTPROOF_OPERATOR_KEYSTORE: keystore,
    };
    const evse = await world.runJson(
      ["evse", "add", "DE*WTP*E960", "--maximum-power-w", "22000", "--account", "STOREKEEPER"],
      {
        ...keyed,
        WATTPROOF_STOREKEEPER_KEYSTORE: keystore,
        WATTPROOF_STOREKEEPER_KEYSTORE_PASSWORD: "correct horse battery",
      },
    );
    expect(evse.document).to.deep.include({ operator: address });
    const code = await world.runJson(["evse", "qr", String(evse.document["evse"])], environment);
    expect(code.document["link"]).to.equal(`https://charge.example/#/evse/${String(evse.document["evse"])}`);
  });

  it("finds what is in order and what is not, and says what to do", async () => {
    const good = await world.runJson(["doctor", "--no-service"]);
    const findings = good.document["findings"] as { check: string; outcome: string; advice: string | null }[];
    expect(good.code, good.stdout).to.equal(0);
    expect(findings.map(({ check }) => check)).to.include.members([
      "node",
      "disk",
      "chain",
      "clock",
      "contracts",
      "secp256r1",
      "committee",
    ]);
    expect(findings.find(({ check }) => check === "oracle's bond")).to.deep.include({ outcome: "ok" });

    const deployment = JSON.parse(readFileSync(world.chain.deploymentPath, "utf8")) as {
      contracts: Record<string, string>;
    };
    const { contracts } = deployment;
    const other = { ...deployment, contracts: { ...contracts, tariffRegistry: contracts["meterRegistry"] } };
    const bad = await world.runJson([
      "doctor",
      "--service",
      "http://127.0.0.1:1",
      "--deployment",
      world.write("other.json", JSON.stringify(other)),
    ]);
    const failing = (bad.document["findings"] as typeof findings).filter(({ outcome }) => outcome === "fails");
    expect(bad.code).to.equal(1);
    expect(failing.map(({ check }) => check)).to.deep.equal([
      "contracts",
      "service",
      "service ready",
      "service's contracts",
      "meters",
    ]);
    expect(failing.every(({ advice }) => advice !== null)).to.equal(true);

    // Twelve hours ahead of everybody's clock, as demos once were.
    await world.chain.request("evm_increaseTime", [43_200]);
    await world.chain.request("evm_mine");
    const ahead = await world.runJson(["doctor", "--no-service"]);
    const clock = (ahead.document["findings"] as typeof findings).find(({ check }) => check === "clock");
    expect([ahead.code, clock?.outcome]).to.deep.equal([1, "fails"]);
  });

  it("says what a deployment would cost without a key, and deploys with one", async () => {
    const path = join(world.folder, "new.json");
    const deploy = [
      "deploy",
      "--owner",
      world.chain.driver,
      "--oracle",
      world.chain.oracle.address,
      "--deployment",
      path,
    ];
    const before = await world.headBlock();
    const planned = await world.runJson([...deploy, "--dry-run"]);
    expect([await world.headBlock(), existsSync(path)]).to.deep.equal([before, false]);
    expect(Number(planned.document["gas"])).to.be.within(15_000_000, 60_000_000);
    const keyless = await world.runJson(deploy);
    expect([keyless.code, errorCodeOf(keyless)]).to.deep.equal([2, "KEY_UNAVAILABLE"]);
    const done = await world.runJson([...deploy, "--account", "OPERATOR"]);
    expect((done.document["steps"] as { action: string }[]).map(({ action }) => action)).to.deep.equal(
      ["erc20", ...contractNames, ...evidenceRoles, ...wayRoles].map(() => "deployed"),
    );
    expect(existsSync(path)).to.equal(true);
  });
});
