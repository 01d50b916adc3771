import { expect } from "chai";

import { isTransactionMessage } from "../../../../services/domain/charging/message.ts";
import { startKeyOf } from "../../../../services/domain/charging/natural-key.ts";
import { messageOf, sample16, start16, stop16, timeText } from "../../../helpers/station-messages.ts";

const receivedAtSeconds = 300;
const localText = (seconds: number): string => timeText(seconds).replace("Z", "");
/** Seconds since the tests' begin at which the values of a message are taken to be. */
const secondsOf = (message: ReturnType<typeof messageOf>): readonly (number | null)[] => {
  const begin = Date.parse(timeText(0));
  const seconds = (epochMs: number | undefined): number | null =>
    epochMs === undefined ? null : (epochMs - begin) / 1_000;
  const readings = isTransactionMessage(message) ? message.readings : [];
  return [seconds(message.time?.epochMs), ...readings.map(({ time }) => seconds(time?.epochMs))];
};
const hour = 3_600;
const arrival = { receivedAtSeconds };
const data = (...at: readonly number[]) => ({
  transactionData: at.map((seconds) => ({ timestamp: timeText(seconds), sampledValue: [{ value: "1" }] })),
});
const localData = (...at: readonly number[]) => ({
  transactionData: at.map((seconds) => ({ timestamp: localText(seconds), sampledValue: [{ value: "1" }] })),
});

describe("The time of receipt", function () {
  it("leaves times alone that can be true, however late the message came", function () {
    for (const seconds of [-86_400, 0, 300, 900]) {
      const message = start16(seconds, 5, {}, arrival);
      expect(secondsOf(message), `${seconds}`).to.deep.equal([seconds, seconds]);
      expect(message.time?.reportedEpochMs).to.equal(undefined);
    }
  });
  it("corrects a message that is more than ten minutes ahead, and keeps what it reported", function () {
    const message = start16(901, 5, {}, arrival);
    expect(secondsOf(message)).to.deep.equal([300, 300]);
    expect(message.time?.reportedEpochMs).to.equal(Date.parse(timeText(901)));
  });
  it("moves all values of a message alike, so that what lies between them stays", function () {
    const ahead = 2 * hour;
    const message = stop16(300 + ahead, 5, data(ahead, 120 + ahead), arrival);
    expect(secondsOf(message)).to.deep.equal([300, 300, 0, 120]);
  });
  it("puts a value that alone is ahead at the receipt, and moves no other", function () {
    expect(secondsOf(stop16(300, 5, data(2 * hour, 240), arrival))).to.deep.equal([300, 300, 300, 240]);
  });
  it("tells the zone of times without one, in quarters of an hour", function () {
    for (const offset of [0, hour, 2 * hour, 5.5 * hour, -3.5 * hour, 5.75 * hour, 14 * hour, -12 * hour]) {
      const timestamp = { timestamp: localText(290 + offset) };
      const message = stop16(0, 5, { ...timestamp, ...localData(offset, 120 + offset) }, arrival);
      expect(secondsOf(message), `${offset}`).to.deep.equal([290, 290, 0, 120]);
      expect(message.readings.flatMap(({ faults }) => faults)).to.deep.equal([]);
      expect(message.faults.map(({ code }) => code)).to.include("TIME_WITHOUT_ZONE");
    }
  });
  it("refuses a time without zone that no zone explains", function () {
    for (const offset of [15 * hour, -13 * hour, 86_400 * 3]) {
      const meterValue = [{ timestamp: localText(300 + offset), sampledValue: [{ value: "1" }] }];
      const message = sample16(0, {}, { meterValue }, arrival);
      expect(secondsOf(message), `${offset}`).to.deep.equal([null, null]);
      expect(message.readings[0]?.faults.map(({ code }) => code)).to.deep.equal(["TIME_WITHOUT_ZONE"]);
    }
  });
  it("corrects the status of an outlet, too", function () {
    const payload = { connectorId: 1, errorCode: "NoError", status: "Available", timestamp: timeText(300 + hour) };
    expect(secondsOf(messageOf("ocpp1.6", "StatusNotification", payload, 0, arrival))).to.deep.equal([300]);
  });
  it("gives no new name to a message that is repeated later", function () {
    const keys = [300, 340].map((seconds) => {
      const started = start16(2 * hour, 5, {}, { receivedAtSeconds: seconds });
      if (started.kind !== "transaction-started") throw new Error(started.kind);
      return startKeyOf(started);
    });
    expect(keys[0]).to.equal(keys[1]);
  });
});
