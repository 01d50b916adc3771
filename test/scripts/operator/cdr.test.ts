import { expect } from "chai";
import fc from "fast-check";

import { cdrsOf, type CdrContent, type CdrSource } from "../../../scripts/operator/ocpi/cdr.ts";
import { freeTariff, priceOf, type Tariff } from "../../../services/domain/tariff.ts";
import { ocpiVersions, type OcpiVersion } from "../../../services/domain/ocpi/tariff-document.ts";
import { convertTariff } from "../../../scripts/operator/ocpi/convert-tariff.ts";
import { checkCdrs } from "../../../scripts/verify/cdr/check-cdr.ts";
import { readTariffDocument } from "../../../scripts/verify/cdr/find-tariff.ts";
import { verifier } from "../../helpers/ocmf.ts";
import { recompute, statedCost } from "../../helpers/ocpi-calculator.ts";

const startSeconds = 1_800_000_000;

interface Session {
  readonly energyMicroWh?: bigint;
  readonly chargingSeconds?: number;
  readonly connectedSeconds?: number;
  readonly holdMicro?: bigint;
}

function contentOf(tariff: Tariff, session: Session): CdrContent {
  const { energyMicroWh = 10_000_000_000n, chargingSeconds = 0, holdMicro } = session;
  const { connectedSeconds = chargingSeconds } = session;
  const price = priceOf(tariff, energyMicroWh, chargingSeconds, connectedSeconds);
  const chargedMicro = holdMicro !== undefined && holdMicro < price.grossMicro ? holdMicro : price.grossMicro;
  return {
    startSeconds,
    endSeconds: startSeconds + connectedSeconds,
    energyMicroWh,
    chargingSeconds,
    connectedSeconds,
    price,
    chargedMicro,
    creditedMicro: 0n,
    evidence: null,
  };
}

function sourceOf(change: Partial<Tariff>, session: Session): CdrSource {
  const tariff = { ...freeTariff, ...change };
  return {
    id: `0x${"ab".repeat(32)}`,
    idTag: "ABCDEFGHIJKLMNOPQRST",
    lastUpdatedSeconds: startSeconds + 90_000,
    currency: "EUR",
    countryCode: "DE",
    partyId: "WTP",
    meterId: "1",
    tariffId: `0x${"cd".repeat(32)}`,
    tariff,
    location: {},
    settled: contentOf(tariff, session),
    corrections: [],
  };
}

function onlyCdr(source: CdrSource, version: OcpiVersion = "2.2.1"): Readonly<Record<string, unknown>> {
  const [dated, ...others] = cdrsOf(source, version);
  if (dated === undefined || others.length > 0) expect.fail("One record was expected.");
  return dated.cdr;
}

describe("A charge detail record of OCPI", () => {
  const parking = {
    priceNanoPerKwh: 400_000_000n,
    priceNanoPerConnectedHour: 3_000_000_000n,
    connectedFreeSeconds: 900,
  };
  const cases: readonly (readonly [title: string, tariff: Partial<Tariff>, session: Session, chargedMicro: bigint])[] =
    [
      ["energy alone", { priceNanoPerKwh: 400_000_000n }, {}, 4_000_000n],
      ["a free span and more", parking, { connectedSeconds: 1_200 }, 4_250_000n],
      ["a free span alone", parking, { connectedSeconds: 600 }, 4_000_000n],
      [
        "a step of energy that was not completed",
        { priceNanoPerKwh: 400_000_000n, energyStepWh: 1_000 },
        { energyMicroWh: 20_450_000_000n },
        8_000_000n,
      ],
      [
        "a step of time that was not completed",
        { priceNanoPerChargingHour: 6_000_000_000n, chargingStepSeconds: 60 },
        { chargingSeconds: 1_530 },
        2_500_000n,
      ],
      [
        "no energy, and a minimum",
        { priceNanoPerKwh: 400_000_000n, minimumMicro: 500_000n, minimumGrossMicro: 500_000n },
        { energyMicroWh: 0n, chargingSeconds: 300 },
        0n,
      ],
      ["a price with six decimals", { priceNanoPerKwh: 123_456_000n }, {}, 1_234_560n],
      ["a price below a ten-thousandth", { priceNanoPerKwh: 40_000n }, {}, 400n],
      [
        "energy with parts of a watt-hour",
        { priceNanoPerKwh: 250_000_000n },
        { energyMicroWh: 20_000_500_000n },
        5_000_125n,
      ],
      [
        "a hold that is less than the price",
        { priceNanoPerKwh: 400_000_000n, energyTaxBps: 1_900 },
        { holdMicro: 3_000_000n },
        3_000_000n,
      ],
      [
        "a flat fee, time, connected time and tax",
        {
          flatFeeMicro: 350_000n,
          priceNanoPerChargingHour: 466_620_000n,
          priceNanoPerConnectedHour: 199_980_000n,
          flatTaxBps: 810,
          chargingTaxBps: 810,
          connectedTaxBps: 810,
        },
        { chargingSeconds: 3_601, connectedSeconds: 3_660 },
        // By hand: 0.35 + 3601 × 0.46662 / 3600 = 0.466749 + 3660 × 0.19998 / 3600 = 0.203313, together 1.020062; 8.1 % of each
        // 0.028350 + 0.037806 + 0.016468.
        1_102_686n,
      ],
      [
        "bands of energy, each with its price",
        {
          priceNanoPerKwh: 0n,
          energyBands: [
            { fromWh: 1_000, priceNanoPerKwh: 289_256_200n },
            { fromWh: 5_500, priceNanoPerKwh: 500_000_000n },
          ],
          energyTaxBps: 2_100,
        },
        { chargingSeconds: 3_600 },
        // 4.5 × 0.2892562 + 4.5 × 0.5 = 3.551652, and 21 %.
        4_297_498n,
      ],
      [
        "several rates of tax and both limits",
        {
          flatFeeMicro: 500_000n,
          flatTaxBps: 2_000,
          priceNanoPerKwh: 1_000_000_000n,
          energyTaxBps: 1_000,
          maximumMicro: 10_000_000n,
          maximumGrossMicro: 11_000_000n,
        },
        {},
        11_000_000n,
      ],
      [
        "a fee for the time connected that reached its cap",
        { ...parking, connectedMaximumMicro: 1_000_000n },
        { chargingSeconds: 3_600, connectedSeconds: 9_000 },
        5_000_000n,
      ],
      [
        "a hold below a minimum",
        { priceNanoPerKwh: 1_000_000n, minimumMicro: 5_000_000n, minimumGrossMicro: 5_000_000n },
        { holdMicro: 3_000_000n },
        3_000_000n,
      ],
      [
        "fee and charging with two rates of tax",
        { ...parking, priceNanoPerChargingHour: 1_000_000_000n, chargingTaxBps: 700, connectedTaxBps: 1_900 },
        { chargingSeconds: 3_600, connectedSeconds: 4_500 },
        // 4 + 1.07 + 3 × 1.19.
        8_640_000n,
      ],
    ];
  for (const [title, tariff, session, chargedMicro] of cases) {
    for (const version of ocpiVersions) {
      it(`says itself what was charged: ${title} (${version})`, () => {
        const cdr = onlyCdr(sourceOf(tariff, session), version);
        expect(statedCost(cdr).grossMicro).to.equal(chargedMicro);
        expect(recompute(cdr)).to.deep.equal(statedCost(cdr));
      });
    }
  }

  it("has the published tariff where OCPI's rules give what was charged, and says nothing of it", () => {
    const cdr = onlyCdr(sourceOf({ priceNanoPerKwh: 123_456_000n, energyTaxBps: 1_900 }, {}));
    expect(cdr["tariffs"]).to.have.nested.property("[0].id", "cd".repeat(18));
    expect(cdr).to.not.have.property("remark");
    expect(cdr["tariffs"]).to.have.deep.nested.property("[0].elements[0].price_components[0]", {
      type: "ENERGY",
      price: 0.123456,
      vat: 19,
      step_size: 1,
    });
  });

  it("has a tariff of its own where OCPI has no word for ours, and says why", () => {
    const cdr = onlyCdr(
      sourceOf({ priceNanoPerKwh: 400_000_000n, energyStepWh: 1_000 }, { energyMicroWh: 20_450_000_000n }),
    );
    expect(cdr["tariffs"]).to.have.nested.property("[0].id", cdr["id"]);
    expect(cdr["remark"]).to.equal("A step that was begun and not completed is free.");
    expect(cdr["tariffs"]).to.have.nested.property(
      "[0].tariff_alt_text[0].text",
      `Tariff ${"cd".repeat(18)} for this session. A step that was begun and not completed is free.`,
    );
    expect(cdr["total_energy"]).to.equal(20.45);
  });

  it("says the fee for the time connected as charging and parking from the end of the free span on", () => {
    const cdr = onlyCdr(sourceOf(parking, { chargingSeconds: 3_600, connectedSeconds: 5_400 }));
    expect(cdr["tariffs"]).to.have.nested.property("[0].id", "cd".repeat(18));
    expect(cdr["tariffs"]).to.have.deep.nested.property("[0].elements[0]", {
      price_components: [
        { type: "TIME", price: 3, step_size: 1 },
        { type: "PARKING_TIME", price: 3, step_size: 1 },
      ],
      restrictions: { min_duration: 900 },
    });
    const periods = cdr["charging_periods"] as readonly {
      readonly start_date_time: string;
      readonly dimensions: readonly { readonly type: string; readonly volume: number }[];
    }[];
    expect(
      periods.map(({ start_date_time: at, dimensions }) => [at, ...dimensions.map(({ type }) => type)]),
    ).to.deep.equal([
      ["2027-01-15T08:00:00Z", "ENERGY", "TIME"],
      ["2027-01-15T08:15:00Z", "ENERGY", "TIME"],
      ["2027-01-15T09:00:00Z", "PARKING_TIME"],
    ]);
    expect(cdr).to.deep.include({ total_energy: 10, total_time: 1.5, total_parking_time: 0.5 });
    expect(cdr).to.deep.include({ total_time_cost: { excl_vat: 2.25, incl_vat: 2.25 } });
  });

  it("says bands of energy as elements by kWh, and is read back as the same tariff", () => {
    const tariff = {
      ...freeTariff,
      flatFeeMicro: 350_000n,
      flatTaxBps: 700,
      priceNanoPerKwh: 123_456_789n,
      energyBands: [{ fromWh: 10_001, priceNanoPerKwh: 456_789_123n }],
      energyTaxBps: 1_900,
      priceNanoPerConnectedHour: 6_000_000_001n,
      connectedFreeSeconds: 14_400,
      connectedTaxBps: 1_900,
      maximumMicro: 50_000_000n,
      maximumGrossMicro: 59_500_000n,
    };
    for (const version of ocpiVersions) {
      const cdr = onlyCdr(sourceOf(tariff, { energyMicroWh: 1_000_000_000_000n, chargingSeconds: 3_600 }), version);
      const [document] = cdr["tariffs"] as readonly unknown[];
      const ocpi = readTariffDocument(document);
      if (ocpi === null) expect.fail("It is no tariff of OCPI.");
      const choices = {
        currency: "EUR",
        roundsStepsDown: false,
        chargesWithoutEnergy: false,
        nowSeconds: startSeconds,
      };
      expect(convertTariff(ocpi, choices).tariff).to.deep.equal(tariff);
    }
  });

  it("does not call untaxed prices taxed with nothing", () => {
    const cdr = onlyCdr(sourceOf({ priceNanoPerKwh: 400_000_000n }, {}), "2.3.0");
    expect(cdr["tariffs"]).to.have.nested.property("[0].tax_included", "N/A");
    expect(cdr["tariffs"]).to.not.have.nested.property("[0].elements[0].price_components[0].vat");
  });

  it("is taken back and replaced by each correction, at its own time and with what holds then", () => {
    const source = sourceOf(
      { priceNanoPerKwh: 420_000_000n, minimumMicro: 500_000n, minimumGrossMicro: 500_000n },
      { energyMicroWh: 20_000_000_000n },
    );
    const proven = contentOf(source.tariff, { energyMicroWh: 10_000_000_000n });
    const evidence = {
      publicKey: "AAAA",
      encodingMethod: "OCMF",
      records: [{ nature: "End" as const, plain: "{}", record: Buffer.from("OCMF|{}|{}") }],
    };
    const first = { ...proven, evidence, creditedMicro: 4_200_000n };
    const second = { ...first, chargedMicro: 0n, creditedMicro: 8_400_000n };
    const all = cdrsOf(
      {
        ...source,
        corrections: [
          {
            atSeconds: startSeconds + 100_000,
            backMicro: 4_200_000n,
            remark: "the meter signed another energy.",
            content: first,
          },
          {
            atSeconds: startSeconds + 4_000_000,
            backMicro: 4_200_000n,
            remark: "the operator gave 4.20 back.",
            content: second,
          },
        ],
      },
      "2.2.1",
    );
    const id = "ab".repeat(18);
    const short = id.slice(0, 34);
    const shown = all.map(({ cdr }) => [
      cdr["id"],
      cdr["credit_reference_id"] ?? null,
      cdr["total_energy"],
      statedCost(cdr).grossMicro,
    ]);
    expect(shown).to.deep.equal([
      [id, null, 20, 8_400_000n],
      [`${id}-C`, id, 20, -8_400_000n],
      [`${short}-R`, null, 10, 4_200_000n],
      [`${short}-R-C`, `${short}-R`, 10, -4_200_000n],
      [`${id.slice(0, 33)}-R2`, null, 10, 0n],
    ]);
    for (const { cdr, atSeconds } of all) {
      expect(recompute(cdr)).to.deep.equal(statedCost(cdr));
      expect(cdr["last_updated"]).to.equal(new Date(atSeconds * 1_000).toISOString().replace(".000Z", "Z"));
      expect(String(cdr["id"]).length).to.be.at.most(cdr["credit"] === true ? 39 : 36);
    }
    expect(all[0]?.cdr).to.not.have.property("signed_data");
    expect(all[2]?.cdr).to.have.nested.property("signed_data.signed_values[0].nature", "End");
    expect(all[2]?.cdr["remark"]).to.equal(`Takes the place of ${id}: the meter signed another energy.`);
  });

  it("says itself what was charged, whatever the tariff and the session", () => {
    const micro = fc.bigInt({ min: 0n, max: 3_000_000n });
    const nano = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 180_000_000_000n }));
    const step = fc.constantFrom(0, 1, 60, 100, 1_000);
    const rate = fc.constantFrom(0, 700, 1_900, 10_000);
    const bands = fc
      .uniqueArray(fc.record({ fromWh: fc.integer({ min: 1, max: 150_000 }), priceNanoPerKwh: nano }), {
        maxLength: 3,
        selector: ({ fromWh }) => fromWh,
      })
      .map((all) => all.toSorted((left, right) => left.fromWh - right.fromWh));
    const tariffs = fc
      .record({
        flatFeeMicro: micro,
        priceNanoPerKwh: nano,
        energyBands: bands,
        priceNanoPerChargingHour: nano,
        priceNanoPerConnectedHour: nano,
        connectedFreeSeconds: fc.constantFrom(0, 60, 900),
        connectedMaximumMicro: fc.constantFrom(0n, 1_000_000n),
        energyStepWh: step,
        chargingStepSeconds: step,
        connectedStepSeconds: step,
        flatTaxBps: rate,
        energyTaxBps: rate,
        chargingTaxBps: rate,
        connectedTaxBps: rate,
        minimumMicro: fc.constantFrom(0n, 500_000n),
        minimumGrossMicro: fc.constant(0n),
        maximumMicro: fc.constantFrom(0n, 700_000n, 20_000_000n),
        maximumGrossMicro: fc.constant(0n),
        chargesWithoutEnergy: fc.boolean(),
      })
      .chain((tariff) =>
        fc.constantFrom(100n, 107n, 200n).map((percent) => ({
          ...tariff,
          minimumGrossMicro: (tariff.minimumMicro * percent) / 100n,
          maximumGrossMicro: (tariff.maximumMicro * percent) / 100n,
        })),
      );
    const sessions = fc.record({
      energyMicroWh: fc.oneof(
        fc.constant(0n),
        fc.bigInt({ min: 1n, max: 200_000_000_000n }),
        fc.bigInt({ min: 1n, max: 200_000n }).map((wh) => wh * 1_000_000n),
      ),
      chargingSeconds: fc.integer({ min: 0, max: 200_000 }),
      parkedSeconds: fc.integer({ min: 0, max: 200_000 }),
      holdMicro: fc.constantFrom(1n, 5_000_000n, 10n ** 12n),
    });
    fc.assert(
      fc.property(
        tariffs,
        sessions,
        fc.constantFrom(...ocpiVersions),
        (tariff, { parkedSeconds, ...session }, version) => {
          const connectedSeconds = session.chargingSeconds + parkedSeconds;
          const source = sourceOf(tariff, { ...session, connectedSeconds });
          const cdr = onlyCdr(source, version);
          const stated = statedCost(cdr);
          const { netMicro, grossMicro } = recompute(cdr);
          // An hour's ninth decimal is rounded down, which can take the last digit of an amount.
          expect(stated.netMicro - netMicro >= 0n && stated.netMicro - netMicro <= 1n, `${netMicro}`).to.equal(true);
          expect(stated.grossMicro - grossMicro >= 0n && stated.grossMicro - grossMicro <= 1n).to.equal(true);
          expect(stated.grossMicro).to.equal(source.settled.chargedMicro);
          const [verdict] = checkCdrs([cdr], null, verifier);
          expect(verdict?.reasons).to.deep.equal([]);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
