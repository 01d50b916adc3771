import { expect } from "chai";

import { clockOf, momentOfWall } from "../../../services/domain/local-time.ts";
import {
  faultsOfPlan,
  plannedTariffAt,
  type PlanWindow,
  type TariffPlan,
} from "../../../services/domain/tariff-plan.ts";

const always: PlanWindow = {
  tariffId: "day",
  fromTime: "00:00",
  toTime: "00:00",
  weekdays: [],
  fromDate: null,
  toDate: null,
};
const night = { ...always, tariffId: "night", fromTime: "22:00", toTime: "06:00" };
const day = { ...always, fromTime: "06:00", toTime: "22:00" };
const nightly: TariffPlan = { zone: "Europe/Berlin", windows: [night, day] };

function seconds(text: string): number {
  return Date.parse(text) / 1_000;
}

function turnAt(plan: TariffPlan, time: string): readonly [string, string | null] {
  const { tariffId, untilSeconds } = plannedTariffAt(plan, seconds(time));
  return [tariffId, untilSeconds === null ? null : new Date(untilSeconds * 1_000).toISOString()];
}

function pathsOf(windows: readonly PlanWindow[], zone = "Europe/Berlin"): readonly string[] {
  return faultsOfPlan({ zone, windows }).map(({ path }) => path);
}

describe("A plan of tariffs", function () {
  const refusals: readonly (readonly [title: string, windows: readonly PlanWindow[], path: string, detail: RegExp])[] =
    [
      ["no window", [], "windows", /there is none/u],
      ["a gap", [night, { ...day, fromTime: "06:30" }], "windows", /at 06:00: there is a gap/u],
      ["an overlap", [night, { ...day, fromTime: "05:59" }], "windows[1]", /overlaps windows\[0\] on .* at 05:59/u],
      [
        "a weekday without a price",
        [{ ...always, weekdays: ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"] }],
        "windows",
        /SUNDAY .*gap/u,
      ],
      [
        "dates that leave a day out",
        [
          { ...always, toDate: "2027-01-01" },
          { ...always, fromDate: "2027-01-02" },
        ],
        "windows",
        /2027-01-01/u,
      ],
      [
        "dates that share a day",
        [
          { ...always, toDate: "2027-01-02" },
          { ...always, fromDate: "2027-01-01" },
        ],
        "windows[1]",
        /2027-01-01/u,
      ],
      ["a time that is none", [{ ...always, fromTime: "24:00" }], "windows[0].fromTime", /HH:MM/u],
      ["a date that is none", [{ ...always, fromDate: "2027-02-29" }], "windows[0].fromDate", /YYYY-MM-DD/u],
      [
        "dates in the wrong order",
        [{ ...always, fromDate: "2027-02-02", toDate: "2027-02-02" }],
        "windows[0].toDate",
        /not after/u,
      ],
    ];
  for (const [title, windows, path, detail] of refusals) {
    it(`is refused with ${title}`, function () {
      const [fault] = faultsOfPlan({ zone: "Europe/Berlin", windows });
      expect(fault?.path).to.equal(path);
      expect(fault?.detail).to.match(detail);
    });
  }

  it("is refused before it is looked at where that would keep everybody else waiting, and not with an hour each for 40 days", function () {
    const dateAt = (index: number): string => momentOfWall(seconds("2027-01-01T00:00:00Z") + index * 86_400).date;
    const timeAt = (minute: number): string => momentOfWall(minute * 60).time;
    /** A day each, cut at these minutes. */
    const cut = (days: number, minutesOf: (index: number) => readonly number[]): readonly PlanWindow[] =>
      Array.from({ length: days }, (_none, index) => {
        const dates = {
          fromDate: index === 0 ? null : dateAt(index),
          toDate: index === days - 1 ? null : dateAt(index + 1),
        };
        const minutes = [0, ...minutesOf(index)];
        return minutes.map((minute, part) => ({
          ...{ ...always, ...dates, tariffId: `t${minute}` },
          ...{ fromTime: timeAt(minute), toTime: timeAt(minutes[part + 1] ?? 0) },
        }));
      }).flat();
    const hourly = Array.from({ length: 23 }, (_none, hour) => (hour + 1) * 60);
    expect(pathsOf(cut(40, () => hourly))).to.deep.equal([]);
    const beganMs = performance.now();
    expect(pathsOf(cut(480, (index) => [index + 1]))).to.deep.equal(["windows"]);
    expect(performance.now() - beganMs).to.be.below(1_000);
  });

  it("is refused with a zone that is none, or that has no days of clock change", function () {
    for (const zone of ["Europe/Atlantis", "+02:00", "", "../etc/passwd"])
      expect(pathsOf([always], zone)).to.deep.equal(["zone"]);
    expect(pathsOf([always], "America/Los_Angeles")).to.deep.equal([]);
  });

  it("gives the tariff by the clock of the place, and until when", function () {
    expect(turnAt(nightly, "2027-01-15T20:59:59Z")).to.deep.equal(["day", "2027-01-15T21:00:00.000Z"]);
    expect(turnAt(nightly, "2027-01-15T21:00:00Z")).to.deep.equal(["night", "2027-01-16T05:00:00.000Z"]);
    expect(turnAt(nightly, "2027-07-15T20:00:00Z")).to.deep.equal(["night", "2027-07-16T04:00:00.000Z"]);
    expect(turnAt({ zone: "Europe/Berlin", windows: [always] }, "2027-01-15T20:59:59Z")).to.deep.equal(["day", null]);
  });

  it("keeps to the clock on the days on which it changes", function () {
    // On 2027-03-28 the clock goes from 02:00 to 03:00: the night is an hour shorter.
    expect(turnAt(nightly, "2027-03-27T22:00:00Z")).to.deep.equal(["night", "2027-03-28T04:00:00.000Z"]);
    // On 2026-10-25 it goes from 03:00 back to 02:00: the night is an hour longer.
    expect(turnAt(nightly, "2026-10-24T21:00:00Z")).to.deep.equal(["night", "2026-10-25T05:00:00.000Z"]);
    const early = { ...always, tariffId: "early", fromTime: "02:15", toTime: "02:45" };
    const late = { ...always, fromTime: "02:45", toTime: "02:15" };
    const plan = { zone: "Europe/Berlin", windows: [early, late] };
    expect(faultsOfPlan(plan)).to.deep.equal([]);
    // An hour that comes twice has its price twice.
    expect(turnAt(plan, "2026-10-25T00:00:00Z")).to.deep.equal(["day", "2026-10-25T00:15:00.000Z"]);
    expect(turnAt(plan, "2026-10-25T00:15:00Z")).to.deep.equal(["early", "2026-10-25T00:45:00.000Z"]);
    expect(turnAt(plan, "2026-10-25T00:45:00Z")).to.deep.equal(["day", "2026-10-25T01:15:00.000Z"]);
    // One that is left out has none.
    expect(turnAt(plan, "2027-03-28T00:30:00Z")).to.deep.equal(["day", "2027-03-29T00:15:00.000Z"]);
    // A price that ends within the hour that is left out ends where the clock jumps.
    const until = { ...always, tariffId: "early", fromTime: "01:00", toTime: "02:30" };
    const from = { ...always, fromTime: "02:30", toTime: "01:00" };
    const jumping = { zone: "Europe/Berlin", windows: [until, from] };
    expect(turnAt(jumping, "2027-03-28T00:30:00Z")).to.deep.equal(["early", "2027-03-28T01:00:00.000Z"]);
  });

  it("knows weekdays and dates, and looks as far ahead as they reach", function () {
    const weekend = { ...always, tariffId: "weekend", weekdays: ["SATURDAY", "SUNDAY"] as const };
    const week = { ...always, weekdays: ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"] as const };
    const plan = { zone: "Pacific/Auckland", windows: [weekend, week] };
    expect(faultsOfPlan(plan)).to.deep.equal([]);
    // Friday in Europe is Saturday there.
    expect(turnAt(plan, "2027-01-15T11:00:00Z")).to.deep.equal(["weekend", "2027-01-17T11:00:00.000Z"]);
    const dated = {
      zone: "UTC",
      windows: [
        { ...always, toDate: "2027-12-01" },
        { ...always, tariffId: "next", fromDate: "2027-12-01" },
      ],
    };
    expect(turnAt(dated, "2027-01-15T11:00:00Z")).to.deep.equal(["day", "2027-12-01T00:00:00.000Z"]);
  });

  it("knows every date that JavaScript knows", function () {
    for (let day = -200_000; day < 200_000; day += 37) {
      const expected = new Date(day * 86_400_000).toISOString();
      if (expected.startsWith("-") || expected.startsWith("+")) continue;
      expect(momentOfWall(day * 86_400).date).to.equal(expected.slice(0, 10));
    }
  });

  it("reads local clocks of half hours, and before 1970", function () {
    expect(clockOf("Asia/Kolkata")?.momentAt(0)).to.deep.equal({
      date: "1970-01-01",
      weekday: "THURSDAY",
      time: "05:30",
    });
    expect(clockOf("UTC")?.momentAt(-1)).to.deep.equal({ date: "1969-12-31", weekday: "WEDNESDAY", time: "23:59" });
  });
});
