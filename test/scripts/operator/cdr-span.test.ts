import { expect } from "chai";

import { moneyBackOf } from "../../../scripts/operator/export/money-back.ts";
import { signedRecordOf } from "../../../scripts/simulator/signed-record.ts";
import { packTariff } from "../../../services/domain/packed-tariff.ts";
import type { Challenge } from "../../../services/domain/session-amounts.ts";
import { openLyingEndpoint, type LyingEndpoint } from "../../helpers/lying-endpoint.ts";
import { testTariff, type OpenedSession } from "../../helpers/service-chain.ts";
import { openOperatorWorld, type OperatorWorld } from "./operator-world.ts";

const energyMicroWh = 1_000_000_000n;
const dayBlocks = 1_200;

/** Three sessions, each settled in a stretch of the chain of its own; the first gets money back in the last stretch. */
describe("Charge detail records of a span, on a long chain", function () {
  this.timeout(300_000);
  let world: OperatorWorld;
  let endpoint: LyingEndpoint;
  const settled: { readonly session: OpenedSession; readonly atSeconds: number }[] = [];

  before(async function () {
    world = await openOperatorWorld();
    const { chain } = world;
    endpoint = await openLyingEndpoint(chain.rpcUrl);
    const profile = ["--country-code", "DE", "--party-id", "WTP", "--currency", "EUR"];
    await world.runJson(["operator", "add", "Example", ...profile]);
    const point = await chain.addChargingPoint("secp256r1", { isProven: true });
    const { meterSettlement, chargingSettlement } = chain.contracts;
    for (const begin of [1_700_000_000, 1_700_100_000, 1_700_200_000]) {
      await chain.request("hardhat_mine", [`0x${dayBlocks.toString(16)}`]);
      const session = await chain.openSession(point);
      const span = { beginSeconds: begin, endSeconds: begin + 60 };
      const record = point.device.record({ idTag: session.idTag, energyMicroWh, ...span });
      const data = meterSettlement.interface.encodeFunctionData("settleWithMeter", [
        {
          terms: session.terms,
          opening: session.opening,
          toppedUpMicro: 0n,
          tariff: packTariff(testTariff),
          records: [signedRecordOf(Buffer.from(record))],
        },
      ]);
      await chain.sendAsStranger(await meterSettlement.getAddress(), data);
      settled.push({ session, atSeconds: await chain.headSeconds() });
    }
    // The operator's part may be challenged until then, and pays no refund.
    await chain.request("evm_increaseTime", [80 * 3_600]);
    const [first] = settled;
    const data = chargingSettlement.interface.encodeFunctionData("refund", [first?.session.terms ?? expect.fail(), 1n]);
    const to = await chargingSettlement.getAddress();
    await chain.request("eth_sendTransaction", [{ from: chain.operator, to, data }]);
    await chain.request("hardhat_mine", [`0x${dayBlocks.toString(16)}`]);
  });
  beforeEach(function () {
    endpoint.asked.clear();
  });
  after(async function () {
    await endpoint.close();
    await world.close();
  });

  const isoOf = (seconds: number): string => new Date(seconds * 1_000).toISOString();
  const headersAsked = (): number => endpoint.asked.get("eth_getBlockByNumber") ?? 0;
  const settledAt = (index: number): number => settled[index]?.atSeconds ?? expect.fail("It was settled.");

  /** The rows of the table as pairs of session and entry. */
  async function rowsOf(...span: readonly string[]): Promise<readonly string[]> {
    const words = ["export", "cdr", "--format", "csv", "--without-evidence", ...span, "--rpc", endpoint.url];
    const { code, stdout, stderr } = await world.run(words);
    expect(code, stderr).to.equal(0);
    const [, ...rows] = stdout.trimEnd().split("\r\n");
    return rows.map((row) => `${row.split(",")[0] ?? ""} ${row.split(",").at(-1) ?? ""}`);
  }
  const entry = (index: number, kind: "settlement" | "credit"): string =>
    `${settled[index]?.session.sessionId ?? ""} ${kind}`;

  it("read no block after the span, and before it only back to the oldest opening", async function () {
    const from = ["--from", isoOf(settledAt(1)), "--to", isoOf(settledAt(1) + 1)];
    expect(await rowsOf(...from)).to.deep.equal([entry(1, "settlement")]);
    // One step back finds the opening, which is few blocks away.
    expect(headersAsked()).to.be.lessThan(dayBlocks);
  });

  it("go back as far as a session was opened whose driver got money back in the span", async function () {
    expect(await rowsOf("--from", isoOf(settledAt(2) + 1))).to.deep.equal([entry(0, "credit")]);
  });

  it("are those of all spans together, where none is named", async function () {
    const all = [entry(0, "settlement"), entry(1, "settlement"), entry(2, "settlement")];
    expect(await rowsOf()).to.deep.equal(all);
    expect(headersAsked()).to.be.greaterThan(4 * dayBlocks);
  });

  it("are none in a span before the first block, in one after the newest and in one without time", async function () {
    expect(await rowsOf("--to", isoOf(1_000))).to.deep.equal([]);
    expect(await rowsOf("--from", isoOf(settledAt(2) + 10 ** 8))).to.deep.equal([]);
    expect(await rowsOf("--from", isoOf(settledAt(1)), "--to", isoOf(settledAt(1)))).to.deep.equal([]);
  });
});

describe("Money that came back to a driver", () => {
  const at = (blockNumber: number, logIndex = 0) => {
    return { blockNumber, logIndex, txHash: `0x${blockNumber}`, blockHash: "0x" };
  };
  const challenge = (blockNumber: number, provenMicro: bigint, earlier: Challenge | null): Challenge => {
    return { position: at(blockNumber), challenger: "0x", chargedMicro: 100n, provenMicro, earlier };
  };

  it("is of each challenge what it takes off the price that the one before it left, at its own time", () => {
    const first = challenge(10, 70n, null);
    const refunds = [{ position: at(15), amountMicro: 5n }];
    const amounts = moneyBackOf({ challenge: challenge(20, 40n, first), refunds }).map(
      ({ blockNumber, amountMicro }) => [blockNumber, amountMicro],
    );
    expect(amounts).to.deep.equal([
      [10, 30n],
      [15, 5n],
      [20, 30n],
    ]);
  });

  it("is nothing of a challenge that proves as much as was charged", () => {
    expect(moneyBackOf({ challenge: challenge(10, 100n, null), refunds: [] })).to.deep.equal([]);
  });
});
