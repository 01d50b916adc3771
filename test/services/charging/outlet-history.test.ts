import { expect } from "chai";

import { createOutletReader } from "../../../services/charging/outlet-history.ts";
import { emptyTransaction } from "../../../services/charging/transaction-of-message.ts";
import type { TransactionMessage } from "../../../services/domain/charging/message.ts";
import type { SignedEvidence } from "../../../services/domain/charging/signed-evidence.ts";
import { watchEnergy, type WatchedEnergy } from "../../../services/domain/charging/watched-energy.ts";
import type { ChargingTransaction } from "../../../services/store/charging.ts";
import type { StoredSession } from "../../../services/store/store.ts";
import { assess, sample16, signedEvidence, start16, stationId, stop16 } from "../../helpers/station-messages.ts";

const ratedPowerW = 150_000;
const sessionSeconds = 1_000;

/** What the meter signed: its own register from here on, by 1,500 Wh in 300 seconds after the begin of the n-th session. */
function sealedFrom(beginWh: number, index: number): SignedEvidence {
  const evidence = signedEvidence(1_500_000_000n, 300);
  if (evidence.judgement.kind !== "complete") throw new Error("It covers the session.");
  const { begin, end } = evidence.judgement;
  const moved = (point: typeof begin): typeof begin => ({
    ...point,
    floorMicroWh: point.floorMicroWh + BigInt(beginWh) * 1_000_000n,
    ceilingMicroWh: point.ceilingMicroWh + BigInt(beginWh) * 1_000_000n,
    epochMs: point.epochMs + index * sessionSeconds * 1_000,
  });
  return { ...evidence, judgement: { ...evidence.judgement, begin: moved(begin), end: moved(end) } };
}

/** The n-th session of the outlet, as its charger's own register told it at begin, within and at the end. */
function messagesOf(index: number, registersWh: readonly number[]): readonly TransactionMessage[] {
  const atS = index * sessionSeconds;
  const stepS = 300 / (registersWh.length - 1);
  return registersWh.map((wh, position) => {
    if (position === 0) return start16(atS, wh);
    const seconds = atS + position * stepS;
    return position === registersWh.length - 1 ? stop16(seconds, wh) : sample16(seconds, { value: String(wh) });
  });
}

/** Plays sessions that the meter signed, one after the other, and then one that nobody signed. @returns why that one is held */
async function heldFor(
  signed: readonly { readonly ownWh: readonly number[]; readonly sealedWh: number }[],
  unsignedWh: readonly number[],
): Promise<readonly string[]> {
  const transactions = signed.map(({ ownWh, sealedWh }, index): ChargingTransaction => {
    const messages = messagesOf(index, ownWh);
    const [first] = messages;
    if (first === undefined) throw new Error("A session has a begin.");
    const watched = messages.reduce<WatchedEnergy | null>(
      (known, message) => watchEnergy(known, message, ratedPowerW),
      null,
    );
    const station = { ratedPowerW, registerModulusWh: null };
    const assessment = assess(messages, { station, signed: sealedFrom(sealedWh, index), outlet: [] });
    expect(assessment).to.include({ grade: "meter-signed", energyWh: "1500" });
    const known = { ...emptyTransaction(first), evse: 1, isOpen: false, watched, assessment };
    return { ...known, ordinal: index + 1, revision: 0 };
  });
  const read = createOutletReader({
    store: { findSession: () => Promise.resolve(null), findStrayEnergy: () => Promise.resolve(null) },
    book: { list: () => Promise.resolve(transactions.toReversed()) },
  });
  const messages = messagesOf(signed.length, unsignedWh);
  const own = { stationId, ordinal: 99, evse: 1 } as ChargingTransaction;
  const outlet = await read(own, { sessionId: "0x01", terms: { meter: 3 } } as StoredSession);
  return assess(messages, { station: { ratedPowerW, registerModulusWh: null }, outlet }).reasons;
}

/*
 * A session that nobody signed is compared with the register that its charger tells, wherever the sealed meter's stood in
 * the sessions that it signed.
 */
describe("The register of an outlet in sessions that its meter signed", function () {
  const twice = ["UNSIGNED", "REGISTER_COUNTED_TWICE"];
  const fine = ["UNSIGNED"];

  it("is the meter's own where the charger tells the same one", async function () {
    const same = [{ ownWh: [5_000, 5_700, 6_500], sealedWh: 5_000 }];
    expect(await heldFor(same, [6_500, 7_000, 8_000])).to.deep.equal(fine);
    expect(await heldFor(same, [5_500, 7_000, 8_000])).to.deep.equal(twice);
  });
  it("is the charger's where that stood elsewhere, higher or lower", async function () {
    const higher = [{ ownWh: [150_000, 150_700, 151_500], sealedWh: 5_000 }];
    expect(await heldFor(higher, [151_500, 152_000, 153_000])).to.deep.equal(fine);
    expect(await heldFor(higher, [151_000, 152_000, 153_000])).to.deep.equal(twice);
    const lower = [{ ownWh: [1_000, 1_700, 2_500], sealedWh: 5_000 }];
    expect(await heldFor(lower, [2_500, 3_000, 4_000])).to.deep.equal(fine);
    expect(await heldFor(lower, [2_000, 3_000, 4_000])).to.deep.equal(twice);
  });
  it("was set back where the charger's fell while the meter signed", async function () {
    const setBack = [
      { ownWh: [150_000, 150_700, 151_500], sealedWh: 5_000 },
      { ownWh: [151_500, 152_000, 100, 500, 1_000], sealedWh: 6_500 },
    ];
    expect(await heldFor(setBack, [1_000, 1_700, 2_500])).to.deep.equal(fine);
    expect(await heldFor(setBack, [500, 1_700, 2_500])).to.deep.equal(twice);
    expect(await heldFor(setBack, [0, 1_700, 2_500])).to.deep.equal(twice);
  });
  it("was not set back by a stop that does not know its register", async function () {
    const unread = [
      { ownWh: [150_000, 150_700, 151_500], sealedWh: 5_000 },
      { ownWh: [151_500, 152_000, 152_500, 153_000, 0], sealedWh: 6_500 },
    ];
    expect(await heldFor(unread, [153_000, 153_500, 154_500])).to.deep.equal(fine);
    expect(await heldFor(unread, [151_500, 152_000, 153_000])).to.deep.equal(twice);
  });
});
