import { createHash } from "node:crypto";

import { expect } from "chai";

import { signRecord } from "../../../scripts/simulator/meter.ts";
import { payloadOf } from "../../../scripts/simulator/payload.ts";
import { isShown, type Dossier, type DossierMonth } from "../../../services/dossier/format/dossier-schema.ts";
import { createSpanCounter, intervalWordsOf, unpackInterval } from "../../../services/dossier/format/energy-claim.ts";
import { verifyDossier } from "../../../services/dossier/verify/verify-dossier.ts";
import { createRecordJudge } from "../../../services/evidence/formats/all-formats.ts";
import { nodeCryptography } from "../../../services/evidence/formats/ocmf/node-cryptography.ts";
import {
  bytesOf,
  charge,
  createMeter,
  dossierOf,
  seal,
  sessionAt,
  yearSeconds,
  type TestMeter,
} from "../../helpers/dossier-world.ts";

const wattHour = 1_000_000n;
const judge = createRecordJudge({ cryptography: nodeCryptography });

/** From where to where a session reaches: registers in Wh, times in hours of the year. */
interface Reach {
  readonly fromWh: number;
  readonly toWh: number;
  readonly atHour: number;
  readonly clock?: "meter" | "chain";
  readonly exclusion?: "corrected";
}

/** A session of a meter that numbers every record T1, as it signs it. */
function chargeUnnumbered(meter: TestMeter, reach: Reach): void {
  const { fromWh, toWh, atHour, clock = "meter", exclusion = null } = reach;
  const made = charge(meter, { atSeconds: yearSeconds + atHour * 3_600, energyMicroWh: 0n, exclusion });
  const { beginSeconds, endSeconds, terms, opening, sessionId } = made.session;
  const [fromMicroWh, toMicroWh] = [BigInt(fromWh) * wattHour, BigInt(toWh) * wattHour];
  const payload = payloadOf({
    ...{ serial: meter.simulated.serial, pagination: 1n, identification: "", evseId: meter.simulated.evseId },
    synchronisation: clock === "meter" ? "S" : "U",
    readings: [
      { transaction: "B", registerMicroWh: fromMicroWh, epochSeconds: beginSeconds },
      { transaction: "E", registerMicroWh: toMicroWh, epochSeconds: endSeconds },
    ],
  }).replace('"GI":"Wattproof simulator"', '"GI":"Zaptec Pro MID"');
  meter.found[meter.found.indexOf(made)] = {
    ...made,
    session: {
      ...{ sessionId, terms, opening, beginSeconds, endSeconds, clock, proof: "meter-signed" },
      ...{ fromMicroWh: fromMicroWh.toString(), toMicroWh: toMicroWh.toString(), firstPage: "0", lastPage: "0" },
      settlement: made.session.settlement,
      records: [{ text: signRecord(meter.key, payload), sha256: createHash("sha256").update(payload).digest("hex") }],
    },
    identity: { ...made.identity, hasCounter: false },
    settledMicroWh: toMicroWh - fromMicroWh,
  };
}

function unnumbered(...reaches: readonly Reach[]): TestMeter {
  const meter = createMeter(1);
  for (const reach of reaches) chargeUnnumbered(meter, reach);
  return meter;
}

const honest: readonly Reach[] = [
  { fromWh: 1_000, toWh: 5_000, atHour: 1 },
  { fromWh: 5_000, toWh: 5_000, atHour: 3 },
  { fromWh: 5_010, toWh: 9_000, atHour: 5 },
  { fromWh: 9_000, toWh: 9_500, atHour: 1_000 },
];

async function codesOf(dossier: Dossier): Promise<readonly string[]> {
  const verdict = await verifyDossier({
    ...{ open: () => [bytesOf(dossier)], verifier: judge, chain: null, sampleCount: null },
  });
  return [...new Set(verdict.reasons.map(({ code }) => code))];
}

/** How many sessions count, and why the others do not; and what a stranger says of the dossier. */
async function madeOf(
  ...reaches: readonly Reach[]
): Promise<{ counted: number; left: string[]; codes: readonly string[] }> {
  const dossier = dossierOf([unnumbered(...reaches)]);
  return {
    counted: dossier.totals?.sessions ?? 0,
    left: dossier.months.flatMap(({ exclusions }) => exclusions.map(({ reason }) => reason)),
    codes: await codesOf(dossier),
  };
}

/** The honest dossier with something added or changed, signed by oracles that lie. */
function forged(change: (month: DossierMonth, dossier: Dossier) => void): Dossier {
  const dossier = structuredClone(dossierOf([unnumbered(...honest)]));
  const [month] = dossier.months;
  if (month === undefined) throw new RangeError("There is no month");
  change(month, dossier);
  return seal(dossier);
}

/** The sessions of another run of the same meter, as they would stand in a dossier. */
function signedBesides(...reaches: readonly Reach[]): DossierMonth["sessions"] {
  const meter = createMeter(1);
  meter.nonce = 50;
  for (const reach of reaches) chargeUnnumbered(meter, reach);
  return dossierOf([meter]).months.flatMap(({ sessions }) => sessions);
}

describe("A dossier of a meter that does not number its records", function () {
  it("counts every genuine session, in whatever order they became known", async function () {
    expect(await madeOf(...honest)).to.deep.equal({ counted: 4, left: [], codes: [] });
    expect(await madeOf(...honest.toReversed())).to.deep.equal({ counted: 4, left: [], codes: [] });
    const [month] = dossierOf([unnumbered(...honest.toReversed())]).months;
    const starts = month?.sessions.map((session) => (isShown(session) ? session.fromMicroWh : null));
    expect(starts).to.deep.equal(["1000000000", "5000000000", "5010000000"]);
    expect(month?.gaps).to.deep.equal([
      { fromMicroWh: "5000000000", toMicroWh: "5010000000", reason: "standby", sessionId: null },
    ]);
    expect([month?.openingMicroWh, month?.closingMicroWh]).to.deep.equal(["1000000000", "9000000000"]);
  });

  it("orders sessions whose times only the chain knows by the openings", async function () {
    const reaches = honest.map((reach) => ({ ...reach, clock: "chain" as const }));
    expect(await madeOf(...reaches.toReversed())).to.deep.equal({ counted: 4, left: [], codes: [] });
  });

  it("keeps an excluded session in its place of the continuity table", async function () {
    const [first, second, third] = honest.map((reach, index) =>
      index === 2 ? { ...reach, exclusion: "corrected" as const } : reach,
    );
    if (first === undefined || second === undefined || third === undefined) throw new RangeError("There are four");
    const after = { fromWh: 9_000, toWh: 9_100, atHour: 7 };
    const made = await madeOf(after, third, second, first);
    expect(made).to.deep.equal({ counted: 3, left: ["corrected"], codes: [] });
  });

  it("leaves out spans that overlap by one Wh, and two sessions in one span", async function () {
    const overlap = { fromWh: 8_999, toWh: 9_400, atHour: 7 };
    const made = await madeOf(...honest.slice(0, 3), overlap);
    expect(made).to.deep.equal({ counted: 3, left: ["register-backwards"], codes: [] });
    const within = { fromWh: 6_000, toWh: 7_000, atHour: 5.5 };
    const nested = await madeOf(...honest, within);
    expect(nested).to.deep.equal({ counted: 4, left: ["register-backwards"], codes: [] });
  });

  it("leaves out what comes after a reset or an exchange, until the register stands higher again", async function () {
    const reset = [
      { fromWh: 0, toWh: 500, atHour: 7 },
      { fromWh: 500, toWh: 8_000, atHour: 9 },
      { fromWh: 9_100, toWh: 9_200, atHour: 11 },
    ];
    const made = await madeOf(...honest.slice(0, 3), ...reset);
    expect(made).to.deep.equal({ counted: 4, left: ["register-backwards", "register-backwards"], codes: [] });
  });

  it("leaves out a record that is sold twice, also where it says no energy", async function () {
    for (const index of [1, 2]) {
      const meter = unnumbered(...honest);
      const sold = meter.found[index];
      const other = charge(meter, { atSeconds: yearSeconds + 2_000 * 3_600, energyMicroWh: 0n });
      if (sold?.kind !== "proven") throw new RangeError("It is proven");
      const { sessionId, terms, opening, settlement } = other.session;
      const copy = { ...sold, session: { ...sold.session, sessionId, terms, opening, settlement } };
      meter.found[meter.found.indexOf(other)] = copy;
      const dossier = dossierOf([meter]);
      expect(dossier.totals).to.include({ sessions: 4, excludedSessions: 1 });
      expect(await codesOf(dossier)).to.deep.equal([]);
    }
  });

  it("leaves out sessions of the meter that have numbers, and the other way round", function () {
    const meter = unnumbered(...honest);
    charge(meter, { atSeconds: yearSeconds + 2_000 * 3_600, energyMicroWh: 10_000n * wattHour });
    expect(
      dossierOf([meter])
        .months.at(-1)
        ?.exclusions.map(({ reason }) => reason),
    ).to.deep.equal(["another-register"]);
    meter.found.reverse();
    expect(dossierOf([meter]).totals).to.include({ sessions: 1, excludedSessions: 4 });
  });

  it("is refused for an overlap by one Wh, a session within another, and a register that was set back", async function () {
    const overlap = forged((month) => {
      month.sessions.push(...signedBesides({ fromWh: 8_999, toWh: 9_400, atHour: 7 }));
    });
    expect(await codesOf(overlap)).to.include("DOSSIER_INTERVALS_OVERLAP");
    const within = forged((month) => {
      month.sessions.push(...signedBesides({ fromWh: 6_000, toWh: 7_000, atHour: 5.5 }));
    });
    expect(await codesOf(within)).to.include("DOSSIER_INTERVALS_OVERLAP");
    const reset = forged((month) => {
      month.sessions.push(...signedBesides({ fromWh: 0, toWh: 500, atHour: 7 }));
    });
    expect(await codesOf(reset)).to.include("DOSSIER_REGISTER_BACKWARDS");
  });

  it("is refused for a record that stands in two sessions", async function () {
    for (const index of [1, 2]) {
      const twice = forged((month, dossier) => {
        const [other] = signedBesides({ fromWh: 9_000, toWh: 9_000, atHour: 8 });
        if (other === undefined || !isShown(other)) throw new RangeError("It is shown");
        const { sessionId, terms, opening } = other;
        month.sessions.push({ ...structuredClone(sessionAt(dossier, 0, index)), sessionId, terms, opening });
      });
      expect(await codesOf(twice)).to.include("DOSSIER_RECORD_REPEATED");
    }
  });

  it("is refused if it denies numbers that the meter signs, or invents some", async function () {
    const meter = createMeter(1);
    charge(meter, { atSeconds: yearSeconds, energyMicroWh: 1_000n });
    const denied = structuredClone(dossierOf([meter]));
    for (const one of denied.manifest.meters) one.hasCounter = false;
    Object.assign(sessionAt(denied, 0, 0), { firstPage: "0", lastPage: "0" });
    expect(await codesOf(seal(denied))).to.deep.equal(["DOSSIER_RECORD_DIFFERS"]);
    const invented = forged((month, dossier) => {
      for (const one of dossier.manifest.meters) delete one.hasCounter;
      for (const [index, session] of month.sessions.entries()) {
        if (isShown(session)) Object.assign(session, { firstPage: `${index + 1}`, lastPage: `${index + 1}` });
      }
    });
    expect(await codesOf(invented)).to.include("DOSSIER_RECORD_DIFFERS");
    const paged = forged((month) => {
      for (const session of month.sessions) if (isShown(session)) session.lastPage = "7";
    });
    expect(await codesOf(paged)).to.include("DOSSIER_RECORD_DIFFERS");
  });
});

describe("A dossier of a meter that numbers nothing and whose register starts over", function () {
  const reaches: readonly Reach[] = [
    { fromWh: 0, toWh: 4_000, atHour: 1 },
    { fromWh: 0, toWh: 3_000, atHour: 2 },
    { fromWh: 0, toWh: 2_000, atHour: 4 },
  ];

  /** What the meter says of its register is not of interest here: the first look alone is. */
  function restarting(...more: readonly Reach[]): TestMeter {
    const meter = unnumbered(...reaches, ...more);
    meter.found = meter.found.map((one) =>
      one.kind === "unproven" ? one : { ...one, identity: { ...one.identity, restartsWithTransaction: true } },
    );
    return meter;
  }

  it("orders by the meter's clock, and claims by it", async function () {
    const meter = restarting();
    meter.found.reverse();
    const dossier = dossierOf([meter]);
    expect(dossier.totals?.sessions).to.equal(3);
    expect(await codesOf(dossier)).not.to.include("DOSSIER_ORDER_UNPROVEN");
    const spans = createSpanCounter();
    for (const month of dossier.months) spans.add(month);
    const [word = "0x0"] = intervalWordsOf(spans.spans(), dossier.manifest, () => 1);
    expect(unpackInterval(word)).to.deep.equal({
      ...{ register: 0, device: 1, energyMicroWh: 9_000n * wattHour },
      ...{ from: BigInt(yearSeconds + 3_600), to: BigInt(yearSeconds + 5 * 3_600) },
    });
  });

  it("leaves out what overlaps in time, and what only the chain has times of", function () {
    const { totals, months } = dossierOf([
      restarting({ fromWh: 0, toWh: 1_000, atHour: 2.5 }, { fromWh: 0, toWh: 1_000, atHour: 8, clock: "chain" }),
    ]);
    expect(totals?.sessions).to.equal(3);
    expect(months[0]?.exclusions.map(({ reason }) => reason)).to.deep.equal(["order-unproven", "order-unproven"]);
  });

  it("is refused with either of them", async function () {
    for (const clock of ["meter", "chain"] as const) {
      const dossier = structuredClone(dossierOf([restarting()]));
      dossier.months[0]?.sessions.push(
        ...signedBesides({ fromWh: 0, toWh: 1_000, atHour: clock === "meter" ? 2.5 : 8, clock }),
      );
      expect(await codesOf(seal(dossier))).to.include("DOSSIER_ORDER_UNPROVEN");
    }
  });
});
