import { expect } from "chai";

import { anomalyKinds } from "../../../services/dossier/insight/anomalies.ts";
import { isShown, type DossierMonth } from "../../../services/dossier/format/dossier-schema.ts";
import { packInterval, registerCodeOf } from "../../../services/dossier/format/energy-claim.ts";
import { createEvidenceDesk } from "../../../services/dossier/overview/evidence-desk.ts";
import {
  createEvidenceSummer,
  outsideReasons,
  type ClaimedUpTo,
  type ClaimToSum,
  type EvidenceSummer,
  type PurposeToSum,
} from "../../../services/dossier/overview/sum-months.ts";
import { WattproofError } from "../../../services/errors.ts";
import { chartMonthsOf, sumWh } from "../../../services/web/page/operator/evidence/chart-months.ts";
import * as page from "../../../services/web/page/operator/evidence/evidence-answer.ts";
import { usualDossier } from "../../helpers/dossier-world.ts";

const dossier = usualDossier();
const { meters } = dossier.manifest;
const register = registerCodeOf(meters[0]?.register ?? "");
/** The contract's numbers are other ones than the registry's. */
const deviceOf = (meter: number): number => meter + 10;
const free = { to: null };

function energyOf(months: readonly DossierMonth[], isWanted: (meter: number, month: string) => boolean): bigint {
  return months
    .filter(({ meter, month }) => isWanted(meter, month))
    .flatMap(({ sessions }) => sessions.filter(isShown))
    .reduce((sum, { fromMicroWh, toMicroWh }) => sum + BigInt(toMicroWh) - BigInt(fromMicroWh), 0n);
}

/** All that a meter counted in a month, claimed for a purpose. */
function claimOf(claimId: string, purpose: number, meter: number, month: string): ClaimToSum {
  const sessions = dossier.months.find((one) => one.meter === meter && one.month === month)?.sessions.filter(isShown);
  const [from, to] = [BigInt(sessions?.at(0)?.fromMicroWh ?? 0), BigInt(sessions?.at(-1)?.toMicroWh ?? 0)];
  const energyMicroWh = energyOf(dossier.months, (...one) => one[0] === meter && one[1] === month);
  return {
    claimId,
    purpose,
    intervals: [packInterval({ register, device: deviceOf(meter), from, to, energyMicroWh })],
  };
}

function summed(purposes: readonly PurposeToSum[], claims: readonly ClaimToSum[] = []): EvidenceSummer {
  const summer = createEvidenceSummer({ meters, purposes, claims, deviceOf });
  for (const month of dossier.months) summer.add(month);
  return summer;
}

function purposeOf(purpose: number, group: number, marks: PurposeToSum["marks"]): PurposeToSum {
  return { purpose, group, marks };
}

/** Energy that does not count, by reason. */
function outsideOf(summer: EvidenceSummer, purpose: number): Readonly<Record<string, bigint>> {
  const own = summer.outside().filter((sums) => sums.purpose === purpose);
  return Object.fromEntries(own.map(({ reason, energyMicroWh }) => [reason, energyMicroWh]));
}

const bothFree = new Map([
  [1, free],
  [2, free],
]);
const [january, february] = [
  energyOf(dossier.months, (_meter, month) => month === "2026-01"),
  energyOf(dossier.months, (_meter, month) => month === "2026-02"),
];

describe("The overview of evidence", function () {
  it("counts as claimable what a dossier counts, and the rest with the dossier's reasons", function () {
    const summer = summed([purposeOf(1, 1, bothFree)]);
    const months = summer
      .months()
      .map(({ month, claimedMicroWh, claimableMicroWh }) => [...[month, claimedMicroWh, claimableMicroWh]]);
    expect(months).to.deep.equal([
      ["2026-01", 0n, january],
      ["2026-02", 0n, february],
    ]);
    expect(january + february).to.equal(BigInt(dossier.totals?.claimableMicroWh ?? 0));
    const outside = outsideOf(summer, 1);
    expect(outside).to.deep.equal({ corrected: 6_000_000_000n, unsigned: 3_000_000_000n });
    const sum = summer.months().reduce((total, { outsideMicroWh }) => total + outsideMicroWh, 0n);
    expect(sum).to.equal(BigInt(dossier.totals?.excludedMicroWh ?? 0));
  });

  it("counts energy as claimed for one purpose, and for no other one of the group", function () {
    const claimed = energyOf(dossier.months, (meter, month) => meter === 1 && month === "2026-01");
    const purposes = [purposeOf(1, 1, bothFree), purposeOf(2, 1, bothFree), purposeOf(3, 2, bothFree)];
    const summer = summed(purposes, [claimOf("7", 1, 1, "2026-01")]);
    const sums = summer.months().filter(({ month }) => month === "2026-01");
    expect(sums.map(({ purpose, claimedMicroWh }) => [purpose, claimedMicroWh])).to.deep.equal([
      [1, claimed],
      [2, 0n],
      [3, 0n],
    ]);
    expect(sums.map(({ claimableMicroWh }) => claimableMicroWh)).to.deep.equal([
      january - claimed,
      january - claimed,
      january,
    ]);
    expect(outsideOf(summer, 2)).to.include({ "claimed-otherwise": claimed });
    expect(summer.provenOf("7")).to.equal(claimed);
    expect(summer.provenOf("8")).to.equal(0n);
  });

  it("says of energy below a meter's mark that no claim has, and of meters that cannot be claimed, why", function () {
    const mark = { to: BigInt(dossier.months.find(({ meter }) => meter === 1)?.closingMicroWh ?? 0) };
    const marks = new Map<number, ClaimedUpTo | "not-joined">([
      [1, mark],
      [2, "not-joined"],
    ]);
    const summer = summed([purposeOf(1, 1, marks)]);
    const ofFirst = energyOf(dossier.months, (meter, month) => meter === 1 && month === "2026-01");
    const ofSecond = energyOf(dossier.months, (meter) => meter === 2);
    expect(outsideOf(summer, 1)).to.include({ "passed-by": ofFirst, "not-joined": ofSecond });
    const nobody = summed([purposeOf(1, 1, new Map())]);
    expect(outsideOf(nobody, 1)).to.include({ "not-enrolled": january + february });
    const left = summer.months().reduce((sum, { claimableMicroWh }) => sum + claimableMicroWh, 0n);
    expect(left).to.equal(january + february - ofFirst - ofSecond);
  });

  it("claims by pagination where a register starts over", function () {
    const restarting = meters.map((meter) => ({ ...meter, restartsWithTransaction: true }));
    const [first] = dossier.months[0]?.sessions.filter(isShown) ?? [];
    const [from, to] = [BigInt(first?.firstPage ?? 0) - 1n, BigInt(first?.lastPage ?? 0)];
    const intervals = [packInterval({ register: 0, device: deviceOf(1), from, to, energyMicroWh: 1n })];
    const claims = [{ claimId: "7", purpose: 1, intervals }];
    const purposes = [purposeOf(1, 1, new Map([[1, { to }]]))];
    const summer = createEvidenceSummer({ meters: restarting, purposes, claims, deviceOf });
    for (const month of dossier.months.filter(({ meter }) => meter === 1)) summer.add(month);
    const energy = BigInt(first?.toMicroWh ?? 0) - BigInt(first?.fromMicroWh ?? 0);
    expect(summer.provenOf("7")).to.equal(energy);
    expect(outsideOf(summer, 1)).to.not.have.property("passed-by");
  });
});

describe("The desk of evidence", function () {
  function codeOf(error: unknown): string {
    return error instanceof WattproofError ? error.code : String(error);
  }

  it("works out once for all who ask, again as seldom as it takes long, and one operator after the other", async function () {
    let nowMs = 0;
    const asked: string[] = [];
    let atOnce = 0;
    const desk = createEvidenceDesk({
      now: () => nowMs,
      async workOut(operator) {
        atOnce += 1;
        expect(atOnce).to.equal(1);
        asked.push(operator);
        await Promise.resolve();
        nowMs += 6_000;
        atOnce -= 1;
        return asked.length;
      },
    });
    const answers = await Promise.all([desk.read("a"), desk.read("b"), desk.read("a")]);
    expect(answers.map(({ value }) => value)).to.deep.equal([1, 2, 1]);
    nowMs += 59_999 - 6_000;
    expect((await desk.read("a")).value).to.equal(1);
    nowMs += 1;
    expect((await desk.read("a")).value).to.equal(3);
    expect(asked).to.deep.equal(["a", "b", "a"]);
  });

  it("says that it is at work, and gives what it had meanwhile", async function () {
    let nowMs = 0;
    let finish: (value: string) => void = () => undefined;
    const workOut = (): Promise<string> =>
      new Promise((resolve) => {
        finish = resolve;
      });
    const desk = createEvidenceDesk({ now: () => nowMs, workOut, patienceMs: 1 });
    expect(await desk.read("a").catch(codeOf)).to.equal("SERVICE_NOT_READY");
    finish("first");
    await Promise.resolve();
    expect(await desk.read("a")).to.deep.equal({ value: "first", asOfMs: 0 });
    nowMs = 30_000;
    expect(await desk.read("a")).to.deep.equal({ value: "first", asOfMs: 0 });
    finish("second");
    expect(await desk.read("a")).to.deep.equal({ value: "second", asOfMs: 30_000 });
  });

  it("tells a failure to who waits, and tries again for who asks next", async function () {
    let tries = 0;
    const desk = createEvidenceDesk({
      now: () => 0,
      workOut: () => {
        tries += 1;
        return tries === 1 ? Promise.reject(new WattproofError("CHAIN_UNAVAILABLE", "away")) : Promise.resolve(tries);
      },
    });
    expect(await desk.read("a").catch(codeOf)).to.equal("CHAIN_UNAVAILABLE");
    expect((await desk.read("a")).value).to.equal(2);
  });
});

describe("The operator's page of evidence", function () {
  it("knows every reason and every kind that the service tells of", function () {
    expect(page.outsideReasons).to.have.members([...outsideReasons]);
    expect(page.unusualKinds).to.have.members([...anomalyKinds]);
  });

  it("shows the newest twelve months one after the other, also those without energy", function () {
    const monthOf = (month: string, claimedWh: string) => ({
      ...{ month, purpose: 1, claimedWh, claimableWh: "0", outsideWh: "0.5" },
    });
    const bars = chartMonthsOf([monthOf("2024-12", "9"), monthOf("2025-11", "1500"), monthOf("2026-02", "2000.25")]);
    expect(bars).to.have.lengthOf(12);
    expect([bars[0]?.month, bars.at(-1)?.month]).to.deep.equal(["2025-03", "2026-02"]);
    expect(bars.filter(({ claimedKwh }) => claimedKwh > 0)).to.deep.equal([
      { month: "2025-11", claimedKwh: 1.5, claimableKwh: 0, outsideKwh: 0.0005 },
      { month: "2026-02", claimedKwh: 2.00025, claimableKwh: 0, outsideKwh: 0.0005 },
    ]);
    expect(chartMonthsOf([monthOf("2026-01", "1")])).to.have.lengthOf(1);
    expect(chartMonthsOf([])).to.deep.equal([]);
  });

  it("adds decimal texts up to the last digit", function () {
    expect(sumWh(["9007199254740993.000001", "0.000001", "1.5"])).to.equal("9007199254740994.500002");
    expect(sumWh([])).to.equal("0");
  });
});
