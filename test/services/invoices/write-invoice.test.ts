import { expect } from "chai";
import fc from "fast-check";

import { freeTariff, priceOf, type Tariff } from "../../../services/domain/tariff.ts";
import { openSession, type Closing, type SessionState } from "../../../services/domain/session.ts";
import { writeInvoice } from "../../../services/invoices/invoice-text.ts";
import { invoiceLanguages, invoiceSchema, invoiceText, type Invoice } from "../../../services/invoices/invoice.ts";
import { dueInvoices, type InvoiceFacts } from "../../../services/invoices/write-invoice.ts";
import type { StoredSession } from "../../../services/store/store.ts";
import { newSession } from "../store/samples.ts";

const position = { txHash: `0x${"11".repeat(32)}`, blockNumber: 7, blockHash: "0xb", logIndex: 0 };
const later = { ...position, txHash: `0x${"22".repeat(32)}`, blockNumber: 9 };

function settled(chargedMicro: bigint, energyMicroWh = 10_000_000_000n, seconds = 3_600): Closing {
  const times = { chargingSeconds: seconds, connectedSeconds: seconds };
  const amounts = { energyMicroWh, ...times, chargedMicro, returnedMicro: 0n };
  return { kind: "settled", position, ...amounts, batch: 1, isReadable: true };
}

function sessionWith(closing: Closing, more: Partial<SessionState> = {}): StoredSession {
  const { sessionId, idTag, terms, event } = newSession("ab".repeat(32), 5);
  return { sessionId, idTag, terms, sequence: 3, state: { ...openSession(event), closing, ...more } };
}

function factsOf(tariff: Tariff): InvoiceFacts {
  return {
    issuedAtSeconds: 1_800_000_000,
    token: "0xt",
    tariff,
    readings: null,
    seller: null,
    sellerProof: null,
    currency: "CHF",
    evseId: "CH*WPF*E1",
    checkUrl: null,
    isShownOtherwise: false,
  };
}

const challengeOf = (chargedMicro: bigint, provenMicro: bigint) => ({
  ...{ position: later, challenger: "0xc", chargedMicro, provenMicro, earlier: null },
});

describe("What a receipt adds up to", function () {
  const tariff = { ...freeTariff, priceNanoPerKwh: 500_000_000n, energyTaxBps: 810 };
  const { grossMicro } = priceOf(tariff, 10_000_000_000n, 3_600, 3_600);

  it("is nothing for a session that is not settled, or cost nothing and delivered nothing", function () {
    const facts = factsOf(tariff);
    const expired: Closing = { kind: "expired", position, returnedMicro: 5n };
    const agreedOnNothing: Closing = { kind: "agreed", position, chargedMicro: 0n, returnedMicro: 5n };
    for (const closing of [expired, agreedOnNothing, settled(0n, 0n)]) {
      expect(dueInvoices(sessionWith(closing), facts, [])).to.deep.equal([]);
    }
    expect(
      dueInvoices({ ...sessionWith(expired), state: openSession(newSession("ab", 1).event) }, facts, []),
    ).to.deep.equal([]);
  });

  it("is what was charged, whatever limits the price, and each amount that came back is credited once", function () {
    const amount = fc.bigInt({ min: 0n, max: 3_000_000n });
    const rate = fc.constantFrom(0, 700, 1_900);
    const tariffs = fc.record({
      flatFeeMicro: amount,
      priceNanoPerKwh: fc.bigInt({ min: 0n, max: 2_000_000_000n }),
      priceNanoPerChargingHour: fc.bigInt({ min: 0n, max: 2_000_000_000n }),
      priceNanoPerConnectedHour: fc.bigInt({ min: 0n, max: 2_000_000_000n }),
      flatTaxBps: rate,
      energyTaxBps: rate,
      minimumMicro: fc.constantFrom(0n, 4_000_000n),
      minimumGrossMicro: fc.constantFrom(0n, 4_000_000n),
      maximumGrossMicro: fc.constantFrom(0n, 6_000_000n),
    });
    const sessions = fc.record({
      energyMicroWh: fc.bigInt({ min: 1n, max: 50_000_000_000n }),
      seconds: fc.integer({ min: 0, max: 50_000 }),
      holdMicro: fc.constantFrom(1n, 2_000_000n, 10n ** 12n),
      parts: fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 })),
    });
    fc.assert(
      fc.property(tariffs, sessions, (change, { energyMicroWh, seconds, holdMicro, parts }) => {
        const own = { ...freeTariff, ...change };
        const price = priceOf(own, energyMicroWh, seconds, seconds);
        const chargedMicro = price.grossMicro < holdMicro ? price.grossMicro : holdMicro;
        const facts = factsOf(own);
        const closing = settled(chargedMicro, energyMicroWh, seconds);
        const [receipt, ...others] = dueInvoices(sessionWith(closing), facts, []);
        if (receipt === undefined) expect.fail("It delivered energy.");
        expect(others).to.deep.equal([]);
        expect(receipt.grossMicro).to.equal(chargedMicro);
        expect(receipt.netMicro + receipt.taxMicro).to.equal(chargedMicro);
        if (chargedMicro === price.grossMicro) expect(receipt.netMicro).to.equal(price.netMicro);
        expect(invoiceSchema.parse(JSON.parse(invoiceText(receipt)))).to.deep.equal(receipt);

        const [byChallenge, byRefund] = parts.map((percent) => (chargedMicro * BigInt(percent)) / 200n);
        const state = {
          challenge: challengeOf(chargedMicro, chargedMicro - (byChallenge ?? 0n)),
          refunds: [{ position: later, totalMicro: byRefund ?? 0n }],
        };
        const notes = dueInvoices(sessionWith(closing, state), facts, [receipt]);
        const credited = notes.reduce((sum, note) => sum - note.grossMicro, 0n);
        expect(credited).to.equal((byChallenge ?? 0n) + (byRefund ?? 0n));
        expect(dueInvoices(sessionWith(closing, state), facts, [receipt, ...notes])).to.deep.equal([]);
        // All at once comes to the same.
        const together = dueInvoices(sessionWith(closing, state), facts, []);
        expect(together).to.deep.equal([receipt, ...notes]);
      }),
      { numRuns: 500 },
    );
  });

  it("credits only what came back since the last note, and numbers the notes", function () {
    const closing = settled(grossMicro);
    const facts = factsOf(tariff);
    const issued: Invoice[] = [...dueInvoices(sessionWith(closing), facts, [])];
    for (const totalMicro of [1_000_000n, 1_000_000n, 1_500_000n]) {
      issued.push(...dueInvoices(sessionWith(closing, { refunds: [{ position: later, totalMicro }] }), facts, issued));
    }
    const state = {
      refunds: [{ position: later, totalMicro: 1_500_000n }],
      challenge: challengeOf(grossMicro, 4_000_000n),
    };
    issued.push(...dueInvoices(sessionWith(closing, state), facts, issued));
    const number = "AB".repeat(8);
    expect(issued.map((one) => [one.number, one.grossMicro, one.lines[0]?.part])).to.deep.equal([
      [number, grossMicro, "energy"],
      [`${number}-C1`, -1_000_000n, "refund"],
      [`${number}-C2`, -500_000n, "refund"],
      [`${number}-C3`, 4_000_000n - grossMicro, "challenge"],
    ]);
    expect(issued.map(({ payment }) => payment.transaction)).to.deep.equal([
      position.txHash,
      later.txHash,
      later.txHash,
      later.txHash,
    ]);
  });

  it("says nothing of the energy where driver and operator agreed on a sum", function () {
    const closing: Closing = { kind: "agreed", position, chargedMicro: 2_162_000n, returnedMicro: 1n };
    const [receipt] = dueInvoices(sessionWith(closing), factsOf(tariff), []);
    // 2.162 with 8.1 % tax in it is 2 before tax.
    expect(receipt).to.deep.include({ energyMicroWh: null, netMicro: 2_000_000n, taxMicro: 162_000n });
    if (receipt === undefined) expect.fail("It cost something.");
    expect(writeInvoice(receipt, "en").text).to.contain("Agreed amount: CHF").and.not.contain("kWh");
  });

  it("is written whole in every language, and what it is filled with is never read as a text again", function () {
    const hostile = { ...factsOf(tariff), evseId: "{number}\u202e", checkUrl: "https://x/{url}" };
    const [receipt] = dueInvoices(sessionWith(settled(grossMicro)), hostile, []);
    if (receipt === undefined) expect.fail("It cost something.");
    const texts = invoiceLanguages.map((language) => writeInvoice(receipt, language).text);
    for (const text of texts) {
      expect(text).to.contain("{number}").and.contain("https://x/{url}").and.contain("AB".repeat(8));
      expect(text).to.not.contain("undefined").and.not.contain("NaN");
      expect(text.match(/\{[a-z]+\}/giu)).to.deep.equal(["{number}", "{url}"]);
    }
    expect(new Set(texts).size).to.equal(4);
  });
});
