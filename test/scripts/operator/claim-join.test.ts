import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";

import { expect } from "chai";

import { runCommittee, type RunningCommittee } from "../../helpers/committee.ts";
import { addStation, operatorKey, post, type RunningService } from "../../helpers/running-service.ts";
import type { ChargingPoint } from "../../helpers/service-chain.ts";
import {
  developmentKey,
  errorCodeOf,
  errorDetailOf,
  openOperatorWorld,
  type JsonRun,
  type OperatorWorld,
} from "./operator-world.ts";

const purpose = "X-JOINED-2026";
const energyMicroWh = 7_420_500_000n;

/** One story: two keys were enrolled before their maker said that both are of one meter. */
describe("wattproof: a claim of a meter with two keys", function () {
  this.timeout(300_000);
  let world: OperatorWorld;
  let committee: RunningCommittee;
  let points: ChargingPoint[] = [];
  let file = "";
  let clockMs = Date.now();
  const owner = { WATTPROOF_OWNER_PRIVATE_KEY: developmentKey(0) };

  function service(): RunningService["service"] {
    return committee.services[0]?.service ?? expect.fail("There is no service.");
  }

  function run(parameters: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<JsonRun> {
    const url = { WATTPROOF_OPERATOR_KEY: operatorKey, WATTPROOF_SERVICE_URL: service().url };
    return world.runJson(parameters, { ...url, ...environment });
  }

  async function done(
    parameters: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const result = await run(parameters, environment);
    expect(result.code, `${parameters.join(" ")}: ${result.stdout} ${result.stderr}`).to.equal(0);
    return result.document;
  }

  const meters = (): string[] => points.map(({ meter }) => String(meter));

  before(async () => {
    world = await openOperatorWorld({ hasMarket: true });
    committee = await runCommittee(world.chain, {}, { now: () => clockMs });
    for (let index = 0; index < 3; index += 1) {
      points = [...points, await world.chain.addChargingPoint("secp256r1", { isProven: true })];
    }
    await world.chain.mintToOperator(10n ** 12n);
    file = join(world.folder, "dossier.json");
    await done(["claim", "add-purpose", purpose], owner);
    await vouchForTwo();
    await charge();
  });
  after(async () => {
    await committee.close();
    await world.close();
  });

  /** Meters are enrolled first. Their maker's key is in force after the committee's delay, as the purpose is. */
  async function vouchForTwo(): Promise<void> {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const secret = world.write("maker-key.pem", privateKey.export({ format: "pem", type: "pkcs8" }));
    const shared = world.write("maker.pem", publicKey.export({ format: "pem", type: "spki" }));
    await done(["maker", "register", "--key-file", shared, "--name", "Example Meters"], owner);
    await world.chain.pass(Number(await world.chain.contracts.oracleCommittee.changeDelaySeconds()));
    await done(["claim", "enrol", ...meters().slice(0, 2), "--purpose", purpose]);
    for (const { meter, device } of points.slice(0, 2)) {
      const statement = join(world.folder, `vouched-${meter}.json`);
      const about = ["--key", device.key.publicKeySpkiHex, "--type", "XM-3", "--serial", "4711"];
      const until = ["--calibrated-until", "2040-01-01", "--maker-key-file", secret, "--statement", statement];
      await done(["maker", "sign", "1", ...about, ...until]);
      await done(["meter", "vouch", String(meter), "--statement", statement]);
    }
  }

  /** A session at the first charging point, in a dossier. */
  async function charge(): Promise<void> {
    const [point] = points;
    if (point === undefined) throw new Error("There is no charging point.");
    const station = await addStation(service().store, "CS-1", [point.evse]);
    const session = await world.chain.openSession(point, { chargedSeconds: 3_600 });
    await service().catchUp();
    const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_003_600 };
    const record = point.device.record({ idTag: session.idTag, energyMicroWh, ...times });
    expect((await post(service().url, station, record)).status).to.equal(200);
    await service().synchronise();
    clockMs = (await world.chain.headSeconds()) * 1_000;
    await service().synchronise();
    const to = new Date((await world.chain.headSeconds()) * 1_000).toISOString().replace(/\.\d+Z$/u, "Z");
    const make = ["dossier", "make", "--purpose", purpose, "--from", "2023-01-01", "--to", to, "--out", file];
    expect(await done([...make, "--operator", world.chain.operator])).to.include({ sessions: 1 });
    await world.chain.pass(1);
  }

  it("is not signed while each key is a device of its own", async () => {
    const refused = await run(["claim", "make", file]);
    expect([refused.code, errorCodeOf(refused)]).to.deep.equal([1, "CLAIM_METER_NOT_JOINED"]);
    expect(errorDetailOf(refused)).to.equal(`meters ${meters()[0]} and ${meters()[1]}`);
  });

  it("joins only keys of meters that are known and enrolled", async () => {
    const stranger = await run(["claim", "join", meters()[2] ?? ""]);
    expect(errorDetailOf(stranger)).to.match(/^KeyNotEnrolled\(/u);
    expect(errorCodeOf(await run(["claim", "join", "4000"]))).to.equal("REGISTRY_ENTRY_UNKNOWN");
  });

  it("is signed once the keys are joined", async () => {
    const join_ = ["claim", "join", ...meters().slice(0, 2)];
    const head = await world.headBlock();
    expect(await done([...join_, "--dry-run"])).to.deep.include({ isDryRun: true, devices: [null, null] });
    expect(await world.headBlock()).to.equal(head);
    expect(await done(join_)).to.deep.include({ isDryRun: false, devices: [1, 1] });

    const claimed = await done(["claim", "make", file]);
    expect(claimed).to.include({ claimId: "1", energyMicroWh: energyMicroWh.toString(), meters: 1 });
  });
});
