import { expect } from "chai";

import { priceOf } from "../../services/domain/tariff.ts";
import { createHttpPeer } from "../../services/settlement/quorum/http-peer.ts";
import type { ClaimWithEvidence, PeerAnswer } from "../../services/settlement/quorum/peer.ts";
import { peerKeyOf, runCommittee, type RunningCommittee } from "../helpers/committee.ts";
import { addStation, codeOf, get, post, type RunningService } from "../helpers/running-service.ts";
import {
  depositMicro,
  startServiceChain,
  testTariff,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";
import { settlementsOf } from "../helpers/settlement-events.ts";

const energyMicroWh = 7_420_500_000n;
const { grossMicro } = priceOf(testTariff, energyMicroWh, 3_600, 0);
const fallbackMs = 60_000;
const halfDayMs = 43_200_000;

describe("A committee of three services of which two must sign", function () {
  let chain: ServiceChain;
  let committee: RunningCommittee;
  /** What the clock that never steps says, and by how much the one on the wall was set. */
  let clockMs: number;
  let stepMs: number;

  before(async function () {
    chain = await startServiceChain({ oracleCount: 3, threshold: 2 });
  });
  after(async function () {
    await chain.close();
  });
  beforeEach(async function () {
    await chain.reset();
    clockMs = Date.now();
    stepMs = 0;
    const clocks = { now: () => clockMs + stepMs, elapsedMs: () => clockMs };
    committee = await runCommittee(chain, { WATTPROOF_QUORUM_FALLBACK_MS: String(fallbackMs) }, clocks);
  });
  afterEach(async function () {
    await committee.close();
  });

  it("settles what one of them has the record of, with the signatures of two", async function () {
    const { session } = await completeSession();
    await service(0).synchronise();
    await expectSettled(session);
    expect(await signersOfBatch()).to.have.length(2);
    // The ones that were asked have verified the record by themselves and keep it.
    for (const index of [1, 2]) {
      await service(index).synchronise();
      const { body } = await get(service(index).url, `/v1/receipts/${session.sessionId}`);
      expect(body).to.deep.include({ chargedMicro: grossMicro.toString() });
    }
  });

  it("settles while one is down", async function () {
    const { session } = await completeSession();
    await committee.stop(1);
    await service(0).synchronise();
    await expectSettled(session);
  });

  it("settles from the meter's signature when two are down for long, and not before", async function () {
    const { session } = await completeSession({ isProven: true });
    await committee.stop(1);
    await committee.stop(2);
    await service(0).synchronise();
    expect(await statusAt(0, session)).to.equal("batched");
    expect(await alertsAt(0, "quorum-lacking")).to.equal(1);

    clockMs += fallbackMs;
    await rounds(0, 2);
    await expectSettled(session);
    const { chargingSettlement, meterSettlement } = chain.contracts;
    expect(await meterSettlement.queryFilter(meterSettlement.filters.SessionProven(session.sessionId))).to.have.length(
      1,
    );
    const { finalMicro, provisionalMicro } = await chargingSettlement.creditOf(chain.operator, 0);
    // No maker vouches for the meter.
    expect([finalMicro, provisionalMicro]).to.deep.equal([0n, grossMicro]);
  });

  it("waits as long for a quorum whether the clock was set forward or back", async function () {
    const { session } = await completeSession({ isProven: true });
    await committee.stop(1);
    await committee.stop(2);
    await service(0).synchronise();
    stepMs = halfDayMs;
    clockMs += fallbackMs - 1;
    await rounds(0, 2);
    expect(await statusAt(0, session)).to.equal("batched");

    stepMs = -halfDayMs;
    clockMs += 1;
    await rounds(0, 2);
    await expectSettled(session);
  });

  it("waits for a quorum with what the contract cannot read from the meter, however long it takes", async function () {
    const { session } = await completeSession({ isProven: false });
    await committee.stop(1);
    await committee.stop(2);
    await rounds(0, 1);
    clockMs += fallbackMs;
    await rounds(0, 3);
    expect(await statusAt(0, session)).to.be.oneOf(["completed", "batched"]);
    expect(await chain.readCredit()).to.equal(0n);
  });

  it("leaves out what the others refuse, and settles the rest", async function () {
    const refused = await completeSession({ isProven: true });
    const good = await completeSession();
    // Both others saw another record of this meter that the first did not see: its register does not fit.
    for (const index of [1, 2]) await contradict(index, refused);
    await service(0).synchronise();
    await expectSettled(good.session);
    expect(await statusAt(0, refused.session)).to.equal("completed");
    expect(await alertsAt(0, "quorum-left-out")).to.equal(1);
  });

  it("takes over no sooner when the clock is set forward, and no later when it is set back, also over a restart", async function () {
    const { session, record } = await completeSession();
    expect((await ask(1, [await claimOf(session, record)])).kind).to.equal("signed");
    await committee.stop(0);
    stepMs = halfDayMs;
    clockMs += 299_999;
    await service(1).synchronise();
    expect(await statusAt(1, session)).to.equal("completed");
    stepMs = -halfDayMs;
    await committee.restart(1);
    // The mark of the clock is a little older than the wait.
    clockMs += 300_000;
    await service(1).synchronise();
    await expectSettled(session);
  });

  it("takes over when the service that asked dies before it sends", async function () {
    const { session, record } = await completeSession();
    const answer = await ask(1, [await claimOf(session, record)]);
    expect(answer.kind).to.equal("signed");
    await service(1).synchronise();
    expect(await statusAt(1, session)).to.equal("completed");
    await committee.stop(0);
    clockMs += 300_000;
    await service(1).synchronise();
    await expectSettled(session);
  });

  it("settles with the hold as it is now, also where one service has not read of it yet", async function () {
    const { session } = await completeSession();
    await chain.topUp(session, 0n, 1_000_000n);
    await service(0).synchronise();
    await expectSettled(session);
  });

  describe("asked by a dishonest coordinator", function () {
    it("refuses more energy than the record gives, and tells its operator", async function () {
      const { session, record } = await openAndSign();
      const claim = { ...(await claimOf(session, record)), energyMicroWh: energyMicroWh + 1n };
      expect(await ask(1, [claim])).to.deep.equal(refusalOf(session, "CLAIM_DIFFERS"));
      expect(await alertsAt(1, "quorum-claim-wrong")).to.equal(1);
    });

    it("refuses another time, another hold, a forged record and a session that nobody opened", async function () {
      const { session, record } = await openAndSign();
      const claim = await claimOf(session, record);
      const forged = Buffer.from(Buffer.from(record).toString().replace('"RV":', '"RV":9'));
      const unknown = `0x${"ab".repeat(32)}`;
      // Time enough for a charge that is a second longer.
      await chain.pass(60);
      expect(await ask(1, [{ ...claim, chargingSeconds: 3_601, connectedSeconds: 3_601 }])).to.deep.equal(
        refusalOf(session, "CLAIM_DIFFERS"),
      );
      expect(await ask(1, [{ ...claim, connectedSeconds: 3_601 }])).to.deep.equal(refusalOf(session, "CLAIM_DIFFERS"));
      expect(await ask(1, [{ ...claim, toppedUpMicro: 1n }])).to.deep.equal(refusalOf(session, "CLAIM_DIFFERS"));
      expect(await ask(2, [{ ...claim, records: [forged] }])).to.deep.equal(
        refusalOf(session, "OCMF_SIGNATURE_MISMATCH"),
      );
      expect(await ask(1, [{ ...claim, sessionId: unknown }])).to.deep.equal({
        kind: "refused",
        refusals: [{ sessionId: unknown, code: "SESSION_UNKNOWN" }],
      });
    });

    it("refuses what no signed readings tell, as of a session that is settled from unsigned ones", async function () {
      const { session, record } = await openAndSign();
      const claim = { ...(await claimOf(session, record)), records: [] };
      expect(await ask(1, [claim])).to.deep.equal(refusalOf(session, "CLAIM_UNPROVEN"));
      // It is refused for itself, and nobody has said what is known to be wrong.
      expect(await alertsAt(1, "quorum-claim-wrong")).to.equal(0);
    });

    it("refuses a record that counts in another session", async function () {
      const { session, record, point } = await openAndSign();
      expect((await ask(1, [await claimOf(session, record)])).kind).to.equal("signed");
      const other = await chain.openSession(point);
      const answer = await ask(1, [{ ...(await claimOf(other, record)) }]);
      expect(answer).to.deep.equal(refusalOf(other, "SESSION_REFERENCE_MISMATCH"));
    });

    it("refuses a claim about another opening of the session", async function () {
      const { session, record } = await openAndSign();
      const claim = await claimOf(session, record);
      for (const other of [{ openedAt: claim.openedAt + 1 }, { salt: (claim.salt + 1) % 2 ** 24 }]) {
        expect(await ask(1, [{ ...claim, ...other }])).to.deep.equal(refusalOf(session, "CLAIM_OPENING_DIFFERS"));
      }
    });

    it("refuses more energy and more time than there can have been since the opening", async function () {
      const { session, record } = await openAndSign();
      const claim = await claimOf(session, record);
      // 150 kW give a little more than 150 kWh by now.
      const energy = { ...claim, energyMicroWh: 200_000_000_000n };
      expect(await ask(1, [energy])).to.deep.equal(refusalOf(session, "CLAIM_ABOVE_POWER"));
      for (const time of [{ chargingSeconds: 7_200, connectedSeconds: 7_200 }, { connectedSeconds: 7_200 }]) {
        expect(await ask(1, [{ ...claim, ...time }])).to.deep.equal(refusalOf(session, "CLAIM_LONGER_THAN_OPEN"));
      }
      const crossed = { ...claim, connectedSeconds: claim.chargingSeconds - 1 };
      expect(await ask(1, [crossed])).to.deep.equal(refusalOf(session, "CLAIM_TIMES_INVALID"));
      expect((await ask(1, [claim])).kind).to.equal("signed");
    });

    it("refuses a true claim once a committee could be in force that was scheduled after the opening", async function () {
      const { session, record } = await openAndSign();
      const claim = await claimOf(session, record);
      const delaySeconds = Number(await chain.contracts.oracleCommittee.changeDelaySeconds());
      const left = session.opening.openedAt + delaySeconds - (await chain.headSeconds());
      await chain.pass(left - 2);
      expect((await ask(1, [claim])).kind).to.equal("signed");
      await chain.pass(5);
      expect(await ask(1, [claim])).to.deep.equal(refusalOf(session, "CLAIM_WINDOW_CLOSED"));
    });

    it("signs one claim of a session as often as it is asked, and never another", async function () {
      const { session, record } = await openAndSign();
      const claim = await claimOf(session, record);
      expect((await ask(1, [claim])).kind).to.equal("signed");
      expect((await ask(1, [claim])).kind).to.equal("signed");
      const { store } = service(1);
      expect(await store.recordClaims([{ ...claim, energyMicroWh: 1n }], 0)).to.deep.equal([session.sessionId]);
    });

    it("refuses a session that is settled", async function () {
      const { session, record } = await completeSession();
      await service(0).synchronise();
      expect(await ask(2, [await claimOf(session, record)])).to.deep.equal(refusalOf(session, "SESSION_CLOSED"));
    });

    it("signs nothing of a request of which it refuses one", async function () {
      const good = await openAndSign();
      const bad = await openAndSign();
      const claims = [
        await claimOf(good.session, good.record),
        { ...(await claimOf(bad.session, bad.record)), energyMicroWh: 1n },
      ];
      expect(await ask(1, claims)).to.deep.equal(refusalOf(bad.session, "CLAIM_DIFFERS"));
    });
  });

  describe("at its door", function () {
    async function knock(headers: Readonly<Record<string, string>>, body: string): Promise<unknown> {
      const response = await fetch(`${service(1).url}/v1/quorum/signatures`, { method: "POST", headers, body });
      return codeOf({ status: response.status, body: await response.json() });
    }
    function headersOf(from: number, key?: string): Readonly<Record<string, string>> {
      const address = addressOf(from);
      return {
        "x-oracle-address": address,
        authorization: `Bearer ${key ?? peerKeyOf(address, addressOf(1))}`,
        "content-type": "application/json",
      };
    }

    it("knows nobody without the key that the two share", async function () {
      expect(await knock({}, "{}")).to.equal("PEER_UNAUTHENTICATED");
      expect(await knock(headersOf(0, "x".repeat(32)), "{}")).to.equal("PEER_UNAUTHENTICATED");
      expect(await knock({ ...headersOf(0), "x-oracle-address": addressOf(2) }, "{}")).to.equal("PEER_UNAUTHENTICATED");
      expect(await knock({ ...headersOf(0), "x-oracle-address": chain.driver }, "{}")).to.equal("PEER_UNAUTHENTICATED");
    });

    it("takes nothing but requests of the documented form and size", async function () {
      for (const body of ["", "{}", '{"claims":[]}', '{"claims":[{"sessionId":"0x"}]}', "[1]"]) {
        expect(await knock(headersOf(0), body)).to.equal("ENVELOPE_INVALID");
      }
      expect(await knock(headersOf(0), " ".repeat(9 * 1024 * 1024))).to.equal("BODY_TOO_LARGE");
    });
  });

  function service(index: number): RunningService["service"] {
    return committee.services[index]?.service ?? expect.fail(`There is no service ${index}.`);
  }

  function addressOf(index: number): string {
    return chain.oracles[index]?.address ?? expect.fail(`There is no oracle ${index}.`);
  }

  /** Asks a service for its signature, as the first oracle. */
  function ask(index: number, claims: readonly ClaimWithEvidence[]): Promise<PeerAnswer> {
    const key = peerKeyOf(addressOf(0), addressOf(index));
    const peer = createHttpPeer({ address: addressOf(index), key, url: service(index).url }, addressOf(0), 20_000);
    return peer.requestSignature(claims, new AbortController().signal);
  }

  async function openAndSign(
    options: { readonly isProven?: boolean } = {},
  ): Promise<{ readonly point: ChargingPoint; readonly session: OpenedSession; readonly record: string }> {
    const point = await chain.addChargingPoint("secp256r1", options);
    const session = await chain.openSession(point);
    const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_003_600 };
    return { point, session, record: point.device.record({ idTag: session.idTag, energyMicroWh, ...times }) };
  }

  /** A session of which the first service has the record. */
  async function completeSession(options: { readonly isProven?: boolean } = {}): ReturnType<typeof openAndSign> {
    const opened = await openAndSign(options);
    const station = await addStation(service(0).store, `CS-${opened.point.evse}`, [opened.point.evse]);
    await follow(0);
    const answer = await post(service(0).url, station, opened.record);
    expect(answer.body).to.deep.include({ sessionState: "completed" });
    return opened;
  }

  /** Reads the chain without settling: no batch closes while the clock stands before the first record. */
  async function follow(index: number): Promise<void> {
    await service(index).catchUp();
  }

  async function contradict(index: number, { point, session }: Awaited<ReturnType<typeof openAndSign>>): Promise<void> {
    await follow(index);
    const station = await addStation(service(index).store, "CS-X", [point.evse]);
    const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_003_600 };
    const other = point.device.record({ idTag: session.idTag, energyMicroWh: 1_000_000n, ...times });
    expect((await post(service(index).url, station, other)).status).to.equal(200);
  }

  function claimOf(session: OpenedSession, record: string): Promise<ClaimWithEvidence> {
    const { sessionId, opening } = session;
    const metered = { energyMicroWh, chargingSeconds: 3_600, connectedSeconds: 3_600, toppedUpMicro: 0n };
    return Promise.resolve({ sessionId, ...opening, ...metered, records: [Buffer.from(record)], isReadable: false });
  }

  function refusalOf({ sessionId }: OpenedSession, code: string): PeerAnswer {
    return { kind: "refused", refusals: [{ sessionId, code }] };
  }

  async function rounds(index: number, count: number): Promise<void> {
    for (let round = 0; round < count; round += 1) await service(index).synchronise();
  }

  async function statusAt(index: number, { sessionId }: OpenedSession): Promise<unknown> {
    return (await service(index).store.findSession(sessionId))?.state.status;
  }

  async function alertsAt(index: number, alert: string): Promise<number> {
    const text = await (await fetch(`${service(index).url}/metrics`)).text();
    const line = text.split("\n").find((candidate) => candidate.startsWith(`wattproof_alerts_total{alert="${alert}"}`));
    return Number(line?.split(" ")[1]);
  }

  async function signersOfBatch(): Promise<readonly number[]> {
    const { challenges } = chain.contracts;
    const [anchored] = await challenges.queryFilter(challenges.filters.BatchAnchored());
    const bits = Number(anchored?.args.signers ?? 0n);
    return [0, 1, 2].filter((place) => (bits >> place) & 1);
  }

  async function expectSettled(session: OpenedSession): Promise<void> {
    expect(await chain.readFree(session)).to.equal(depositMicro - grossMicro);
    const { chargingSettlement } = chain.contracts;
    const settled = await settlementsOf(chargingSettlement, session.sessionId);
    expect(settled).to.have.length(1);
  }
});
