import { expect } from "chai";

import { atEvse } from "../../../services/domain/tariff-scope.ts";
import { priceOf } from "../../../services/domain/tariff.ts";
import { checkRequest, checkResponse } from "../../../services/ocpp/schemas.ts";
import type { Charger, TakenCall } from "../../helpers/charger.ts";
import {
  openChargingWorld,
  openPlace,
  start16,
  stop16,
  values16,
  type ChargingWorld,
} from "../../helpers/charging-world.ts";
import { startServiceChain, testTariff, type OpenedSession, type ServiceChain } from "../../helpers/service-chain.ts";
import { get } from "../../helpers/running-service.ts";
import { agree, central } from "../../helpers/transaction-talk.ts";

const pageUrl = "https://charge.example";
const microWhPerWh = 1_000_000n;

describe("What a charger shows of a session", function () {
  let chain: ServiceChain;
  let world: ChargingWorld;
  let session: OpenedSession;
  let evse: number;

  before(async function () {
    chain = await startServiceChain();
  });
  beforeEach(async function () {
    world = await openChargingWorld(chain, { WATTPROOF_PAGE_ORIGIN: pageUrl, WATTPROOF_CURRENCY: "CHF" });
    const place = await openPlace(chain, world);
    ({ session } = place);
    ({ evse } = place.point);
    await agree(chain, world, session);
  });
  afterEach(async function () {
    await world.close();
  });
  after(async function () {
    await chain.close();
  });

  const priceFor = (wh: number, seconds: number): number =>
    Number(priceOf(testTariff, BigInt(wh) * microWhPerWh, seconds, seconds).grossMicro) / 1_000_000;
  const holdOf = (one: OpenedSession): number => Number(one.terms.holdMicro) / 1_000_000;

  /** Answers questions about the station's limits; accepts all else. */
  function supports(limits: string | null): (call: TakenCall) => object {
    return ({ action, payload }) => {
      if (action !== "GetVariables") return { status: "Accepted" };
      const [asked] = payload["getVariableData"] as readonly object[];
      return {
        getVariableResult: [
          limits === null
            ? { ...asked, attributeStatus: "UnknownVariable" }
            : { ...asked, attributeStatus: "Accepted", attributeValue: limits },
        ],
      };
    };
  }

  let seqNo = 0;
  async function event(
    charger: Charger,
    protocol: "ocpp2.0.1" | "ocpp2.1",
    eventType: "Started" | "Updated" | "Ended",
    atSeconds: number,
    wh: number,
    more: object = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    if (eventType === "Started") seqNo = 0;
    const timestamp = world.at(atSeconds);
    const answer = await charger.call("TransactionEvent", {
      ...{ eventType, seqNo, timestamp, triggerReason: "MeterValuePeriodic" },
      transactionInfo: { transactionId: "T-1" },
      meterValue: [{ timestamp, sampledValue: [{ value: wh }] }],
      ...more,
    });
    seqNo += 1;
    expect(checkResponse(protocol, "TransactionEvent", answer)).to.equal(null);
    return answer;
  }
  const begin = (idTag: string) => ({ evse: { id: 1 }, idToken: central(idTag) });

  it("is the running and the final cost, the limit of the hold, and the tariff (2.1)", async function () {
    const charger = await world.connect("CS-1", "ocpp2.1", [evse]);
    charger.answers = supports("MaxEnergy,MaxCost");
    await world.settle();
    const authorized = await charger.call("Authorize", { idToken: central(session.idTag) });
    expect(checkResponse("ocpp2.1", "Authorize", authorized)).to.equal(null);
    expect(authorized["tariff"]).to.include({ currency: "CHF", tariffId: session.terms.tariffId.slice(0, 60) });

    const started = await event(charger, "ocpp2.1", "Started", 0, 1_000, begin(session.idTag));
    expect(started["transactionLimit"]).to.deep.equal({ maxCost: holdOf(session) });
    expect(started["updatedPersonalMessage"])
      .to.have.property("content")
      .that.contains(`${holdOf(session).toFixed(2)} CHF`);
    const updated = await event(charger, "ocpp2.1", "Updated", 120, 1_700);
    expect(updated).to.include({ totalCost: priceFor(700, 120) });
    // The station says that it keeps the limit, and is answered like any other event.
    const kept = await event(charger, "ocpp2.1", "Updated", 150, 1_800, { triggerReason: "LimitSet" });
    expect(kept["transactionLimit"]).to.deep.equal({ maxCost: holdOf(session) });
    await chain.topUp(session, 0n, 1_000_000n);
    await world.settle();
    const raised = await event(charger, "ocpp2.1", "Updated", 180, 1_900);
    expect(raised["transactionLimit"]).to.deep.equal({ maxCost: holdOf(session) + 1 });
    const ended = await event(charger, "ocpp2.1", "Ended", 240, 2_500);
    expect(ended).to.include({ totalCost: priceFor(1_500, 240) });
    await world.settle();
    const { closing } = (await world.show(session)).session;
    expect(Number(closing?.chargedMicro) / 1_000_000).to.equal(ended["totalCost"]);

    const settlement = await charger.call("NotifySettlement", {
      ...{ transactionId: "T-1", pspRef: "terminal-1", status: "Settled", settlementAmount: 1 },
      settlementTime: world.at(300),
    });
    expect(settlement).to.deep.equal({
      receiptUrl: `${pageUrl}/#/session/${session.sessionId}`,
      receiptId: session.sessionId.slice(2, 18).toUpperCase(),
    });
    const stranger = { pspRef: "terminal-1", status: "Settled", settlementAmount: 1, settlementTime: world.at(300) };
    expect(await charger.call("NotifySettlement", { ...stranger, transactionId: "T-9" })).to.deep.equal({});
    expect(await charger.call("NotifySettlement", stranger)).to.deep.equal({});
  });

  it("is compared with what the station computed itself, and a difference is an alert and on the receipt (2.1)", async function () {
    const charger = await world.connect("CS-1", "ocpp2.1", [evse]);
    charger.answers = supports("MaxCost");
    await world.settle();
    const own = (inclTax: number): object => ({
      costDetails: {
        totalCost: { currency: "CHF", typeOfCost: "NormalCost", total: { exclTax: inclTax / 1.081, inclTax } },
        totalUsage: { energy: 1_500, chargingTime: 240, idleTime: 0 },
      },
    });
    const alerts = async (): Promise<string> => {
      const { body } = await get(world.service.url, "/metrics");
      return /wattproof_alerts_total\{alert="station-cost-differs"\} (\d+)/u.exec(String(body))?.[1] ?? "0";
    };
    await event(charger, "ocpp2.1", "Started", 0, 1_000, begin(session.idTag));
    // Half a cent is rounding.
    await event(charger, "ocpp2.1", "Ended", 240, 2_500, own(priceFor(1_500, 240) + 0.005));
    await world.settle();
    expect(await alerts()).to.equal("0");

    const place = await openPlace(chain, world);
    await agree(chain, world, place.session);
    const other = await world.connect("CS-2", "ocpp2.1", [place.point.evse]);
    other.answers = supports("MaxCost");
    await event(other, "ocpp2.1", "Started", 0, 1_000, begin(place.session.idTag));
    await event(other, "ocpp2.1", "Ended", 240, 2_500, own(priceFor(1_500, 240) + 1));
    for (let round = 0; round < 3; round += 1) await world.settle();
    expect(await alerts()).to.equal("1");
    const { service } = world;
    const flagged = await service.store.findCdr(place.session.sessionId);
    expect(flagged?.evidence.flags).to.include("STATION_COST_DIFFERS");
    const [invoice] = await service.store.listInvoices(place.session.sessionId);
    expect(invoice?.content).to.contain('"isShownOtherwise":true');
    const [plain] = await service.store.listInvoices(session.sessionId);
    expect(plain?.content).to.contain('"isShownOtherwise":false');
  });

  it("rests on the tariffs of the EVSE and of the session, where the station takes tariffs (2.1)", async function () {
    const charger = await world.connect("CS-1", "ocpp2.1", [evse]);
    charger.answers = (call) => {
      const isAboutTariffs = JSON.stringify(call.payload).includes("TariffCostCtrlr");
      return supports(isAboutTariffs ? "true" : "MaxCost")(call);
    };
    // The station is asked to begin the session, and then what it can do about costs.
    await world.settle();
    await event(charger, "ocpp2.1", "Started", 0, 1_000, begin(session.idTag));
    await world.settle();
    const installed = () =>
      charger.displayed
        .filter(({ action }) => action.endsWith("Tariff"))
        .map(({ action, payload }) => {
          const { tariffId, currency } = payload["tariff"] as Readonly<Record<string, unknown>>;
          return [action, payload["evseId"] ?? payload["transactionId"], tariffId, currency];
        });
    const own = session.terms.tariffId.slice(0, 60);
    expect(installed()).to.deep.equal([["SetDefaultTariff", 1, own, "CHF"]]);
    for (const { action, payload } of charger.displayed) {
      expect(checkRequest("ocpp2.1", action, payload), action).to.equal(null);
    }

    // The operator changes the price: the next driver has the new one, and who charges keeps the old.
    const dearer = { ...testTariff, flatFeeMicro: testTariff.flatFeeMicro + 100_000n };
    const newId = await chain.publishTariff(dearer);
    await world.service.store.assignTariffs({
      ...{ scopes: [atEvse(evse)], tariffs: [{ tariffId: newId, tariff: dearer }], isReplacing: true },
      ...{ at: { blockNumber: 10_000, atSeconds: Math.floor(world.nowMs / 1_000) }, atMs: world.nowMs, by: "test" },
    });
    const again = await world.reconnect("CS-1", "ocpp2.1");
    again.answers = charger.answers;
    charger.displayed.length = 0;
    await event(again, "ocpp2.1", "Updated", 60, 1_300);
    await world.settle();
    const told = again.displayed.filter(({ action }) => action.endsWith("Tariff"));
    expect(
      told.map(({ action, payload }) => [action, (payload["tariff"] as { tariffId: string }).tariffId]),
    ).to.deep.equal([
      ["SetDefaultTariff", newId.slice(0, 60)],
      ["ChangeTransactionTariff", own],
    ]);
    await world.settle();
    expect(again.displayed.filter(({ action }) => action.endsWith("Tariff"))).to.have.length(2);
  });

  it("is no limit that the station does not keep, or that the tariff has not (2.1)", async function () {
    const charger = await world.connect("CS-1", "ocpp2.1", [evse]);
    charger.answers = supports(null);
    await world.settle();
    const started = await event(charger, "ocpp2.1", "Started", 0, 1_000, begin(session.idTag));
    expect(started).to.not.have.property("transactionLimit");
    await charger.close();
    const again = await world.reconnect("CS-1", "ocpp2.1");
    again.answers = supports("MaxEnergy");
    await world.settle();
    seqNo = 1;
    const updated = await event(again, "ocpp2.1", "Updated", 60, 1_100);
    // Time costs something, too, so that no energy uses up the hold by itself.
    expect(updated).to.not.have.property("transactionLimit");
  });

  it("is told of nothing that is nobody's", async function () {
    const charger = await world.connect("CS-1", "ocpp2.1", [evse]);
    charger.answers = supports("MaxCost");
    const other = await event(charger, "ocpp2.1", "Started", 0, 1_000, { evse: { id: 1 } });
    expect(other).to.deep.equal({});
  });

  it("is the final cost in the answer and the running one by CostUpdated (2.0.1)", async function () {
    const charger = await world.connect("CS-1", "ocpp2.0.1", [evse]);
    await world.settle();
    await event(charger, "ocpp2.0.1", "Started", 0, 1_000, begin(session.idTag));
    expect(await event(charger, "ocpp2.0.1", "Updated", 120, 1_700)).to.deep.equal({});
    await world.settle();
    const told = () => charger.displayed.filter(({ action }) => action === "CostUpdated").map(({ payload }) => payload);
    expect(told()).to.deep.equal([{ totalCost: priceFor(700, 120), transactionId: "T-1" }]);
    await event(charger, "ocpp2.0.1", "Updated", 180, 1_900);
    await world.settle();
    expect(told()).to.have.length(1);
    world.nowMs += 61_000;
    await world.settle();
    expect(told()[1]).to.deep.equal({ totalCost: priceFor(900, 180), transactionId: "T-1" });
    const ended = await event(charger, "ocpp2.0.1", "Ended", 240, 2_500);
    // A minute has passed meanwhile.
    expect(ended).to.include({ totalCost: priceFor(1_500, 301) });
    expect(ended).to.not.have.property("transactionLimit");
  });

  it("is told in the OCA's messages where a station of 1.6 shows costs, and not where it does not", async function () {
    const messages = (charger: Charger) =>
      charger.displayed
        .filter(({ action }) => action === "DataTransfer")
        .map(
          ({ payload }) =>
            [payload["messageId"], JSON.parse(String(payload["data"])) as Record<string, unknown>] as const,
        );
    const configured =
      (value: string) =>
      ({ action }: TakenCall): object =>
        action === "GetConfiguration"
          ? { configurationKey: [{ key: "CustomDisplayCostAndPrice", readonly: true, value }] }
          : { status: "Accepted" };
    for (const value of ["true", "false"]) {
      const charger =
        value === "true" ? await world.connect("CS-1", "ocpp1.6", [evse]) : await world.reconnect("CS-1", "ocpp1.6");
      charger.answers = configured(value);
      await world.settle();
      const transactionId = await start16(world, charger, { idTag: session.idTag });
      await values16(world, charger, { transactionId, atSeconds: 120, wh: 1_700 });
      await world.settle();
      await stop16(world, charger, { transactionId, atSeconds: 240, meterStop: 2_500 });
      await world.settle();
      if (value === "false") {
        expect(messages(charger)).to.deep.equal([]);
        continue;
      }
      const [running, final] = messages(charger);
      expect(running?.[0]).to.equal("RunningCost");
      expect(running?.[1]).to.include({ transactionId, cost: priceFor(700, 120), meterValue: 1_700 });
      // With the tax of 8.1 %, as the cost.
      expect(running?.[1]["chargingPrice"]).to.deep.equal({ kWhPrice: 0.52969, hourPrice: 0.6486, flatFee: 0.37835 });
      expect(final?.[0]).to.equal("FinalCost");
      expect(final?.[1]).to.include({ transactionId, cost: priceFor(1_500, 240) });
      expect(final?.[1]["qrCodeText"]).to.equal(`${pageUrl}/#/session/${session.sessionId}`);
      await charger.close();
    }
  });
});
