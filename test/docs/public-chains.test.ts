import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { Contract, getAddress, parseEther, type ContractTransactionResponse } from "ethers";

import { artifactOf } from "../../scripts/deploy/artifacts.ts";
import { publicChains } from "../../services/domain/chain-presets.ts";
import { openPublicChain, type PublicChain } from "../helpers/public-chain.ts";
import { freePorts, isShownLine, openTutorialShell, readTutorial, type TutorialShell } from "../helpers/tutorial.ts";

const path = "docs/how-to/public-chains.md";
const page = readFileSync(path, "utf8");
const endpoint = "https://sepolia.base.org";
const baseSepolia = publicChains.find(({ name }) => name === "Base Sepolia");

describe("The table of chains", function () {
  it("is that of the program", function () {
    const rows = [...page.matchAll(/^\| (?<cells>[^|]+\| +\d+ \|.*) \|$/gmu)].map(({ groups }) =>
      (groups?.["cells"] ?? "").split("|").map((cell) => cell.trim()),
    );
    const known = publicChains.map(({ name, chainId, confirmations, feeModel, tokens }) => {
      const coins = tokens.map(({ symbol, address }) => `${symbol} \`${address}\``).join(", ");
      return [name, String(chainId), String(confirmations), feeModel, coins || "none confirmed"];
    });
    expect(rows).to.deep.equal(known);
  });

  it("has a test network for each main network, ids that are no other's, and addresses with a right check sum", function () {
    const ids = publicChains.map(({ chainId }) => chainId);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(publicChains.filter(({ isTestNetwork }) => isTestNetwork)).to.have.length(publicChains.length / 2);
    for (const { address } of publicChains.flatMap(({ tokens }) => tokens)) {
      expect(getAddress(address.toLowerCase())).to.equal(address);
    }
  });
});

describe("The walk-through on Base Sepolia", function () {
  this.timeout(600_000);
  let home: string;
  let shell: TutorialShell;
  let chain: PublicChain;

  before(async function () {
    home = mkdtempSync(join(tmpdir(), "wattproof-public-"));
    shell = openTutorialShell();
    chain = await openPublicChain(baseSepolia?.chainId ?? 0);
    await chain.placeToken(baseSepolia?.tokens[0]?.address ?? "");
  });
  after(async function () {
    await shell.close();
    await chain.close();
    rmSync(home, { recursive: true, force: true });
  });

  it("can be followed line by line, and shows what it says", async function () {
    const [port = 0] = await freePorts(1);
    const move = (text: string): string =>
      text
        .replaceAll(/\btry\b/gu, home)
        .replaceAll(endpoint, chain.url)
        .replaceAll("8094", String(port));
    const token = new Contract(baseSepolia?.tokens[0]?.address ?? "", artifactOf("erc20").interface, chain.faucet);
    const steps = readTutorial(path).filter((step) => step.kind === "run");
    expect(steps.length).to.be.at.least(6);
    for (const { commands, shown } of steps) {
      const output = await shell.run(move(commands)).catch((error: unknown) => {
        throw new Error(`The service said:\n${logOf(home)}`, { cause: error });
      });
      const lines = output.split("\n");
      const missing = shown.map(move).filter((expected) => !lines.some((line) => isShownLine(expected, line)));
      expect(missing, output).to.deep.equal([]);
      // What a faucet does for whoever follows: coins for every account that was shown, and tokens.
      for (const [address] of output.matchAll(/\b0x[0-9a-fA-F]{40}\b/gu)) {
        await chain.fund(address, parseEther("1"));
        await ((await token.getFunction("mint")(address, 5_000_000n)) as ContractTransactionResponse).wait();
      }
    }
  });
});

/** What the service of the walk-through has written. */
function logOf(home: string): string {
  const log = join(home, "service.log");
  return existsSync(log) ? readFileSync(log, "utf8") : "nothing";
}
