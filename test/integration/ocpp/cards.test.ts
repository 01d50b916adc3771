import { expect } from "chai";

import { readContractInterfaces } from "../../../services/chain/contracts.ts";
import type { VehicleConsent } from "../../../services/domain/vehicle-consent.ts";
import type { Charger } from "../../helpers/charger.ts";
import { openChargingWorld, stop16, type ChargingWorld } from "../../helpers/charging-world.ts";
import { askIdTokens, bindingOf, createFleet, type Fleet } from "../../helpers/fleet.ts";
import { startServiceChain, type ChargingPoint, type ServiceChain } from "../../helpers/service-chain.ts";
import { tell2 } from "../../helpers/transaction-talk.ts";

interface Listed {
  readonly latest: readonly {
    readonly ocppTransactionId: string;
    readonly status: string;
    readonly sessionId: string | null;
    readonly reason: string | null;
  }[];
  readonly unpaid: readonly { readonly ocppTransactionId: string; readonly reason: string }[];
}

describe("Cards that open sessions", function () {
  let chain: ServiceChain;
  let fleet: Fleet;
  let world: ChargingWorld;
  let cards = 0;

  before(async function () {
    chain = await startServiceChain();
    fleet = await createFleet(chain);
  });
  beforeEach(async function () {
    world = await openChargingWorld(chain, fleet.environment);
  });
  afterEach(async function () {
    await world.close();
    await fleet.fundRelayer();
  });
  after(async function () {
    await chain.close();
  });

  /** A new card that is bound to a new consent. */
  async function bindCard(
    changes: Partial<VehicleConsent> = {},
    binding: Readonly<Record<string, unknown>> = {},
    depositMicro?: bigint,
  ): Promise<{ readonly card: string; readonly consent: VehicleConsent }> {
    cards += 1;
    const card = `04A1B2C3D4E5${cards.toString(16).padStart(2, "0")}`;
    const consent = await fleet.consent(changes, depositMicro);
    const bound = await askIdTokens(world.service.url, "/bind", bindingOf(card, consent, binding));
    expect(bound.status, JSON.stringify(bound.answer)).to.equal(200);
    return { card, consent };
  }

  async function place(stationId: string, protocol = "ocpp1.6"): Promise<{ point: ChargingPoint; charger: Charger }> {
    const point = await chain.addChargingPoint();
    const charger = await world.connect(stationId, protocol, [point.evse]);
    await world.service.synchronise();
    return { point, charger };
  }

  const authorize = async (charger: Charger, idTag: string): Promise<unknown> =>
    (await charger.call("Authorize", { idTag }))["idTagInfo"];

  async function start(charger: Charger, idTag: string, atSeconds = 0, connectorId = 1) {
    const timestamp = world.at(atSeconds);
    const answer = await charger.call("StartTransaction", { connectorId, idTag, meterStart: 1_000, timestamp });
    return { transactionId: Number(answer["transactionId"]), idTagInfo: answer["idTagInfo"] };
  }

  async function list(): Promise<Listed> {
    return (await askIdTokens(world.service.url, "")).answer as unknown as Listed;
  }

  const stops = ({ taken }: Charger) => taken.filter(({ action }) => action === "RemoteStopTransaction");

  it("opens a session when the card is presented, and settles what the meter signed", async function () {
    const { card, consent } = await bindCard();
    const { point, charger } = await place("CARD-1");
    expect(await authorize(charger, card.toLowerCase())).to.deep.equal({
      status: "Accepted",
      expiryDate: new Date(consent.expiresAt * 1_000).toISOString(),
    });
    const { transactionId, idTagInfo } = await start(charger, card.toLowerCase());
    expect(idTagInfo).to.deep.equal({ status: "Accepted" });
    await world.settle();

    const [opening] = (await list()).latest;
    expect(opening).to.deep.include({ ocppTransactionId: String(transactionId), status: "attached", reason: null });
    const session = { sessionId: opening?.sessionId ?? "" };
    expect(await world.show(session)).to.have.nested.include({
      "session.state": "charging",
      "ocppTransaction.ocppTransactionId": String(transactionId),
    });
    expect(await authorize(charger, card)).to.have.property("status", "Accepted");
    expect(charger.taken.map(({ action }) => action)).to.not.include("RemoteStartTransaction");

    const beginSeconds = Math.floor(world.nowMs / 1_000);
    world.nowMs += 3_600_000;
    const record = point.device.record({
      idTag: card,
      energyMicroWh: 7_420_500_000n,
      beginSeconds,
      endSeconds: beginSeconds + 3_600,
    });
    const signed = { signedMeterData: Buffer.from(record).toString("base64"), encodingMethod: "OCMF", publicKey: "" };
    await stop16(world, charger, { transactionId, atSeconds: 0, meterStop: 8_420, record: JSON.stringify(signed) });
    await world.settle();
    // The charge began before its session: the claim waits until it fits the time since the opening.
    await world.pass(4_000);
    const shown = await world.show(session);
    expect(shown.cdr).to.deep.include({ energyWh: "7420.5" });
    expect(shown.session.assessment).to.deep.include({ grade: "meter-signed", reasons: ["SIGNED"] });
    expect(shown.session.closing).to.have.property("energyMicroWh", "7420500000");
    expect(charger.taken).to.deep.equal([]);
  });

  it("answers a card that nobody bound as before", async function () {
    const { charger } = await place("CARD-2");
    expect(await authorize(charger, "DEADBEEF")).to.deep.equal({ status: "Invalid" });
    expect((await start(charger, "DEADBEEF")).idTagInfo).to.deep.equal({ status: "Invalid" });
    await world.settle();
    expect(stops(charger)).to.deep.equal([]);
  });

  it("refuses a card as the chain says, before it begins and when it begins all the same", async function () {
    const { charger } = await place("CARD-3");
    const now = await chain.headSeconds();
    const cases: readonly (readonly [string, string, () => Promise<string>])[] = [
      [
        "CONSENT_REVOKED",
        "Blocked",
        async () => {
          const { card, consent } = await bindCard();
          await fleet.revoke(consent);
          return card;
        },
      ],
      [
        "CONSENT_EXPIRED",
        "Expired",
        async () => {
          const { card } = await bindCard({ expiresAt: now + 40 });
          await chain.request("evm_increaseTime", [60]);
          await chain.request("evm_mine");
          return card;
        },
      ],
      ["OPERATOR_NOT_ALLOWED", "Invalid", async () => (await bindCard({ operators: [chain.driver] })).card],
      ["HOLD_ABOVE_PERIOD_CAP", "Blocked", async () => (await bindCard({ periodCapMicro: 19_999_999n })).card],
      ["HOLD_ABOVE_BALANCE", "Blocked", async () => (await bindCard({}, {}, 19_999_999n)).card],
      ["AGREEMENT_NOT_BINDING", "Invalid", async () => (await bindCard({}, { agreement: 999 })).card],
    ];
    for (const [reason, status, makeCard] of cases) {
      const card = await makeCard();
      expect(await authorize(charger, card), reason).to.deep.equal({ status });
      world.nowMs += 60_000;
      const stopped = stops(charger).length;
      const { transactionId, idTagInfo } = await start(charger, card);
      expect(idTagInfo, reason).to.deep.equal({ status });
      await world.settle();
      const [unpaid] = (await list()).unpaid;
      expect(unpaid, reason).to.deep.include({ ocppTransactionId: String(transactionId), reason, sessionId: null });
      expect(stops(charger).slice(stopped), reason).to.deep.equal([
        { action: "RemoteStopTransaction", payload: { transactionId } },
      ]);
      await stop16(world, charger, { transactionId, atSeconds: 1, meterStop: 1_000 });
    }
  });

  it("counts what earlier sessions held against the period's cap", async function () {
    const { card } = await bindCard({ periodCapMicro: 30_000_000n });
    const { charger } = await place("CARD-4");
    const first = await start(charger, card);
    expect(first.idTagInfo).to.deep.equal({ status: "Accepted" });
    await world.settle();
    await stop16(world, charger, { transactionId: first.transactionId, atSeconds: 1, meterStop: 1_000 });
    await world.settle();
    await world.settle();
    expect(await authorize(charger, card)).to.deep.equal({ status: "Blocked" });
  });

  it("opens one session for two starts of one card, and has the other charger stop", async function () {
    const { card } = await bindCard();
    const { charger } = await place("CARD-5");
    const { charger: other } = await place("CARD-6");
    const [first, second] = await Promise.all([start(charger, card), start(other, card)]);
    const statuses = [first.idTagInfo, second.idTagInfo];
    expect(statuses).to.have.deep.members([{ status: "Accepted" }, { status: "ConcurrentTx" }]);
    await world.settle();
    const { latest } = await list();
    expect(latest.slice(0, 2).map(({ status, reason }) => [status, reason])).to.have.deep.members([
      ["attached", null],
      ["refused", "SESSION_LIVE"],
    ]);
    expect([stops(charger).length, stops(other).length].sort()).to.deep.equal([0, 1]);
    const idle = stops(charger).length === 0 ? other : charger;
    expect(await authorize(idle, card)).to.deep.equal({ status: "ConcurrentTx" });
  });

  it("gives a start that is repeated the same transaction and the same session", async function () {
    const { card } = await bindCard();
    const { charger } = await place("CARD-7");
    const first = await start(charger, card);
    expect(await start(charger, card)).to.deep.equal(first);
    await world.settle();
    expect(await start(charger, card)).to.deep.equal(first);
    await world.settle();
    const mine = (await list()).latest.filter((one) => one.ocppTransactionId === String(first.transactionId));
    expect(mine.map(({ status }) => status)).to.deep.equal(["attached"]);
  });

  it("opens a session for a charge that was begun and ended offline a short while ago", async function () {
    const { card } = await bindCard();
    const { point, charger } = await place("CARD-8");
    const { transactionId, idTagInfo } = await start(charger, card, -600);
    const beginSeconds = Math.floor(world.nowMs / 1_000) - 600;
    const times = { beginSeconds, endSeconds: beginSeconds + 300 };
    const record = point.device.record({ idTag: card, energyMicroWh: 2_000_000_000n, ...times });
    const signed = { signedMeterData: Buffer.from(record).toString("base64"), encodingMethod: "OCMF", publicKey: "" };
    await stop16(world, charger, { transactionId, atSeconds: -300, meterStop: 3_000, record: JSON.stringify(signed) });
    expect(idTagInfo).to.deep.equal({ status: "Accepted" });
    await world.settle();
    await world.settle();
    // The charge began before its session: the claim waits until it fits the time since the opening.
    await world.pass(600);
    const [opening] = (await list()).latest;
    const shown = await world.show({ sessionId: opening?.sessionId ?? "" });
    expect(shown.cdr).to.deep.include({ energyWh: "2000" });
    expect(shown.session.closing).to.have.property("energyMicroWh", "2000000000");
    expect(stops(charger)).to.deep.equal([]);
  });

  it("keeps a charge that began long ago as unpaid, and shows it", async function () {
    const { card } = await bindCard();
    const { charger } = await place("CARD-9");
    const { transactionId, idTagInfo } = await start(charger, card, -901);
    expect(idTagInfo).to.deep.equal({ status: "Invalid" });
    await stop16(world, charger, { transactionId, atSeconds: -800, meterStop: 2_000 });
    await world.settle();
    const { latest, unpaid } = await list();
    expect(unpaid[0]).to.deep.include({ ocppTransactionId: String(transactionId), reason: "START_TOO_OLD" });
    expect(latest[0]).to.deep.include({ sessionId: null });
  });

  it("goes on after a restart between what it kept and what it sent", async function () {
    const { card } = await bindCard();
    const { charger } = await place("CARD-10");
    // Nobody pays for the gas: it is kept and cannot be sent.
    await fleet.fundRelayer("0x0");
    const { transactionId, idTagInfo } = await start(charger, card);
    expect(idTagInfo).to.deep.equal({ status: "Accepted" });
    const before = (await list()).latest[0];
    expect(before).to.deep.include({ ocppTransactionId: String(transactionId), status: "prepared" });

    await world.restart();
    const again = await world.reconnect("CARD-10", "ocpp1.6");
    await fleet.fundRelayer();
    world.nowMs += 5_000;
    await world.settle();
    expect((await list()).latest[0]).to.deep.include({ sessionId: before?.sessionId, status: "attached" });
    expect(await world.show({ sessionId: before?.sessionId ?? "" })).to.have.nested.include({
      "ocppTransaction.ocppTransactionId": String(transactionId),
      "ocppTransaction.isOpen": true,
    });
    expect(again.taken).to.deep.equal([]);
  });

  it("has the charger stop where an opening cannot be sent in time, and takes it where it is mined later", async function () {
    const { card } = await bindCard();
    const { charger } = await place("CARD-11");
    await fleet.fundRelayer("0x0");
    const { transactionId } = await start(charger, card);
    world.nowMs += 901_000;
    await world.settle();
    expect((await list()).unpaid[0]).to.deep.include({ reason: "OPENING_TIMEOUT" });
    expect(stops(charger)).to.deep.equal([{ action: "RemoteStopTransaction", payload: { transactionId } }]);

    const opening = await world.service.store.findTokenOpening("CARD-11", String(transactionId));
    const { consent, terms, signature, sessionId = "" } = opening?.intent ?? {};
    const { vehicleConsents } = readContractInterfaces();
    const data = vehicleConsents.encodeFunctionData("openByVehicle", [consent, terms, signature]);
    await chain.sendAsStranger(chain.deployment.contracts.vehicleConsents, data);
    await world.settle();
    expect(await world.show({ sessionId })).to.have.nested.include({
      "ocppTransaction.ocppTransactionId": String(transactionId),
    });
  });

  it("no longer accepts a card that was unbound", async function () {
    const { card } = await bindCard();
    const { charger } = await place("CARD-12");
    expect(await authorize(charger, card)).to.have.property("status", "Accepted");
    expect((await askIdTokens(world.service.url, "/unbind", { idToken: card.toLowerCase() })).status).to.equal(200);
    expect(await authorize(charger, card)).to.deep.equal({ status: "Invalid" });
  });

  describe("that chargers of 2.x present under several types", function () {
    const types = ["ISO14443", "Local"];

    async function begin(charger: Charger, card: string, type: string, transactionId = "T-1"): Promise<string | null> {
      const idToken = { idToken: card, type };
      return tell2(world, charger, {
        type: "Started",
        seqNo: 0,
        atSeconds: 0,
        wh: 1_000,
        evse: 1,
        idToken,
        transactionId,
      });
    }

    it("are one card under each type that is bound, and none under another", async function () {
      const { card } = await bindCard({}, { type: types });
      const { charger } = await place("CS-T", "ocpp2.0.1");
      for (const [type, status] of [
        ["Local", "Accepted"],
        ["ISO14443", "Accepted"],
        ["ISO15693", "Invalid"],
      ] as const) {
        const answer = await charger.call("Authorize", { idToken: { idToken: card, type } });
        expect(answer["idTokenInfo"], type).to.deep.include({ status });
      }
      expect(await begin(charger, card, "ISO14443")).to.equal("Accepted");
      await world.settle();
      expect((await list()).latest[0]).to.deep.include({ ocppTransactionId: "T-1", status: "attached" });
    });

    it("open a session where one of the ways in which a transaction presents them is bound", async function () {
      const { card } = await bindCard();
      const { charger } = await place("CS-T", "ocpp2.0.1");
      await tell2(world, charger, { type: "Started", seqNo: 0, atSeconds: 0, wh: 1_000, evse: 1 });
      const idToken = { idToken: card.toLowerCase(), type: "ISO14443" };
      const wrong = { idToken: "DEADBEEF", type: "ISO14443" };
      const first = { type: "Updated", seqNo: 1, atSeconds: 1, wh: 1_000, idToken: wrong } as const;
      expect(await tell2(world, charger, first)).to.equal("Invalid");
      const second = { type: "Updated", seqNo: 2, atSeconds: 2, wh: 1_000, idToken } as const;
      expect(await tell2(world, charger, second)).to.equal("Accepted");
      await world.settle();
      expect((await list()).latest[0]).to.deep.include({ ocppTransactionId: "T-1", status: "attached" });
      // Another bound card in the same transaction is not accepted: its driver pays for nothing.
      const other = await bindCard();
      const third = { idToken: other.card, type: "ISO14443" };
      expect(await tell2(world, charger, { ...second, seqNo: 3, idToken: third })).to.equal("Invalid");
    });
  });
});
