import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import { openSqliteStore } from "../../services/store/sqlite/sqlite-store.ts";
import {
  addStation,
  codeOf,
  get,
  post,
  testEnvironment,
  type Answer,
  type StationCredentials,
} from "../helpers/running-service.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";
import { readTable } from "../helpers/table-dump.ts";
import { superviseService, type SupervisedService } from "../helpers/supervised-service.ts";
import { settlementsOf } from "../helpers/settlement-events.ts";

// Every write of the path and the one send, in the order of the path, before and after.
const steps = [
  "store.commitChain:1",
  "store.putMessage:1",
  "store.putMessage:2",
  "store.putMessage:4",
  "store.setVerdict:1",
  "store.commitStep:1",
  "store.commitStep:2",
  "store.commitStep:3",
  "store.createBatch:1",
  "store.putTransaction:1",
  "chain.broadcast:1",
  "store.markSent:1",
  "store.commitChain:2",
];
const crashPoints = steps.flatMap((step) => {
  const [method = "", call = ""] = step.split(":");
  return [`${method}:before:${call}`, `${method}:after:${call}`];
});
const patienceMs = 60_000;
const pauseMs = 20;

describe("A service that is killed", function () {
  this.timeout(patienceMs * 2);
  let chain: ServiceChain;
  let points: readonly [ChargingPoint, ChargingPoint];
  let undisturbed: unknown;

  before(async function () {
    chain = await startServiceChain();
    points = [await chain.addChargingPoint(), await chain.addChargingPoint("secp256k1")];
    undisturbed = (await play(null)).books;
  });
  after(async function () {
    await chain.close();
  });

  it("has books to compare with: two sessions paid, one record refused", function () {
    expect(undisturbed).to.deep.include({
      sessions: [
        { state: "settled", energyWh: "3000", settledOnChain: 1, skippedOnChain: 0, records: 1 },
        { state: "settled", energyWh: "4000", settledOnChain: 1, skippedOnChain: 0, records: 2 },
      ],
      messages: ["accepted", "accepted", "accepted", "refused OCMF_SIGNATURE_MISMATCH"],
    });
  });

  for (const crashPoint of crashPoints) {
    it(`loses nothing and pays once when it dies at ${crashPoint}`, async function () {
      const { books, deaths } = await play(crashPoint);
      expect(deaths).to.deep.equal(["SIGKILL"]);
      expect(books).to.deep.equal(undisturbed);
    });
  }

  /** Plays two sessions through a service that dies once, and reads the books when all is done. */
  async function play(crashAt: string | null): Promise<{ books: unknown; deaths: readonly string[] }> {
    const dataPath = await mkdtemp(join(tmpdir(), "wattproof-crash-"));
    const sessions = [await chain.openSession(points[0]), await chain.openSession(points[1])] as const;
    const creditBefore = await chain.readCredit();
    const store = openSqliteStore(dataPath);
    const station = await addStation(store, "CS-1", [points[0].evse, points[1].evse]);
    await store.close();
    const environment = testEnvironment(chain, dataPath, {
      WATTPROOF_POLL_INTERVAL_MS: "40",
      WATTPROOF_BATCH_MAX_AGE_MS: "60000",
      WATTPROOF_BATCH_MAX_ITEMS: "2",
    });
    const service = superviseService(environment, crashAt);
    try {
      for (const record of recordsOf(sessions)) await postUntilAnswered(service, station, record);
      for (const { sessionId } of sessions) await waitUntilSettled(service, sessionId);
    } finally {
      await service.stop();
    }
    const books = await readBooks(dataPath, sessions, creditBefore);
    await rm(dataPath, { recursive: true, force: true });
    return { books, deaths: service.deaths };
  }

  function recordsOf([first, second]: readonly [OpenedSession, OpenedSession]): readonly string[] {
    const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_000_600 };
    const whole = points[0].device.record({ idTag: first.idTag, energyMicroWh: 3_000_000_000n, ...times });
    const [begin, end] = points[1].device.recordPair({ idTag: second.idTag, energyMicroWh: 4_000_000_000n, ...times });
    return [whole.replace('"E"', '"L"'), begin, whole, end];
  }

  async function readBooks(
    dataPath: string,
    sessions: readonly OpenedSession[],
    creditBefore: bigint,
  ): Promise<unknown> {
    const store = openSqliteStore(dataPath);
    const { chargingSettlement } = chain.contracts;
    const { filters } = chargingSettlement;
    const entries = [];
    const freeMicro = [];
    for (const session of sessions) {
      const { sessionId } = session;
      entries.push({
        state: (await store.findSession(sessionId))?.state.status,
        energyWh: (await store.findCdr(sessionId))?.energyWh,
        settledOnChain: (await settlementsOf(chargingSettlement, sessionId)).length,
        skippedOnChain: (await chargingSettlement.queryFilter(filters.SettlementSkipped(sessionId))).length,
        records: (await store.listRecords(sessionId)).length,
      });
      freeMicro.push(await chain.readFree(session));
    }
    await store.close();
    return {
      sessions: entries,
      freeMicro,
      creditMicro: (await chain.readCredit()) - creditBefore,
      messages: readTable(dataPath, "messages")
        .map(({ outcome, code }) => (typeof code === "string" ? `${String(outcome)} ${code}` : String(outcome)))
        .sort(),
      openBatches: readTable(dataPath, "batches").filter(({ status }) => status === "formed" || status === "sent"),
      carried: readTable(dataPath, "batch_items").length,
      confirmed: readTable(dataPath, "transactions").filter(({ status }) => status === "confirmed").length,
    };
  }
});

/** As a station does: again and again, until there is an answer that will not change. */
async function postUntilAnswered(
  service: SupervisedService,
  station: StationCredentials,
  record: string,
): Promise<Answer> {
  return until(async () => {
    const answer = await post(await service.url(), station, record);
    return codeOf(answer) === "SESSION_UNKNOWN" || answer.status >= 500 ? null : answer;
  });
}

async function waitUntilSettled(service: SupervisedService, sessionId: string): Promise<Answer> {
  return until(async () => {
    const answer = await get(await service.url(), `/v1/receipts/${sessionId}`);
    return answer.status === 200 ? answer : null;
  });
}

async function until<Result>(attempt: () => Promise<Result | null>): Promise<Result> {
  const deadline = Date.now() + patienceMs;
  let failure: unknown;
  while (Date.now() < deadline) {
    try {
      const result = await attempt();
      if (result !== null) return result;
    } catch (error) {
      // The service is down at this moment.
      failure = error;
    }
    await sleep(pauseMs);
  }
  throw new Error("The service did not get there in time.", { cause: failure });
}
