import { expect } from "chai";
import fc from "fast-check";

import { plugOf, scheduleSessions, type ScheduledSession, type Step } from "../../../scripts/replay/schedule.ts";
import type { FileSession } from "../../../scripts/replay/sessions-file.ts";

const hour = 3600;
const start = 1_483_225_200;

function session(sessionId: string, change: Partial<FileSession> = {}): FileSession {
  return {
    sessionId,
    beginSeconds: start,
    durationSeconds: hour,
    energyWh: 1_000,
    stationId: "S",
    plug: sessionId,
    driver: `driver of ${sessionId}`,
    ...change,
  };
}

function openedIn(steps: readonly Step[]): readonly ScheduledSession[] {
  return steps.flatMap((step) => (step.kind === "open" ? step.sessions : []));
}

describe("Schedule of a replay", () => {
  it("refuses a session that is longer than the contracts allow", () => {
    expect(() => scheduleSessions([session("1", { durationSeconds: 48 * hour - 60 })])).to.throw(RangeError);
  });

  it("plays sessions that overlap on one plug one after the other", () => {
    const steps = scheduleSessions([
      session("1", { plug: "left" }),
      session("2", { plug: "left", beginSeconds: start + 60 }),
      session("3", { plug: "right", beginSeconds: start + 60 }),
    ]);

    expect(
      openedIn(steps).map(({ sessionId, playedBeginSeconds, playedEndSeconds }) => [
        sessionId,
        playedBeginSeconds - start,
        playedEndSeconds - start,
      ]),
    ).to.deep.equal([
      ["1", 0, hour],
      ["3", 60, 60 + hour],
      ["2", hour, 2 * hour],
    ]);
  });

  it("gives one driver's sessions lanes, and unknown drivers an account each", () => {
    const steps = scheduleSessions([
      session("1", { driver: "d" }),
      session("2", { driver: "d" }),
      session("3", { driver: "d", beginSeconds: start + 72 * hour }),
      session("4", { driver: null }),
      session("5", { driver: null }),
    ]);

    expect(openedIn(steps).map(({ account, lane }) => [account, lane])).to.deep.equal([
      ["driver d", 0],
      ["driver d", 1],
      ["driver unknown, session 4", 0],
      ["driver unknown, session 5", 0],
      ["driver d", 0],
    ]);
  });

  const file = fc.array(
    fc.record({
      beginSeconds: fc.integer({ min: start, max: start + 240 * hour }),
      durationSeconds: fc.integer({ min: 0, max: 48 * hour - 61 }),
      plug: fc.constantFrom("left", "right", "middle"),
      driver: fc.constantFrom("a", "b", null),
    }),
    { maxLength: 150 },
  );

  it("opens before a session begins, delivers after it ends and before it expires, each once", () => {
    fc.assert(
      fc.property(file, (changes) => {
        const sessions = changes.map((change, index) => session(index.toString(), change));
        const steps = scheduleSessions(sessions);
        const lanes = new Set<string>();
        const plugs = new Map<string, number>();
        const done: string[] = [];
        let now = 0;
        for (const step of steps) {
          expect(step.atSeconds).to.be.at.least(now);
          now = step.atSeconds;
          for (const item of step.sessions) {
            const lane = `${item.account} ${item.lane}`;
            if (step.kind === "open") {
              expect(lanes.has(lane)).to.equal(false);
              lanes.add(lane);
              expect(item.openedSeconds).to.equal(now);
              expect(item.playedBeginSeconds).to.be.at.least(Math.max(now, item.beginSeconds));
              expect(item.playedEndSeconds - item.playedBeginSeconds).to.equal(item.durationSeconds);
              expect(item.expiresAt - now).to.be.at.most(48 * hour);
              continue;
            }
            lanes.delete(lane);
            expect(now).to.be.at.least(item.playedEndSeconds);
            expect(now).to.be.below(item.expiresAt);
            // A meter signs one session after the other, in the order in which they are delivered.
            expect(item.playedBeginSeconds).to.be.at.least(plugs.get(plugOf(item)) ?? 0);
            plugs.set(plugOf(item), item.playedEndSeconds);
            done.push(item.sessionId);
          }
        }
        expect(done.sort()).to.deep.equal(sessions.map(({ sessionId }) => sessionId).sort());
      }),
      { numRuns: 200 },
    );
  });
});
