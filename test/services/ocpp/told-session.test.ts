import { expect } from "chai";

import { energyPaidBy } from "../../../services/domain/energy-of-hold.ts";
import { freeTariff, priceOf, taxedAlike, type Tariff } from "../../../services/domain/tariff.ts";
import { checkResponse } from "../../../services/ocpp/schemas.ts";
import type { ToldSession } from "../../../services/ocpp/session-teller.ts";
import { tariffOfOcpp } from "../../../services/ocpp/v2/tariff.ts";
import { sessionPayload } from "../../../services/ocpp/v2/told-session.ts";

const tariffId = `0x${"12".repeat(32)}`;
const perKwh: Tariff = { ...freeTariff, ...taxedAlike(1_900), priceNanoPerKwh: 490_000_000n };

function told(more: Partial<ToldSession> = {}): ToldSession {
  return {
    ...{ sessionId: tariffId, tariffId, tariff: perKwh, costMicro: 1_234_567n, holdMicro: 20_000_000n, holdWh: 34_299 },
    ...{ limits: new Set(), receipt: null, currency: "EUR", ...more },
  };
}

function tariffOf(more: Partial<Tariff>): object | null {
  const tariff = tariffOfOcpp({ tariff: { ...freeTariff, ...more }, tariffId, currency: "EUR" });
  const answer = { idTokenInfo: { status: "Accepted" }, ...(tariff === null ? {} : { tariff }) };
  expect(checkResponse("ocpp2.1", "Authorize", answer)).to.equal(null);
  return tariff;
}

describe("What stations are told of a session", function () {
  it("is a limit of cost before one of energy, and only those that the station keeps", function () {
    const limit = (limits: ToldSession["limits"], holdWh: number | null = 34_299) =>
      sessionPayload("ocpp2.1", told({ limits, holdWh }), { isBegin: false })["transactionLimit"];
    expect(limit(new Set(["MaxCost", "MaxEnergy"]))).to.deep.equal({ maxCost: 20 });
    expect(limit(new Set(["MaxEnergy"]))).to.deep.equal({ maxEnergy: 34_299 });
    expect(limit(new Set(["MaxEnergy"]), null)).to.equal(undefined);
    expect(limit(new Set())).to.equal(undefined);
    expect(sessionPayload("ocpp2.0.1", told({ limits: new Set(["MaxCost"]) }), { isBegin: false })).to.deep.equal({
      totalCost: 1.234567,
    });
    expect(sessionPayload("ocpp2.1", null, { isBegin: true })).to.deep.equal({});
  });

  it("is the most energy that the hold pays, to the last part of it", function () {
    const paid = energyPaidBy(perKwh, 20_000_000n) ?? 0n;
    expect(priceOf(perKwh, paid, 0, 0).grossMicro <= 20_000_000n).to.equal(true);
    expect(priceOf(perKwh, paid + 1n, 0, 0).grossMicro > 20_000_000n).to.equal(true);
    expect(energyPaidBy({ ...perKwh, maximumMicro: 5_000_000n, maximumGrossMicro: 5_950_000n }, 20_000_000n)).to.equal(
      null,
    );
    expect(energyPaidBy({ ...perKwh, priceNanoPerChargingHour: 1n }, 20_000_000n)).to.equal(null);
    // A fee that the hold does not pay leaves nothing.
    expect(energyPaidBy({ ...perKwh, flatFeeMicro: 30_000_000n }, 20_000_000n)).to.equal(0n);
  });

  it("is the tariff in the words of OCPP 2.1", function () {
    expect(tariffOf({ ...taxedAlike(1_900), priceNanoPerKwh: 490_000_000n, flatFeeMicro: 350_000n })).to.deep.equal({
      tariffId: tariffId.slice(0, 60),
      currency: "EUR",
      energy: { prices: [{ priceKwh: 0.49 }], taxRates: [{ type: "vat", tax: 19 }] },
      fixedFee: { prices: [{ priceFixed: 0.35 }], taxRates: [{ type: "vat", tax: 19 }] },
    });
    expect(
      tariffOf({
        priceNanoPerKwh: 400_000_000n,
        energyBands: [{ fromWh: 20_000, priceNanoPerKwh: 500_000_000n }],
        minimumMicro: 1_000_000n,
        minimumGrossMicro: 1_190_000n,
        maximumMicro: 10_000_000n,
        maximumGrossMicro: 11_900_000n,
      }),
    ).to.deep.include({
      energy: {
        prices: [
          { priceKwh: 0.4, conditions: { maxEnergy: 20_000 } },
          { priceKwh: 0.5, conditions: { minEnergy: 20_000 } },
        ],
      },
      minCost: { exclTax: 1, inclTax: 1.19 },
      maxCost: { exclTax: 10, inclTax: 11.9 },
    });
    expect(
      tariffOf({
        priceNanoPerChargingHour: 6_000_000_000n,
        priceNanoPerConnectedHour: 3_000_000_000n,
        connectedFreeSeconds: 900,
      }),
    ).to.deep.include({
      chargingTime: { prices: [{ priceMinute: 0.15, conditions: { minTime: 900 } }, { priceMinute: 0.1 }] },
      idleTime: { prices: [{ priceMinute: 0.05, conditions: { minTime: 900 } }] },
    });
  });

  it("is no tariff where OCPP has no word for it", function () {
    const fee = { priceNanoPerConnectedHour: 3_000_000_000n };
    expect(tariffOf({ ...fee, connectedMaximumMicro: 1_000_000n })).to.equal(null);
    const mixed = { ...fee, priceNanoPerChargingHour: 1n, chargingTaxBps: 700, connectedTaxBps: 1_900 };
    expect(tariffOf(mixed)).to.equal(null);
  });
});
