import { expect } from "chai";

import { runService, type RunningService } from "../../helpers/running-service.ts";
import { errorCodeOf, openOperatorWorld, type OperatorWorld } from "./operator-world.ts";

const configured = { WATTPROOF_OPERATOR_KEY: "k".repeat(40) };

describe("wattproof replicas list", function () {
  this.timeout(300_000);
  let world: OperatorWorld;
  let running: RunningService;

  before(async () => {
    world = await openOperatorWorld();
    running = await runService(world.chain, configured);
  });
  after(async () => {
    await running.close();
    await world.close();
  });

  const list = (environment: Record<string, string> = configured) =>
    world.runJson(["replicas", "list", "--service", running.service.url], environment);

  it("refuses callers without a valid key", async () => {
    expect(errorCodeOf(await list({}))).to.equal("KEY_UNAVAILABLE");
    expect(errorCodeOf(await list({ WATTPROOF_OPERATOR_KEY: "x".repeat(40) }))).to.equal("OPERATOR_UNAUTHENTICATED");
  });

  it("names the one replica of a folder, with its version, and what it does", async () => {
    await running.service.synchronise();
    const { code, document, stderr } = await list();
    expect(code, stderr).to.equal(0);
    const { replicaId } = running.service.replica;
    expect(document).to.deep.include({ answeredBy: replicaId, standbys: null });
    expect(document).to.have.nested.property("replicas[0].replicaId", replicaId);
    expect(document)
      .to.have.nested.property("replicas[0].version")
      .that.matches(/^\d+\.\d+\.\d+/u);
    expect(document).to.have.nested.property("replicas[0].lastBeatAtMs").that.is.a("number");
    expect(JSON.stringify(document["leases"])).to.contain(`"name":"settlement","replicaId":"${replicaId}"`);
  });

  it("exits with 1 where one is lost and nobody has cleared up after it", async () => {
    const { store } = running.service;
    const upkeep = (await store.listLeases()).find(({ name }) => name === "upkeep");
    if (upkeep !== undefined) await store.releaseLease(upkeep);
    await store.beatReplica({ replicaId: "elsewhere", version: "9.9.9", startedAtMs: 1, forMs: 600_000 });
    expect(await store.claimLease("upkeep", "elsewhere", 600_000)).not.to.equal(null);
    await store.beatReplica({ replicaId: "gone", version: "9.9.8", startedAtMs: 1, forMs: 0 });
    const listed = await list();
    expect(listed.code).to.equal(1);
    expect(JSON.stringify(listed.document["replicas"])).to.match(/"gone","version":"9.9.8".*?"isAlive":false/u);
  });
});
