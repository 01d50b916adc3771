import { expect } from "chai";

import { createSimulatedMeter, type SimulatedMeter } from "../../../scripts/simulator/meter.ts";
import { generateMeterKey } from "../../../scripts/simulator/demo-key.ts";
import { possessionLimits } from "../../../services/domain/possession.ts";
import { createOcmfVerifier } from "../../../services/evidence/formats/ocmf/verifier.ts";
import { nodeCryptography } from "../../../services/evidence/formats/ocmf/node-cryptography.ts";
import { acceptAll, type Charger } from "../../helpers/charger.ts";
import { openChargingWorld, type ChargingWorld } from "../../helpers/charging-world.ts";
import { codeOf, get, getAsOperator, operatorKey, type Answer } from "../../helpers/running-service.ts";
import { startServiceChain, type ServiceChain } from "../../helpers/service-chain.ts";
import { countAlerts } from "../../helpers/transaction-talk.ts";

const protocols = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const;
type Protocol = (typeof protocols)[number];
const stop = {
  "ocpp1.6": "RemoteStopTransaction",
  "ocpp2.0.1": "RequestStopTransaction",
  "ocpp2.1": "RequestStopTransaction",
};

const hexOf = ({ key }: SimulatedMeter): string => `0x${Buffer.from(key.publicKeyPoint).toString("hex")}`;

interface Shown {
  readonly tag: string;
  readonly status: string;
  readonly starts: number;
  readonly record: string | null;
}

describe("A meter that proves itself at a charger", function () {
  let chain: ServiceChain;
  let world: ChargingWorld;
  let meter: SimulatedMeter;
  let evse: number;
  let evses = 0;
  let charger: Charger;

  before(async function () {
    chain = await startServiceChain();
  });
  beforeEach(async function () {
    world = await openChargingWorld(chain);
    evses += 1;
    const evseId = `DE*WTP*P${evses}`;
    evse = await chain.addEvse(evseId);
    meter = createSimulatedMeter({ key: generateMeterKey("secp256r1"), serial: "NEW1", evseId });
  });
  afterEach(async function () {
    await world.close();
  });
  after(async function () {
    await chain.close();
  });

  async function post(body: object, key = operatorKey): Promise<Answer> {
    const response = await fetch(`${world.service.url}/v1/meter-possessions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }
  const claim = (changes: object = {}): object => ({
    ...{ evse, curve: "secp256r1", publicKey: hexOf(meter) },
    ...changes,
  });
  async function expectTag(changes: object = {}): Promise<string> {
    const answer = await post(claim(changes));
    expect(answer.status).to.equal(200);
    return (answer.body as Shown).tag;
  }
  async function show(tag: string): Promise<Shown> {
    return (await getAsOperator(world.service.url, `/v1/meter-possessions/${tag}`)).body as Shown;
  }
  const inBase64 = (record: string): string => Buffer.from(record).toString("base64");

  async function authorize(protocol: Protocol, idTag: string, station = charger): Promise<unknown> {
    const is16 = protocol === "ocpp1.6";
    const payload = is16 ? { idTag } : { idToken: { idToken: idTag, type: "Central" } };
    const answer = await station.call("Authorize", payload);
    return (answer[is16 ? "idTagInfo" : "idTokenInfo"] as { status: string }).status;
  }

  /** A charge as the version tells it; the number of the transaction in 1.6 is the service's. */
  async function begin(
    protocol: Protocol,
    idTag: string,
    atSeconds = 0,
    outlet = 1,
  ): Promise<{ readonly status: string; readonly transactionId: unknown }> {
    if (protocol === "ocpp1.6") {
      const answer = await charger.call("StartTransaction", {
        ...{ connectorId: outlet, idTag, meterStart: 1_000 + atSeconds, timestamp: world.at(atSeconds) },
      });
      return { ...(answer["idTagInfo"] as { status: string }), transactionId: answer["transactionId"] };
    }
    const transactionId = `T-${String(evse)}-${String(atSeconds)}`;
    const answer = await charger.call("TransactionEvent", {
      ...{ eventType: "Started", timestamp: world.at(atSeconds), triggerReason: "Authorized", seqNo: 0 },
      transactionInfo: { transactionId, chargingState: "Charging" },
      ...{ evse: { id: outlet }, idToken: { idToken: idTag, type: "Central" } },
      meterValue: [{ timestamp: world.at(atSeconds), sampledValue: [{ value: 1_000, context: "Transaction.Begin" }] }],
    });
    return { ...(answer["idTokenInfo"] as { status: string }), transactionId };
  }
  async function tellValue(protocol: Protocol, transactionId: unknown, atSeconds: number, wh: number): Promise<void> {
    const timestamp = world.at(atSeconds);
    if (protocol === "ocpp1.6") {
      const meterValue = [{ timestamp, sampledValue: [{ value: String(wh) }] }];
      await charger.call("MeterValues", { connectorId: 1, transactionId, meterValue });
      return;
    }
    await charger.call("TransactionEvent", {
      ...{ eventType: "Updated", timestamp, triggerReason: "MeterValuePeriodic", seqNo: 1 },
      ...{ transactionInfo: { transactionId }, meterValue: [{ timestamp, sampledValue: [{ value: wh }] }] },
    });
  }
  async function end(protocol: Protocol, transactionId: unknown, atSeconds: number, record: string): Promise<void> {
    const timestamp = world.at(atSeconds);
    const signed = { signedMeterData: inBase64(record), encodingMethod: "OCMF", signingMethod: "", publicKey: "" };
    if (protocol === "ocpp1.6") {
      const sampledValue = [{ value: JSON.stringify(signed), format: "SignedData", context: "Transaction.End" }];
      const transactionData = [{ timestamp, sampledValue }];
      await charger.call("StopTransaction", { transactionId, meterStop: 1_010, timestamp, transactionData });
      return;
    }
    const sampledValue = [{ value: 1_010, context: "Transaction.End", signedMeterValue: signed }];
    await charger.call("TransactionEvent", {
      ...{ eventType: "Ended", timestamp, triggerReason: "RemoteStop", seqNo: 2 },
      ...{ transactionInfo: { transactionId }, meterValue: [{ timestamp, sampledValue }] },
    });
  }
  const recordOf = (tag: string, by = meter): string => by.possessionRecord(tag, Math.floor(world.nowMs / 1_000));

  for (const protocol of protocols) {
    describe(`of ${protocol}`, function () {
      beforeEach(async function () {
        charger = await world.connect("CS-1", protocol, [evse]);
        charger.answers = acceptAll;
      });

      it("is let charge for a minute with its tag, and its record is handed out", async function () {
        const tag = await expectTag();
        expect(await authorize(protocol, tag)).to.equal("Accepted");
        const { status, transactionId } = await begin(protocol, tag);
        expect(status).to.equal("Accepted");
        await world.settle();
        expect(charger.taken).to.deep.equal([]);

        world.nowMs += possessionLimits.chargeMs;
        await world.settle();
        expect(charger.taken.map(({ action }) => action)).to.deep.equal([stop[protocol]]);
        const record = recordOf(tag);
        await end(protocol, transactionId, 0, record);
        await world.settle();
        expect(await show(tag)).to.deep.include({ status: "received", starts: 1, record: inBase64(record) });

        // Proven once, the tag is worth nothing more. Nothing was opened, and nobody pays.
        expect(await authorize(protocol, tag)).to.equal("Invalid");
        expect((await begin(protocol, tag, 10)).status).to.equal("Invalid");
        expect(await world.service.store.listSessionsAtEvse(evse, 10)).to.deep.equal([]);
        expect(await countAlerts(world, "possession-charge-limited")).to.equal(0);
      });

      it("is stopped after a minute where its start is reported only after the tag has expired", async function () {
        const tag = await expectTag();
        world.nowMs += possessionLimits.expectedMs;
        expect((await begin(protocol, tag)).status).to.equal("Expired");
        await world.settle();
        world.nowMs += possessionLimits.chargeMs;
        await world.settle();
        expect(charger.taken.map(({ action }) => action)).to.deep.equal([stop[protocol]]);
      });

      it("is stopped at once where more flows than proves anything, and the operator is told once", async function () {
        const tag = await expectTag();
        const { transactionId } = await begin(protocol, tag);
        await tellValue(protocol, transactionId, 10, 1_400);
        await world.settle();
        expect(charger.taken).to.deep.equal([]);
        world.nowMs += 20_000;
        await tellValue(protocol, transactionId, 0, 1_500);
        await tellValue(protocol, transactionId, 1, 1_600);
        await world.settle();
        expect(charger.taken.map(({ action }) => action)).to.deep.equal([stop[protocol]]);
        expect(await countAlerts(world, "possession-charge-limited")).to.equal(1);
      });
    });
  }

  for (const protocol of ["ocpp2.0.1", "ocpp2.1"] as const) {
    it(`is known by the request of ${protocol} that its charger names, where it names no idToken`, async function () {
      charger = await world.connect("CS-1", protocol, [evse]);
      charger.answers = acceptAll;
      const tag = await expectTag({ start: true });
      const [request] = charger.taken.splice(0);
      const remoteStartId = (request?.payload as { readonly remoteStartId: number }).remoteStartId;
      for (const [transactionId, id] of [
        ["T-1", remoteStartId],
        ["T-2", remoteStartId ^ 0x100],
      ] as const) {
        await charger.call("TransactionEvent", {
          ...{ eventType: "Started", timestamp: world.at(0), triggerReason: "RemoteStart", seqNo: 0 },
          ...{ transactionInfo: { transactionId, remoteStartId: id }, evse: { id: 1 } },
        });
      }
      await world.settle();
      world.nowMs += possessionLimits.chargeMs;
      await world.settle();
      const told = charger.taken.map(({ action, payload }) => ({ action, payload }));
      expect(told).to.deep.equal([{ action: stop[protocol], payload: { transactionId: "T-1" } }]);
      await end(protocol, "T-1", 0, recordOf(tag));
      await world.settle();
      expect((await show(tag)).status).to.equal("received");
    });
  }

  for (const protocol of ["ocpp2.0.1", "ocpp2.1"] as const) {
    it(`counts as begun with ${protocol} when it presents its tag after its start, and not beside a session`, async function () {
      const point = await chain.addChargingPoint();
      charger = await world.connect("CS-1", protocol, [evse, point.evse]);
      const tell = async (
        eventType: string,
        transactionId: string,
        outlet: number,
        idTag?: string,
      ): Promise<unknown> => {
        const answer = await charger.call("TransactionEvent", {
          ...{ eventType, timestamp: world.at(0), triggerReason: "Authorized", seqNo: eventType === "Started" ? 0 : 1 },
          ...{ transactionInfo: { transactionId }, evse: { id: outlet } },
          ...(idTag === undefined ? {} : { idToken: { idToken: idTag, type: "Central" } }),
        });
        return (answer["idTokenInfo"] as { readonly status: string } | undefined)?.status;
      };
      const tag = await expectTag();
      const statuses: unknown[] = [];
      for (let index = 0; index <= possessionLimits.starts; index += 1) {
        await tell("Started", `T-${index}`, 1);
        statuses.push(await tell("Updated", `T-${index}`, 1, tag));
      }
      expect(statuses).to.deep.equal([...Array<string>(possessionLimits.starts).fill("Accepted"), "Invalid"]);
      expect(await tell("Updated", "T-0", 1, tag.toLowerCase())).to.equal("Accepted");
      expect((await show(tag)).starts).to.equal(possessionLimits.starts);

      const other = await expectTag({ evse: point.evse });
      await tell("Started", "S-1", 2);
      await chain.openSession(point);
      await world.service.synchronise();
      expect(await tell("Updated", "S-1", 2, other)).to.equal("NotAtThisTime");
    });
  }

  describe("at one charger", function () {
    const protocol = "ocpp1.6";

    beforeEach(async function () {
      charger = await world.connect("CS-1", protocol, [evse]);
    });

    it("is one whose tag the operator has named, at its outlet and no other", async function () {
      const tag = await expectTag();
      const unnamed = createSimulatedMeter({ key: generateMeterKey("secp256r1"), serial: "N2", evseId: "X" });
      const other = (await post(claim({ publicKey: hexOf(unnamed) }))).body as Shown;
      expect(other.tag).to.not.equal(tag);
      expect(await authorize(protocol, "ABCDEFGHIJKLMNOPQRST")).to.equal("Invalid");
      expect((await begin(protocol, tag, 0, 2)).status).to.equal("Invalid");
      const far = await chain.addEvse(`DE*WTP*F${evses}`);
      const elsewhere = await world.connect("CS-2", protocol, [far]);
      expect(await authorize(protocol, tag, elsewhere)).to.equal("Invalid");
      expect(await authorize(protocol, tag.toLowerCase())).to.equal("Accepted");
      expect((await show(tag)).starts).to.equal(0);
    });

    it("shows nothing by a record that another key signed, or with another ID", async function () {
      const tag = await expectTag();
      const forger = createSimulatedMeter({ key: generateMeterKey("secp256r1"), serial: "F", evseId: "X" });
      for (const record of [recordOf(tag, forger), recordOf("ABCDEFGHIJKLMNOPQRST"), "OCMF|{}|{}"]) {
        const { transactionId } = await begin(protocol, tag, -1 * record.length);
        await end(protocol, transactionId, 0, record);
      }
      await world.settle();
      expect(await show(tag)).to.deep.include({ status: "awaited", record: null, starts: 3 });
    });

    it("has so many tries and so much time, and then the operator has to say it again", async function () {
      const tag = await expectTag();
      const statuses: string[] = [];
      for (let index = 0; index <= possessionLimits.starts; index += 1) {
        statuses.push((await begin(protocol, tag, index)).status);
      }
      expect(statuses).to.deep.equal([...Array<string>(possessionLimits.starts).fill("Accepted"), "Invalid"]);
      expect(await expectTag()).to.equal(tag);
      expect(await authorize(protocol, tag)).to.equal("Accepted");
      world.nowMs += possessionLimits.expectedMs;
      expect(await authorize(protocol, tag)).to.equal("Expired");
      expect(await show(tag)).to.deep.include({ status: "expired", record: null });
    });

    it("does not charge beside a session, which would not settle then", async function () {
      const point = await chain.addChargingPoint();
      const session = await chain.openSession(point);
      await world.service.synchronise();
      charger = await world.connect("CS-3", protocol, [point.evse]);
      const tag = await expectTag({ evse: point.evse });
      expect(await authorize(protocol, tag)).to.equal("Invalid");
      expect(await authorize(protocol, session.idTag)).to.equal("Accepted");
    });

    it("goes on after a restart: the tag, the order to stop, and the record", async function () {
      const tag = await expectTag();
      const { transactionId } = await begin(protocol, tag);
      await world.settle();
      await world.restart();
      charger = await world.reconnect("CS-1", protocol);
      expect(await authorize(protocol, tag)).to.equal("Accepted");
      world.nowMs += possessionLimits.chargeMs;
      await world.settle();
      expect(charger.taken.map(({ action }) => action)).to.deep.equal([stop[protocol]]);
      const record = recordOf(tag);
      await end(protocol, transactionId, 0, record);
      await world.settle();
      await world.restart();
      expect(await show(tag)).to.deep.include({ status: "received", starts: 1, record: inBase64(record) });
      // Named again it stays; for another record the operator has to say so.
      expect((await post(claim())).body).to.deep.include({ status: "received" });
      expect((await post(claim({ again: true }))).body).to.deep.include({ status: "awaited", record: null, starts: 0 });
    });

    it("is proven by a record that comes alone, and after its tag has expired", async function () {
      const tag = await expectTag();
      await begin(protocol, tag);
      const record = recordOf(tag);
      world.nowMs += possessionLimits.lateMs;
      const sampledValue = [{ value: record, format: "SignedData" }];
      await charger.call("MeterValues", { connectorId: 1, meterValue: [{ timestamp: world.at(0), sampledValue }] });
      await world.settle();
      expect(await show(tag)).to.deep.include({ status: "received", record: inBase64(record) });
      world.nowMs += possessionLimits.expectedMs;
      await charger.call("MeterValues", {
        ...{ connectorId: 1, meterValue: [{ timestamp: world.at(0), sampledValue: [{ value: recordOf(tag) }] }] },
      });
      await world.settle();
      expect((await show(tag)).record).to.equal(inBase64(record));
    });

    it("keeps the record as the meter signed it", async function () {
      const tag = await expectTag();
      const { transactionId } = await begin(protocol, tag);
      await end(protocol, transactionId, 10, recordOf(tag));
      await world.settle();
      const bytes = Buffer.from((await show(tag)).record ?? "", "base64");
      const key = (await world.service.store.listPossessions())[0]?.publicKey;
      expect(key).to.equal(hexOf(meter));
      const verdict = createOcmfVerifier({ cryptography: nodeCryptography }).verifyRecord(
        bytes,
        `04${hexOf(meter).slice(2)}`,
      );
      expect(verdict).to.include({ verdict: "accepted", identification: tag });
    });
  });

  it("is named by the operator alone, and only where there is an EVSE with a station", async function () {
    const withoutStation = await post(claim());
    await world.connect("CS-1", "ocpp1.6", [evse]);
    const answers = [
      withoutStation,
      await post(claim(), "x".repeat(40)),
      await get(world.service.url, "/v1/meter-possessions/ABCDEFGHIJKLMNOPQRST"),
      await getAsOperator(world.service.url, "/v1/meter-possessions/ABCDEFGHIJKLMNOPQRST"),
      await getAsOperator(world.service.url, "/v1/meter-possessions/short"),
      await post(claim({ evse: 4_000_000_000 })),
      await post(claim({ operator: `0x${"11".repeat(20)}` })),
      await post(claim({ publicKey: "0x12" })),
      await post(claim({ tag: "ABCDEFGHIJKLMNOPQRST" })),
    ];
    expect(answers.map(codeOf)).to.deep.equal([
      ...["EVSE_UNKNOWN", "OPERATOR_UNAUTHENTICATED", "OPERATOR_UNAUTHENTICATED", "POSSESSION_NOT_AWAITED"],
      ...["QUERY_INVALID", "EVSE_UNREGISTERED", "EVSE_OF_ANOTHER_OPERATOR", "ENVELOPE_INVALID", "ENVELOPE_INVALID"],
    ]);
  });
});
