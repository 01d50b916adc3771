import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";

import { expect } from "chai";

import { signAsQuorum } from "../../../scripts/local-world/registration.ts";
import { generateMeterKey } from "../../../scripts/simulator/demo-key.ts";
import { createSimulatedMeter } from "../../../scripts/simulator/meter.ts";
import { developmentKey, errorCodeOf, errorDetailOf, openOperatorWorld, type OperatorWorld } from "./operator-world.ts";

describe("wattproof: makers, and meters that change hands", function () {
  this.timeout(300_000);
  let world: OperatorWorld;

  before(async () => {
    world = await openOperatorWorld();
  });
  after(async () => {
    await world.close();
  });

  const later = ["--calibrated-until", "2040-01-01"];

  it("revokes an attested key only together with a quorum", async () => {
    const meter = await attestedMeter("DE*WTP*E951");
    const asked = await world.runJson(["meter", "revoke", meter, "--yes"]);
    expect([asked.code, asked.document["status"]]).to.deep.equal([1, "agreements-missing"]);
    const oracle = { WATTPROOF_ORACLE_PRIVATE_KEY: world.chain.oracle.privateKey };
    const agreed = await world.runJson(["oracle", "agree", meter], oracle);
    expect(agreed.document).to.deep.include({ digest: asked.document["revocationDigest"] });
    const agreement = ["--agreement", String(agreed.document["signature"])];
    const mistyped = await world.runJson(["meter", "revoke", meter, "--agreement", "0x12", "--yes"]);
    expect([mistyped.code, errorCodeOf(mistyped)]).to.deep.equal([2, "USAGE_INVALID"]);
    const planned = await world.runJson(["meter", "revoke", meter, ...agreement, "--dry-run"]);
    expect(planned.document).to.deep.include({ status: "planned" });
    const revoked = await world.runJson(["meter", "revoke", meter, ...agreement, "--yes"]);
    expect(revoked.document).to.deep.include({ status: "revoked" });
    expect((revoked.document["transactions"] as { method: string }[])[0]?.method).to.equal("revokeAttestedMeter");
  });

  it("registers a maker, has it vouch for a meter, and lists the levels that follow", async () => {
    const owner = { WATTPROOF_OWNER_PRIVATE_KEY: developmentKey(0) };
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const secret = world.write("maker-key.pem", privateKey.export({ format: "pem", type: "pkcs8" }));
    const shared = world.write("maker.pem", publicKey.export({ format: "pem", type: "spki" }));
    const register = ["maker", "register", "--key-file", shared, "--name", "Example Meters"];
    const planned = await world.runJson([...register, "--dry-run"], owner);
    expect(planned.document).to.deep.include({ isDryRun: true, maker: 1, curve: "secp256r1" });
    const refused = await world.runJson(register, { WATTPROOF_OWNER_PRIVATE_KEY: developmentKey(1) });
    expect(errorDetailOf(refused)).to.match(/^NotCommitteeOwner/u);
    const registered = await world.runJson(register, owner);
    const maker = String(registered.document["maker"]);
    const listed = async () => (await world.runJson(["maker", "list"])).document["makers"] as Record<string, unknown>[];
    expect(await listed()).to.deep.equal([
      {
        ...{ maker: 1, name: "Example Meters", status: "pending", curve: "secp256r1", revokedAt: null },
        activeFrom: registered.document["activeFrom"],
      },
    ]);

    const { meter, key, evse } = await provenMeter("DE*WTP*E952");
    const about = ["--key", key, "--type", "XM-3", "--serial", "1234567", ...later];
    const path = join(world.folder, "vouched.json");
    const digest = (await world.runJson(["maker", "sign", maker, ...about])).document["digest"];
    const sign = ["maker", "sign", maker, ...about, "--maker-key-file", secret, "--statement", path];
    expect((await world.runJson(sign)).document).to.deep.include({ digest });
    const keyless = await world.runJson([...sign.slice(0, -4), "--maker-key-file", shared]);
    expect([keyless.code, errorCodeOf(keyless)]).to.deep.equal([1, "METER_KEY_INVALID"]);
    const vouch = ["meter", "vouch", meter, "--statement", path];
    expect(errorDetailOf(await world.runJson(vouch))).to.match(/^MakerNotActive/u);
    await world.chain.request("evm_increaseTime", [4 * 86_400]);
    await world.chain.request("evm_mine", []);
    expect((await world.runJson([...vouch, "--dry-run"])).document).to.deep.include({ provenance: null });
    expect((await world.runJson(vouch)).document).to.deep.include({ maker: 1, provenance: "vouched-by-maker" });
    const unreadable = await world.runJson(["meter", "vouch", meter, "--statement", world.write("no.json", "{}")]);
    expect([unreadable.code, errorCodeOf(unreadable)]).to.deep.equal([2, "INPUT_UNREADABLE"]);

    const levels = async () => {
      const meters = (await world.runJson(["meter", "list", "--evse", evse])).document["meters"];
      const evses = (await world.runJson(["evse", "list"])).document["evses"];
      return [meters, evses].map((list) => (list as { provenance: string }[]).at(-1)?.provenance);
    };
    expect(await levels()).to.deep.equal(["vouched-by-maker", "vouched-by-maker"]);
    expect(errorCodeOf(await world.runJson(["maker", "revoke", maker], owner))).to.equal("USAGE_INVALID");
    expect((await world.runJson(["maker", "revoke", maker, "--yes"], owner)).document).to.deep.include({
      status: "revoked",
    });
    expect((await listed())[0]).to.deep.include({ status: "revoked" });
    expect(await levels()).to.deep.equal(["self-declared", "self-declared"]);
  });

  it("hands a meter over to a pending one, and takes that back", async () => {
    const { meter } = await provenMeter("DE*WTP*E953");
    const unknown = await world.runJson(["meter", "hand-over", meter, "4000"]);
    expect([unknown.code, errorDetailOf(unknown)]).to.deep.equal([1, "MeterUnknown(meter 4000)"]);
    const back = await world.runJson(["meter", "hand-over", meter, "0"]);
    expect(back.document).to.deep.include({ successor: null, meter: Number(meter) });
  });

  /** An active meter of a curve that the contract verifies, with its key as text. */
  async function provenMeter(evseId: string) {
    const evse = String(await world.chain.addEvse(evseId));
    const device = createSimulatedMeter({ key: generateMeterKey("secp256r1"), serial: "V", evseId });
    const key = device.key.publicKeySpkiHex;
    const tag = (await world.runJson(["meter", "tag", evse, "--key", key])).document["possessionTag"];
    const record = world.write(`${evse}.ocmf`, device.possessionRecord(String(tag), 1_700_000_000));
    const added = await world.runJson(["meter", "add", evse, "--key", key, "--record", record, ...later]);
    return { meter: String(added.document["meter"]), key, evse };
  }

  /** An active meter that the only oracle attested. */
  async function attestedMeter(evseId: string): Promise<string> {
    const evse = String(await world.chain.addEvse(evseId));
    const device = createSimulatedMeter({ key: generateMeterKey("secp192r1"), serial: "D", evseId });
    const key = ["--key", device.key.publicKeySpkiHex];
    const tag = (await world.runJson(["meter", "tag", evse, ...key])).document["possessionTag"];
    const record = world.write(`${evse}.ocmf`, device.possessionRecord(String(tag), 1_700_000_000));
    const add = ["meter", "add", evse, ...key, "--record", record, ...later];
    const digest = (await world.runJson(add)).document["attestationDigest"];
    const [attested] = signAsQuorum([world.chain.oracle], String(digest));
    const signature = `${attested?.r ?? ""}${(attested?.vs ?? "").slice(2)}`;
    return String((await world.runJson([...add, "--attestation", signature])).document["meter"]);
  }
});
