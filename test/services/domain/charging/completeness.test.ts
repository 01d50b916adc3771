import { expect } from "chai";

import { isAwaitingMessages } from "../../../../services/domain/charging/completeness.ts";
import type { TransactionMessage } from "../../../../services/domain/charging/message.ts";
import { event2, sample16, start16, stop16 } from "../../../helpers/station-messages.ts";

const started = event2({ type: "Started", seconds: 0, seqNo: 0 });
const updated = (seqNo: number) => event2({ type: "Updated", seconds: 60 * seqNo, seqNo });
const ended = (seqNo: number) => event2({ type: "Ended", seconds: 300, seqNo });

describe("Messages that are on their way", function () {
  const cases: readonly (readonly [string, boolean, readonly TransactionMessage[]])[] = [
    ["an end alone awaits its start", true, [ended(4)]],
    ["an end numbered 0 awaits its start all the same", true, [ended(0)]],
    ["start and end await the numbers between them", true, [started, ended(4)]],
    ["one number that is missing is awaited", true, [started, updated(1), updated(3), ended(4)]],
    ["updates without a start await it", true, [updated(1), updated(2), ended(3)]],
    ["without an end, a hole is awaited", true, [started, updated(2)]],
    ["a gap of billions is answered at once", true, [started, ended(2_000_000_000)]],
    ["a transaction of 1.6 without its start awaits it", true, [sample16(30, { value: "5" }), stop16(60, 9)]],
    ["nothing is awaited when every number is there, in any order", false, [ended(2), updated(1), started]],
    ["repeats are no further numbers", false, [started, started, updated(1), ended(2), ended(2)]],
    ["nothing is awaited of a station that numbers all alike", false, [started, updated(0), ended(0)]],
    ["what is numbered after the end is not awaited", false, [started, ended(1), updated(7)]],
    ["numbers may begin anywhere", false, [event2({ type: "Started", seconds: 0, seqNo: 7 }), ended(8)]],
    ["an end that is numbered below its start awaits nothing", false, [updated(9), started, ended(0)]],
    ["1.6 numbers nothing", false, [start16(0, 0), stop16(60, 9)]],
  ];
  for (const [title, isAwaiting, messages] of cases) {
    it(title, function () {
      expect(isAwaitingMessages(messages)).to.equal(isAwaiting);
      expect(isAwaitingMessages([...messages].reverse())).to.equal(isAwaiting);
    });
  }
});
