import { expect } from "chai";

import { sessionCancelled, sessionNotBegun, tariffNotAssigned } from "../../../services/domain/session.ts";
import type { ChainSession } from "../../../services/web/page/chain/session-history.ts";
import { wordsOfSession } from "../../../services/web/page/screens/session-words.ts";
import { emptyView, type SessionView } from "../../../services/web/page/service/session-view.ts";
import { catalogues, fill } from "../../../services/web/page/text/translation.ts";

const app: Parameters<typeof wordsOfSession>[0] = {
  locale: "en",
  text: (key, values) => fill(catalogues.en[key], values),
};
const live: ChainSession = {
  sessionId: "0x1",
  terms: {
    ...{ driver: "0xd", lane: 0, nonce: 0, operator: "0xo", agreement: 0, evse: 1, meter: 1, maximumPowerW: 11_000 },
    ...{ tariffId: "0xt", holdMicro: 20_000_000n, expiresAt: 1_796_000_000 },
  },
  opening: { openedAt: 1_795_900_000, salt: 0 },
  toppedUpMicro: 0n,
  openingTxHash: "0x2",
  ending: { kind: "live" },
};

function unserved(reason: string): SessionView {
  const session = {
    sessionId: "0x1",
    idTag: "T",
    state: "unservable",
    reason,
    dispute: null,
    assessment: null,
  } as const;
  return { ...emptyView, session };
}

describe("The words of a charge", function () {
  it("say what happened to the money of one that is not served, and until when, each reason in its own words", function () {
    const details = [sessionCancelled, sessionNotBegun, tariffNotAssigned, "METER_REVOKED"].map(
      (reason) => wordsOfSession(app, live, unserved(reason)).detail,
    );
    expect(details.map((detail) => detail.slice(0, 24))).to.deep.equal([
      "You gave this charge up.",
      "The charger did not begi",
      "The operator does not of",
      "Charger or meter are not",
    ]);
    for (const detail of details)
      expect(detail)
        .to.contain("30 Nov 2026")
        .and.not.match(/\{[a-z]+\}/i);
  });

  it("put what the chain says above what the service says", function () {
    const ending = { kind: "expired", txHash: "0x3", returnedMicro: 1n } as const;
    expect(wordsOfSession(app, { ...live, ending }, unserved("X")).title).to.equal("The hold has ended");
    expect(wordsOfSession(app, live, emptyView)).to.deep.equal({
      ...{ title: "Charge", kind: "info" },
      detail: "Your hold is made. The charger is told in a moment …",
    });
  });
});
