import { expect } from "chai";

import { groupsOf } from "../../../services/relay/relay-jobs.ts";
import { shareOf } from "../../../services/relay/relay-task.ts";

describe("The transactions of what is sent for others", function () {
  it("hold up to fifty openings together, and every other order alone", function () {
    const openings = Array.from({ length: 101 }, (_, ordinal) => ({ kind: "opening" as const, ordinal }));
    const withdrawal = { kind: "withdrawal" as const, ordinal: 200 };
    const topUp = { kind: "top-up" as const, ordinal: 201 };
    const groups = groupsOf([...openings.slice(0, 3), withdrawal, ...openings.slice(3), topUp]);
    expect(groups).to.deep.equal([
      [withdrawal],
      [topUp],
      openings.slice(0, 50),
      openings.slice(50, 100),
      openings.slice(100),
    ]);
  });

  it("are none where nothing waits", function () {
    expect(groupsOf([])).to.deep.equal([]);
  });

  it("share their cost among their calls, rounded up, so that a budget never counts too little", function () {
    expect(shareOf({ gasUsed: 100_001, costWei: 3_000_000_001n }, 2)).to.deep.equal({ gas: 50_001, costGwei: 2 });
    expect(shareOf({ gasUsed: 21_000, costWei: 1n }, 1)).to.deep.equal({ gas: 21_000, costGwei: 1 });
    expect(shareOf({ gasUsed: 21_000, costWei: 0n }, 3)).to.deep.equal({ gas: 7_000, costGwei: 0 });
  });
});
