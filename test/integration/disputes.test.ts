import { expect } from "chai";
import { type BaseWallet, ZeroHash } from "ethers";

import { defaultRules } from "../../scripts/deploy/contract-set.ts";
import { signAsQuorum } from "../../scripts/local-world/registration.ts";
import { signedRecordOf } from "../../scripts/simulator/signed-record.ts";
import { claimsOf, encodeSettlement } from "../../services/chain/settlement-call.ts";
import type { SettlementItem } from "../../services/chain/chain.ts";
import { readContractInterfaces } from "../../services/chain/contracts.ts";
import { findClaim, type PlainLog } from "../../services/chain/settled-claims.ts";
import { batchDigestOf } from "../../services/domain/claims.ts";
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
const bondMicro = defaultRules.leastBondMicro;
const hourSeconds = 3_600;
const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_003_600 };
const { grossMicro } = priceOf(testTariff, energyMicroWh, 3_600, 3_600);
const priceFor = (microWh: bigint): bigint => priceOf(testTariff, microWh, 3_600, 3_600).grossMicro;

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
  });
  afterEach(async function () {
    await committee.close();
  });

  it("is undone when it charges too much, in a batch among others", async function () {
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

    expect(await actsOf(0, wrong.session)).to.deep.equal([["challenge", "done"]]);
    expect(await bondsMicro()).to.equal(3n * bondMicro);
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

  it("loses its bonds when it charges too little and shows no records, and the operator is owed the difference", async function () {
    const { session, point } = await open();
    await deliver(0, point, session);
    await settleWith([itemOf(session, 1_000_000_000n)]);
    await rounds(0, 2);
    expect(await chain.readCredit()).to.equal(priceFor(1_000_000_000n));
    await demand(session);
    await rounds(0, 2);
    expect(await alertsAt(0, "evidence-demanded")).to.equal(1);
    expect(await actsOf(0, session)).to.deep.equal([]);

    await later(13 * hourSeconds);
    const record = signedRecordOf(Buffer.from(delivered.get(session.idTag) ?? ""));
    const { challenges, oracleBonds } = chain.contracts;
    const conclusion = challenges.interface.encodeFunctionData("conclude", [
      session.terms,
      packTariff(testTariff),
      [record],
    ]);
    await chain.sendAsStranger(await challenges.getAddress(), conclusion);
    await rounds(0, 1);
    expect(await alertsAt(0, "evidence-missing")).to.equal(1);
    const claims = await Promise.all(
      chain.oracles.slice(1).map(({ address }) => oracleBonds.claimOf(address, 1, session.terms.operator, 0)),
    );
    const owedMicro = claims.reduce((sum, { lossMicro }) => sum + lossMicro, 0n);
    const difference = grossMicro - priceFor(1_000_000_000n);
    expect(difference - owedMicro < 2n && owedMicro <= difference).to.equal(true);
    expect(await bondsMicro()).to.equal(bondMicro);
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
    expect(await actsOf(0, session)).to.deep.equal([["challenge", "done"]]);
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

  it("is no quorum whose members kept what they signed for: they answer a demand, and no bond is touched", async function () {
    const { session, point } = await open();
    await deliver(0, point, session);
    await rounds(0, 1);
    expect(await chain.readFree(session)).to.equal(depositMicro - grossMicro);
    await demand(session);
    await rounds(0, 2);
    expect(await actsOf(0, session)).to.deep.equal([["answer", "done"]]);
    await expectShownBy(session, chain.oracles[0]?.address);
  });

  it("answers a demand with what it kept, after a restart between demand and answer, whichever oracle signed", async function () {
    const { session, point } = await open();
    await deliver(0, point, session);
    await rounds(0, 1);
    await demand(session);
    await committee.restart(1);
    await rounds(1, 3);

    expect(await actsOf(1, session)).to.deep.equal([["answer", "done"]]);
    await expectShownBy(session, chain.oracles[1]?.address);
    await rounds(0, 3);
    expect(await alertsAt(0, "dispute-given-up")).to.equal(0);
  });

  for (const curve of ["brainpoolP256r1", "secp384r1"] as const) {
    it(`answers with the bytes where the contract cannot read the records of ${curve}, and says so in the receipt`, async function () {
      const point = await chain.addChargingPoint(curve);
      const session = await chain.openSession(point);
      await deliver(0, point, session);
      await rounds(0, 1);
      expect(await chain.readFree(session)).to.equal(depositMicro - grossMicro);
      const { body } = await get(service(0).url, `/v1/receipts/${session.sessionId}`);
      expect(body).to.deep.include({ isReadable: false });
      await demand(session);
      await rounds(0, 2);
      await expectShownBy(session, chain.oracles[0]?.address);
    });
  }

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
    return { terms, opening, tariff: testTariff, isReadable: true, ...metered };
  }

  /** The second and the third oracle sign what they like, and a stranger sends it. */
  async function settleWith(items: readonly SettlementItem[]): Promise<void> {
    const { chargingSettlement } = chain.contracts;
    const domain = { chainId: 31_337, verifyingContract: await chargingSettlement.getAddress() };
    const digest = batchDigestOf({ claims: claimsOf(items, domain), evidenceRoot: ZeroHash }, domain);
    const thieves: readonly BaseWallet[] = chain.oracles.slice(1);
    const signed = thieves.flatMap((thief) =>
      signAsQuorum([thief], digest).map((signature) => ({ signer: thief.address, ...signature })),
    );
    const data = encodeSettlement(chargingSettlement.interface, items, ZeroHash, signed);
    await chain.sendAsStranger(await chargingSettlement.getAddress(), data);
  }

  /** A stranger, who gets the deposit from the driver, demands the records behind a session's claim. */
  async function demand({ sessionId, terms, opening }: OpenedSession): Promise<void> {
    const { challenges, oracleBonds, erc20 } = chain.contracts;
    const { state } = (await service(0).store.findSession(sessionId)) ?? expect.fail("The session is unknown.");
    const { closing } = state;
    if (closing?.kind !== "settled" || closing.batch === null) expect.fail("No oracles settled the session.");
    const receipt = await chain.request("eth_getTransactionReceipt", [closing.position.txHash]);
    const { logs } = receipt as { readonly logs: readonly PlainLog[] };
    const place = await findClaim(logs, closing.batch, sessionId, {
      deployment: chain.deployment,
      interfaces: readContractInterfaces(),
      sessionOf: () => Promise.resolve({ holdMicro: terms.holdMicro, ...opening }),
    });
    const approval = [await oracleBonds.getAddress(), await challenges.demandDepositMicro()] as const;
    await chain.sendAsStranger(await erc20.getAddress(), erc20.interface.encodeFunctionData("approve", [...approval]));
    await chain.mintToStranger(approval[1]);
    const claim = { ...place, terms, tariff: packTariff(testTariff) };
    const data = challenges.interface.encodeFunctionData("demandEvidence", [claim as never, ZeroHash]);
    await chain.sendAsStranger(await challenges.getAddress(), data);
  }

  async function expectShownBy({ sessionId }: OpenedSession, oracle: string | undefined): Promise<void> {
    const { challenges, oracleBonds } = chain.contracts;
    expect((await challenges.demandOf(sessionId)).status).to.equal(2n);
    expect(await oracleBonds.creditOf(oracle ?? "", 0)).to.equal(await challenges.demandDepositMicro());
    expect(await bondsMicro()).to.equal(3n * bondMicro);
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
    const bonds = await Promise.all(chain.oracles.map(({ address }) => chain.contracts.oracleBonds.bondOf(address)));
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
    const { challenges, refundedMicro } = body as {
      readonly challenges: readonly Readonly<Record<string, unknown>>[];
      readonly refundedMicro: string;
    };
    expect({ ...challenges.at(-1), refundedMicro }).to.deep.include(expected);
    const { checks } = await verifyReceipt(body, {
      chain: { request: (method, parameters) => chain.request(method, parameters) },
      verifier: createOcmfVerifier({ cryptography: nodeCryptography }),
    });
    expect(checks.filter(({ outcome }) => outcome === "fails")).to.deep.equal([]);
  }
});
