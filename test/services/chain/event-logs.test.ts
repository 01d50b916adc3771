import { expect } from "chai";
import { z } from "zod";

import { createFollowedLogs } from "../../../services/chain/event-logs.ts";
import type { Rpc } from "../../../services/chain/rpc.ts";

const filterView = z.tuple([z.object({ fromBlock: z.string(), toBlock: z.string() })]);
const topics = ["0xaa"];

/** A chain whose events stand in these blocks, and which remembers what it was asked. */
function chainOf(blocks: readonly number[], head: { number: number }): { readonly rpc: Rpc; readonly asked: string[] } {
  const asked: string[] = [];
  const logOf = (number: number): object => ({
    ...{ address: "0x01", topics, data: "0x", transactionHash: "0x02" },
    ...{ blockNumber: `0x${number.toString(16)}`, logIndex: "0x0" },
  });
  return {
    asked,
    rpc: {
      request(method, parameters, schema) {
        if (method === "eth_blockNumber") return Promise.resolve(schema.parse(`0x${head.number.toString(16)}`));
        const [{ fromBlock, toBlock }] = filterView.parse(parameters);
        const [from, to] = [Number(fromBlock), Number(toBlock)];
        asked.push(`${from}-${to}`);
        return Promise.resolve(schema.parse(blocks.filter((one) => from <= one && one <= to).map(logOf)));
      },
    },
  };
}

describe("Events that are followed", function () {
  it("are asked for once where no reorganisation takes them back, and again where one could", async function () {
    const head = { number: 20 };
    const blocks = [5, 12, 18, 20];
    const { rpc, asked } = chainOf(blocks, head);
    const follow = createFollowedLogs({ rpc, firstBlock: 3, confirmations: 4 });
    const numbers = async (): Promise<readonly number[]> =>
      (await follow("0x01", topics)).map(({ blockNumber }) => blockNumber);
    expect(await numbers()).to.deep.equal([5, 12, 18, 20]);
    // Block 20 is gone, and 19 has an event now.
    blocks.splice(3, 1, 19);
    head.number = 21;
    expect(await numbers()).to.deep.equal([5, 12, 18, 19]);
    expect(asked).to.deep.equal(["3-20", "18-21"]);
    expect(await follow("0x01", ["0xbb"])).to.have.lengthOf(4);
    expect(asked.at(-1)).to.equal("3-21");
  });

  it("are read ten thousand blocks at a time", async function () {
    const { rpc, asked } = chainOf([1, 25_000], { number: 25_000 });
    const follow = createFollowedLogs({ rpc, firstBlock: 1, confirmations: 1 });
    expect((await follow("0x01", topics)).map(({ blockNumber }) => blockNumber)).to.deep.equal([1, 25_000]);
    expect(asked).to.deep.equal(["1-10000", "10001-20000", "20001-25000"]);
    await follow("0x01", topics);
    expect(asked.slice(3)).to.deep.equal([]);
  });
});
