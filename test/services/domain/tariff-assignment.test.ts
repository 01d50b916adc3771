import { expect } from "chai";

import {
  appliedNow,
  assignmentAt,
  isWithinGrace,
  spansOf,
  stepsToAssign,
  stepsToUnassign,
  tariffsAfter,
  type AssignmentSpan,
} from "../../../services/domain/tariff-assignment.ts";
import { atEvse, nameOfScope, rankOf, type TariffScope } from "../../../services/domain/tariff-scope.ts";

const at = (blockNumber: number) => ({ blockNumber, atSeconds: blockNumber * 12 });
const span = (tariffId: string, since: number, until: number | null, rank = 2): AssignmentSpan => ({
  tariffId,
  rank,
  since: at(since),
  until: until === null ? null : at(until),
});

describe("Whether a session was opened at a price that its EVSE offers", function () {
  it("is never so without an assignment, before one, or with another tariff's", function () {
    expect(assignmentAt([], "cheap", 10)).to.deep.equal({ kind: "never" });
    expect(assignmentAt([span("dear", 0, null)], "cheap", 10)).to.deep.equal({ kind: "never" });
    expect(assignmentAt([span("cheap", 11, null)], "cheap", 10)).to.deep.equal({ kind: "never" });
  });

  it("is so from the block of the assignment to the block of its end, both included", function () {
    const spans = [span("dear", 0, null), span("cheap", 10, 20)];
    for (const block of [10, 15, 20]) expect(assignmentAt(spans, "cheap", block)).to.deep.equal({ kind: "assigned" });
    expect(assignmentAt(spans, "cheap", 9)).to.deep.equal({ kind: "never" });
    expect(assignmentAt(spans, "cheap", 21)).to.deep.equal({ kind: "ended", atSeconds: 240 });
    expect(assignmentAt(spans, "dear", 1_000_000)).to.deep.equal({ kind: "assigned" });
  });

  it("counts the latest end where a tariff was assigned several times, in any order", function () {
    const spans = [span("cheap", 30, 40), span("cheap", 0, 10)];
    expect(assignmentAt(spans, "cheap", 20)).to.deep.equal({ kind: "ended", atSeconds: 120 });
    expect(assignmentAt(spans, "cheap", 35)).to.deep.equal({ kind: "assigned" });
    expect(assignmentAt(spans, "cheap", 50)).to.deep.equal({ kind: "ended", atSeconds: 480 });
    expect(assignmentAt([...spans, span("cheap", 45, null)], "cheap", 50)).to.deep.equal({ kind: "assigned" });
  });

  it("is so for some time after the end, to the second", function () {
    expect(isWithinGrace(240, 240, 0)).to.equal(true);
    expect(isWithinGrace(240, 241, 0)).to.equal(false);
    expect(isWithinGrace(240, 540, 300)).to.equal(true);
    expect(isWithinGrace(240, 541, 300)).to.equal(false);
  });
});

describe("Which of several assignments applies", function () {
  const site: TariffScope = { evse: null, connector: null, site: "town-hall", group: null };
  const connector: TariffScope = { ...atEvse(7), connector: 2 };
  const staff = (scope: TariffScope): TariffScope => ({ ...scope, group: "staff" });

  it("is the group before everybody, then the connector before its EVSE, and that before its site", function () {
    const ordered = [site, atEvse(7), connector, staff(site), staff(atEvse(7)), staff(connector)];
    const ranks = ordered.map(rankOf);
    expect(ranks).to.deep.equal([...ranks].sort((left, right) => left - right));
    expect(new Set(ranks).size).to.equal(ordered.length);
    expect(ordered.map(nameOfScope)).to.deep.equal([
      ...["site town-hall", "EVSE 7", "EVSE 7 connector 2"],
      ...["site town-hall for staff", "EVSE 7 for staff", "EVSE 7 connector 2 for staff"],
    ]);
  });

  it("changes in the block of the more specific one, in which both hold, and back in the block of its end", function () {
    const spans = [span("site", 0, null, 1), span("evse", 10, 20, 2)];
    for (const block of [0, 10, 20, 21]) {
      expect(assignmentAt(spans, "site", block), `block ${block}`).to.deep.equal({ kind: "assigned" });
    }
    expect(assignmentAt(spans, "site", 15)).to.deep.equal({ kind: "ended", atSeconds: 120 });
    for (const block of [10, 15, 20]) expect(assignmentAt(spans, "evse", block).kind).to.equal("assigned");
    expect(assignmentAt(spans, "evse", 25)).to.deep.equal({ kind: "ended", atSeconds: 240 });
    expect(appliedNow(spans).map(({ tariffId }) => tariffId)).to.deep.equal(["site"]);
    expect(appliedNow([...spans, span("other", 30, null, 2)]).map(({ tariffId }) => tariffId)).to.deep.equal(["other"]);
  });

  it("never applied where something more specific was there all the time", function () {
    expect(assignmentAt([span("evse", 0, null, 2), span("site", 5, null, 1)], "site", 9)).to.deep.equal({
      kind: "never",
    });
  });

  it("is that of a group for as long as the driver is in it, and of a connector for that one alone", function () {
    const assignments = [
      { tariffId: "all", scope: atEvse(7), since: at(0), until: null },
      { tariffId: "staff", scope: staff(site), since: at(10), until: at(40) },
      { tariffId: "second", scope: connector, since: at(0), until: null },
    ];
    const memberships = [
      { group: "staff", since: at(20), until: at(30) },
      { group: "staff", since: at(35), until: null },
      { group: "staff", since: at(50), until: null },
      { group: "other", since: at(0), until: null },
    ];
    const spans = spansOf(assignments, memberships, null);
    expect(spans).to.deep.equal([
      span("all", 0, null, 2),
      span("staff", 20, 30, rankOf(staff(site))),
      span("staff", 35, 40, rankOf(staff(site))),
    ]);
    expect(assignmentAt(spans, "all", 25).kind).to.equal("ended");
    expect(assignmentAt(spans, "all", 32).kind).to.equal("assigned");
    expect(spansOf(assignments, [], 2).map(({ tariffId }) => tariffId)).to.deep.equal(["all", "second"]);
    expect(spansOf(assignments, [], 1).map(({ tariffId }) => tariffId)).to.deep.equal(["all"]);
  });
});

describe("The steps of a change of assignments", function () {
  it("assign what is missing, each once, and leave the others", function () {
    expect(stepsToAssign(atEvse(7), ["a"], ["b", "b"], false)).to.deep.equal([
      { ...atEvse(7), tariffId: "b", step: "assigned" },
    ]);
    expect(stepsToAssign(atEvse(7), ["a", "b"], ["b"], false)).to.deep.equal([]);
  });

  it("end the others where they are replaced, before anything else begins", function () {
    expect(stepsToAssign(atEvse(7), ["a", "b"], ["b", "c"], true)).to.deep.equal([
      { ...atEvse(7), tariffId: "a", step: "ended" },
      { ...atEvse(7), tariffId: "c", step: "assigned" },
    ]);
    expect(stepsToAssign(atEvse(7), ["b"], ["b"], true)).to.deep.equal([]);
  });

  it("end what is there and nothing else", function () {
    expect(stepsToUnassign(atEvse(7), ["a", "b"], "a")).to.deep.equal([{ ...atEvse(7), tariffId: "a", step: "ended" }]);
    expect(stepsToUnassign(atEvse(7), ["b"], "a")).to.deep.equal([]);
  });

  it("say what is offered afterwards, EVSE by EVSE", function () {
    const steps = [...stepsToAssign(atEvse(7), ["a", "b"], ["c"], true), ...stepsToAssign(atEvse(8), [], ["c"], false)];
    expect(tariffsAfter(atEvse(7), ["a", "b"], steps)).to.deep.equal(["c"]);
    expect(tariffsAfter(atEvse(8), [], steps)).to.deep.equal(["c"]);
    expect(tariffsAfter(atEvse(9), ["a"], steps)).to.deep.equal(["a"]);
  });
});
