import { expect } from "chai";

import { openSession } from "../../../services/domain/session.ts";
import { findSessionOfRecord } from "../../../services/evidence/find-session.ts";
import { createTurns } from "../../../services/evidence/turns.ts";
import type { StoredSession } from "../../../services/store/store.ts";
import { expectCode } from "../store/suite.ts";
import { testOpening } from "../../helpers/test-opening.ts";

const opening = { txHash: "0x", blockNumber: 1, blockHash: "0x", logIndex: 0, ...testOpening };

function sessionOf(sessionId: string, idTag: string): StoredSession {
  const terms = {
    driver: "0x",
    lane: 0,
    nonce: 0,
    operator: "0x",
    agreement: 0,
    maximumPowerW: 22_000,
    evse: 1,
    meter: 1,
    tariffId: "0x",
    holdMicro: 1n,
    expiresAt: 1,
  };
  return {
    sessionId,
    idTag,
    terms,
    state: openSession({ kind: "opened", opening, unservableReason: null }),
    sequence: 1,
  };
}

// The second opened with the idTag that the first had; the third opened twice.
const sessions = [sessionOf("0x1", "TWIN"), sessionOf("0x2", "TWIN"), sessionOf("0x3", "ALONE")];
const owners = new Map([
  ["TWIN", "0x1"],
  ["ALONE", "0x3"],
  ["ORPHAN", "0x3"],
]);
const store = {
  findSession: (sessionId: string) =>
    Promise.resolve(sessions.find((session) => session.sessionId === sessionId) ?? null),
  findSessionByIdTag: (idTag: string) =>
    Promise.resolve(sessions.find(({ sessionId }) => sessionId === owners.get(idTag)) ?? null),
};

describe("Finding the session of a record", function () {
  const refusals: readonly (readonly [string, string | null, string | null, "refuse" | "accept", string])[] = [
    ["neither tag nor reference leads anywhere", "NOBODY", null, "accept", "SESSION_UNKNOWN"],
    ["it has no ID at all", null, null, "accept", "SESSION_UNKNOWN"],
    ["the session it is sent for is unknown", "NOBODY", "0x9", "accept", "SESSION_UNKNOWN"],
    [
      "its tag is another session's than the one it is sent for",
      "ALONE",
      "0x1",
      "accept",
      "SESSION_REFERENCE_MISMATCH",
    ],
    [
      "another session had its tag before the one it is sent for",
      "TWIN",
      "0x2",
      "accept",
      "SESSION_REFERENCE_MISMATCH",
    ],
    ["it has no tag and the policy wants one", "NOBODY", "0x3", "refuse", "RECORD_UNBOUND"],
    ["it has no ID and the policy wants one", null, "0x3", "refuse", "RECORD_UNBOUND"],
  ];
  for (const [name, identification, reference, policy, code] of refusals) {
    it(`is refused with ${code} where ${name}`, async function () {
      await expectCode(findSessionOfRecord(store, identification, reference, policy), code);
    });
  }

  it("goes by the tag, whatever its case", async function () {
    const found = await findSessionOfRecord(store, "aLonE", null, "refuse");
    expect([found.session.sessionId, found.isBound]).to.deep.equal(["0x3", true]);
  });
  it("goes by a tag that the session had before a reorganisation, and marks the record as unbound", async function () {
    for (const reference of [null, "0x3"]) {
      const found = await findSessionOfRecord(store, "orphan", reference, "refuse");
      expect([found.session.sessionId, found.isBound]).to.deep.equal(["0x3", false]);
    }
  });
  it("takes the named one where the policy allows it, and marks it as unbound", async function () {
    const found = await findSessionOfRecord(store, "NOBODY", "0x3", "accept");
    expect([found.session.sessionId, found.isBound]).to.deep.equal(["0x3", false]);
  });
});

describe("Turns", function () {
  it("go in order for one key, go on after a failure, and do not wait for other keys", async function () {
    const turns = createTurns();
    const seen: string[] = [];
    const gate = Promise.withResolvers<undefined>();
    const first = turns.take("a", async () => {
      await gate.promise;
      seen.push("a1");
      throw new Error("a1 fails");
    });
    const second = turns.take("a", () => Promise.resolve(seen.push("a2")));
    await turns.take("b", () => Promise.resolve(seen.push("b1")));
    gate.resolve(undefined);
    await first.catch(() => undefined);
    await second;
    expect(seen).to.deep.equal(["b1", "a1", "a2"]);
  });
});
