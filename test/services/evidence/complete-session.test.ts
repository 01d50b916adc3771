import { expect } from "chai";

import { defaultEvidencePolicy } from "../../../services/domain/charging/settlement-policy.ts";
import { isSameHold, type FoundEvidence } from "../../../services/evidence/complete-session.ts";
import type { SessionStep } from "../../../services/store/steps.ts";
import {
  openEvidenceWorld,
  signed,
  stationId,
  whole,
  type EvidenceWorld,
  type OpenedHere,
} from "../../helpers/evidence-world.ts";

const position = { txHash: "0x", blockNumber: 2, blockHash: "0x", logIndex: 0 };
/** What `whole` costs at the test's tariff: 350,000 flat, 3 kWh at 490,000, 10 minutes at 10,000, with 8.1 % of tax. */
const grossMicro = 2_075_520n;
const unsigned: FoundEvidence = {
  assessment: { grade: "plausible-unsigned", reasons: ["UNSIGNED"], flags: [], completeness: "complete" },
  energyWh: "3000",
  metered: { energyMicroWh: 3_000_000_000n, chargingSeconds: 600, connectedSeconds: 600 },
};
const unbegun: FoundEvidence = {
  assessment: { ...unsigned.assessment, reasons: ["NOT_STARTED"], completeness: "unknown" },
  energyWh: "0",
  metered: { energyMicroWh: 0n, chargingSeconds: 0, connectedSeconds: 0 },
};
const ofTransaction = { kind: "ocpp", stationId, ocppTransactionId: "17" } as const;
const holding = {
  ...defaultEvidencePolicy,
  grades: { "meter-signed-bound": "hold", "meter-signed": "hold", "plausible-unsigned": "hold" },
} as const;

describe("The completion of a session", function () {
  let world: EvidenceWorld;
  let session: OpenedHere;

  beforeEach(async function () {
    world = await openEvidenceWorld();
    session = await world.open("s1");
  });
  afterEach(async function () {
    await world.close();
  });

  async function conclude(found: FoundEvidence | null): Promise<SessionStep | null> {
    const { completer } = world.evidence;
    return completer.conclude(await world.session(session), { judge: () => found, own: null, atMs: 9 });
  }

  /** The reason for which the step holds the session. */
  async function holdOf(found: FoundEvidence): Promise<string | null> {
    const step = await conclude(found);
    const [event] = step?.change.events ?? [];
    expect(step?.cdr).to.equal(null);
    if (event?.kind !== "evidence-held") return null;
    return event.assessment.hold;
  }

  async function settleByOracles(chargedMicro: bigint, batch: number | null = 1): Promise<void> {
    const metered = { energyMicroWh: 3_000_000_000n, chargingSeconds: 600, connectedSeconds: 600 };
    const amounts = { chargedMicro, returnedMicro: 10n ** 9n - chargedMicro };
    const closing = {
      kind: "settled",
      position,
      ...metered,
      ...amounts,
      batch,
      isReadable: batch === null ? null : true,
    } as const;
    await world.move(session, { kind: "closed", closing, reason: null });
  }

  it("reads and decides, and writes nothing", async function () {
    const before = world.disk();
    expect((await conclude(unsigned))?.change.sessionId).to.equal(session.sessionId);
    expect(world.disk()).to.deep.equal(before);
  });

  it("waits where its judge does", async function () {
    expect(await conclude(null)).to.equal(null);
  });

  describe("holds", function () {
    it("what contradicts itself, without asking for a price", async function () {
      world.settings.disturb = (store) => ({ ...store, findTariff: () => Promise.resolve(null) });
      const disputed = {
        ...unsigned,
        assessment: { ...unsigned.assessment, grade: "disputed", reasons: ["REGISTER_RESET"] },
      } as const;
      const step = await conclude(disputed);
      expect(step?.change.next).to.deep.include({
        status: "disputed",
        dispute: { reason: "REGISTER_RESET", isFinal: false },
      });
      expect(await holdOf(disputed)).to.equal("DISPUTED");
    });

    it("what the meter has contradicted for good, however well other records fit", async function () {
      await world.receive(signed(1, session, [["B", 1_000]]));
      await world.receive(signed(1, session, [["B", 2_000]])).catch(() => undefined);
      await world.receive(signed(2, session, [["E", 4_000, 600]]));
      const { state } = await world.session(session);
      expect(state).to.deep.include({ status: "disputed", dispute: { reason: "RECORD_CONFLICT", isFinal: true } });
      expect(state.assessment).to.deep.include({ grade: "disputed", reasons: ["RECORD_CONFLICT"], hold: "DISPUTED" });
      expect(await world.store.findCdr(session.sessionId)).to.equal(null);
      expect(world.alerts.map(({ alert }) => alert)).to.deep.equal(["session-disputed"]);
    });

    it("a price that the operator does not offer, whatever the evidence", async function () {
      world.settings.obstacle = "TARIFF_NOT_ASSIGNED";
      await world.receive(whole(1, session));
      const { state } = await world.session(session);
      expect(state.assessment).to.deep.include({ grade: "meter-signed-bound", hold: "TARIFF_NOT_ASSIGNED" });
      expect(world.alerts.at(-1)).to.deep.include({ alert: "session-held" });
      expect(await holdOf(unbegun)).to.equal("TARIFF_NOT_ASSIGNED");
    });

    it("grades that the operator holds", async function () {
      world.settings.policy = holding;
      await world.restart();
      await world.receive(whole(1, session));
      const { state } = await world.session(session);
      expect(state).to.include({ status: "held", stage: "none" });
      expect(state.assessment).to.deep.include({ hold: "GRADE_HELD", energyWh: "3000" });
      expect(await world.store.findCdr(session.sessionId)).to.equal(null);
    });

    it("unsigned energy at its true price above what the driver agreed to", async function () {
      expect(await holdOf(unsigned)).to.equal("CAP_NOT_AGREED");
      const consent = { sessionId: session.sessionId, signature: "0x" };
      await world.store.putConsent({ ...consent, capMicro: grossMicro - 1n }, 1);
      expect(await holdOf(unsigned)).to.equal("CAP_EXCEEDED");
      await world.store.putConsent({ ...consent, capMicro: grossMicro }, 1);
      expect((await conclude(unsigned))?.cdr?.price.grossMicro).to.equal(grossMicro);
    });

    it("signed energy, too, where the operator lets it go up to the cap alone", async function () {
      const grades = { ...defaultEvidencePolicy.grades, "meter-signed-bound": "settle-up-to-cap" } as const;
      world.settings.policy = { ...defaultEvidencePolicy, grades };
      await world.restart();
      await world.receive(whole(1, session));
      expect((await world.session(session)).state.assessment).to.deep.include({ hold: "CAP_NOT_AGREED" });
    });

    it("unsigned energy beside which something happened, and says of signed energy that it did", async function () {
      const found = { findings: ["ENERGY_UNMATCHED"], isOpen: false } as const;
      world.settings.beside = { ...found, findings: [...found.findings] };
      const { completer } = world.evidence;
      const step = await completer.conclude(await world.session(session), {
        judge: ({ findings }) => ({
          ...unbegun,
          assessment: { ...unbegun.assessment, reasons: ["UNSIGNED", ...findings] },
        }),
        atMs: 9,
      });
      expect(step?.change.next.assessment).to.deep.include({ hold: "UNRESOLVED" });
      await world.receive(whole(1, session));
      const cdr = await world.store.findCdr(session.sessionId);
      expect(cdr?.evidence).to.deep.equal({
        ...{ grade: "meter-signed-bound", reasons: ["SIGNED_AND_BOUND"] },
        flags: ["ENERGY_UNMATCHED"],
      });
    });
  });

  it("tells the operator of a hold once", async function () {
    const { completer } = world.evidence;
    const before = await world.session(session);
    const step = (await conclude(unsigned)) ?? expect.fail("It is held.");
    completer.announce(before, step);
    expect(world.alerts).to.deep.equal([
      {
        alert: "session-held",
        details: { sessionId: session.sessionId, hold: "CAP_NOT_AGREED", reasons: ["UNSIGNED"] },
      },
    ]);
    await world.store.commitStep({ session: step });
    const after = await world.session(session);
    const again = (await conclude(unsigned)) ?? expect.fail("It is held.");
    expect(isSameHold(after.state, again)).to.equal(true);
    completer.announce(after, again);
    expect(world.alerts).to.have.length(1);
  });

  it("frees a session that no charger began, also where the operator holds what nobody signed", async function () {
    world.settings.policy = holding;
    await world.restart();
    const step = await conclude(unbegun);
    expect(step?.change.next.status).to.equal("completed");
    expect(step?.cdr).to.deep.include({ energyWh: "0", chargedMicro: 0n, returnedMicro: 10n ** 9n });
  });

  it("prices what the meter signed", async function () {
    expect(await world.receive(whole(1, session))).to.include({ sessionState: "completed", energyWh: "3000" });
    const cdr = await world.store.findCdr(session.sessionId);
    expect(cdr).to.deep.include({ energyWh: "3000", chargingSeconds: 600, chargedMicro: grossMicro });
    expect(cdr?.isBoundToSession).to.equal(true);
  });

  it("has no CDR where the energy is beyond what can be settled, or a register runs backwards", async function () {
    const beyond = signed(1, session, [
      ["B", 0],
      ["E", 9_000_000_000_000n, 2 ** 33],
    ]);
    await world.receive(beyond);
    expect((await world.session(session)).state.dispute).to.deep.include({ reason: "METERING_OUT_OF_RANGE" });
    const other = await world.open("s2");
    await world.receive(whole(2, other, 5));
    expect((await world.session(other)).state.dispute).to.deep.include({ reason: "REGISTER_OUT_OF_ORDER" });
    expect(world.disk()["cdrs"]).to.deep.equal([]);
  });

  it("comes with the records in whatever order", async function () {
    const records = [
      signed(1, session, [["B", 1_000]]),
      signed(2, session, [["C", 2_000, 300]]),
      signed(3, session, [["E", 4_000, 600]]),
    ] as const;
    const statuses: string[] = [];
    for (const index of [2, 0, 1] as const) statuses.push((await world.receive(records[index])).sessionState);
    expect(statuses).to.deep.equal(["opened", "disputed", "completed"]);
    expect(await world.store.findCdr(session.sessionId)).to.deep.include({ energyWh: "3000" });
  });

  it("is left to the assessment of a transaction whose records they are", async function () {
    const answer = await world.receive(whole(1, session), { session, source: ofTransaction });
    expect(answer).to.include({ energyWh: "3000", sessionState: "opened" });
    expect(world.disk()["cdrs"]).to.deep.equal([]);
  });

  it("keeps its CDR: later evidence agrees with it, or disputes the session for good", async function () {
    await world.receive(whole(1, session));
    const cdr = await world.store.findCdr(session.sessionId);
    await world.receive(signed(2, session, [["E", 4_000, 700]]));
    expect((await world.session(session)).state).to.include({ status: "completed", dispute: null });
    const step = await conclude({ ...unsigned, energyWh: "3001" });
    expect(step?.change.events).to.deep.equal([
      { kind: "evidence-disputed", reason: "EVIDENCE_CONTRADICTORY", isFinal: true },
    ]);
    await world.receive(signed(3, session, [["E", 5_000, 800]]));
    expect((await world.session(session)).state.dispute).to.deep.equal({
      ...{ reason: "EVIDENCE_CONTRADICTORY", isFinal: true },
    });
    expect(await world.store.findCdr(session.sessionId)).to.deep.equal(cdr);
  });

  it("leaves a session to the oracle that brought its record for a while", async function () {
    await world.receive(whole(1, session), { session, source: { kind: "peer", oracle: "0x0a" } });
    const { nextTry } = (await world.session(session)).state;
    expect(nextTry.notBeforeMs).to.equal(world.settings.nowMs + world.settings.takeoverMs);
  });

  describe("of a session that the chain has settled", function () {
    for (const source of [ofTransaction, undefined]) {
      it(`challenges another price than the meter signed (${source?.kind ?? "http"})`, async function () {
        await settleByOracles(grossMicro + 1n);
        const sender = source === undefined ? {} : { source };
        expect(await world.receive(whole(1, session), { session, ...sender })).to.include({ sessionState: "settled" });
        const acts = await world.store.listActs(session.sessionId);
        expect(acts.map(({ act, status }) => [act, status])).to.deep.equal([["challenge", "due"]]);
        expect(await world.store.findCdr(session.sessionId)).to.deep.include({ chargedMicro: grossMicro });
      });
    }

    it("challenges nothing where the price is right", async function () {
      await settleByOracles(grossMicro);
      await world.receive(whole(1, session));
      expect(await world.store.listActs(session.sessionId)).to.deep.equal([]);
    });

    it("asks neither policy nor what happened beside it, for nothing is settled any more", async function () {
      world.settings.policy = holding;
      world.settings.beside = { findings: ["ENERGY_UNMATCHED"], isOpen: true };
      await world.restart();
      await settleByOracles(grossMicro + 1n);
      await world.receive(whole(1, session));
      expect(await world.store.listActs(session.sessionId)).to.have.length(1);
    });

    it("says nothing on what nobody signed, or where the meter has contradicted itself", async function () {
      await settleByOracles(grossMicro + 1n);
      expect(await conclude(unsigned)).to.equal(null);
      await world.receive(signed(1, session, [["B", 1_000]]));
      await world.receive(signed(1, session, [["B", 2_000]])).catch(() => undefined);
      await world.receive(signed(2, session, [["E", 4_000, 600]]));
      expect(await world.store.listActs(session.sessionId)).to.deep.equal([]);
      expect(world.disk()["cdrs"]).to.deep.equal([]);
    });
  });
});
