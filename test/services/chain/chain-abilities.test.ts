import { expect } from "chai";

import { readChainAbilities, requireInstructions } from "../../../services/chain/chain-abilities.ts";
import { createHttpRpc } from "../../../services/chain/rpc.ts";
import { WattproofError } from "../../../services/errors.ts";
import { openLyingEndpoint, Refusal, type LyingEndpoint } from "../../helpers/lying-endpoint.ts";
import { openPublicChain, type PublicChain } from "../../helpers/public-chain.ts";
import { runScript } from "../../scripts/run-script.ts";

const chainId = 10_200;
const owner = "0x52908400098527886E0F7030069857D2E4169EE7";

describe("What a chain can do", function () {
  this.timeout(120_000);
  let osaka: PublicChain;
  let prague: PublicChain;
  let endpoint: LyingEndpoint;

  before(async function () {
    [osaka, prague] = [await openPublicChain(chainId), await openPublicChain(chainId, "prague")];
    endpoint = await openLyingEndpoint(osaka.url);
  });
  afterEach(function () {
    endpoint.tellTruth();
  });
  after(async function () {
    await endpoint.close();
    await osaka.close();
    await prague.close();
  });

  const rpcOf = (url: string) => createHttpRpc(url, 10_000, new AbortController().signal);

  async function codeOf(work: Promise<unknown>): Promise<string> {
    try {
      await work;
      return "nothing was thrown";
    } catch (error) {
      return error instanceof WattproofError ? error.code : String(error);
    }
  }

  it("is found by trying it: all of it after the Osaka hard fork, none of it before", async function () {
    expect(await readChainAbilities(rpcOf(osaka.url))).to.deep.equal({ hasClz: true, hasP256: true });
    expect(await readChainAbilities(rpcOf(prague.url))).to.deep.equal({ hasClz: false, hasP256: false });
  });

  it("refuses a chain without the instruction, and not one that has to verify by a library", async function () {
    expect(await codeOf(requireInstructions(rpcOf(prague.url)))).to.equal("CHAIN_UNSUITABLE");
    endpoint.lies["eth_call"] = (truth, [call]) => ((call as { readonly to?: string }).to === undefined ? truth : "0x");
    expect(await readChainAbilities(rpcOf(endpoint.url))).to.deep.equal({ hasClz: true, hasP256: false });
    await requireInstructions(rpcOf(endpoint.url));
  });

  it("is not judged by an endpoint that refuses every call", async function () {
    endpoint.lies["eth_call"] = () => {
      throw new Refusal("too many requests");
    };
    expect(await codeOf(requireInstructions(rpcOf(endpoint.url)))).to.equal("CHAIN_UNAVAILABLE");
  });

  it("stops a deployment before anything is sent, and a token that is not known there by its symbol", async function () {
    const usual = ["deploy", "--owner", owner, "--oracle", owner, "--dry-run"];
    const unsuitable = await runScript("wattproof", [...usual, "--rpc", prague.url, "--erc20", owner]);
    expect(unsuitable.code).to.equal(2);
    expect(unsuitable.stderr).to.contain("CHAIN_UNSUITABLE").and.contain("EIP-7939");
    const unknown = await runScript("wattproof", [...usual, "--rpc", osaka.url, "--erc20", "USDC"]);
    expect(unknown.code).to.equal(2);
    expect(unknown.stderr).to.contain("USDC is not known on Gnosis Chiado (none). Give its address.");
  });
});
