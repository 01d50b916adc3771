import { expect } from "chai";

import { idTagOf } from "../../../services/domain/id-tag.ts";
import { sessionIdOf, type SessionTerms } from "../../../services/domain/terms.ts";
import { createOpeningReader } from "../../../services/settlement/read-openings.ts";
import { testOpening } from "../../helpers/test-opening.ts";
import { testTariff } from "../../helpers/test-tariff.ts";

const domain = { chainId: 31_337, verifyingContract: `0x${"aa".repeat(20)}` };
const position = { txHash: "0x1", blockNumber: 5, blockHash: "0x2", logIndex: 3 };
const terms: SessionTerms = {
  ...{ driver: `0x${"11".repeat(20)}`, lane: 0, nonce: 0, operator: `0x${"22".repeat(20)}`, agreement: 0 },
  ...{ evse: 1, meter: 1, maximumPowerW: 22_000, tariffId: `0x${"33".repeat(32)}`, holdMicro: 1n, expiresAt: 9 },
};

/** @param owners The session that each tag is known of. */
function readerOver(owners: ReadonlyMap<string, string>) {
  const nothing = Promise.resolve(null);
  return createOpeningReader({
    store: {
      findTariff: () => Promise.resolve(testTariff),
      findSessionByIdTag: (idTag: string) => {
        const sessionId = owners.get(idTag);
        return Promise.resolve(sessionId === undefined ? null : { sessionId });
      },
    } as never,
    chain: { domain } as never,
    meters: { findObstacle: () => nothing } as never,
    tariffs: { findObstacle: () => nothing },
    desk: { alert: () => undefined, note: () => undefined },
  });
}

function openingOf(changes: Partial<SessionTerms> = {}) {
  const opened = { ...terms, ...changes };
  const sessionId = sessionIdOf(opened, domain);
  return { kind: "session-opened", position, sessionId, terms: opened, opening: testOpening } as const;
}

describe("Reading openings", function () {
  it("keeps when and with which salt the session opened, beside where", async function () {
    const opened = await readerOver(new Map()).openingOf(openingOf());
    expect(opened).to.deep.equal({
      kind: "opened",
      opening: { ...position, ...testOpening },
      unservableReason: null,
    });
  });

  it("serves no session with an idTag that another one had", async function () {
    const event = openingOf();
    const idTag = idTagOf(event.sessionId, event.opening);
    const other = await readerOver(new Map([[idTag, `0x${"99".repeat(32)}`]])).openingOf(event);
    expect(other.unservableReason).to.equal("ID_TAG_SEEN_BEFORE");
    const again = await readerOver(new Map([[idTag, event.sessionId]])).openingOf(event);
    expect(again.unservableReason).to.equal(null);
  });

  it("refuses a session that is not the digest of its terms", async function () {
    const reading = readerOver(new Map()).openingOf({ ...openingOf(), sessionId: `0x${"44".repeat(32)}` });
    const error: unknown = await reading.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).to.have.property("code", "CHAIN_MISMATCH");
  });
});
