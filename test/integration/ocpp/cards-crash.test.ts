import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import { openSqliteStore } from "../../../services/store/sqlite/sqlite-store.ts";
import { connectCharger, type Charger } from "../../helpers/charger.ts";
import { askIdTokens, bindingOf, createFleet, type Fleet } from "../../helpers/fleet.ts";
import { registerStation } from "../../helpers/ocpp-service.ts";
import { getAsOperator, testEnvironment } from "../../helpers/running-service.ts";
import { startServiceChain, type ServiceChain } from "../../helpers/service-chain.ts";
import { superviseService, type SupervisedService } from "../../helpers/supervised-service.ts";

const patienceMs = 240_000;
const pauseMs = 100;
/** Around everything that is kept on the way from a card to its session. */
const places = [
  "store.putTokenOpening:before:1",
  "store.putTokenOpening:after:1",
  "store.updateTokenOpening:before:1",
  "store.updateTokenOpening:after:1",
  "store.commitStep:after:1",
];

describe("A service that is killed while a card opens a session", function () {
  this.timeout(patienceMs * 2);
  let chain: ServiceChain;
  let fleet: Fleet;

  before(async function () {
    chain = await startServiceChain();
    fleet = await createFleet(chain);
  });
  after(async function () {
    await chain.close();
  });

  it("opens one session, and pays once for what its meter signed", async function () {
    const dataPath = await mkdtemp(join(tmpdir(), "wattproof-cards-crash-"));
    const point = await chain.addChargingPoint();
    const store = openSqliteStore(dataPath);
    await registerStation(store, "CS-1", { evses: [point.evse] });
    await store.close();
    const environment = testEnvironment(chain, dataPath, {
      ...fleet.environment,
      WATTPROOF_POLL_INTERVAL_MS: "100",
      WATTPROOF_TOKEN_OPENING_WAIT_MS: "1000",
    });
    const supervised = superviseService(environment, places);
    try {
      const consent = await fleet.consent();
      const bound = await askIdTokens(await supervised.url(), "/bind", bindingOf("04AA", consent));
      expect(bound.status).to.equal(200);

      const beginMs = Date.now();
      const at = (seconds: number) => new Date(beginMs + seconds * 1_000).toISOString();
      const start = { connectorId: 1, idTag: "04aa", meterStart: 1_000, timestamp: at(0) };
      const started = await tell(supervised, "StartTransaction", start);
      const latest = await until(async () => {
        const { answer } = await askIdTokens(await supervised.url(), "");
        const openings = answer["latest"] as readonly { readonly status: string; readonly sessionId: string }[];
        return supervised.deaths.length === places.length && openings[0]?.status === "attached" ? openings : null;
      });
      expect(latest).to.have.length(1);

      const beginSeconds = Math.floor(beginMs / 1_000);
      const times = { beginSeconds, endSeconds: beginSeconds + 60 };
      const record = point.device.record({ idTag: "04AA", energyMicroWh: 1_000_000_000n, ...times });
      const signed = { signedMeterData: Buffer.from(record).toString("base64"), encodingMethod: "OCMF", publicKey: "" };
      const sampledValue = [{ value: JSON.stringify(signed), format: "SignedData", context: "Transaction.End" }];
      await tell(supervised, "StopTransaction", {
        ...{ transactionId: started["transactionId"], meterStop: 2_000, timestamp: at(60) },
        transactionData: [{ timestamp: at(60), sampledValue }],
      });
      const path = `/v1/sessions/${latest[0]?.sessionId}`;
      const session = await until(async () => {
        const { body } = await getAsOperator(await supervised.url(), path);
        const { session: shown } = body as { readonly session: { readonly state: string; readonly closing: unknown } };
        return shown.state === "settled" ? shown : null;
      });
      expect(session.closing).to.have.property("energyMicroWh", "1000000000");
      expect(supervised.deaths).to.deep.equal(places.map(() => "SIGKILL"));
      const account = await chain.contracts.chargingSettlement.accountOf(consent.driver, consent.lane);
      expect(account.nonce).to.equal(1n);
    } finally {
      await supervised.stop();
      await rm(dataPath, { recursive: true, force: true });
    }
  });

  /** What does not answer is asked again: it died, and is there again soon. */
  async function until<Found>(look: () => Promise<Found | null>): Promise<Found> {
    const endsAtMs = Date.now() + patienceMs;
    while (Date.now() < endsAtMs) {
      const found = await look().catch(() => null);
      if (found !== null) return found;
      await sleep(pauseMs);
    }
    throw new Error("It did not come to that in time.");
  }

  /** Says it as a charger does: over a new connection until it is answered. */
  function tell(supervised: SupervisedService, action: string, payload: object) {
    return until(async () => {
      let charger: Charger | undefined;
      try {
        charger = await connectCharger(await supervised.url(), "CS-1", "ocpp1.6");
        return await charger.call(action, payload);
      } finally {
        await charger?.close().catch(() => undefined);
      }
    });
  }
});
