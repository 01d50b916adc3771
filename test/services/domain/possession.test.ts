import { expect } from "chai";

import { curveNumberOf, meterCurves } from "../../../services/domain/meter-curve.ts";
import {
  judgePossessionCharge,
  judgePossessionStart,
  possessionLimits,
  possessionStatusOf,
  possessionTagOf,
} from "../../../services/domain/possession.ts";

const awaited = { expiresAtMs: 1_000, starts: 0, hasRecord: false };
const claim = {
  chainId: 31_337,
  meterRegistry: `0x${"11".repeat(20)}`,
  registrant: `0x${"22".repeat(20)}`,
  evse: 7,
  curveNumber: 1,
  publicKey: `0x${"33".repeat(64)}`,
  activations: 0,
};

describe("Proof of possession", function () {
  it("is refused after its time, then where the record is there or too many began, then beside a session", function () {
    const used = { ...awaited, starts: possessionLimits.starts };
    const cases = [
      [{ ...used, hasRecord: true }, true, 1_000, "Expired"],
      [{ ...awaited, hasRecord: true }, true, 999, "Invalid"],
      [used, true, 999, "Invalid"],
      [awaited, true, 999, "NotAtThisTime"],
      [{ ...used, starts: used.starts - 1 }, false, 999, "Accepted"],
      [awaited, false, 999, "Accepted"],
    ] as const;
    for (const [possession, isPlaceTaken, nowMs, answer] of cases) {
      expect(judgePossessionStart(possession, isPlaceTaken, nowMs), answer).to.equal(answer);
    }
  });
  it("goes on while there is something to prove, however often it began", function () {
    const used = { ...awaited, starts: possessionLimits.starts };
    expect(judgePossessionCharge(used, 999)).to.equal("Accepted");
    expect(judgePossessionCharge({ ...used, hasRecord: true }, 999)).to.equal("Invalid");
    expect(judgePossessionCharge({ ...used, hasRecord: true }, 1_000)).to.equal("Expired");
  });
  it("is received whatever the time, awaited before its end and expired from there on", function () {
    expect(possessionStatusOf({ ...awaited, hasRecord: true }, 5_000)).to.equal("received");
    expect(possessionStatusOf(awaited, 999)).to.equal("awaited");
    expect(possessionStatusOf(awaited, 1_000)).to.equal("expired");
  });
  it("has another tag for every other chain, registry, operator, EVSE, curve, key and activation", function () {
    const others = [
      { chainId: 1 },
      { meterRegistry: `0x${"12".repeat(20)}` },
      { registrant: `0x${"23".repeat(20)}` },
      { evse: 8 },
      { curveNumber: 2 },
      { publicKey: `0x${"34".repeat(64)}` },
      { activations: 1 },
    ].map((change) => possessionTagOf({ ...claim, ...change }));
    const tags = new Set([possessionTagOf(claim), ...others]);
    expect(tags.size).to.equal(8);
    for (const tag of tags) expect(tag).to.match(/^[A-Z2-7]{20}$/);
  });
  it("numbers the curves as the registry does", function () {
    expect(meterCurves.map(curveNumberOf)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
