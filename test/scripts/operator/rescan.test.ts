import { expect } from "chai";

import type { ChainEvent } from "../../../services/chain/events.ts";
import { totalOf } from "../../../services/domain/session-amounts.ts";
import type { StoredSession } from "../../../services/store/store.ts";
import { withFaults, type ChainFaults } from "../../helpers/faulty-chain.ts";
import { addStation, post, runService, type RunningService } from "../../helpers/running-service.ts";
import type { ChargingPoint, OpenedSession } from "../../helpers/service-chain.ts";
import { errorCodeOf, errorDetailOf, openOperatorWorld, type OperatorWorld } from "./operator-world.ts";

const operatorKey = "k".repeat(40);
const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_000_600 };

describe("wattproof: chain rescan", function () {
  this.timeout(300_000);
  let world: OperatorWorld;
  let point: ChargingPoint;
  /** It lost events, as services did that compared nothing. */
  let running: RunningService;
  let faults: ChainFaults;
  let settled: OpenedSession;
  let deposited: OpenedSession;

  const rescan = (...parameters: readonly string[]): ReturnType<OperatorWorld["runJson"]> =>
    world.runJson(["chain", "rescan", ...parameters, "--service", running.service.url], {
      WATTPROOF_OPERATOR_KEY: operatorKey,
    });
  const whole = async (): Promise<readonly string[]> => [
    "--from",
    "0",
    "--to",
    String((await running.service.store.readCursor())?.number),
  ];

  function lose(isLost: (event: ChainEvent) => boolean): void {
    faults.readEvents =
      (real) =>
      async (...parameters) => {
        const reading = await real.readEvents(...parameters);
        return reading === null ? null : { ...reading, events: reading.events.filter((event) => !isLost(event)) };
      };
  }

  const sessionOf = async ({ sessionId }: OpenedSession): Promise<StoredSession | null> =>
    running.service.store.findSession(sessionId);

  before(async () => {
    world = await openOperatorWorld();
    point = await world.chain.addChargingPoint();
  });
  beforeEach(async () => {
    faults = {};
    running = await runService(world.chain, { WATTPROOF_OPERATOR_KEY: operatorKey }, withFaults(faults));
  });
  afterEach(async () => {
    await running.close();
  });
  after(async () => {
    await world.close();
  });

  /** One session is topped up, settled and refunded twice, another one opened and topped up. */
  async function live(): Promise<void> {
    const { chain } = world;
    const other = await runService(chain);
    settled = await chain.openSession(point);
    await chain.topUp(settled, 0n, 1_000_000n);
    await other.service.synchronise();
    const station = await addStation(other.service.store, "CS-1", [point.evse]);
    const record = point.device.record({ idTag: settled.idTag, energyMicroWh: 3_000_000_000n, ...times });
    expect((await post(other.service.url, station, record)).status).to.equal(200);
    await other.service.synchronise();
    // What oracles credited is final then.
    await chain.request("evm_increaseTime", [3 * 86_400]);
    await chain.request("evm_mine");
    for (const amountMicro of [1_000n, 20_000n]) await refund(settled, amountMicro);
    deposited = await chain.openSession(point);
    await chain.topUp(deposited, 0n, 2_000_000n);
    await other.close();
  }

  async function refund({ terms }: OpenedSession, amountMicro: bigint): Promise<void> {
    const { chain } = world;
    const { chargingSettlement } = chain.contracts;
    const data = chargingSettlement.interface.encodeFunctionData("refund", [terms, amountMicro]);
    const to = await chargingSettlement.getAddress();
    await chain.request("eth_sendTransaction", [{ from: chain.operator, to, data }]);
  }

  it("refuses what are no blocks that were read, in this order", async () => {
    await running.service.synchronise();
    const head = await world.headBlock();
    const refused = async (from: string, to: string): Promise<unknown> => {
      const run = await rescan("--from", from, "--to", to);
      return [run.code, errorCodeOf(run)];
    };
    expect(await refused("first", "9")).to.deep.equal([2, "USAGE_INVALID"]);
    expect(await refused("9", "8")).to.deep.equal([2, "RESCAN_RANGE_INVALID"]);
    expect(await refused("0", "2000000")).to.deep.equal([2, "RESCAN_RANGE_INVALID"]);
    const above = await rescan("--from", "0", "--to", String(head + 1));
    expect([above.code, errorCodeOf(above)]).to.deep.equal([2, "RESCAN_RANGE_INVALID"]);
    expect(errorDetailOf(above)).to.contain(`block ${head};`);
    const parameters = ["chain", "rescan", "--from", "0", "--to", "1", "--service", running.service.url];
    const strange = await world.runJson(parameters, { WATTPROOF_OPERATOR_KEY: "x".repeat(40) });
    expect([strange.code, errorCodeOf(strange)]).to.deep.equal([2, "OPERATOR_UNAUTHENTICATED"]);
    expect(errorCodeOf(await world.runJson(parameters))).to.equal("KEY_UNAVAILABLE");
    const answer = await fetch(`${running.service.url}/v1/operator/chain-rescan`, {
      method: "POST",
      headers: { authorization: `Bearer ${operatorKey}` },
      body: JSON.stringify({ from: 0, to: 1_000 }),
    });
    expect(answer.status).to.equal(422);
  });

  it("finds nothing where nothing was lost", async () => {
    await live();
    await running.service.synchronise();
    const run = await rescan(...(await whole()));
    expect(run.code).to.equal(0);
    expect(run.document).to.deep.include({ applied: [], contradicting: [], isWhole: true });
    expect(run.document["events"]).to.be.greaterThan(6);
  });

  it("makes up for everything that was lost, once, and keeps a record of it", async () => {
    await live();
    const truth = await runService(world.chain);
    await truth.service.synchronise();
    lose((event) => "sessionId" in event);
    await running.service.synchronise();
    delete faults.readEvents;

    expect(await sessionOf(settled)).to.equal(null);
    const planned = await rescan(...(await whole()), "--dry-run");
    expect(await sessionOf(settled)).to.equal(null);
    const run = await rescan(...(await whole()));
    expect(run.document["applied"]).to.deep.equal(planned.document["applied"]);
    const stateOf = async (service: RunningService, { sessionId }: OpenedSession): Promise<unknown> =>
      (await service.service.store.findSession(sessionId))?.state;
    for (const session of [settled, deposited]) {
      expect(await stateOf(running, session)).to.deep.equal(await stateOf(truth, session));
    }
    expect((await sessionOf(settled))?.state).to.deep.include({ status: "settled" });

    const again = await rescan(...(await whole()));
    expect(again.document["applied"]).to.deep.equal([]);
    const to = (await running.service.store.readCursor())?.number ?? 0;
    const first = `0-${Math.min(to, 199)}`;
    const actions = await running.service.store.listActions(first);
    expect(actions.map(({ action }) => action)).to.deep.equal(["chain-rescan", "chain-rescan"]);
    expect(JSON.stringify(actions)).not.to.contain(operatorKey);
    await truth.close();
  });

  it("makes up for amounts and endings of sessions that have moved on, in the order of the chain", async () => {
    await live();
    let refunds = 0;
    lose(
      (event) => event.kind === "session-settled" || (event.kind === "session-refunded" && (refunds += 1) % 2 === 1),
    );
    await running.service.synchronise();
    delete faults.readEvents;
    expect((await sessionOf(settled))?.state.status).to.equal("opened");
    await rescan(...(await whole()));
    const state = (await sessionOf(settled))?.state;
    expect(state?.status).to.equal("settled");
    expect(totalOf(state?.refunds ?? [])).to.equal(21_000n);
    expect(state?.refunds.map(({ totalMicro }) => totalMicro)).to.deep.equal([1_000n, 21_000n]);
    expect((await rescan(...(await whole()))).document["applied"]).to.deep.equal([]);
  });

  it("takes back what it made up for where the chain does", async () => {
    await running.service.synchronise();
    const snapshot = await world.chain.request("evm_snapshot");
    lose((event) => "sessionId" in event);
    await live();
    await running.service.synchronise();
    delete faults.readEvents;
    await rescan(...(await whole()));
    expect((await sessionOf(settled))?.state.status).to.equal("settled");
    await world.chain.request("evm_revert", [snapshot]);
    for (let blocks = 0; blocks < 30; blocks += 1) await world.chain.request("evm_mine");
    await running.service.synchronise();
    const state = (await sessionOf(settled))?.state;
    expect(state).to.deep.include({ status: "unconfirmed", closing: null, topUps: [], refunds: [] });
  });

  it("names events that rest on others that were not read again", async () => {
    await live();
    lose((event) => "sessionId" in event);
    await running.service.synchronise();
    delete faults.readEvents;
    const { chargingSettlement } = world.chain.contracts;
    const [opened] = await chargingSettlement.queryFilter(
      chargingSettlement.filters.SessionOpened(deposited.sessionId),
    );
    const from = String((opened?.blockNumber ?? 0) + 1);
    const [, , , to = ""] = await whole();
    const run = await rescan("--from", from, "--to", to);
    expect(run.code).to.equal(1);
    expect(run.document["contradicting"]).to.have.length(1);
    expect(run.document["contradicting"]).to.have.nested.property("[0].kind", "session-topped-up");
    expect(await sessionOf(deposited)).to.equal(null);
  });
});
