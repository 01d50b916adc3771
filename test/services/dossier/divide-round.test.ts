import { expect } from "chai";

import type { PoolEvent } from "../../../services/chain/evidence-market.ts";
import { divideRound } from "../../../services/dossier/market/divide-round.ts";
import { WattproofError } from "../../../services/errors.ts";

const [operator, other] = ["0xaa", "0xbb"];
const drivers = new Map([
  ["0x01", 5_000n],
  ["0x02", 3_000n],
  ["0x03", 2_000n],
]);
const sale = (amountMicro: bigint, root = "0xr1"): PoolEvent => ({ kind: "sold", operator, root, amountMicro });
const driversOf = (root: string): ReadonlyMap<string, bigint> | null => (root === "0xr1" ? drivers : null);

function historyOf(events: readonly PoolEvent[], rounds: number) {
  const sum = events.reduce(
    (total, { kind, amountMicro }) => (kind === "allotted" ? total - amountMicro : total + amountMicro),
    0n,
  );
  return { events, rounds, unallottedMicro: sum };
}

function amountsOf(events: readonly PoolEvent[], round: number, totalMicro: bigint): readonly bigint[] {
  const shares = divideRound(historyOf(events, round - 1), { round, totalMicro }, driversOf);
  return shares.map(({ amountMicro }) => amountMicro);
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof WattproofError) return error.code;
    throw error;
  }
  return "none";
}

describe("A round of drivers' parts", function () {
  it("refuses events that do not add up to the pool", function () {
    const history = { ...historyOf([sale(10n)], 0), unallottedMicro: 11n };
    const act = (): unknown => divideRound(history, { round: 1, totalMicro: 10n }, driversOf);
    expect(codeOf(act)).to.equal("CHAIN_EVENTS_MISSING");
  });

  it("refuses a number that is not the next, and a total that does not end with a sale", function () {
    const events = [sale(10n), sale(20n)];
    for (const [round, totalMicro] of [
      [2, 30n],
      [1, 29n],
      [1, 31n],
    ] as const) {
      const act = (): unknown => divideRound(historyOf(events, 0), { round, totalMicro }, driversOf);
      expect(codeOf(act), `${round} ${totalMicro}`).to.equal("ROUND_DIFFERS");
    }
  });

  it("refuses a sale of a dossier that is not at hand, and income of who has sold none", function () {
    const collected: PoolEvent = { kind: "collected", operator: other, amountMicro: 5n };
    for (const events of [[sale(10n, "0xr2")], [sale(10n), collected]]) {
      const totalMicro = historyOf(events, 0).unallottedMicro;
      const act = (): unknown => divideRound(historyOf(events, 0), { round: 1, totalMicro }, driversOf);
      expect(codeOf(act)).to.equal("ROUND_DOSSIER_MISSING");
    }
  });

  it("gives by energy, and what does not divide to those with most", function () {
    expect(amountsOf([sale(1_000n)], 1, 1_000n)).to.deep.equal([500n, 300n, 200n]);
    expect(amountsOf([sale(1_009n)], 1, 1_009n)).to.deep.equal([505n, 303n, 201n]);
    expect(amountsOf([sale(1n)], 1, 1n)).to.deep.equal([1n, 0n, 0n]);
  });

  it("takes the sales after the last round, whole, and may leave later ones", function () {
    const events = [sale(1_000n), { kind: "allotted", amountMicro: 1_000n } as const, sale(0n), sale(100n), sale(7n)];
    expect(amountsOf(events, 2, 100n)).to.deep.equal([50n, 30n, 20n]);
    expect(amountsOf(events, 2, 107n).reduce((sum, amount) => sum + amount, 0n)).to.equal(107n);
  });

  it("divides what the pool earned by sessions as the operator's sale", function () {
    const events = [sale(100n), { kind: "collected", operator, amountMicro: 10n } as const];
    expect(amountsOf(events, 1, 110n)).to.deep.equal([50n, 30n, 20n, 5n, 3n, 2n]);
  });

  it("gives neither more nor less than was sold, whatever the energies are", function () {
    for (let index = 1; index < 400; index += 1) {
      const energies = new Map(
        Array.from({ length: 1 + (index % 9) }, (_nothing, at) => [`0x${at}`, BigInt((index * (at + 3)) % 17)]),
      );
      const shares = divideRound(
        historyOf([sale(BigInt(index) * 997n)], 0),
        { round: 1, totalMicro: BigInt(index) * 997n },
        () => energies,
      );
      expect(shares.reduce((sum, { amountMicro }) => sum + amountMicro, 0n)).to.equal(BigInt(index) * 997n);
      expect(shares.every(({ amountMicro }) => amountMicro >= 0n)).to.equal(true);
    }
  });
});
