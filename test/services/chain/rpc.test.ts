import { once } from "node:events";
import { createServer, type Server } from "node:http";

import { expect } from "chai";
import { z } from "zod";

import { classifyBroadcastRefusal } from "../../../services/chain/broadcast.ts";
import { createHttpRpc, RpcRefusal, type Rpc } from "../../../services/chain/rpc.ts";
import { expectCode } from "../store/suite.ts";

describe("Asking the chain's endpoint", function () {
  let server: Server;
  let answer: string | null;
  let rpc: Rpc;
  let stop: AbortController;

  before(async function () {
    server = createServer((_request, response) => {
      // `null` is an endpoint that never answers.
      if (answer !== null) response.end(answer);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(function () {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(function () {
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    stop = new AbortController();
    rpc = createHttpRpc(`http://127.0.0.1:${port}/secret`, 200, stop.signal);
  });

  const unusable: readonly (readonly [string, string | null])[] = [
    ["nothing in time", null],
    ["nothing", ""],
    ["what is no JSON", "<html>"],
    ["neither result nor error", '{"jsonrpc":"2.0","id":1}'],
    ["a result of another shape", '{"result":{"number":"0x1"}}'],
  ];
  for (const [name, text] of unusable) {
    it(`is CHAIN_UNAVAILABLE where the answer is ${name}`, async function () {
      answer = text;
      await expectCode(rpc.request("eth_blockNumber", [], z.string()), "CHAIN_UNAVAILABLE");
    });
  }

  it("never repeats the endpoint's address, which may hold a key", async function () {
    answer = "";
    const error: unknown = await rpc.request("eth_blockNumber", [], z.string()).catch((reason: unknown) => reason);
    expect(error).to.have.property("message").that.does.not.include("secret");
  });

  it("ends with the service", async function () {
    answer = null;
    const asked = rpc.request("eth_blockNumber", [], z.string());
    stop.abort();
    await expectCode(asked, "CHAIN_UNAVAILABLE");
  });

  it("hands on a refusal in the endpoint's words", async function () {
    answer = '{"error":{"code":-32000,"message":"nonce too low"}}';
    const error: unknown = await rpc.request("eth_call", [], z.string()).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(RpcRefusal).with.property("message", "nonce too low");
  });

  const revertData: readonly (readonly [string, string, string | null])[] = [
    ["nothing", "", null],
    ["no bytes", ',"data":"Reverted"', null],
    ["half a byte", ',"data":"0x123"', null],
    ["something else", ',"data":[1]', null],
    ["the bytes", ',"data":"0x12ab"', "0x12ab"],
    ["no byte at all", ',"data":"0x"', "0x"],
    ["the bytes inside", ',"data":{"message":"m","data":"0x12ab"}', "0x12ab"],
  ];
  for (const [name, member, expected] of revertData) {
    it(`hands on what a contract reverted with where the refusal holds ${name}`, async function () {
      answer = `{"error":{"code":3,"message":"execution reverted"${member}}}`;
      const error: unknown = await rpc.request("eth_call", [], z.string()).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(RpcRefusal).with.property("revertData", expected);
    });
  }

  it("hands on a result that parses", async function () {
    answer = '{"result":"0x10"}';
    expect(await rpc.request("eth_blockNumber", [], z.string().transform(Number))).to.equal(16);
  });
});

describe("What a node means by refusing a transaction", function () {
  // As go-ethereum, Erigon, Nethermind and Hardhat put it.
  const words: readonly (readonly [string, string])[] = [
    ["already known", "taken"],
    ["Known transaction: 0xabc", "taken"],
    ["nonce too low: next nonce 5, tx nonce 4", "nonce-used"],
    ["Nonce too low. Expected nonce to be 5 but got 4.", "nonce-used"],
    ["transaction underpriced: gas tip cap 1, minimum needed 2", "underpriced"],
    ["replacement transaction underpriced", "underpriced"],
    ["Replacement transaction underpriced. A gasPrice/maxFeePerGas of at least 5 is necessary", "underpriced"],
    ["max fee per gas less than block base fee: address 0x, maxFeePerGas: 1, baseFee: 2", "underpriced"],
    ["Transaction maxFeePerGas (1) is too low for the next block, which has a baseFeePerGas of 2", "underpriced"],
    ["insufficient funds for gas * price + value", "unfunded"],
    ["Sender doesn't have enough funds to send tx", "unfunded"],
    ["txpool is full", "refused"],
  ];
  for (const [message, kind] of words) {
    it(`is ${kind}: ${message}`, function () {
      expect(classifyBroadcastRefusal(message)).to.deep.equal({ kind, detail: message });
    });
  }
});
