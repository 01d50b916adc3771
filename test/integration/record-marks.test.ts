import { expect } from "chai";

import { signRecord } from "../../scripts/simulator/meter.ts";
import type { SimulatedCurve } from "../../scripts/simulator/curves.ts";
import { WattproofError } from "../../services/errors.ts";
import { withFaults, type ChainFaults } from "../helpers/faulty-chain.ts";
import { addStation, get, getAsOperator, post, runService, type RunningService } from "../helpers/running-service.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";

const energyMicroWh = 5_000_000n;
const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_000_600 };

describe("The mark of a record in the session's query", function () {
  let chain: ServiceChain;
  let running: RunningService;
  const faults: ChainFaults = {};

  before(async function () {
    chain = await startServiceChain();
    const overrides = { WATTPROOF_BATCH_MAX_AGE_MS: "86400000", WATTPROOF_UNBOUND_RECORDS: "accept" };
    running = await runService(chain, overrides, withFaults(faults));
  });
  after(async function () {
    await running.close();
    await chain.close();
  });

  function usualRecord({ device }: ChargingPoint, { idTag }: OpenedSession): string {
    return device.record({ idTag, energyMicroWh, ...times });
  }

  /** Sends a record of a new session, twice. @returns the marks that the query shows then */
  async function marksOf(
    curve: SimulatedCurve,
    isProven: boolean,
    recordOf: (point: ChargingPoint, session: OpenedSession) => string = usualRecord,
  ): Promise<unknown> {
    const { url, store } = { ...running.service };
    const point = await chain.addChargingPoint(curve, { isProven });
    const session = await chain.openSession(point);
    const station = await addStation(store, `CS-${point.evse}`, [point.evse]);
    await running.service.synchronise();
    const body = JSON.stringify({ record: recordOf(point, session), sessionId: session.sessionId });
    for (const duplicate of [false, true]) {
      const answer = await post(url, station, body, { "content-type": "application/json" });
      expect(answer.body).to.deep.include({ outcome: "accepted", sessionState: "completed", duplicate });
    }
    const shown = (await getAsOperator(url, `/v1/sessions/${session.sessionId}`)).body as {
      readonly records: readonly { readonly isSettleableByMeter: unknown }[];
    };
    return shown.records.map(({ isSettleableByMeter }) => isSettleableByMeter);
  }

  it("is false for a meter that an oracle attested", async function () {
    expect(await marksOf("secp256r1", false)).to.deep.equal([false]);
  });

  it("is false for a curve that the contract cannot verify", async function () {
    expect(await marksOf("brainpoolP256r1", false)).to.deep.equal([false]);
  });

  it("is false for a record without the session's tag", async function () {
    const untagged = (point: ChargingPoint, session: OpenedSession) =>
      usualRecord(point, { ...session, idTag: "HRWWBX8" });
    expect(await marksOf("secp256r1", true, untagged)).to.deep.equal([false]);
  });

  it("is false for a payload that the service reads and the contract does not", async function () {
    const escaped = (point: ChargingPoint, session: OpenedSession) => {
      const payload = usualRecord(point, session).split("|")[1] ?? "";
      return signRecord(point.device.key, payload.replace('"MS":"T', '"MS":"\\u0054'));
    };
    expect(await marksOf("secp256r1", true, escaped)).to.deep.equal([false]);
  });

  it("is null, and the record counts, while the chain does not answer", async function () {
    let asked = 0;
    faults.canContractRead = () => () => {
      asked += 1;
      return Promise.reject(new WattproofError("CHAIN_UNAVAILABLE", ""));
    };
    try {
      expect(await marksOf("secp256r1", true)).to.deep.equal([null]);
      expect(asked).to.equal(1);
    } finally {
      delete faults.canContractRead;
    }
  });

  for (const curve of ["secp256r1", "secp256k1"] as const) {
    it(`is true for a record that the contract can take, on ${curve}`, async function () {
      expect(await marksOf(curve, true)).to.deep.equal([true]);
    });
  }

  it("is counted once a record", async function () {
    const { body } = await get(running.service.url, "/metrics");
    expect(body).to.include('wattproof_evidence_records_total{settleable_by_meter="yes"} 2');
    expect(body).to.include('wattproof_evidence_records_total{settleable_by_meter="no"} 4');
    expect(body).to.include('wattproof_evidence_records_total{settleable_by_meter="unknown"} 1');
  });
});
