import { expect } from "chai";

import { bloomOf, readBloom } from "../../services/domain/logs-bloom.ts";
import { WattproofError } from "../../services/errors.ts";
import { withFaults, type ChainFaults } from "../helpers/faulty-chain.ts";
import { openLyingEndpoint, Refusal, type Lie, type LyingEndpoint } from "../helpers/lying-endpoint.ts";
import { addStation, codeOf, get, post, runService, type RunningService } from "../helpers/running-service.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";
import { settlementsOf } from "../helpers/settlement-events.ts";

const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_000_600 };
const eventsMs = 60_000;
const batchMs = 3_600_000;
const emptyBloom = `0x${"00".repeat(256)}`;
const fullBloom = `0x${"ff".repeat(256)}`;

interface RpcLog {
  readonly address: string;
  readonly logIndex: string;
  readonly blockHash: string;
}
interface RpcReceipt {
  readonly logs: readonly RpcLog[];
}

const logsOf = (truth: unknown): readonly RpcLog[] => truth as readonly RpcLog[];
const withBloom =
  (logsBloom: string | undefined): Lie =>
  (truth) =>
    truth === null ? null : { ...(truth as object), logsBloom };
const withoutLogs =
  (keeps: (log: RpcLog, index: number) => boolean): Lie =>
  (truth) =>
    truth === null ? null : { ...(truth as RpcReceipt), logs: (truth as RpcReceipt).logs.filter(keeps) };
/** A node that knows the method, which this chain's does not. */
const blockReceipts =
  (change: (receipts: readonly RpcReceipt[]) => readonly unknown[] | null): Lie =>
  async (_truth, [tag], ask) => {
    const block = (await ask("eth_getBlockByNumber", [tag, false])) as { readonly transactions: readonly string[] };
    const receipts = await Promise.all(block.transactions.map((hash) => ask("eth_getTransactionReceipt", [hash])));
    return change(receipts as readonly RpcReceipt[]);
  };

describe("Events that an endpoint leaves out", function () {
  let chain: ServiceChain;
  let endpoint: LyingEndpoint;
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
    endpoint = await openLyingEndpoint(chain.rpcUrl);
    point = await chain.addChargingPoint();
    faults = {};
    clockMs = Date.now();
    running = await runService(
      chain,
      {
        WATTPROOF_RPC_URL: endpoint.url,
        WATTPROOF_STUCK_EVENTS_MS: String(eventsMs),
        WATTPROOF_STUCK_BATCH_MS: String(batchMs),
      },
      { now: () => clockMs, ...withFaults(faults) },
    );
    await running.service.synchronise();
  });
  afterEach(async function () {
    await running.close();
    await endpoint.close();
  });

  describe("that the receipts show", function () {
    const lies: readonly (readonly [what: string, lies: Readonly<Record<string, Lie>>])[] = [
      ["all logs left out", { eth_getLogs: () => [] }],
      ["the last log left out", { eth_getLogs: (truth) => logsOf(truth).slice(0, -1) }],
      ["the first log left out", { eth_getLogs: (truth) => logsOf(truth).slice(1) }],
      [
        "logs of one contract left out",
        { eth_getLogs: (truth) => logsOf(truth).filter(({ address }) => address !== logsOf(truth)[0]?.address) },
      ],
      [
        "logs of another block's hash",
        { eth_getLogs: (truth) => logsOf(truth).map((log) => ({ ...log, blockHash: `0x${"ab".repeat(32)}` })) },
      ],
      [
        "no logs, and a bloom filter that is empty",
        { eth_getLogs: () => [], eth_getBlockByNumber: withBloom(emptyBloom) },
      ],
      ["no logs, and no bloom filter", { eth_getLogs: () => [], eth_getBlockByNumber: withBloom(undefined) }],
      [
        "no logs, and a bloom filter that is full",
        { eth_getLogs: () => [], eth_getBlockByNumber: withBloom(fullBloom) },
      ],
      [
        "no logs, and the receipts of the block",
        { eth_getLogs: () => [], eth_getBlockReceipts: blockReceipts((receipts) => receipts) },
      ],
      ["no logs, and no receipts of the block", { eth_getLogs: () => [], eth_getBlockReceipts: () => null }],
      [
        "no logs, and block receipts that are none",
        { eth_getLogs: () => [], eth_getBlockReceipts: () => "what is this" },
      ],
      [
        "no logs, and too few receipts of the block",
        { eth_getLogs: () => [], eth_getBlockReceipts: blockReceipts(() => []) },
      ],
      [
        "no logs, and receipts of the block without one log",
        {
          eth_getLogs: () => [],
          eth_getBlockReceipts: blockReceipts((receipts) =>
            receipts.map((receipt) => ({ ...receipt, logs: receipt.logs.slice(0, -1) })),
          ),
        },
      ],
      [
        "no logs, and receipts of another block",
        {
          eth_getLogs: () => [],
          eth_getBlockReceipts: blockReceipts((receipts) =>
            receipts.map((receipt) => ({ ...receipt, blockHash: `0x${"ab".repeat(32)}` })),
          ),
        },
      ],
    ];
    for (const [what, told] of lies) {
      it(`are found with ${what}`, async function () {
        Object.assign(endpoint.lies, told);
        const session = await chain.openSession(point);
        await running.service.synchronise();
        expect(await statusOf(session)).to.equal("opened");
        expect(await alerts("chain-events-missing")).to.equal(1);
        expect(await metric("wattproof_chain_events_left_out_total")).to.be.greaterThan(0);
        expect(await alerts("loop-failed")).to.equal(0);
      });
    }

    it("are found in a receipt, and the session settles", async function () {
      endpoint.lies["eth_getLogs"] = () => [];
      const session = await completeSession();
      await running.service.synchronise();
      expect(await statusOf(session)).to.equal("settled");
      expect((await get(running.service.url, `/v1/receipts/${session.sessionId}`)).status).to.equal(200);
    });
  });

  describe("that are not in the receipts either", function () {
    const lies: readonly (readonly [what: string, lies: Readonly<Record<string, Lie>>])[] = [
      ["without receipts", { eth_getTransactionReceipt: () => null }],
      ["with receipts without logs", { eth_getTransactionReceipt: withoutLogs(() => false) }],
      ["with receipts without their last log", { eth_getTransactionReceipt: withoutLogs((_log, index) => index < 1) }],
      [
        "with receipts without a log, and an empty bloom filter",
        {
          eth_getTransactionReceipt: withoutLogs((_log, index) => index > 0),
          eth_getBlockByNumber: withBloom(emptyBloom),
        },
      ],
      [
        "with receipts of another block",
        {
          eth_getTransactionReceipt: (truth) => ({ ...(truth as object), blockHash: `0x${"ab".repeat(32)}` }),
        },
      ],
    ];
    for (const [what, told] of lies) {
      it(`hold the cursor ${what}, with an alert and its age, until the endpoint tells the truth`, async function () {
        const before = await running.service.store.readCursor();
        const session = await chain.openSession(point);
        Object.assign(endpoint.lies, { eth_getLogs: () => [], ...told });
        for (let look = 0; look < 5; look += 1) await running.service.synchronise();
        expect(await statusOf(session)).to.equal(undefined);
        // Its deposit is one block and its opening the next: nothing behind the first that is not whole was read.
        expect((await running.service.store.readCursor())?.number).to.be.lessThan((before?.number ?? 0) + 2);
        expect(await alerts("chain-events-missing")).to.equal(1);
        expect(await alerts("loop-failed")).to.equal(0);
        expect((await get(running.service.url, "/v1/ready")).status).to.equal(200);

        clockMs += eventsMs;
        await running.service.synchronise();
        expect(await metric("wattproof_chain_events_missing_seconds")).to.equal(eventsMs / 1_000);
        const ready = await get(running.service.url, "/v1/ready");
        expect([ready.status, codeOf(ready)]).to.deep.equal([503, "SERVICE_NOT_READY"]);
        clockMs += 86_400_000;
        await running.service.synchronise();
        expect(await alerts("chain-events-missing")).to.equal(2);

        endpoint.tellTruth();
        await running.service.synchronise();
        expect(await statusOf(session)).to.equal("opened");
        expect(await metric("wattproof_chain_events_missing_seconds")).to.equal(0);
        expect((await get(running.service.url, "/v1/ready")).status).to.equal(200);
      });
    }

    it("let batches that are under way go on", async function () {
      const session = await completeSession();
      faults.readEvents = () => () => Promise.reject(new WattproofError("CHAIN_EVENTS_MISSING", "As if."));
      await running.service.synchronise();
      expect(await statusOf(session)).to.equal("batched");
      expect(await settledEvents(session)).to.equal(1);
    });
  });

  it("costs one question for each block in which nothing of ours can be", async function () {
    await chain.request("hardhat_mine", ["0x40"]);
    endpoint.asked.clear();
    await running.service.synchronise();
    expect(endpoint.asked.get("eth_getLogs")).to.equal(1);
    expect(endpoint.asked.get("eth_getTransactionReceipt")).to.equal(undefined);
    expect(endpoint.asked.get("eth_getBlockReceipts")).to.equal(undefined);
    // The headers, and a few looks at the head and the cursor.
    expect(endpoint.asked.get("eth_getBlockByNumber")).to.be.within(0x40, 0x40 + 10);
  });

  it("costs a block that only seems to hold events its receipts, and nothing stops", async function () {
    endpoint.lies["eth_getBlockReceipts"] = blockReceipts((receipts) => receipts);
    await chain.fundDriver(chain.driver, 0n, 1_000_000n);
    const head = Number(await chain.request("eth_blockNumber"));
    endpoint.lies["eth_getBlockByNumber"] = (truth) => {
      const topics: readonly string[] = [];
      const ours = bloomOf([{ address: chain.deployment.contracts.chargingSettlement, topics }]);
      const block = truth as { readonly logsBloom: string };
      const bloom = readBloom(block.logsBloom) ?? new Uint8Array();
      const logsBloom = `0x${Buffer.from(bloom.map((byte, index) => byte | (ours[index] ?? 0))).toString("hex")}`;
      return { ...block, logsBloom };
    };
    endpoint.asked.clear();
    await running.service.synchronise();
    expect((await running.service.store.readCursor())?.number).to.equal(head);
    expect(endpoint.asked.get("eth_getBlockReceipts")).to.equal(1);
    expect(await alerts("chain-events-missing")).to.equal(0);
  });

  it("waits while the endpoint's head is behind what was read, and takes nothing back", async function () {
    const session = await chain.openSession(point);
    await running.service.synchronise();
    endpoint.lies["eth_getBlockByNumber"] = (truth, [tag], ask) =>
      tag === "latest" ? ask("eth_getBlockByNumber", ["0x1", false]) : Number(tag) > 1 ? null : truth;
    await running.service.synchronise();
    expect(await statusOf(session)).to.equal("opened");
    delete endpoint.lies["eth_getBlockByNumber"];
    await running.service.synchronise();
    expect(await statusOf(session)).to.equal("opened");
    expect(await alerts("reorganisation")).to.equal(0);
  });

  it("reads fewer blocks at once after the endpoint refused so many", async function () {
    const session = await chain.openSession(point);
    await chain.request("hardhat_mine", ["0x20"]);
    endpoint.lies["eth_getLogs"] = (truth, [filter]) => {
      const { fromBlock, toBlock } = filter as { readonly fromBlock: string; readonly toBlock: string };
      if (Number(toBlock) - Number(fromBlock) >= 10) throw new Refusal("query exceeds 10 blocks");
      return truth;
    };
    for (let look = 0; look < 4; look += 1) await running.service.synchronise().catch(() => undefined);
    expect(await statusOf(session)).to.equal("opened");
  });

  describe("of a store that lost them before", function () {
    /** What a service made of them that did not compare anything. */
    function forget(isKept: (kind: string) => boolean): void {
      faults.readEvents =
        (real) =>
        async (...parameters) => {
          const reading = await real.readEvents(...parameters);
          return reading === null ? null : { ...reading, events: reading.events.filter(({ kind }) => isKept(kind)) };
        };
    }

    it("are read again where a transaction of ours is confirmed and its batch is not", async function () {
      const session = await completeSession();
      forget((kind) => kind !== "session-settled");
      await running.service.synchronise();
      expect(await statusOf(session)).to.equal("batched");
      delete faults.readEvents;
      await running.service.synchronise();
      expect(await statusOf(session)).to.equal("settled");
      expect(await alerts("chain-events-missing")).to.equal(1);
      const [batch] = await running.service.store.listOpenBatches();
      expect(batch).to.equal(undefined);
    });

    it("tell of a batch that does not move, free its place and make the service not ready", async function () {
      const sessions = [];
      forget((kind) => kind !== "session-settled");
      for (let batch = 0; batch < 4; batch += 1) {
        sessions.push(await completeSession());
        await running.service.synchronise();
      }
      expect((await running.service.store.listOpenBatches()).length).to.equal(4);
      const waiting = await completeSession();
      await running.service.synchronise();
      expect(await statusOf(waiting)).to.equal("completed");
      expect((await get(running.service.url, "/v1/ready")).status).to.equal(200);

      clockMs += batchMs;
      await running.service.synchronise();
      await running.service.synchronise();
      expect(await alerts("batch-stuck")).to.equal(4);
      expect((await get(running.service.url, "/v1/ready")).status).to.equal(503);
      expect(await statusOf(waiting)).to.equal("batched");

      delete faults.readEvents;
      clockMs += 60_000;
      await running.service.synchronise();
      for (const session of [...sessions, waiting]) expect(await statusOf(session)).to.equal("settled");
      expect((await get(running.service.url, "/v1/ready")).status).to.equal(200);
    });

    it("do not keep following from going on where the opening of a session is unknown", async function () {
      forget((kind) => kind !== "session-opened");
      const lost = await chain.openSession(point);
      await running.service.synchronise();
      delete faults.readEvents;
      await chain.topUp(lost, 0n, 1_000_000n);
      const next = await chain.openSession(point);
      await running.service.synchronise();
      expect(await statusOf(next)).to.equal("opened");
      expect(await statusOf(lost)).to.equal(undefined);
      expect(await alerts("chain-events-missing")).to.equal(1);
    });
  });

  async function completeSession(): Promise<OpenedSession> {
    const session = await chain.openSession(point);
    await running.service.synchronise();
    const station = await addStation(running.service.store, "CS-1", [point.evse]);
    const record = point.device.record({ idTag: session.idTag, energyMicroWh: 3_000_000_000n, ...times });
    expect((await post(running.service.url, station, record)).status).to.equal(200);
    return session;
  }

  async function statusOf({ sessionId }: OpenedSession): Promise<string | undefined> {
    return (await running.service.store.findSession(sessionId))?.state.status;
  }

  async function settledEvents({ sessionId }: OpenedSession): Promise<number> {
    const { chargingSettlement } = chain.contracts;
    return (await settlementsOf(chargingSettlement, sessionId)).length;
  }

  async function metric(line: string): Promise<number> {
    const { body } = await get(running.service.url, "/metrics");
    const found = String(body)
      .split("\n")
      .find((text) => text.startsWith(`${line} `));
    return Number(found?.split(" ").at(-1));
  }

  const alerts = (alert: string): Promise<number> => metric(`wattproof_alerts_total{alert="${alert}"}`);
});
