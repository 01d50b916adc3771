import { expect } from "chai";

import { driverStateOf, evseState, isIdle, isTaken, stateOfWord } from "../../../services/ocpp/words.ts";

const reported = (status: string, evse = 1, connector = 1) => ({
  ...{ evse, connector, status, errorCode: null, timestampText: null },
});

describe("The words for a connector", function () {
  // For each: the state, what drivers see, whether a session may be closed for nothing, whether it is another driver's.
  const table: readonly (readonly [string, string, string, boolean, boolean])[] = [
    ["Available", "available", "free", true, false],
    ["Preparing", "preparing", "occupied", true, false],
    ["Occupied", "occupied", "occupied", false, false],
    ["Charging", "charging", "occupied", false, true],
    ["SuspendedEV", "suspended", "occupied", false, true],
    ["SuspendedEVSE", "suspended", "occupied", false, true],
    ["Finishing", "finishing", "occupied", true, true],
    ["Reserved", "reserved", "occupied", true, true],
    ["Unavailable", "unavailable", "faulted", true, false],
    ["Faulted", "faulted", "faulted", true, false],
    // A word that no version has is nothing to rest a decision on.
    ["available", "unknown", "unknown", false, false],
    ["constructor", "unknown", "unknown", false, false],
    ["", "unknown", "unknown", false, false],
  ];
  for (const [word, ...meaning] of table) {
    it(`mean one thing to everybody who asks: "${word}"`, function () {
      const said = [stateOfWord(word), driverStateOf(true, word), isIdle(1, [reported(word)]), isTaken(word)];
      expect(said).to.deep.equal(meaning);
      expect(driverStateOf(false, word)).to.equal("offline");
    });
  }

  it("say nothing of an EVSE of which nothing was reported", function () {
    expect(isIdle(1, [])).to.equal(false);
    expect(isIdle(1, [reported("Available", 2)])).to.equal(false);
    expect(evseState(true, 1, [])).to.deep.equal({ state: "unknown", status: null });
  });
  it("leave an EVSE busy while one of its connectors is", function () {
    expect(isIdle(1, [reported("Available"), reported("Occupied", 1, 2)])).to.equal(false);
    const connectors = [reported("Faulted"), reported("Finishing", 1, 2), reported("Available", 1, 3)];
    expect(evseState(true, 1, connectors)).to.deep.equal({ state: "occupied", status: "Finishing" });
  });
});
