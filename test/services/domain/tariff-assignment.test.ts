import { expect } from "chai";

import {
  assignmentAt,
  isWithinGrace,
  stepsToAssign,
  stepsToUnassign,
  tariffsAfter,
  type AssignmentSpan,
} from "../../../services/domain/tariff-assignment.ts";

const at = (blockNumber: number) => ({ blockNumber, atSeconds: blockNumber * 12 });
const span = (tariffId: string, since: number, until: number | null): AssignmentSpan => ({
  tariffId,
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

describe("The steps of a change of assignments", function () {
  it("assign what is missing, each once, and leave the others", function () {
    expect(stepsToAssign(7, ["a"], ["b", "b"], false)).to.deep.equal([{ evse: 7, tariffId: "b", step: "assigned" }]);
    expect(stepsToAssign(7, ["a", "b"], ["b"], false)).to.deep.equal([]);
  });

  it("end the others where they are replaced, before anything else begins", function () {
    expect(stepsToAssign(7, ["a", "b"], ["b", "c"], true)).to.deep.equal([
      { evse: 7, tariffId: "a", step: "ended" },
      { evse: 7, tariffId: "c", step: "assigned" },
    ]);
    expect(stepsToAssign(7, ["b"], ["b"], true)).to.deep.equal([]);
  });

  it("end what is there and nothing else", function () {
    expect(stepsToUnassign(7, ["a", "b"], "a")).to.deep.equal([{ evse: 7, tariffId: "a", step: "ended" }]);
    expect(stepsToUnassign(7, ["b"], "a")).to.deep.equal([]);
  });

  it("say what is offered afterwards, EVSE by EVSE", function () {
    const steps = [...stepsToAssign(7, ["a", "b"], ["c"], true), ...stepsToAssign(8, [], ["c"], false)];
    expect(tariffsAfter(7, ["a", "b"], steps)).to.deep.equal(["c"]);
    expect(tariffsAfter(8, [], steps)).to.deep.equal(["c"]);
    expect(tariffsAfter(9, ["a"], steps)).to.deep.equal(["a"]);
  });
});
