import { expect } from "chai";

import type { ErrorCode } from "../../../services/errors.ts";
import { drawSample } from "../../../services/dossier/verify/draw-sample.ts";
import { isShown, type Dossier, type DossierMonth } from "../../../services/dossier/format/dossier-schema.ts";
import { leafOf } from "../../../services/dossier/format/leaves.ts";
import {
  charge,
  codesOf,
  createMeter,
  dossierOf,
  judge,
  operator,
  seal,
  sessionAt,
  termsOf,
  usualDossier,
  yearSeconds,
} from "../../helpers/dossier-world.ts";

/** Changes a copy of the usual dossier. */
function changed(change: (dossier: Dossier) => void): Dossier {
  const dossier = structuredClone(usualDossier());
  change(dossier);
  return dossier;
}

/** The same with everything that follows computed anew, as those could who hold the oracles' keys. */
function resealed(change: (dossier: Dossier) => void): Dossier {
  return seal(changed(change));
}

function monthAt(dossier: Dossier, index: number): DossierMonth {
  const month = dossier.months[index];
  if (month === undefined) throw new RangeError(`There is no month ${index}`);
  return month;
}

/** Refused, and this is the first reason. */
async function expectRefused(dossier: unknown, code: ErrorCode): Promise<void> {
  const verdict = await judge(dossier);
  expect(verdict.verdict).to.equal("refused");
  expect(verdict.reasons[0]?.code, JSON.stringify(verdict.reasons.slice(0, 3))).to.equal(code);
}

describe("Frauds with a dossier", function () {
  it("are told from an honest dossier, which is accepted", async function () {
    const dossier = usualDossier();
    const verdict = await judge(dossier);
    expect(verdict.reasons).to.deep.equal([]);
    expect(verdict).to.include({ verdict: "accepted", sessions: 10, sampled: 0 });
    expect(verdict.totals).to.deep.equal({
      claimableMicroWh: (2n * (10_123_456_789n + 7_000_000_000n + 2_500_000_000n + 11_000_000_001n)).toString(),
      excludedMicroWh: (2n * (3_000_000_000n + 1_500_000_000n)).toString(),
    });
    expect(verdict.skipped.join()).to.contain("chain");
  });

  it("refuses energy that was invented without a record", async function () {
    await expectRefused(
      resealed((dossier) => {
        sessionAt(dossier, 0, 0).records = [];
      }),
      "DOSSIER_RECORD_MISSING",
    );
  });

  it("refuses energy that the record does not say", async function () {
    const dossier = resealed((fraud) => {
      const last = monthAt(fraud, 3);
      const session = sessionAt(fraud, 3, 0);
      session.toMicroWh = (BigInt(session.toMicroWh) + 1n).toString();
      last.closingMicroWh = session.toMicroWh;
    });
    await expectRefused(dossier, "DOSSIER_ENERGY_DIFFERS");
  });

  it("refuses more power than the EVSE has, though the meter signed it", async function () {
    const meter = createMeter(1);
    // 22 kW for an hour, the minute since the opening and the second that a clock may be behind; then one micro-watt-hour more.
    charge(meter, { atSeconds: yearSeconds, energyMicroWh: 22_372_777_777n });
    expect(await codesOf(dossierOf([meter]))).to.deep.equal([]);
    const more = charge(meter, { atSeconds: yearSeconds + 7_200, energyMicroWh: 22_372_777_778n });
    await expectRefused(dossierOf([meter]), "DOSSIER_POWER_EXCEEDED");
    // Nobody vouches for an earlier opening: the idTag that the meter signed says when it was.
    more.session.opening.openedAt -= 3_600;
    await expectRefused(dossierOf([meter]), "DOSSIER_RECORD_OF_ANOTHER_SESSION");
  });

  it("refuses a register that runs backwards within a session", async function () {
    await expectRefused(
      resealed((dossier) => {
        const session = sessionAt(dossier, 3, 0);
        [session.fromMicroWh, session.toMicroWh] = [session.toMicroWh, session.fromMicroWh];
      }),
      "DOSSIER_REGISTER_BACKWARDS",
    );
  });

  it("refuses a register that stands lower in the next session", async function () {
    const [honest, reset] = [createMeter(1), createMeter(1)];
    charge(honest, { atSeconds: yearSeconds, energyMicroWh: 9_000_000_000n });
    charge(honest, { atSeconds: yearSeconds + 7_200, energyMicroWh: 1_000_000_000n });
    for (let page = 0; page < 5; page += 1) charge(reset, { atSeconds: yearSeconds, energyMicroWh: 0n });
    const low = charge(reset, { atSeconds: yearSeconds + 20_000, energyMicroWh: 100n });
    const dossier = dossierOf([honest]);
    const [month] = dossier.months;
    month?.sessions.push({ ...low.session, salt: `0x${"01".repeat(32)}` });
    await expectRefused(seal(dossier), "DOSSIER_REGISTER_BACKWARDS");
    expect(await codesOf(seal(dossier))).not.to.include("DOSSIER_INTERVALS_OVERLAP");
  });

  it("refuses a swapped key", async function () {
    await expectRefused(
      resealed((dossier) => {
        const meter = dossier.manifest.meters[0];
        const other = createMeter(9);
        if (meter !== undefined) meter.publicKey = `0x${Buffer.from(other.key.publicKeyPoint).toString("hex")}`;
      }),
      "DOSSIER_KEY_SWAPPED",
    );
  });

  it("refuses two meters with one key", async function () {
    const dossier = resealed((fraud) => {
      const [left, right] = fraud.manifest.meters;
      if (left !== undefined && right !== undefined) left.publicKey = right.publicKey;
    });
    await expectRefused(dossier, "DOSSIER_KEY_REPEATED");
  });

  it("refuses an expired calibration, and a key outside of its validity", async function () {
    const setting = (member: "calibrationExpiresAt" | "validUntil" | "validFrom", value: number) =>
      resealed((dossier) => {
        for (const meter of dossier.manifest.meters) meter[member] = value;
      });
    await expectRefused(setting("calibrationExpiresAt", yearSeconds + 86_400), "DOSSIER_CALIBRATION_EXPIRED");
    await expectRefused(setting("validUntil", yearSeconds + 86_400), "DOSSIER_KEY_NOT_VALID");
    await expectRefused(setting("validFrom", yearSeconds + 86_400), "DOSSIER_KEY_NOT_VALID");
  });

  it("refuses records of another operator", async function () {
    const meter = createMeter(1);
    charge(meter, { atSeconds: yearSeconds, energyMicroWh: 1_000_000n, terms: termsOf(meter, `0x${"bb".repeat(20)}`) });
    await expectRefused(dossierOf([meter]), "DOSSIER_OPERATOR_DIFFERS");
    // Terms that were made to fit are not those that the session's id stands for.
    const made = resealed((dossier) => {
      sessionAt(dossier, 0, 0).terms.operator = operator;
      sessionAt(dossier, 0, 0).terms.lane += 1;
    });
    await expectRefused(made, "DOSSIER_TERMS_DIFFER");
  });

  it("refuses a record that the meter signed for another session", async function () {
    const meter = createMeter(1);
    charge(meter, { atSeconds: yearSeconds, energyMicroWh: 1_000_000n, idTag: "AAAAAAAAAAAAAAAAAAAA" });
    await expectRefused(dossierOf([meter]), "DOSSIER_RECORD_OF_ANOTHER_SESSION");
  });

  it("refuses a session that was metered elsewhere", async function () {
    const [left, right] = [createMeter(1), createMeter(2)];
    charge(left, { atSeconds: yearSeconds, energyMicroWh: 1_000_000n, terms: termsOf(right) });
    charge(right, { atSeconds: yearSeconds, energyMicroWh: 1_000_000n });
    await expectRefused(dossierOf([left, right]), "DOSSIER_METER_DIFFERS");
  });

  it("refuses a leaf that is proven twice", async function () {
    const repeat = (dossier: Dossier) => {
      monthAt(dossier, 0).sessions.push(structuredClone(sessionAt(dossier, 0, 3)));
    };
    await expectRefused(changed(repeat), "DOSSIER_SESSION_REPEATED");
    await expectRefused(resealed(repeat), "DOSSIER_SESSION_REPEATED");
  });

  it("refuses the same record under two sessions", async function () {
    const dossier = resealed((fraud) => {
      const copy = structuredClone(sessionAt(fraud, 0, 3));
      const terms = { ...termsOf(createMeter(1)), nonce: 99 };
      copy.terms = { ...terms, holdMicro: terms.holdMicro.toString() };
      copy.sessionId = `0x${"77".repeat(32)}`;
      monthAt(fraud, 0).sessions.push(copy);
    });
    expect(await codesOf(dossier)).to.include("DOSSIER_RECORD_REPEATED");
  });

  it("refuses intervals that overlap", async function () {
    const dossier = resealed((fraud) => {
      const session = sessionAt(fraud, 0, 1);
      session.fromMicroWh = (BigInt(sessionAt(fraud, 0, 0).toMicroWh) - 1_000_000n).toString();
    });
    await expectRefused(dossier, "DOSSIER_INTERVALS_OVERLAP");
  });

  it("refuses the energy of one physical meter under two keys, where a maker says that it is one", async function () {
    const [old, replaced] = [createMeter(1), createMeter(2)];
    charge(old, { atSeconds: yearSeconds, energyMicroWh: 5_000_000n });
    charge(old, { atSeconds: yearSeconds + 10_000, energyMicroWh: 5_000_000n });
    // Behind the last register of the other key but for one Wh: what the new key signed on from there is honest.
    charge(replaced, { atSeconds: yearSeconds + 20_000, energyMicroWh: 9_000_000n, exclusion: "corrected" });
    charge(replaced, { atSeconds: yearSeconds + 30_000, energyMicroWh: 1_000_000n });
    charge(replaced, { atSeconds: yearSeconds + 40_000, energyMicroWh: 1_000_000n });
    const named = (makers: readonly [number, number], serials: readonly [string | null, string | null]) => {
      const dossier = dossierOf([old, replaced]);
      for (const [index, meter] of dossier.manifest.meters.entries()) {
        meter.maker = makers[index] ?? 0;
        meter.serial = serials[index] ?? null;
      }
      return seal(dossier);
    };
    const verdict = await judge(named([3, 3], ["SAME", "SAME"]));
    expect(verdict.reasons.map(({ code }) => code)).to.deep.equal(["DOSSIER_INTERVALS_OVERLAP"]);
    expect(verdict.reasons[0]?.where).to.contain("meter 2, the same physical meter").and.to.contain("of meter 1");
    for (const others of [
      named([3, 4], ["SAME", "SAME"]),
      named([3, 3], ["ONE", "OTHER"]),
      named([3, 3], [null, null]),
      // Whoever declares a meter alone cannot say which one it is.
      named([0, 0], ["SAME", "SAME"]),
    ]) {
      expect(await codesOf(others)).to.deep.equal([]);
    }
  });

  it("refuses the same time of one physical meter under two keys, where its register starts over", async function () {
    const dossier = (beginsAt: number) => {
      const meters = [createMeter(1), createMeter(2)] as const;
      charge(meters[0], { atSeconds: yearSeconds, energyMicroWh: 5_000_000n });
      charge(meters[1], { atSeconds: beginsAt, energyMicroWh: 5_000_000n });
      for (const meter of meters) {
        meter.found = meter.found.map((one) =>
          one.kind === "proven" ? { ...one, identity: { ...one.identity, restartsWithTransaction: true } } : one,
        );
      }
      const made = dossierOf(meters);
      for (const meter of made.manifest.meters) Object.assign(meter, { maker: 3, serial: "SAME" });
      return seal(made);
    };
    expect(await codesOf(dossier(yearSeconds + 3_599))).to.include("DOSSIER_INTERVALS_OVERLAP");
    expect(await codesOf(dossier(yearSeconds + 3_600))).not.to.include("DOSSIER_INTERVALS_OVERLAP");
  });

  it("refuses a gap that is hidden, made smaller or given another reason", async function () {
    const hide = (dossier: Dossier) => {
      monthAt(dossier, 0).gaps.shift();
    };
    await expectRefused(changed(hide), "DOSSIER_GAP_HIDDEN");
    await expectRefused(resealed(hide), "DOSSIER_GAP_HIDDEN");
    const lie = resealed((dossier) => {
      const gap = monthAt(dossier, 0).gaps.find(({ reason }) => reason === "lost-records");
      if (gap !== undefined) gap.reason = "standby";
    });
    await expectRefused(lie, "DOSSIER_GAP_HIDDEN");
  });

  it("refuses registers of a month that its sessions and gaps do not add up to", async function () {
    for (const member of ["openingMicroWh", "closingMicroWh"] as const) {
      const dossier = resealed((fraud) => {
        const month = monthAt(fraud, 3);
        month[member] = (BigInt(month[member] ?? 0) + 1n).toString();
      });
      await expectRefused(dossier, "DOSSIER_CONTINUITY_DIFFERS");
    }
    const hidden = resealed((fraud) => {
      monthAt(fraud, 0).openingMicroWh = null;
      monthAt(fraud, 0).closingMicroWh = null;
    });
    await expectRefused(hidden, "DOSSIER_CONTINUITY_DIFFERS");
  });

  it("refuses exclusions that were dropped", async function () {
    const drop = (dossier: Dossier) => {
      monthAt(dossier, 0).exclusions = [];
    };
    await expectRefused(changed(drop), "DOSSIER_EXCLUSIONS_DIFFER");
    // With the oracles' help: what the register counted for an excluded session is a gap that now nobody explains.
    await expectRefused(resealed(drop), "DOSSIER_GAP_HIDDEN");
  });

  it("refuses totals that were altered, each of them", async function () {
    const alter = (change: (totals: NonNullable<Dossier["totals"]>) => void) =>
      changed((dossier) => {
        if (dossier.totals !== null) change(dossier.totals);
      });
    const more = (text: string) => (BigInt(text) + 1n).toString();
    for (const member of ["claimableMicroWh", "excludedMicroWh", "gapsMicroWh"] as const) {
      await expectRefused(
        alter((totals) => {
          totals[member] = more(totals[member]);
        }),
        "DOSSIER_TOTALS_DIFFER",
      );
    }
    const inCell = alter((totals) => {
      for (const cell of totals.cells) cell.claimableMicroWh = more(cell.claimableMicroWh);
    });
    await expectRefused(inCell, "DOSSIER_TOTALS_DIFFER");
    const byProof = alter((totals) => {
      totals.byProofMicroWh["meter-signed"] = "1";
    });
    await expectRefused(byProof, "DOSSIER_TOTALS_DIFFER");
  });

  it("refuses a summary that does not follow from the totals", async function () {
    const dossier = changed((fraud) => {
      fraud.summary.claimableMicroWh = "1";
    });
    await expectRefused(dossier, "DOSSIER_SUMMARY_DIFFERS");
  });

  it("refuses a root, a manifest or a signature that is not the one that was signed", async function () {
    const root = changed((dossier) => {
      dossier.commitment.root = `0x${"12".repeat(32)}`;
    });
    await expectRefused(root, "DOSSIER_SIGNATURE_INVALID");
    const purpose = changed((dossier) => {
      dossier.manifest.purpose = "US-CA-LCFS-2026Q4";
    });
    await expectRefused(purpose, "DOSSIER_SIGNATURE_INVALID");
    const unsigned = changed((dossier) => {
      dossier.signatures = [];
    });
    await expectRefused(unsigned, "DOSSIER_SIGNATURE_MISSING");
    const twice = changed((dossier) => {
      dossier.signatures.push(...dossier.signatures);
    });
    await expectRefused(twice, "DOSSIER_SIGNATURE_INVALID");
    const salted = changed((dossier) => {
      sessionAt(dossier, 0, 0).salt = `0x${"12".repeat(32)}`;
    });
    await expectRefused(salted, "DOSSIER_ROOT_DIFFERS");
  });

  it("refuses a session in another month or outside of the period", async function () {
    const early = resealed((dossier) => {
      dossier.manifest.fromSeconds = yearSeconds + 2 * 86_400;
    });
    await expectRefused(early, "DOSSIER_TIME_OUTSIDE");
    const moved = resealed((dossier) => {
      monthAt(dossier, 1).month = "2026-03";
    });
    await expectRefused(moved, "DOSSIER_TIME_OUTSIDE");
  });

  it("refuses months that are not in their order", async function () {
    const dossier = resealed((fraud) => {
      fraud.months.reverse();
    });
    await expectRefused(dossier, "DOSSIER_MONTHS_UNSORTED");
  });

  it("refuses times and records that are not those of the meter", async function () {
    const later = resealed((dossier) => {
      sessionAt(dossier, 0, 0).endSeconds += 60;
    });
    await expectRefused(later, "DOSSIER_TIME_DIFFERS");
    const backwards = resealed((dossier) => {
      sessionAt(dossier, 0, 3).beginSeconds = sessionAt(dossier, 0, 3).endSeconds + 1;
    });
    await expectRefused(backwards, "DOSSIER_TIME_BACKWARDS");
    const other = resealed((dossier) => {
      const [record] = sessionAt(dossier, 0, 0).records;
      if (record !== undefined) record.sha256 = "12".repeat(32);
    });
    await expectRefused(other, "DOSSIER_RECORD_DIFFERS");
    const forged = resealed((dossier) => {
      const [record] = sessionAt(dossier, 0, 0).records;
      if (record !== undefined && "text" in record) record.text = record.text.replace("DOSSIER1", "DOSSIER7");
    });
    await expectRefused(forged, "DOSSIER_RECORD_INVALID");
    const half = resealed((dossier) => {
      const pair = sessionAt(dossier, 0, 1);
      pair.records.pop();
      pair.lastPage = pair.firstPage;
    });
    expect(await codesOf(half)).to.include("DOSSIER_RECORDS_INCOMPLETE");
    const overstated = resealed((dossier) => {
      for (const meter of dossier.manifest.meters) meter.possession = "attested-by-oracle";
    });
    await expectRefused(overstated, "DOSSIER_PROOF_OVERSTATED");
  });

  it("refuses a meter or an EVSE that the manifest does not describe, and a key that is none", async function () {
    const meterless = resealed((dossier) => {
      dossier.manifest.meters.shift();
    });
    await expectRefused(meterless, "DOSSIER_METER_UNKNOWN");
    const placeless = resealed((dossier) => {
      dossier.manifest.evses.shift();
    });
    await expectRefused(placeless, "DOSSIER_METER_UNKNOWN");
    const keyless = resealed((dossier) => {
      for (const meter of dossier.manifest.meters) meter.publicKey = `0x${"01".repeat(64)}`;
    });
    expect(await codesOf(keyless)).to.include("DOSSIER_KEY_INVALID");
  });
});

describe("A sample of a dossier", function () {
  const blockHash = `0x${"b1".repeat(32)}`;
  const count = 3;

  function sampled(pick: (drawn: ReadonlySet<number>) => ReadonlySet<number>): Dossier {
    const whole = usualDossier();
    const drawn = pick(drawSample(blockHash, whole.totals?.root ?? null, whole.totals?.sessions ?? 0, count));
    let place = -1;
    const months = whole.months.map((month) => ({
      ...month,
      sessions: month.sessions.map((session) => {
        place += 1;
        return drawn.has(place) || !isShown(session) ? session : { leaf: leafOf(session) };
      }),
    }));
    return { ...whole, depth: "sample", sample: { blockNumber: 100, blockHash, count }, months };
  }

  it("is accepted with the sessions that were drawn, and says what it does not show", async function () {
    const verdict = await judge(sampled((drawn) => drawn));
    expect(verdict.reasons).to.deep.equal([]);
    expect(verdict).to.include({ verdict: "accepted", sampled: count, sessions: 10 });
    expect(verdict.skipped.join()).to.contain("not drawn");
  });

  it("is refused with other records than were drawn", async function () {
    const others = sampled((drawn) => new Set([0, 1, 2, 3, 4, 5].filter((place) => !drawn.has(place)).slice(0, count)));
    await expectRefused(others, "DOSSIER_SAMPLE_DIFFERS");
    const fewer = sampled((drawn) => new Set([...drawn].slice(1)));
    await expectRefused(fewer, "DOSSIER_SAMPLE_DIFFERS");
  });

  it("is refused if the block was there before the sessions", async function () {
    const early = sampled((drawn) => drawn);
    await expectRefused({ ...early, sample: { blockNumber: 1, blockHash, count } }, "DOSSIER_SAMPLE_TOO_EARLY");
  });

  it("is drawn by the verifier from a whole dossier", async function () {
    const verdict = await judge(usualDossier(), 4);
    expect(verdict).to.include({ verdict: "accepted", sampled: 4 });
    expect((await judge(usualDossier(), 400)).sampled).to.equal(10);
  });

  it("draws each place once, and other places from another block", function () {
    const first = drawSample(blockHash, null, 1_000, 20);
    expect(first.size).to.equal(20);
    expect([...first].every((place) => place >= 0 && place < 1_000)).to.equal(true);
    expect([...first]).not.to.deep.equal([...drawSample(`0x${"b2".repeat(32)}`, null, 1_000, 20)]);
  });
});
