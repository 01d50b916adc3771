import { setTimeout as sleep } from "node:timers/promises";

/** Messages that somebody has an answer to, as they were sent. */
export interface Acknowledged {
  readonly stationId: string;
  readonly text: string;
}

/** Where a station can reach a service: the doors of all replicas. */
export interface Doors {
  readonly count: number;
  /** The address of a door, without a slash at the end. */
  urlOf(index: number): string;
}

/** Sends at a door and resolves with the answer. @throws if there is none */
type Attempt<Answer> = (url: string) => Promise<Answer>;

const pauseMs = 100;

/** Tries one door after the other until there is an answer: what standards ask of a charger that was cut off. */
export interface StubbornLine {
  /** The longest time from the first attempt of a message to its answer so far. */
  readonly longestMs: number;
  /** @throws after `patienceMs`, with the last thing that went wrong */
  deliver<Answer>(what: string, attempt: Attempt<Answer>): Promise<Answer>;
}

export function createStubbornLine(doors: Doors, firstDoor: number, patienceMs: number): StubbornLine {
  let door = firstDoor;
  let longestMs = 0;
  return {
    get longestMs() {
      return longestMs;
    },
    async deliver(what, attempt) {
      const startedMs = performance.now();
      let problem: unknown = null;
      while (performance.now() - startedMs < patienceMs) {
        try {
          const answer = await attempt(doors.urlOf(door % doors.count));
          longestMs = Math.max(longestMs, performance.now() - startedMs);
          return answer;
        } catch (error) {
          problem = error;
          door += 1;
          await sleep(pauseMs);
        }
      }
      throw new Error(`${what} was not answered in ${patienceMs} ms.`, { cause: problem });
    },
  };
}
