import { expect } from "chai";

import { createLocalChain, type LocalChain } from "../../../scripts/local-world/chain.ts";
import { createSteeredClock } from "../../../scripts/local-world/clock.ts";
import { startRpcServer, type RpcServer } from "../../../scripts/local-world/rpc-server.ts";

describe("JSON-RPC server of the local chain", () => {
  let chain: LocalChain;
  let server: RpcServer;

  before(async () => {
    chain = await createLocalChain({ clock: createSteeredClock(1_483_225_200), genesisSeconds: 1_483_225_200 });
    server = await startRpcServer(chain, 0);
  });

  after(async () => {
    await server.close();
    await chain.close();
  });

  async function ask(body: string): Promise<unknown> {
    const response = await fetch(server.url, { method: "POST", body });

    return response.status === 200 ? response.json() : response.status;
  }

  const call = (method: string, params: unknown[] = []) => ({ jsonrpc: "2.0", id: 7, method, params });

  it("refuses what is not a request", async () => {
    expect(await ask("{")).to.deep.equal({ jsonrpc: "2.0", id: null, error: { code: -32700, message: "Not JSON" } });
    expect(await ask('{"method":"eth_chainId"}')).to.deep.equal({
      jsonrpc: "2.0",
      id: null,
      error: { code: -32600, message: "Not a JSON-RPC request" },
    });
    expect(await ask("x".repeat(4 * 1024 * 1024 + 1))).to.equal(413);
    expect((await fetch(server.url)).status).to.equal(405);
  });

  for (const method of ["evm_mine", "hardhat_setBalance", "eth_sendTransaction", "debug_traceTransaction"]) {
    it(`does not serve ${method}`, async () => {
      expect(await ask(JSON.stringify(call(method)))).to.deep.equal({
        jsonrpc: "2.0",
        id: 7,
        error: { code: -32601, message: `The method ${method} is not served` },
      });
    });
  }

  it("answers one request and several", async () => {
    const chainId = { jsonrpc: "2.0", id: 7, result: "0x7a69" };

    expect(await ask(JSON.stringify(call("eth_chainId")))).to.deep.equal(chainId);
    expect(await ask(JSON.stringify([call("eth_chainId"), call("eth_blockNumber")]))).to.deep.equal([
      chainId,
      { jsonrpc: "2.0", id: 7, result: "0x0" },
    ]);
  });

  it("passes on why the chain refused a transaction", async () => {
    const answer = (await ask(JSON.stringify(call("eth_sendRawTransaction", ["0x00"])))) as { error: { code: number } };

    expect(answer.error.code).to.be.a("number");
  });
});
