import { existsSync, readFileSync } from "node:fs";

import { expect } from "chai";
import { parse } from "csv-parse/sync";

import { anomalyKinds, findAnomalies, type Anomaly } from "../../../services/dossier/insight/anomalies.ts";
import type { DriftFeatures, SessionFeatures } from "../../../services/dossier/insight/features.ts";
import { forecastEach } from "../../../services/dossier/insight/forecast.ts";
import { insightParameters } from "../../../services/dossier/insight/parameters.ts";
import { insightTextOf, makeInsight, readRisks } from "../../../services/dossier/insight/report.ts";
import { drawSample } from "../../../services/dossier/verify/draw-sample.ts";
import { bytesOf, charge, createMeter, dossierOf, usualDossier, yearSeconds } from "../../helpers/dossier-world.ts";
import { createRandom } from "../../helpers/random.ts";

const watts = 22_000;
const { alarmScore } = insightParameters;

/** Honest sessions of some meters, each with a car that comes about once in ten hours. */
function honest(meters: number, each: number, seed: number): SessionFeatures[] {
  const random = createRandom(seed);
  let place = 0;
  return Array.from({ length: meters }, (_nothing, index) => {
    let at = yearSeconds + random.below(3_600);
    return Array.from({ length: each }, (): SessionFeatures => {
      const since = 3_600 + random.below(60_000);
      const seconds = 1_800 + random.below(9_000);
      const powerMilliW = BigInt(6_000_000 + random.below(9_000_000));
      const beginSeconds = at + since;
      at = beginSeconds + seconds;
      place += 1;
      return {
        ...{ place: place - 1, sessionId: `0x${place.toString(16).padStart(64, "0")}`, meter: index + 1 },
        ...{ evse: index + 1, maximumPowerW: watts, beginSeconds, endSeconds: at, powerMilliW },
        energyMicroWh: (powerMilliW * BigInt(seconds) * 1_000n) / 3_600n,
        sinceMicroWh: (BigInt(since) * BigInt(5_000_000 + random.below(1_000_000))) / 3_600n,
        sinceSeconds: since,
      };
    });
  }).flat();
}

function alarmsOf(sessions: readonly SessionFeatures[], drifts: readonly DriftFeatures[] = []): readonly Anomaly[] {
  return findAnomalies(sessions, drifts, insightParameters).filter(({ score }) => score >= alarmScore);
}

/** The same sessions with one of them, or each of some, changed. */
function planted(
  change: (session: SessionFeatures, index: number, all: readonly SessionFeatures[]) => Partial<SessionFeatures>,
  isChosen: (index: number) => boolean = (index) => index === 40,
): readonly SessionFeatures[] {
  return honest(3, 80, 7).map((session, index, all) =>
    isChosen(index) ? { ...session, ...change(session, index, all) } : session,
  );
}

describe("What is unusual in a dossier", function () {
  it("raises fewer than one alarm in a hundred honest sessions", function () {
    let [alarms, sessions] = [0, 0];
    for (let seed = 1; seed <= 20; seed += 1) {
      const own = honest(5, 200, seed);
      alarms += alarmsOf(own).length;
      sessions += own.length;
    }
    expect(sessions).to.equal(20_000);
    expect(alarms / sessions).to.be.lessThan(0.01);
  });

  const plants: readonly (readonly [string, readonly SessionFeatures[], readonly DriftFeatures[]])[] = [
    ["power-unusual", planted(() => ({ powerMilliW: 100_000_000n })), []],
    ["power-near-limit", planted(() => ({ powerMilliW: 21_999_000n })), []],
    ["energy-unusual", planted(() => ({ energyMicroWh: 400_000_000_000n })), []],
    ["duration-unusual", planted(({ beginSeconds }) => ({ endSeconds: beginSeconds + 90_000 })), []],
    ["sessions-overlap", planted((_one, index, all) => ({ beginSeconds: (all[index - 1]?.endSeconds ?? 0) - 60 })), []],
    ["register-stands", planted(() => ({ energyMicroWh: 0n, powerMilliW: 0n })), []],
    ["energy-repeated", planted((_one, index, all) => ({ energyMicroWh: all[index - 9]?.energyMicroWh ?? 0n })), []],
    [
      "energy-round",
      planted(
        (_one, index) => ({ energyMicroWh: BigInt(5 + (index % 9)) * 1_000_000_000n }),
        (index) => index % 4 === 0 && index < 80,
      ),
      [],
    ],
    ["standby-unusual", planted(() => ({ sinceMicroWh: 30_000_000_000n })), []],
    [
      "begins-regular",
      planted(
        (_one, index) => ({ beginSeconds: yearSeconds + index * 36_000 }),
        (index) => index < 60,
      ),
      [],
    ],
    [
      "settled-otherwise",
      honest(3, 80, 7),
      [
        {
          sessionId: `0x${"ee".repeat(32)}`,
          meter: 1,
          settledMicroWh: 11_000_000_000n,
          signedMicroWh: 10_000_000_000n,
        },
      ],
    ],
  ];

  it("has a planted case of every kind", function () {
    expect(plants.map(([kind]) => kind)).to.deep.equal([...anomalyKinds]);
  });

  for (const [kind, sessions, drifts] of plants) {
    it(`finds ${kind}`, function () {
      const clean = alarmsOf(honest(3, 80, 7)).map((alarm) => alarm.kind);
      expect(clean).not.to.include(kind);
      const found = alarmsOf(sessions, drifts).filter((alarm) => alarm.kind === kind);
      expect(found).to.have.length.greaterThan(0);
    });
  }
});

describe("A report on a dossier", function () {
  this.timeout(20_000);
  it("names the dossier, and is the same for everybody, bit for bit", async function () {
    const dossier = usualDossier();
    const [left, right] = [
      await makeInsight([bytesOf(dossier)]),
      await makeInsight([bytesOf(structuredClone(dossier))]),
    ];
    expect(insightTextOf(left)).to.equal(insightTextOf(right));
    expect(left.dossier).to.include({ root: dossier.commitment.root, sessions: 10 });
    expect(left.dossier.manifest).to.equal(dossier.commitment.manifest);
    expect(left.parameters).to.deep.equal(insightParameters);
    // What was settled otherwise than the meter signed is nothing here; a session that took no energy for an hour is.
    expect(left.alarms.map(({ kind }) => kind)).to.deep.equal(["register-stands", "register-stands"]);
    const other = await makeInsight([bytesOf(dossier)], { ...insightParameters, standingSeconds: 7_200 });
    expect(insightTextOf(other)).not.to.equal(insightTextOf(left));
  });

  it("lets a verifier draw what is unusual more often, and no session twice", async function () {
    const meter = createMeter(1);
    for (let index = 0; index < 30; index += 1) {
      const energyMicroWh = index === 17 ? 0n : 5_000_000_000n + BigInt((index * 7_919) % 13) * 100_000_007n;
      charge(meter, { atSeconds: yearSeconds + index * 20_000 + ((index * 613) % 977), energyMicroWh });
    }
    const risks = await readRisks([bytesOf(dossierOf([meter]))]);
    expect(risks.get(17)).to.equal(1_000);
    let [plain, byRisk] = [0, 0];
    for (let index = 0; index < 200; index += 1) {
      const seed = `0x${index.toString(16).padStart(64, "0")}`;
      const drawn = drawSample(seed, null, 30, 3, risks);
      expect(drawn.size).to.equal(3);
      if (drawn.has(17)) byRisk += 1;
      if (drawSample(seed, null, 30, 3).has(17)) plain += 1;
    }
    expect(plain).to.be.lessThan(40);
    expect(byRisk).to.be.greaterThan(3 * plain);
  });
});

describe("A forecast", function () {
  it("is better than last week's day where days of a week are alike and noise is not", function () {
    const random = createRandom(3);
    const sessions = Array.from({ length: 140 }, (_nothing, day): SessionFeatures => {
      const endSeconds = yearSeconds + day * 86_400 + 40_000;
      const usual = day % 7 < 5 ? 60_000_000_000 : 15_000_000_000;
      return {
        ...{ place: day, sessionId: "", meter: 1, evse: 1, maximumPowerW: watts, powerMilliW: 7_000_000n },
        ...{ beginSeconds: endSeconds - 9_000, endSeconds, sinceMicroWh: null, sinceSeconds: null },
        energyMicroWh: BigInt((usual / 1_000) * (600 + random.below(800))),
      };
    });
    const [forecast] = forecastEach(sessions, insightParameters);
    expect(forecast?.days).to.have.length(7);
    expect(forecast?.energyMicroWh.days).to.equal(28);
    expect(Number(forecast?.energyMicroWh.model)).to.be.lessThan(Number(forecast?.energyMicroWh.baseline) * 1.1);
    expect(forecast?.fromDay).to.equal(Math.floor(yearSeconds / 86_400) + 140);
  });

  it("is made for nobody who charged too few weeks", function () {
    expect(forecastEach(honest(1, 20, 1).slice(0, 10), insightParameters)).to.deep.equal([]);
  });
});

describe("Sessions of a year of public chargers", function () {
  const path = "../shared/sessions/ail-2017.csv";

  /** Sites are the units of the forecast, as a station has few sessions a week. */
  function sessionsOf(): readonly SessionFeatures[] {
    const rows = parse<Record<string, string>>(readFileSync(path), { columns: true });
    return rows.map((row, place): SessionFeatures => {
      const endSeconds = Math.floor(Date.parse(`${row["end_local"] ?? ""}:00Z`) / 1_000);
      const seconds = Math.max(1, Number(row["duration_s"]));
      const energyMicroWh = BigInt(row["energy_wh"] ?? 0) * 1_000_000n;
      return {
        ...{ place, sessionId: row["session_id"] ?? "", evse: 1 },
        meter: 2 * Number(row["station_id"]) + (row["plug"] === "left" ? 0 : 1),
        ...{ maximumPowerW: 50_000, beginSeconds: endSeconds - seconds, endSeconds, energyMicroWh },
        powerMilliW: (energyMicroWh * 3_600n) / BigInt(seconds) / 1_000n,
        ...{ sinceMicroWh: null, sinceSeconds: null },
      };
    });
  }

  it("are forecast better than by the same day of the week before, on days that were not used to fit", function () {
    if (!existsSync(path)) this.skip();
    const [forecast] = forecastEach(sessionsOf(), insightParameters);
    const { energyMicroWh, milliSessions } = forecast ?? expect.fail("There are sessions.");
    expect(energyMicroWh.days).to.be.greaterThan(50);
    expect(BigInt(energyMicroWh.model) < BigInt(energyMicroWh.baseline), JSON.stringify(energyMicroWh)).to.equal(true);
    expect(BigInt(milliSessions.model) < BigInt(milliSessions.baseline), JSON.stringify(milliSessions)).to.equal(true);
  });

  it("are told of by what is usual at their plug in fewer than three of a hundred", function () {
    if (!existsSync(path)) this.skip();
    const sessions = sessionsOf();
    const alarms = alarmsOf(sessions.map((session) => ({ ...session, evse: session.meter })));
    const byUsage = alarms.filter(({ kind }) => kind.endsWith("-unusual"));
    expect(sessions).to.have.length(5_729);
    expect(byUsage.length / sessions.length).to.be.lessThan(0.03);
    // The file's times are whole minutes, so that many sessions of one plug touch.
    expect(alarms.length / sessions.length).to.be.lessThan(0.07);
  });
});
