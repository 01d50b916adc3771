import { expect } from "chai";
import type { BaseWallet } from "ethers";

import { signAsQuorum } from "../../scripts/local-world/registration.ts";
import { signedRecordOf } from "../../scripts/simulator/signed-record.ts";
import { claimsOf, encodeSettlement } from "../../services/chain/settlement-call.ts";
import type { SettlementItem } from "../../services/chain/chain.ts";
import { batchDigestOf } from "../../services/domain/claims.ts";
import { packMetering } from "../../services/domain/metering.ts";
import { packTariff } from "../../services/domain/packed-tariff.ts";
import { priceOf } from "../../services/domain/tariff.ts";
import { verifyReceipt } from "../../services/receipts/verify-receipt.ts";
import { nodeCryptography } from "../../services/evidence/formats/ocmf/node-cryptography.ts";
import { createOcmfVerifier } from "../../services/evidence/formats/ocmf/verifier.ts";
import { runCommittee, type RunningCommittee } from "../helpers/committee.ts";
import { addStation, get, getAsOperator, post, type RunningService } from "../helpers/running-service.ts";
import {
  depositMicro,
  startServiceChain,
  testTariff,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";

const energyMicroWh = 7_420_500_000n;
const bondMicro = 20_000_000n;
const rewardMicro = 5_000_000n;
const hourSeconds = 3_600;
const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_003_600 };
const { grossMicro } = priceOf(testTariff, energyMicroWh, 3_600, 0);
const priceFor = (microWh: bigint): bigint => priceOf(testTariff, microWh, 3_600, 0).grossMicro;

describe("A dishonest quorum", function () {
  let chain: ServiceChain;
  let committee: RunningCommittee;
  let aheadMs: number;
  /** What was delivered in this test, by the session's idTag: two oracles hear the same of a meter. */
  const delivered = new Map<string, string>();

  before(async function () {
    chain = await startServiceChain({ oracleCount: 3, threshold: 2 });
  });
  after(async function () {
    await chain.close();
  });
  beforeEach(async function () {
    await chain.reset();
    aheadMs = 0;
    delivered.clear();
    committee = await runCommittee(chain, {}, { now: () => Date.now() + aheadMs });
    for (const oracle of chain.oracles) await chain.postBond(oracle.address, bondMicro);
  });
  afterEach(async function () {
    await committee.close();
  });

  it("is undone when it charges too much, in a batch among others, and pays for it", async function () {
    const opened = [await open(), await open(), await open()];
    const [, wrong] = opened;
    if (wrong === undefined) expect.fail("Three sessions were opened.");
    for (const { session, point } of opened) await deliver(0, point, session);
    const items = opened.map(({ session }) =>
      itemOf(session, session === wrong.session ? 9_000_000_000n : energyMicroWh),
    );
    await settleWith(items);

    await rounds(0, 2);
    const freeMicro = await chain.readFree(wrong.session);
    expect(freeMicro).to.equal(depositMicro - grossMicro);
    expect(await chain.readCredit()).to.equal(3n * grossMicro);
    expect(await viewOf(0, wrong.session)).to.deep.include({ state: "settled", refundedMicro: "0" });
    await expectReceipt(0, wrong.session, { refundedMicro: (priceFor(9_000_000_000n) - grossMicro).toString() });
    expect(await alertsAt(0, "settlement-contradicted")).to.equal(1);

    await later(13 * hourSeconds);
    await rounds(0, 2);
    const { chargingSettlement } = chain.contracts;
    const [oracle] = chain.oracles;
    if (oracle === undefined) expect.fail("There is no oracle.");
    expect((await chargingSettlement.accountOf(oracle.address, 0)).freeMicro).to.equal(rewardMicro);
    expect(await bondsMicro()).to.equal(3n * bondMicro - rewardMicro);
    await expectReceipt(0, wrong.session, { ending: "concluded" });
    expect(await actsOf(0, wrong.session)).to.deep.equal([
      ["challenge", "done"],
      ["conclude", "done"],
    ]);
  });

  it("is undone by a record that comes after the wrong settlement", async function () {
    const { session, point } = await open();
    await settleWith([itemOf(session, 20_000_000_000n)]);
    await rounds(0, 1);
    expect(await viewOf(0, session)).to.deep.include({ state: "settled" });
    expect(await deliver(0, point, session)).to.deep.include({ outcome: "accepted", sessionState: "settled" });
    await rounds(0, 2);
    expect(await chain.readFree(session)).to.equal(depositMicro - grossMicro);
    await expectReceipt(0, session, { provenMicro: grossMicro.toString() });
  });

  it("compensates the operator when it charges too little", async function () {
    const { session, point } = await open();
    await deliver(0, point, session);
    await settleWith([itemOf(session, 1_000_000_000n)]);
    await rounds(0, 2);
    expect(await chain.readCredit()).to.equal(priceFor(1_000_000_000n));
    await later(13 * hourSeconds);
    await rounds(0, 2);
    expect(await chain.readCredit()).to.equal(grossMicro);
    await expectReceipt(0, session, { ending: "concluded" });
  });

  it("cannot hide its claim behind bits that mean nothing", async function () {
    const { session, point } = await open();
    await deliver(0, point, session);
    await settleWith([itemOf(session, 9_000_000_000n)], 7n << 192n);
    await rounds(0, 2);
    expect(await chain.readFree(session)).to.equal(depositMicro - grossMicro);
  });

  it("is challenged once, whoever comes first", async function () {
    const { session, point } = await open();
    for (const index of [0, 1]) await deliver(index, point, session);
    await settleWith([itemOf(session, 9_000_000_000n)]);
    await rounds(0, 2);
    await rounds(1, 2);
    expect(await actsOf(1, session)).to.deep.equal([["challenge", "done"]]);
    expect(await committee.services[1]?.service.store.listOpenBatches()).to.deep.equal([]);
    expect(await chain.readFree(session)).to.equal(depositMicro - grossMicro);
  });

  it("is only told of where the policy says so", async function () {
    await committee.close();
    committee = await runCommittee(chain, { WATTPROOF_CHALLENGES: "watch" });
    const { session, point } = await open();
    await deliver(0, point, session);
    await settleWith([itemOf(session, 9_000_000_000n)]);
    await rounds(0, 3);
    expect(await alertsAt(0, "settlement-contradicted")).to.equal(1);
    expect(await chain.readFree(session)).to.equal(depositMicro - priceFor(9_000_000_000n));
  });

  it("challenges again when the chain undid the challenge", async function () {
    const { session, point } = await open();
    await deliver(0, point, session);
    await settleWith([itemOf(session, 9_000_000_000n)]);
    const snapshot = await chain.request("evm_snapshot");
    await rounds(0, 2);
    expect(await chain.readFree(session)).to.equal(depositMicro - grossMicro);
    await chain.request("evm_revert", [snapshot]);
    for (let blocks = 0; blocks < 3; blocks += 1) await chain.request("evm_mine");
    await rounds(0, 3);
    expect(await chain.readFree(session)).to.equal(depositMicro - grossMicro);
    expect(await actsOf(0, session)).to.deep.equal([
      ["challenge", "done"],
      ["conclude", "due"],
    ]);
  });

  it("gives up, and says why, what records cannot prove to the contract", async function () {
    const point = await chain.addChargingPoint("secp256r1", { isProven: false });
    const session = await chain.openSession(point);
    await deliver(0, point, session);
    await settleWith([itemOf(session, 9_000_000_000n)]);
    await rounds(0, 2);
    expect(await alertsAt(0, "dispute-given-up")).to.equal(1);
    expect((await committee.services[0]?.service.store.listActs(session.sessionId))?.[0]).to.deep.include({
      status: "given-up",
      reason: "NO_RECORDS_THAT_THE_CONTRACT_TAKES",
    });
  });

  it("is no quorum that is challenged wrongly: its members answer with the record that it rested on", async function () {
    const { session, point } = await open();
    await deliver(0, point, session);
    await rounds(0, 1);
    expect(await chain.readFree(session)).to.equal(depositMicro - grossMicro);
    // The meter signed another record of the session, which its operator kept from the oracles.
    const other = point.device.record({ idTag: session.idTag, energyMicroWh: 1_000_000_000n, ...times });
    await challengeAsStranger(session, other);
    await rounds(0, 2);
    expect(await actsOf(0, session)).to.deep.equal([["answer", "done"]]);
    await later(13 * hourSeconds);
    await rounds(0, 1);
    expect(await bondsMicro()).to.equal(3n * bondMicro);
    await expectReceipt(0, session, { ending: "answered" });
  });

  function service(index: number): RunningService["service"] {
    return committee.services[index]?.service ?? expect.fail(`There is no service ${index}.`);
  }

  async function open(): Promise<{ readonly point: ChargingPoint; readonly session: OpenedSession }> {
    const point = await chain.addChargingPoint("secp256r1", { isProven: true });
    return { point, session: await chain.openSession(point) };
  }

  async function deliver(index: number, point: ChargingPoint, { idTag }: OpenedSession): Promise<unknown> {
    await service(index).catchUp();
    const station = await addStation(service(index).store, `CS-${point.evse}`, [point.evse]);
    const known = delivered.get(idTag) ?? point.device.record({ idTag, energyMicroWh, ...times });
    delivered.set(idTag, known);
    const answer = await post(service(index).url, station, known);
    expect(answer.status).to.equal(200);
    return answer.body;
  }

  function itemOf({ terms, opening }: OpenedSession, claimedMicroWh: bigint): SettlementItem {
    const metered = {
      energyMicroWh: claimedMicroWh,
      chargingSeconds: 3_600,
      connectedSeconds: 3_600,
      toppedUpMicro: 0n,
    };
    return { terms, opening, tariff: testTariff, ...metered };
  }

  /** The second and the third oracle sign what they like, and a stranger sends it. */
  async function settleWith(items: readonly SettlementItem[], surplusBits = 0n): Promise<void> {
    const { chargingSettlement } = chain.contracts;
    const domain = { chainId: 31_337, verifyingContract: await chargingSettlement.getAddress() };
    const claims = claimsOf(items, domain).map((claim) => ({ ...claim, metering: claim.metering | surplusBits }));
    const digest = batchDigestOf(claims, domain);
    const thieves: readonly BaseWallet[] = chain.oracles.slice(1);
    const signed = thieves.flatMap((thief) =>
      signAsQuorum([thief], digest).map((signature) => ({ signer: thief.address, ...signature })),
    );
    let data = encodeSettlement(chargingSettlement.interface, items, signed);
    for (const [index, { metering }] of claims.entries()) {
      const honest = wordOf(claimsOf(items, domain)[index]?.metering ?? 0n);
      data = data.replace(honest, wordOf(metering));
    }
    await chain.sendAsStranger(await chargingSettlement.getAddress(), data);
  }

  async function challengeAsStranger(session: OpenedSession, record: string): Promise<void> {
    const { challenges } = chain.contracts;
    const metering = packMetering({
      ...{ energyMicroWh, chargingSeconds: 3_600, connectedSeconds: 3_600, toppedUpMicro: 0n },
      ...session.opening,
    });
    const data = challenges.interface.encodeFunctionData("challenge", [
      {
        batch: 0n,
        previousLink: `0x${"0".repeat(64)}`,
        terms: session.terms,
        tariff: packTariff(testTariff),
        metering,
        later: [],
        records: [signedRecordOf(Buffer.from(record))],
      },
    ]);
    await chain.sendAsStranger(await challenges.getAddress(), data);
  }

  async function later(seconds: number): Promise<void> {
    aheadMs += seconds * 1_000;
    await chain.request("evm_increaseTime", [seconds]);
    await chain.request("evm_mine");
  }

  async function rounds(index: number, count: number): Promise<void> {
    for (let round = 0; round < count; round += 1) await service(index).synchronise();
  }

  async function viewOf(index: number, { sessionId }: OpenedSession): Promise<unknown> {
    const { body } = await getAsOperator(service(index).url, `/v1/sessions/${sessionId}`);
    return (body as { readonly session: unknown }).session;
  }

  async function actsOf(index: number, { sessionId }: OpenedSession): Promise<unknown> {
    return (await service(index).store.listActs(sessionId)).map(({ act, status }) => [act, status]);
  }

  async function bondsMicro(): Promise<bigint> {
    const bonds = await Promise.all(
      chain.oracles.map(({ address }) => chain.contracts.chargingSettlement.bondOf(address)),
    );
    return bonds.reduce((sum, bond) => sum + bond, 0n);
  }

  async function alertsAt(index: number, alert: string): Promise<number> {
    const text = await (await fetch(`${service(index).url}/metrics`)).text();
    const line = text.split("\n").find((candidate) => candidate.startsWith(`wattproof_alerts_total{alert="${alert}"}`));
    return Number(line?.split(" ")[1]);
  }

  /** The receipt says so of the challenge, and everything in it holds. */
  async function expectReceipt(
    index: number,
    { sessionId }: OpenedSession,
    expected: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { body } = await get(service(index).url, `/v1/receipts/${sessionId}`);
    const { ending, ...challenge } = (body as { readonly challenge: Readonly<Record<string, unknown>> }).challenge;
    const kind = typeof ending === "object" && ending !== null && "kind" in ending ? ending.kind : null;
    expect({ ...challenge, ending: kind }).to.deep.include(expected);
    const { checks } = await verifyReceipt(body, {
      chain: { request: (method, parameters) => chain.request(method, parameters) },
      verifier: createOcmfVerifier({ cryptography: nodeCryptography }),
    });
    expect(checks.filter(({ outcome }) => outcome === "fails")).to.deep.equal([]);
  }
});

function wordOf(value: bigint): string {
  return value.toString(16).padStart(64, "0");
}
