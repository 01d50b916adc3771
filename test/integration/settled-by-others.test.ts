import { expect } from "chai";
import { JsonRpcProvider, toQuantity, ZeroHash } from "ethers";

import { signedRecordOf } from "../../scripts/simulator/signed-record.ts";
import { signAsQuorum } from "../../scripts/local-world/registration.ts";
import { claimsOf, encodeSettlement } from "../../services/chain/settlement-call.ts";
import { batchDigestOf } from "../../services/domain/claims.ts";
import { packTariff } from "../../services/domain/packed-tariff.ts";
import { priceOf } from "../../services/domain/tariff.ts";
import { verifyReceipt } from "../../services/receipts/verify-receipt.ts";
import { nodeCryptography } from "../../services/evidence/formats/ocmf/node-cryptography.ts";
import { createOcmfVerifier } from "../../services/evidence/formats/ocmf/verifier.ts";
import { addStation, get, post, runService, type RunningService } from "../helpers/running-service.ts";
import {
  depositMicro,
  startServiceChain,
  testTariff,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";

const energyMicroWh = 7_420_500_000n;
const { grossMicro } = priceOf(testTariff, energyMicroWh, 3_600, 0);
const priorityFee = 10n ** 11n;

describe("A session that others settle", function () {
  let chain: ServiceChain;
  let running: RunningService;
  let stranger: string;

  before(async function () {
    chain = await startServiceChain();
    running = await runService(chain);
    const accounts = (await chain.request("eth_accounts")) as string[];
    stranger = accounts[9] ?? "";
  });
  after(async function () {
    await running.close();
    await chain.close();
  });

  async function openedSession(): Promise<{ readonly point: ChargingPoint; readonly session: OpenedSession }> {
    const point = await chain.addChargingPoint("secp256r1", { isProven: true });
    const session = await chain.openSession(point);
    await running.service.synchronise();
    return { point, session };
  }

  function usualOf({ idTag }: OpenedSession) {
    return { idTag, energyMicroWh, beginSeconds: 1_700_000_000, endSeconds: 1_700_003_600 };
  }

  /** Shows the records to the contract from an account that is nobody. @returns the transaction's hash */
  async function settleAsStranger(session: OpenedSession, ...records: readonly string[]): Promise<string> {
    const data = chain.contracts.meterSettlement.interface.encodeFunctionData("settleWithMeter", [
      {
        terms: session.terms,
        opening: session.opening,
        toppedUpMicro: 0n,
        tariff: packTariff(testTariff),
        records: records.map((record) => signedRecordOf(Buffer.from(record))),
      },
    ]);
    const to = await chain.contracts.meterSettlement.getAddress();
    // More than an oracle offers, so that it comes first where both wait for one block.
    const fees = { maxPriorityFeePerGas: toQuantity(priorityFee), maxFeePerGas: toQuantity(10n * priorityFee) };
    const call = { from: stranger, to, data, gas: toQuantity(1_000_000n), ...fees };
    return String(await chain.request("eth_sendTransaction", [call]));
  }

  /** The receipt, and which of its checks fail. */
  async function receiptOf({ sessionId }: OpenedSession) {
    const { status, body } = await get(running.service.url, `/v1/receipts/${sessionId}`);
    expect(status).to.equal(200);
    const { checks } = await verifyReceipt(body, {
      chain: { request: (method, parameters) => chain.request(method, parameters) },
      verifier: createOcmfVerifier({ cryptography: nodeCryptography }),
    });
    return {
      receipt: body as Readonly<Record<string, unknown>>,
      failures: checks.filter(({ outcome }) => outcome === "fails").map(({ name }) => name),
    };
  }

  async function expectSettled(session: OpenedSession, txHash: string, recordCount: number): Promise<void> {
    const stored = await running.service.store.findSession(session.sessionId);
    expect(stored?.state.status).to.equal("settled");
    const { receipt, failures } = await receiptOf(session);
    expect(failures).to.deep.equal([]);
    expect(receipt["transaction"]).to.deep.include({ hash: txHash });
    expect(receipt["records"]).to.have.length(recordCount);
    expect(receipt).to.deep.include({
      energyWh: "7420.5",
      energyMicroWh: "7420500000",
      chargingSeconds: 3_600,
      connectedSeconds: 3_600,
      chargedMicro: grossMicro.toString(),
      returnedMicro: (session.terms.holdMicro - grossMicro).toString(),
      isBoundToSession: true,
    });
    expect(await chain.readFree(session)).to.equal(depositMicro - grossMicro);
  }

  it("is settled in the books although no record of it was ever posted", async function () {
    const { point, session } = await openedSession();
    const record = point.device.record(usualOf(session));
    const creditBefore = await chain.readCredit();
    const txHash = await settleAsStranger(session, record);
    await running.service.synchronise();

    expect(await chain.readCredit()).to.equal(creditBefore + grossMicro);
    await expectSettled(session, txHash, 0);
    const station = await addStation(running.service.store, "CS-LATE", [point.evse]);
    // It could show that the session cost less; this one shows the same.
    const late = await post(running.service.url, station, record);
    expect(late.body).to.deep.include({ outcome: "accepted", sessionState: "settled" });
    await running.service.synchronise();
    await expectSettled(session, txHash, 1);
  });

  it("is settled in the books although only its begin record was posted", async function () {
    const { point, session } = await openedSession();
    const station = await addStation(running.service.store, "CS-BEGIN", [point.evse]);
    const [begin, end] = point.device.recordPair(usualOf(session));
    expect((await post(running.service.url, station, begin)).body).to.deep.include({ sessionState: "charging" });
    const txHash = await settleAsStranger(session, begin, end);
    await running.service.synchronise();

    await expectSettled(session, txHash, 1);
  });

  it("is settled once although the service had its record and was about to settle it", async function () {
    const { point, session } = await openedSession();
    const station = await addStation(running.service.store, "CS-READY", [point.evse]);
    const record = point.device.record(usualOf(session));
    expect((await post(running.service.url, station, record)).body).to.deep.include({ sessionState: "completed" });
    const creditBefore = await chain.readCredit();
    const txHash = await settleAsStranger(session, record);
    await running.service.synchronise();
    await running.service.synchronise();

    expect(await chain.readCredit()).to.equal(creditBefore + grossMicro);
    expect(await running.service.store.listOpenBatches()).to.deep.equal([]);
    await expectSettled(session, txHash, 1);
  });

  it("is settled once although the oracle's transaction was on its way", async function () {
    const { point, session } = await openedSession();
    const station = await addStation(running.service.store, "CS-SENT", [point.evse]);
    const record = point.device.record(usualOf(session));
    await post(running.service.url, station, record);
    const creditBefore = await chain.readCredit();
    await chain.request("evm_setAutomine", [false]);
    try {
      await running.service.synchronise();
      expect((await running.service.store.findSession(session.sessionId))?.state.status).to.equal("batched");
      const txHash = await settleAsStranger(session, record);
      await chain.request("evm_mine");
      await chain.request("evm_setAutomine", [true]);
      await running.service.synchronise();
      await running.service.synchronise();

      expect(await chain.readCredit()).to.equal(creditBefore + grossMicro);
      expect(await running.service.store.listOpenBatches()).to.deep.equal([]);
      await expectSettled(session, txHash, 1);
    } finally {
      await chain.request("evm_setAutomine", [true]);
    }
  });

  it("has a receipt that proves no energy where an oracle elsewhere settled it", async function () {
    const { session } = await openedSession();
    const provider = new JsonRpcProvider(chain.rpcUrl, 31_337, { staticNetwork: true });
    try {
      const item = {
        terms: session.terms,
        opening: session.opening,
        tariff: testTariff,
        energyMicroWh,
        chargingSeconds: 3_600,
        connectedSeconds: 3_600,
        toppedUpMicro: 0n,
        isReadable: false,
      };
      const { chargingSettlement } = chain.contracts;
      const domain = { chainId: 31_337, verifyingContract: await chargingSettlement.getAddress() };
      const digest = batchDigestOf({ claims: claimsOf([item], domain), evidenceRoot: ZeroHash }, domain);
      const [signature] = signAsQuorum([chain.oracle], digest);
      if (signature === undefined) expect.fail("Nobody signed.");
      const transaction = await chain.oracle.connect(provider).sendTransaction({
        to: await chargingSettlement.getAddress(),
        data: encodeSettlement(chargingSettlement.interface, [item], ZeroHash, [
          { signer: chain.oracle.address, ...signature },
        ]),
      });
      await transaction.wait();
      await running.service.synchronise();
      const { receipt, failures } = await receiptOf(session);

      expect(receipt["transaction"]).to.deep.include({ hash: transaction.hash });
      expect(failures).to.deep.equal(["energy"]);
    } finally {
      provider.destroy();
    }
  });
});
