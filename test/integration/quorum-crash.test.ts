import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import { openSqliteStore } from "../../services/store/sqlite/sqlite-store.ts";
import { peerKeyOf, peersSettingOf } from "../helpers/committee.ts";
import {
  addStation,
  get,
  post,
  runService,
  testEnvironment,
  type RunningService,
  type StationCredentials,
} from "../helpers/running-service.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";
import { superviseService, type SupervisedService } from "../helpers/supervised-service.ts";
import { settlementsOf } from "../helpers/settlement-events.ts";

const patienceMs = 60_000;
const pauseMs = 20;
const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_003_600 };

describe("A service that is killed while it settles in quorum", function () {
  this.timeout(patienceMs * 2);
  let chain: ServiceChain;
  let point: ChargingPoint;
  let peer: RunningService;

  before(async function () {
    chain = await startServiceChain({ oracleCount: 3, threshold: 2 });
    point = await chain.addChargingPoint("secp256r1", { isProven: true });
    // The third oracle has no service, so that the second one's signature is needed.
    peer = await runService(chain, {
      WATTPROOF_ORACLE_PRIVATE_KEY: chain.oracles[1]?.privateKey ?? "",
      WATTPROOF_QUORUM_PEERS: peersSettingOf(chain, 1),
    });
  });
  after(async function () {
    await peer.close();
    await chain.close();
  });

  for (const crashAt of [
    "store.recordClaims:before:1",
    "store.recordClaims:after:1",
    // Everybody has signed, and nothing is prepared.
    "chain.estimateCall:before:1",
    "store.putTransaction:before:1",
    "store.putTransaction:after:1",
    "chain.broadcast:after:1",
  ]) {
    it(`settles once when it dies at ${crashAt}`, async function () {
      const { session, deaths } = await play(crashAt);
      expect(deaths).to.deep.equal(["SIGKILL"]);
      const { chargingSettlement } = chain.contracts;
      const { filters } = chargingSettlement;
      expect(await settlementsOf(chargingSettlement, session.sessionId)).to.have.length(1);
      expect(await chargingSettlement.queryFilter(filters.SettlementSkipped(session.sessionId))).to.have.length(0);
    });
  }

  async function play(crashAt: string): Promise<{ session: OpenedSession; deaths: readonly string[] }> {
    const dataPath = await mkdtemp(join(tmpdir(), "wattproof-quorum-crash-"));
    const session = await chain.openSession(point);
    const store = openSqliteStore(dataPath);
    const station = await addStation(store, "CS-1", [point.evse]);
    await store.close();
    const [own = "", other = ""] = chain.oracles.map(({ address }) => address);
    const environment = testEnvironment(chain, dataPath, {
      WATTPROOF_POLL_INTERVAL_MS: "40",
      WATTPROOF_QUORUM_RETRY_MS: "100",
      WATTPROOF_QUORUM_PEERS: `${other} ${peerKeyOf(own, other)} ${peer.service.url}`,
    });
    const service = superviseService(environment, crashAt);
    try {
      const record = point.device.record({ idTag: session.idTag, energyMicroWh: 3_000_000_000n, ...times });
      await until(() => hasTaken(service, station, record));
      await until(() => hasReceipt(service, session));
    } finally {
      await service.stop();
    }
    await rm(dataPath, { recursive: true, force: true });
    return { session, deaths: service.deaths };
  }
});

async function hasTaken(service: SupervisedService, station: StationCredentials, record: string): Promise<boolean> {
  return (await post(await service.url(), station, record)).status === 200;
}

async function hasReceipt(service: SupervisedService, { sessionId }: OpenedSession): Promise<boolean> {
  return (await get(await service.url(), `/v1/receipts/${sessionId}`)).status === 200;
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + patienceMs;
  let failure: unknown;
  while (Date.now() < deadline) {
    try {
      if (await isDone()) return;
    } catch (error) {
      // The service is down at this moment.
      failure = error;
    }
    await sleep(pauseMs);
  }
  throw new Error("The service did not get there in time.", { cause: failure });
}
