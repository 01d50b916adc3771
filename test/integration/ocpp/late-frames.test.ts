import { expect } from "chai";

import type { Charger } from "../../helpers/charger.ts";
import {
  openChargingWorld,
  openPlace,
  start16,
  stop16,
  values16,
  type ChargingWorld,
} from "../../helpers/charging-world.ts";
import { startServiceChain, type OpenedSession, type ServiceChain } from "../../helpers/service-chain.ts";
import { agree } from "../../helpers/transaction-talk.ts";

const limit = 400;

/** What work the store is asked for; all of it but the frames themselves. */
interface Work {
  /** A transaction's frames are read to assess it. */
  assessments: number;
  commits: number;
}

function countWork(world: ChargingWorld): Work {
  const { store } = world.service;
  const whole = { ...store };
  const work: Work = { assessments: 0, commits: 0 };
  Object.assign(store, {
    listTransactionFrames: (ordinal: number) => {
      work.assessments += 1;
      return whole.listTransactionFrames(ordinal);
    },
    commitStep: (step: Parameters<typeof whole.commitStep>[0]) => {
      work.commits += 1;
      return whole.commitStep(step);
    },
    commitChargingFrames: (steps: Parameters<typeof whole.commitChargingFrames>[0]) => {
      work.commits += steps.length > 0 ? 1 : 0;
      return whole.commitChargingFrames(steps);
    },
  });
  return work;
}

describe("A charger that goes on reporting a transaction that is over", function () {
  let chain: ServiceChain;
  let world: ChargingWorld;
  let session: OpenedSession;
  let charger: Charger;
  let transactionId: number;

  before(async function () {
    chain = await startServiceChain();
  });
  beforeEach(async function () {
    world = await openChargingWorld(chain, {
      WATTPROOF_LATE_MESSAGES_LIMIT: String(limit),
      // The clock of these tests stands still, and so a second lasts as long as they do.
      WATTPROOF_OCPP_MESSAGES_PER_SECOND: "100000",
    });
    const place = await openPlace(chain, world);
    ({ session } = place);
    await agree(chain, world, session);
    charger = await world.connect("CS-1", "ocpp1.6", [place.point.evse]);
    charger.answers = () => ({ status: "Rejected" });
    transactionId = await start16(world, charger, { idTag: session.idTag });
    await stop16(world, charger, { transactionId, atSeconds: 240, meterStop: 2_500 });
    await world.settle();
  });
  afterEach(async function () {
    await world.close();
  });
  after(async function () {
    await chain.close();
  });

  async function report(count: number, from = 0): Promise<void> {
    for (let index = from; index < from + count; index += 1) {
      await values16(world, charger, { transactionId, atSeconds: 241 + index / 10, wh: 2_500 + index });
    }
  }

  async function flags(): Promise<readonly string[]> {
    const { session: shown } = await world.show(session);
    expect(shown).to.have.nested.include({ state: "settled", "assessment.energyWh": "1500" });
    return shown.assessment?.flags ?? [];
  }

  it("has what it sends assessed together, and no more often than is set", async function () {
    await report(16);
    await world.settle();
    expect(await flags()).to.include("LATE_MESSAGE");
    const work = countWork(world);
    for (let turn = 0; turn < 10; turn += 1) {
      await report(20, 100 + 20 * turn);
      await world.settle();
    }
    expect(work.assessments).to.be.at.most(1);
    world.nowMs += 5_000;
    await world.settle();
    const soFar = work.assessments;
    await world.settle();
    expect(work.assessments).to.equal(soFar);
    expect(soFar).to.be.at.most(2);
    const [transaction] = await world.service.store.listChargingTransactions("CS-1");
    expect(transaction).to.include({ lateFrames: 216, assessDueAtMs: null });
  });

  it("has no more of it read than is set, says so, and keeps all of it", async function () {
    await report(limit + 50);
    world.nowMs += 5_000;
    await world.settle();
    const { store } = world.service;
    const [transaction] = await store.listChargingTransactions("CS-1");
    expect(await store.listTransactionFrames(transaction?.ordinal ?? 0)).to.have.length(2 + limit + 1);
    expect(await flags()).to.include.members(["LATE_MESSAGE", "LATE_MESSAGES_IGNORED"]);

    const work = countWork(world);
    await report(100, 1_000);
    for (let rounds = 0; rounds < 5; rounds += 1) {
      world.nowMs += 5_000;
      await world.settle();
    }
    expect(work).to.deep.equal({ assessments: 0, commits: 0 });
    const frames = await store.listFrames("CS-1", 0, 10_000);
    expect(frames.filter(({ action }) => action === "MeterValues")).to.have.length(limit + 150);
  });

  it("holds a session that is not settled yet and of which more was sent than is read", async function () {
    const other = await openPlace(chain, world);
    await agree(chain, world, other.session, 1n);
    const second = await world.connect("CS-2", "ocpp1.6", [other.point.evse]);
    second.answers = () => ({ status: "Rejected" });
    const id = await start16(world, second, { idTag: other.session.idTag });
    await stop16(world, second, { transactionId: id, atSeconds: 240, meterStop: 2_500 });
    for (let index = 0; index < limit + 10; index += 1) {
      await values16(world, second, { transactionId: id, atSeconds: 239, wh: 2_490 });
    }
    world.nowMs += 5_000;
    await world.settle();
    const { session: shown } = await world.show(other.session);
    expect(shown).to.have.nested.include({ state: "held", "assessment.hold": "UNRESOLVED" });
    expect(shown.assessment?.reasons).to.include("LATE_MESSAGES_IGNORED");
  });

  it("goes on being assessed after a restart", async function () {
    await report(16);
    await world.settle();
    await report(30, 100);
    await world.service.ocpp.handedOn();
    await world.restart();
    const [before] = await world.service.store.listChargingTransactions("CS-1");
    expect(before?.lateFrames).to.equal(46);
    expect(before?.assessDueAtMs).to.be.a("number");
    world.nowMs += 5_000;
    await world.settle();
    const [after] = await world.service.store.listChargingTransactions("CS-1");
    expect(after?.assessDueAtMs).to.equal(null);
    expect(await flags()).to.include("LATE_MESSAGE");
  });
});
