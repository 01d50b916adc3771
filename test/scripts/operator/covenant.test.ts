import { expect } from "chai";
import { Wallet } from "ethers";

import { artifactOf } from "../../../scripts/deploy/artifacts.ts";
import { contractRecordsOf } from "../../../scripts/operator/challenge/record-files.ts";
import { evidenceAddressOf } from "../../../services/chain/deployment.ts";
import { packTariff } from "../../../services/domain/packed-tariff.ts";
import { runCommittee, type RunningCommittee } from "../../helpers/committee.ts";
import { addStation, operatorKey, post, type RunningService } from "../../helpers/running-service.ts";
import type { ChargingPoint, OpenedSession } from "../../helpers/service-chain.ts";
import {
  developmentKey,
  errorCodeOf,
  errorDetailOf,
  openOperatorWorld,
  type JsonRun,
  type OperatorWorld,
} from "./operator-world.ts";

const energyMicroWh = 7_420_500_000n;

/** One story: an operator pledges its charging points to the holders of a share, and serves sessions under no agreement. */
describe("wattproof covenant", function () {
  this.timeout(600_000);
  let world: OperatorWorld;
  let committee: RunningCommittee;
  let points: ChargingPoint[] = [];
  let share = "";
  let moved: OpenedSession;
  const buyer = { WATTPROOF_BUYER_PRIVATE_KEY: developmentKey(9) };
  const watcher = { WATTPROOF_WATCHER_PRIVATE_KEY: developmentKey(9) };

  function service(): RunningService["service"] {
    return committee.services[0]?.service ?? expect.fail("There is no service.");
  }

  function run(parameters: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<JsonRun> {
    const url = { WATTPROOF_OPERATOR_KEY: operatorKey, WATTPROOF_SERVICE_URL: service().url };
    return world.runJson(["covenant", ...parameters], { ...url, ...environment });
  }

  async function done(
    parameters: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    code = 0,
  ): Promise<Readonly<Record<string, unknown>>> {
    const result = await world.runJson(parameters, environment);
    expect(result.code, `${parameters.join(" ")}: ${result.stdout} ${result.stderr}`).to.equal(code);
    return result.document;
  }

  /** The same with --dry-run, after which the chain is as it was. */
  async function planned(parameters: readonly string[], environment = {}): Promise<void> {
    const head = await world.headBlock();
    expect(await done([...parameters, "--dry-run"], environment)).to.include({ isDryRun: true });
    expect(await world.headBlock()).to.equal(head);
  }

  before(async () => {
    world = await openOperatorWorld({ hasMarket: true });
    committee = await runCommittee(world.chain);
    for (let index = 0; index < 2; index += 1) {
      points = [...points, await world.chain.addChargingPoint("secp256r1", { isProven: true })];
    }
    await world.chain.mintToOperator(10n ** 12n);
    await world.chain.mintToStranger(10n ** 12n);
    const create = ["share", "create", "--name", "Depot", "--symbol", "DEP", "--bps", "1000", "--count", "10"];
    const saleEnds = new Date(((await world.chain.headSeconds()) + 30 * 86_400) * 1_000).toISOString();
    share = String((await done([...create, "--price", "5", "--sale-ends", saleEnds]))["share"]);
    await done(["share", "verify", share, new Wallet(developmentKey(9)).address]);
    await done(["share", "sale", share, "10"], buyer);
    await done(["partners", "propose", "--share", `${share}=1000`]);
    await done(["share", "join", share, "1"]);
  });
  after(async () => {
    await committee.close();
    await world.close();
  });

  const pointAt = (index: number): ChargingPoint => points[index] ?? expect.fail("There is no such charging point.");

  /** The parameters of the usual pledge. */
  async function pledgeOf(bond: string): Promise<readonly string[]> {
    const until = new Date(((await world.chain.headSeconds()) + 30 * 86_400) * 1_000).toISOString();
    const evses = points.flatMap(({ evse }) => ["--evse", String(evse)]);
    return ["covenant", "pledge", share, ...evses, "--until", until, "--bond", bond];
  }

  /** What a meter signed for a session. */
  function recordOf(point: ChargingPoint, { idTag }: OpenedSession): Uint8Array {
    const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_003_600 };
    return Buffer.from(point.device.record({ idTag, energyMicroWh, ...times }));
  }

  it("pledges charging points of the operator, and binds the bond", async () => {
    const pledge = await pledgeOf("20");
    const none = await run(["pledge", share, "--until", "2100-01-01", "--bond", "1"]);
    expect(errorCodeOf(none)).to.equal("USAGE_INVALID");
    const stranger = world.chain.deployment.contracts.erc20;
    const unknown = await world.runJson(pledge.map((word) => (word === share ? stranger : word)));
    expect(errorCodeOf(unknown)).to.equal("REGISTRY_ENTRY_UNKNOWN");
    await planned(pledge);
    expect(await done(pledge)).to.include({ covenant: "1" });
    expect(await done(await pledgeOf("30"))).to.include({ covenant: "2" });
    const listed = (await done(["covenant", "list", "--share", share]))["covenants"];
    expect(listed).to.have.length(2);
    expect(listed).to.have.nested.property("[0].status", "active");
    expect(listed).to.have.nested.property("[0].breaches").that.is.empty;
    expect((await done(["covenant", "list", "--share", stranger]))["covenants"]).to.deep.equal([]);
  });

  it("refuses to break a covenant that is not there, or by a session that keeps it", async () => {
    const kept = await world.chain.openSession(pointAt(0), { agreement: 1, chargedSeconds: 3_600 });
    expect(errorCodeOf(await run(["break", "9", kept.sessionId]))).to.equal("COVENANT_UNKNOWN");
    expect(errorCodeOf(await run(["release", "9"]))).to.equal("COVENANT_UNKNOWN");
    expect(errorCodeOf(await run(["break", "1", kept.sessionId]))).to.equal("COVENANT_UNPROVEN");
    const record = world.write("kept.ocmf", recordOf(pointAt(0), kept));
    const refused = await run(["break", "1", kept.sessionId, "--record", record]);
    expect(errorDetailOf(refused)).to.match(/^AgreementKept\(/u);
    const point = await world.chain.addChargingPoint("secp256r1", { isProven: true });
    const elsewhere = await world.chain.openSession(point);
    expect(errorCodeOf(await run(["break", "1", elsewhere.sessionId]))).to.equal("COVENANT_KEPT");
  });

  it("finds a session that oracles settled under no agreement, and shows it by their batch", async () => {
    const station = await addStation(service().store, "CS-1", [pointAt(1).evse]);
    moved = await world.chain.openSession(pointAt(1), { chargedSeconds: 3_600 });
    await service().catchUp();
    expect((await post(service().url, station, Buffer.from(recordOf(pointAt(1), moved)).toString())).status).to.equal(
      200,
    );
    await service().synchronise();

    const listed = await done(["covenant", "list"], {}, 1);
    expect(listed["covenants"]).to.have.nested.property("[0].breaches[0]", moved.sessionId);
    const watching = ["--account", "WATCHER"];
    await planned(["covenant", "break", "1", moved.sessionId, ...watching], watcher);
    const broken = await done(["covenant", "break", "1", moved.sessionId, ...watching], watcher);
    expect(broken).to.include({ covenant: "1", rewardMicro: "2000000" });
    expect((await done(["share", "show", share]))["backing"]).to.include({ pulledMicro: "18000000" });
    const again = await run(["break", "1", moved.sessionId]);
    expect(errorDetailOf(again)).to.match(/^CovenantNotActive\(/u);
  });

  it("shows a session that its meter settled by the records of that call", async () => {
    const session = await world.chain.openSession(pointAt(0), { chargedSeconds: 3_600 });
    const { meter } = pointAt(0);
    const { publicKey } = await world.chain.contracts.meterRegistry.meterOf(meter);
    const registered = { curve: "secp256r1", publicKey } as Parameters<typeof contractRecordsOf>[1];
    const records = contractRecordsOf([recordOf(pointAt(0), session)], registered);
    const { terms, opening } = session;
    const content = { terms, opening, toppedUpMicro: 0n, tariff: packTariff(world.chain.tariff), records };
    const data = artifactOf("meterSettlement").interface.encodeFunctionData("settleWithMeter", [content]);
    await world.chain.sendAsStranger(world.chain.deployment.contracts.meterSettlement, data);

    expect(await done(["covenant", "break", "2", session.sessionId])).to.include({ rewardMicro: "3000000" });
    const covenants = evidenceAddressOf(world.chain.deployment, "evseCovenant");
    expect(await world.chain.contracts.erc20.balanceOf(covenants)).to.equal(0n);
  });

  it("gives a bond back when no breach can be shown any more", async () => {
    expect(await done(await pledgeOf("7"))).to.include({ covenant: "3" });
    expect(errorDetailOf(await run(["release", "3"]))).to.match(/^ProofTimeOpen\(/u);
    await world.chain.pass(60 * 86_400);
    await planned(["covenant", "release", "3"]);
    expect(await done(["covenant", "release", "3"])).to.include({ bondMicro: "7000000" });
    expect(await done(["covenant", "list"])).to.have.nested.property("covenants[2].status", "kept");
  });
});
