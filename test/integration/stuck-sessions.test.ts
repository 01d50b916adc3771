import { readFileSync } from "node:fs";

import { expect } from "chai";

import { sessionStatuses, transition, type SessionEvent, type SessionStatus } from "../../services/domain/session.ts";
import { resolutionWays, stuckRules } from "../../services/domain/stuck-sessions.ts";
import { withFaults, type ChainFaults } from "../helpers/faulty-chain.ts";
import {
  addStation,
  codeOf,
  get,
  getAsOperator,
  post,
  runService,
  type Answer,
  type RunningService,
} from "../helpers/running-service.ts";
import {
  startServiceChain,
  type ChargingPoint,
  type OpenedSession,
  type ServiceChain,
} from "../helpers/service-chain.ts";

const operatorKey = "k".repeat(40);
const times = { beginSeconds: 1_700_000_000, endSeconds: 1_700_000_600 };
const settingOf = {
  openMs: "WATTPROOF_STUCK_OPEN_MS",
  heldMs: "WATTPROOF_STUCK_HELD_MS",
  settlingMs: "WATTPROOF_STUCK_SETTLING_MS",
} as const;
const limitMs = 3_600_000;
const repeatMs = 86_400_000;
const openStatuses = sessionStatuses.filter((status) => stuckRules[status] !== null);

describe("Sessions that nothing moves", function () {
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
    point = await chain.addChargingPoint("secp256r1", { isProven: true });
    faults = {};
    clockMs = Date.now();
    const limits = Object.fromEntries(Object.values(settingOf).map((name) => [name, String(limitMs)]));
    running = await runService(
      chain,
      { WATTPROOF_OPERATOR_KEY: operatorKey, WATTPROOF_STUCK_REPEAT_MS: String(repeatMs), ...limits },
      { now: () => clockMs, ...withFaults(faults) },
    );
  });
  afterEach(async function () {
    await running.close();
  });

  const assessment = { grade: "plausible-unsigned", reasons: ["UNSIGNED"], flags: [], energyWh: "3000" } as const;
  const held = { ...assessment, hold: "CAP_NOT_AGREED" };
  const events: Partial<Record<SessionStatus, SessionEvent>> = {
    charging: { kind: "evidence-begun" },
    held: { kind: "evidence-held", assessment: held, dispute: null },
    disputed: { kind: "evidence-held", assessment: held, dispute: { reason: "RESET", isFinal: false } },
    unconfirmed: { kind: "opening-reorganised" },
  };

  /** Brings a session to where it stays. */
  async function bringTo(status: SessionStatus): Promise<OpenedSession> {
    const isWrong = status === "unservable";
    const session = await chain.openSession(isWrong ? { ...point, maximumPowerW: 1 } : point);
    await running.service.synchronise();
    const event = events[status];
    if (event !== undefined) await apply(session, event);
    if (status === "batched" || status === "completed" || status === "skipped") {
      faults.estimateCall = () => () => Promise.resolve({ kind: "refused", detail: "for now" });
      if (status === "completed") faults.readBlock = () => () => Promise.reject(new Error("no round"));
      await sign(session);
      if (status !== "completed") await running.service.synchronise();
    }
    if (status === "skipped") {
      await apply(session, { kind: "released", isFailedAttempt: true, attemptLimit: 1 });
    }
    expect(await statusOf(session)).to.equal(status);
    delete faults.readBlock;
    return session;
  }

  async function sign({ idTag }: OpenedSession): Promise<void> {
    const station = await addStation(running.service.store, "CS-1", [point.evse]);
    const record = point.device.record({ idTag, energyMicroWh: 3_000_000_000n, ...times });
    expect((await post(running.service.url, station, record)).status).to.equal(200);
  }

  async function apply({ sessionId }: OpenedSession, event: SessionEvent): Promise<void> {
    const session = await running.service.store.findSession(sessionId);
    if (session === null) expect.fail("The service knows the session.");
    const next = transition(session.state, event);
    const change = { sessionId, expectedSequence: session.sequence, events: [event], next, atMs: clockMs };
    await running.service.store.commitStep({ session: { change, cdr: null, acts: [] } });
  }

  async function resolve(session: OpenedSession, order: Readonly<Record<string, unknown>>): Promise<Answer> {
    const response = await fetch(`${running.service.url}/v1/operator/session-resolutions`, {
      method: "POST",
      headers: { authorization: `Bearer ${operatorKey}` },
      body: JSON.stringify({ sessionId: session.sessionId, reason: "looked at it", ...order }),
    });
    return { status: response.status, body: await response.json() };
  }

  async function statusOf({ sessionId }: OpenedSession): Promise<string | undefined> {
    return (await running.service.store.findSession(sessionId))?.state.status;
  }

  async function metric(line: string): Promise<number> {
    const { body } = await get(running.service.url, "/metrics");
    const found = String(body)
      .split("\n")
      .find((text) => text.startsWith(`${line} `));
    return Number(found?.split(" ").at(-1));
  }
  const told = (): Promise<number> => metric('wattproof_alerts_total{alert="session-stuck"}');

  for (const status of openStatuses) {
    it(`are told where they are ${status}: once with their age, again after a day, and not in every round`, async function () {
      const session = await bringTo(status);
      // A session that is complete stays so while no round gets as far as batches.
      if (status === "completed") faults.readHead = () => () => Promise.reject(new Error("no chain"));
      const look = (): Promise<void> => running.service.synchronise().catch(() => undefined);
      clockMs += limitMs - 1;
      await look();
      expect([await statusOf(session), await told()]).to.deep.equal([status, 0]);
      clockMs += 60_001;
      for (let looks = 0; looks < 3; looks += 1) await look();
      expect(await told()).to.equal(1);
      expect(await metric(`wattproof_oldest_session_seconds{status="${status}"}`)).to.be.at.least(limitMs / 1_000);
      expect(await metric(`wattproof_sessions{status="${status}"}`)).to.equal(1);
      clockMs += repeatMs;
      await look();
      expect(await told()).to.equal(2);
    });
  }

  for (const status of openStatuses) {
    const ways = stuckRules[status]?.ways ?? [];
    for (const way of resolutionWays) {
      if (!ways.includes(way)) {
        it(`cannot be resolved as ${way} where they are ${status}`, async function () {
          const session = await bringTo(status);
          const answer = await resolve(session, { as: way, evidence: "records" });
          expect([answer.status, codeOf(answer)]).to.deep.equal([409, "RESOLUTION_UNAVAILABLE"]);
          expect(await statusOf(session)).to.equal(status);
        });
      } else if (way === "release" || way === "agreed") {
        it(`stay as they are where they are ${status} and somebody says that the chain ends them: ${way}`, async function () {
          const session = await bringTo(status);
          const answer = await resolve(session, { as: way });
          expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
          expect(answer.body).to.deep.include({ state: status, chargedMicro: null });
          expect(answer.body).to.have.nested.property("resolution.way", way);
          expect(await statusOf(session)).to.equal(status);
        });
      } else if (way === "expire") {
        it(`are left to expiry where they are ${status}, and told again when that is over`, async function () {
          const session = await bringTo(status);
          expect((await resolve(session, { as: "expire" })).status).to.equal(200);
          clockMs += limitMs + 60_000;
          await running.service.synchronise();
          expect([await statusOf(session), await told()]).to.deep.equal([status, 0]);
          clockMs = (session.terms.expiresAt + 61) * 1_000;
          await running.service.synchronise();
          expect(await told()).to.equal(1);
        });
      } else {
        it(`settle as ${way} where they are ${status}`, async function () {
          const session = await bringTo(status);
          delete faults.estimateCall;
          const needsRecord = ["opened", "charging", "held", "disputed"].includes(status);
          // The records come before somebody decides about them; what they prove is held back here.
          if (needsRecord) await withRecordHeldBack(session, status);
          const order = { as: way, evidence: "records" };
          const planned = await resolve(session, { ...order, isDryRun: true });
          expect(await statusOf(session)).to.equal(status);
          const answer = await resolve(session, order);
          expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
          expect(planned.body).to.deep.include({ state: "completed", isDryRun: true });
          for (let round = 0; round < 3; round += 1) await running.service.synchronise();
          const state = (await running.service.store.findSession(session.sessionId))?.state;
          expect(state?.status).to.equal("settled");
          expect(state?.closing).to.deep.include({ kind: "settled", energyMicroWh: 3_000_000_000n });
          expect(state?.closing?.kind === "settled" && state.closing.batch === null).to.equal(way === "meter");
          expect(state?.resolution).to.deep.include({ way, reason: "looked at it" });
          expect(state?.resolution?.before.status).to.equal(status);
          const [action] = await running.service.store.listActions(session.sessionId);
          expect(action?.action).to.equal("session-resolution");
          expect(JSON.stringify(action)).not.to.contain(operatorKey);
          const shown = await getAsOperator(running.service.url, `/v1/sessions/${session.sessionId}`, operatorKey);
          expect(shown.body).to.have.nested.property("session.resolution.way", way);
        });
      }
    }
  }

  /** A record of the session is there, and its session has not moved on by it. */
  async function withRecordHeldBack(session: OpenedSession, status: SessionStatus): Promise<void> {
    const stored = await running.service.store.findSession(session.sessionId);
    const store = running.service.store;
    const commit = store.commitStep.bind(store);
    store.commitStep = (step) => {
      const event = { kind: "evidence-added" } as const;
      const next = transition(stored?.state ?? expect.fail("It is known."), event);
      const change = step.session?.change ?? expect.fail("A record moves its session.");
      return commit({ ...step, session: { change: { ...change, events: [event], next }, cdr: null, acts: [] } });
    };
    await sign(session);
    store.commitStep = commit;
    expect(await statusOf(session)).to.equal(status);
  }

  describe("that are to be resolved", function () {
    it("stay as they are without the operator's key", async function () {
      const url = `${running.service.url}/v1/operator/session-resolutions`;
      const answer = await fetch(url, { method: "POST", body: "{}" });
      expect(answer.status).to.equal(401);
    });

    it("stay as they are without a reason, or in a way that there is not", async function () {
      const session = await bringTo("opened");
      for (const order of [{ as: "expire", reason: " " }, { as: "forget" }, { as: "expire", more: 1 }]) {
        const answer = await resolve(session, order);
        expect([answer.status, codeOf(answer)]).to.deep.equal([422, "RESOLUTION_INVALID"]);
      }
    });

    it("are not invented where there is no such session", async function () {
      const session = { ...(await bringTo("opened")), sessionId: `0x${"ab".repeat(32)}` };
      expect(codeOf(await resolve(session, { as: "expire" }))).to.equal("SESSION_UNKNOWN");
    });

    it("stay as they are where evidence is not named, or is not there", async function () {
      const session = await bringTo("held");
      for (const evidence of [null, "assessment", "records", "record:x", "hearsay"]) {
        expect(codeOf(await resolve(session, { as: "quorum", evidence }))).to.equal("RESOLUTION_UNAVAILABLE");
      }
      expect(codeOf(await resolve(session, { as: "meter" }))).to.equal("RESOLUTION_UNAVAILABLE");
    });

    it("stay as they are where they were settled", async function () {
      const session = await bringTo("opened");
      await sign(session);
      await running.service.synchronise();
      expect(await statusOf(session)).to.equal("settled");
      expect(codeOf(await resolve(session, { as: "expire" }))).to.equal("SESSION_CLOSED");
    });

    it("stay as they are while their transaction is on its way", async function () {
      const session = await bringTo("opened");
      await sign(session);
      faults.broadcast = () => () => Promise.resolve({ kind: "taken", detail: "" });
      await running.service.synchronise();
      expect(await statusOf(session)).to.equal("batched");
      expect(codeOf(await resolve(session, { as: "meter" }))).to.equal("RESOLUTION_UNAVAILABLE");
    });

    it("stay as they are beyond what the driver agreed to for energy that no meter signed", async function () {
      const session = await bringTo("held");
      await assess(session);
      const order = { as: "quorum", evidence: "assessment" };
      const refused = await resolve(session, order);
      expect([refused.status, codeOf(refused)]).to.deep.equal([409, "RESOLUTION_ABOVE_CAP"]);

      const capMicro = 5_000_000n;
      const signature = await chain.signConsent(session, capMicro);
      await running.service.store.putConsent({ sessionId: session.sessionId, capMicro, signature }, clockMs);
      expect((await resolve(session, order)).status).to.equal(200);
      for (let round = 0; round < 2; round += 1) await running.service.synchronise();
      expect(await statusOf(session)).to.equal("settled");
    });
  });

  /** What a charger's transaction of the session was assessed to. */
  async function assess({ sessionId }: OpenedSession): Promise<void> {
    await running.service.store.commitStep({
      transaction: {
        stationId: "CS-1",
        protocol: "ocpp1.6",
        ocppTransactionId: "1",
        evse: 1,
        connector: null,
        idToken: null,
        sessionId,
        startedAtMs: 0,
        endedAtMs: 1,
        lastMessageAtMs: 1,
        endSignAtMs: null,
        askedAtMs: null,
        isOpen: false,
        watched: null,
        stopOrder: null,
        assessedFrame: null,
        assessedAtMs: null,
        assessDueAtMs: null,
        waitUntilMs: null,
        lateFrames: 0,
        remoteStartId: null,
        assessment: {
          grade: "disputed",
          reasons: [],
          flags: [],
          energyMicroWh: 3_000_000_000n,
          energyWh: "3000",
          claimedEnergyWh: "3000",
          chargingSeconds: 600,
          begin: null,
          end: null,
          segments: [],
          completeness: "unknown",
          missingSequenceNumbers: [],
          isEnded: true,
        },
      },
    });
  }
});

describe("The runbook", function () {
  it("tells of every status how long a session may be there and what resolves it", function () {
    const runbook = readFileSync(new URL("../../docs/runbook.md", import.meta.url), "utf8");
    const rows = [...runbook.matchAll(/^\| `([a-z]+)` +\|[^|]+\| `(WATTPROOF_STUCK_[A-Z_]+)` +\| ([a-z, ]+?) +\|$/gm)];
    const expected = sessionStatuses.flatMap((status) => {
      const rule = stuckRules[status];
      return rule === null ? [] : [[status, settingOf[rule.limit], rule.ways.join(", ")]];
    });
    expect(rows.map(([, ...cells]) => cells)).to.deep.equal(expected);
  });
});
