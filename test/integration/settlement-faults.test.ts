import { expect } from "chai";

import type { SettlementTransaction } from "../../services/store/store.ts";
import { type ChainFaults, withFaults } from "../helpers/faulty-chain.ts";
import { addStation, post, runService, type RunningService } from "../helpers/running-service.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";
import { settlementsOf } from "../helpers/settlement-events.ts";

const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_000_600 };
const stuckMs = 60_000;

describe("Settlement when transactions go wrong", function () {
  let chain: ServiceChain;
  let point: ChargingPoint;
  let running: RunningService;
  let faults: ChainFaults;
  let clockMs: number;

  before(async function () {
    chain = await startServiceChain();
  });
  after(async function () {
    await chain.close();
  });
  beforeEach(async function () {
    await chain.reset();
    point = await chain.addChargingPoint();
    faults = {};
    clockMs = Date.now();
    const settings = { WATTPROOF_TRANSACTION_STUCK_MS: String(stuckMs), WATTPROOF_SETTLEMENT_ATTEMPTS: "2" };
    running = await runService(chain, settings, { now: () => clockMs, ...withFaults(faults) });
  });
  afterEach(async function () {
    await running.close();
  });

  it("broadcasts a dropped transaction again, with the same hash", async function () {
    const session = await completeSession();
    // The endpoint says yes and forgets the transaction.
    faults.broadcast = () => () => Promise.resolve({ kind: "taken", detail: "" });
    await running.service.synchronise();
    const [dropped] = await transactionsOf(session);
    expect(dropped?.status).to.equal("sent");

    delete faults.broadcast;
    await running.service.synchronise();
    const transactions = await transactionsOf(session);
    expect(summaryOf(transactions)).to.deep.equal([{ attempt: 0, nonce: 0, status: "confirmed" }]);
    expect(transactions[0]?.txHash).to.equal(dropped?.txHash);
    expect(await statusOf(session)).to.equal("settled");
  });

  it("replaces an under-priced transaction at once, with the same nonce and a higher fee", async function () {
    const session = await completeSession();
    faults.readFees = () => () => Promise.resolve({ maxFeePerGas: 1n, maxPriorityFeePerGas: 1n });
    await running.service.synchronise();
    delete faults.readFees;
    await running.service.synchronise();
    await running.service.synchronise();

    const transactions = await transactionsOf(session);
    expect(summaryOf(transactions).at(-1)).to.deep.include({ nonce: 0, status: "confirmed" });
    expect(transactions.every(({ nonce }) => nonce === 0)).to.equal(true);
    expect(transactions.length).to.be.greaterThan(1);
    expect(await statusOf(session)).to.equal("settled");
  });

  it("replaces a stuck transaction at a higher fee, and knows whichever of the two is mined", async function () {
    const session = await completeSession();
    await chain.request("evm_setAutomine", [false]);
    await running.service.synchronise();
    await running.service.synchronise();
    expect(summaryOf(await transactionsOf(session))).to.deep.equal([{ attempt: 0, nonce: 0, status: "sent" }]);

    clockMs += stuckMs;
    await running.service.synchronise();
    const [first, second] = await transactionsOf(session);
    expect([first?.nonce, second?.nonce]).to.deep.equal([0, 0]);
    expect(Number(second?.maxFeePerGas)).to.be.at.least(Number(first?.maxFeePerGas) * 1.125);

    await chain.request("evm_mine");
    await running.service.synchronise();
    expect(summaryOf(await transactionsOf(session))).to.deep.equal([
      { attempt: 0, nonce: 0, status: "replaced" },
      { attempt: 1, nonce: 0, status: "confirmed" },
    ]);
    expect(await settledEvents(session)).to.equal(1);
  });

  it("gives a reverted session another try, and stops with an alert after the last one", async function () {
    const session = await completeSession();
    // Enough for the calldata and not for the work: it runs out of gas on the chain.
    faults.signCall = (real) => (call) => real.signCall({ ...call, gasLimit: 36_000n });
    await running.service.synchronise();
    await running.service.synchronise();
    expect(await statusOf(session)).to.equal("completed");
    await running.service.synchronise();
    await running.service.synchronise();
    const stored = await running.service.store.findSession(session.sessionId);
    expect(stored?.state).to.deep.include({
      status: "skipped",
      reason: "SETTLEMENT_ATTEMPTS_EXHAUSTED",
      failedAttempts: 2,
    });
    expect(await metric('wattproof_alerts_total{alert="settlement-reverted"}')).to.equal(2);
    expect(await metric('wattproof_alerts_total{alert="settlement-abandoned"}')).to.equal(1);
    expect(await settledEvents(session)).to.equal(0);
  });

  it("settles after one revert", async function () {
    const session = await completeSession();
    faults.signCall = (real) => (call) => real.signCall({ ...call, gasLimit: 36_000n });
    await running.service.synchronise();
    delete faults.signCall;
    await running.service.synchronise();
    await running.service.synchronise();
    expect(await statusOf(session)).to.equal("settled");
    expect(await settledEvents(session)).to.equal(1);
  });

  it("settles at once where the estimate was made at a time at which there was nothing to settle", async function () {
    const session = await completeSession();
    // What skipping a claim costs.
    faults.estimateCall = () => () => Promise.resolve({ kind: "estimated", gas: 45_000n });
    await running.service.synchronise();
    delete faults.estimateCall;
    await running.service.synchronise();
    expect(await statusOf(session)).to.equal("settled");
    expect(summaryOf(await transactionsOf(session))).to.deep.equal([{ attempt: 0, nonce: 0, status: "confirmed" }]);
    expect(await metric('wattproof_alerts_total{alert="settlement-reverted"}')).to.equal(0);
  });

  it("takes another nonce when its own went to a transaction that it does not know", async function () {
    const session = await completeSession();
    faults.broadcast = () => () => Promise.resolve({ kind: "taken", detail: "" });
    await running.service.synchronise();
    delete faults.broadcast;
    await spendNonce(chain);
    await running.service.synchronise();
    await running.service.synchronise();
    expect(summaryOf(await transactionsOf(session))).to.deep.equal([
      { attempt: 0, nonce: 0, status: "replaced" },
      { attempt: 1, nonce: 1, status: "confirmed" },
    ]);
    expect(await metric('wattproof_alerts_total{alert="nonce-taken"}')).to.equal(1);
  });

  it("keeps the batch and says so while the chain refuses it", async function () {
    const session = await completeSession();
    faults.estimateCall = () => () => Promise.resolve({ kind: "refused", detail: "NotOracle" });
    await running.service.synchronise();
    expect(await statusOf(session)).to.equal("batched");
    expect(await metric('wattproof_alerts_total{alert="settlement-refused"}')).to.equal(1);
    delete faults.estimateCall;
    await running.service.synchronise();
    expect(await statusOf(session)).to.equal("settled");
  });

  it("waits while gas costs more than the limit", async function () {
    const session = await completeSession();
    faults.readFees = () => () => Promise.resolve({ maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 1n });
    await running.service.synchronise();
    expect(await transactionsOf(session)).to.deep.equal([]);
    expect(await metric('wattproof_alerts_total{alert="fee-limit"}')).to.equal(1);
    delete faults.readFees;
    await running.service.synchronise();
    expect(await statusOf(session)).to.equal("settled");
  });

  it("pays no tip that the endpoint makes up, and no gas that no such call needs", async function () {
    const session = await completeSession();
    const gwei = 10n ** 9n;
    faults.readFees = () => () => Promise.resolve({ maxFeePerGas: 402n * gwei, maxPriorityFeePerGas: 400n * gwei });
    await running.service.synchronise();
    expect(await transactionsOf(session)).to.deep.equal([]);
    delete faults.readFees;
    faults.estimateCall = () => () => Promise.resolve({ kind: "estimated", gas: 9_000_000n });
    await running.service.synchronise();
    expect(await transactionsOf(session)).to.deep.equal([]);
    delete faults.estimateCall;
    expect(await metric('wattproof_alerts_total{alert="fee-limit"}')).to.equal(2);
    await running.service.synchronise();
    expect(await statusOf(session)).to.equal("settled");
  });

  it("replaces nothing at a tip or a price above the limits", async function () {
    const session = await completeSession();
    await chain.request("evm_setAutomine", [false]);
    await running.service.synchronise();
    expect((await transactionsOf(session)).length).to.equal(1);
    clockMs += stuckMs;
    faults.readFees = () => () => Promise.resolve({ maxFeePerGas: 10n ** 13n, maxPriorityFeePerGas: 1n });
    await running.service.synchronise();
    expect((await transactionsOf(session)).length).to.equal(1);
    expect(await metric('wattproof_alerts_total{alert="fee-limit"}')).to.equal(1);
  });

  it("splits a batch that needs more gas than a transaction may have", async function () {
    const sessions = await completeSessions(86_400, 86_400, 86_400);
    let isFirst = true;
    faults.estimateCall = (real) => (call) => {
      if (!isFirst) return real.estimateCall(call);
      isFirst = false;
      return Promise.resolve({ kind: "estimated", gas: 16_000_000n });
    };
    for (let rounds = 0; rounds < 3; rounds += 1) await running.service.synchronise();
    const batches = new Set<string | null>();
    for (const { sessionId } of sessions) {
      const stored = await running.service.store.findSession(sessionId);
      expect(stored?.state.status).to.equal("settled");
      batches.add(stored?.state.batchId ?? null);
    }
    expect(batches.size).to.equal(2);
  });

  it("names the reason when the chain skips a session, and believes the chain when the session ends otherwise", async function () {
    const session = await completeSession();
    // Expired by anybody between the estimate and the block.
    faults.broadcast = () => () => Promise.resolve({ kind: "taken", detail: "" });
    await running.service.synchronise();
    delete faults.broadcast;
    await chain.request("evm_increaseTime", [2 * 86_400]);
    await chain.request("evm_mine");
    await expire(chain, session);
    await running.service.synchronise();
    await running.service.synchronise();
    const stored = await running.service.store.findSession(session.sessionId);
    expect(stored?.state.status).to.equal("expired");
    expect(await metric('wattproof_alerts_total{alert="settlement-skipped"}')).to.equal(1);
    expect(await metric('wattproof_alerts_total{alert="session-expired-unpaid"}')).to.equal(1);
  });

  it("sends nothing for sessions that ended before their batch was sent", async function () {
    const [lost, kept] = await completeSessions(3_660, 86_400);
    if (lost === undefined || kept === undefined) expect.fail("Two sessions were opened.");
    faults.estimateCall = () => () => Promise.resolve({ kind: "refused", detail: "for now" });
    await running.service.synchronise();
    expect([await statusOf(lost), await statusOf(kept)]).to.deep.equal(["batched", "batched"]);
    await chain.request("evm_increaseTime", [120]);
    await chain.request("evm_mine");
    await expire(chain, lost);
    delete faults.estimateCall;
    await running.service.synchronise();
    expect([await statusOf(lost), await statusOf(kept)]).to.deep.equal(["expired", "settled"]);
    expect(await metric('wattproof_alerts_total{alert="settlement-skipped"}')).to.equal(0);
    expect(await running.service.store.listOpenBatches()).to.deep.equal([]);
  });

  it("ends a batch of which nothing is left", async function () {
    const lost = await completeSession(3_660);
    faults.estimateCall = () => () => Promise.resolve({ kind: "refused", detail: "for now" });
    await running.service.synchronise();
    await chain.request("evm_increaseTime", [120]);
    await chain.request("evm_mine");
    await expire(chain, lost);
    await running.service.synchronise();
    expect(await running.service.store.listOpenBatches()).to.deep.equal([]);
    expect(await statusOf(lost)).to.equal("expired");
  });

  it("goes back to sent when a block is undone, and settles again on the other branch", async function () {
    const session = await completeSession();
    const snapshot = await chain.request("evm_snapshot");
    await running.service.synchronise();
    expect(await statusOf(session)).to.equal("settled");
    const [mined] = await transactionsOf(session);

    await chain.request("evm_revert", [snapshot]);
    await chain.request("evm_setAutomine", [false]);
    await chain.request("evm_mine");
    await chain.request("evm_mine");
    await running.service.synchronise();
    expect(await statusOf(session)).to.equal("batched");
    expect((await transactionsOf(session))[0]?.status).to.equal("sent");

    await chain.request("evm_mine");
    await chain.request("evm_setAutomine", [true]);
    await running.service.synchronise();
    const [again] = await transactionsOf(session);
    expect(again).to.deep.include({ txHash: mined?.txHash, status: "confirmed" });
    expect(await statusOf(session)).to.equal("settled");
    expect(await settledEvents(session)).to.equal(1);
    expect(await metric("wattproof_reorganisations_total")).to.equal(1);
  });

  it("keeps the evidence of a session whose opening is undone, and goes on when it is opened again", async function () {
    await running.service.synchronise();
    const snapshot = await chain.request("evm_snapshot");
    const session = await completeSession();
    expect(await statusOf(session)).to.equal("completed");

    await chain.request("evm_revert", [snapshot]);
    for (let blocks = 0; blocks < 5; blocks += 1) await chain.request("evm_mine");
    await running.service.synchronise();
    expect(await statusOf(session)).to.equal("unconfirmed");

    await chain.reopenSession(session);
    await chain.pass(3_600);
    await running.service.synchronise();
    expect(await statusOf(session)).to.equal("settled");
  });

  async function completeSession(expiresInSeconds = 86_400): Promise<OpenedSession> {
    const [session] = await completeSessions(expiresInSeconds);
    return session ?? expect.fail("No session was opened.");
  }

  /** Opens a session for each time to expiry, and completes them all before any can join a batch. */
  async function completeSessions(...expiresInSeconds: readonly number[]): Promise<readonly OpenedSession[]> {
    const { service } = running;
    const sessions: OpenedSession[] = [];
    for (const seconds of expiresInSeconds) {
      sessions.push(await chain.openSession(point, { expiresInSeconds: seconds }));
    }
    const station = await addStation(service.store, "CS-1", [point.evse]);
    await service.synchronise();
    for (const { idTag } of sessions) {
      const record = point.device.record({ idTag, energyMicroWh: 3_000_000_000n, ...times });
      expect((await post(service.url, station, record)).status).to.equal(200);
    }
    return sessions;
  }

  async function statusOf(session: OpenedSession): Promise<string | undefined> {
    return (await running.service.store.findSession(session.sessionId))?.state.status;
  }

  async function transactionsOf(session: OpenedSession): Promise<readonly SettlementTransaction[]> {
    const stored = await running.service.store.findSession(session.sessionId);
    const batchId = stored?.state.batchId;
    return typeof batchId === "string" ? running.service.store.listTransactions(batchId) : [];
  }

  async function settledEvents({ sessionId }: OpenedSession): Promise<number> {
    const { chargingSettlement } = chain.contracts;
    return (await settlementsOf(chargingSettlement, sessionId)).length;
  }

  async function metric(line: string): Promise<number> {
    const text = await (await fetch(`${running.service.url}/metrics`)).text();
    const found = text.split("\n").find((candidate) => candidate.startsWith(`${line} `));
    return Number(found?.slice(line.length + 1));
  }
});

function summaryOf(
  transactions: readonly SettlementTransaction[],
): readonly Pick<SettlementTransaction, "attempt" | "nonce" | "status">[] {
  return transactions.map(({ attempt, nonce, status }) => ({ attempt, nonce, status }));
}

/** Uses up the oracle's next nonce with a transaction of somebody else's making. */
async function spendNonce(chain: ServiceChain): Promise<void> {
  const raw = await chain.oracle.signTransaction({
    type: 2,
    chainId: 31_337,
    nonce: 0,
    to: chain.driver,
    gasLimit: 21_000n,
    maxFeePerGas: 10n ** 11n,
    maxPriorityFeePerGas: 1n,
  });
  await chain.request("eth_sendRawTransaction", [raw]);
}

async function expire(chain: ServiceChain, { terms, opening }: OpenedSession): Promise<void> {
  const data = chain.contracts.chargingSettlement.interface.encodeFunctionData("expire", [terms, opening, 0n]);
  await sendFromDriver(chain, data);
}

async function sendFromDriver(chain: ServiceChain, data: string): Promise<void> {
  const to = chain.deployment.contracts.chargingSettlement;
  await chain.request("eth_sendTransaction", [{ from: chain.driver, to, data }]);
}
