import { expect } from "chai";

import { timeInput } from "../../../scripts/command-line/inputs.ts";

describe("A time on the command line", () => {
  it("is a day, which begins at midnight of UTC, or a time with its zone and parts of a second", () => {
    for (const [text, seconds] of [
      ["2027-01-31", 1_801_353_600],
      ["2028-02-29", 1_835_395_200],
      ["2027-01-31T08:00Z", 1_801_382_400],
      ["2027-01-31T08:00:00+01:00", 1_801_378_800],
      ["2027-01-31T08:00:00.999Z", 1_801_382_400],
      ["1970-01-01", 0],
    ] as const) {
      expect(timeInput.safeParse(text).data, text).to.equal(seconds);
    }
  });

  it("is refused without its zone, before 1970, and on a day or at an hour that does not exist", () => {
    const refused = ["2027-01-31T08:00:00", "1969-12-31", "2027-02-29", "2027-04-31T08:00Z", "2027-01-31T25:00Z"];
    for (const text of [...refused, "2027-01-00", "2027-13-01", "yesterday", "1801353600", ""]) {
      expect(timeInput.safeParse(text).success, text).to.equal(false);
    }
  });
});
