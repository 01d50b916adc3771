import { expect } from "chai";

import { openService } from "../../scripts/command-line/service-client.ts";
import { checkMakers } from "../../scripts/operator/doctor/maker-checks.ts";
import { priceOf } from "../../services/domain/tariff.ts";
import { createRecordJudge } from "../../services/evidence/formats/all-formats.ts";
import { verifyReceipt } from "../../services/receipts/verify-receipt.ts";
import { nobleCryptography } from "../../services/web/page/receipt/noble-cryptography.ts";
import { openChargingWorld, start16, type ChargingWorld } from "../helpers/charging-world.ts";
import { addStation, codeOf, get, post, runService, type RunningService } from "../helpers/running-service.ts";
import { startServiceChain, testTariff, type OpenedSession, type ServiceChain } from "../helpers/service-chain.ts";
import { createMeter, edlSample, endOf, type SignedSample } from "../../scripts/simulator/formats/block.ts";
import { compensatedPair, longStatus, meterValueXml } from "../../scripts/simulator/formats/edl.ts";
import { recordOfSample, signedFor, signedSamples } from "../../scripts/simulator/formats/signed-samples.ts";
import { edlParts, smlOf } from "../../scripts/simulator/formats/sml.ts";
import { alfenText } from "../../scripts/simulator/formats/texts.ts";

/** A charging point whose meter is this sample's, with an opened session, and the sample with that session's idTag. */
async function openAt(
  chain: ServiceChain,
  index: number,
): Promise<{ readonly sample: SignedSample; readonly session: OpenedSession; readonly evse: number }> {
  const samples = signedSamples();
  const known = samples[index];
  if (known === undefined) throw new RangeError(`there is no sample ${index}`);
  const point = await chain.addChargingPoint(known.curve, { publicKey: `0x${known.point}` });
  const session = await chain.openSession(point, { chargedSeconds: 4_000 });
  return { sample: signedFor(samples, session.idTag)[index] ?? known, session, evse: point.evse };
}

describe("Sessions that meters of other formats than OCMF measured", function () {
  let chain: ServiceChain;
  let running: RunningService;

  before(async function () {
    chain = await startServiceChain();
    running = await runService(chain, { WATTPROOF_UNBOUND_RECORDS: "accept" });
  });
  after(async function () {
    await running.close();
    await chain.close();
  });

  for (const [index, { name, format }] of signedSamples().entries()) {
    const isTagSigned = format !== "PTB container";
    const hasCounter = format !== "PTB container" && format !== "ChargePoint";
    it(`settle by the quorum and are checked without the service: ${name}`, async function () {
      const { url, store } = { ...running.service };
      const { sample, session, evse } = await openAt(chain, index);
      const station = await addStation(store, `CS-${evse}`, [evse]);
      await running.service.synchronise();

      const record = Buffer.from(recordOfSample(sample));
      const envelope = {
        record: record.toString("base64"),
        encoding: "base64",
        ...(isTagSigned ? {} : { sessionId: session.sessionId }),
      };
      const json = { "content-type": "application/json" };
      const answer = await post(url, station, JSON.stringify(envelope), json);
      expect([answer.status, answer.body]).to.deep.equal([
        200,
        {
          outcome: "accepted",
          recordIdentity: (answer.body as { recordIdentity: string }).recordIdentity,
          sessionId: session.sessionId,
          sessionState: "completed",
          energyWh: sample.energyWh,
          duplicate: false,
        },
      ]);
      // The same bytes as they are, and wrapped otherwise, are no second record.
      if (isTagSigned) expect((await post(url, station, record)).body).to.deep.include({ duplicate: true });

      const cdr = await store.findCdr(session.sessionId);
      const creditBefore = await chain.readCredit();
      await running.service.synchronise();
      const { grossMicro } = priceOf(
        testTariff,
        cdr?.energyMicroWh ?? 0n,
        cdr?.chargingSeconds ?? 0,
        cdr?.connectedSeconds ?? 0,
      );
      expect(await chain.readCredit()).to.equal(creditBefore + grossMicro);
      const stored = await store.findSession(session.sessionId);
      expect(stored?.state.assessment).to.deep.include({
        grade: isTagSigned ? "meter-signed-bound" : "meter-signed",
        flags: hasCounter ? [] : ["SIGNED_WITHOUT_COUNTER"],
      });
      const [kept] = await store.listRecords(session.sessionId);
      expect(kept?.isSettleableByMeter).to.equal(false);

      const receipt = await get(url, `/v1/receipts/${session.sessionId}`);
      expect(receipt.body).to.deep.include({ energyWh: sample.energyWh, isBoundToSession: isTagSigned });
      const { isGood, checks } = await verifyReceipt(receipt.body, {
        chain: { request: (method, parameters) => chain.request(method, parameters) },
        verifier: createRecordJudge({ cryptography: nobleCryptography }),
      });
      expect(checks.filter(({ outcome }) => outcome === "fails")).to.deep.equal([]);
      expect(isGood).to.equal(true);
    });
  }

  it("show what their makers' meters do, to the doctor", async function () {
    const findings = await checkMakers(openService(running.service.url, null, {}));
    expect(findings.filter(({ check, outcome }) => check !== "meters" || outcome !== "warning")).to.deep.equal([]);
    expect(findings.map(({ detail }) => detail.split(":")[0])).to.have.members([
      "BOUNDARY_UNSIGNED",
      "REGISTER_STARTS_OVER",
      "PREFIXED_IDENTIFICATION",
      "COUNTER_UNSIGNED",
      "IDENTIFICATION_UNSIGNED",
      "TIME_UNSIGNED",
    ]);
  });

  it("are refused under another meter's key, in another session and with several sessions in one record", async function () {
    const { url, store } = { ...running.service };
    const { sample, session, evse } = await openAt(chain, 0);
    const other = await openAt(chain, 0);
    const station = await addStation(store, `CS-${evse}`, [evse, other.evse]);
    await running.service.synchronise();
    const json = { "content-type": "application/json" };
    const send = (record: Uint8Array, { sessionId }: OpenedSession) =>
      post(
        url,
        station,
        JSON.stringify({ record: Buffer.from(record).toString("base64"), encoding: "base64", sessionId }),
        json,
      );
    const untagged = (): Uint8Array => recordOfSample(signedSamples()[0] ?? sample);

    expect(codeOf(await send(untagged(), session))).to.equal("SIGNED_VALUE_SIGNATURE_MISMATCH");
    expect(codeOf(await send(recordOfSample(sample), other.session))).to.equal("SESSION_REFERENCE_MISMATCH");
    const meter = createMeter("prime192v1");
    const sessions = [0, 1].map((number) =>
      smlOf(edlParts(meter, edlSample({ counter: number, identification: Buffer.from(session.idTag) }))).toString(
        "hex",
      ),
    );
    const several = `<values>${sessions.map((data, number) => `<value transactionId="${number}"><signedData>${data}</signedData></value>`).join("")}</values>`;
    expect(codeOf(await post(url, station, several))).to.equal("SIGNED_VALUE_SESSIONS_SEVERAL");
    expect(codeOf(await post(url, station, "hello"))).to.equal("OCMF_HEADER_INVALID");
  });
});

describe("Values of other formats over OCPP", function () {
  let chain: ServiceChain;
  let world: ChargingWorld;

  before(async function () {
    chain = await startServiceChain();
    world = await openChargingWorld(chain);
  });
  after(async function () {
    await world.close();
    await chain.close();
  });

  const carriages: readonly (readonly [name: string, wrap: (value: Uint8Array, key: string) => string])[] = [
    ["hexadecimal digits", (value) => Buffer.from(value).toString("hex")],
    [
      "base64 in JSON",
      (value, key) =>
        JSON.stringify({
          signedMeterData: Buffer.from(value).toString("base64"),
          encodingMethod: "EDL",
          signingMethod: "",
          publicKey: Buffer.from(key).toString("base64"),
        }),
    ],
    [
      "the JSON of a large platform",
      (value) =>
        JSON.stringify({
          signedMeterValue: Buffer.from(value).toString("base64"),
          encodingMethod: "EDL",
          publicKey: "",
        }),
    ],
    [
      "S.A.F.E. XML",
      (value) =>
        `<values><value><signedData format="EDL_40_P">${Buffer.from(value).toString("hex")}</signedData></value></values>`,
    ],
  ];
  for (const [name, wrap] of carriages) {
    it(`settle as begin and end of a transaction in 1.6, as ${name}`, async function () {
      await settles((meter, idTag, beginSeconds) => {
        const begin = edlSample({ seconds: beginSeconds, identification: Buffer.from(idTag) });
        return [begin, { ...endOf(begin), seconds: beginSeconds + 240 }].map((sample) =>
          wrap(smlOf(edlParts(meter, sample)), meter.point),
        );
      });
    });
  }

  it("settle as signedMeterValue in XML, and as texts of Alfen", async function () {
    await settles((meter, idTag, beginSeconds) => {
      const begin = edlSample({ seconds: beginSeconds - 3_600, identification: Buffer.from(idTag) });
      return [begin, { ...endOf(begin), seconds: beginSeconds - 3_360 }].map((sample) => meterValueXml(meter, sample));
    });
    await settles((meter, idTag) =>
      [
        { type: 0, counter: 10, value: 500_000n },
        { type: 1, counter: 11, value: 501_419n },
      ].map((value) => alfenText(meter, { ...value, tag: idTag })),
    );
  });

  it("settles as SignedMeterValueType of 2.0.1, at the begin and at the end", async function () {
    const meter = createMeter("prime256v1");
    const point = await chain.addChargingPoint("secp256r1", { publicKey: `0x${meter.point}` });
    const session = await chain.openSession(point);
    await world.service.synchronise();
    const charger = await world.connect(`CS-${point.evse}`, "ocpp2.0.1", [point.evse]);
    const [first, last] = compensatedPair(session.idTag);
    const beginSeconds = Math.floor(world.nowMs / 1_000);
    for (const [eventType, context, sample, atSeconds] of [
      ["Started", "Transaction.Begin", first, 0],
      ["Ended", "Transaction.End", last, 240],
    ] as const) {
      const list = smlOf(edlParts(meter, { ...sample, seconds: beginSeconds + atSeconds }, longStatus));
      const signedMeterValue = {
        signedMeterData: list.toString("base64"),
        signingMethod: "ECDSA-secp256r1-SHA256",
        encodingMethod: "EDL",
        publicKey: Buffer.from(`oca:base16:asn1:${meter.point}`).toString("base64"),
      };
      await charger.call("TransactionEvent", {
        eventType,
        seqNo: atSeconds === 0 ? 0 : 1,
        timestamp: world.at(atSeconds),
        triggerReason: atSeconds === 0 ? "Authorized" : "StopAuthorized",
        transactionInfo: { transactionId: "T-EDL" },
        evse: { id: 1, connectorId: 1 },
        idToken: { idToken: session.idTag, type: "Central" },
        meterValue: [{ timestamp: world.at(atSeconds), sampledValue: [{ value: 1_000, context, signedMeterValue }] }],
      });
    }
    await world.settle();
    const shown = await world.show(session);
    expect(shown.session.assessment).to.deep.include({ grade: "meter-signed-bound", energyWh: "1380" });
    expect(shown.session.state).to.equal("settled");
  });

  async function settles(
    makeValues: (meter: ReturnType<typeof createMeter>, idTag: string, beginSeconds: number) => readonly string[],
  ): Promise<void> {
    const meter = createMeter("prime192v1");
    const point = await chain.addChargingPoint("secp192r1", { publicKey: `0x${meter.point}` });
    const session = await chain.openSession(point);
    await world.service.synchronise();
    const charger = await world.connect(`CS-${point.evse}`, "ocpp1.6", [point.evse]);
    const transactionId = await start16(world, charger, { idTag: session.idTag });
    const [begin, end] = makeValues(meter, session.idTag, Math.floor(world.nowMs / 1_000));
    const valueAt = (atSeconds: number, value: string | undefined, context: string) => ({
      timestamp: world.at(atSeconds),
      sampledValue: [{ value: value ?? "", format: "SignedData", context }],
    });
    await charger.call("StopTransaction", {
      transactionId,
      meterStop: 2_419,
      timestamp: world.at(240),
      transactionData: [valueAt(0, begin, "Transaction.Begin"), valueAt(240, end, "Transaction.End")],
    });
    await world.settle();
    const shown = await world.show(session);
    expect(shown.session.assessment).to.deep.include({ grade: "meter-signed-bound", energyWh: "1419" });
    expect(shown.session.state).to.equal("settled");
  }
});
