import { expect } from "chai";

import type { Charger } from "../../helpers/charger.ts";
import { openChargingWorld, openPlace, type ChargingWorld } from "../../helpers/charging-world.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../../helpers/service-chain.ts";
import { agree, central, tell2, type Talk2 } from "../../helpers/transaction-talk.ts";

const wrong = { idToken: "DEADBEEF", type: "ISO14443" };
const none = { idToken: "", type: "NoAuthorization" };

describe("The idTokens that a transaction of 2.x presents one after the other", function () {
  let chain: ServiceChain;
  let world: ChargingWorld;
  let session: OpenedSession;
  let point: ChargingPoint;
  let charger: Charger;

  before(async function () {
    chain = await startServiceChain();
  });
  beforeEach(async function () {
    world = await openChargingWorld(chain);
    ({ session, point } = await openPlace(chain, world));
    await agree(chain, world, session);
    charger = await world.connect("CS-1", "ocpp2.0.1", [point.evse]);
    charger.answers = () => ({ status: "Rejected" });
  });
  afterEach(async function () {
    await world.close();
  });
  after(async function () {
    await chain.close();
  });

  async function expectSettled(one = session): Promise<void> {
    await world.settle();
    const shown = await world.show(one);
    expect(shown.session).to.have.nested.include({ state: "settled", "assessment.energyWh": "1500" });
    expect(shown.ocppTransaction).to.deep.include({ ocppTransactionId: "T-1" });
  }

  const tell = (talk: Talk2) => tell2(world, charger, talk);
  const started = { type: "Started", seqNo: 0, atSeconds: 0, wh: 1_000, evse: 1 } as const;
  const ended = (seqNo: number) => ({ type: "Ended", seqNo, atSeconds: 240, wh: 2_500 }) as const;

  for (const [name, first] of [
    ["without one", {}],
    ["with another", { idToken: wrong }],
    ["with the empty one", { idToken: none }],
  ] as const) {
    it(`counts the session's own where the start came ${name}`, async function () {
      await tell({ ...started, ...first });
      const idToken = central(session.idTag);
      expect(await tell({ type: "Updated", seqNo: 1, atSeconds: 10, wh: 1_010, idToken })).to.equal("Accepted");
      await tell(ended(2));
      await expectSettled();
    });
  }

  it("counts the session's own after several that are wrong", async function () {
    await tell(started);
    expect(await tell({ type: "Updated", seqNo: 1, atSeconds: 5, wh: 1_000, idToken: wrong })).to.equal("Invalid");
    const idToken = central(session.idTag);
    expect(await tell({ type: "Updated", seqNo: 2, atSeconds: 10, wh: 1_010, idToken })).to.equal("Accepted");
    // A stranger's card in between takes nothing away.
    expect(await tell({ type: "Updated", seqNo: 3, atSeconds: 60, wh: 1_200, idToken: wrong })).to.equal("Invalid");
    await tell(ended(4));
    await expectSettled();
  });

  it("counts it where it comes with the end alone", async function () {
    await tell({ ...started, idToken: wrong });
    expect(await tell({ ...ended(1), idToken: central(session.idTag) })).to.equal("Accepted");
    await expectSettled();
  });

  it("counts the first of two sessions, says no to the second, and says so", async function () {
    const second = await chain.openSession(point);
    await world.settle();
    await tell({ ...started, idToken: central(session.idTag) });
    const idToken = central(second.idTag);
    expect(await tell({ type: "Updated", seqNo: 1, atSeconds: 10, wh: 1_010, idToken })).to.equal("Invalid");
    await tell(ended(2));
    await expectSettled();
    expect((await world.show(session)).session.assessment?.flags).to.include("OTHER_SESSION_PRESENTED");
    expect((await world.show(second)).session.state).to.equal("opened");
  });

  it("says no to an idTag whose session is at another outlet than the transaction", async function () {
    const elsewhere = await openPlace(chain, world);
    await charger.close();
    charger = await world.connect("CS-1", "ocpp2.0.1", [point.evse, elsewhere.point.evse]);
    charger.answers = () => ({ status: "Rejected" });
    await tell(started);
    const idToken = central(elsewhere.session.idTag);
    expect(await tell({ type: "Updated", seqNo: 1, atSeconds: 10, wh: 1_010, idToken })).to.equal("Invalid");
    await world.settle();
    expect((await world.show(elsewhere.session)).session.state).to.equal("opened");
  });
});
