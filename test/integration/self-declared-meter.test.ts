import { expect } from "chai";

import { signedRecordOf } from "../../scripts/simulator/signed-record.ts";
import { packTariff } from "../../services/domain/packed-tariff.ts";
import { priceOf } from "../../services/domain/tariff.ts";
import { nodeCryptography } from "../../services/evidence/formats/ocmf/node-cryptography.ts";
import { createOcmfVerifier } from "../../services/evidence/formats/ocmf/verifier.ts";
import { verifyReceipt } from "../../services/receipts/verify-receipt.ts";
import { createHttpPeer } from "../../services/settlement/quorum/http-peer.ts";
import type { LoweringWithEvidence, PeerAnswer } from "../../services/settlement/quorum/peer.ts";
import { peerKeyOf, runCommittee, type RunningCommittee } from "../helpers/committee.ts";
import { addStation, get, post, type RunningService } from "../helpers/running-service.ts";
import {
  depositMicro,
  startServiceChain,
  testTariff,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";

const trueMicroWh = 7_420_500_000n;
const signedMicroWh = 9_000_000_000n;
const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_003_600 };
const priceFor = (microWh: bigint): bigint => priceOf(testTariff, microWh, 3_600, 3_600).grossMicro;
const daySeconds = 86_400;

/** A charging point, its live session, and what its meter signed of it, rightly. */
interface Charged {
  readonly point: ChargingPoint;
  readonly session: OpenedSession;
  readonly record: string;
}

describe("A key that only its operator calls a meter, and that signs too much", function () {
  let chain: ServiceChain;
  let committee: RunningCommittee;

  before(async function () {
    chain = await startServiceChain({ oracleCount: 3, threshold: 2 });
  });
  after(async function () {
    await chain.close();
  });
  beforeEach(async function () {
    await chain.reset();
    committee = await runCommittee(chain);
  });
  afterEach(async function () {
    await committee.close();
  });

  it("is undone by two oracles of which one had the true record, and the receipt shows it", async function () {
    const charged = await charge();
    await deliver(0, charged);
    await settleWithKey(charged);
    await rounds(0, 3);

    expect(await chain.readFree(charged.session)).to.equal(depositMicro - priceFor(trueMicroWh));
    expect(await chain.readCredit()).to.equal(priceFor(trueMicroWh));
    expect(await actsOf(0, charged.session)).to.deep.equal([["challenge", "done"]]);
    const { body } = await get(service(0).url, `/v1/receipts/${charged.session.sessionId}`);
    const refunded = priceFor(signedMicroWh) - priceFor(trueMicroWh);
    expect(body).to.deep.include({ refundedMicro: refunded.toString() });
    const { checks } = await verifyReceipt(body, {
      chain: { request: (method, parameters) => chain.request(method, parameters) },
      verifier: createOcmfVerifier({ cryptography: nodeCryptography }),
    });
    const challenged = checks.filter(({ name }) => name.startsWith("challenge"));
    expect(challenged.map(({ outcome }) => outcome)).to.deep.equal(challenged.map(() => "holds"));
    expect(challenged).to.have.length(5);
  });

  it("is undone by a true record that comes afterwards", async function () {
    const charged = await charge();
    await settleWithKey(charged);
    await rounds(0, 1);
    await deliver(0, charged);
    await rounds(0, 3);

    expect(await chain.readFree(charged.session)).to.equal(depositMicro - priceFor(trueMicroWh));
  });

  it("is left alone where nothing else is known of the session", async function () {
    const charged = await charge();
    await settleWithKey(charged);
    await rounds(0, 2);

    expect(await chain.readFree(charged.session)).to.equal(depositMicro - priceFor(signedMicroWh));
    expect(await actsOf(0, charged.session)).to.deep.equal([]);
  });

  it("keeps its price when the window is over, and the service says why", async function () {
    const charged = await charge();
    await settleWithKey(charged);
    await rounds(0, 1);
    await chain.request("evm_increaseTime", [daySeconds + 1]);
    await chain.request("evm_mine");
    await deliver(0, charged);
    await rounds(0, 2);

    expect(await chain.readFree(charged.session)).to.equal(depositMicro - priceFor(signedMicroWh));
    expect(await actsOf(0, charged.session)).to.deep.equal([["challenge", "given-up"]]);
  });

  it("is judged by each oracle by itself: none signs below its own evidence, nor without any, nor for others", async function () {
    const [settled, live] = [await charge(), await charge()];
    const { sessionId } = settled.session;
    const record = Buffer.from(settled.record);
    await settleWithKey(settled);
    const refused = (code: string, id = sessionId): PeerAnswer => ({
      kind: "refused",
      refusals: [{ sessionId: id, code }],
    });
    const trueMicro = priceFor(trueMicroWh);

    expect(await ask({ sessionId: `0x${"07".repeat(32)}`, priceMicro: 1n, records: [] })).to.deep.equal(
      refused("SESSION_UNKNOWN", `0x${"07".repeat(32)}`),
    );
    expect(await ask({ sessionId: live.session.sessionId, priceMicro: 1n, records: [] })).to.deep.equal(
      refused("PRICE_FINAL", live.session.sessionId),
    );
    expect(await ask({ sessionId, priceMicro: trueMicro, records: [] })).to.deep.equal(refused("CLAIM_UNPROVEN"));
    const forged = Buffer.from(settled.record.replace(/"RV":\d/u, '"RV":7'));
    expect((await ask({ sessionId, priceMicro: trueMicro, records: [forged] })).kind).to.equal("refused");
    expect(await ask({ sessionId, priceMicro: trueMicro - 1n, records: [record] })).to.deep.equal(
      refused("CLAIM_DIFFERS"),
    );
    expect(await ask({ sessionId, priceMicro: priceFor(signedMicroWh), records: [record] })).to.deep.equal(
      refused("CLAIM_DIFFERS"),
    );
    expect((await ask({ sessionId, priceMicro: trueMicro, records: [record] })).kind).to.equal("signed");
  });

  function service(index: number): RunningService["service"] {
    return committee.services[index]?.service ?? expect.fail(`There is no service ${index}.`);
  }

  function addressOf(index: number): string {
    return chain.oracles[index]?.address ?? expect.fail(`There is no oracle ${index}.`);
  }

  async function charge(): Promise<Charged> {
    const point = await chain.addChargingPoint("secp256r1", { isProven: true });
    const session = await chain.openSession(point);
    const record = point.device.record({ idTag: session.idTag, energyMicroWh: trueMicroWh, ...times });
    return { point, session, record };
  }

  /** The true record reaches a service. */
  async function deliver(index: number, { point, record }: Charged): Promise<void> {
    await service(index).catchUp();
    const station = await addStation(service(index).store, `CS-${point.evse}`, [point.evse]);
    expect((await post(service(index).url, station, record)).status).to.equal(200);
  }

  /** Whoever has the key signs what it likes, and settles with it at once. */
  async function settleWithKey({ point, session }: Charged): Promise<void> {
    const record = point.device.record({ idTag: session.idTag, energyMicroWh: signedMicroWh, ...times });
    const { meterSettlement } = chain.contracts;
    const data = meterSettlement.interface.encodeFunctionData("settleWithMeter", [
      {
        terms: session.terms,
        opening: session.opening,
        toppedUpMicro: 0n,
        tariff: packTariff(testTariff),
        records: [signedRecordOf(Buffer.from(record))],
      },
    ]);
    await chain.sendAsStranger(await meterSettlement.getAddress(), data);
  }

  /** Asks the second service for its signature, as the first oracle. */
  function ask(lowering: LoweringWithEvidence): Promise<PeerAnswer> {
    const key = peerKeyOf(addressOf(0), addressOf(1));
    const peer = createHttpPeer({ address: addressOf(1), key, url: service(1).url }, addressOf(0), 20_000);
    return peer.requestLowering(lowering, new AbortController().signal);
  }

  async function rounds(index: number, count: number): Promise<void> {
    for (let round = 0; round < count; round += 1) await service(index).synchronise();
  }

  async function actsOf(index: number, { sessionId }: OpenedSession): Promise<unknown> {
    return (await service(index).store.listActs(sessionId)).map(({ act, status }) => [act, status]);
  }
});
