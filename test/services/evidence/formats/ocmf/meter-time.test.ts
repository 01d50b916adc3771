import { expect } from "chai";
import fc from "fast-check";

import { isTimeReversed, parseMeterTime } from "../../../../../services/evidence/formats/ocmf/meter-time.ts";
import { expectReason } from "../../../../helpers/ocmf.ts";

describe("Times of meters", () => {
  for (const text of [
    "",
    "2026-03-01T10:00:00,000+0100",
    "2026-03-01T10:00:00,000+0100 ",
    "2026-03-01T10:00:00,000+0100 X",
    "2026-03-01T10:00:00,000+0100 s",
    "2026-03-01T10:00:00,000+0100  S",
    "2026-03-01T10:00:00,000+0100 S ",
    " 2026-03-01T10:00:00,000+0100 S",
    "2026-03-01T10:00:00.000+0100 S",
    "2026-03-01T10:00:00+0100 S",
    "2026-03-01T10:00:00,00+0100 S",
    "2026-03-01T10:00:00,000Z S",
    "2026-03-01T10:00:00,000 S",
    "2026-03-01t10:00:00,000+0100 S",
    "2026-03-01 10:00:00,000+0100 S",
    "26-03-01T10:00:00,000+0100 S",
    "2026-13-45T10:00:00,000+0100 S",
    "2026-00-01T10:00:00,000+0100 S",
    "2026-02-00T10:00:00,000+0100 S",
    "2026-02-29T10:00:00,000+0100 S",
    "1900-02-29T10:00:00,000+0100 S",
    "2026-04-31T10:00:00,000+0100 S",
    "2026-03-01T24:00:00,000+0100 S",
    "2026-03-01T10:60:00,000+0100 S",
    "2026-03-01T10:00:60,000+0100 S",
    "2026-03-01T10:00:00,000+1401 S",
    "2026-03-01T10:00:00,000+0160 S",
    "２026-03-01T10:00:00,000+0100 S",
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expectReason(() => parseMeterTime(text, false), "OCMF_TIME_INVALID");
    });
  }

  for (const [text, iso, synchronisation] of [
    ["2026-03-01T10:00:00,123+0100 S", "2026-03-01T09:00:00.123Z", "S"],
    ["2026-03-01T10:00:00,000+01:00 I", "2026-03-01T09:00:00.000Z", "I"],
    ["2024-02-29T23:59:59,999-0930 R", "2024-03-01T09:29:59.999Z", "R"],
    ["1970-01-01T01:01:49,000+0100 U", "1970-01-01T00:01:49.000Z", "U"],
    ["2000-02-29T00:00:00,000+1400 S", "2000-02-28T10:00:00.000Z", "S"],
  ] as const) {
    it(`reads ${text}`, () => {
      expect(parseMeterTime(text, true)).to.deep.equal({
        text,
        epochMs: Date.parse(iso),
        synchronisation,
        hasTimeError: true,
      });
    });
  }

  it("reads every instant that it is given", () => {
    const instant = fc.date({ min: new Date("1970-01-01"), max: new Date("2100-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(instant, (date) => {
        const text = `${date.toISOString().replace(".", ",").replace("Z", "+0000")} S`;
        expect(parseMeterTime(text, false).epochMs).to.equal(date.getTime());
      }),
    );
  });

  it("compares instants, not texts, and only where the meter lets its times be used", () => {
    const summer = parseMeterTime("2026-10-25T02:59:00,000+0200 S", false);
    const winter = parseMeterTime("2026-10-25T02:01:00,000+0100 S", false);
    expect(isTimeReversed(summer, winter)).to.equal(false);
    expect(isTimeReversed(winter, summer)).to.equal(true);
    expect(isTimeReversed(winter, winter)).to.equal(false);
    expect(isTimeReversed({ ...winter, hasTimeError: true }, summer)).to.equal(false);
    expect(isTimeReversed(winter, { ...summer, hasTimeError: true })).to.equal(false);
  });
});
