import { expect } from "chai";

import { csvOf, monthsOf, outcomeOf, yearOf } from "../../../services/web/page/chain/driver-history.ts";
import type { ChainSession, SessionEnding } from "../../../services/web/page/chain/session-history.ts";

const settled: SessionEnding = {
  ...{
    kind: "settled",
    txHash: "0x1",
    energyMicroWh: 32_750_000_000n,
    chargingSeconds: 1_260,
    connectedSeconds: 1_260,
  },
  ...{ chargedMicro: 17_030_000n, returnedMicro: 2_970_000n, toppedUpMicro: 0n, isReadable: true },
};

function session(date: string, ending: SessionEnding, evse = 7): ChainSession {
  return {
    sessionId: `0x${date}`,
    terms: {
      ...{ driver: "0xd", lane: 0, nonce: 0, operator: "0xo", agreement: 0, evse, meter: 1, maximumPowerW: 11_000 },
      ...{ tariffId: "0xt", holdMicro: 20_000_000n, expiresAt: 0 },
    },
    opening: { openedAt: Date.parse(`${date}T12:00:00`) / 1_000, salt: 0 },
    toppedUpMicro: 0n,
    openingTxHash: "0x0",
    ending,
  };
}

describe("A driver's history", function () {
  const november = session("2026-11-27", settled);
  const early = session("2026-11-03", { kind: "released", txHash: "0x2", returnedMicro: 20_000_000n });
  const october = session("2026-10-31", { kind: "agreed", txHash: "0x3", chargedMicro: 1n, returnedMicro: 2n });
  const running = session("2026-11-28", { kind: "live" });

  it("is kept by month, newest first, with sums of what is known", function () {
    const months = monthsOf([early, october, running, november]);
    expect(months.map(({ id, sessions }) => [id, sessions.map(({ sessionId }) => sessionId)])).to.deep.equal([
      ["2026-11", ["0x2026-11-28", "0x2026-11-27", "0x2026-11-03"]],
      ["2026-10", ["0x2026-10-31"]],
    ]);
    expect(months.map(({ paidMicro, energyMicroWh }) => [paidMicro, energyMicroWh])).to.deep.equal([
      [17_030_000n, 32_750_000_000n],
      [1n, 0n],
    ]);
    expect(monthsOf([])).to.deep.equal([]);
  });

  it("knows no outcome of a charge that is under way, and nothing paid for one that was given back", function () {
    expect(outcomeOf(running)).to.equal(null);
    expect(outcomeOf(early)).to.deep.equal({ paidMicro: 0n, returnedMicro: 20_000_000n, energyMicroWh: 0n });
    expect(yearOf(november)).to.equal(2026);
  });

  it("is a table that no spreadsheet takes for formulas, exact to the last digit", function () {
    const csv = csvOf([november, running], "DEMO", (evse) => (evse === 7 ? '=Evil "site", 1' : ""));
    const [head, first, second, end] = csv.split("\r\n");
    expect(head).to.equal("began,place,evse,energy_kwh,paid_DEMO,returned_DEMO,ending,session");
    expect(first).to.match(/^2026-11-27T[0-9:.]+Z,"'=Evil ""site"", 1",7,32.75,17.03,2.97,settled,0x2026-11-27$/);
    expect(second).to.contain(",0,0,0,live,");
    expect(end).to.equal("");
  });
});
